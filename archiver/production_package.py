"""A production's folder or ZIP file while it is written: aside, for nobody else to read, under its name when whole.

Rules:

- Nothing is written outside the folder beside the target, but for a ZIP file that is not whole yet (`.new`). That is
  taken away when something fails, and what a killed program left is taken away by the next one that writes to the same
  target, never while another still writes.
- Every file is counted with its size and SHA-256 as it is written.
- One ZIP file is made of the folder aside when that is whole; the folder goes with it, so both have to fit on the disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from archiver.production_zip import zipped
from storage.errors import Conflict, InvalidInput, NotFound
from storage.files import sync_folder, write_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from search.disclosure.redaction_pages import BurntRegion

_MARK: Final = ".unfinished-production"
_ZIP: Final = ".zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Pages of a joined PDF, from 1, and the document that they are of."""

    first: int
    last: int
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """So many bytes of a load file, and the document that they are of; of none for the head of a table."""

    length: int
    record_id: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """A file of a package; `kind` is what it is, and the rest says of which record, pages or rows.

    `burnt` are the boxes of its pages; `text` is what a native file says, as the archive has read it.
    """

    name: str
    size: int
    sha256: str
    kind: str
    record_id: str | None = None
    component: str | None = None
    burnt: tuple[BurntRegion, ...] = ()
    owners: tuple[Owner, ...] = ()
    rows: Sequence[Row] = ()
    text: str = field(default="", repr=False)


def package_name(request: str, number: int) -> str:
    """What the folder of a production is called where nobody names it; `request` is the request's number."""
    return f"{request}-{number:03d}"


class Package:
    """A package that is written; use it as a context, and `finish` it. `as_zip` makes it one ZIP file."""

    def __init__(self, target: Path, *, as_zip: bool = False) -> None:
        self.as_zip = as_zip
        self.target = target
        self.place = target.with_name(f".{target.name}.unfinished")
        self.files: list[PackageFile] = []
        self._lock = -1

    def __enter__(self) -> Self:
        """Make the folder aside.

        Raises:
            Conflict: the target is there already, somebody else writes it, or something else has this name.
            InvalidInput: a ZIP file's name ends in something else.
            NotFound: there is no folder to write it into.
        """
        if self.as_zip and self.target.suffix != _ZIP:
            raise InvalidInput(f"{self.target.name} is no name of a ZIP file; name one that ends in {_ZIP}")
        there = self.target.exists() or self.target.is_symlink()
        told = f"{self.target} is there already; name a new {'file' if self.as_zip else 'folder'}"
        if there and not self.place.exists():
            raise Conflict(told)
        if not self.target.parent.is_dir():
            raise NotFound(f"there is no folder {self.target.parent}; make it first")
        if self.place.is_symlink() or (self.place.exists() and not (self.place / _MARK).is_file()):
            raise Conflict(f"{self.place} is no unfinished production; take it away first")
        self.place.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self.place / _MARK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            self._lock = -1
            raise Conflict(f"another program writes {self.target} just now; wait for it") from error
        for one in self.place.iterdir():
            if one.name == _MARK:
                continue
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink()
        if there:  # whoever gave it its name was killed before the folder aside was taken away
            self.__exit__()
            raise Conflict(told)
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what was not finished."""
        if self._lock >= 0:
            shutil.rmtree(self.place, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def put(self, name: str, pieces: Iterable[bytes], kind: str, **about: object) -> PackageFile:
        """Write a file; `name` has `/` between folder and file, `about` are further members of `PackageFile`.

        Raises:
            Conflict: a file of this name is there.
            StorageFull, TemporarilyUnavailable: the disk says no.
        """
        path = self.place / name
        if path.exists():
            raise Conflict(f"two files of this production would be {name}")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        digest = hashlib.sha256()

        def counted() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        size = write_pieces(path, counted(), durable=False)
        made = PackageFile(name=name, size=size, sha256=digest.hexdigest(), kind=kind, **about)  # type: ignore[arg-type]
        self.files.append(made)
        return made

    def read(self, file: PackageFile) -> bytes:
        """The bytes of a file that was written."""
        return (self.place / file.name).read_bytes()

    def finish(self, top: str) -> None:
        """Make everything durable and give it its name; `top` is the folder's name in a ZIP file.

        Raises:
            Conflict: something has that name by now.
            StorageFull, TemporarilyUnavailable: the disk says no.
        """
        if self.target.exists() or self.target.is_symlink():
            raise Conflict(f"{self.target} is there by now; name another")
        if self.as_zip:
            write_pieces(self.target, zipped(self.place, top, leave_out=_MARK))
            shutil.rmtree(self.place)
        else:
            (self.place / _MARK).unlink()
            os.sync()  # once for all files: one by one would be a wait for the disk for each
            self.place.rename(self.target)
        sync_folder(self.target.parent)
        os.close(self._lock)
        self._lock = -1
