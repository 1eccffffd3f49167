"""Batches of transport copies: containers proposed for destruction, and what is due, kept and waited for.

Rules:

- A batch of containers goes the way of every batch (`archiver/disposing.py`): frozen, approved by another person, asked
  again inside the destroying transaction. Only what it lists, and who judges that, is another.
- The report tells of every container whether and since when it may go, what keeps it, and which records wait for it:
  those that are eligible, and those whose maximum ends before the container's earliest day, which by their schedule
  must not be there any more then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from archiver.access import Act, authorize
from archiver.disposition_view import batch_document
from archiver.signatories import signatory
from retention.clock_watch import refuse_frozen
from retention.copy_choosing import CopyChoosing, CopyRecheck
from retention.disposition_rechecking import Recheck
from retention.disposition_types import BatchAction
from retention.dispositions import MOST_RECORDS, propose
from retention.evaluation import Verdict
from retention.transport_accounts import records_out_of
from retention.transport_copies import choose_copies, is_due
from storage.catalogue import record_of
from storage.errors import Conflict
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.disposition_types import DispositionBatch, State
    from retention.transport_copies import CopyStanding
    from storage.records import RecordState

AnyRecheck: TypeAlias = Recheck | CopyRecheck
COPY_SLICE: Final = 5  # containers of one transaction, which asks of each all that came out of it
_TOLD_REASONS: Final = 20
_TOLD_RECORDS: Final = 100
_PAGE: Final = 500


def _quietly(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def copy_choosing(installation: Installation) -> CopyChoosing:
    """What chooses the containers of batches."""
    return CopyChoosing(installation.archive.store, installation.library, installation.transport_copies())


def for_its_list(
    installation: Installation, batch: DispositionBatch, recheck: Recheck, day: date, *, expected: State
) -> AnyRecheck:
    """What asks again about what a batch lists: records, or containers."""
    if batch.action is not BatchAction.DESTROY_COPIES:
        return recheck
    copies = installation.transport_copies()
    return CopyRecheck(installation.library, copies, recheck, batch.id, day, expected=expected)


def destroy_listed(
    installation: Installation,
    wanted: Sequence[str],
    recheck: AnyRecheck,
    *,
    actor: str,
    payload: Mapping[str, Any],
    leads_to: RecordState,
) -> None:
    """Destroy records or containers of a batch, all of these or none.

    Raises:
        Conflict, NotFound, StorageFull, TemporarilyUnavailable: as `archiver.destroying.Destroying.destroy`.
    """
    destroying = installation.destroying()
    if isinstance(recheck, CopyRecheck):
        destroying.destroy_containers(wanted, actor=actor, payload=payload, guard=recheck)
    else:
        destroying.destroy(wanted, actor=actor, payload=payload, guard=recheck, leads_to=leads_to)


def propose_copies(
    installation: Installation,
    who: Principal,
    today: date,
    *,
    with_aside: bool = False,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Freeze the containers that may be destroyed on a day as a batch; then as `show_batch`, and what was left out.

    Args:
        installation: the archive.
        who: the person who proposes it.
        today: the day.
        with_aside: also those with files that make no record and are nowhere else.
        progress: told how many containers were looked at.

    Raises:
        Denied: this role may not; it is an act of a person.
        Conflict: no container may be proposed for that day.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    archive = installation.archive
    installation.retention.watch.look()
    installation.judging().catch_up()
    choice = copy_choosing(installation).choose(today, with_aside=with_aside, progress=_counted(progress))
    if not choice.chosen:
        why = f" ({choice.others.most_common(1)[0][0]})" if choice.others else ""
        stay = sum(choice.others.values())
        raise Conflict(f"no container may be proposed for {today}: {stay:,} stay{why}; see: archiver container due")
    forecast = today > installation.retention.today()
    with archive.store.write() as transaction:
        refuse_frozen(transaction.connection)
        person = signatory(installation, transaction.connection, who)
        batch = propose(
            transaction,
            choice.chosen[:MOST_RECORDS],
            person,
            today=today,
            forecast=forecast,
            series_id=None,
            action=BatchAction.DESTROY_COPIES,
        )
    with archive.store.read() as connection:
        document = batch_document(installation, connection, batch, with_list=True)
    beyond = max(0, len(choice.chosen) - MOST_RECORDS)
    out = {
        "held": 0,
        "not_destroyable": [
            {"why": why, "records": number} for why, number in choice.others.most_common(_TOLD_REASONS)
        ],
        "beyond": beyond,
        "in_open_batches": len(choice.chosen) - beyond - document["records"],
    }
    return {**document, "left_out": out}


def copies_due(
    installation: Installation, who: Principal, day: date, progress: Callable[[int, int | None], None] = _quietly
) -> list[dict[str, Any]]:
    """How every container stands that can still be opened, the outer ones mostly before the inner.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_DISPOSITIONS)
    installation.judging().catch_up()
    standings = copy_choosing(installation).standings(day, _counted(progress))
    _, refused = choose_copies(standings, with_aside=True)
    found = []
    for container_id, one in standings.items():
        with installation.archive.store.read() as connection:
            document = standing_document(one) | _waiting(installation, connection, one, day)
        if not document["kept_by"] and container_id in refused:
            document["kept_by"] = [refused[container_id]]
        found.append({"id": container_id, **document})
    return found


def standing_document(one: CopyStanding) -> dict[str, Any]:
    """Whether and when a container may go, and what keeps it."""
    decision, earliest = one.decision, _earliest(one)
    return {
        "may_go": is_due(one) and not one.outer,
        "accounted_on": None if one.account.closed_at is None else one.account.closed_at.isoformat(),
        "eligible_on": None if earliest is None else earliest.isoformat(),
        "series": None if decision is None or decision.basis is None else decision.basis.series_id,
        "kept_by": list(one.kept_by),
        "within": list(one.outer),
        "aside": one.account.aside,
    }


def _earliest(one: CopyStanding) -> date | None:
    """The first day on which its rule lets it go; None where its clock has not started."""
    return None if one.decision is None or one.account.open_because else one.decision.eligible_on


def standing_lines(document: Mapping[str, Any]) -> list[str]:
    """`standing_document` for people."""
    since = f"may go since {document['eligible_on']}" if document["may_go"] else f"from {document['eligible_on']}"
    lines = [since if document["eligible_on"] else "no day yet"]
    lines += [f"kept: {why}" for why in document["kept_by"]]
    lines += [f"goes after {one}, in which it stands" for one in document["within"]]
    if document["aside"]:
        lines.append(f"{document['aside']:,} files in it make no record and are nowhere else")
    if document.get("records_waiting"):
        lines.append(
            f"{document['records_waiting']:,} of {document['records']:,} records out of it are eligible and wait"
        )
    if document.get("records_due_before"):
        first = document["due_before"][0]
        lines.append(
            f"DUE BEFORE  by their schedule {document['records_due_before']:,} records out of it go before it may, the "
            f"first by {first['latest_on']}: {first['id']}"
        )
    return lines


def _waiting(installation: Installation, connection: Connection, one: CopyStanding, day: date) -> dict[str, Any]:
    """The records out of a container that are eligible, and those that by their schedule go before it may."""
    ids = records_out_of(connection, one.account.within)
    eligible, overdue, earliest = 0, [], _earliest(one)
    until = None if one.kept_by else max(day, earliest) if earliest is not None else None
    for start in range(0, len(ids), _PAGE):
        rows = connection.execute(records.select().where(records.c.id.in_(ids[start : start + _PAGE])))
        page = [record_of(row) for row in rows]
        for record, decided in zip(page, installation.retention.decide_all(connection, page, day), strict=True):
            eligible += decided.decision is Verdict.ELIGIBLE
            if decided.latest_on is not None and (until is None or decided.latest_on < until):
                overdue.append({"id": record.id, "latest_on": decided.latest_on.isoformat()})
    return {
        "records": len(ids),
        "records_waiting": eligible,
        "records_due_before": len(overdue),
        "due_before": sorted(overdue, key=lambda row: (row["latest_on"], row["id"]))[:_TOLD_RECORDS],
    }


def _counted(progress: Callable[[int, int | None], None]) -> Callable[[int], None]:
    done = 0

    def count(looked_at: int) -> None:
        nonlocal done
        done += looked_at
        progress(done, None)

    return count
