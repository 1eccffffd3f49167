"""Executing an approved batch: slice by slice, each asked everything again inside the transaction that destroys it.

Rules:

- A slice is destroyed whole or not at all (`archiver/destroying.py`). What is held or no longer qualifies when its turn
  comes is dropped with the reason, and the rest of the slice is asked again.
- What was destroyed is read from the destructions. So a run that was killed anywhere goes on where it stopped, at the
  next `execute`, and nothing is destroyed that the batch does not name.
- Records that share their submission stand next to each other in the list and go in one slice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.disposing import choosing, document_of, effective_day, signatory
from archiver.disposition_evidence import refuse_altered
from archiver.disposition_view import destructions_of
from retention.disposition_reading import left, listed
from retention.dispositions import ActKind, State, act, drop, read_batch, set_state
from storage.errors import Conflict, NotFound
from storage.shredding import MOST_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.disposition_choosing import Recheck
    from retention.disposition_reading import Listed

SLICE: Final = 500


def _quietly(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def execute_batch(
    installation: Installation,
    who: Principal,
    batch_id: str,
    *,
    at_once: bool = False,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Destroy what is left of an approved batch; safe to repeat. Then as `disposition show`.

    Args:
        installation: the archive.
        who: the person who executes it.
        batch_id: the batch.
        at_once: roll the keys and confirm absence now, and not with the daily roll.
        progress: told how many records are done, of how many.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is not approved.
        Denied: this role may not; it is an act of a person.
        StorageFull, TemporarilyUnavailable: not now; whole slices are destroyed or untouched.
    """
    authorize(who, Act.EXECUTE_DISPOSITION)
    archive = installation.archive
    installation.retention.watch.look()
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
        signatory(installation, connection, who)
        if batch.state not in (State.APPROVED, State.EXECUTED):
            raise Conflict(f"batch {batch_id} is {batch.state.value}; only what others approved is executed")
        refuse_altered(installation, connection, batch)
        total = sum(1 for _ in listed(connection, batch_id))
    if batch.state is State.APPROVED:
        _destroy_all(installation, who, batch_id, total, progress)
        _close(installation, who, batch_id)
    installation.destroying().advance(actor=who.actor, at_once=at_once)
    return document_of(installation, batch_id)


def _destroy_all(
    installation: Installation,
    who: Principal,
    batch_id: str,
    total: int,
    progress: Callable[[int, int | None], None],
) -> None:
    archive = installation.archive
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
    recheck = choosing(installation).recheck(
        batch_id,
        effective_day(installation, batch),
        expected=State.APPROVED,
        approvals=installation.settings.retention.approvals,
    )
    done = after = 0
    while True:
        with archive.store.read() as connection:
            whole = recheck.refusal(connection)
            page = _next_slice(left(connection, batch_id, after, MOST_AT_ONCE))
        if whole is not None:
            raise Conflict(f"nothing more of batch {batch_id} is destroyed: {whole}", batch=batch_id)
        if not page:
            return
        # a hold that was placed meanwhile is compared now, or all of the slice would be dropped as not compared
        installation.judging().catch_up()
        _destroy_slice(installation, who, batch_id, {one.record_id: one.submission_id for _, one in page}, recheck)
        after = page[-1][0]
        done += len(page)
        progress(done, total)


def _next_slice(page: Sequence[tuple[int, Listed]]) -> list[tuple[int, Listed]]:
    """The first records, up to the end of the submission at which a slice is full."""
    found: list[tuple[int, Listed]] = []
    for ordinal, one in page:
        if len(found) >= SLICE and one.submission_id != found[-1][1].submission_id:
            break
        found.append((ordinal, one))
    return found


def _destroy_slice(
    installation: Installation, who: Principal, batch_id: str, submission_of: Mapping[str, str], recheck: Recheck
) -> None:
    """Destroy those of the records that may be; the others are dropped. Every try has fewer records."""
    archive = installation.archive
    wanted = list(submission_of)
    while wanted:
        with archive.store.read() as connection:
            refused = dict(recheck.objections(connection, wanted))
        if refused:
            _drop(installation, who, batch_id, refused, recheck)
            wanted = [one for one in wanted if one not in refused]
            continue
        try:
            payload = {"disposition": batch_id, "executed_by": who.actor}
            installation.destroying().destroy(wanted, actor=who.actor, payload=payload, guard=recheck)
        except (Conflict, NotFound) as refusal:
            named = refusal.fields.get("record")
            with archive.store.read() as connection:
                again = dict(recheck.objections(connection, wanted))
            if not again and named not in wanted:
                raise
            if not again:  # what was handed in together stays together
                why = refusal.message.removesuffix("; nothing was destroyed")
                again = {one: why for one in wanted if submission_of[one] == submission_of[str(named)]}
            _drop(installation, who, batch_id, again, recheck)
            wanted = [one for one in wanted if one not in again]
        else:
            return


def _drop(installation: Installation, who: Principal, batch_id: str, refused: dict[str, str], recheck: Recheck) -> None:
    with installation.archive.store.write() as transaction:
        whole = recheck.refusal(transaction.connection)
        if whole is not None:
            raise Conflict(f"nothing more of batch {batch_id} is destroyed: {whole}", batch=batch_id)
        drop(transaction, batch_id, refused, actor=who.actor)


def _close(installation: Installation, who: Principal, batch_id: str) -> None:
    """Say that nothing of the batch is left, once; another who executed it at the same time may have said so."""
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        if read_batch(connection, batch_id).state is not State.APPROVED or left(connection, batch_id, 0, 1):
            return
        members = list(listed(connection, batch_id))
        mine = destructions_of(installation, connection, members, batch_id)
        destroyed = sum(1 for one in members if one.dropped is None and one.destruction_id in mine)
        payload = {
            "destroyed": destroyed,
            "dropped": len(members) - destroyed,
            "destructions": sorted(mine),
        }
        person = signatory(installation, connection, who)
        act(transaction, batch_id, ActKind.EXECUTE, person, payload=payload)
        set_state(transaction, batch_id, State.EXECUTED)
