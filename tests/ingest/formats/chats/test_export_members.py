"""An export taken apart: every message in a slice, every file accounted for, and counts held against each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ChatMessage, Export, Media, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.slices import read_slice
from ingest.formats.container import ContainerBroken, Declared, Found, Member, MemberKind, Remark, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.records import Description

THREAD = Thread(platform="whatsapp", key="k", title="Ann")
AT = datetime(2024, 1, 5, 18, 7, tzinfo=UTC)


@dataclass
class Planned:
    """A format that gives what it was told to give."""

    gives: Iterable[Said | Stated | Remark]
    reads: tuple[str, ...] = ()
    sets_aside: tuple[str, ...] = ()
    falls: Exception | None = None
    READER: str = "planned 1"
    asked: list[str] = field(default_factory=list)

    def recognise(self, _: Export) -> bool:
        return True

    def read(self, export: Export) -> Iterator[Said | Stated | Remark]:
        for name in self.reads:
            export.read(name)
        yield from self.gives
        if self.falls is not None:
            raise self.falls

    def aside(self, name: str) -> str | None:
        self.asked.append(name)
        return "it holds no messages or posts" if name in self.sets_aside else None


def said(text: str = "hello", *, thread: Thread = THREAD, days: int = 0, **named: Any) -> Said:
    raw = text.encode("utf-8", "surrogatepass")
    return Said(
        thread=thread,
        message=ChatMessage(at=AT + timedelta(days=days), sender="Ann", text=text, raw=raw, **named),
    )


def found(files: dict[str, bytes], *formats: Planned) -> list[Found]:
    export = HeldFiles(files=files)

    def others() -> Iterator[tuple[str, Any]]:
        for name, content in files.items():
            yield (
                name,
                lambda name=name, content=content: Member(
                    path="", name=name, kind=MemberKind.DOCUMENT, pieces=(content,)
                ),
            )

    return list(export_members(export, export, formats, others()))


def slices(all_found: list[Found]) -> list[Description]:
    members = [one for one in all_found if isinstance(one, Member) and one.kind is MemberKind.SLICE]
    return [read_slice(b"".join(one.pieces)) for one in members]


def others(all_found: list[Found]) -> list[tuple[str, bool]]:
    members = [one for one in all_found if isinstance(one, Member) and one.kind is not MemberKind.SLICE]
    return [(one.name, one.aside) for one in members]


def tallies(all_found: list[Found]) -> dict[str, Tally]:
    declared = all_found[-1]
    assert isinstance(declared, Declared)
    return {one.what: one for one in declared.tallies}


def test_each_day_of_a_conversation_is_a_slice_and_its_files_are_in_it():
    photo = Media(name="a.jpg", entry="m/a.jpg")
    plan = Planned([said("one"), said("two", attachments=(photo,)), said("three", days=1)], reads=("chat.txt",))
    first, second = slices(found({"chat.txt": b"x", "m/a.jpg": b"jpeg"}, plan))
    assert [one.text for one in first.messages] == ["one", "two"]
    assert [one.text for one in second.messages] == ["three"]
    assert [(one.name, one.size) for one in first.components[1:]] == [("a.jpg", 4)]


def test_every_file_is_read_or_carried_or_set_aside_or_a_member_of_its_own():
    plan = Planned(
        [said(attachments=(Media(name="a.jpg", entry="a.jpg"),))], reads=("chat.txt",), sets_aside=("ads.json",)
    )
    files = dict.fromkeys(("chat.txt", "a.jpg", "ads.json", "left.pdf"), b"x")
    assert others(found(files, plan)) == [("ads.json", True), ("left.pdf", False)]


def test_what_is_stated_is_held_against_what_came():
    plan = Planned([said("one"), said("two"), Stated(what="messages", count=3), Stated(what="conversations", count=1)])
    counts = tallies(found({"a": b""}, plan))
    assert (counts["messages"].held, counts["messages"].taken) == (3, 2)
    assert (counts["conversations"].held, counts["conversations"].taken) == (1, 1)


def test_a_file_that_is_named_and_not_there_is_remarked_and_counted_as_missing():
    gone = Media(name="gone.jpg")
    all_found = found({"a": b""}, Planned([said(attachments=(gone,))]))
    assert [one.path for one in all_found if isinstance(one, Remark)] == ["gone.jpg"]
    assert (tallies(all_found)["media"].taken, tallies(all_found)["media"].missing) == (0, 1)


def test_posts_are_counted_apart_from_conversations():
    post = Thread(platform="x", key="7", title=None, kind=ThreadKind.POST)
    counts = tallies(found({"a": b""}, Planned([said("post", thread=post), said("comment", thread=post), said()])))
    assert (counts["posts"].taken, counts["conversations"].taken, counts["messages"].taken) == (1, 1, 3)


def test_a_reader_that_ends_early_keeps_what_it_gave_and_the_next_format_goes_on():
    broken = Planned([said("kept")], falls=ContainerBroken("its JSON is damaged"))
    fallen = Planned([said("kept too", days=1)], falls=KeyError("content of the export"))
    all_found = found({"a": b""}, broken, fallen, Planned([said("last", days=2)]))
    assert [one.messages[0].text for one in slices(all_found)] == ["kept", "kept too", "last"]
    remarks = [one.text for one in all_found if isinstance(one, Remark)]
    assert len(remarks) == 2
    assert "its JSON is damaged" in remarks[0]
    assert "content of the export" not in remarks[1]


def test_half_of_a_character_is_shown_as_one_that_is_missing():
    (only,) = slices(found({"a": b""}, Planned([said("\ud800 is half of one")])))
    assert only.messages[0].text == "\ufffd is half of one"


def test_a_message_that_no_record_can_hold_spoils_its_own_slice_only():
    full = said("too many files", attachments=(Media(name="a"),) * 250_001)
    members = found({"a": b""}, Planned([full, said("good", days=1)]))
    outcomes = []
    for one in members:
        if isinstance(one, Member):
            try:
                outcomes.append(read_slice(b"".join(one.pieces)).messages[0].text)
            except Exception as error:  # noqa: BLE001 - which one it is, is looked at
                outcomes.append(type(error).__name__)
    assert outcomes[:2] == ["MemberBroken", "good"]
