"""Pictures that are handed in together are one record: in order, byte for byte, whatever they were called."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.captions import caption_from, caption_of, caption_pairs
from ingest.channels.files import FoundItem
from ingest.channels.together import captioned, find_set
from ingest.depositor import GroupDepositor
from ingest.examiner import Examiner
from ingest.formats.chats.slices import range_of
from ingest.formats.picture_set import FOOTER_BYTES, MOST_PICTURES, index_length, read_index, written, written_size
from ingest.picture_sets import SET, PictureSet, name_pairs, source_of, unread_components
from ingest.reading_codec import Task
from ingest.sandbox_tasks import tasks
from ingest.submission import Handover
from storage.errors import InvalidInput, NotFound
from storage.records import Channel, ComponentRole, Envelope, Grade, Outcome, RecordKind
from storage.transcription import NOT_READ_YET
from storage.transcriptions import ReadingPriority
from tests.storage.archives import make_archive

ADA = "ada@district.example"


def png(seed: int, *, width: int = 300, height: int = 500) -> bytes:
    """A small picture of one colour, another for each seed."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes((seed % 256, 80, 120)) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class OwnReader:
    """Reads in this program, with the tasks of the house."""

    def __init__(self) -> None:
        self._tasks = tasks()
        self.payloads: list[int] = []

    def read_many(self, requests):
        self.payloads += [len(one.payload) for one in requests]
        return [self._tasks[one.task](one.payload, one.options) for one in requests]

    def begin(self, requests) -> None:
        pass

    def renew(self) -> None:
        pass


class NoSeries:
    def series_for(self, record, description):
        del record, description


@pytest.fixture
def archive(tmp_path):
    made = make_archive(tmp_path)
    made.custodians.add(ADA, name="Ada", actor="operator:test")
    yield made
    made.close()


def hand_in(archive, pictures, names=None, *, caption=None, **options: int):
    """Deposit a set and examine it; the deposit, and the record described."""
    names = names or [f"{number}.png" for number in range(len(pictures))]
    with archive.store.read() as connection:
        custodian = archive.custodians.find(connection, ADA)
    deposited = GroupDepositor(archive, actor="service:test").deposit(
        Handover(
            channel=Channel.UPLOAD,
            account="upload",
            custodian_id=custodian,
            envelope=Envelope(
                submitter=ADA, source=source_of(names), transport=(*name_pairs(names), *caption_pairs(caption))
            ),
            payload=PictureSet(pictures=tuple(pictures)),
            kind=SET,
        )
    )
    Examiner(archive, OwnReader(), NoSeries(), actor="service:test", **options).examine_waiting()
    with archive.store.read() as connection:
        made = archive.catalogue.of_submission(connection, deposited.submission_id)
        described = archive.catalogue.describe(connection, [one.id for one in made])
    return deposited, described[0] if described else None


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8))
def test_every_picture_comes_out_of_a_set_as_it_went_in(pictures):
    whole = b"".join(map(bytes, written([[one[:7], one[7:]] for one in pictures])))
    back = index_length(whole[-FOOTER_BYTES:])
    found = read_index(whole[-back:], len(whole))

    assert len(whole) == written_size([len(one) for one in pictures])
    assert [whole[one.offset : one.offset + one.size] for one in found] == pictures
    assert [one.sha256 for one in found] == [hashlib.sha256(one).hexdigest() for one in pictures]


@given(st.binary(max_size=400))
def test_what_is_no_set_is_refused_with_a_value_error(content):
    whole = b"".join(map(bytes, written([[b"one"], [b"two"]])))
    for bad in (content, whole[: len(content)] + content, content + whole[-60:]):
        try:
            back = index_length(bad[-FOOTER_BYTES:])
            found = read_index(bad[-back:], len(bad))
        except ValueError:
            continue
        assert sum(one.size for one in found) < len(bad)


def test_a_set_becomes_one_screenshot_with_a_component_a_picture(archive):
    pictures = [png(1), png(2), png(3)]
    _, described = hand_in(archive, pictures, ["first.png", "second.png", "third.png"])
    components = described.description.components

    assert described.record.kind is RecordKind.SCREENSHOT
    assert described.record.grade is Grade.D
    assert [one.name for one in components] == ["first.png", "second.png", "third.png"]
    assert [one.sha256 for one in components] == [hashlib.sha256(one).hexdigest() for one in pictures]
    assert {one.role for one in components} == {ComponentRole.ORIGINAL}
    assert all(one.pictured and one.media_type == "image/png" for one in components)
    assert "packed by the archive" in described.description.notes[0]
    assert [one.endswith(NOT_READ_YET) for one in described.description.unsearchable] == [True] * 3


def test_a_set_waits_to_be_read_as_what_was_handed_in(archive):
    _, described = hand_in(archive, [png(1), png(2)])
    with archive.store.read() as connection:
        waiting = archive.transcriptions.next_waiting(connection, up_to=ReadingPriority.HANDED_IN)

    assert waiting is not None
    assert waiting.record_id == described.record.id


def test_the_same_pictures_under_other_names_are_a_duplicate(archive):
    first, _ = hand_in(archive, [png(1), png(2)], ["a.png", "b.png"])
    again, _ = hand_in(archive, [png(1), png(2)], ["c.png", "d.png"])
    turned, _ = hand_in(archive, [png(2), png(1)])

    assert again.duplicate_of == first.submission_id
    assert turned.duplicate_of is None


def test_of_a_large_set_only_the_beginnings_are_looked_at(archive):
    pictures = [png(1), png(2) + b"\0" * 600_000]
    _, described = hand_in(archive, pictures, largest=400_000)

    assert [one.sha256 for one in described.description.components] == [
        hashlib.sha256(one).hexdigest() for one in pictures
    ]
    assert all(one.pictured for one in described.description.components)


def test_a_broken_picture_of_a_set_is_named_by_its_number_and_the_others_wait(archive):
    _, described = hand_in(archive, [png(1), b"\x89PNG\r\n\x1a\n" + b"nonsense"])

    assert [one.pictured for one in described.description.components] == [True, False]
    assert described.description.unsearchable[1].startswith("picture 2: ")


def test_damaged_bytes_of_a_set_fail_alone(archive, monkeypatch):
    monkeypatch.setattr("ingest.examiner.set_reading", lambda *_, **__: (_ for _ in ()).throw(ValueError("planted")))
    deposited, described = hand_in(archive, [png(1), png(2)])
    with archive.store.read() as connection:
        submission = archive.submissions.get(connection, deposited.submission_id)

    assert described is None
    assert submission.outcome is Outcome.FAILED


def test_the_pictures_of_a_set_that_is_released_unread_keep_their_places(archive):
    pictures = [png(1), b"\x89PNG\r\n\x1a\n" + b"nonsense"]
    deposited, _ = hand_in(archive, pictures, ["a.png", "b.png"])
    with archive.store.read() as connection:
        content = archive.submissions.locate(connection, deposited.submission_id)
        about = archive.submissions.envelopes(connection, [deposited.submission_id])[deposited.submission_id]
    found = unread_components(content, about.envelope)
    whole = content.read()

    assert [one.name for one in found] == ["a.png", "b.png"]
    assert [whole[range_of(one.path)[0] :][: one.size] for one in found] == pictures


def test_a_caption_is_searched_and_named_as_said(archive):
    caption = caption_from({"who": "Jane and the heron", "why": " the bus "})
    _, described = hand_in(archive, [png(1), png(2)], caption=caption)

    assert described.description.text == "Jane and the heron\nthe bus"
    assert described.description.asserted == (
        "whoever handed it in says who: Jane and the heron",
        "whoever handed it in says why: the bus",
    )


def test_a_caption_goes_through_an_envelope_and_back():
    caption = caption_from({"who": "a", "what": "b", "when": "c", "where": "d", "why": "e"})

    assert caption_of(Envelope(transport=caption_pairs(caption))) == caption
    assert caption_of(Envelope()) is None
    assert caption_from({"who": "  "}) is None


@pytest.mark.parametrize("said", ["x" * 2_001, "bell\x07", "\u202eturned"])
def test_a_caption_that_is_too_long_or_no_text_is_refused(said):
    with pytest.raises(InvalidInput):
        caption_from({"what": said})


def test_files_at_the_command_line_are_a_set_in_the_order_given(tmp_path):
    for name, seed in (("b.png", 1), ("a.png", 2)):
        (tmp_path / name).write_bytes(png(seed))
    one = find_set([tmp_path / "b.png", tmp_path / "a.png"])

    assert one.kind == SET
    assert one.source == "b.png and 1 more"
    assert isinstance(one.payload, PictureSet)
    assert one.payload.pictures == (png(1), png(2))


def test_a_folder_gives_its_pictures_in_the_order_of_their_names(tmp_path):
    for name, seed in (("2.png", 2), ("1.png", 1)):
        (tmp_path / name).write_bytes(png(seed))

    assert find_set([tmp_path]).payload.pictures == (png(1), png(2))


def test_one_picture_together_is_handed_in_as_it_is(tmp_path):
    (tmp_path / "a.png").write_bytes(png(1))

    assert find_set([tmp_path / "a.png"]) == FoundItem(source="a.png", payload=png(1))


def test_what_is_no_picture_refuses_the_set_by_its_number(tmp_path):
    (tmp_path / "a.png").write_bytes(png(1))
    (tmp_path / "b.txt").write_text("words")
    with pytest.raises(InvalidInput, match="file 2 is no picture"):
        find_set([tmp_path / "a.png", tmp_path / "b.txt"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound):
        find_set([tmp_path / "empty"])


def test_too_many_pictures_are_refused(tmp_path):
    for number in range(MOST_PICTURES + 1):
        (tmp_path / f"{number:03}.png").write_bytes(png(0, width=1, height=1))
    with pytest.raises(InvalidInput, match="at most 100"):
        find_set([tmp_path])


def test_a_caption_is_kept_with_pictures_and_not_with_mails():
    passed: list[int] = []
    mails = [FoundItem(source=f"{number}.eml", kind="email") for number in (1, 2)]
    found = [FoundItem(source="a.png"), *mails]
    kept = list(captioned(found, caption_from({"who": "Jane"}), lambda: passed.append(1)))

    assert [bool(one.beside) for one in kept] == [True, False, False]
    assert passed == [1]


def test_a_set_has_a_task_of_its_own():
    assert Task.SET in tasks()
