"""Release of what is no record, as acts of people: asked for, agreed to by somebody else, refused, withdrawn.

Rules:

- Who asks is the employee whose it is, or an officer; who agrees is another person, an officer or an approver. Persons
  are told apart as for dispositions (`archiver/signatories.py`): by token, name and custodian.
- An agreement destroys at once, by the path of every destruction, and in the same transaction the claim is closed.
  Holds are asked there under the write lock; an open request is a hold, so it is asked with them.
- A hold is no matter of who asks: an employee is never told of one. It is said to who agrees, and the claim stays open.
- The record is dropped from open batches that destroy. Where a batch transfers it to somebody, that comes first.
- What lies in quarantine is released in the same way; it was compared with no hold, so that every hold that might reach
  it keeps it (`retention/quarantine_holds.py`).
- Content needs no clock: nothing here depends on a day, so a clock that is not believed stops nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.nonrecord_subjects import are_submissions, sizes_to_ask
from archiver.nonrecord_view import claim_document
from archiver.signatories import signatory, signatory_of
from retention.disposition_reading import is_same_person
from retention.disposition_types import BatchAction
from retention.nonrecords import (
    KINDS,
    MOST_RECORDS,
    ClaimAct,
    ClaimState,
    ask,
    claims_of,
    drop_released,
    end,
    list_claims,
    open_batches_of,
    read_claim,
)
from retention.quarantine_holds import held_in_quarantine
from storage.errors import Conflict, Corrupt, Denied, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.nonrecord_reasons import NonrecordReason
    from retention.nonrecords import Claim
    from storage.transaction import Transaction

DROPPED: Final = "it was released as not a record ({claim})"
_LONGEST_TEXT: Final = 1_000


def ask_release(
    installation: Installation, who: Principal, record_ids: Sequence[str], *, reason: str, note: str | None = None
) -> dict[str, Any]:
    """Ask for the release of records that are none; then as `show_claim`.

    Args:
        installation: the archive.
        who: an employee, for his own, or an officer.
        record_ids: released together or not at all; or submissions that lie in quarantine, by who decides on these.
        reason: the code of a reason that the agency allows.
        note: what the person who decides should know; it is destroyed with the records.

    Raises:
        Denied: this role may not; it is an act of a person.
        InvalidInput: no such reason, too long a note, or too many records.
        NotFound: no such record, or not for this principal.
        Conflict: one is gone, in an open claim, or cannot go without something that stays.
    """
    authorize(who, Act.ASK_NONRECORD)
    chosen = _reason(installation, reason)
    said = None if note is None or not note.strip() else _text(note, "--note says what who decides should know")
    wanted = list(dict.fromkeys(record_ids))
    if not 0 < len(wanted) <= MOST_RECORDS:
        raise InvalidInput(f"a claim takes 1 to {MOST_RECORDS} records")
    archive = installation.archive
    with archive.store.write() as transaction:
        connection = transaction.connection
        sizes = sizes_to_ask(installation, connection, who, wanted)
        person = signatory(installation, connection, who)
        claim_id = ask(transaction, sizes, person, chosen, said)
    return _document(installation, who, claim_id)


def _reason(installation: Installation, code: str) -> NonrecordReason:
    allowed = installation.settings.retention.nonrecord_reasons
    found = next((one for one in allowed if one.value == code.strip().casefold()), None)
    if found is None:
        known = ", ".join(one.value for one in allowed)
        raise InvalidInput(f"the reasons are: {known or 'none; this agency releases nothing as not a record'}")
    return found


def withdraw_claim(installation: Installation, who: Principal, claim_id: str) -> dict[str, Any]:
    """Take an open claim back, by who asked; then as `show_claim`.

    Raises:
        NotFound: no such claim, or not for this principal.
        Conflict: it is closed.
        Denied: somebody else asked.
    """
    authorize(who, Act.ASK_NONRECORD)
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        claim = _open(_seen(connection, who, claim_id))
        person = signatory(installation, connection, who)
        if not is_same_person(claim.asked.signatory, person):
            raise Denied(f"claim {claim_id} is withdrawn by who asked; others refuse it")
        end(transaction, claim, ClaimAct.WITHDRAW, person)
    return _document(installation, who, claim_id)


def refuse_claim(installation: Installation, who: Principal, claim_id: str, *, reason: str) -> dict[str, Any]:
    """Refuse an open claim: its records stay. Who asked reads the reason. Then as `show_claim`.

    Raises:
        NotFound: there is no such claim.
        InvalidInput: no reason.
        Conflict: it is closed.
        Denied: this role may not; it is an act of a person.
    """
    authorize(who, Act.DECIDE_NONRECORD)
    said = _text(reason, "--reason says why they stay records")
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        claim = _open(read_claim(connection, claim_id))
        person = signatory(installation, connection, who)
        end(transaction, claim, ClaimAct.REFUSE, person, payload={"reason": said})
    return _document(installation, who, claim_id)


def agree_claim(installation: Installation, who: Principal, claim_id: str, *, at_once: bool = False) -> dict[str, Any]:
    """Agree that records are none: they are destroyed with this call. Then as `show_claim`.

    Args:
        installation: the archive.
        who: another person than who asked.
        claim_id: the claim; one that is agreed to already is only brought further.
        at_once: roll the keys and confirm absence now, and not with the daily roll.

    Raises:
        NotFound: there is no such claim.
        Conflict: it is closed, a record is held or gone, a batch transfers it, or it cannot go alone; nothing was
            destroyed.
        Denied: this role may not, or this person asked.
        StorageFull, TemporarilyUnavailable: before the decision, nothing was destroyed; after it, the rest follows.
    """
    authorize(who, Act.DECIDE_NONRECORD)
    archive = installation.archive
    with archive.store.read() as connection:
        claim = read_claim(connection, claim_id)
        signatory(installation, connection, who)
    if claim.state is not ClaimState.AGREED:
        installation.judging().catch_up()  # or a hold that was placed just now would hold everything
        _release(installation, who, claim)
    installation.destroying().advance(actor=who.actor, at_once=at_once)
    return _document(installation, who, claim_id)


def _release(installation: Installation, who: Principal, claim: Claim) -> None:
    agreement = _Agreement(installation, who, claim.id)
    with installation.archive.store.read() as connection:  # said before anything is locked
        agreement.objections(connection, claim.record_ids)
    payload = {
        "nonrecord": claim.id,
        "reason": claim.reason.value,
        "asked_by": claim.asked.signatory.actor,
        "agreed_by": who.actor,
    }
    destroying = installation.destroying()
    if are_submissions(claim.record_ids):
        destroying.destroy_quarantined(
            claim.record_ids, actor=who.actor, payload=payload, guard=agreement, beside=agreement.close
        )
        return
    destroying.destroy(
        claim.record_ids,
        actor=who.actor,
        payload=payload,
        guard=agreement,
        leads_to=RecordState.RELEASED,
        beside=agreement.close,
    )


class _Agreement:
    """The agreement of one person to one claim; a `DestructionGuard`, asked in the transaction that destroys."""

    def __init__(self, installation: Installation, who: Principal, claim_id: str) -> None:
        self._installation = installation
        self._who = who
        self._claim_id = claim_id

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """See `DestructionGuard.objections`.

        Raises:
            Conflict: the claim is closed.
            Denied: this person asked.
            Corrupt: the claim is not what the ledger says of it.
        """
        claim = _open(read_claim(connection, self._claim_id))
        if claim.record_ids != tuple(record_ids):
            raise Conflict(f"claim {claim.id} names other records")
        _refuse_altered(self._installation, connection, claim)
        _refuse_same_person(self._installation, connection, claim, self._who)
        if are_submissions(claim.record_ids):
            return held_in_quarantine(connection, self._installation.holds, claim.record_ids)
        return {
            record_id: f"batch {batch_id} transfers it; withdraw that first"
            for batch_id, (action, listed) in open_batches_of(connection, record_ids).items()
            if action is BatchAction.TRANSFER
            for record_id in listed
        }

    def close(self, transaction: Transaction, destruction_id: str) -> None:
        """Close the claim, and drop its records from open batches; in the transaction that destroys them."""
        connection = transaction.connection
        claim = read_claim(connection, self._claim_id)
        person = signatory(self._installation, connection, self._who)
        payload = {"reason": claim.reason.value, "records": len(claim.sizes)}
        end(transaction, claim, ClaimAct.AGREE, person, payload=payload, destruction_id=destruction_id)
        drop_released(transaction, claim, DROPPED.format(claim=claim.id), actor=self._who.actor)


def _refuse_same_person(installation: Installation, connection: Connection, claim: Claim, who: Principal) -> None:
    person = signatory(installation, connection, who)
    asked = claim.asked.signatory
    # by his row of now too: a name or a token may have been given to another since
    present = signatory_of(installation, connection, asked.actor) or asked
    if is_same_person(asked, person) or is_same_person(present, person):
        raise Denied(f"whoever asked for {claim.id} may not agree to it; another person has to")


def _refuse_altered(installation: Installation, connection: Connection, claim: Claim) -> None:
    """What somebody wrote into rows by hand releases nothing: the leaf of the ask says who asked for which records."""
    event = installation.archive.ledger.event_at(connection, claim.position).event
    wanted = (KINDS[ClaimAct.ASK], claim.asked.signatory.actor, (claim.id, *claim.record_ids))
    same = (event.kind, event.actor, event.subjects) == wanted and claim.asked.position == claim.position
    said = installation.archive.ledger.payload(connection, claim.position)
    # where a record is gone so is the payload, and the destruction is refused for that
    if not same or (said is not None and said.get("reason") != claim.reason.value):
        raise Corrupt(f"claim {claim.id} is not what the ledger says of it; run: archiver verify --all")


def list_nonrecords(
    installation: Installation, who: Principal, *, state: ClaimState | None = None
) -> list[dict[str, Any]]:
    """The claims, oldest first; an employee sees his own. Looking at those of others is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_NONRECORDS)
    own = None if who.sees_only is None else who.actor
    with installation.archive.store.read() as connection:
        found = [
            claim_document(installation, connection, one, who)
            for one in list_claims(connection, state=state, actor=own)
        ]
    if own is None:
        _saw(installation, who, {"listed": len(found)})
    return found


def show_claim(installation: Installation, who: Principal, claim_id: str) -> dict[str, Any]:
    """One claim with its records and what became of it. Looking at that of another is an event.

    Raises:
        NotFound: no such claim, or not for this principal.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_NONRECORDS)
    document = _document(installation, who, claim_id)
    if who.sees_only is None:
        _saw(installation, who, {"shown": 1}, claim_id)
    return document


def claims_about(installation: Installation, who: Principal, record_id: str) -> list[dict[str, Any]]:
    """The claims about a record that this principal may see, oldest first; for its page, the look at which is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_NONRECORDS)
    with installation.archive.store.read() as connection:
        found = claims_of(connection, record_id)
        mine = [one for one in found if who.sees_only is None or one.asked.signatory.actor == who.actor]
        return [claim_document(installation, connection, one, who) for one in mine]


def _document(installation: Installation, who: Principal, claim_id: str) -> dict[str, Any]:
    with installation.archive.store.read() as connection:
        return claim_document(installation, connection, _seen(connection, who, claim_id), who)


def _seen(connection: Connection, who: Principal, claim_id: str) -> Claim:
    claim = read_claim(connection, claim_id)
    if who.sees_only is not None and claim.asked.signatory.actor != who.actor:
        raise NotFound(f"there is no claim {claim_id[:64]!r}; see: archiver nonrecord list")
    return claim


def _open(claim: Claim) -> Claim:
    if claim.state is not ClaimState.ASKED:
        raise Conflict(f"claim {claim.id} is {claim.state.value} already", claim=claim.id)
    return claim


def _text(text: str, wanted: str) -> str:
    cleaned = " ".join(text.split())
    if not 0 < len(cleaned) <= _LONGEST_TEXT:
        raise InvalidInput(f"{wanted}, in 1 to {_LONGEST_TEXT:,} characters")
    return cleaned


def _saw(installation: Installation, who: Principal, payload: dict[str, Any], *claim_ids: str) -> None:
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.NONRECORDS_VIEWED, actor=who.actor, subjects=claim_ids, payload=payload)
