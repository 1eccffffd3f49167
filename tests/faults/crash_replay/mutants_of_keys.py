"""The order of rotation, destruction, backup, restore and slots, broken on purpose; see `mutants.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage import keys, shredding
from storage.archive import RESTORING
from storage.backup import restoring
from storage.keys import Keyring
from storage.local_blobs import LocalBlobs
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.slots import Slots
from storage.tables import components, objects
from tests.faults.crash_replay.mutating import Mutant, Promise, is_object, patch, unsynced

if TYPE_CHECKING:
    from pathlib import Path


def _is_new_epoch_key(path: Path) -> bool:
    return path.parent.name == "epoch" and path.name.endswith(".new")


def _key_file_after_its_use(_: Promise) -> None:
    """Make an epoch current, and write its key file only when the rows are about to move."""
    late: list[tuple[Any, ...]] = []
    real_write, real_drain = keys.write_whole, Rotation._drain

    def write_whole(path: Path, content: bytes, **_options: Any) -> None:
        late.append((path, content))

    def drain(self: Rotation, *arguments: Any) -> Any:
        while late:
            real_write(*late.pop())
        return real_drain(self, *arguments)

    patch(keys, "write_whole", write_whole)
    patch(Rotation, "_drain", drain)


def _old_key_destroyed_before_its_rows_moved(_: Promise) -> None:
    real = Rotation._rewrap

    def rewrap(self: Rotation, old: int, new: int) -> Any:
        key = self._keyring.epoch_key(old)
        self._keyring.destroy_epoch(old)
        self._keyring._epochs[old] = key
        return real(self, old, new)

    patch(Rotation, "_rewrap", rewrap)


def _erased_without_its_folder_synced(_: Promise) -> None:
    def destroy(self: Keyring, number: int) -> bool:
        (self._folder / "epoch" / str(number)).unlink(missing_ok=True)
        return True

    patch(Keyring, "destroy_epoch", destroy)


def _decision_said_before_its_commit(promise: Promise) -> None:
    real = Shredder.decide

    def decide(self: Shredder, transaction: Any, record_ids: Any, *rest: Any, **options: Any) -> str:
        batch = real(self, transaction, record_ids, *rest, **options)
        promise(decided=batch, records=list(record_ids))
        return batch

    patch(Shredder, "decide", decide)


def _objects_erased_before_the_decision(_: Promise) -> None:
    real = Shredder.decide

    def decide(self: Shredder, transaction: Any, record_ids: Any, *rest: Any, **options: Any) -> str:
        joined = objects.join(components, components.c.blob_id == objects.c.blob_id)
        query = joined.select().where(components.c.record_id.in_(record_ids))
        for row in transaction.connection.execute(query):
            self._archive.blobs.delete(row.blob_id)
        return real(self, transaction, record_ids, *rest, **options)

    patch(Shredder, "decide", decide)


def _records_destroyed_one_by_one(_: Promise) -> None:
    """A commit for each record of a batch."""
    real = shredding.take_out

    def take_out(connection: Any, doomed: Any) -> None:
        for one in doomed:
            real(connection, [one])
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    patch(shredding, "take_out", take_out)


def _erasure_not_synced(_: Promise) -> None:
    def delete(self: LocalBlobs, *blob_ids: str) -> None:
        for blob_id in blob_ids:
            self._path(blob_id).unlink(missing_ok=True)

    patch(LocalBlobs, "delete", delete)


def _backup_objects_not_synced(promise: Promise) -> None:
    unsynced(lambda path: is_object(path) and "backup" in path.parts)(promise)
    real = LocalBlobs.__init__

    def made(self: LocalBlobs, root: Path, **options: Any) -> None:
        real(self, root, **options)
        if "backup" in root.parts:
            self._syncfs = lambda _descriptor: 0

    patch(LocalBlobs, "__init__", made)


def _restore_marked_late(_: Promise) -> None:
    """The folder does not say that it is incomplete while objects are copied into it."""
    real = restoring._copy_objects

    def copy(archive: Any, *rest: Any) -> Any:
        mark = archive.folder / RESTORING
        said = mark.read_bytes()
        mark.unlink()
        copied = real(archive, *rest)
        mark.write_bytes(said)
        return copied

    patch(restoring, "_copy_objects", copy)


def _slot_removal_said_first(promise: Promise) -> None:
    real = Slots.remove

    def remove(self: Slots, number: int, **options: Any) -> Any:
        promise(removed_slot=number)
        return real(self, number, **options)

    patch(Slots, "remove", remove)


def _is_part(path: Path) -> bool:
    return path.parent.name in {"catalogue", "keys"} and "backup" in path.parts and path.is_file()


def _is_manifest(path: Path) -> bool:
    return path.parent.name == "backup" and path.is_file()


MUTANTS_OF_KEYS: dict[str, Mutant] = {
    "epoch key not synced": Mutant("rotate", unsynced(_is_new_epoch_key)),
    "epoch key's folder not synced": Mutant("rotate", unsynced(lambda path: path.name == "epoch")),
    "epoch key written after its use": Mutant("rotate", _key_file_after_its_use),
    "old epoch key destroyed before its rows moved": Mutant("rotate", _old_key_destroyed_before_its_rows_moved),
    "old epoch key unlinked without a sync": Mutant("rotate", _erased_without_its_folder_synced),
    "destruction said before its commit": Mutant("destroy", _decision_said_before_its_commit),
    "objects erased before the decision": Mutant("destroy", _objects_erased_before_the_decision),
    "records destroyed one by one": Mutant("destroy", _records_destroyed_one_by_one),
    "erasure not synced": Mutant("destroy", _erasure_not_synced),
    "part of an object not synced before its name": Mutant(
        "stream", unsynced(lambda path: path.name.endswith(".part"))
    ),
    "backup's objects not synced": Mutant("back up", _backup_objects_not_synced),
    "backup's parts not synced": Mutant("back up", unsynced(_is_part)),
    "backup's manifest not synced": Mutant("back up", unsynced(_is_manifest)),
    "restore marked late": Mutant("restore", _restore_marked_late),
    "slots not synced": Mutant("slots", unsynced(lambda path: path.name.startswith("slots.json"))),
    "slots' folder not synced": Mutant("slots", unsynced(lambda path: path.name == "keys")),
    "removal of a slot said first": Mutant("slots", _slot_removal_said_first),
}
