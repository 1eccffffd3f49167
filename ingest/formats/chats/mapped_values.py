"""What a message of a mapped JSON file has under a name: in itself, in what is around it, or in the path to it.

Rule kept: a name is first taken as it stands and then as steps divided by dots, ``*`` for each member of a list;
``../name`` is a field of the object around the list that holds the message, and ``@1`` what the first ``*`` of the
path to the messages stood for. Nothing is searched for anywhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.plain import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece

_MOST: Final = 1_000
_STAR: Final = re.compile(r"@([1-9]\d?)")
_MOST_AROUND: Final = 1_000


class Around:
    """The fields of objects around the messages, as far as they came before them; one object a depth is held."""

    def __init__(self, messages: tuple[str, ...]) -> None:
        self._stars = tuple(at for at, step in enumerate(messages) if step == "*")
        # the objects that enclose a message, nearest last: the document, and what every star but the last stands for
        self.depths = tuple(sorted({0, *(at + 1 for at in self._stars[:-1])}))
        self._held: dict[int, tuple[tuple[str | int, ...], dict[str, Any]]] = {}

    def take(self, piece: Piece) -> None:
        """Keep a field of an object around."""
        if piece.value is None or not piece.path:
            return
        depth = len(piece.path) - 1
        holder, fields = self._held.get(depth, ((), {}))
        if holder != piece.path[:-1]:
            fields = {}
        if len(fields) < _MOST_AROUND:
            fields[str(piece.path[-1])] = piece.value
        self._held[depth] = (piece.path[:-1], fields)

    def values(self, name: str, path: tuple[str | int, ...]) -> Iterator[Any]:
        """What ``../name`` or ``@1`` means for the message at this path."""
        star = _STAR.fullmatch(name)
        if star is not None:
            place = int(star[1]) - 1
            if place < len(self._stars):
                yield path[self._stars[place]]
            return
        ups = 0
        while name.startswith("../"):
            name, ups = name[3:], ups + 1
        if 0 < ups <= len(self.depths):
            depth = self.depths[-ups]
            holder, fields = self._held.get(depth, ((), {}))
            if holder == path[:depth]:
                yield from values(fields, name)


def is_around(name: str) -> bool:
    """Whether a name means something outside of the message."""
    return name.startswith("../") or _STAR.fullmatch(name) is not None


def values(value: Any, name: str) -> Iterator[Any]:
    """All values under a name; a list at the end of it is each of its members."""
    if isinstance(value, dict) and name in value:
        yield from _each(value[name])
        return
    found = [value]
    for step in name.split("."):
        following: list[Any] = []
        for one in found:
            if step == "*" and isinstance(one, list):
                following += one[:_MOST]
            elif isinstance(one, dict) and step in one:
                following.append(one[step])
        found = following[:_MOST]
    for one in found:
        yield from _each(one)


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value[:_MOST]
    else:
        yield value


def as_text(value: Any) -> str:
    """A value as text: what `plain.words` says, and the words of a truth value."""
    return ("true" if value else "") if type(value) is bool else words(value)
