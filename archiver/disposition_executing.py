"""Executing an approved batch: slice by slice, each asked everything again inside the transaction that destroys it.

Rules:

- A slice is destroyed whole or not at all (`archiver/destroying.py`). What is held or no longer qualifies when its turn
  comes is dropped with the reason, and the rest of the slice is asked again.
- What was destroyed is read from the destructions. So a run that was killed anywhere goes on where it stopped, at the
  next `execute`, and nothing is destroyed that the batch does not name.
- To execute is an act of a person. Once he has begun, the service goes on in his name: the decisions name both.
- Records of one family stand next to each other in the list and go in one slice.
- After a transfer only that is removed which its recipient accepted, in exactly those bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.disposing import choosing, document_of, effective_day
from archiver.disposing_copies import COPY_SLICE, destroy_listed, for_its_list
from archiver.disposition_evidence import refuse_altered
from archiver.disposition_view import destructions_of
from archiver.signatories import signatory, signatory_of
from archiver.turns import turn
from retention.disposition_reading import left, read_acts, tally
from retention.disposition_types import ActKind, BatchAction, Signatory, State
from retention.dispositions import act, drop, list_batches, read_batch, set_state
from storage.errors import Conflict, Corrupt, NotFound
from storage.records import RecordState
from storage.shredding import MOST_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.disposing_copies import AnyRecheck
    from archiver.wiring import Installation
    from retention.disposition_reading import Listed
    from retention.disposition_types import DispositionBatch

SLICE: Final = 500
_TURN: Final = "disposition"


def _quietly(_done: int, _total: int | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hand:
    """Who acts, as the ledger names him, and in whose name; both are one but where the service goes on."""

    actor: str
    person: Signatory

    @property
    def signatory(self) -> Signatory:
        return Signatory(actor=self.actor, marks=self.person.marks)


def execute_batch(
    installation: Installation,
    who: Principal,
    batch_id: str,
    *,
    at_once: bool = False,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Destroy what is left of an approved batch, or remove what was transferred; safe to repeat.

    Args:
        installation: the archive.
        who: the person who executes it.
        batch_id: the batch.
        at_once: roll the keys and confirm absence now, and not with the daily roll.
        progress: told how many records are done, of how many.

    Returns the document of `disposition show`.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is not approved, or the recipient of the transfer has not answered.
        Denied: this role may not; it is an act of a person.
        StorageFull, TemporarilyUnavailable: not now; whole slices are destroyed or untouched.
    """
    authorize(who, Act.EXECUTE_DISPOSITION)
    archive = installation.archive
    installation.retention.watch.look()
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
        hand = _Hand(actor=who.actor, person=signatory(installation, connection, who))
        if batch.state not in (State.APPROVED, State.EXECUTED):
            raise Conflict(f"batch {batch_id} is {batch.state.value}; only what others approved is executed")
        refuse_altered(installation, connection, batch)
    with turn(archive.folder, _TURN):  # the service leaves it alone meanwhile; two at a time do no harm
        if batch.state is State.APPROVED:
            _begin(installation, hand, batch)
            try:
                _take_all(installation, hand, batch, progress)
                _close(installation, hand, batch_id)
            except Conflict:
                with archive.store.read() as connection:  # the service may have come to its end first
                    if read_batch(connection, batch_id).state is not State.EXECUTED:
                        raise
        installation.destroying().advance(actor=who.actor, at_once=at_once)
    return document_of(installation, batch_id)


def resume_executions(installation: Installation, *, actor: str, slices: int) -> int:
    """Go on with what persons began to execute, in their names, some slices of it; how many records were looked at.

    Raises:
        Conflict: nothing more of a batch may go; whoever may propose can withdraw it.
        Corrupt: a batch is not what the ledger says of it.
        StorageFull, TemporarilyUnavailable: not now.
    """
    archive = installation.archive
    with archive.store.read() as connection:
        begun = _begun(installation, connection)
    if not begun:
        return 0
    with turn(archive.folder, _TURN) as mine:
        if not mine:
            return 0
        done, refusals = 0, []
        for batch_id, person in begun:
            hand = _Hand(actor=actor, person=person)
            try:
                with archive.store.read() as connection:
                    batch = read_batch(connection, batch_id)
                    refuse_altered(installation, connection, batch)
                done += _take_all(installation, hand, batch, _quietly, slices=slices)
                _close(installation, hand, batch_id)
            except (Conflict, Corrupt) as refusal:  # one batch must not hold up the others
                refusals.append(refusal)
        if refusals:
            raise refusals[0]
        return done


def _begun(installation: Installation, connection: Connection) -> list[tuple[str, Signatory]]:
    """The approved batches whose execution a person began who is still a user, and that person."""
    found = []
    for batch in list_batches(connection):
        if batch.state is not State.APPROVED:
            continue
        began = [one.signatory for one in read_acts(connection, batch.id) if one.kind is ActKind.BEGIN]
        if began and signatory_of(installation, connection, began[-1].actor) is not None:
            found.append((batch.id, began[-1]))
    return found


def _begin(installation: Installation, hand: _Hand, batch: DispositionBatch) -> None:
    """Write down that a person said so, once for each person."""
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        acts = read_acts(connection, batch.id)
        if read_batch(connection, batch.id).state is not State.APPROVED:
            return
        answers = [one for one in acts if one.kind is ActKind.ANSWER]
        if batch.action is BatchAction.TRANSFER and not answers:
            raise Conflict(
                f"the recipient of transfer {batch.id} has not answered yet, and nothing is removed before; record it "
                "with: archiver disposition accept, or: decline",
                batch=batch.id,
            )
        if not any(one.kind is ActKind.BEGIN and one.signatory.actor == hand.actor for one in acts):
            act(transaction, batch.id, ActKind.BEGIN, hand.person)


def _take_all(
    installation: Installation,
    hand: _Hand,
    batch: DispositionBatch,
    progress: Callable[[int, int | None], None],
    *,
    slices: int | None = None,
) -> int:
    """Take slice after slice, at most so many; returns how many records were looked at."""
    archive = installation.archive
    day = effective_day(installation, batch)
    asked = choosing(installation).recheck(
        batch.id,
        day,
        expected=State.APPROVED,
        approvals=installation.settings.retention.approvals,
        doing=batch.action,
        accepted=batch.action is BatchAction.TRANSFER,
    )
    recheck = for_its_list(installation, batch, asked, day, expected=State.APPROVED)
    with archive.store.read() as connection:
        total = tally(connection, batch.id).records
    done = after = turns = 0
    while slices is None or turns < slices:
        with archive.store.read() as connection:
            whole = recheck.refusal(connection)
            page = _next_slice(connection, batch.id, after)
        if whole is not None:
            raise Conflict(f"nothing more of batch {batch.id} may go: {whole}", batch=batch.id)
        if not page:
            break
        if batch.action is BatchAction.DESTROY_COPIES:
            page = page[:COPY_SLICE]
        # a hold that was placed meanwhile is compared now, or all of the slice would be dropped as not compared
        installation.judging().catch_up()
        _take_slice(installation, hand, batch, {one.record_id: one.family for _, one in page}, recheck)
        after = page[-1][0]
        turns += 1
        done += len(page)
        progress(done, total)
    return done


def _next_slice(connection: Connection, batch_id: str, after: int) -> list[tuple[int, Listed]]:
    """The next records, up to the end of the family at which a slice is full."""
    for limit in (2 * SLICE, MOST_AT_ONCE):
        page = left(connection, batch_id, after, limit)
        found = _up_to_a_family(page)
        if len(found) < len(page) or len(page) < limit:
            return found
    return found


def _up_to_a_family(page: Sequence[tuple[int, Listed]]) -> list[tuple[int, Listed]]:
    found: list[tuple[int, Listed]] = []
    for ordinal, one in page:
        if len(found) >= SLICE and one.family != found[-1][1].family:
            break
        found.append((ordinal, one))
    return found


def _take_slice(
    installation: Installation, hand: _Hand, batch: DispositionBatch, family_of: Mapping[str, int], recheck: AnyRecheck
) -> None:
    """Take those of the records that may go; the others are dropped. Every try has fewer records."""
    archive = installation.archive
    wanted = list(family_of)
    leads_to = RecordState.TRANSFERRED if batch.action is BatchAction.TRANSFER else RecordState.DESTROYED
    payload = {"disposition": batch.id, "executed_by": hand.person.actor}
    while wanted:
        with archive.store.read() as connection:
            refused = dict(recheck.objections(connection, wanted))
        if refused:
            _drop(installation, hand, batch.id, refused, recheck)
            wanted = [one for one in wanted if one not in refused]
            continue
        try:
            destroy_listed(installation, wanted, recheck, actor=hand.actor, payload=payload, leads_to=leads_to)
        except (Conflict, NotFound) as refusal:
            named = refusal.fields.get("record")
            with archive.store.read() as connection:
                again = dict(recheck.objections(connection, wanted))
            if not again and named not in wanted:
                raise
            if not again:  # a family goes together
                why = refusal.message.removesuffix("; nothing was destroyed")
                again = {one: why for one in wanted if family_of[one] == family_of[str(named)]}
            _drop(installation, hand, batch.id, again, recheck)
            wanted = [one for one in wanted if one not in again]
        else:
            return


def _drop(installation: Installation, hand: _Hand, batch_id: str, refused: dict[str, str], recheck: AnyRecheck) -> None:
    with installation.archive.store.write() as transaction:
        whole = recheck.refusal(transaction.connection)
        if whole is not None:
            raise Conflict(f"nothing more of batch {batch_id} may go: {whole}", batch=batch_id)
        drop(transaction, batch_id, refused, actor=hand.actor)


def _close(installation: Installation, hand: _Hand, batch_id: str) -> None:
    """Say that nothing of the batch is left, once; another who executed it at the same time may have said so."""
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        if read_batch(connection, batch_id).state is not State.APPROVED or left(connection, batch_id, 0, 1):
            return
        numbers = tally(connection, batch_id)
        mine = destructions_of(installation, connection, numbers.gone, batch_id)
        gone = sum(numbers.gone[one] for one in mine)
        payload = {"destroyed": gone, "dropped": numbers.records - gone, "destructions": sorted(mine)}
        act(transaction, batch_id, ActKind.EXECUTE, hand.signatory, payload=payload)
        set_state(transaction, batch_id, State.EXECUTED)
