"""What is too large for the memory is deposited, examined and told apart like everything else."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ingest.channels.files import FileContent, find_items
from ingest.depositor import GroupDepositor
from ingest.examiner import Examiner
from ingest.submission import STREAMED_FROM
from storage.blobs import StoredObject
from storage.errors import InvalidInput, StorageFull
from storage.fixity import FixityCheck
from storage.records import Outcome, RecordKind
from tests.ingest.test_depositor import blobs, counts, handover
from tests.ingest.test_examiner import NoSeries, PlantedReader, deposit, outcome_of, records_of, waiting
from tests.storage.archives import custodian, make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTOR = "service:smtp"
LARGE = os.urandom(1 << 20) * 5


@dataclass
class Planted:
    """A `ContentSource` of given pieces; an exception among them is raised."""

    given: tuple[object, ...]
    size: int = 0

    def pieces(self) -> Iterator[bytes]:
        for one in self.given:
            if isinstance(one, Exception):
                raise one
            assert isinstance(one, bytes)
            yield one


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def depositor(archive):
    return GroupDepositor(archive, actor=ACTOR)


def content_of(archive, submission_id):
    with archive.store.read() as connection:
        return archive.submissions.locate(connection, submission_id)


@pytest.mark.parametrize("given", [(), (b"",), (b"one",), (b"one", b"", b"two"), (LARGE, b"x")])
def test_a_source_is_deposited_as_its_bytes_would_be(archive, depositor, given):
    answer = depositor.deposit(handover(Planted(given)))
    whole = b"".join(given)
    assert answer.sha256 == hashlib.sha256(whole).hexdigest()
    content = content_of(archive, answer.submission_id)
    assert (content.size, content.read(), b"".join(content.pieces())) == (len(whole), whole, whole)
    assert FixityCheck(archive).run().faults == []


def test_the_same_bytes_are_a_duplicate_however_they_come(archive, depositor):
    first = depositor.deposit(handover(LARGE))
    again = depositor.deposit(handover(Planted((LARGE[:7], LARGE[7:]))))
    third = depositor.deposit_many([handover(LARGE), handover(Planted((LARGE,)))])
    assert {one.duplicate_of for one in (again, *third)} == {first.submission_id}
    assert len(blobs(archive)) == 1
    assert counts(archive) == [1, 1, 1, 1]


def test_equal_sources_in_one_batch_are_one_submission_and_one_object(archive, depositor):
    first, second = depositor.deposit_many([handover(Planted((LARGE,))), handover(Planted((LARGE,)))])
    assert second.duplicate_of == first.submission_id
    assert len(blobs(archive)) == 1


def test_a_large_payload_is_durable_before_its_group_is_formed(archive, depositor):
    assert isinstance(depositor._prepare(handover(LARGE)).sealed, StoredObject)
    assert not isinstance(depositor._prepare(handover(LARGE[: STREAMED_FROM - 1])).sealed, StoredObject)


def test_a_source_that_cannot_be_read_fails_alone(archive, depositor):
    broken = InvalidInput("it cannot be read: Input/output error")
    one, two, three = depositor.deposit_many(
        [handover(b"first"), handover(Planted((LARGE, broken))), handover(b"third")]
    )
    assert two is broken
    assert [content_of(archive, each.submission_id).read() for each in (one, three)] == [b"first", b"third"]
    assert len(blobs(archive)) == 2
    with pytest.raises(InvalidInput):
        depositor.deposit(handover(Planted((broken,))))
    assert depositor.deposit_many([handover(Planted((broken,)))]) == [broken]


def test_what_the_store_refuses_takes_the_large_objects_of_its_batch_back(archive, depositor, monkeypatch):
    def full(_batch: object) -> None:
        raise StorageFull("the disk is full")

    monkeypatch.setattr(archive.blobs, "write", full)
    with pytest.raises(StorageFull):
        depositor.deposit_many([handover(Planted((LARGE,))), handover(b"small")])
    assert blobs(archive) == []
    real = archive.blobs.write_pieces
    sizes: list[int] = []

    def soon_full(pieces: Iterator[bytes]) -> StoredObject:
        if sizes:
            raise StorageFull("the disk is full")
        sizes.append(1)
        return real(pieces)

    monkeypatch.setattr(archive.blobs, "write_pieces", soon_full)
    with pytest.raises(StorageFull):
        depositor.deposit_many([handover(Planted((LARGE,))), handover(Planted((b"second",)))])
    assert (sizes, blobs(archive), counts(archive)) == ([1], [], [0, 0, 0, 0])


def large_file(path, size=STREAMED_FROM + 5):
    path.write_bytes(LARGE[:size])
    return path


def test_a_large_file_is_found_without_being_read(tmp_path):
    small = large_file(tmp_path / "a.bin", STREAMED_FROM - 1)
    large = large_file(tmp_path / "b.bin")
    read, found = find_items([small, large])
    assert isinstance(read.payload, bytes)
    assert isinstance(found.payload, FileContent)
    assert (found.payload.size, found.bytes_held) == (STREAMED_FROM + 5, 0)
    assert b"".join(found.payload.pieces()) == b"".join(found.payload.pieces()) == large.read_bytes()
    assert "b.bin" not in repr(found.payload)


def test_a_file_that_changed_after_it_was_found_is_refused(tmp_path):
    path = large_file(tmp_path / "b.bin")

    def cut() -> None:
        with path.open("r+b") as stream:
            stream.truncate(100)

    def grow() -> None:
        with path.open("ab") as stream:
            stream.write(b"more")

    def swap() -> None:
        large_file(tmp_path / "c.bin").rename(path)

    def pipe() -> None:
        path.unlink()
        os.mkfifo(path)

    for change in (cut, grow, swap, pipe, path.unlink):
        path.unlink(missing_ok=True)
        (found,) = find_items([large_file(path)])
        change()
        with pytest.raises(InvalidInput, match=r"changed while|cannot be read"):
            list(found.payload.pieces())


def test_a_file_that_never_ends_is_not_read_beyond_the_size_it_was_found_with(tmp_path):
    (found,) = find_items([large_file(tmp_path / "b.bin")])
    content = FileContent(path=found.payload.path, size=1_000, identity=found.payload.identity)
    given = content.pieces()
    with pytest.raises(InvalidInput):
        list(given)


def examine(archive, reader, largest):
    return Examiner(archive, reader, NoSeries(), actor=ACTOR, largest=largest).examine_waiting()


@pytest.mark.parametrize("kind", ["email", "document", None])
def test_what_is_too_large_to_be_read_is_kept_as_a_document_that_says_so(archive, kind):
    ada = custodian(archive)
    reader = PlantedReader()
    large = deposit(archive, b"%PDF-1.7 " + bytes(2 << 20), ada, kind=kind)
    small = deposit(archive, b"From: x", ada)
    assert examine(archive, reader, 1 << 20) == 2
    (one,) = records_of(archive, large)
    assert outcome_of(archive, large) == (Outcome.ARCHIVED, None, ada)
    assert (one.record.kind, one.description.text) == (RecordKind.DOCUMENT, "")
    assert one.description.unsearchable == ("the document: not read: larger than 1 MB",)
    (original,) = one.description.components
    assert (original.media_type, original.size) == ("application/pdf", 9 + (2 << 20))
    assert [payloads for payloads in reader.log if payloads != "renew"] == [[b"From: x"]]
    assert len(records_of(archive, small)) == 1
    assert FixityCheck(archive).run().faults == []


def test_a_size_at_the_limit_is_still_read(archive):
    ada = custodian(archive)
    reader = PlantedReader(lambda payload: PlantedReader()._answer(b"%d bytes" % len(payload)))
    deposit(archive, bytes(1 << 20), ada)
    assert examine(archive, reader, 1 << 20) == 1
    assert [len(payloads[0]) for payloads in reader.log if payloads != "renew"] == [1 << 20]


def test_what_is_too_large_and_whose_it_is_nobody_knows_is_quarantined(archive):
    large = deposit(archive, bytes(2 << 20))
    examine(archive, PlantedReader(), 1 << 20)
    assert outcome_of(archive, large)[0] is Outcome.QUARANTINED


def test_a_damaged_large_object_fails_alone(archive):
    ada = custodian(archive)
    damaged, whole = deposit(archive, LARGE, ada), deposit(archive, b"small", ada)
    path = archive.blobs._path(content_of(archive, damaged).blob_id)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    examine(archive, PlantedReader(), 1 << 20)
    assert outcome_of(archive, damaged)[0] is Outcome.FAILED
    assert outcome_of(archive, whole)[0] is Outcome.ARCHIVED
    assert waiting(archive) == []


def test_large_objects_do_not_keep_a_batch_small(archive):
    ada = custodian(archive)
    for number in range(20):
        deposit(archive, b"%d" % number + LARGE, ada)
    assert examine(archive, PlantedReader(), 1 << 20) == 20
