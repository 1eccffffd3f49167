r"""Folder names of IMAP and the patterns that choose among them; pure.

Rules: on the wire a name is modified UTF-7 (RFC 3501 §5.1.3); a name that does not come back the same when it is
decoded and encoded again is kept as the server wrote it, so that every folder can be opened. INBOX is one name in any
case (RFC 9051 §5.1). In a pattern ``*`` stands for anything and ``%`` for anything within one level (§6.3.9); an
exclusion such as ``\Junk`` names folders by their special use (RFC 6154).
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INBOX = "INBOX"
_LONGEST_NAME = 1_000
_CLOSED = frozenset({"\\noselect", "\\nonexistent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder: `name` for people and settings, `wire` as the server writes it, attributes in small letters."""

    name: str
    wire: str
    delimiter: str | None = None
    attributes: frozenset[str] = frozenset()


def encoded(name: str) -> str:
    """A name in modified UTF-7."""
    parts: list[str] = []
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if " " <= run[0] <= "~":
            parts.append(run.replace("&", "&-"))
        else:
            packed = binascii.b2a_base64(run.encode("utf-16-be", "surrogatepass"), newline=False)
            parts.append("&" + packed.rstrip(b"=").replace(b"/", b",").decode() + "-")
    return "".join(parts)


def decoded(wire: str) -> str:
    """The name that modified UTF-7 says; `wire` itself where it is not what `encoded` would write."""
    try:
        name = re.sub(r"&([^-]*)-", _unpacked, wire)
    except (ValueError, UnicodeError):
        return wire
    return name if name.isprintable() and encoded(name) == wire else wire


def _unpacked(match: re.Match[str]) -> str:
    packed = match[1].replace(",", "/")
    if not packed:
        return "&"
    return binascii.a2b_base64(packed + "=" * (-len(packed) % 4)).decode("utf-16-be")


def listed(entries: Iterable[tuple[Sequence[bytes], bytes | None, bytes | str]]) -> tuple[list[Folder], int]:
    """What a LIST answer names: the folders that can be opened, and how many names could not be read."""
    folders: dict[str, Folder] = {}
    unreadable = 0
    for flags, delimiter, raw in entries:
        try:
            wire = raw if isinstance(raw, str) else raw.decode()
            separator = delimiter.decode() if isinstance(delimiter, bytes) else None
            attributes = frozenset(flag.decode("ascii").casefold() for flag in flags)
        except (UnicodeDecodeError, AttributeError):
            unreadable += 1
            continue
        if not wire or len(wire) > _LONGEST_NAME or not wire.isprintable():
            unreadable += 1
        elif not attributes & _CLOSED:
            name = INBOX if wire.casefold() == INBOX.casefold() else decoded(wire)
            folders[wire] = Folder(name=name, wire=wire, delimiter=separator, attributes=attributes)
    return list(folders.values()), unreadable


def is_pattern(name: str) -> bool:
    """Whether this is no plain name."""
    return "*" in name or "%" in name


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChoice:
    """Which folders are read: names and patterns, without the exclusions (names, patterns, special uses)."""

    wanted: tuple[str, ...]
    excluded: tuple[str, ...] = ()

    @property
    def asks_server(self) -> bool:
        """Whether the server's list of folders is needed."""
        return any(is_pattern(one) for one in self.wanted)

    def named(self) -> list[Folder]:
        """The folders where all are named outright."""
        return [Folder(name=name, wire=encoded(name)) for name in dict.fromkeys(map(_folded, self.wanted))]

    def among(self, folders: Iterable[Folder]) -> list[Folder]:
        """The folders to read, in the order in which they are asked for; a name that the server lacks stays."""
        there = {folder.name: folder for folder in folders}
        chosen: dict[str, Folder] = {}
        for name in map(_folded, self.wanted):
            if is_pattern(name):
                for folder in there.values():
                    if _matches(name, folder) and not self._excludes(folder):
                        chosen.setdefault(folder.name, folder)
            else:
                chosen.setdefault(name, there.get(name) or Folder(name=name, wire=encoded(name)))
        return list(chosen.values())

    def _excludes(self, folder: Folder) -> bool:
        return any(
            one.casefold() in folder.attributes if one.startswith("\\") else _matches(one, folder)
            for one in map(_folded, self.excluded)
        )


def _folded(name: str) -> str:
    return INBOX if name.casefold() == INBOX.casefold() else name


def _matches(pattern: str, folder: Folder) -> bool:
    """Whether a pattern fits a name; by steps over pattern and name that never go back further than one star."""
    within = folder.delimiter
    place, at = 0, 0
    star: tuple[int, int] | None = None
    level: tuple[int, int] | None = None
    name = folder.name
    while at < len(name):
        sign = pattern[place] if place < len(pattern) else ""
        if sign == "*":
            star, level, place = (place, at), None, place + 1
        elif sign == "%":
            level, place = (place, at), place + 1
        elif sign == name[at]:
            place, at = place + 1, at + 1
        elif level is not None and name[level[1]] != within:
            level = (level[0], level[1] + 1)
            place, at = level[0] + 1, level[1]
        elif star is not None:
            star, level = (star[0], star[1] + 1), None
            place, at = star[0] + 1, star[1]
        else:
            return False
    return not pattern[place:].strip("*%")
