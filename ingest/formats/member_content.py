"""A file out of an archive of files as a member: its first bytes say what it is, and the rest follows them.

Rule kept: names are told as they are given and are never used to open, make or find anything; what is wrong with one
is a remark beside a member that is taken all the same, because a bad name says nothing against the bytes.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import TYPE_CHECKING

from ingest.formats.container import Member, MemberBroken
from ingest.formats.container_kinds import member_kind
from ingest.formats.detect import HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{one}{number}" for one in ("com", "lpt") for number in "123456789"}
)
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST = 1_000


def file_member(path: str, pieces: Iterable[bytes]) -> Member:
    """The member of that full name in the archive, read as what its first bytes say."""
    waiting = iter(pieces)
    try:
        head = b"".join(_front(waiting))
    except MemberBroken as error:
        return refused_member(path, str(error))
    folder, _, name = path.replace("\\", "/").rpartition("/")
    kind = member_kind(head[:HEAD_BYTES], name)
    return Member(path=folder, name=name, kind=kind, pieces=chain((head,), waiting), remark=oddness(path))


def refused_member(path: str, problem: str) -> Member:
    """A member of which no bytes can be had, for that reason."""
    folder, _, name = path.replace("\\", "/").rpartition("/")
    return Member(path=folder, name=name, kind=member_kind(b"", name), problem=problem)


def oddness(path: str) -> str | None:
    """What is wrong with a name in an archive, for people; None where nothing is. The name is quoted nowhere."""
    parts = path.replace("\\", "/").split("/")
    found = (
        (".." in parts, "its name points out of the archive"),
        (path.startswith(("/", "\\")) or _DRIVE.match(path) is not None, "its name is an absolute path"),
        (any(unicodedata.category(one) == "Cc" for one in path), "its name holds control characters"),
        (_TURNING.search(path) is not None, "its name holds characters that change the direction of writing"),
        (any(one.partition(".")[0].strip().casefold() in _DEVICES for one in parts), "its name is that of a device"),
        (any(one.strip(".") and one != one.rstrip(". ") for one in parts), "its name ends with a point or a space"),
        (len(path) > _LONGEST, "its name is very long"),
    )
    return next((text for is_so, text in found if is_so), None)


def _front(waiting: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces until there are enough to tell what they are."""
    size = 0
    while size < HEAD_BYTES:
        piece = next(waiting, b"")
        if not piece:
            return
        size += len(piece)
        yield piece
