"""Whatever the child does that takes a container apart, it ends with a reason, and what came out before that stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.formats.container import Declared, DeclaredFolder, Member, MemberBroken, MemberKind, Remark, Tally
from ingest.formats.container_kinds import ContainerKind
from ingest.formats.zip_members import READER
from ingest.reading_codec import Frame
from ingest.unpacking_codec import (
    Word,
    declared_head,
    member_head,
    read_begun,
    read_declared,
    read_folder,
    read_member,
    read_range,
    read_reason,
    read_remark,
)
from ingest.unpacking_limits import UnpackingLimits
from ingest.unpacking_session import UnpackingEnded, UnpackingSession
from storage.errors import Corrupt
from storage.strict_json import write_object
from tests.every_case import every_case
from tests.ingest.zip_writing import Planned, build


class Held:
    """Bytes as a source."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]


def session(kind):
    limits = UnpackingLimits(seconds=60.0, memory=256 << 20, free_bytes=4 << 20)
    return UnpackingSession(kind, Held(b"content"), limits=limits, child_module="tests.ingest.planted_unpacker")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ContainerKind.MBOX, "its reader crashed"),
        (ContainerKind.ZIP, "its reader took longer than is allowed"),
        (ContainerKind.TAR, "more memory than is allowed|crashed"),
        (ContainerKind.GZIP, "goes over it again and again"),
        (ContainerKind.PST, "too much for its size"),
        (ContainerKind.OLM, "its reader crashed"),
    ],
)
def test_a_child_that_turned_hostile_ends_with_a_reason_after_what_came_out(kind, reason, monkeypatch):
    monkeypatch.setattr("ingest.unpacking_session._READ_FLOOR", 1 << 10)
    found = []
    with session(kind) as opened:
        opened.open("x")
        if kind is ContainerKind.ZIP:  # that one does nothing at all
            opened._limits = replace(opened._limits, seconds=0.5)
        with pytest.raises(UnpackingEnded, match=reason):
            found.extend(opened.found())
    assert opened._child.is_gone()


def test_what_came_before_the_end_was_given():
    with session(ContainerKind.MBOX) as opened:
        opened.open("x")
        assert next(opened.found()).content == b"good"


def test_it_begins_behind_the_members_that_were_met_before():
    content = build(*[Planned(name=b"%d" % number, method=0, content=bytes(300_000)) for number in range(9)])
    with UnpackingSession(ContainerKind.ZIP, Held(content), limits=UnpackingLimits()) as opened:
        begun = opened.open("a.zip", reader=READER, after=7)
        told = list(opened.found())
    assert begun.after == 7
    assert len([one for one in told if hasattr(one, "content")]) == 2


def test_another_reader_than_the_one_before_begins_at_the_beginning():
    with UnpackingSession(ContainerKind.ZIP, Held(build(Planned())), limits=UnpackingLimits()) as opened:
        assert opened.open("a.zip", reader="zip 0", after=1).after == 0
        assert len(list(opened.found())) == 2


def test_pieces_that_nobody_took_are_passed_over():
    content = build(Planned(name=b"a", method=0, content=bytes(5 << 20)), Planned(name=b"b"))
    with UnpackingSession(ContainerKind.ZIP, Held(content), limits=UnpackingLimits()) as opened:
        opened.open("a.zip")
        names = [one.name for one in opened.found() if hasattr(one, "name")]
    assert names == ["a", "b"]


def test_a_member_that_breaks_late_says_so_after_its_pieces():
    content = build(Planned(name=b"a", method=0, content=bytes(3 << 20), stated_crc=1))
    with UnpackingSession(ContainerKind.ZIP, Held(content), limits=UnpackingLimits()) as opened:
        opened.open("a.zip")
        assert next(opened.found()).content is None
        with pytest.raises(MemberBroken, match="its checksum is wrong"):
            list(opened.pieces())


def test_stored_bytes_that_cannot_be_opened_are_an_error_of_the_store():
    class Damaged(Held):
        def read(self, offset: int, length: int) -> bytes:
            raise Corrupt("damaged", at=offset, length=length)

    with UnpackingSession(ContainerKind.ZIP, Damaged(build(Planned())), limits=UnpackingLimits()) as opened:
        opened.open("a.zip")
        with pytest.raises(Corrupt):
            list(opened.found())


def frame(word: Word, head: dict, body: bytes = b"") -> Frame:
    return Frame(kind=word.value.encode(), head=write_object(head), body=body)


GOOD = member_head(Member(path="p", name="n", kind=MemberKind.EMAIL), whole=True)


@every_case(
    "head",
    [
        {},
        GOOD | {"kind": "exe"},
        GOOD | {"name": "x" * 2_001},
        GOOD | {"name": 1},
        GOOD | {"problem": "x" * 301},
        GOOD | {"problem": "said beside bytes"},
        GOOD | {"whole": False},
        GOOD | {"whole": 1},
        GOOD | {"ordinal": 7},
    ],
)
def test_a_member_that_is_not_as_agreed_is_refused(head):
    with pytest.raises(ValueError, match="not as agreed"):
        read_member(frame(Word.MEMBER, head, b"bytes"))


@every_case(
    ("read", "head"),
    [
        (lambda one: read_range(one, 10), {"offset": 11, "length": 1}),
        (lambda one: read_range(one, 10), {"offset": 0, "length": (1 << 20) + 1}),
        (lambda one: read_range(one, 10), {"offset": -1, "length": 1}),
        (read_begun, {"reader": "ü", "after": 0}),
        (read_begun, {"reader": "x" * 65, "after": 0}),
        (read_remark, {"text": "t", "path": "", "lost": -1}),
        (read_folder, {"path": "p", "count": "1"}),
        (lambda one: read_declared(one, ()), {"count": 1.5, "tallies": []}),
        (lambda one: read_declared(one, ()), {"count": 1, "tallies": [["messages", 1, 1]]}),
        (lambda one: read_declared(one, ()), {"count": 1, "tallies": [["messages", -1, 1, 0]]}),
        (lambda one: read_declared(one, ()), {"count": 1, "tallies": [["x" * 41, 1, 1, 0]]}),
        (lambda one: read_declared(one, ()), {"count": 1, "tallies": [["messages", 1, 1, 0]] * 101}),
        (read_reason, {"reason": ["x"]}),
    ],
)
def test_other_frames_that_are_not_as_agreed_are_refused(read, head):
    with pytest.raises(ValueError, match="not as agreed"):
        read(frame(Word.BEGUN, head))


def test_what_is_declared_is_told_and_read_again():
    tallies = (Tally(what="messages", held=3, taken=2, missing=1), Tally(what="posts", held=None, taken=5, missing=0))
    folders = (DeclaredFolder(path="p", count=7),)
    declared = Declared(count=None, folders=folders, tallies=tallies)
    assert read_declared(frame(Word.DECLARED, declared_head(declared)), folders) == declared


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ("ask-for-nothing", "goes over it again and again"),
        ("remark-for-ever", "not acceptable"),
        ("give-nothing", "not acceptable"),
    ],
)
def test_a_child_that_talks_for_ever_and_says_nothing_is_ended(plan, reason, monkeypatch):
    monkeypatch.setattr("ingest.unpacking_session._READ_FLOOR", 1 << 10)
    monkeypatch.setattr("ingest.unpacking_session._MOST_REMARKS", 10)
    with session(ContainerKind.MBOX) as opened:
        opened.open(plan)
        with pytest.raises(UnpackingEnded, match=reason):
            for _ in opened.found():
                pass


def test_a_loss_cannot_be_hidden_behind_many_remarks(monkeypatch):
    monkeypatch.setattr("ingest.unpacking_session._MOST_REMARKS", 10)
    with session(ContainerKind.MBOX) as opened:
        opened.open("hide-a-loss")
        remarks = [one for one in opened.found() if isinstance(one, Remark)]
    assert len(remarks) == 11
    assert remarks[-1].lost is None
