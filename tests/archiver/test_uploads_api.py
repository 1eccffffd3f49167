"""Uploads over the API: resumed at any offset, committed once, refused where they must be."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete

from archiver.access import Role
from archiver.api.schemas import ProblemDocument, UploadAnswerDocument, UploadDocument
from archiver.uploading import Uploading
from ingest.tables import uploads
from ingest.upload_pieces import PIECE
from ingest.uploads import Uploads
from storage.errors import TemporarilyUnavailable
from storage.records import Channel
from tests.archiver.web_site import OTHER, OWN, running_site
from tests.journeys.service import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

PATCH = "application/partial-upload"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def client(site):
    with site.client(Role.EMPLOYEE) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_upload_is_left(site) -> Iterator[None]:
    yield
    archive = site.installation.archive
    with archive.store.write() as transaction:  # as if all of them had expired
        transaction.connection.execute(delete(uploads).where(uploads.c.state == "open"))


def png(words: bytes) -> bytes:
    """The beginning of a picture, with words of its own behind it."""
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x02\x00\x00\x00"
    return header + words


def begin(client, *contents: bytes, key: str | None = None, **more: Any):
    files = [
        {"name": f"file-{number}.txt", "size": len(one)} | more.get("of_each", {})
        for number, one in enumerate(contents, start=1)
    ]
    asked = {"files": files} | {name: value for name, value in more.items() if name != "of_each"}
    return client.post("/api/v1/submissions", json=asked, headers={} if key is None else {"Idempotency-Key": key})


def send(client, place: str, content: bytes, offset: int, **headers: str):
    return client.patch(place, content=content, headers={"Content-Type": PATCH, "Upload-Offset": str(offset)} | headers)


def hand_in(client, *contents: bytes, **more: Any):
    """Begin, send everything, commit; the answer of the commit."""
    begun = begin(client, *contents, **more)
    assert begun.status_code == 201, begun.text
    for one, content in zip(begun.json()["files"], contents, strict=True):
        if content:
            assert send(client, one["location"], content, 0).status_code == 204
    return client.post(begun.headers["location"] + "/commit")


def offset(client, place: str) -> int:
    return int(client.head(place).headers["upload-offset"])


def bytes_of(site, submission: str) -> bytes:
    with site.installation.archive.store.read() as connection:
        return site.installation.archive.submissions.content(connection, submission)


def count(site) -> int:
    with site.installation.archive.store.read() as connection:
        return site.installation.archive.ledger.head(connection).size


def test_what_was_sent_is_what_the_archive_has(site, client):
    content = os.urandom(3 * PIECE + 17)
    answer = hand_in(client, content)
    document = answer.json()

    assert answer.status_code == 201
    UploadAnswerDocument.model_validate(document)
    taken = document["submissions"][0]
    assert taken["sha256"] == hashlib.sha256(content).hexdigest()
    assert bytes_of(site, taken["submission"]) == content
    with site.installation.archive.store.read() as connection:
        submission = site.installation.archive.submissions.get(connection, taken["submission"])
    assert submission.channel is Channel.UPLOAD
    assert submission.custodian_id == site.custodians[OWN]
    assert client.get(taken["receipt"]).status_code == 200


@pytest.mark.parametrize("first", [1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 99])
def test_sending_goes_on_at_any_offset(site, client, first):
    content = os.urandom(2 * PIECE + 100)
    place = begin(client, content).json()["files"][0]["location"]

    assert send(client, place, content[:first], 0).headers["upload-offset"] == str(first)
    told = client.head(place)
    assert told.status_code == 204
    assert (told.headers["upload-offset"], told.headers["upload-complete"]) == (str(first), "?0")
    last = send(client, place, content[first:], first, **{"Upload-Complete": "?1"})
    assert last.headers["upload-complete"] == "?1"

    answer = client.post(place.rpartition("/files")[0] + "/commit").json()
    assert bytes_of(site, answer["submissions"][0]["submission"]) == content


@pytest.mark.parametrize("offset", [0, 3, 9, 11])
def test_a_wrong_offset_is_refused_and_the_right_one_told(client, offset):
    place = begin(client, b"x" * 20).json()["files"][0]["location"]
    send(client, place, b"0123456789", 0)
    answer = send(client, place, b"abc", offset)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("#mismatching-upload-offset")
    assert (answer.json()["expected-offset"], answer.json()["provided-offset"]) == (10, offset)
    assert client.head(place).headers["upload-offset"] == "10"


def test_of_two_clients_at_one_offset_one_is_told_to_go_on_elsewhere(site, client):
    content = b"a" * 10
    begun = begin(client, content)
    place = begun.json()["files"][0]["location"]
    with site.client(Role.EMPLOYEE) as other:
        answers = [send(client, place, content[:6], 0).status_code, send(other, place, content[:4], 0).status_code]

    assert answers == [204, 409]
    assert client.head(place).headers["upload-offset"] == "6"


def test_what_came_before_the_connection_broke_off_is_there(site, client):
    content = os.urandom(PIECE + 5_000)
    place = begin(client, content).json()["files"][0]["location"]
    address = urlsplit(site.url)
    head = (
        f"PATCH {place} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: {PATCH}\r\nUpload-Offset: 0\r\n"
        f"Authorization: Bearer {site.tokens[Role.EMPLOYEE]}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as caller:
        caller.sendall(head.encode() + content[:-1_000])
        eventually(lambda: offset(client, place) == PIECE)
    there = eventually(lambda: offset(client, place) > PIECE and offset(client, place))

    assert there == len(content) - 1_000
    assert send(client, place, content[there:], there).headers["upload-complete"] == "?1"


def test_more_bytes_than_were_said_are_refused(client):
    place = begin(client, b"four").json()["files"][0]["location"]

    assert send(client, place, b"five!", 0).status_code == 413


def test_bytes_that_are_not_those_of_their_digest_are_not_taken(client):
    place = begin(client, b"right").json()["files"][0]["location"]
    digest = base64.b64encode(hashlib.sha256(b"right").digest()).decode()

    assert send(client, place, b"wrong", 0, **{"Content-Digest": f"sha-256=:{digest}:"}).status_code == 422
    assert client.head(place).headers["upload-offset"] == "0"
    assert send(client, place, b"right", 0, **{"Content-Digest": f"sha-256=:{digest}:"}).status_code == 204


def test_a_file_with_another_digest_than_was_said_is_not_handed_in(site, client):
    before = count(site)
    answer = hand_in(client, b"these bytes", of_each={"sha256": "0" * 64})

    assert answer.status_code == 422
    assert answer.json()["number"] == 1
    assert count(site) == before


def test_an_upload_that_is_not_whole_is_not_handed_in(site, client):
    before = count(site)
    begun = begin(client, b"one", b"two")
    send(client, begun.json()["files"][0]["location"], b"one", 0)
    answer = client.post(begun.headers["location"] + "/commit")

    assert answer.status_code == 422
    assert answer.json()["number"] == 2
    assert count(site) == before


def test_several_files_are_several_submissions_under_one_answer(site, client):
    answer = hand_in(client, b"first file", b"second file", b"").json()

    assert [one["files"] for one in answer["submissions"]] == [[1], [2], [3]]
    assert bytes_of(site, answer["submissions"][1]["submission"]) == b"second file"


def test_where_one_of_several_cannot_be_taken_none_is(site, client, monkeypatch):
    settle = Uploads.settle

    def fails(self, transaction, upload, answer) -> None:
        settle(self, transaction, upload, answer)
        raise TemporarilyUnavailable("planted")

    before = count(site)
    monkeypatch.setattr(Uploads, "settle", fails)
    assert hand_in(client, b"none of this", b"nor of that").status_code == 503
    monkeypatch.undo()

    assert count(site) == before


def test_a_commit_whose_answer_was_lost_answers_the_same_again(site, client, monkeypatch):
    def dies(self, upload_id) -> None:
        raise TemporarilyUnavailable("killed behind the commit")

    begun = begin(client, b"an answer that is lost")
    send(client, begun.json()["files"][0]["location"], b"an answer that is lost", 0)
    monkeypatch.setattr(Uploads, "finish", dies)
    assert client.post(begun.headers["location"] + "/commit").status_code == 503
    monkeypatch.undo()
    before = count(site)
    first, second = (client.post(begun.headers["location"] + "/commit") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.json()["submissions"][0]["duplicate_of"] is None
    assert count(site) == before
    assert client.get(begun.headers["location"]).json()["state"] == "committed"


def test_the_same_key_begins_the_same_upload(client):
    first = begin(client, b"bytes", key="one")
    send(client, first.json()["files"][0]["location"], b"by", 0)
    again = begin(client, b"bytes", key="one")

    assert again.json()["upload"] == first.json()["upload"]
    assert again.json()["files"][0]["offset"] == 2
    UploadDocument.model_validate(again.json())
    assert begin(client, b"other bytes", key="one").status_code == 409


def test_the_same_bytes_again_are_a_duplicate(client):
    first = hand_in(client, b"twice the same").json()["submissions"][0]
    second = hand_in(client, b"twice the same").json()["submissions"][0]

    assert second["duplicate_of"] == first["submission"]


def test_what_was_given_up_is_gone(site, client):
    begun = begin(client, b"regretted")
    place = begun.json()["files"][0]["location"]
    send(client, place, b"regret", 0)
    folder = site.installation.archive.folder

    assert client.delete(begun.headers["location"]).status_code == 204
    assert client.head(place).status_code == 404
    assert not (folder / "uploads" / begun.json()["upload"]).exists()
    assert not (folder / "keys" / "upload" / begun.json()["upload"]).exists()


def test_an_upload_that_was_handed_in_cannot_be_given_up(client):
    begun = begin(client, b"kept")
    send(client, begun.json()["files"][0]["location"], b"kept", 0)
    client.post(begun.headers["location"] + "/commit")

    assert client.delete(begun.headers["location"]).status_code == 409


def test_an_upload_expires_with_its_bytes_and_its_key(site, client, monkeypatch):
    archive = site.installation.archive
    begun = begin(client, b"late")
    send(client, begun.json()["files"][0]["location"], b"la", 0)
    later = archive.store.clock() + timedelta(hours=25)
    monkeypatch.setattr(archive.store, "clock", lambda: later)

    assert client.get(begun.headers["location"]).status_code == 404
    assert Uploads(archive).tidy() >= 1
    assert not (archive.folder / "uploads" / begun.json()["upload"]).exists()
    assert not (archive.folder / "keys" / "upload" / begun.json()["upload"]).exists()


def test_what_lies_of_an_upload_is_sealed(site, client):
    begun = begin(client, b"a word that nobody may read on the disk")
    send(client, begun.json()["files"][0]["location"], b"a word that nobody", 0)
    lying = [one for one in (site.installation.archive.folder / "uploads").rglob("*") if one.is_file()]

    assert lying
    assert not any(b"nobody" in one.read_bytes() for one in lying)


def test_another_person_is_not_told_of_an_upload(site, client):
    begun = begin(client, b"mine")
    with site.client(Role.OFFICER) as officer:
        answers = [
            officer.get(begun.headers["location"]).status_code,
            officer.head(begun.json()["files"][0]["location"]).status_code,
            send(officer, begun.json()["files"][0]["location"], b"mine", 0).status_code,
            officer.post(begun.headers["location"] + "/commit").status_code,
            officer.delete(begun.headers["location"]).status_code,
        ]

    assert answers == [404] * 5


def test_an_employee_hands_in_for_himself_alone_and_an_officer_for_whom_he_names(site, client):
    assert begin(client, b"x", custodian=OTHER).status_code == 404
    with site.client(Role.OFFICER) as officer:
        assert begin(officer, b"x").status_code == 422
        taken = hand_in(officer, b"for somebody else", custodian=OTHER).json()["submissions"][0]
    with site.installation.archive.store.read() as connection:
        submission = site.installation.archive.submissions.get(connection, taken["submission"])
    assert submission.custodian_id == site.custodians[OTHER]


def test_too_many_uploads_at_once_are_refused(site, client):
    most = site.installation.settings.uploads.open
    answers = [begin(client, b"x").status_code for _ in range(most + 1)]

    assert answers == [201] * most + [409]


def test_more_than_one_person_may_have_under_way_is_refused_also_with_a_key(site, client):
    half = (site.installation.settings.uploads.largest_mb << 20) // 2 + 1
    asked = {"files": [{"name": "large", "size": half}]}
    keys = [{"Idempotency-Key": key} for key in ("large-1", "large-2")]
    with patch("archiver.uploading.shutil.disk_usage", return_value=SimpleNamespace(free=1 << 50)):
        first, second = (client.post("/api/v1/submissions", json=asked, headers=one) for one in keys)
        again = client.post("/api/v1/submissions", json=asked, headers=keys[0])

    assert (first.status_code, second.status_code, again.status_code) == (201, 422, 201)
    assert again.json()["upload"] == first.json()["upload"]


def test_where_the_disk_has_no_room_nothing_is_begun(client):
    with patch("archiver.uploading.shutil.disk_usage", return_value=SimpleNamespace(free=1 << 20)):
        answer = begin(client, b"x")

    assert answer.status_code == 503
    assert "retry-after" in answer.headers


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"files": []},
        {"files": [{"name": "a", "size": -1}]},
        {"files": [{"name": "a", "size": True}]},
        {"files": [{"name": 1, "size": 1}]},
        {"files": [{"name": "a", "size": 1, "sha256": "zz"}]},
        {"files": [{"name": "a", "size": 1, "group": ""}]},
        {"files": [{"name": "a", "size": 1, "path": "/etc"}]},
        {"files": [{"name": "a", "size": 1}], "caption": {"who": 1}},
        {"files": [{"name": "a", "size": 1}], "caption": {"whom": "x"}},
        {"files": [{"name": "a", "size": 1, "caption": {"who": 1}}]},
        {"files": [{"name": "a", "size": 1, "caption": "x"}]},
        {"files": [{"name": "a", "size": 1}], "caption": {"who": "x" * 2_001}},
        {"files": [{"name": "a", "size": 1}], "choose": "yes"},
        {"files": [{"name": "a", "size": 10**14}]},
        {"files": [{"name": "a", "size": 1}, {"name": "b", "size": 1}], "choose": True},
        [],
        None,
    ],
)
def test_what_makes_no_sense_begins_nothing(client, asked):
    answer = client.post("/api/v1/submissions", json=asked)

    assert answer.status_code == 422
    ProblemDocument.model_validate(answer.json())


def test_a_hostile_name_is_kept_as_text_and_used_as_no_path(site, client):
    asked = {"files": [{"name": "../../etc/\u202epas\x00swd\n", "size": 2}]}
    begun = client.post("/api/v1/submissions", json=asked)
    send(client, begun.json()["files"][0]["location"], b"ab", 0)
    taken = client.post(begun.headers["location"] + "/commit").json()["submissions"][0]

    assert "/" not in taken["source"]
    assert taken["source"].isprintable()
    assert not list(site.installation.archive.folder.parent.rglob("*swd*"))


def test_pictures_of_one_group_are_one_submission_in_the_order_given(site, client):
    contents = [png(b"first"), png(b"second"), png(b"third")]
    answer = hand_in(client, *contents, of_each={"group": "chat"}).json()
    whole = bytes_of(site, answer["submissions"][0]["submission"])

    assert len(answer["submissions"]) == 1
    assert answer["submissions"][0]["files"] == [1, 2, 3]
    assert [whole.index(one) for one in contents] == sorted(whole.index(one) for one in contents)


def captions(site, submission: str) -> dict[str, str]:
    with site.installation.archive.store.read() as connection:
        envelope = site.installation.archive.submissions.envelopes(connection, [submission])[submission].envelope
    return {name.removeprefix("caption "): said for name, said in envelope.transport if name.startswith("caption ")}


def test_each_file_keeps_what_was_said_of_it_and_else_what_was_said_of_all(site, client):
    contents = [png(b"a caption of its own"), png(b"none of its own"), png(b"one of a set"), png(b"another of it")]
    files = [{"name": f"{number}.png", "size": len(one)} for number, one in enumerate(contents)]
    files[0]["caption"] = {"what": "the bus", "who": None}
    files[2] |= {"group": "chat", "caption": {"why": "asked for"}}
    files[3] |= {"group": "chat"}
    asked = {"files": files, "caption": {"what": "the trip", "who": "a parent"}}
    begun = client.post("/api/v1/submissions", json=asked)
    assert begun.status_code == 201, begun.text
    for one, content in zip(begun.json()["files"], contents, strict=True):
        assert send(client, one["location"], content, 0).status_code == 204
    answer = client.post(begun.headers["location"] + "/commit").json()
    assert [captions(site, one["submission"]) for one in answer["submissions"]] == [
        {"who": "a parent", "what": "the bus"},
        {"who": "a parent", "what": "the trip"},
        {"who": "a parent", "what": "the trip", "why": "asked for"},
    ]


def test_two_captions_of_one_group_are_refused(client):
    files = [{"name": "a.png", "size": 1, "group": "chat", "caption": {"what": one}} for one in ("the bus", "the trip")]
    answer = client.post("/api/v1/submissions", json={"files": files})
    assert (answer.status_code, "one caption" in answer.text) == (422, True)


def test_a_group_with_something_that_is_no_picture_is_refused_by_number(site, client):
    before = count(site)
    answer = hand_in(client, png(b"one"), b"plain words", of_each={"group": "chat"})

    assert answer.status_code == 422
    assert answer.json()["number"] == 2
    assert count(site) == before


def test_an_upload_survives_a_restart_of_the_server(site, client):
    begun = begin(client, b"before and after")
    send(client, begun.json()["files"][0]["location"], b"before ", 0)
    who = site.installation.users.by_token(site.tokens[Role.EMPLOYEE])
    restarted = Uploading(installation=site.installation, who=who)
    upload, there = restarted.file(begun.json()["upload"], 1)

    assert there == 7
    restarted.append(upload, 1, there, b"and after")
    answer = restarted.commit(upload.id)
    assert bytes_of(site, answer["submissions"][0]["submission"]) == b"before and after"


def test_tidying_leaves_what_is_under_way(site, client):
    begun = begin(client, b"under way")
    send(client, begun.json()["files"][0]["location"], b"under", 0)
    Uploads(site.installation.archive).tidy()

    assert client.head(begun.json()["files"][0]["location"]).headers["upload-offset"] == "5"


def test_files_of_one_form_are_handed_in_at_once(site, client):
    files = [("files", ("a.txt", b"one of a form")), ("files", ("b.txt", os.urandom(2 * PIECE + 5)))]
    answer = client.post("/api/v1/submissions", files=files, data={"why": "asked for"})

    assert answer.status_code == 201
    taken = answer.json()["submissions"]
    assert [one["source"] for one in taken] == ["a.txt", "b.txt"]
    assert bytes_of(site, taken[1]["submission"]) == files[1][1][1]


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data; name=other\r\n\r\nx\r\n--b--\r\n"]
)
def test_a_form_that_is_broken_off_or_unknown_leaves_nothing(site, client, body):
    before = count(site)
    keys_before = list((site.installation.archive.folder / "keys" / "upload").iterdir())
    answer = client.post(
        "/api/v1/submissions", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert answer.status_code == 422
    assert count(site) == before
    kept = {one.name for one in (site.installation.archive.folder / "keys" / "upload").iterdir()}
    assert kept == {one.name for one in keys_before}
