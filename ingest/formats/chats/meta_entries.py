"""Posts and comments of Meta's exports in JSON: lists of objects, in a file that is a list or holds one by name.

Rule kept: each object is one record of its own with its exact bytes, because the export does not say which comment
belongs to which post of somebody else. What is not mapped is named by its path. Objects of the layout of 2024 have
labels in the owner's language: nothing is told from their wording, each label with its value becomes a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.meta_messages import files_of, joined, meant
from ingest.formats.chats.moments import from_seconds
from ingest.formats.chats.plain import entries, members
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ingest.formats.chats.meta_files import MediaFinder
    from ingest.formats.chats.model import Export, Media

HEAD: Final = 1 << 16
_FIRST_NAME: Final = re.compile(rb'\{\s*+"([^"\\]{1,80})"\s*+:')
_MOST_NAMES: Final = 50
_LONGEST_NAME: Final = 100
_MOST_NODES: Final = 20_000


def first_name(head: bytes) -> str | None:
    """The name of the first member of the object that a document is; "" where it is a list, None for anything else."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        return ""
    match = _FIRST_NAME.match(head)
    return match[1].decode("utf-8", "replace") if match else None


@dataclass(slots=True)
class Entries:
    """The objects of one file at `path` (``*`` is any); `count` were met, `remarks` are to be said after them."""

    export: Export
    name: str
    path: tuple[str, ...]
    count: int = 0
    remarks: list[Remark] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Each object with its exact bytes."""
        odd = 0
        with self.export.open(self.name) as stream:
            try:
                for piece in walk(stream, {self.path} if self.path else ()):
                    if len(piece.path) != len(self.path):
                        continue  # what stands beside the list: a name, a version
                    self.count += 1
                    if type(piece.value) is dict:
                        yield piece.value, piece.raw
                    elif piece.problem is not None:
                        self._remark(f"an entry could not be read: {piece.problem}", lost=1)
                    else:
                        odd += 1
            except ContainerBroken as problem:
                self._remark(f"the file could not be read to its end: {problem}", lost=None)
        if odd:
            self._remark("among the entries is what is no entry of this format", lost=odd)

    def _remark(self, text: str, *, lost: int | None) -> None:
        self.remarks.append(Remark(text=text, path=self.name, lost=lost))


@dataclass(slots=True)
class Keys:
    """What identifies an entry in later exports: the platform's number, else its second, counted where two share it."""

    _seen: dict[str, int] = field(default_factory=dict)

    def key(self, kind: str, value: Mapping[str, Any], at: datetime | None) -> str:
        """The key of an entry of this kind."""
        stated = meant(value.get("fbid"))
        key = f"{kind} {stated or (int(at.timestamp()) if at is not None else 'undated')}"
        self._seen[key] = self._seen.get(key, 0) + 1
        return key if self._seen[key] == 1 else f"{key} ({self._seen[key]})"


def rests(value: dict[str, Any], known: frozenset[str]) -> tuple[str, ...]:
    """Paths of what is in an object and not mapped, without the places in lists; sorted. `known` are such paths."""
    found: set[str] = set()
    nodes: list[tuple[str, Any]] = [("", value)]
    for _ in range(_MOST_NODES):
        if not nodes or len(found) >= _MOST_NAMES:
            break
        path, node = nodes.pop()
        if path in known:
            continue
        if type(node) is dict:
            nodes.extend((f"{path}.{name}" if path else name, one) for name, one in node.items())
        elif type(node) is list:
            nodes.extend((path, one) for one in node)
        elif node not in (None, "", False):
            found.add(meant(path[:_LONGEST_NAME]))
    return tuple(sorted(found))


@dataclass(slots=True)
class Labelled:
    """What an object of labels and values says; `lines` are label and value."""

    at: datetime | None
    lines: list[str]
    values: list[str]
    media: list[Media]


def labelled(value: dict[str, Any], finder: MediaFinder) -> Labelled:
    """An object with ``label_values``: texts, times and files, however deep they are grouped."""
    found = Labelled(from_seconds(value.get("timestamp")), [], [], [])
    for one in entries(value.get("media")):
        found.media.extend(files_of(members(one), finder))
    nodes: list[tuple[str, Any]] = [("", one) for one in reversed(entries(value.get("label_values")))]
    for _ in range(_MOST_NODES):
        if not nodes:
            break
        group, node = nodes.pop()
        if type(node) is not dict:
            continue
        label = meant(node.get("label")) or meant(node.get("title")) or group
        said = meant(node.get("value")) or meant(node.get("href"))
        if said:
            found.values.append(said)
            found.lines.append(f"{label}: {said}" if label else said)
        if found.at is None:
            found.at = from_seconds(node.get("timestamp_value"))
        for one in entries(node.get("media")):
            found.media.extend(files_of(members(one), finder))
            title = meant(members(one).get("title"))
            if title:
                found.values.append(title)
                found.lines.append(title)
        inner = [*entries(node.get("dict")), *entries(node.get("vec"))]
        nodes.extend((label, one) for one in reversed(inner))
    return found


def text_of_labels(found: Labelled) -> str:
    """All lines; a value alone stands without its label."""
    return found.values[0] if len(found.values) == 1 else joined(found.lines)
