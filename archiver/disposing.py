"""Disposition as acts of people: proposed, prepared step by step, approved by others, withdrawn, looked at.

Rules:

- The proposer never approves, and nobody approves twice; persons are told apart as in `archiver/signatories.py`.
- What was proposed for a day that is still to come is a forecast. It is not approved, but in an archive made for tests.
- Approval asks everything again: eligibility, holds, adoption, steps. What no longer qualifies is dropped and listed,
  the rest goes on. The destroying transaction asks it all once more (`archiver/disposition_executing.py`).
- Who holds passphrase and host can act as anybody; the anchors of the ledger show that he did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.disposing_copies import for_its_list
from archiver.disposition_evidence import refuse_altered
from archiver.disposition_view import batch_document, wanted_steps
from archiver.signatories import signatory, signatory_of
from retention.clock_watch import refuse_frozen
from retention.disposition_choosing import Choice, Choosing, Wanted
from retention.disposition_reading import approvers, is_same_person, left, read_acts, read_grounds
from retention.disposition_types import OPEN, ActKind, BatchAction, State
from retention.dispositions import act, drop, list_batches, propose, read_batch, set_state
from storage.errors import Conflict, Denied, InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.disposition_types import DispositionBatch

PAGE: Final = 1_000
_LONGEST_TEXT: Final = 1_000
_TOLD_REASONS: Final = 20
ANYTHING: Final = Wanted()


def _quietly(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def choosing(installation: Installation) -> Choosing:
    """What chooses and re-checks the records of batches."""
    archive = installation.archive
    return Choosing(archive.store, archive.catalogue, installation.library, installation.retention)


def effective_day(installation: Installation, batch: DispositionBatch) -> date:
    """The day on which a batch is judged: today, or the forecast's day in an archive made for tests."""
    today = installation.retention.today()
    return max(today, batch.today) if batch.forecast and installation.archive.test_clock else today


def propose_batch(
    installation: Installation,
    who: Principal,
    today: date,
    *,
    wanted: Wanted = ANYTHING,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Freeze what may be destroyed, or transferred, on a day as a batch; then as `show_batch`, and what was left out.

    Raises:
        Denied: this role may not; it is an act of a person.
        Conflict: nothing may be proposed for that day, or a transfer would go to several recipients.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    archive = installation.archive
    installation.retention.watch.look()
    installation.judging().catch_up()
    installation.retention.assign_pending(actor=who.actor)
    done = 0

    def count(looked_at: int) -> None:
        nonlocal done
        done += looked_at
        progress(done, None)

    choice = choosing(installation).choose(today, wanted, progress=count)
    _refuse_choice(choice, today, wanted)
    forecast = today > installation.retention.today()
    with archive.store.write() as transaction:
        refuse_frozen(transaction.connection)
        person = signatory(installation, transaction.connection, who)
        batch = propose(
            transaction,
            choice.chosen,
            person,
            today=today,
            forecast=forecast,
            series_id=wanted.series_id,
            action=wanted.doing,
        )
    with archive.store.read() as connection:
        document = batch_document(installation, connection, batch, with_list=True)
    left_out = [{"why": why, "records": number} for why, number in choice.others.most_common(_TOLD_REASONS)]
    out = {
        "held": choice.held,
        "not_destroyable": left_out,
        "beyond": choice.beyond,
        "in_open_batches": choice.open_elsewhere + len(choice.chosen) - document["records"],
    }
    return {**document, "left_out": out}


def _refuse_choice(choice: Choice, today: date, wanted: Wanted) -> None:
    if not choice.chosen:
        others = sum(choice.others.values())
        if choice.open_elsewhere and not others and not choice.held:
            raise Conflict("every record that may be proposed is in an open batch; see: archiver disposition list")
        why = f" ({choice.others.most_common(1)[0][0]})" if choice.others else ""
        raise Conflict(
            f"no record may be proposed for {today}: {choice.held:,} are held, {choice.open_elsewhere:,} are in open "
            f"batches, and {others:,} are eligible{why}; see: archiver retention evaluate"
        )
    if wanted.doing is BatchAction.TRANSFER:
        recipients = sorted({one.ground.action for one in choice.chosen})
        if len(recipients) > 1:
            named = "; ".join(recipients)
            raise Conflict(f"a transfer has one recipient, and these records go to several: {named}; give --recipient")


def list_dispositions(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """Every batch, oldest first. Looking at them is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_DISPOSITIONS)
    with installation.archive.store.read() as connection:
        found = [batch_document(installation, connection, one, with_list=False) for one in list_batches(connection)]
    _saw(installation, who, {"listed": len(found)})
    return found


def show_batch(installation: Installation, who: Principal, batch_id: str) -> dict[str, Any]:
    """A batch with every record of its list. Looking at it is an event.

    Raises:
        NotFound: there is no such batch.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_DISPOSITIONS)
    document = document_of(installation, batch_id)
    _saw(installation, who, {"shown": 1}, batch_id)
    return document


def document_of(installation: Installation, batch_id: str) -> dict[str, Any]:
    """The document of a batch.

    Raises:
        NotFound: there is no such batch.
    """
    with installation.archive.store.read() as connection:
        return batch_document(installation, connection, read_batch(connection, batch_id), with_list=True)


def record_step(
    installation: Installation, who: Principal, batch_id: str, step: str, *, reference: str, done_on: date | None
) -> dict[str, Any]:
    """Record that a step which the rule asks for was done; `step` is its number or its name in `disposition show`.

    Raises:
        NotFound: there is no such batch.
        InvalidInput: no such step, a day that is still to come, or no reference.
        Conflict: the batch is not only proposed any more.
        Denied: this role may not.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    said = said_text(reference, "--reference says where it is written: a number, a letter, a date")
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        batch = in_state(connection, batch_id, State.PROPOSED)
        day = done_on or effective_day(installation, batch)
        if day > effective_day(installation, batch):
            raise InvalidInput(f"{day} is still to come; a step is recorded when it was done")
        wanted = wanted_steps(read_grounds(connection, batch_id).values())
        names = {str(number): one.name for number, one in enumerate(wanted, start=1)}
        names |= {one.name: one.name for one in wanted}
        if step not in names:
            known = "; ".join(f"{number}: {one.name}" for number, one in enumerate(wanted, start=1))
            raise InvalidInput(f"this batch asks for {known or 'no step'}")
        person = signatory(installation, connection, who)
        payload = {"step": names[step], "done_on": day.isoformat(), "reference": said}
        act(transaction, batch_id, ActKind.STEP, person, payload=payload, step=names[step], done_on=day)
    return document_of(installation, batch_id)


def approve_batch(installation: Installation, who: Principal, batch_id: str) -> dict[str, Any]:
    """Approve a batch; what no longer qualifies is dropped first. Then as `show_batch`.

    Raises:
        NotFound: there is no such batch.
        Denied: this role may not, or this person proposed or approved it already.
        Conflict: it is a forecast, is not waiting for approval, a step is missing, or nothing of it is left.
    """
    authorize(who, Act.APPROVE_DISPOSITION)
    archive = installation.archive
    installation.retention.watch.look()
    installation.judging().catch_up()
    with archive.store.read() as connection:
        batch = _refuse_approval(installation, connection, batch_id, who)
        refuse_altered(installation, connection, batch)
    day = effective_day(installation, batch)
    asked = choosing(installation).recheck(batch_id, day, expected=State.PROPOSED, approvals=0, doing=batch.action)
    recheck = for_its_list(installation, batch, asked, day, expected=State.PROPOSED)
    dropped: dict[str, str] = {}
    grounds: set[int] = set()
    kept = after = 0
    while True:
        with archive.store.read() as connection:
            page = left(connection, batch_id, after, PAGE)
            if not page:
                break
            after = page[-1][0]
            refused = recheck.objections(connection, [one.record_id for _, one in page])
        dropped |= refused
        kept += len(page) - len(refused)
        grounds |= {one.ground for _, one in page if one.record_id not in refused}
    with archive.store.write() as transaction:
        connection = transaction.connection
        _refuse_approval(installation, connection, batch_id, who)
        missing = [why for number, why in recheck.missing_steps(connection).items() if number in grounds]
        if missing:
            raise Conflict(f"batch {batch_id} cannot be approved: {missing[0]}; see: archiver disposition show")
        person = signatory(installation, connection, who)
        drop(transaction, batch_id, dropped, actor=who.actor)
        if kept:
            payload = {
                "list_sha256": batch.list_sha256,
                "records": kept,
                "dropped": len(dropped),
                "judged_for": day.isoformat(),
            }
            act(transaction, batch_id, ActKind.APPROVE, person, payload=payload)
            given = len(approvers(read_acts(connection, batch_id)))
            if given >= installation.settings.retention.approvals:
                set_state(transaction, batch_id, State.APPROVED)
    if not kept:
        raise Conflict(f"no record of batch {batch_id} may go any more; withdraw it and propose anew")
    return document_of(installation, batch_id)


def _refuse_approval(
    installation: Installation, connection: Connection, batch_id: str, who: Principal
) -> DispositionBatch:
    refuse_frozen(connection)
    batch = in_state(connection, batch_id, State.PROPOSED)
    # a clock that ran ahead when it was proposed, and was set right, made no forecast of it then
    ahead = batch.forecast or batch.today > installation.retention.today()
    if ahead and not installation.archive.test_clock:
        raise Conflict(f"batch {batch_id} is a forecast for {batch.today}; propose it anew when the day has come")
    person = signatory(installation, connection, who)
    for one in read_acts(connection, batch_id):
        earlier = one.signatory
        # by his row of now too: a name or a token may have been given to another since
        present = signatory_of(installation, connection, earlier.actor) or earlier
        if one.kind in (ActKind.PROPOSE, ActKind.APPROVE) and (
            is_same_person(earlier, person) or is_same_person(present, person)
        ):
            did = "proposed" if one.kind is ActKind.PROPOSE else "approved"
            raise Denied(f"whoever {did} batch {batch_id} may not approve it; another person has to")
    return batch


def withdraw_batch(installation: Installation, who: Principal, batch_id: str, *, reason: str) -> dict[str, Any]:
    """Withdraw a batch, its proposer or anybody who may propose; what was destroyed already stays destroyed.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is withdrawn or executed already.
        Denied: this role may not.
        InvalidInput: no reason.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    said = said_text(reason, "--reason says why")
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        in_state(connection, batch_id, *OPEN)
        person = signatory(installation, connection, who)
        act(transaction, batch_id, ActKind.WITHDRAW, person, payload={"reason": said})
        set_state(transaction, batch_id, State.WITHDRAWN)
    return document_of(installation, batch_id)


def in_state(connection: Connection, batch_id: str, *states: State) -> DispositionBatch:
    """A batch that is in one of these states.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is in another.
    """
    batch = read_batch(connection, batch_id)
    if batch.state not in states:
        wanted = " or ".join(one.value for one in states)
        raise Conflict(f"batch {batch_id} is {batch.state.value}, and no longer {wanted}", batch=batch_id)
    return batch


def said_text(text: str, wanted: str) -> str:
    """What a person wrote, in one line.

    Raises:
        InvalidInput: it is empty or too long; `wanted` says what it is for.
    """
    cleaned = " ".join(text.split())
    if not 0 < len(cleaned) <= _LONGEST_TEXT:
        raise InvalidInput(f"{wanted}, in 1 to {_LONGEST_TEXT:,} characters")
    return cleaned


def _saw(installation: Installation, who: Principal, payload: dict[str, Any], *batch_ids: str) -> None:
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.DISPOSITIONS_VIEWED, actor=who.actor, subjects=batch_ids, payload=payload)
