"""The pages of handing in: what works without a script, what they say, and who sees what."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from archiver.access import Role
from archiver.drafting import Drafting
from tests.archiver.web_site import OTHER, running_site

CHAT = "".join(
    f"[{day}/3/24, 18:0{minute}:00] {who}: words of the {day}th\n"
    for day in (13, 14, 15)
    for minute, who in enumerate(("Bob", "Jane"))
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def export(more: str = "") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("_chat.txt", CHAT + more)
    return content.getvalue()


def form(site, client, *files: tuple[str, bytes], **fields: str):
    parts = [("files", one) for one in files]
    return client.post("/hand-in", files=parts, data=fields, headers={"Origin": site.url})


def a_draft(site, client, more: str = "") -> str:
    answer = form(site, client, ("WhatsApp Chat - Bob.zip", export(more)), choose="yes", order="day")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def act(client, draft: str, **fields: str | list[str]):
    return client.post(f"/drafts/{draft}", data=fields)


def drafts(site) -> list[str]:
    who = site.installation.users.by_token(site.tokens[Role.EMPLOYEE])
    return [one["id"] for one in Drafting(installation=site.installation, who=who).all()]


def test_a_form_without_a_script_hands_in_and_leads_to_the_receipts(site):
    with site.browser(Role.EMPLOYEE) as client:
        answer = form(site, client, ("one.txt", b"the first"), ("two.txt", b"the second"))
        page = client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert page.text.count('href="/receipts/sub_') == 2
    assert "one.txt" in page.text
    assert "two.txt" in page.text


def test_a_form_without_a_file_is_shown_again_with_what_is_wrong(site):
    with site.browser(Role.EMPLOYEE) as client:
        chosen = b'--b\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n--b--\r\n'
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = client.post("/hand-in", content=chosen, headers=kind)

    assert answer.status_code == 422
    assert "no file was chosen" in answer.text.lower()
    assert "Nothing was handed in" in answer.text


def test_words_among_the_pictures_of_one_conversation_are_refused_and_nothing_is_taken(site):
    with site.browser(Role.EMPLOYEE) as client:
        with site.installation.archive.store.read() as connection:
            before = site.installation.archive.ledger.head(connection).size
        answer = form(site, client, ("a.txt", b"words"), ("b.txt", b"more words"), together="yes")
    with site.installation.archive.store.read() as connection:
        after = site.installation.archive.ledger.head(connection).size

    assert answer.status_code == 422
    assert after == before
    assert not list((site.installation.archive.folder / "uploads").iterdir())


def test_an_officer_names_the_custodian(site):
    with site.browser(Role.OFFICER) as client:
        assert form(site, client, ("x.txt", b"whose?")).status_code == 422
        assert form(site, client, ("x.txt", b"of Lee"), custodian=OTHER).status_code == 303


def test_a_form_from_another_site_hands_in_nothing(site):
    with site.browser(Role.EMPLOYEE) as client:
        answer = client.post("/hand-in", files=[("files", ("a.txt", b"x"))], headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_only_our_own_script_runs_and_only_on_this_page(site):
    with site.browser(Role.EMPLOYEE) as client:
        page, home = client.get("/hand-in"), client.get("/")

    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>", page.text) == re.findall(r'<script src="/static/hand_in.js[^>]*>', page.text)
    assert "script-src" not in home.headers["content-security-policy"]
    assert "<script" not in home.text


def test_what_others_handed_in_is_not_shown_by_its_id(site):
    with site.browser(Role.EMPLOYEE) as client:
        page = client.get(f"/hand-in?done={site.other.submission},sub_none,{'x' * 5000}")

    assert page.status_code == 200
    assert site.other.submission not in page.text


def test_a_hostile_file_name_is_shown_as_text(site):
    with site.browser(Role.EMPLOYEE) as client:
        answer = form(site, client, ("<img src=x onerror=alert(1)>.txt", b"named so"))
        page = client.get(answer.headers["location"])

    assert "<img" not in page.text
    assert "&lt;img" in page.text


def test_days_are_left_out_on_the_page_and_the_rest_is_handed_in(site):
    with site.browser(Role.EMPLOYEE) as client:
        draft = a_draft(site, client)
        page = client.get(f"/drafts/{draft}")
        assert "2024-03-14" in page.text
        assert act(client, draft, act="save", out=["1.2"], reason="personal").status_code == 303
        assert re.search(r'value="1.2" checked', client.get(f"/drafts/{draft}").text)
        unsure = act(client, draft, act="confirm", out=["1.2"], reason="personal")
        assert unsure.status_code == 422
        done = act(client, draft, act="confirm", out=["1.2"], reason="personal", sure="yes")

    assert done.status_code == 303
    assert done.headers["location"].startswith("/hand-in?done=sub_")
    assert draft not in drafts(site)


def test_a_choice_that_is_taken_back_leaves_nothing_out(site):
    with site.browser(Role.EMPLOYEE) as client:
        draft = a_draft(site, client, "[16/3/24, 18:00:00] Bob: taken back\n")
        act(client, draft, act="save", out=["1"], reason="medical")
        act(client, draft, act="save", reason="medical")

        assert " checked" not in client.get(f"/drafts/{draft}").text


def test_a_draft_is_destroyed_only_by_who_says_that_he_knows(site):
    with site.browser(Role.EMPLOYEE) as client:
        draft = a_draft(site, client, "[17/3/24, 18:00:00] Bob: private\n")
        assert act(client, draft, act="discard", reason="personal").status_code == 422
        assert draft in drafts(site)
        assert act(client, draft, act="discard", reason="personal", sure="yes").status_code == 303

    assert draft not in drafts(site)


def test_a_draft_can_be_handed_in_whole(site):
    with site.browser(Role.EMPLOYEE) as client:
        draft = a_draft(site, client, "[18/3/24, 18:00:00] Bob: all of it\n")

        assert act(client, draft, act="whole").headers["location"].startswith("/hand-in?done=sub_")


def test_another_person_is_not_told_of_a_draft(site):
    with site.browser(Role.EMPLOYEE) as client:
        draft = a_draft(site, client, "[19/3/24, 18:00:00] Bob: mine\n")
    with site.browser(Role.OFFICER) as officer:
        answers = [officer.get(f"/drafts/{draft}").status_code, act(officer, draft, act="whole").status_code]

    assert answers == [404, 404]


def test_what_is_no_export_cannot_be_chosen_from(site):
    with site.browser(Role.EMPLOYEE) as client:
        answer = form(site, client, ("plain.txt", b"only words"), choose="yes")

    assert answer.status_code == 422
    assert "no export" in answer.text
