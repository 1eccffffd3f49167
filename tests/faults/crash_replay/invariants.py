"""What must hold of an archive after any crash: each rule opens the real archive and says in sentences what is wrong.

(1) It opens. (2) Every row that names an object has it, whole, and no row is without its key and its leaf. (3) Every
key that is stored opens with the epoch keys that are there. (4) Every deposit that was acknowledged is there, byte for
byte. (5) The ledger's walk finds nothing, and what was published is a prefix of it and no older than what was
acknowledged. (6) Of a destruction all records can be opened or none, after its decision none, after its confirmation
nothing is left. (7) A destroyed epoch key does not come back. (8) What was begun can be finished by recovery, the full
walk of `verify` finds nothing, the archive opens again, takes a deposit and makes its next backup. (9) A backup
restores to no less than what was acknowledged. (10) A slot that was added opens, one that was removed does not, and the
first ones always do. (11) A folder into which something is restored says that it is not complete, or is complete; what
was begun is restored by the same command. Rules 8, 9 and the end of 11 are asked of each fortieth state. Rules 12 to
17 are about mail in: `invariants_of_mail.py`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

import archiver.backing_up  # noqa: F401 - a backup carries the tables of every floor
from archiver.destroying import Destroying
from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from storage.archive import RESTORING, Archive, open_archive
from storage.backup.creating import create_backup
from storage.backup.restoring import restore
from storage.checkpoints import verify
from storage.errors import ArchiveError, Denied
from storage.fixity import FixityCheck
from storage.keys import Secret, SlotKind, unlock, unlock_with_master
from storage.records import Channel, Envelope
from storage.recovery import recover
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.tables import ledger_leaves, objects, records, submissions, wrapped_keys
from tests.faults.crash_replay.invariants_of_mail import mail_faults, mail_goes_on
from tests.faults.crash_replay.workloads import RESTORED
from tests.storage.archives import ACTOR, RECOVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

_LAST = Handover(channel=Channel.CLI, account="cli", custodian_id=None, envelope=Envelope(), payload=b"after the crash")


@dataclass(slots=True)
class Promises:
    """What a workload has acknowledged so far, by kind."""

    deposits: dict[str, str] = field(default_factory=dict)
    records: list[str] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    doomed: list[list[str]] = field(default_factory=list)
    decided: dict[str, list[str]] = field(default_factory=dict)
    confirmed: list[str] = field(default_factory=list)
    destroyed_epochs: list[int] = field(default_factory=list)
    backups: dict[int, list[str]] = field(default_factory=dict)
    slots: dict[int, str] = field(default_factory=dict)
    leaving: str = ""
    removed_slots: dict[int, str] = field(default_factory=dict)
    restored: int = 0

    @classmethod
    def read(cls, lines: list[str]) -> Promises:
        """The promises of these lines."""
        made = cls()
        for line in lines:
            made._take(json.loads(line))
        return made

    def _take(self, said: dict[str, Any]) -> None:
        if "slot" in said:
            self.slots[said["slot"]] = said["opens"]
        elif "leaving_slot" in said:
            self.leaving = self.slots.pop(said["leaving_slot"])
        elif "removed_slot" in said:
            self.removed_slots[said["removed_slot"]] = self.leaving
        else:
            self._take_content(said)

    def _take_content(self, said: dict[str, Any]) -> None:
        match said:
            case {"deposit": submission, "sha256": digest}:
                self.deposits[submission] = digest
            case {"record": record}:
                self.records.append(record)
            case {"checkpoint": note}:
                self.checkpoints.append(note)
            case {"doomed": ids}:
                self.doomed.append(ids)
            case {"decided": batch, "records": ids}:
                self.decided[batch] = ids
            case {"confirmed": batch}:
                self.confirmed.append(batch)
            case {"destroyed": epochs}:
                self.destroyed_epochs += epochs
            case {"backup": number}:
                self.backups[number] = list(self.deposits)
            case {"restored": number}:
                self.restored = number


def check_state(folder: Path, master: bytes, lines: list[str], *, deeply: bool) -> list[str]:
    """Everything that is wrong with the archive in this folder, after what these lines acknowledged."""
    promised = Promises.read(lines)
    try:
        archive = open_archive(folder, unlock_with_master(folder / "keys", master))
    except (ArchiveError, OSError) as error:
        return [f"the archive does not open: {error}"]  # (1)
    try:
        with archive.store.read() as connection:
            wrong = [fault for rule in _RULES for fault in rule(archive, connection, promised)]
            wrong += mail_faults(archive, connection, lines)
        if archive.store.restriction is not None:  # a crash is no damage, and must not be told as one
            wrong.append("the archive is restricted")
        wrong += _ledger(archive, promised)
        wrong += _ways_in(folder, master, promised)
        wrong += _restored_beside(folder, master, promised, deeply=deeply)
        if deeply and not wrong and promised.backups and not (folder.parent / RESTORED).exists():
            wrong += _backup_restores(folder, promised)
        if deeply and not wrong:
            wrong += _goes_on(archive)
            wrong += mail_goes_on(archive, lines)
    except (ArchiveError, OSError) as error:
        wrong = [f"it cannot be read: {type(error).__name__}: {error}"]
    finally:
        archive.close()
    if deeply and not wrong:
        try:
            open_archive(folder, unlock_with_master(folder / "keys", master)).close()
        except (ArchiveError, OSError) as error:
            wrong = [f"the archive does not open a second time: {error}"]
    return wrong


def _whole_objects(archive: Archive, connection: Connection, _: Promises) -> Iterator[str]:  # (2)
    # where the key is destroyed, the object may be gone before its row
    keyed = objects.join(wrapped_keys, wrapped_keys.c.holder == objects.c.holder)
    for blob_id in connection.execute(select(objects.c.blob_id).select_from(keyed)).scalars():
        try:
            sealed = archive.blobs.read(blob_id)
        except ArchiveError as error:
            yield f"a row names an object that cannot be read: {error}"
            continue
        if hashlib.sha256(sealed).hexdigest() != blob_id:
            yield "a row names a torn object"


def _rows_together(_: Archive, connection: Connection, __: Promises) -> Iterator[str]:  # (2)
    leaf = ledger_leaves.alias()
    for table, holder in ((submissions, submissions.c.id), (records, records.c.holder)):
        joined = table.outerjoin(wrapped_keys, wrapped_keys.c.holder == holder)
        joined = joined.outerjoin(leaf, leaf.c.position == table.c.position)
        alone = or_(wrapped_keys.c.holder.is_(None), leaf.c.position.is_(None))
        query = select(func.count()).select_from(joined).where(alone)
        if table is records:
            query = query.where(records.c.state == "active")
        else:
            gone = select(records.c.submission_id).where(records.c.state == "destroyed")
            query = query.where(submissions.c.id.not_in(gone))
        if connection.execute(query).scalar_one():
            yield "a row is there without its key or its leaf"


def _keys_open(archive: Archive, connection: Connection, _: Promises) -> Iterator[str]:  # (3)
    holders = list(connection.execute(select(wrapped_keys.c.holder)).scalars())
    try:
        archive.store.holder_keys(connection, holders)
    except ArchiveError as error:
        yield f"a stored key does not open: {error}"


def _deposits_kept(archive: Archive, connection: Connection, promised: Promises) -> Iterator[str]:  # (4)
    for submission_id, digest in promised.deposits.items():
        try:
            content = archive.submissions.content(connection, submission_id)
        except ArchiveError as error:
            yield f"an acknowledged deposit is lost: {error}"
            continue
        if hashlib.sha256(content).hexdigest() != digest:
            yield "an acknowledged deposit has other bytes"
    known = set(connection.execute(select(records.c.id).where(records.c.id.in_(promised.records))).scalars())
    for _ in set(promised.records) - known:
        yield "a record that was concluded is lost"


def _destroyed_wholly(archive: Archive, connection: Connection, promised: Promises) -> Iterator[str]:  # (6)
    for ids in promised.doomed:
        query = select(func.count()).select_from(records.join(wrapped_keys, wrapped_keys.c.holder == records.c.holder))
        openable = connection.execute(query.where(records.c.id.in_(ids))).scalar_one()
        decided = ids in promised.decided.values()
        if openable and (decided or openable != len(ids)):
            yield f"{openable} of {len(ids)} records of a destruction {'that was decided ' * decided}can be opened"
    for batch in promised.confirmed:
        if remains := Shredder(archive).remains(batch):
            yield f"of a confirmed destruction there is still {remains[0]}"


def _old_epochs_gone(archive: Archive, _: Connection, promised: Promises) -> Iterator[str]:  # (7)
    for number in set(archive.keyring.epoch_files()) & set(promised.destroyed_epochs):
        yield f"the destroyed key of epoch {number} is there again"


_RULES: tuple[Callable[[Archive, Connection, Promises], Iterator[str]], ...] = (
    _whole_objects,
    _rows_together,
    _keys_open,
    _deposits_kept,
    _destroyed_wholly,
    _old_epochs_gone,
)


def _ledger(archive: Archive, promised: Promises) -> Iterator[str]:  # (5)
    _, faults = archive.ledger.check()
    for fault in faults:
        yield f"ledger, leaf {fault.position}: {fault.detail}"
    if promised.checkpoints:
        note = archive.ledger.published_checkpoint()
        key = archive.ledger.public_key()
        newest = max(verify(one.encode(), key).size for one in promised.checkpoints)
        if note is None or verify(note, key).size < newest:
            yield "a checkpoint that was published is lost"


def _ways_in(folder: Path, master: bytes, promised: Promises) -> Iterator[str]:  # (10)
    for number, secret in promised.slots.items():
        if not _opens(folder, master, secret):
            yield f"slot {number} was added and does not open"
    for number, secret in promised.removed_slots.items():
        if _opens(folder, master, secret):
            yield f"slot {number} was removed and opens"
    if (promised.slots or promised.removed_slots) and unlock(folder / "keys", RECOVERY).master != master:
        yield "the recovery key opens something else"


def _opens(folder: Path, master: bytes, secret: str) -> bool:
    try:
        keyring = unlock(folder / "keys", Secret(kind=SlotKind.KEY_FILE, content=bytes.fromhex(secret)))
    except Denied:
        return False
    return keyring.master == master


def _restored_beside(folder: Path, master: bytes, promised: Promises, *, deeply: bool) -> Iterator[str]:  # (11)
    place, beside = folder.parent / "backup", folder.parent / RESTORED
    if not promised.restored and not beside.exists():
        return
    begun = {one.name for one in beside.iterdir()} if beside.exists() else set()
    marked = not promised.restored and (RESTORING in begun or begun <= {f"{RESTORING}.new"})
    if marked and not deeply:
        return
    try:
        if marked:
            restore(place, beside, RECOVERY, actor=ACTOR)
        archive = open_archive(beside, unlock_with_master(beside / "keys", master))
        try:
            kept = Promises(deposits={one: promised.deposits[one] for one in promised.backups[max(promised.backups)]})
            with archive.store.read() as connection:
                wrong = [*_whole_objects(archive, connection, kept), *_deposits_kept(archive, connection, kept)]
            if deeply:
                wrong += [f"verify: {fault.kind}: {fault.detail}" for fault in FixityCheck(archive).run().faults]
        finally:
            archive.close()
    except (ArchiveError, OSError) as error:
        wrong = [f"{'it does not begin again' if marked else 'it does not open'}: {error}"]
    yield from (f"restored beside: {one}" for one in wrong)


def _goes_on(archive: Archive) -> Iterator[str]:  # (8)
    recover(archive, ACTOR)
    Destroying(archive, (), Rotation(archive), index_generation=lambda: 1).advance(actor=ACTOR, at_once=True)
    if Shredder(archive).unfinished():
        yield "a destruction that was decided cannot be finished"
    GroupDepositor(archive, actor=ACTOR).deposit(_LAST)
    archive.ledger.publish_checkpoint()
    for fault in FixityCheck(archive).run().faults:
        yield f"verify: {fault.kind}: {fault.detail}"
    place = archive.folder.parent / "backup"
    if place.exists():
        create_backup(archive, place, key_days=30, actor=ACTOR)


def _backup_restores(folder: Path, promised: Promises) -> Iterator[str]:  # (9)
    place, again = folder.parent / "backup", folder.parent / "restored"
    number = max(promised.backups)
    try:
        report = restore(place, again, RECOVERY, actor=ACTOR)
        if report.manifest.number < number:
            yield f"the backup that was acknowledged as {number} is only {report.manifest.number}"
        archive = open_archive(again, unlock(again / "keys", RECOVERY))
        kept = Promises(deposits={one: promised.deposits[one] for one in promised.backups[number]})
        with archive.store.read() as connection:
            yield from (f"restored: {fault}" for fault in _deposits_kept(archive, connection, kept))
        archive.close()
    except (ArchiveError, OSError) as error:
        yield f"the backup does not restore: {error}"
    finally:
        shutil.rmtree(again, ignore_errors=True)
