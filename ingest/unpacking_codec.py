"""The conversation with the child that takes a container apart: frames as in `reading_codec`, other words.

The parent opens one container and then only answers: the child asks for ranges of bytes, and tells member after
member. A small member is one frame; a large one is a frame that says so, pieces, and an end.

The child reads hostile bytes, so whatever it sends is hostile: kinds, numbers and lengths are bounded and checked
here, names are cut and cleaned by who shows them, and a member's ordinal is counted by the parent, never told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ingest.formats.container import Declared, DeclaredFolder, MemberKind, Remark, SliceFacts, Tally
from storage.strict_json import flag, many, number, only, read_object, refuse, string, string_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.container import Member
    from ingest.reading_codec import Frame
    from storage.strict_json import Members

PIECE_BYTES: Final = 1 << 20
LARGEST_RANGE: Final = 1 << 20
LARGEST_BODY: Final = PIECE_BYTES
MOST_COUNTED: Final = (1 << 63) - 1
LONGEST_NAME: Final = 2_000
LONGEST_REASON: Final = 300
LONGEST_WHAT: Final = 40
MOST_TALLIES: Final = 100
_TALLY: Final = ("what", "held", "taken", "missing")
_HOLDS: Final = ("platform", "thread", "day", "messages")
_LONGEST_DAY: Final = 10


class Word(StrEnum):
    """The first byte of a frame."""

    OPEN = "O"  # to the child: what to take apart
    RANGE = "R"  # to the child: the bytes that it asked for
    BEGUN = "H"
    ASK = "A"
    MEMBER = "M"
    PIECE = "P"
    END = "E"
    REMARK = "K"
    FOLDER = "F"
    DECLARED = "L"
    DONE = "Z"
    BROKEN = "X"
    REFUSAL = "N"
    PLAIN = "V"  # it is no container


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldMember:
    """A member as the child tells it; `content` is all of it, or None where pieces follow.

    Of a member that is only listed `content` is empty.
    """

    path: str
    name: str
    kind: MemberKind
    problem: str | None
    remark: str | None
    aside: bool
    content: bytes | None = field(repr=False)
    holds: SliceFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The reader that takes the container apart, by name and version, and after which ordinal it begins."""

    reader: str
    after: int


def member_head(member: Member, *, whole: bool) -> Members:
    """The head of a member's frame."""
    return {
        "path": _sendable(member.path, LONGEST_NAME),
        "name": _sendable(member.name, LONGEST_NAME),
        "kind": member.kind.value,
        "problem": _reason(member.problem),
        "remark": _reason(member.remark),
        "whole": whole,
        "aside": member.aside,
        "holds": None if member.holds is None else _facts_sent(member.holds),
    }


def _facts_sent(facts: SliceFacts) -> list[str | int]:
    words = (facts.platform, facts.thread, facts.day[:_LONGEST_DAY])
    return [*(_sendable(one, LONGEST_NAME) for one in words), facts.messages]


def read_member(frame: Frame) -> ToldMember:
    """A member's frame.

    Raises:
        ValueError: it is none.
    """
    members = _head(frame, "path", "name", "kind", "problem", "remark", "whole", "aside", "holds")
    kind = string(members, "kind")
    if kind not in set(MemberKind):
        refuse("the kind of a member")
    whole = flag(members, "whole", default=False)
    problem = _bounded_reason(members, "problem")
    if (frame.body and not whole) or (problem is not None and (frame.body or not whole)):
        refuse("the bytes of a member")
    return ToldMember(
        path=_bounded_name(members, "path"),
        name=_bounded_name(members, "name"),
        kind=MemberKind(kind),
        problem=problem,
        remark=_bounded_reason(members, "remark"),
        aside=flag(members, "aside", default=False),
        content=frame.body if whole else None,
        holds=None if members.get("holds") is None else _facts(members["holds"]),
    )


def _facts(value: object) -> SliceFacts:
    if type(value) is not list or len(value) != len(_HOLDS):
        refuse("what a slice holds")
    members: Members = dict(zip(_HOLDS, value, strict=True))
    day = _bounded_name(members, "day")
    if len(day) > _LONGEST_DAY or not day.isascii():
        refuse("the day of a slice")
    return SliceFacts(
        platform=_bounded_name(members, "platform"),
        thread=_bounded_name(members, "thread"),
        day=day,
        messages=number(members, "messages", at_most=MOST_COUNTED),
    )


def read_begun(frame: Frame) -> Begun:
    """The first answer.

    Raises:
        ValueError: it is none.
    """
    members = _head(frame, "reader", "after")
    reader = string(members, "reader")
    if frame.kind != Word.BEGUN.value.encode() or len(reader) > 64 or not reader.isascii():  # noqa: PLR2004 - the column
        refuse("the first answer")
    return Begun(reader=reader, after=number(members, "after", at_most=MOST_COUNTED))


def read_range(frame: Frame, size: int) -> tuple[int, int]:
    """Offset and length of the bytes asked for.

    Raises:
        ValueError: no such range may be asked for.
    """
    members = _head(frame, "offset", "length")
    return number(members, "offset", at_most=size), number(members, "length", at_most=LARGEST_RANGE)


def remark_head(remark: Remark) -> Members:
    """The head of a remark's frame."""
    return {"text": _reason(remark.text), "path": _sendable(remark.path, LONGEST_NAME), "lost": remark.lost}


def read_remark(frame: Frame) -> Remark:
    """A remark.

    Raises:
        ValueError: it is none.
    """
    members = _head(frame, "text", "path", "lost")
    lost = None if members.get("lost") is None else number(members, "lost", at_most=MOST_COUNTED)
    return Remark(text=_bounded_reason(members, "text") or "", path=_bounded_name(members, "path"), lost=lost)


def folder_head(folder: DeclaredFolder) -> Members:
    """The head of a declared folder's frame."""
    return {"path": _sendable(folder.path, LONGEST_NAME), "count": folder.count}


def read_folder(frame: Frame) -> DeclaredFolder:
    """A declared folder.

    Raises:
        ValueError: it is none.
    """
    members = _head(frame, "path", "count")
    return DeclaredFolder(path=_bounded_name(members, "path"), count=number(members, "count", at_most=MOST_COUNTED))


def declared_head(declared: Declared) -> Members:
    """The head of the frame that says what was declared; its folders go before it, each in a frame of its own."""
    tallies = [[one.what, one.held, one.taken, one.missing] for one in declared.tallies[:MOST_TALLIES]]
    return {"count": declared.count, "tallies": tallies}


def read_declared(frame: Frame, folders: Sequence[DeclaredFolder]) -> Declared:
    """What was declared, with the folders that were told before.

    Raises:
        ValueError: it is no such frame.
    """
    members = _head(frame, "count", "tallies")
    count = None if members.get("count") is None else number(members, "count", at_most=MOST_COUNTED)
    tallies = many(members, "tallies", _tally)
    if len(tallies) > MOST_TALLIES:
        refuse("the number of tallies")
    return Declared(count=count, folders=tuple(folders), tallies=tallies)


def _tally(value: object) -> Tally:
    if type(value) is not list or len(value) != len(_TALLY):
        refuse("a tally")
    members: Members = dict(zip(_TALLY, value, strict=True))
    what = string(members, "what")
    if len(what) > LONGEST_WHAT or not what.isascii():
        refuse("a tally")
    held = None if members["held"] is None else number(members, "held", at_most=MOST_COUNTED)
    taken, missing = (number(members, name, at_most=MOST_COUNTED) for name in ("taken", "missing"))
    return Tally(what=what, held=held, taken=taken, missing=missing)


def reason_head(reason: str | None) -> Members:
    """The head of a frame that ends something: with a reason, or well."""
    return {"reason": _reason(reason)}


def read_reason(frame: Frame) -> str | None:
    """Why something ended, None where it ended well.

    Raises:
        ValueError: it is no such frame.
    """
    return _bounded_reason(_head(frame, "reason"), "reason")


def _head(frame: Frame, *known: str) -> Members:
    return only(read_object(frame.head, brackets=_BRACKETS), frozenset(known))


# names may hold brackets, and the count of them is what bounds an object that is read
_BRACKETS: Final = 1 << 16


def _sendable(text: str, longest: int) -> str:
    return text[:longest].encode("utf-8", "replace").decode()


def _reason(text: str | None) -> str | None:
    return None if text is None else _sendable(text, LONGEST_REASON)


def _bounded_name(members: Members, name: str) -> str:
    value = string(members, name)
    if len(value) > LONGEST_NAME:
        refuse(name)
    return value


def _bounded_reason(members: Members, name: str) -> str | None:
    value = string_or_none(members, name)
    if value is not None and len(value) > LONGEST_REASON:
        refuse(name)
    return value
