"""A disk that forgets: operations on inodes, which sync makes which of them durable, and the tree that is left."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROOT = 1
_CACHED = 4_000
_CACHED_BYTES = 400 << 20


class Kind(StrEnum):
    """What an operation changes: the names of a folder, or the data of a file."""

    LINK = "link"
    UNLINK = "unlink"
    RENAME = "rename"
    WRITE = "write"
    TRUNCATE = "truncate"
    MARK = "mark"  # a sync has ended, or something was acknowledged: an instant, no change


class Harm(StrEnum):
    """What a crash does to an operation that is not durable."""

    LOST = "lost"
    TORN_END = "torn: the first half came"
    TORN_START = "torn: the second half came"
    ZEROS = "the size came, the data did not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One change. `inode` is the file, or the file named; `folder` and `name` its place, `old_*` where it was."""

    kind: Kind
    inode: int
    folder: int = 0
    name: str = ""
    old_folder: int = 0
    old_name: str = ""
    offset: int = 0
    content: bytes = b""

    @property
    def domain(self) -> int:
        """The inode whose sync covers this: the file's for data, the folder's for names."""
        return self.inode if self.kind in {Kind.WRITE, Kind.TRUNCATE} else self.folder

    def __str__(self) -> str:
        place = f" {self.old_name} ->" if self.old_name else ""
        size = f" {len(self.content)} bytes at {self.offset}" if self.kind is Kind.WRITE else ""
        return f"{self.kind.value}{place} {self.name}{size}"


@dataclass(slots=True)
class Recording:
    """A workload's operations in the order of their effect, what each sync covered, and what was acknowledged when.

    `durable[i]` is the number of operations after which operation i can no longer be lost (None: it always can).
    `acknowledged` holds (number of operations before it, line).
    """

    base: dict[int, dict[str, int]]
    contents: dict[int, bytes]
    operations: list[Operation] = field(default_factory=list)
    durable: list[int | None] = field(default_factory=list)
    acknowledged: list[tuple[int, str]] = field(default_factory=list)

    def sync(self, covered: int, domain: int | None) -> None:
        """A sync has ended that began when there were `covered` operations; of one inode, or of all (None)."""
        self._mark(f"sync of {'all' if domain is None else domain}")
        now = len(self.operations)
        for at in range(covered):
            if self.durable[at] is None and domain in {None, self.operations[at].domain}:
                self.durable[at] = now

    def acknowledge(self, line: str) -> None:
        """Something was acknowledged, and counts from now on."""
        self._mark("acknowledged")
        self.acknowledged.append((len(self.operations), line))

    def _mark(self, name: str) -> None:
        self.operations.append(Operation(kind=Kind.MARK, inode=0, name=name))
        self.durable.append(0)

    def add(self, operation: Operation) -> None:
        """An operation has taken effect."""
        self.operations.append(operation)
        self.durable.append(None)

    def pending(self, length: int) -> list[int]:
        """Which of the first `length` operations can be lost after them."""
        kept = (
            at
            for at, (operation, since) in enumerate(zip(self.operations[:length], self.durable, strict=False))
            if since is None or since > length
        )
        return list(kept)

    def lines(self, length: int) -> list[str]:
        """What was acknowledged by the time of the first `length` operations."""
        return [line for at, line in self.acknowledged if at <= length]


def read_tree(root: Path) -> tuple[dict[int, dict[str, int]], dict[int, bytes]]:
    """A folder as inodes: entries by folder, contents by file; `ROOT` is the folder itself."""
    entries: dict[int, dict[str, int]] = {ROOT: {}}
    contents: dict[int, bytes] = {}
    folders = {root: ROOT}
    for number, path in enumerate(sorted(root.rglob("*")), start=ROOT + 1):
        entries[folders[path.parent]][path.name] = number
        if path.is_dir():
            folders[path] = number
            entries[number] = {}
        else:
            contents[number] = path.read_bytes()
    return entries, contents


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes with their digest."""

    plain: bytes
    digest: bytes

    @classmethod
    def of(cls, plain: bytes) -> Content:
        return cls(plain, hashlib.blake2b(plain, digest_size=16).digest())


class Disk:
    """Rebuilds the tree after the first operations of a recording, with harm done to some of them."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._of_inode: dict[int, list[int]] = {}
        self._of_names: list[int] = []
        for at, operation in enumerate(recording.operations):
            if operation.kind in {Kind.WRITE, Kind.TRUNCATE}:
                self._of_inode.setdefault(operation.inode, []).append(at)
            elif operation.kind is not Kind.MARK:
                self._of_names.append(at)
        self._base = {inode: Content.of(plain) for inode, plain in recording.contents.items()}
        self._cache: OrderedDict[tuple[object, ...], Content] = OrderedDict()
        self._cached_bytes = 0

    def tree(self, length: int, harm: Mapping[int, Harm]) -> tuple[dict[str, Content], frozenset[str]]:
        """Files by path and the paths of folders, relative to the root."""
        entries = {folder: dict(names) for folder, names in self._recording.base.items()}
        for at in self._of_names:
            if at >= length:
                break
            if at not in harm:
                _apply_name(entries, self._recording.operations[at])
        files: dict[str, Content] = {}
        folders: set[str] = set()
        waiting = [(ROOT, "")]
        while waiting:
            folder, prefix = waiting.pop()
            for name, inode in entries.get(folder, {}).items():
                path = prefix + name
                if self._is_folder(inode):
                    folders.add(path)
                    waiting.append((inode, f"{path}/"))
                elif not name.endswith("-shm"):
                    files[path] = self._content(inode, length, harm)
        return files, frozenset(folders)

    def _is_folder(self, inode: int) -> bool:
        return inode in self._recording.base

    def _content(self, inode: int, length: int, harm: Mapping[int, Harm]) -> Content:
        touched = self._of_inode.get(inode)
        if not touched or touched[0] >= length:
            return self._base.get(inode) or Content.of(b"")
        chosen = [at for at in touched if at < length]
        done = tuple((at, harm[at]) for at in chosen if at in harm)
        key = (inode, len(chosen), done)
        found = self._cache.get(key)
        if found is None:
            found = Content.of(self._apply(inode, chosen, harm))
            self._cache[key] = found
            self._cached_bytes += len(found.plain)
            while len(self._cache) > _CACHED or self._cached_bytes > _CACHED_BYTES:
                self._cached_bytes -= len(self._cache.popitem(last=False)[1].plain)
        else:
            self._cache.move_to_end(key)
        return found

    def _apply(self, inode: int, chosen: list[int], harm: Mapping[int, Harm]) -> bytes:
        base = self._base.get(inode)
        plain = bytearray(base.plain if base is not None else b"")
        for at in chosen:
            _apply_data(plain, self._recording.operations[at], harm.get(at))
        return bytes(plain)


def _apply_name(entries: dict[int, dict[str, int]], operation: Operation) -> None:
    names = entries.setdefault(operation.folder, {})
    if operation.kind is Kind.UNLINK:
        if names.get(operation.name) == operation.inode:
            del names[operation.name]
        return
    if operation.kind is Kind.RENAME:
        before = entries.setdefault(operation.old_folder, {})
        if before.get(operation.old_name) == operation.inode:
            del before[operation.old_name]
    names[operation.name] = operation.inode


def _apply_data(plain: bytearray, operation: Operation, harm: Harm | None) -> None:
    if harm is Harm.LOST:
        return
    if operation.kind is Kind.TRUNCATE:
        if operation.offset < len(plain):
            del plain[operation.offset :]
        else:
            plain.extend(bytes(operation.offset - len(plain)))
        return
    start, content = operation.offset, operation.content
    half = len(content) // 2
    if harm is Harm.TORN_END:
        content = content[:half]
    elif harm is Harm.TORN_START:
        start, content = start + half, content[half:]
    end = start + len(content)
    if harm is Harm.ZEROS:  # what was there before stays, what is beyond reads as zeros
        if len(plain) < end:
            plain.extend(bytes(end - len(plain)))
        return
    if len(plain) < start:
        plain.extend(bytes(start - len(plain)))
    plain[start:end] = content
