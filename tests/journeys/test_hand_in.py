"""An employee hands in screenshots: in a real browser over a broken line, and to a service that is killed meanwhile."""

from __future__ import annotations

import json

import httpx
import pytest

from archiver.access import Role
from tests.archiver.commands import CUSTODIAN
from tests.archiver.web_site import running_site
from tests.ingest.test_picture_sets import png
from tests.journeys.service import PATIENCE, Service, configure, eventually
from tests.journeys.test_web_chromium import ARGUMENTS, CHROMIUM, sign_in

PATCH = "application/partial-upload"
pytestmark = pytest.mark.system


@pytest.fixture
def page(tmp_path):
    if CHROMIUM is None:
        pytest.skip("CHROMIUM IS NOT INSTALLED: the browser journey was NOT run")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with running_site(tmp_path) as site, sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = started.new_context(base_url=site.url, viewport={"width": 390, "height": 800})
        opened = context.new_page()
        opened.set_default_timeout(60_000)
        opened.goto("/hand-in")
        sign_in(opened, site.tokens[Role.EMPLOYEE])
        yield opened
        started.close()


def test_pictures_are_handed_in_over_a_line_that_breaks(page, tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(png(number))
    broken: list[str] = []

    def breaks(route) -> None:
        if len(broken) < 2:
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files/*", breaks)
    page.set_input_files("#files", [tmp_path / "1.png", tmp_path / "2.png"])
    page.get_by_role("button", name="Move down 1.png").click()
    page.get_by_label("Pictures of one conversation").check()
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.get_by_role("heading", name="Handed in").wait_for()

    assert len(broken) == 2
    assert "2.png and 1 more" in page.get_by_role("main").inner_text()
    assert page.get_by_role("link", name="Receipt").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_field_of_the_form_has_a_label_and_progress_is_announced(page):
    for one in page.locator("main details").all():
        one.evaluate("one => { one.open = true; }")
    fields = page.locator("#hand-in input, #hand-in select")
    unnamed = [one.get_attribute("id") for one in fields.all() if not one.evaluate("one => one.labels.length")]

    assert fields.count() > 8
    assert unnamed == []
    assert page.locator("#status").get_attribute("aria-live") == "polite"


def test_an_upload_goes_on_behind_a_kill_of_the_service(office, tmp_path):
    configure(office, web=True)
    settings = office.folder / "archiver.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[pictures]\nenabled = false\n", "utf-8")
    added = office.json("user", "add", "jane", "--role", "employee", "--custodian", CUSTODIAN)
    bearer = {"Authorization": f"Bearer {added['token']}"}
    content = png(7) + b"\0" * (3 << 20)
    service = Service(office=office, log=tmp_path / "log")
    service.start()
    try:
        with httpx.Client(base_url=service.addresses["web"], headers=bearer, timeout=PATIENCE) as client:
            asked = {"files": [{"name": "seven.png", "size": len(content)}]}
            begun = client.post("/api/v1/submissions", json=asked).json()
            place = begun["files"][0]["location"]
            headers = {"Content-Type": PATCH, "Upload-Offset": "0"}
            assert client.patch(place, content=content[: 2 << 20], headers=headers).status_code == 204
        service.kill_everything()
        service.start()
        with httpx.Client(base_url=service.addresses["web"], headers=bearer, timeout=PATIENCE) as client:
            there = int(client.head(place).headers["upload-offset"])
            assert there == 2 << 20
            headers = {"Content-Type": PATCH, "Upload-Offset": str(there)}
            assert client.patch(place, content=content[there:], headers=headers).status_code == 204
            commit = f"/api/v1/uploads/{begun['upload']}/commit"
            answer = client.post(commit).json()
            service.kill_everything()
            service.start()
        with httpx.Client(base_url=service.addresses["web"], headers=bearer, timeout=PATIENCE) as client:
            assert client.post(commit).json() == answer
            receipt = f"/api/v1/submissions/{answer['submissions'][0]['submission']}/receipt"
            records = eventually(lambda: client.get(receipt).json()["records"])
    finally:
        service.stop()
    shown = office.json("record", "show", records[0])

    assert shown["kind"] == "screenshot"
    assert shown["captured"]["channel"] == "upload"
    assert shown["components"][0]["sha256"] == answer["submissions"][0]["sha256"]


def test_pictures_are_one_set_at_the_command_line(office, tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(png(number))
    paths = [str(tmp_path / f"{number}.png") for number in (2, 1)]
    options = ("--custodian", CUSTODIAN, "--who", "Jane and the heron", "--no-wait")
    items = tmp_path / "items.jsonl"
    first = office.json("ingest", *paths, "--together", *options, "--items", str(items))
    again = office.json("ingest", *paths, "--together", *options)
    apart = office.json("ingest", *paths, *options)

    assert (first["seen"], again["duplicate"], apart["seen"]) == (1, 1, 2)
    assert json.loads(items.read_text())["source"] == "2.png and 1 more"
