"""Our own order of writing, broken on purpose in the recorded program; never in the product.

Each mutant takes one step away or puts two in the wrong order, as a change of the code might. The campaign must find a
crash state in which each of them breaks a promise; a mutant that it does not find shows a rule that nothing tests.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ingest.depositor import GroupDepositor
from storage import database, files, ledger, local_blobs, transaction
from storage.ledger import Ledger
from storage.local_blobs import LocalBlobs
from storage.transaction import Store, Transaction
from tests.faults.crash_replay.mutants_of_keys import MUTANTS_OF_KEYS
from tests.faults.crash_replay.mutants_of_mail import MUTANTS_OF_MAIL
from tests.faults.crash_replay.mutating import Mutant, Promise, is_object, is_object_folder, patch, unsynced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _pragma(setting: str) -> Callable[[Promise], None]:
    def break_it(_: Promise) -> None:
        real = database.open_encrypted

        def opened(*arguments: Any, **options: Any) -> Any:
            connection = real(*arguments, **options)
            connection.execute(f"PRAGMA {setting}")
            return connection

        patch(database, "open_encrypted", opened)

    return break_it


def _no_syncfs(_: Promise) -> None:
    patch(local_blobs, "_find_syncfs", lambda: lambda _descriptor: 0)


def _syncfs_of_the_folder_only(_: Promise) -> None:
    def sync_only_this(descriptor: int) -> int:
        os.fsync(descriptor)
        return 0

    patch(local_blobs, "_find_syncfs", lambda: sync_only_this)


def _rows_before_objects(_: Promise) -> None:
    """Commit first, write the objects after."""
    late: list[Any] = []
    real_commit = GroupDepositor._write_rows
    real_write = LocalBlobs.write

    def write(store: LocalBlobs, batch: Any) -> None:
        late.append((store, batch))

    def commit(depositor: GroupDepositor, tickets: Any, *rest: Any) -> None:
        real_commit(depositor, tickets, *rest)
        while late:
            real_write(*late.pop())

    patch(LocalBlobs, "write", write)
    patch(GroupDepositor, "_write_rows", commit)


def _answer_before(step: str) -> Callable[[Promise], None]:
    """Acknowledge before a step of the depositor."""

    def break_it(promise: Promise) -> None:
        real = getattr(GroupDepositor, step)

        def early(depositor: GroupDepositor, tickets: Any, *rest: Any) -> None:
            for one in tickets:
                if one.written is not False:
                    promise(deposit=one.prepared.submission.id, sha256=one.prepared.sha256)
            real(depositor, tickets, *rest)

        patch(GroupDepositor, step, early)

    return break_it


def _leaves_after_the_commit(_: Promise) -> None:
    """Rows in one commit, keys and leaves in the next."""
    real = Transaction.flush

    def flush(self: Transaction) -> None:
        self.connection.exec_driver_sql("COMMIT")
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        real(self)

    patch(Transaction, "flush", flush)


def _head_after_the_commit(_: Promise) -> None:
    """Leaves in one commit, the head that counts them in the next."""
    real_flush, real_update = Transaction.flush, transaction.update
    current: list[Transaction] = []

    def flush(self: Transaction) -> None:
        current[:] = [self]
        real_flush(self)

    def update(table: Any) -> Any:
        if table.name == "ledger_head":
            current[0].connection.exec_driver_sql("COMMIT")
            current[0].connection.exec_driver_sql("BEGIN IMMEDIATE")
        return real_update(table)

    patch(transaction, "update", update)
    patch(Transaction, "flush", flush)


def _checkpoint_before_the_commit(_: Promise) -> None:
    """Publish a head inside the transaction that makes it."""
    real = Transaction.flush
    ledgers: list[Ledger] = []
    real_init = Ledger.__init__

    def remember(self: Ledger, store: Store, folder: Path, *rest: Any, **options: Any) -> None:
        real_init(self, store, folder, *rest, **options)
        ledgers[:] = [self]

    def flush(self: Transaction) -> None:
        real(self)
        if ledgers:
            note = ledgers[0]._sign(self.connection, ledgers[0].head(self.connection))
            files.write_whole(ledgers[0].folder / "checkpoint", note)

    patch(Ledger, "__init__", remember)
    patch(Transaction, "flush", flush)


def _checkpoint_promised_before_it_is_written(promise: Promise) -> None:
    real = ledger.write_whole

    def write_whole(path: Path, content: bytes, **options: Any) -> None:
        if path.name == "checkpoint":
            promise(checkpoint=content.decode())
        real(path, content, **options)

    patch(ledger, "write_whole", write_whole)


def _written_in_place(_: Promise) -> None:
    """Replace a small file by cutting it and writing it anew, synced."""

    def write_whole(path: Path, content: bytes, **_options: Any) -> None:
        path.write_bytes(content)
        descriptor = os.open(path, os.O_WRONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        files.sync_folder(path.parent)

    patch(ledger, "write_whole", write_whole)


MUTANTS: dict[str, Mutant] = {
    "object file not synced": Mutant("single", unsynced(is_object)),
    "object folder not synced": Mutant("single", unsynced(is_object_folder)),
    "objects root not synced": Mutant("single", unsynced(lambda path: path.name == "objects")),
    "batch not synced": Mutant("group", _no_syncfs),
    "upload not synced": Mutant("upload", _no_syncfs),
    "batch synced by its root's names only": Mutant("upload", _syncfs_of_the_folder_only),
    "synchronous NORMAL": Mutant("single", _pragma("synchronous = NORMAL")),
    "synchronous NORMAL, shared commits": Mutant("group", _pragma("synchronous = NORMAL")),
    "synchronous OFF": Mutant("upload", _pragma("synchronous = OFF")),
    "journal in memory": Mutant("single", _pragma("journal_mode = MEMORY")),
    "rows before the object": Mutant("single", _rows_before_objects),
    "rows before the objects of a batch": Mutant("upload", _rows_before_objects),
    "answer before the commit": Mutant("single", _answer_before("_write_rows")),
    "answer before a shared commit": Mutant("group", _answer_before("_write_rows")),
    "answer before the object": Mutant("single", _answer_before("_stage")),
    "leaves after the commit": Mutant("examine", _leaves_after_the_commit),
    "head after the commit": Mutant("single", _head_after_the_commit),
    "checkpoint before the commit": Mutant("single", _checkpoint_before_the_commit),
    "checkpoint promised before it is written": Mutant("checkpoint", _checkpoint_promised_before_it_is_written),
    "checkpoint not synced": Mutant("checkpoint", unsynced(lambda path: path.name.startswith("checkpoint"))),
    "checkpoint's folder not synced": Mutant("checkpoint", unsynced(lambda path: path.name == "ledger")),
    "checkpoint written in place": Mutant("checkpoint", _written_in_place),
    **MUTANTS_OF_KEYS,
    **MUTANTS_OF_MAIL,
}


def mutate(name: str, promise: Promise) -> None:
    """Break one rule in this program, by its name; nothing for an empty one."""
    if name:
        MUTANTS[name].break_it(promise)
