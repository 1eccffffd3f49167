"""The files of a watched folder: which are complete, and how each is taken out of everybody's reach and put away.

Rules:

- a file is complete when its size and time of change have stood still for the settling time, or when it was renamed
  from the name of an unfinished file without changing after;
- a complete file is first renamed into ``.taking``, a folder that nobody else may enter, and only then read: a link
  that somebody puts in its place meanwhile is moved itself, and never followed;
- its place below the folder is kept in ``.taking``, so that a program that starts again knows where it came from;
- nothing is ever overwritten, and nothing deleted that changed after it was taken.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from ingest.channels.folder_settings import DONE, FAILED, TAKING, is_unfinished
from storage.errors import InvalidInput, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OURS = frozenset({TAKING, DONE, FAILED})
_DEEPEST = 12
_MOST_SEEN = 200_000
_MOST_OF_A_NAME = 10_000


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
    """One folder; `look` is to be called now and then, with a clock that only goes forward."""

    def __init__(self, root: Path, settle: float) -> None:
        self._root = root
        self._settle = settle
        self._seen: dict[str, tuple[Signature, float]] = {}
        self._unfinished: set[Signature] = set()

    def prepare(self) -> None:
        """Make the folders of ours.

        Raises:
            TemporarilyUnavailable: the folder is not there, or nothing can be made in it.
            InvalidInput: one of ours is a link or a file.
        """
        if not self._root.is_dir():
            raise TemporarilyUnavailable("the watched folder is not there; make it, or mount its disk")
        for name in sorted(_OURS):
            place = self._root / name
            try:
                place.mkdir(mode=0o700, exist_ok=True)
            except FileExistsError as error:
                raise InvalidInput(f"{name} in a watched folder is no folder; move it away") from error
            except OSError as error:
                raise TemporarilyUnavailable("the archive may not write in the watched folder") from error
            if place.is_symlink():
                raise InvalidInput(f"{name} in a watched folder is a link; remove it")
        (self._root / TAKING).chmod(0o700)

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
            if here.count(os.sep) >= _DEEPEST:
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
        taking = self._root / TAKING
        for folder, folders, files in os.walk(taking):
            folders.sort()
            linked = [one for one in folders if os.path.islink(os.path.join(folder, one))]  # noqa: PTH114, PTH118 - names may be undecodable
            yield from sorted(os.path.relpath(os.path.join(folder, one), taking) for one in [*files, *linked])  # noqa: PTH118 - the same

    def path_of(self, place: str) -> Path:
        """Where a claimed file lies."""
        return self._root / TAKING / place

    def status_of(self, place: str) -> os.stat_result:
        """What a claimed file is; a link is not followed."""
        return self.path_of(place).lstat()

    def put_away(self, place: str, folder: str | None, reason: str | None = None) -> None:
        """Move a claimed file to ``done`` or ``failed``, with a file that says why; None deletes it.

        Raises:
            TemporarilyUnavailable: it cannot be moved; it stays claimed.
        """
        source = self.path_of(place)
        try:
            if folder is None:
                source.unlink()
            else:
                target = _free_name(self._root / folder / place)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if reason is not None:
                    target.with_name(f"{target.name}.reason.txt").write_text(f"{reason}\n", "utf-8", "replace")
                source.rename(target)
            self._tidy(source.parent)
        except OSError as error:
            raise TemporarilyUnavailable("a file of the watched folder cannot be moved; look at its rights") from error

    def _tidy(self, folder: Path) -> None:
        """Remove folders of ours that are empty now."""
        while folder != self._root / TAKING:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _claim(self, place: str, descriptor: int) -> bool:
        """Take a file out of everybody's reach; not where one of the same place is still being taken."""
        target = self.path_of(place)
        if os.path.lexists(target):
            return False
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.rename(target.name, target, src_dir_fd=descriptor)
        except OSError:
            return False
        return True


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


def _free_name(target: Path) -> Path:
    """The name itself, or with a number before its suffix where it is taken."""
    chosen = target
    for number in range(2, _MOST_OF_A_NAME):
        if not os.path.lexists(chosen):
            return chosen
        chosen = target.with_name(f"{target.stem} ({number}){target.suffix}")
    raise OSError
