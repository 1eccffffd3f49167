"""Nothing of a mail's words, names and addresses stands readable in any file of an archive, in a log or an error."""

from __future__ import annotations

import base64
import logging

import pytest

from ingest.depositor import GroupDepositor
from ingest.examiner import Examiner
from ingest.reading_codec import FailureReason, ReadingFailed
from ingest.submission import Handover
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Description,
    Envelope,
    Letterhead,
    Party,
    RecordKind,
)
from tests.storage.archives import flip, make_archive, open_again

SUBJECT, BODY, SENDER, NAME, FILE, QUERY, SOURCE, LOCAL = CANARIES = (
    "Zanzibarfahrt",
    "Quetzalcoatlus",
    "xylophonist@home.example",
    "Wolfeschlegel",
    "yggdrasil-plan.pdf",
    "Kwashiorkorfrage",
    "Ngorongoro.eml",
    "mbuji.mayi@district.example",
)


def spellings(word: str) -> list[bytes]:
    """The word as it might be left behind: in three encodings, folded, in hexadecimal, in base 64 at each offset."""
    plain = [word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")]
    plain += [word.lower().encode(), word.upper().encode(), word.encode().hex().encode()]
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + word.encode())
        plain.append(coded[4 if offset else 0 : -4])
    return plain


def readable(folder):
    """Which canaries stand in which files, names of files included."""
    found = []
    wanted = [(word, one) for word in CANARIES for one in spellings(word)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        content = path.name.encode() + b"\x00" + path.read_bytes()
        found += [(path.name, word) for word, one in wanted if one in content]
    return found


class FullReader:
    """Reads every mail as one that holds all canaries."""

    def read_many(self, requests):
        letterhead = Letterhead(sender=Party(name=NAME, address=LOCAL), subject=SUBJECT)
        original = Letterhead(sender=Party(name=NAME, address=SENDER), subject=SUBJECT)
        attachment = Component(
            id="1",
            role=ComponentRole.ATTACHMENT,
            media_type="application/pdf",
            name=FILE,
            size=1,
            sha256="0" * 64,
            path="2",
        )
        read = Description(
            kind=RecordKind.EMAIL,
            original=original,
            carrier=letterhead,
            text=f"{BODY} {BODY}",
            components=(attachment,),
        )
        failed = ReadingFailed(reason=FailureReason.CRASH, detail="SIGSEGV")
        return [failed if b"crash" in request.payload else read for request in requests]

    def renew(self):
        pass

    def begin(self, requests):
        pass


class NoSeries:
    def series_for(self, _record, _description):
        return None


@pytest.fixture
def filled(tmp_path):
    archive = make_archive(tmp_path / "archive")
    archive.custodians.add(LOCAL, name=NAME, actor="operator:test")
    depositor = GroupDepositor(archive, actor="service:smtp")
    for number in range(40):
        raw = (
            f"From: {SENDER}\r\nSubject: {SUBJECT} {number}\r\n\r\n{BODY} {FILE} {'crash' if number % 10 == 9 else ''}"
        )
        envelope = Envelope(submitter=LOCAL, recipient=SENDER, source=SOURCE, transport=(("helo", NAME),))
        handover = Handover(
            channel=Channel.SMTP, account="smtp", custodian_id=None, envelope=envelope, payload=raw.encode()
        )
        depositor.deposit(handover)
        depositor.deposit(handover)
    examiner = Examiner(archive, FullReader(), NoSeries(), actor="service:examiner")
    while examiner.examine_waiting():
        pass
    with archive.store.write() as transaction:
        payload = {"query": QUERY, "file": FILE}
        transaction.append(EventKind.SEARCH_MADE, actor="operator:test", payload=payload)
    archive.ledger.publish_checkpoint()
    yield archive
    archive.close()


def test_the_search_for_canaries_finds_them_where_they_are(tmp_path):
    for number in range(9):
        (tmp_path / str(number)).write_bytes(b"")
    for number, one in enumerate(spellings(BODY)):
        (tmp_path / str(number)).write_bytes(b"before" + one + b"after")
    assert {name for name, _ in readable(tmp_path)} == {str(number) for number in range(9)}
    coded = base64.b64encode(f"ab{BODY} and more words".encode())
    (tmp_path / "0").write_bytes(coded)
    assert ("0", BODY) in readable(tmp_path)


def test_no_file_of_an_open_archive_holds_a_canary(filled):
    assert (filled.folder / "archive.db-wal").stat().st_size > 0
    assert readable(filled.folder) == []


def test_no_file_of_a_closed_archive_holds_a_canary(filled):
    filled.close()
    assert not (filled.folder / "archive.db-wal").exists()
    assert readable(filled.folder) == []


def test_the_canaries_are_there_for_whoever_has_the_keys(filled):
    again = open_again(filled.folder)
    with again.store.read() as connection:
        ids = [one.id for one in again.catalogue.page_records(connection, None, 100)]
        described = again.catalogue.describe(connection, ids)
    assert len(described) == 36
    said = repr(described)
    assert all(word in said for word in (SUBJECT, BODY, SENDER, NAME, FILE, SOURCE, LOCAL))
    again.close()


def test_the_leaves_of_the_ledger_hold_no_canary(filled):
    with filled.store.read() as connection:
        leaves = b"".join(one.event.encode() for one in filled.ledger.events_after(connection, -1, limit=10_000))
    assert [word for word in CANARIES if word.encode() in leaves] == []


def test_errors_and_logs_about_damage_hold_no_canary(filled, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for blob_id in list(filled.blobs.ids()):
        path = filled.blobs._path(blob_id)
        path.write_bytes(flip(path.read_bytes()))
    with filled.store.read() as connection:
        for record in filled.catalogue.page_records(connection, None, 100):
            with pytest.raises(ArchiveError) as caught:
                filled.submissions.content(connection, record.submission_id)
            said.append(f"{caught.value!r} {caught.value.fields} {caught.value.__cause__!r}")
    report = FixityCheck(filled).run()
    assert len(report.faults) == 40
    text = f"{said} {report} {caplog.text}"
    assert [word for word in CANARIES if word in text] == []
