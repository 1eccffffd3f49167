"""What each system call does to a folder, as operations on inodes; keeps the tree to turn paths into inodes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.crash_replay.disk import ROOT, Kind, Operation, Recording

if TYPE_CHECKING:
    from pathlib import Path

_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class NotRecorded(Exception):
    """The workload could not be recorded, or did something that the model does not know."""


def strings_of(arguments: str) -> list[bytes]:
    """The strings among a call's arguments, which strace wrote in hexadecimal."""
    return [bytes.fromhex(one.replace("\\x", "")) for one in _STRING.findall(arguments)]


@dataclass(slots=True)
class _Open:
    """An open file description inside the folder; shared by what `dup` makes."""

    inode: int
    position: int = 0
    append: bool = False
    folder: int = 0


class Calls:
    """The calls of one process. A method is named like its call."""

    def __init__(self, recording: Recording, root: Path, cwd: Path) -> None:
        self.recording = recording
        self.descriptors: dict[int, _Open] = {}
        self._root = str(root)
        self._cwd = str(cwd)
        self._names = {folder: dict(names) for folder, names in recording.base.items()}
        self._sizes = {inode: len(plain) for inode, plain in recording.contents.items()}
        self._next = max([ROOT, *recording.contents, *recording.base]) + 1

    def done(self, call: str, arguments: str, result: int) -> None:
        """A call that changes something has returned."""
        known = getattr(self, f"_{call}", None)
        if known is not None:
            known(arguments.split(", "), strings_of(arguments), result, arguments)

    def sync(self, call: str, arguments: str, since: int) -> None:
        if call in {"sync", "syncfs"}:
            self.recording.sync(since, None)
        elif (one := self.descriptors.get(int(arguments))) is not None:
            self.recording.sync(since, one.inode)

    # places

    def _find(self, path: str) -> tuple[int, str, int | None] | None:
        """Folder, name and inode of a path inside the root; None if it is outside."""
        whole = os.path.normpath(os.path.join(self._cwd, path))  # noqa: PTH118 - as the kernel does, without links
        if whole == self._root:
            return 0, "", ROOT
        if not whole.startswith(f"{self._root}/"):
            return None
        *above, name = whole[len(self._root) + 1 :].split("/")
        folder = ROOT
        for one in above:
            if one not in self._names[folder]:
                return None
            folder = self._names[folder][one]
        return folder, name, self._names[folder].get(name)

    def _at(self, descriptor: str, path: bytes) -> tuple[int, str, int | None] | None:
        """The same, relative to a descriptor of a folder."""
        text = os.fsdecode(path)
        if descriptor == "AT_FDCWD" or text.startswith("/"):
            return self._find(text)
        above = self.descriptors.get(int(descriptor))
        if above is None:
            return None
        assert "/" not in text, "a path of several parts beneath a descriptor"
        return above.inode, text, self._names[above.inode].get(text)

    def _do(self, operation: Operation) -> None:
        self.recording.add(operation)

    # calls, by their names; each takes its arguments, its strings, its result, and the whole text of the arguments

    def _openat(self, arguments: list[str], strings: list[bytes], result: int, _: str) -> None:
        self._opened(self._at(arguments[0], strings[0]), arguments[2].split("|"), result)

    def _open(self, arguments: list[str], strings: list[bytes], result: int, _: str) -> None:
        self._opened(self._find(os.fsdecode(strings[0])), arguments[1].split("|"), result)

    def _opened(self, place: tuple[int, str, int | None] | None, flags: list[str], descriptor: int) -> None:
        self.descriptors.pop(descriptor, None)
        if place is None:
            return
        folder, name, inode = place
        if name.endswith("-shm"):
            return  # shared memory with a name: a crash loses it, whatever was written
        if "O_TMPFILE" in flags:
            inode = self._fresh()
        elif inode is None:
            if "O_CREAT" not in flags:
                return  # the name was taken away by another thread between two lines
            inode = self._fresh()
            self._names[folder][name] = inode
            self._do(Operation(kind=Kind.LINK, inode=inode, folder=folder, name=name))
        elif "O_TRUNC" in flags and self._sizes.get(inode):
            self._cut(inode, 0)
        self.descriptors[descriptor] = _Open(inode, append="O_APPEND" in flags)

    def _fresh(self) -> int:
        inode, self._next = self._next, self._next + 1
        self._sizes[inode] = 0
        return inode

    def _dup(self, arguments: list[str], _: list[bytes], result: int, __: str) -> None:
        one = self.descriptors.get(int(arguments[0]))
        self.descriptors.pop(result, None)
        if one is not None:
            self.descriptors[result] = one

    _dup2 = _dup3 = _dup

    def _fcntl(self, arguments: list[str], strings: list[bytes], result: int, text: str) -> None:
        if arguments[1].startswith("F_DUPFD"):
            self._dup(arguments, strings, result, text)

    def _lseek(self, arguments: list[str], _: list[bytes], result: int, __: str) -> None:
        if (one := self.descriptors.get(int(arguments[0]))) is not None:
            one.position = result

    def _write(self, arguments: list[str], strings: list[bytes], result: int, _: str) -> None:
        one = self.descriptors.get(int(arguments[0]))
        if one is None:
            return
        offset = self._sizes[one.inode] if one.append else one.position
        self._put(one.inode, offset, b"".join(strings)[:result])
        one.position = offset + result

    _writev = _write

    def _pwrite64(self, arguments: list[str], strings: list[bytes], result: int, _: str) -> None:
        if (one := self.descriptors.get(int(arguments[0]))) is not None:
            self._put(one.inode, int(arguments[-1]), b"".join(strings)[:result])

    _pwritev = _pwrite64

    def _put(self, inode: int, offset: int, content: bytes) -> None:
        self._sizes[inode] = max(self._sizes[inode], offset + len(content))
        self._do(Operation(kind=Kind.WRITE, inode=inode, offset=offset, content=content))

    def _cut(self, inode: int, size: int) -> None:
        self._sizes[inode] = size
        self._do(Operation(kind=Kind.TRUNCATE, inode=inode, offset=size))

    def _ftruncate(self, arguments: list[str], _: list[bytes], __: int, ___: str) -> None:
        if (one := self.descriptors.get(int(arguments[0]))) is not None:
            self._cut(one.inode, int(arguments[1]))

    def _truncate(self, arguments: list[str], strings: list[bytes], _: int, __: str) -> None:
        place = self._find(os.fsdecode(strings[0]))
        if place is not None and place[2] is not None:
            self._cut(place[2], int(arguments[1]))

    def _fallocate(self, arguments: list[str], _: list[bytes], __: int, ___: str) -> None:
        one = self.descriptors.get(int(arguments[0]))
        size = int(arguments[2]) + int(arguments[3])
        if one is not None and arguments[1] == "0" and size > self._sizes[one.inode]:
            self._cut(one.inode, size)

    def _rename_to(self, source: tuple[int, str, int | None] | None, to: tuple[int, str, int | None] | None) -> None:
        if source is None and to is None:
            return
        if source is None or to is None or source[2] is None:
            raise NotRecorded("a file was renamed into the folder, or out of it")
        inode = source[2]
        del self._names[source[0]][source[1]]
        self._names[to[0]][to[1]] = inode
        moved = Operation(
            kind=Kind.RENAME, inode=inode, folder=to[0], name=to[1], old_folder=source[0], old_name=source[1]
        )
        self._do(moved)

    def _rename(self, _: list[str], strings: list[bytes], __: int, ___: str) -> None:
        self._rename_to(self._find(os.fsdecode(strings[0])), self._find(os.fsdecode(strings[1])))

    def _renameat(self, arguments: list[str], strings: list[bytes], _: int, __: str) -> None:
        self._rename_to(self._at(arguments[0], strings[0]), self._at(arguments[2], strings[1]))

    _renameat2 = _renameat

    def _link_to(self, inode: int | None, to: tuple[int, str, int | None] | None) -> None:
        if inode is None or to is None:
            return
        self._names[to[0]][to[1]] = inode
        self._do(Operation(kind=Kind.LINK, inode=inode, folder=to[0], name=to[1]))

    def _link(self, _: list[str], strings: list[bytes], __: int, ___: str) -> None:
        source = self._find(os.fsdecode(strings[0]))
        self._link_to(source[2] if source else None, self._find(os.fsdecode(strings[1])))

    def _linkat(self, arguments: list[str], strings: list[bytes], _: int, __: str) -> None:
        by_descriptor = re.fullmatch(rb"/proc/self/fd/(\d+)", strings[0])
        if by_descriptor or not strings[0]:
            one = self.descriptors.get(int(by_descriptor[1] if by_descriptor else arguments[0]))
            inode = one.inode if one is not None else None
        else:
            source = self._at(arguments[0], strings[0])
            inode = source[2] if source else None
        self._link_to(inode, self._at(arguments[2], strings[1]))

    def _take_away(self, place: tuple[int, str, int | None] | None) -> None:
        if place is None or place[2] is None:
            return
        folder, name, inode = place
        del self._names[folder][name]
        self._do(Operation(kind=Kind.UNLINK, inode=inode, folder=folder, name=name))

    def _unlink(self, _: list[str], strings: list[bytes], __: int, ___: str) -> None:
        self._take_away(self._find(os.fsdecode(strings[0])))

    _rmdir = _unlink

    def _unlinkat(self, arguments: list[str], strings: list[bytes], _: int, __: str) -> None:
        self._take_away(self._at(arguments[0], strings[0]))

    def _new_folder(self, place: tuple[int, str, int | None] | None) -> None:
        if place is None:
            return
        inode = self._fresh()
        self.recording.base[inode] = {}
        self._names[inode] = {}
        self._names[place[0]][place[1]] = inode
        self._do(Operation(kind=Kind.LINK, inode=inode, folder=place[0], name=place[1]))

    def _mkdir(self, _: list[str], strings: list[bytes], __: int, ___: str) -> None:
        self._new_folder(self._find(os.fsdecode(strings[0])))

    def _mkdirat(self, arguments: list[str], strings: list[bytes], _: int, __: str) -> None:
        self._new_folder(self._at(arguments[0], strings[0]))

    def _refuse(self, arguments: list[str], _: list[bytes], __: int, ___: str) -> None:
        if any(one.isdigit() and int(one) in self.descriptors for one in arguments[:3]):
            raise NotRecorded("the workload copies inside the kernel, which the model does not follow")

    _copy_file_range = _sendfile = _symlink = _symlinkat = _pwritev2 = _refuse
