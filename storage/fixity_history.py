"""What past fixity checks found, as the ledger keeps it: one event a check, its faults in the payload.

Rule: the account is read from events alone, so that it says the same after a restart, after a restore, and to an
auditor who opens the ledger. The newest check of everything counts, and what was found since.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.errors import ArchiveError
from storage.events import Event, EventKind
from storage.fixity_report import FixityFault
from storage.tables import ledger_leaves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.archive import Archive
    from storage.fixity_report import Tally

MOST_NAMED = 500
"""Faults that one event names, at most; it counts them all."""
_MOST_EVENTS = 2_000


class Scope(StrEnum):
    """What a check went through: everything at once, a random sample, a slice of a pass, or the last slice of one."""

    ALL = "all"
    SAMPLE = "sample"
    SLICE = "slice"
    PASS = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFound:
    """What one event says. For a slice the counts are those of its pass so far, the faults those of the slice."""

    at: datetime
    actor: str
    position: int
    scope: Scope
    number: int | None
    records: int
    objects: int
    bytes: int
    fault_count: int
    faults: tuple[FixityFault, ...]

    def to_json(self) -> dict[str, Any]:
        """As `verify --last --json` prints it."""
        return {
            "at": self.at.isoformat(),
            "actor": self.actor,
            "position": self.position,
            "scope": self.scope.value,
            "pass": self.number,
            "records": self.records,
            "objects": self.objects,
            "bytes": self.bytes,
            "fault_count": self.fault_count,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityHistory:
    """The newest check of everything, if there was one, the newest check of all, and the faults that are known.

    `faults` are those of the newest whole check and of what was checked since; one that was mended stays listed
    until everything was checked again.
    """

    whole: CheckFound | None
    newest: CheckFound | None
    fault_count: int
    faults: tuple[FixityFault, ...]


def facts_of(
    scope: Scope, tally: Tally, new_faults: Sequence[FixityFault], number: int | None = None
) -> dict[str, Any]:
    """The payload of an event: counts, and the faults that are told with it."""
    return {
        "scope": scope.value,
        "pass": number,
        "records": tally.records,
        "objects": tally.objects,
        "bytes": tally.bytes,
        "fault_count": len(new_faults),
        "faults": [one.to_json() for one in new_faults[:MOST_NAMED]],
    }


def read_history(archive: Archive) -> FixityHistory:
    """Read the newest events, back to the last check of everything."""
    newest: CheckFound | None = None
    whole: CheckFound | None = None
    faults: list[FixityFault] = []
    count = 0
    for one in _newest_first(archive):
        newest = newest or one
        belongs = whole is None or (one.scope is Scope.SLICE and one.number == whole.number)
        if not belongs:
            break
        count += one.fault_count
        faults += one.faults
        if whole is None and one.scope in (Scope.ALL, Scope.PASS):
            whole = one
            if one.scope is Scope.ALL:
                break
    once = {(one.kind, one.id, one.object): one for one in faults}
    count -= len(faults) - len(once)
    return FixityHistory(whole=whole, newest=newest, fault_count=count, faults=tuple(once.values()))


def _newest_first(archive: Archive) -> list[CheckFound]:
    query = select(ledger_leaves.c.position, ledger_leaves.c.leaf)
    query = query.where(ledger_leaves.c.kind == EventKind.FIXITY_CHECKED.value)
    found: list[CheckFound] = []
    with archive.store.read() as connection:
        rows = connection.execute(query.order_by(ledger_leaves.c.position.desc()).limit(_MOST_EVENTS)).all()
        for row in rows:
            try:
                payload = archive.ledger.payload(connection, row.position)
                found.append(_read(row.position, Event.decode(row.leaf), payload or {}))
            except (ArchiveError, ValueError, KeyError, TypeError):
                continue  # a check that is itself damaged is named by the next one
    return found


def _read(position: int, event: Event, payload: dict[str, Any]) -> CheckFound:
    listed = payload.get("faults", [])
    if isinstance(listed, int):  # as the first version wrote it: a count without names
        scope = Scope.ALL if payload.get("sample") is None else Scope.SAMPLE
        count, listed = listed, []
    else:
        scope, count = Scope(payload["scope"]), int(payload["fault_count"])
    faults = tuple(
        FixityFault(
            kind=str(one["kind"]),
            id=str(one["id"]),
            detail=str(one["detail"]),
            object=one.get("object"),
            record=one.get("record"),
        )
        for one in listed
    )
    return CheckFound(
        at=event.at,
        actor=event.actor,
        position=position,
        scope=scope,
        number=payload.get("pass"),
        records=int(payload.get("records", 0)),
        objects=int(payload.get("objects", 0)),
        bytes=int(payload.get("bytes", 0)),
        fault_count=count,
        faults=faults,
    )
