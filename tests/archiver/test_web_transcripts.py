"""The page and the API of transcripts: looked at, corrected and confirmed by whoever may; nothing of it is markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archiver.access import Role
from storage.transcription import TextSource
from tests.archiver.test_web_pictures import HOSTILE, add_picture
from tests.archiver.web_site import running_site
from tests.storage.transcribing import FULL, add_version, newest


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def record(site) -> str:
    record_id = add_picture(site)
    one = replace(FULL, record_id=record_id, number=1, source=TextSource.ENGINE, author="planted 1")
    add_version(site.installation.archive, one)
    return record_id


def form(record: str) -> str:
    return f"/records/{record}/transcript"


def api(record: str) -> str:
    return f"/api/v1/records/{record}/transcriptions"


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.OFFICER])
def test_whoever_may_corrects_by_the_form_and_the_page_lists_the_version(site, record, role):
    with site.client(role) as client:
        assert "Bus 7 is late" in client.get(form(record)).text
        fields = {"version": "1", "act": "save", "m1-text": "Bus 7 was late", "m1-sender": "Ana O.", "new-text": "Why?"}
        answer = client.post(form(record), data=fields | {"new-after": "1"}, follow_redirects=False)
        assert answer.status_code == 303
        page = client.get(form(record)).text
    assert "text was “Bus 7 is late”, is “Bus 7 was late”" in page
    said = newest(site.installation.archive, record)
    assert [one.message.text for one in said.transcript.messages] == ["Bus 7 was late", "Why?", "ok"]
    assert said.author == f"the {role.value}"
    assert said.transcript.messages[0].box is not None


def test_a_stale_form_is_refused_and_what_was_typed_stands_there_again(site, record):
    with site.client(Role.OFFICER) as client:
        client.post(form(record), data={"version": "1", "act": "confirm"})
        answer = client.post(form(record), data={"version": "1", "act": "save", "m2-text": "typed with care"})
    assert answer.status_code == 409
    assert "typed with care" in answer.text
    assert "is not the newest any more" in answer.text
    assert newest(site.installation.archive, record).number == 2


def test_a_reader_sees_the_transcript_and_no_form(site, record):
    with site.client(Role.REVIEWER) as client:
        page = client.get(form(record)).text
        assert client.post(form(record), data={"version": "1", "act": "confirm"}).status_code == 403
    assert "Bus 7 is late" in page
    assert "<textarea" not in page


@pytest.mark.parametrize(
    "fields", [{}, {"version": "x"}, {"version": "1"}, {"version": "1", "act": "day", "day": "soon"}]
)
def test_a_form_that_cannot_be_understood_is_refused(site, record, fields):
    with site.client(Role.OFFICER) as client:
        assert client.post(form(record), data=fields or {"act": "save"}).status_code == 422
    assert newest(site.installation.archive, record).number == 1


def test_nothing_that_was_read_or_typed_is_markup(site, record):
    with site.client(Role.OFFICER) as client:
        client.post(form(record), data={"version": "1", "act": "save", "m1-text": HOSTILE, "m1-sender": '"><b>'})
        page = client.get(form(record)).text
    assert HOSTILE not in page
    assert '"><b>' not in page


def test_the_api_lists_versions_and_adds_one_under_if_match(site, record):
    with site.client(Role.EMPLOYEE) as client:
        answer = client.get(api(record))
        assert (answer.headers["etag"], answer.json()["newest"]) == ('"1"', 1)
        added = client.post(api(record), json={"confirm": True}, headers={"If-Match": '"1"'})
        assert (added.status_code, added.json()["version"]) == (201, 2)
        assert client.post(api(record), json={"confirm": True}, headers={"If-Match": '"1"'}).status_code == 409
        assert client.post(api(record), json={"confirm": True}).status_code == 422
        done = client.post(api(record), json={"version": 2, "caption": {"who": "Ana"}})
        assert done.status_code == 201
        document = client.get(api(record)).json()
    assert document["caption"]["who"] == "Ana"
    assert [one["source"] for one in document["versions"]] == ["engine", "person", "person"]


@pytest.mark.parametrize(
    "body",
    [
        {"version": 1},
        {"version": 1, "confirm": True, "day": "2026-03-02"},
        {"version": 1, "confirm": "yes"},
        {"version": 1, "caption": {"whom": "x"}},
        {"version": 1, "caption": {"who": 1}},
        {"version": 1, "messages": [{"text": 1}]},
        {"version": True, "confirm": True},
    ],
)
def test_a_correction_that_cannot_be_understood_is_refused(site, record, body):
    with site.client(Role.OFFICER) as client:
        assert client.post(api(record), json=body).status_code == 422
    assert newest(site.installation.archive, record).number == 1
