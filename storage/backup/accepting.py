"""A loss accepted: the log that cannot be continued ends, and a new one begins by saying so.

Rule: a break is declared and never a fork. The first leaf of the new log names the old log, the size and root of it
that could be restored and how much is missing; behind it stand the old leaves, unchanged and in order, and every
position moves up by one. The old log's tiles and checkpoint stay as ``ledger/log-<number>/``, so that receipts and
anchors of it can still be checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from storage.archive import open_archive
from storage.backup.continuing import Continuation
from storage.backup.ledger_part import CHECKPOINT
from storage.backup.loading import bare_connection
from storage.backup.restoring import ANCHORED, write_restored
from storage.backup.trees import set_before
from storage.database import WriteLock
from storage.errors import Conflict
from storage.events import EventKind
from storage.files import sync_folder
from storage.tables import ledger_head, ledger_payloads, losses, restrictions, wrapped_keys
from storage.transaction import prepare

if TYPE_CHECKING:
    from storage.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedLoss:
    """What was declared: the log that ended, how much of it is there, how much is missing, and the new log."""

    origin: str
    size: int
    root: str
    missing_leaves: int
    log: int
    lost: int


def accept_loss(archive: Archive, *, actor: str) -> AcceptedLoss:
    """Begin a new log in an archive that was restored without its newest leaves, and let it serve again.

    The archive is closed by this; open it again.

    Raises:
        Conflict: nothing is missing.
    """
    folder, keyring, store = archive.folder, archive.keyring, archive.store
    with store.read() as connection:
        row = connection.execute(select(restrictions)).first()
        number = connection.execute(select(ledger_head.c.log)).scalar_one()
        head = archive.ledger.head(connection)
        lost = len(connection.execute(select(losses.c.subject)).all())
    if row is None:
        raise Conflict("nothing is missing in this archive; there is no loss to accept")
    ended = archive.ledger.origin
    archive.ledger.publish_checkpoint()  # the old log stays as a whole one, with all that could be restored
    root = head.root().hex()
    facts = {"origin": ended, "size": head.size, "root": root, "missing": row.missing_leaves}
    declared = prepare(
        store.vault,
        store.current_epoch(),
        EventKind.LOSS_ACCEPTED,
        store.clock(),
        actor,
        (archive.id, f"log-{number}", f"size-{head.size}", f"missing-{row.missing_leaves}"),
        facts,
        facts=root,
    )
    key, sealed = declared.key, declared.sealed_payload
    assert key is not None
    clock = store.clock
    archive.close()
    _keep_old_log(archive, number)
    lock = WriteLock(folder / "write.lock")
    try:
        with lock.held(), bare_connection(folder / "archive.db", keyring.database_key, durable=True) as connection:
            set_before(connection, [declared.event.encode()], number + 1)
            payload = {"position": 0, "event_id": declared.event.id, "sealed_payload": sealed}
            connection.execute(insert(ledger_payloads), [payload])
            wrapped = {"holder": key.holder, "epoch": key.epoch, "wrapped": key.wrapped}
            connection.execute(insert(wrapped_keys), [wrapped])
            connection.execute(delete(restrictions))
    finally:
        lock.close()
    opened = open_archive(folder, keyring, clock)
    try:
        opened.ledger.publish_checkpoint()
        write_restored(opened, actor, 0, head.size, Continuation())
    finally:
        opened.close()
    return AcceptedLoss(
        origin=ended, size=head.size, root=root, missing_leaves=row.missing_leaves, log=number + 1, lost=lost
    )


def _keep_old_log(archive: Archive, number: int) -> None:
    """Move what the old log published out of the new one's way; a kill before the new log begins is repeated."""
    ledger = archive.folder / "ledger"
    kept = ledger / f"log-{number}"
    kept.mkdir(mode=0o700, exist_ok=True)
    for name in ("tile", CHECKPOINT, ANCHORED):
        if (ledger / name).exists():
            if (kept / name).is_dir():
                continue
            (ledger / name).rename(kept / name)
    sync_folder(kept)
    sync_folder(ledger)
