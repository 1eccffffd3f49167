"""A records officer in a real browser: signs in, searches, opens a record and its receipt, signs out."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import pytest

from archiver.access import Role
from storage.transcription import Box, Page, TextLine
from tests.archiver.test_web_looking import add_shown, png
from tests.archiver.web_site import OWN, add_lying, add_record, letter, running_site
from tests.every_case import every_case
from tests.storage.transcribing import FULL, add_version

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NAMED_HOST = "archive.test"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {NAMED_HOST} 127.0.0.1",
]

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="CHROMIUM IS NOT INSTALLED: the browser journey was NOT run"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser, site):
    context = browser.new_context(base_url=site.url)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    context.close()


def sign_in(page, token: str) -> None:
    page.get_by_label("Your token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def test_an_officer_signs_in_finds_a_record_opens_it_and_its_receipt_and_signs_out(page, site):
    elsewhere: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(site.url) else elsewhere.append(one.url))
    page.goto("/search?q=late")
    sign_in(page, "pra_wrong")
    assert "belongs to no user" in page.get_by_role("alert").inner_text()
    sign_in(page, site.tokens[Role.OFFICER])
    assert page.get_by_label("Words, phrases and fields").input_value() == "late"
    assert page.locator("mark").all_inner_texts() == ["late"]

    page.get_by_role("link", name="Bus route 12").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Bus route 12"
    assert "Route 12 was late again today." in page.locator("pre.mail").inner_text()

    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Receipt").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Receipt"
    assert site.own.submission in page.get_by_role("main").inner_text()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.goto("/")
    assert page.url.startswith(site.url + "/sign-in")
    assert elsewhere == []


def test_the_sign_in_form_works_at_an_address_that_the_browser_does_not_trust(page, site):
    # over plain http to a named host no Sec-Fetch-Site is sent; the form must still be known as our own
    headers: list[dict[str, str]] = []
    page.on("request", lambda one: headers.append(one.headers) if one.method == "POST" else None)
    page.goto(site.url.replace("127.0.0.1", NAMED_HOST) + "/sign-in")
    sign_in(page, site.tokens[Role.OFFICER])
    page.get_by_role("heading", name=re.compile("Welcome")).wait_for()

    assert len(headers) == 1
    assert "sec-fetch-site" not in headers[0]


def test_hostile_text_runs_nothing_and_fetches_nothing(page, site):
    text = "hostile <img src=//tracker.example/x onerror=document.title='run'><script>document.title='run'</script>"
    made = add_record(site.installation, site.custodians[OWN], letter(text, text))
    asked: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(site.url) else asked.append(one.url))
    page.goto("/sign-in")
    sign_in(page, site.tokens[Role.OFFICER])
    for path in (f"/records/{made.record}", "/search?q=hostile", f"/receipts/{made.submission}"):
        page.goto(path)
        assert page.title() != "run"
        assert page.locator("img, script, iframe, object").count() == 0

    assert asked == []


def test_an_officer_assigns_what_lies_in_quarantine_after_a_wrong_address(page, site):
    one = add_lying(site.installation)
    page.goto("/quarantine")
    sign_in(page, site.tokens[Role.OFFICER])
    page.locator(f'a[href="/quarantine/{one}"]').click()
    assert page.get_by_role("heading", level=1).inner_text() == "Heronry"
    assign = page.locator("form", has=page.get_by_role("button", name="Assign"))
    assign.get_by_label("Custodian's address").fill("nobody@district.example")
    assign.get_by_role("button").click()
    assert "No custodian has this address" in page.get_by_role("alert").inner_text()
    assign.get_by_label("Custodian's address").fill(OWN)
    assign.get_by_role("button").click()
    page.get_by_role("heading", name="Receipt", level=1).wait_for()
    assert one in page.url
    with site.installation.examiner() as examiner:
        while examiner.examine_waiting():
            pass
    page.reload()
    assert "archived" in page.get_by_role("main").inner_text()


@pytest.fixture(scope="module")
def phone(browser, site):
    """An officer's telephone, signed in once for all pages."""
    context = browser.new_context(base_url=site.url, viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.goto("/sign-in")
    sign_in(opened, site.tokens[Role.OFFICER])
    opened.get_by_role("heading", name=re.compile("Welcome")).wait_for()
    yield opened
    context.close()


@every_case(
    "path",
    [
        "/",
        "/search?q=route&why=yes&group=thread",
        "/search?q=(",
        "/search/coverage",
        "/quarantine",
        "/quarantine/{lying}",
        "/hand-in",
        "/drafts",
    ],
)
def test_what_can_be_pressed_is_large_enough_and_the_page_fits_a_phone(phone, site, path):
    phone.goto(path.format(lying=site.lying))
    boxes = [one.bounding_box() for one in phone.locator("button:visible, input:visible, select:visible").all()]

    assert boxes
    assert all(box["height"] >= 24 and box["width"] >= 24 for box in boxes if box)
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_keyboard_alone_reaches_the_main_content(page, site):
    page.goto("/sign-in")
    sign_in(page, site.tokens[Role.OFFICER])
    page.get_by_role("heading", name=re.compile("Welcome")).wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [1200, 390])
def test_an_employee_sees_his_picture_beside_what_was_read_in_it(browser, site, width):
    record, component = add_shown(site, png(600, 900 + width))
    line = TextLine(text="Bus 7 is late", box=Box(left=30, top=40, right=300, bottom=80))
    place = Page(component=component, number=1, width=600, height=900 + width, lines=(line,))
    said = tuple(replace(one, component=component, page=1) for one in FULL.transcript.messages)
    read = replace(FULL, record_id=record, number=1, pages=(place,), pictures=())
    add_version(site.installation.archive, replace(read, transcript=replace(FULL.transcript, messages=said)))
    context = browser.new_context(base_url=site.url, viewport={"width": width, "height": 850})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"/records/{record}/transcript")
    sign_in(page, site.tokens[Role.EMPLOYEE])
    page.get_by_role("link", name="Mark where words were read").click()
    picture = page.get_by_role("img", name="Picture 1")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelector('.looks img').naturalWidth") == 600
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    seen, text = picture.bounding_box(), page.get_by_label("What it says").first.bounding_box()
    marked = page.locator("svg rect.line").first.bounding_box()
    assert abs(marked["x"] - seen["x"] - 30 / 600 * seen["width"]) < 2
    assert abs(marked["width"] - 270 / 600 * seen["width"]) < 3
    assert (text["x"] > seen["x"] + seen["width"]) is (width == 1200)
    context.close()
