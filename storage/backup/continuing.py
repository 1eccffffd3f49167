"""A restored ledger continued from the newest copy that can be found, and what that copy says is lost or destroyed.

Rule: a copy counts when its checkpoint carries the archive's own signature and its leaves, behind those of the backup,
give the checkpoint's root; a copy that does not begin with what the backup has is another history and stops the
restore. What was destroyed after the backup is destroyed again; what was taken after it is named as lost. A copy whose
tiles are damaged is passed over, but its signed checkpoint is proof of leaves like any anchor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from storage.backup.ledger_part import CHECKPOINT, root_at
from storage.backup.rows import chunks
from storage.backup.trees import append_leaves, set_before
from storage.checkpoints import Checkpoint, origin_of, stated_origin, verifier_key, verify
from storage.destructions import WITNESSES
from storage.errors import Conflict, Corrupt
from storage.events import Event, EventKind
from storage.merkle import Frontier
from storage.tables import custodians, ledger_head, losses, records, submissions
from storage.tile_reading import read_leaves
from storage.tiles import check_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storage.keys import Keyring

_LARGEST_NOTE = 64 << 10
PAYLOADS = "payloads"
"""Texts of events that stand in the database only, such as queries and reasons; named by the event's id."""
_BROUGHT = {
    EventKind.SUBMISSION_DEPOSITED: ("submissions", submissions.c.id),
    EventKind.RECORD_ARCHIVED: ("records", records.c.id),
    EventKind.CUSTODIAN_ADDED: ("custodians", custodians.c.id),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCopy:
    """A copy of the ledger: where it lies, and what its checkpoint says."""

    folder: Path
    log: int
    checkpoint: Checkpoint


@dataclass(slots=True, kw_only=True)
class Continuation:
    """What a newer copy of the ledger added: leaves by kind, destroyed records, and ids that are lost, by sort.

    `findings` tell of copies that could not be used, `odd_anchors` of anchors.
    `copies` are all that were found with a genuine checkpoint, `copy` the folder of the one that was taken.
    """

    copies: tuple[LedgerCopy, ...] = ()
    copy: str | None = None
    appended: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    lost: dict[str, list[str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    odd_anchors: list[str] = field(default_factory=list)


def log_of(origin: str, archive_id: str) -> int | None:
    """The number of the log that an origin names; None for another archive's."""
    if origin == origin_of(archive_id):
        return 1
    number = origin.removeprefix(f"{origin_of(archive_id)}/")
    return int(number) if number.isdecimal() and origin == origin_of(archive_id, int(number)) else None


def find_copies(folders: Sequence[Path], keyring: Keyring, findings: list[str]) -> list[LedgerCopy]:
    """The copies among these folders whose checkpoint is genuine, newest first; the others become findings."""
    found: list[LedgerCopy] = []
    for folder in folders:
        try:
            with (folder / CHECKPOINT).open("rb") as file:
                note = file.read(_LARGEST_NOTE)
            log = log_of(stated_origin(note), keyring.archive_id)
            if log is None:
                findings.append(f"{folder} is the ledger of another archive, and was passed over")
                continue
            line = verifier_key(origin_of(keyring.archive_id, log), keyring.signing_key)
            found.append(LedgerCopy(folder=folder, log=log, checkpoint=verify(note, line)))
        except OSError as error:
            findings.append(f"{folder} holds no ledger that can be read ({error.strerror}), and was passed over")
        except Corrupt as error:
            findings.append(f"the checkpoint in {folder} does not count ({error.message}), and was passed over")
    return sorted(found, key=lambda one: (one.log, one.checkpoint.size), reverse=True)


def continue_ledger(connection: Connection, copies: Sequence[LedgerCopy], found: Continuation) -> None:
    """Continue the ledger from the newest copy whose tiles are whole; in one transaction, committed.

    Raises:
        Conflict: a copy has another history than the backup.
    """
    for copy in copies:
        try:
            events = _apply(connection, copy)
        except Corrupt as error:
            connection.rollback()
            found.findings.append(f"the copy of the ledger in {copy.folder} is damaged ({error.message})")
            continue
        except Conflict:
            connection.rollback()
            raise
        _compare_others(connection, copies, copy)
        found.copy = str(copy.folder)
        found.appended = len(events)
        _account(connection, events, found)
        connection.commit()
        return


def _compare_others(connection: Connection, copies: Sequence[LedgerCopy], chosen: LedgerCopy) -> None:
    """Every genuine copy of the log must be a beginning of the newest one."""
    head = connection.execute(select(ledger_head.c.size)).scalar_one()
    for one in copies:
        comparable = one.log == chosen.log and one.checkpoint.size <= head
        if comparable and root_at(connection, one.checkpoint.size) != one.checkpoint.root:
            connection.rollback()
            raise Conflict(
                f"the ledgers in {one.folder} and {chosen.folder} are of different histories; keep both, and restore "
                "from the one that your anchors agree with"
            )


def _apply(connection: Connection, copy: LedgerCopy) -> list[Event]:
    head = connection.execute(select(ledger_head)).one()
    size, shift = copy.checkpoint.size, copy.log - head.log
    strange = Conflict(
        f"the ledger in {copy.folder} does not begin with what the backup has: one of them is of another history; "
        "keep both, and restore from the copy that your anchors agree with",
        leaves=head.size,
        copy=size,
    )
    if shift > 0:  # a break was declared since the backup: its leaf comes first, then what the backup has
        set_before(connection, list(islice(read_leaves(copy.folder, 0, size), shift)), copy.log)
        head = connection.execute(select(ledger_head)).one()
    if size <= head.size or shift < 0:
        if shift >= 0 and root_at(connection, size) != copy.checkpoint.root:
            raise strange
        return []
    added = read_leaves(copy.folder, head.size, size)
    events = [event for _, event in append_leaves(connection, added)]
    now = connection.execute(select(ledger_head)).one()
    if Frontier.decode(now.size, now.frontier).root() != copy.checkpoint.root:
        if faults := check_tiles(copy.folder, copy.checkpoint):  # not another history, only a copy that was changed
            raise Corrupt(f"ledger/{faults[0].path} {faults[0].detail}")
        raise strange
    return events


def _account(connection: Connection, events: list[Event], found: Continuation) -> None:
    """Sort out what the appended leaves say: destroyed, lost, or nothing that a row would show."""
    gone: set[str] = set()
    for event in events:
        found.kinds[event.kind.value] = found.kinds.get(event.kind.value, 0) + 1
        if event.kind in WITNESSES:
            found.destroyed.append(event.subjects[0])
            gone.update(event.subjects[:-1])
    spoken = [one.id for one in events if one.digest is not None and gone.isdisjoint(one.subjects)]
    if spoken:
        found.lost[PAYLOADS] = spoken
    for kind, (sort, column) in _BROUGHT.items():
        named = [one.subjects[0] for one in events if one.kind is kind and one.subjects]
        ids = [one for one in dict.fromkeys(named) if one not in gone]
        there: set[str] = set()
        for chosen in chunks(ids):
            there |= set(connection.execute(select(column).where(column.in_(chosen))).scalars())
        if missing := [one for one in ids if one not in there]:
            found.lost[sort] = missing


def write_losses(connection: Connection, found: Continuation, position: int) -> int:
    """Keep what was lost, as declared by the leaf at `position`; how many ids there are."""
    rows = [{"subject": one, "position": position} for ids in found.lost.values() for one in ids]
    known = set(connection.execute(select(losses.c.subject)).scalars())
    rows = [row for row in rows if row["subject"] not in known]
    if rows:
        connection.execute(insert(losses), rows)
    return len(rows)
