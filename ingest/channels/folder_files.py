"""The files of a watched folder: which are complete, and how each is taken out of everybody's reach and put away.

Rules:

- a file is complete when its size and time of change have stood still for the settling time, or when it was renamed
  from the name of an unfinished file without changing after;
- a complete file is first renamed into ``.taking``, a folder that nobody else may enter, and only then read: a link
  that somebody puts in its place meanwhile is moved itself, and never followed;
- its place below the folder is kept in ``.taking``, so that a program that starts again knows where it came from;
- a folder of ours is durable before anything is moved into it: the file may be the only one of its kind;
- nothing is ever overwritten, and nothing deleted that changed after it was taken.

Others may write in the folder, rename what is in it, and put something else in its place at any moment. So the
folders of ours (``.taking``, ``done``, ``failed``) are opened once for each look, must belong to this program's user,
and are reached by their descriptors from then on; no link in them is ever followed.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ingest.channels.folder_settings import DONE, FAILED, TAKING, is_unfinished
from storage.errors import InvalidInput, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

_OURS = frozenset({TAKING, DONE, FAILED})
_DEEPEST = 12
_MOST_SEEN = 200_000
_MOST_OF_A_NAME = 1_000
_LONGEST_NAME = 255  # bytes that Linux lets a name have
_REASON = ".reason.txt"
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})  # file systems of a network may sync no folder
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Signature(NamedTuple):
    """What changes when a file changes."""

    device: int
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        """The signature of a file with this status."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class FolderFiles:
    """One folder. `opened` is held around all that is done with it; `look` is given a clock that only goes forward."""

    def __init__(self, root: Path, settle: float) -> None:
        self._root = root
        self._settle = settle
        self._seen: dict[str, tuple[Signature, float]] = {}
        self._unfinished: set[Signature] = set()
        self._own: dict[str, int] = {}
        self._begun = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folders of ours, and hold them open within the block.

        Raises:
            TemporarilyUnavailable: the folder is not there, or nothing can be made in it.
            InvalidInput: one of ours is a link or a file, or somebody else's.
        """
        try:
            root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise TemporarilyUnavailable("the watched folder is not there; make it, or mount its disk") from error
        try:
            for name in sorted(_OURS):
                self._own[name] = _folder_of_ours(root, name)
            os.fchmod(self._own[TAKING], 0o700)
            self._begin(root)
            yield
        finally:
            for descriptor in (root, *self._own.values()):
                os.close(descriptor)
            self._own = {}

    def _begin(self, root: int) -> None:
        """Sync, once, the names of folders that an earlier program made and may have been killed over."""
        if self._begun:
            return
        try:
            _sync(root)
            for *_, descriptor in os.fwalk(".", dir_fd=self._own[TAKING], follow_symlinks=False):
                _sync(descriptor)
        except OSError as error:
            raise TemporarilyUnavailable("the watched folder cannot be synced; look at its disk") from error
        self._begun = True

    def look(self, now: float) -> int:
        """Claim what is complete; returns how many. What cannot be looked at is looked at again next time."""
        seen: dict[str, tuple[Signature, float]] = {}
        unfinished: set[Signature] = set()
        claimed = 0
        for folder, folders, files, descriptor in os.fwalk(self._root, follow_symlinks=False):
            here = os.path.relpath(folder, self._root)
            if here == ".":
                here = ""
                folders[:] = [one for one in folders if one not in _OURS]
            linked = [one for one in folders if _is_link(one, descriptor)]
            folders[:] = sorted(one for one in folders if not one.startswith(".") and one not in linked)
            if folders and here.count(os.sep) >= _DEEPEST:
                log.warning("watched folder: folders nested more than %d deep are not looked into", _DEEPEST)
                folders.clear()
            for name in sorted([*files, *linked]):
                signature = _signature(name, descriptor)
                if signature is None or len(seen) >= _MOST_SEEN:
                    continue
                if is_unfinished(name):
                    unfinished.add(signature)
                    continue
                place = f"{here}{os.sep}{name}" if here else name
                before, since = self._seen.get(place, (None, now))
                since = since if before == signature else now
                if (now - since >= self._settle or signature in self._unfinished) and self._claim(place, descriptor):
                    claimed += 1
                else:
                    seen[place] = (signature, since)
        self._seen, self._unfinished = seen, unfinished
        return claimed

    def claimed(self) -> Iterator[str]:
        """Where each file that was claimed and not put away had its place, in the order of names."""
        for folder, folders, files, descriptor in os.fwalk(".", dir_fd=self._own[TAKING], follow_symlinks=False):
            linked = [one for one in folders if _is_link(one, descriptor)]
            folders[:] = sorted(one for one in folders if one not in linked)
            yield from sorted(os.path.normpath(os.path.join(folder, one)) for one in [*files, *linked])  # noqa: PTH118 - names may be undecodable

    def path_of(self, place: str) -> Path:
        """Where a claimed file can be read, whatever is done to the folder's names meanwhile (proc(5))."""
        return Path(f"/proc/self/fd/{self._own[TAKING]}") / place

    def status_of(self, place: str) -> os.stat_result:
        """What a claimed file is; a link is not followed."""
        return self.path_of(place).lstat()

    def put_away(self, place: str, folder: str | None, reason: str | None = None) -> None:
        """Move a claimed file to ``done`` or ``failed``, with a file that says why; None deletes it.

        Raises:
            TemporarilyUnavailable: it cannot be moved; it stays claimed.
        """
        try:
            with _above(self._own[TAKING], place) as (source, name):
                if folder is None:
                    os.unlink(name, dir_fd=source)
                else:
                    with _above(self._own[folder], place, make=True) as (target, _):
                        chosen = _free_name(name, target)
                        if reason is not None:
                            _write_reason(chosen, target, reason)
                        os.rename(name, chosen, src_dir_fd=source, dst_dir_fd=target)
            self._tidy(os.path.dirname(place))  # noqa: PTH120 - names may be undecodable
        except OSError as error:
            raise TemporarilyUnavailable("a file of the watched folder cannot be moved; look at its rights") from error

    def _tidy(self, folder: str) -> None:
        """Remove folders of ours that are empty now."""
        with suppress(OSError):
            while folder:
                with _above(self._own[TAKING], folder) as (above, name):
                    os.rmdir(name, dir_fd=above)
                folder = os.path.dirname(folder)  # noqa: PTH120 - names may be undecodable

    def _claim(self, place: str, descriptor: int) -> bool:
        """Take a file out of everybody's reach; not where one of the same place is still being taken."""
        try:
            with _above(self._own[TAKING], place, make=True) as (target, name):
                if _is_there(name, target):
                    return False
                os.rename(name, name, src_dir_fd=descriptor, dst_dir_fd=target)
        except OSError:
            return False
        return True


def _folder_of_ours(root: int, name: str) -> int:
    """A descriptor of one of our folders, which is made where it is missing, and in which nobody else may write.

    Raises:
        TemporarilyUnavailable, InvalidInput: as `FolderFiles.opened`.
    """
    try:
        _make(name, root)
    except OSError as error:
        raise TemporarilyUnavailable("the archive may not write in the watched folder") from error
    try:
        descriptor = os.open(name, _FOLDER, dir_fd=root)
    except OSError as error:
        raise InvalidInput(f"{name} in a watched folder is a link, or no folder; move it away") from error
    try:
        status = os.fstat(descriptor)
        is_ours = status.st_uid == os.geteuid()
        if is_ours:
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & ~0o022)
    except BaseException:
        os.close(descriptor)
        raise
    if not is_ours:
        os.close(descriptor)
        raise InvalidInput(f"{name} in a watched folder belongs to another user than the archive; move it away")
    return descriptor


@contextmanager
def _above(top: int, place: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder that holds a place below `top`, and the place's name in it.

    Raises:
        OSError: there is no such folder, or a link in its way.
    """
    *folders, name = place.split("/")
    descriptor = os.dup(top)
    try:
        for one in folders:
            if make:
                _make(one, descriptor)
            inner = os.open(one, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, name
    finally:
        os.close(descriptor)


def _make(name: str, descriptor: int) -> None:
    """Make a folder where it is missing, durable before anything is moved into it."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=descriptor)
        _sync(descriptor)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _is_link(name: str, descriptor: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _signature(name: str, descriptor: int) -> Signature | None:
    try:
        return Signature.of(os.stat(name, dir_fd=descriptor, follow_symlinks=False))
    except OSError:
        return None


def _is_there(name: str, descriptor: int) -> bool:
    try:
        os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _free_name(name: str, descriptor: int) -> str:
    """The name itself, or with a number before its suffix where it is taken; after many, with a number of chance."""
    if not _is_there(name, descriptor):
        return name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - names may be undecodable
    for number in range(2, _MOST_OF_A_NAME):
        chosen = _cut(stem, f" ({number}){suffix}")
        if not _is_there(chosen, descriptor):
            return chosen
    return _cut(stem, f" ({secrets.token_hex(8)}){suffix}")


def _cut(stem: str, ending: str) -> str:
    """A name of these two, of which the first is shortened where both are too long for one."""
    room = _LONGEST_NAME - len(os.fsencode(ending))
    return f"{os.fsdecode(os.fsencode(stem)[: max(room, 0)])}{ending}"


def _write_reason(name: str, descriptor: int, reason: str) -> None:
    told = _cut(name, _REASON)
    with suppress(FileNotFoundError):
        os.unlink(told, dir_fd=descriptor)  # of a file that was moved away since, or of one that we were killed over
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(told, flags, 0o600, dir_fd=descriptor), "wb") as file:
        file.write(f"{reason}\n".encode("utf-8", "replace"))
