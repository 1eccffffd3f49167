"""Whatever a reader does, every submission gets an outcome, keeps its bytes, and stops nobody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select

from ingest.concluding import grade_of
from ingest.depositor import GroupDepositor
from ingest.examiner import Examiner
from ingest.reading_codec import FailureReason, ReadingFailed, Task
from ingest.submission import Handover
from storage import description_codec
from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Description,
    Envelope,
    Forward,
    ForwardMethod,
    Grade,
    Letterhead,
    Outcome,
    Party,
    RecordKind,
)
from storage.tables import wrapped_keys
from tests.storage.archives import flip, make_archive

ACTOR = "service:examiner"
ADA, BO = "ada@district.example", "bo@district.example"


class PlantedReader:
    """A `Reader` that answers as it is told, and remembers what it was asked and when it was renewed."""

    def __init__(self, answer=None) -> None:
        self._answer = answer or (lambda payload: described(payload.decode()))
        self.log: list[object] = []

    def read_many(self, requests):
        self.log.append([request.payload for request in requests])
        self.tasks = [request.task for request in requests]
        return [self._answer(request.payload) for request in requests]

    def renew(self):
        self.log.append("renew")

    def begin(self, requests):
        self.log.append(("begin", [request.payload for request in requests]))


class NoSeries:
    def series_for(self, _record, _description):
        return None


class OneSeries:
    def series_for(self, record, description):
        return "GS-1" if record.kind is RecordKind.EMAIL and description.text else None


def described(text="text", sender=ADA, **members: object):
    letterhead = Letterhead(sender=Party(address=sender), subject="Bus")
    return Description(kind=RecordKind.EMAIL, original=letterhead, carrier=letterhead, text=text, **members)


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def ada(archive):
    return archive.custodians.add(ADA, name="Ada", actor=ACTOR, also=("ada.home@mail.example",)).id


def deposit(archive, payload, custodian_id=None, **members: object):
    handover = {"channel": Channel.SMTP, "account": "smtp", "envelope": Envelope(source="one.eml")} | members
    depositor = GroupDepositor(archive, actor=ACTOR)
    return depositor.deposit(Handover(payload=payload, custodian_id=custodian_id, **handover)).submission_id


def examine(archive, reader, assigner=None, batch=128):
    return Examiner(archive, reader, assigner or NoSeries(), actor=ACTOR, batch=batch).examine_waiting()


def outcome_of(archive, submission_id):
    with archive.store.read() as connection:
        one = archive.submissions.get(connection, submission_id)
    return one.outcome, one.reason, one.custodian_id


def records_of(archive, submission_id):
    with archive.store.read() as connection:
        ids = [one.id for one in archive.catalogue.of_submission(connection, submission_id)]
        return archive.catalogue.describe(connection, ids)


def content_of(archive, submission_id):
    with archive.store.read() as connection:
        return archive.submissions.content(connection, submission_id)


def waiting(archive):
    with archive.store.read() as connection:
        return archive.submissions.awaiting(connection, limit=1_000)


def test_a_mail_becomes_a_record_with_its_original_as_first_component(archive, ada):
    sent = datetime(2024, 5, 6, tzinfo=UTC)
    attachment = Component(
        id="1", role=ComponentRole.ATTACHMENT, media_type="text/plain", name="a", size=1, sha256="0" * 64, path="2"
    )
    reader = PlantedReader(lambda _: described(sent_at=sent, components=(attachment,)))
    submission = deposit(archive, b"mail", ada)
    assert examine(archive, reader) == 1
    (one,) = records_of(archive, submission)
    original, attached = one.description.components
    assert outcome_of(archive, submission) == (Outcome.ARCHIVED, None, ada)
    assert (original.role, original.size, original.name, original.path) == (ComponentRole.ORIGINAL, 4, "one.eml", "")
    assert (attached.path, attached.name) == ("2", "a")
    assert attached.id != "1"
    assert (one.record.sent_at, one.record.custodian_id, one.record.grade) == (sent, ada, Grade.B)
    assert waiting(archive) == []
    assert FixityCheck(archive).run().faults == []


def test_nothing_waits_and_nothing_is_asked(archive):
    reader = PlantedReader()
    assert examine(archive, reader) == 0
    assert reader.log == []


@pytest.mark.parametrize("reason", list(FailureReason))
def test_a_reader_that_fails_gives_a_reason_and_the_bytes_are_kept(archive, ada, reason):
    submission = deposit(archive, b"hostile", ada)
    examine(archive, PlantedReader(lambda _: ReadingFailed(reason=reason, detail="SIGSEGV")))
    outcome, why, _ = outcome_of(archive, submission)
    assert outcome is Outcome.FAILED
    assert why.endswith("the bytes are kept")
    assert content_of(archive, submission) == b"hostile"
    assert records_of(archive, submission) == []
    assert waiting(archive) == []


def test_a_failure_is_a_leaf_whose_payload_says_why(archive, ada):
    submission = deposit(archive, b"hostile", ada)
    examine(archive, PlantedReader(lambda _: ReadingFailed(reason=FailureReason.TIME, detail="30 s")))
    with archive.store.read() as connection:
        (leaf,) = archive.ledger.events_after(connection, -1, kinds=[EventKind.SUBMISSION_EXAMINED])
        payload = archive.ledger.payload(connection, leaf.position)
    assert leaf.event.subjects == (submission,)
    assert payload == {"outcome": "failed", "reason": outcome_of(archive, submission)[1]}


def test_one_that_fails_does_not_stop_the_others(archive, ada):
    ids = [deposit(archive, b"%d" % number, ada) for number in range(5)]
    failed = ReadingFailed(reason=FailureReason.CRASH, detail="SIGSEGV")
    examine(archive, PlantedReader(lambda payload: failed if payload == b"2" else described()))
    assert [outcome_of(archive, one)[0] for one in ids] == [
        Outcome.ARCHIVED,
        Outcome.ARCHIVED,
        Outcome.FAILED,
        Outcome.ARCHIVED,
        Outcome.ARCHIVED,
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"bytes instead of a description",
        described("\udcff"),
        described("x" * (description_codec.MAX_TEXT_CHARACTERS + 1)),
        described(notes=("\ud800",)),
    ],
    ids=["bytes", "surrogate", "too long", "surrogate in a note"],
)
def test_an_answer_that_cannot_be_stored_fails_alone(archive, ada, answer):
    bad, good = deposit(archive, b"bad", ada), deposit(archive, b"good", ada)
    examine(archive, PlantedReader(lambda payload: answer if payload == b"bad" else described()))
    assert outcome_of(archive, bad)[0] is Outcome.FAILED
    assert outcome_of(archive, good)[0] is Outcome.ARCHIVED
    assert content_of(archive, bad) == b"bad"


def test_a_name_that_is_no_text_does_not_fail_the_mail(archive, ada):
    submission = deposit(archive, b"mail", ada, envelope=Envelope(source="na\udcffme" + "x" * 5_000))
    examine(archive, PlantedReader())
    (one,) = records_of(archive, submission)
    assert one.description.components[0].name == ("na?me" + "x" * 5_000)[:1_000]


def test_an_unknown_sender_is_quarantined_with_what_to_do(archive, ada):
    submission = deposit(archive, b"mail")
    examine(archive, PlantedReader(lambda _: described(sender="stranger@home.example")))
    outcome, why, whose = outcome_of(archive, submission)
    assert (outcome, whose) == (Outcome.QUARANTINED, None)
    assert "archiver custodian add" in why
    assert "stranger" not in why
    assert content_of(archive, submission) == b"mail"


@pytest.mark.parametrize("sender", [Party(), Party(name="Ada"), None])
def test_a_mail_without_sender_is_quarantined(archive, ada, sender):
    letterhead = Letterhead(sender=sender)
    submission = deposit(archive, b"mail")
    examine(archive, PlantedReader(lambda _: Description(kind=RecordKind.EMAIL, carrier=letterhead)))
    assert outcome_of(archive, submission)[0] is Outcome.QUARANTINED


@pytest.mark.parametrize("sender", [ADA, "ADA@District.example", "ada.home@mail.example"])
def test_the_forwarder_is_found_by_the_sender_that_the_mail_prints(archive, ada, sender):
    submission = deposit(archive, b"mail")
    examine(archive, PlantedReader(lambda _: described(sender=sender)))
    assert outcome_of(archive, submission) == (Outcome.ARCHIVED, None, ada)
    assert records_of(archive, submission)[0].record.custodian_id == ada


def test_whose_it_is_comes_from_the_forward_and_never_from_what_was_forwarded(archive, ada):
    answer = replace(described(sender="stranger@home.example"), original=Letterhead(sender=Party(address=ADA)))
    submission = deposit(archive, b"mail")
    examine(archive, PlantedReader(lambda _: answer))
    assert outcome_of(archive, submission)[0] is Outcome.QUARANTINED


def test_whom_the_channel_named_is_not_overruled_by_the_mail(archive, ada):
    bo = archive.custodians.add(BO, name="Bo", actor=ACTOR).id
    submission = deposit(archive, b"mail", bo)
    examine(archive, PlantedReader(lambda _: described(sender=ADA)))
    assert outcome_of(archive, submission)[2] == bo


def test_a_reader_is_renewed_between_custodians_and_not_within_one(archive, ada):
    bo = archive.custodians.add(BO, name="Bo", actor=ACTOR).id
    for number, owner in enumerate([ada, bo, ada, bo]):
        deposit(archive, b"%d" % number, owner)
    reader = PlantedReader()
    examiner = Examiner(archive, reader, NoSeries(), actor=ACTOR)
    examiner.examine_waiting()
    assert reader.log == ["renew", [b"0", b"2"], "renew", [b"1", b"3"]]
    reader.log.clear()
    deposit(archive, b"4", bo)
    examiner.examine_waiting()
    assert reader.log == [[b"4"]]
    reader.log.clear()
    deposit(archive, b"5", ada)
    examiner.examine_waiting()
    assert reader.log == ["renew", [b"5"]]


def test_what_nobody_is_known_for_is_never_read_after_a_custodians(archive, ada):
    reader = PlantedReader()
    examiner = Examiner(archive, reader, NoSeries(), actor=ACTOR)
    for payload, owner in ((b"0", ada), (b"1", None), (b"2", None), (b"3", ada)):
        deposit(archive, payload, owner)
        examiner.examine_waiting()
    assert reader.log == ["renew", [b"0"], "renew", [b"1"], "renew", [b"2"], "renew", [b"3"]]


@pytest.mark.parametrize("damage", ["flipped", "missing", "key gone", "key damaged"])
def test_one_damaged_object_does_not_stop_the_rest(archive, ada, damage):
    ids = [deposit(archive, b"%d" % number, ada) for number in range(4)]
    with archive.store.read() as connection:
        ((_, blob_id),) = archive.submissions.get_many(connection, [ids[1]])
    path = archive.blobs._path(blob_id)
    if damage == "flipped":
        path.write_bytes(flip(path.read_bytes()))
    elif damage == "missing":
        path.unlink()
    with archive.store.write() as transaction:
        where = wrapped_keys.c.holder == ids[1]
        if damage == "key gone":
            transaction.connection.execute(delete(wrapped_keys).where(where))
        elif damage == "key damaged":
            row = transaction.connection.execute(select(wrapped_keys.c.wrapped).where(where)).scalar_one()
            transaction.connection.execute(wrapped_keys.update().where(where).values(wrapped=flip(row)))
    assert examine(archive, PlantedReader()) == 4
    assert [outcome_of(archive, one)[0] for one in ids] == [
        Outcome.ARCHIVED,
        Outcome.FAILED,
        Outcome.ARCHIVED,
        Outcome.ARCHIVED,
    ]
    assert "archiver verify" in outcome_of(archive, ids[1])[1]
    assert waiting(archive) == []


def test_a_passing_shortage_concludes_nothing(archive, ada, monkeypatch):
    submission = deposit(archive, b"mail", ada)

    def read(_: str) -> bytes:
        raise TemporarilyUnavailable("too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(archive.blobs, "read", read)
        with pytest.raises(TemporarilyUnavailable):
            examine(archive, PlantedReader())
    assert waiting(archive) == [submission]
    assert examine(archive, PlantedReader()) == 1
    assert outcome_of(archive, submission)[0] is Outcome.ARCHIVED


def test_the_oldest_are_examined_first_and_so_many_at_a_time(archive, ada):
    ids = [deposit(archive, b"%d" % number, ada) for number in range(5)]
    assert examine(archive, PlantedReader(), batch=2) == 2
    assert waiting(archive) == ids[2:]


def test_large_submissions_are_not_all_opened_at_once(archive, ada, monkeypatch):
    monkeypatch.setattr("ingest.examiner._LARGEST_BATCH", 250)
    ids = [deposit(archive, b"%d" % number + bytes(size), ada) for number, size in enumerate((900, 100, 100, 100))]
    examiner = Examiner(archive, PlantedReader(), NoSeries(), actor=ACTOR)
    assert [examiner.examine_waiting() for _ in range(4)] == [1, 2, 1, 0]
    assert {outcome_of(archive, one)[0] for one in ids} == {Outcome.ARCHIVED}


def test_a_series_is_assigned_when_a_record_is_made(archive, ada):
    submission = deposit(archive, b"mail", ada)
    examine(archive, PlantedReader(), OneSeries())
    assert records_of(archive, submission)[0].record.series_id == "GS-1"


@pytest.mark.parametrize(
    ("channel", "kind", "task"),
    [
        (Channel.SMTP, None, Task.EMAIL),
        (Channel.IMAP, None, Task.EMAIL),
        (Channel.CLI, None, Task.DOCUMENT),
        (Channel.CLI, "email", Task.EMAIL),
        (Channel.SMTP, "document", Task.DOCUMENT),
    ],
)
def test_mail_is_read_as_mail_and_other_files_as_documents(archive, ada, channel, kind, task):
    deposit(archive, b"bytes", ada, channel=channel, kind=kind)
    reader = PlantedReader()
    examine(archive, reader)
    assert reader.tasks == [task]


def test_a_commit_that_fails_leaves_everything_waiting(archive, ada, monkeypatch):
    submission = deposit(archive, b"mail", ada)

    def conclude(*_: object) -> None:
        raise TemporarilyUnavailable("busy")

    with monkeypatch.context() as patched:
        patched.setattr(archive.submissions, "conclude", conclude)
        with pytest.raises(TemporarilyUnavailable):
            examine(archive, PlantedReader())
    assert waiting(archive) == [submission]
    assert records_of(archive, submission) == []
    examine(archive, PlantedReader())
    assert len(records_of(archive, submission)) == 1


@pytest.mark.parametrize(
    ("description", "grade"),
    [
        (described(), Grade.B),
        (described(forward=Forward(method=ForwardMethod.ATTACHED)), Grade.B),
        (described(forward=Forward(method=ForwardMethod.INLINE)), Grade.C),
        (Description(kind=RecordKind.SCREENSHOT), Grade.D),
        (Description(kind=RecordKind.DOCUMENT), Grade.B),
    ],
)
def test_evidence_is_graded_by_how_the_original_came(description, grade):
    assert grade_of(description) is grade


@pytest.mark.parametrize(
    ("head", "kind", "media_type"),
    [
        (b"From: a@example.org\r\n\r\n", RecordKind.EMAIL, "message/rfc822"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), RecordKind.EMAIL, "application/vnd.ms-outlook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), RecordKind.DOCUMENT, "application/vnd.ms-outlook"),
        (b"\x78\x9f\x3e\x22" + bytes(600), RecordKind.EMAIL, "application/ms-tnef"),
    ],
)
def test_the_original_of_a_mail_is_named_by_what_its_bytes_are(archive, ada, head, kind, media_type):
    reader = PlantedReader(lambda _: replace(described(), kind=kind, reader="email/2"))
    submission = deposit(archive, head, ada)
    examine(archive, reader)
    (one,) = records_of(archive, submission)
    assert one.description.components[0].media_type == media_type


def test_a_compound_file_that_no_reader_of_mail_knew_is_no_message(archive, ada):
    reader = PlantedReader(lambda _: Description(kind=RecordKind.DOCUMENT))
    submission = deposit(archive, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ada)
    examine(archive, reader)
    (one,) = records_of(archive, submission)
    assert one.description.components[0].media_type == "application/x-ole-storage"
