"""A backup place: a folder on another disk or host that belongs to one archive.

Rule: what lies there without being named by a manifest does not count and is removed by the next backup; key parts
that no manifest needs any more are overwritten before they are removed. One program at a time writes. Others may be
able to write there, too: a link in it is never followed, since it may lead into the archive.

Beneath it: ``archive/`` (slots, keyring, settings), ``objects/``, ``catalogue/``, ``keys/``, ``ledger/``,
``manifest-<number>.json`` and ``place.lock``.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from storage.backup.manifest import LARGEST, Manifest, decode, manifest_name
from storage.errors import Conflict, Corrupt, InvalidInput, NotFound, StorageFull, TemporarilyUnavailable
from storage.files import erase, sync_folder, write_whole
from storage.keys import read_slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.keys import Keyring

FOLDERS = ("archive", "objects", "catalogue", "keys", "ledger")
CARRIED_FILES = ("slots.json", "keyring")
SETTINGS = "archiver.toml"
_MANIFEST = re.compile(r"manifest-([1-9][0-9]{0,8})\.json")
_LOCK = "place.lock"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def judged(folder: Path) -> Iterator[None]:
    """What an error of the place's disk means to whoever waits for the backup."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StorageFull(f"the disk of {folder} is full: no backup was made; free some space there") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise InvalidInput(f"{folder} cannot be written; check its rights, or choose another folder") from error
        reason = os.strerror(error.errno or 0)
        raise TemporarilyUnavailable(f"{folder} reports an error ({reason}): no backup was made; check it") from error


class Place:
    """One backup place."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def existing(cls, root: Path) -> Place:
        """A place to restore from.

        Raises:
            NotFound: there is no backup.
        """
        place = cls(root)
        if not (root / "archive" / "slots.json").exists() or not place.numbers():
            raise NotFound(f"there is no backup in {root}; give the folder that backups were made to")
        return place

    @classmethod
    def prepared(cls, root: Path, archive_folder: Path, keyring: Keyring) -> Place:
        """A place to write to, made if it is new.

        Raises:
            InvalidInput: it lies inside the archive or holds it, or cannot be written.
            Conflict: it is another archive's, or a folder with something else in it.
            StorageFull, TemporarilyUnavailable: the disk says no.
        """
        real, data = root.resolve(), archive_folder.resolve()
        if real == data or data in real.parents or real in data.parents:
            raise InvalidInput(f"{root} and the archive lie inside each other; choose a folder on another disk")
        place = cls(root)
        with judged(root):
            if root.exists() and not root.is_dir():
                raise Conflict(f"{root} is a file; choose a folder")
            slots = root / "archive" / "slots.json"
            if slots.exists():
                if read_slots(root / "archive")["archive"] != keyring.archive_id:
                    raise Conflict(f"{root} holds the backup of another archive; choose another folder")
            elif root.exists() and any(one.name not in {*FOLDERS, _LOCK, "lost+found"} for one in root.iterdir()):
                raise Conflict(f"{root} is not empty and holds no backup; choose an empty folder")
            above = {root.parent, *(one.parent for one in root.parents if not one.exists())}
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in FOLDERS:
                (root / name).mkdir(mode=0o700, exist_ok=True)
            if not os.access(root, os.W_OK | os.X_OK):
                raise InvalidInput(f"{root} cannot be written; check its rights, or choose another folder")
            sync_folder(root)
            for one in above:  # every time: one that was killed may have made a name that is not durable yet
                with suppress(PermissionError):  # a mount point may lie in a folder that we may not read
                    sync_folder(one)
        return place

    @contextmanager
    def held(self) -> Iterator[None]:
        """The right to write, one program at a time.

        Raises:
            Conflict: another program is writing.
        """
        descriptor = os.open(self.root / _LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(f"another backup to {self.root} is being made; wait until it has ended") from error
            self._refuse_links()
            yield
        finally:
            os.close(descriptor)

    def _refuse_links(self) -> None:
        """Refuse a place in which a folder is a link: what is written and removed there would be somewhere else.

        Raises:
            Conflict: names it.
        """
        folders = [self.root / name for name in FOLDERS]
        with os.scandir(self.root / "objects") as entries:
            folders += [self.root / "objects" / entry.name for entry in entries]
        for above, names, _ in os.walk(self.root / "ledger"):
            folders += [self.root / "ledger" / above / name for name in names]
        for one in folders:
            if one.is_symlink():
                raise Conflict(f"{one} is a link, and a backup holds none; find out who made it, and remove it")

    def numbers(self) -> list[int]:
        """The numbers of the manifests, ascending."""
        if not self.root.is_dir():
            return []
        found = (_MANIFEST.fullmatch(one.name) for one in self.root.iterdir())
        return sorted(int(match.group(1)) for match in found if match)

    def manifest(self, number: int, keyring: Keyring) -> Manifest:
        """A manifest, authenticated.

        Raises:
            NotFound, Corrupt, NewerFormat: it is not there, damaged, or too new.
        """
        content = self._bytes_of(number)
        return decode(content, number, keyring)

    def _bytes_of(self, number: int) -> bytes:
        try:
            with (self.root / manifest_name(number)).open("rb") as file:
                content = file.read(LARGEST + 1)
        except FileNotFoundError as error:
            raise NotFound(f"the backup has no {manifest_name(number)}; see: archiver backup list") from error
        if len(content) > LARGEST:
            raise Corrupt(f"{manifest_name(number)} of the backup is damaged; use another copy", number=number)
        return content

    def digest(self, number: int) -> str:
        """SHA-256 of a manifest's file, by which the next one names it."""
        return hashlib.sha256(self._bytes_of(number)).hexdigest()

    def newest(self, keyring: Keyring) -> Manifest | None:
        """The newest increment, or None where there is none yet."""
        numbers = self.numbers()
        return self.manifest(numbers[-1], keyring) if numbers else None

    def chain(self, start: int, newest: Manifest, keyring: Keyring) -> list[Manifest]:
        """The manifests from `start` to `newest`, oldest first, each seen to be the one that the next names.

        Raises:
            NotFound, Corrupt: one of them is missing or another.
        """
        chain = [newest]
        while chain[-1].number > start:
            before = chain[-1].number - 1
            if self.digest(before) != chain[-1].previous:
                raise Corrupt(f"{manifest_name(before)} is not the one that the next backup follows", number=before)
            chain.append(self.manifest(before, keyring))
        return chain[::-1]

    def has_keys(self, manifest: Manifest) -> bool:
        """Whether the key parts of an increment are there; those that later increments superseded were destroyed."""
        return all((self.root / "keys" / str(one)).exists() for one in range(manifest.keys_from, manifest.number + 1))

    def write_manifest(self, manifest: Manifest, keyring: Keyring) -> None:
        """Make an increment exist."""
        write_whole(self.root / manifest.name, manifest.encode(keyring))

    def tidy(self, newest: Manifest | None) -> int:
        """Remove what no manifest needs: what killed backups left, chains that are superseded, and keys first of all.

        Returns the number of key parts that were destroyed.
        """
        number = newest.number if newest is not None else 0
        keys_from = newest.keys_from if newest is not None else 1
        kept_from = newest.kept_from if newest is not None else 1
        destroyed = 0
        for path in self._files("keys"):
            if path.is_symlink() or not (path.name.isdecimal() and keys_from <= int(path.name) <= number):
                erase(path)
                destroyed += 1
        superseded = [
            path
            for path in self._files("catalogue")
            if not (path.name.isdecimal() and kept_from <= int(path.name) <= number)
        ]
        superseded += [self.root / manifest_name(one) for one in self.numbers() if one < kept_from]
        superseded += list(self.root.glob("*.new")) + list((self.root / "archive").glob("*.new"))
        for path in superseded:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in superseded}:
            sync_folder(folder)
        return destroyed

    def _files(self, part: str) -> list[Path]:
        folder = self.root / part
        return [one for one in folder.iterdir() if one.is_symlink() or one.is_file()] if folder.is_dir() else []
