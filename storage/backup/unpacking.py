"""What lies in a backup place unpacked into a new archive's folder: keys, settings and database.

Rule: nothing is loaded before the chain of manifests and every part file of it were checked, and a folder that is not
empty is touched only where it says itself that a restore is under way in it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from storage.archive import FOLDERS, FORMAT, RESTORING
from storage.backup.loading import Loader, bare_connection
from storage.backup.parts import check_part, read_part
from storage.backup.place import CARRIED_FILES, SETTINGS
from storage.backup.trees import rebuild_tree
from storage.errors import Conflict, Corrupt, NewerFormat, NotFound
from storage.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from storage.backup.manifest import Manifest
    from storage.backup.place import Place
    from storage.keys import Keyring


_BEGUN = f"{RESTORING}.new"  # all that a restore leaves which was killed before it could mark its folder


def prepare_folder(place: Place, folder: Path) -> None:
    """An empty folder, or one that a killed restore left; then slots and keyring in it."""
    _empty(place, folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_whole(folder / RESTORING, f"{place.root}\n".encode())
    for name in (*FOLDERS, "keys/epoch", "keys/index"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    for name in CARRIED_FILES:
        try:
            write_whole(folder / "keys" / name, (place.root / "archive" / name).read_bytes())
        except FileNotFoundError as error:
            raise Corrupt(f"the backup lacks archive/{name}; use another copy of it") from error


def _empty(place: Place, folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Conflict(f"{folder} is a file; choose an empty folder with --data")
    if folder.resolve() == place.root.resolve() or place.root.resolve() in folder.resolve().parents:
        raise Conflict(f"{folder} lies in the backup; choose an empty folder with --data")
    if (folder / RESTORING).exists():
        for name in ("archive.db", "archive.db-wal", "archive.db-shm", SETTINGS):
            (folder / name).unlink(missing_ok=True)
        for name in ("keys", "ledger", "index", "tmp"):
            shutil.rmtree(folder / name, ignore_errors=True)
    elif folder.is_dir() and any(one.name != _BEGUN for one in folder.iterdir()):
        raise Conflict(f"{folder} is not empty; choose an empty folder with --data")


def checked_manifest(place: Place, keyring: Keyring, number: int | None) -> Manifest:
    """The manifest to restore, its chain and all part files of it checked."""
    newest = place.manifest(number if number is not None else place.numbers()[-1], keyring)
    if newest.archive_format != FORMAT:
        raise NewerFormat(
            f"the backup is of an archive of format {newest.archive_format} and this program writes {FORMAT}; restore "
            f"it with version {newest.program} of the program, then upgrade"
        )
    for one in place.chain(newest.catalogue_from, newest, keyring):
        check_part(place.root, one.catalogue)
    if newest.number != place.numbers()[-1] and not place.has_keys(newest):
        raise NotFound(
            f"the keys of backup {newest.number} were destroyed when a later one was made; restore one that has its "
            "keys, see: archiver backup list",
            number=newest.number,
        )
    for one in place.chain(newest.keys_from, newest, keyring):
        check_part(place.root, one.keys)
    return newest


def load_database(place: Place, folder: Path, keyring: Keyring, manifest: Manifest) -> None:
    """A new database with the rows of the manifest's chains, the epochs' key files, and the settings.

    Raises:
        Corrupt: the parts do not give what the manifest names.
    """
    from storage.migrating import migrate  # noqa: PLC0415 - only a restore pays for Alembic

    path = folder / "archive.db"
    migrate(path, keyring.database_key)
    with bare_connection(path, keyring.database_key) as connection:
        loader = Loader(connection, folder / "keys")
        for one in place.chain(manifest.catalogue_from, manifest, keyring):
            loader.load_catalogue(read_part(keyring, place.root, one.catalogue))
        for one in place.chain(manifest.keys_from, manifest, keyring):
            loader.load_keys(read_part(keyring, place.root, one.keys))
        loader.finish()
        frontier = rebuild_tree(connection)
        if (frontier.size, frontier.root().hex()) != (manifest.size, manifest.root):
            raise Corrupt("the rows of the backup do not give the ledger that its manifest names; use another copy")
    if loader.settings is not None:
        write_whole(folder / SETTINGS, loader.settings)
