"""The keys of drafts and uploads: one random key each, in a file of its own under ``keys/draft/`` or ``keys/upload/``.

Each is wrapped by the master key.

Rule: a draft's key dies at once, and with it every byte that was uploaded. So it lies where the keys of epochs and
indexes lie, not in the database: a row would live on in the write-ahead log, in old pages and in backups until the
next roll, which may be a day, and a backup of keys for thirty. A file is overwritten, synced and removed in one step.
No backup carries it: what nobody has confirmed is not the archive's to keep, and after a restore it is handed in again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storage.errors import Corrupt, NotFound
from storage.files import erase, sync_folder, write_whole
from storage.sealing import SealKind, seal, unseal
from storage.vault import HolderKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.keys import Keyring

_ID = re.compile(r"(drf|upl)_[0-9a-z]{26}")
_HALF = ".new"


class DraftKeys:
    """The key files of one archive's drafts; `folder` is the archive's ``keys``, `what` is ``draft`` or ``upload``."""

    def __init__(self, keyring: Keyring, folder: Path, what: str = "draft") -> None:
        self._keyring = keyring
        self._what = what
        self._folder = folder / what

    def keep(self, key: HolderKey) -> None:
        """Write down a new key (`Vault.fresh`); durable when this returns.

        Raises:
            StorageFull, TemporarilyUnavailable: it cannot be written.
        """
        if not self._folder.is_dir():  # archives of before have none
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder.parent)
        sealed = seal(
            self._keyring.master,
            archive_id=self._keyring.archive_id,
            kind=SealKind.WRAPPED_KEY,
            object_id=f"{self._what}/{key.holder}",
            plain=key.key,
        )
        write_whole(self._path(key.holder), sealed)

    def open(self, draft_id: str) -> HolderKey:
        """A draft's key.

        Raises:
            NotFound: it is destroyed.
            Corrupt: the file is not what was written.
        """
        try:
            sealed = self._path(draft_id).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"there is no {self._what} {draft_id}", draft=draft_id) from error
        except OSError as error:
            raise Corrupt(f"the disk cannot read the key of the {self._what}", draft=draft_id) from error
        plain = unseal(
            self._keyring.master,
            archive_id=self._keyring.archive_id,
            kind=SealKind.WRAPPED_KEY,
            object_id=f"{self._what}/{draft_id}",
            sealed=sealed,
        )
        return HolderKey(draft_id, plain)

    def destroy(self, draft_id: str) -> None:
        """Overwrite and remove it, and what a killed program left of it; harmless when it is gone."""
        path = self._path(draft_id)
        for one in (path, path.with_name(path.name + _HALF)):
            try:
                erase(one)
            except FileNotFoundError:
                continue

    def lying(self) -> Iterator[tuple[str, float]]:
        """The drafts whose key files lie there, whole or half, and when each was written (seconds since 1970)."""
        if not self._folder.is_dir():
            return
        for path in sorted(self._folder.iterdir()):
            name = path.name.removesuffix(_HALF)
            if _ID.fullmatch(name):
                try:
                    yield name, path.stat().st_mtime
                except FileNotFoundError:
                    continue

    def _path(self, draft_id: str) -> Path:
        if not _ID.fullmatch(draft_id):
            raise NotFound(f"there is no {self._what} {draft_id[:64]!r}")
        return self._folder / draft_id
