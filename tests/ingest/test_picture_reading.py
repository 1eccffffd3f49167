"""Pictures of records are read after the record is there; whatever they do to the reader ends in a version."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import pytest
from sqlalchemy import update

from ingest.picture_reading import MOST_ATTEMPTS, PictureReader, priority_of
from ingest.sandbox import FailureReason, ReadingFailed, SandboxUnavailable
from storage.errors import Conflict, NotFound
from storage.records import Component, ComponentRole, Description, RecordKind
from storage.tables import descriptions
from storage.transcription import TextSource
from storage.transcriptions import ReadingPriority
from tests.ingest.pictured import (
    PAGED,
    Sources,
    file_pictures,
    is_waiting,
    picture,
    reader_of,
    start_reader,
    transcription_of,
    versions_of,
)
from tests.storage.archives import custodian, make_archive
from tests.storage.transcribing import add_version, version


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def sources():
    return Sources()


@pytest.fixture(scope="module")
def child():
    """One planted child for all tests that do it no harm, and those after a harm start another."""
    with start_reader() as started:
        yield started


class Kept:
    """A reader that is ended by whoever started it."""

    def __init__(self, reader) -> None:
        self._reader = reader
        self.renewed = 0
        self.requests = 0

    def read(self, request):
        self.requests += 1
        return self._reader.read(request)

    def renew(self):
        self.renewed += 1

    def warm_up(self):
        self._reader.warm_up()

    def close(self):
        pass


class Refusing:
    """A reader that answers every request with one failure."""

    def __init__(self, reason) -> None:
        self._reason = reason
        self.requests = 0

    def read(self, _request):
        self.requests += 1
        return ReadingFailed(reason=self._reason, detail="")

    def renew(self):
        pass

    def warm_up(self):
        pass

    def close(self):
        pass


@pytest.fixture
def kept(child):
    return Kept(child)


def read_all(reader: PictureReader) -> int:
    count = 0
    while reader.read_waiting() is not None:
        count += 1
    return count


def test_what_a_picture_says_becomes_the_first_version(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "Bus 7 is late"))
    reader = reader_of(archive, sources, start=lambda: kept)
    assert read_all(reader) == 1
    read = transcription_of(archive, record_id)
    assert (read.number, read.source, read.author, read.text) == (1, TextSource.ENGINE, "planted 1", "Bus 7 is late")
    assert (read.unsearchable, len(read.pictures)) == ((), 1)
    assert not is_waiting(archive, record_id)


def test_several_pictures_of_one_record_are_read_in_their_order(archive, sources, kept):
    parts = [picture(sources, "one"), picture(sources, "two"), picture(sources, "three", "four", media_type=PAGED)]
    record_id = file_pictures(archive, custodian(archive), *parts)
    read_all(reader_of(archive, sources, start=lambda: kept))
    read = transcription_of(archive, record_id)
    assert read.text == "one\ntwo\nthree\nfour"
    assert [(page.component, page.number) for page in read.pages] == [
        (parts[0].id, 1),
        (parts[1].id, 1),
        (parts[2].id, 1),
        (parts[2].id, 2),
    ]


def test_a_conversation_is_found_in_one_round_and_in_many(archive, sources, kept):
    owner = custodian(archive)
    once = file_pictures(archive, owner, picture(sources, "said:hello"), picture(sources, "said:there"))
    read_all(reader_of(archive, sources, start=lambda: kept))
    often = file_pictures(archive, owner, picture(sources, "said:hello"), picture(sources, "said:there"))
    before = kept.requests
    read_all(reader_of(archive, sources, start=lambda: kept, round_seconds=0.0))
    assert kept.requests - before == 3
    for record_id in (once, often):
        transcript = transcription_of(archive, record_id).transcript
        assert [one.message.text for one in transcript.messages] == ["hello", "there"]


def test_pages_in_a_mail_without_a_conversation_are_lines(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "a", "b", media_type=PAGED))
    read_all(reader_of(archive, sources, start=lambda: kept, round_seconds=0.0))
    assert transcription_of(archive, record_id).transcript is None


def test_what_has_no_letters_here_is_counted_by_script_and_said(archive, sources, kept):
    parts = [picture(sources, "plain"), picture(sources, {"unread": "Thai"}, {"unread": "Thai"}, media_type=PAGED)]
    record_id = file_pictures(archive, custodian(archive), *parts)
    read_all(reader_of(archive, sources, start=lambda: kept))
    said = "picture 2: 2 places in script Thai not read: no engine has its letters"
    assert transcription_of(archive, record_id).unsearchable == (said,)


@pytest.mark.parametrize(
    ("harm", "told"),
    [("crash", "crashed"), ("refuse", "refused"), ("stranger", "not acceptable"), ("back", "not acceptable")],
)
def test_a_page_that_does_harm_is_named_and_the_others_are_read(archive, sources, harm, told):
    script = ["one", {"harm": harm}, "three"]
    record_id = file_pictures(archive, custodian(archive), picture(sources, *script, media_type=PAGED))
    reader = reader_of(archive, sources)
    assert read_all(reader) == 1
    reader.close()
    read = transcription_of(archive, record_id)
    assert read.text == "one\nthree"
    assert len(read.unsearchable) == 1
    assert read.unsearchable[0].startswith("picture 1, page 2: ")
    assert told in read.unsearchable[0]


def test_a_picture_that_crashes_the_reader_leaves_a_version_and_the_next_record_is_read(archive, sources):
    owner = custodian(archive)
    bad = file_pictures(archive, owner, picture(sources, {"harm": "crash"}), picture(sources, "behind it"))
    good = file_pictures(archive, owner, picture(sources, "another"))
    reader = reader_of(archive, sources)
    assert read_all(reader) == 2
    reader.close()
    assert transcription_of(archive, bad).text == "behind it"
    assert transcription_of(archive, bad).unsearchable == ("picture 1: the reader of pictures crashed on it",)
    assert transcription_of(archive, good).text == "another"
    assert versions_of(archive, bad) == versions_of(archive, good) == [1]


def test_a_page_that_never_ends_is_given_up_at_the_time_limit(archive, sources):
    record_id = file_pictures(archive, custodian(archive), picture(sources, {"harm": "sleep"}))
    reader = reader_of(archive, sources, start=lambda: start_reader(seconds=0.3))
    read_all(reader)
    reader.close()
    assert transcription_of(archive, record_id).unsearchable == ("picture 1: reading it took longer than is allowed",)


def test_after_too_many_harms_the_rest_is_left(archive, sources):
    refusing = Refusing(FailureReason.CRASH)
    script = [f"page {number}" for number in range(50)]
    parts = [picture(sources, *script, media_type=PAGED) for _ in range(20)]
    record_id = file_pictures(archive, custodian(archive), *parts)
    read_all(reader_of(archive, sources, start=lambda: refusing))
    read = transcription_of(archive, record_id)
    assert (read.text, read.author) == ("", "nobody")
    assert "too many of its pages do harm" in read.unsearchable[-1]
    assert refusing.requests < 10


def test_a_conversation_that_crashes_its_finder_costs_the_lines_nothing(archive, sources):
    parts = [picture(sources, "untranscribable"), picture(sources, "said:hello")]
    record_id = file_pictures(archive, custodian(archive), *parts)
    reader = reader_of(archive, sources, round_seconds=0.0)
    read_all(reader)
    reader.close()
    read = transcription_of(archive, record_id)
    assert (read.text, read.transcript) == ("untranscribable\nsaid:hello", None)
    assert "could not be found out" in read.notes[0]


def test_components_that_are_too_large_or_broken_are_said(archive, sources, kept):
    parts = [picture(sources, "x" * 1_000), picture(sources, "gone"), picture(sources, "fine")]
    sources.broken.add(parts[1].id)
    record_id = file_pictures(archive, custodian(archive), *parts)
    read_all(reader_of(archive, sources, start=lambda: kept, largest=500))
    read = transcription_of(archive, record_id)
    assert read.text == "fine"
    assert [one.partition(":")[0] for one in read.unsearchable] == ["picture 1", "picture 2"]
    assert sources.opened == [parts[1].id, parts[2].id]


def test_pictures_that_are_too_large_together_go_in_groups(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), *(picture(sources, f"said:{one}") for one in "abc"))
    read_all(reader_of(archive, sources, start=lambda: kept, together=20))
    read = transcription_of(archive, record_id)
    assert read.text == "said:a\nsaid:b\nsaid:c"
    assert "too large together" in read.notes[0]


def test_another_custodians_pictures_are_read_by_a_fresh_child(archive, sources, kept):
    first, second = custodian(archive), custodian(archive, "bo@district.example")
    for owner in (first, second, first):
        file_pictures(archive, owner, picture(sources, "x"))
    read_all(reader_of(archive, sources, start=lambda: kept))
    assert kept.renewed == 1  # the first custodian's second record does not wait for the other's


def test_time_to_stop_leaves_the_record_waiting_with_no_attempt_counted(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "one", "two"))
    assert reader_of(archive, sources, start=lambda: kept, stop=lambda: True).read_waiting() is None
    assert versions_of(archive, record_id) == []
    for _ in range(MOST_ATTEMPTS + 1):
        reader_of(archive, sources, start=lambda: kept, stop=lambda: True).read_waiting()
    read_all(reader_of(archive, sources, start=lambda: kept))
    assert transcription_of(archive, record_id).text == "one\ntwo"


def test_a_child_that_cannot_be_started_leaves_the_record_waiting(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "one"))

    def refuse() -> NoReturn:
        raise SandboxUnavailable("planted")

    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(SandboxUnavailable):
            reader_of(archive, sources, start=refuse).read_waiting()
    read_all(reader_of(archive, sources, start=lambda: kept))
    assert transcription_of(archive, record_id).text == "one"


def test_what_a_person_said_is_not_read_over(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "one"))
    add_version(archive, version(record_id, text="mine", source=TextSource.PERSON, author="Dana"))
    with archive.store.write() as transaction:
        archive.transcriptions.queue(transaction, [(record_id, ReadingPriority.HANDED_IN)])
    reader = reader_of(archive, sources, start=lambda: kept)
    assert reader.read_waiting().number is None
    assert not is_waiting(archive, record_id)
    with pytest.raises(Conflict, match="a person said"):
        reader.read_again(record_id)
    assert transcription_of(archive, record_id).text == "mine"


def test_reading_again_adds_a_version(archive, sources, kept):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "one"))
    reader = reader_of(archive, sources, start=lambda: kept)
    read_all(reader)
    assert reader.read_again(record_id).number == 2
    assert versions_of(archive, record_id) == [1, 2]
    with pytest.raises(NotFound):
        reader.read_again("rec_nothing")


def test_what_breaks_the_bounds_of_a_version_is_kept_without_its_places(archive, sources, monkeypatch):
    monkeypatch.setattr("storage.transcription_codec.MAX_LINE_BYTES", 1_200)
    lines = [f"line {number}" for number in range(100)]
    record_id = file_pictures(archive, custodian(archive), picture(sources, *lines, media_type=PAGED))
    reader = reader_of(archive, sources, round_seconds=0.0)
    read_all(reader)
    reader.close()
    read = transcription_of(archive, record_id)
    assert (read.text, read.pages) == ("\n".join(lines), ())
    assert "left out" in read.notes[0]


def test_what_is_handed_in_is_more_urgent_than_what_mail_or_a_chat_carries(sources):
    own = picture(sources, "x")
    carried = picture(sources, "x", role=ComponentRole.ATTACHMENT)
    plain = replace(carried, pictured=False)

    def urgency(kind: RecordKind, *parts: Component) -> ReadingPriority | None:
        return priority_of(Description(kind=kind, components=parts))

    assert urgency(RecordKind.SCREENSHOT, own) is ReadingPriority.HANDED_IN
    assert urgency(RecordKind.DOCUMENT, own) is ReadingPriority.HANDED_IN
    assert urgency(RecordKind.EMAIL, plain, carried) is ReadingPriority.MAIL
    assert urgency(RecordKind.CONVERSATION, plain, carried) is ReadingPriority.CONVERSATION
    assert urgency(RecordKind.EMAIL, plain) is None


def test_a_record_that_is_damaged_holds_up_no_other(archive, sources, kept):
    owner = custodian(archive)
    bad = file_pictures(archive, owner, picture(sources, "one"))
    good = file_pictures(archive, owner, picture(sources, "two"))
    with archive.store.write() as transaction:
        mine = update(descriptions).where(descriptions.c.record_id == bad)
        transaction.connection.execute(mine.values(sealed_description=b"PRAR"))
    read_all(reader_of(archive, sources, start=lambda: kept))
    assert transcription_of(archive, good).text == "two"
    assert not is_waiting(archive, bad)
