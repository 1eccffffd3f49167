"""While a batch is concluded the reader works on the next one, and nothing of it is written before its turn."""

from __future__ import annotations

import pytest

from ingest.examiner import Examiner
from storage.errors import TemporarilyUnavailable
from tests.ingest.test_examiner import ACTOR, ADA, BO, NoSeries, PlantedReader, deposit, waiting
from tests.storage.archives import make_archive


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def ada(archive):
    return archive.custodians.add(ADA, name="Ada", actor=ACTOR).id


def refuse(*_: object) -> None:
    raise TemporarilyUnavailable("no")


def test_the_reader_begins_with_the_next_full_batch_while_one_is_concluded(archive, ada):
    for number in range(5):
        deposit(archive, str(number).encode(), ada)
    reader = PlantedReader()
    examiner = Examiner(archive, reader, NoSeries(), actor=ACTOR, batch=2)
    assert [examiner.examine_waiting() for _ in range(4)] == [2, 2, 1, 0]
    begun = ("begin", [b"2", b"3"])
    assert reader.log == ["renew", [b"0", b"1"], begun, [b"2", b"3"], [b"4"]]
    assert waiting(archive) == []


def test_the_reader_does_not_begin_with_what_is_another_custodians_or_nobodys(archive, ada):
    bo = archive.custodians.add(BO, name="Bo", actor=ACTOR).id
    for number, whose in enumerate((ada, ada, ada, bo, None, None, None, None)):
        deposit(archive, str(number).encode(), whose)
    reader = PlantedReader()
    examiner = Examiner(archive, reader, NoSeries(), actor=ACTOR, batch=2)
    assert [examiner.examine_waiting() for _ in range(4)] == [2, 2, 2, 2]
    assert [one for one in reader.log if one[0] == "begin"] == []


def test_a_batch_that_cannot_be_written_comes_first_again(archive, ada, monkeypatch):
    for number in range(4):
        deposit(archive, str(number).encode(), ada)
    reader = PlantedReader()
    examiner = Examiner(archive, reader, NoSeries(), actor=ACTOR, batch=2)
    with monkeypatch.context() as broken:
        broken.setattr(archive.catalogue, "add", refuse)
        with pytest.raises(TemporarilyUnavailable):
            examiner.examine_waiting()
    assert len(waiting(archive)) == 4
    assert [examiner.examine_waiting() for _ in range(3)] == [2, 2, 0]
    read = [one for one in reader.log if isinstance(one, list)]
    assert read == [[b"0", b"1"], [b"0", b"1"], [b"2", b"3"]]
