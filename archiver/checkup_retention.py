"""Looks at what waits for a person so that retention goes on: holds, batches, events, and a clock that jumped.

Rule: as in `archiver.checkup`; a look counts, and names neither a record nor a matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from archiver.checkup import Check, Verdict
from retention.clock_watch import frozen_in
from retention.disposition_types import State
from retention.dispositions import list_batches
from retention.due_tables import LISTED, due_days
from retention.evaluation import Verdict as Decided
from retention.hold_listing import counts_of
from storage.destructions import unfinished_batches
from storage.tables import records

if TYPE_CHECKING:
    from datetime import datetime

    from archiver.wiring import Installation


def look_at_holds(installation: Installation) -> list[Check]:
    """How many records nobody can compare with an open hold, so that they are kept until an officer decides."""
    archive = installation.archive
    with archive.store.read() as connection:
        standing = installation.holds.list(connection, only_open=True)
        counts = [counts_of(connection, one) for one in standing]
    if not standing:
        return [Check("holds", Verdict.GOOD, "none is open")]
    told = f"open: {len(standing):,}"
    pending = sum(one.pending for one in counts)
    if pending:
        told += f"; comparisons still to come, which count as held until then: {pending:,}"
    untold = sum(one.cannot_tell for one in counts)
    if untold:
        detail = f"{told}; records that a rule cannot read, and that wait for an officer: {untold:,}"
        return [Check("holds", Verdict.WARNING, f"{detail}; see: archiver hold list, archiver hold decide")]
    return [Check("holds", Verdict.GOOD, told)]


def look_at_dispositions(installation: Installation) -> list[Check]:
    """Batches that wait for a person, and destructions whose absence is not confirmed yet."""
    archive = installation.archive
    with archive.store.read() as connection:
        batches = list_batches(connection)
        unconfirmed = unfinished_batches(connection)
    approved = [one for one in batches if one.state is State.APPROVED]
    proposed = sum(one.state is State.PROPOSED for one in batches)
    told = f"batches that wait for approval: {proposed:,}"
    if unconfirmed:
        since = _day(installation, min(one.decided_at for one in unconfirmed))
        told += f"; destructions whose absence is not confirmed yet: {len(unconfirmed):,}, the oldest of {since}"
    if approved:
        oldest = _day(installation, min(one.proposed_at for one in approved))
        detail = f"approved and not executed: {len(approved):,}, the oldest proposed {oldest}; {told}"
        return [Check("dispositions", Verdict.WARNING, f"{detail}; see: archiver disposition list")]
    return [Check("dispositions", Verdict.GOOD, told)]


def look_at_waiting(installation: Installation) -> list[Check]:
    """Records whose clock waits for an event, as the last evaluation left it; and whether the days count at all."""
    archive = installation.archive
    mine = (LISTED, due_days.c.verdict == Decided.NEEDS_EVENT.value)
    query = select(func.count(), func.min(records.c.captured_at)).select_from(
        due_days.join(records, records.c.id == due_days.c.record_id)
    )
    with archive.store.read() as connection:
        frozen = frozen_in(connection)
        number, oldest = connection.execute(query.where(*mine)).one()
    checks: list[Check] = []
    if frozen is not None:
        detail = f"the clock jumped {frozen.jump.value}, so nothing counts as due; an officer says that it is right"
        checks.append(Check("retention", Verdict.FAULT, f"{detail}: archiver retention clock accept"))
    if not number:
        return [*checks, Check("retention", Verdict.GOOD, "no record waits for an event")]
    since = _day(installation, oldest)
    detail = f"records that wait for an event which nobody supplied: {number:,}, the oldest since {since}"
    return [*checks, Check("retention", Verdict.WARNING, f"{detail}; see: archiver retention waiting")]


def _day(installation: Installation, moment: datetime) -> str:
    return moment.astimezone(installation.archive.zone).date().isoformat()
