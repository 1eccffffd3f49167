"""Holds as acts of people: placed, tried, listed, decided on and released, each by who may, each an event.

Rules:

- Placing, trying and looking first compare what came in with the hold; where somebody does not want to wait, what is
  not compared yet counts as held and is told as pending.
- Who gives an address or a record's id is told at once where there is none such: a hold on nothing protects nothing.
- What a hold is for is told to who may see holds and to nobody else; an employee is told neither that there is one nor
  that a record is held (`archiver/employee_view.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.hold_view import hold_document, hold_line
from retention.hold_decisions import Decision, decide
from retention.hold_listing import HoldCounts, counts_of, destroyed_before, held_records
from retention.hold_rules import HoldTerms, check_terms
from retention.hold_standing import Ground, HoldStanding
from retention.holds import refuse_released
from retention.ports import ContentRule, MatchOutcome
from storage.errors import InvalidInput, NotFound
from storage.events import EventKind
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.holds import Hold

_CHUNK: Final = 500
_LONGEST_REASON: Final = 4_000


def _quietly(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def read_rule(
    installation: Installation,
    *,
    records_named: Sequence[str] = (),
    custodians: Sequence[str] = (),
    accounts: Sequence[str] = (),
    correspondents: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    query: str | None = None,
) -> ContentRule:
    """The rule that somebody typed, its custodians by their ids.

    Raises:
        NotFound: there is no such custodian or record.
        InvalidInput: a part of it cannot be understood.
    """
    archive = installation.archive
    named = tuple(dict.fromkeys(records_named))
    with archive.store.read() as connection:
        found = [archive.custodians.find(connection, one) for one in custodians]
        for chunk in _chunks(named):
            there = set(connection.execute(select(records.c.id).where(records.c.id.in_(chunk))).scalars())
            missing = next((one for one in chunk if one not in there), None)
            if missing is not None:
                raise NotFound(f"there is no record {missing[:64]!r}; find its id with: archiver search")
    if None in found:
        raise NotFound("no custodian has this address; see: archiver custodian list")
    rule = ContentRule(
        id="",
        records=named,
        custodian_ids=tuple(dict.fromkeys(one for one in found if one is not None)),
        accounts=tuple(dict.fromkeys(accounts)),
        correspondents=tuple(dict.fromkeys(correspondents)),
        since=since,
        until=until,
        query=query,
        asked_on=installation.retention.today(),
    )
    installation.rule_matcher().refuse(rule)
    return rule


def place_hold(
    installation: Installation,
    who: Principal,
    terms: HoldTerms,
    *,
    wait: bool = True,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Place a hold and, unless nobody waits for it, compare every record with it; then as `show_hold`.

    Raises:
        Denied: this role may not.
        InvalidInput: the terms are not those of a hold.
    """
    authorize(who, Act.PLACE_HOLD)
    hold = installation.holds.place(terms, actor=who.actor)
    if wait:
        installation.judging().catch_up(progress=progress)
    return _document(installation, hold.id)


def try_hold(
    installation: Installation,
    who: Principal,
    terms: HoldTerms,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """What a hold would hold among the records there are now; nothing is placed. That somebody asked is an event.

    Raises:
        Denied: this role may not.
        InvalidInput: the terms are not those of a hold.
    """
    authorize(who, Act.PLACE_HOLD)
    rule = check_terms(terms).rule
    found = installation.judging().preview(rule, progress)
    with installation.archive.store.write() as transaction:
        payload = {"tried": True, "found": len(found[MatchOutcome.MATCH])}
        transaction.append(EventKind.HOLDS_VIEWED, actor=who.actor, payload=payload)
    return {
        "dry_run": True,
        "match": found[MatchOutcome.MATCH],
        "cannot_tell": found[MatchOutcome.CANNOT_TELL],
        "not_held": len(found[MatchOutcome.NO_MATCH]),
    }


def list_holds(installation: Installation, who: Principal, *, released: bool = False) -> list[dict[str, Any]]:
    """The open holds, oldest first, or all that ever were. Looking at them is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_HOLDS)
    archive = installation.archive
    installation.judging().catch_up()
    found = []
    with archive.store.read() as connection:
        for hold in installation.holds.list(connection, only_open=not released):
            counts = counts_of(connection, hold) if hold.open else HoldCounts()
            found.append(hold_line(hold, installation.holds.terms(connection, hold), counts))
    _saw(installation, who, {"listed": len(found)})
    return found


def show_hold(installation: Installation, who: Principal, hold_id: str) -> dict[str, Any]:
    """One hold: its rule, why, who placed it, what it holds, and what was destroyed before it. An event.

    Raises:
        NotFound: there is no such hold.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_HOLDS)
    installation.judging().catch_up(thoroughly=True)
    document = _document(installation, hold_id)
    _saw(installation, who, {"shown": 1}, hold_id)
    return document


def list_held(
    installation: Installation,
    who: Principal,
    hold_id: str,
    *,
    ground: Ground | None = None,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Every record that a hold holds, with why, or those with one ground. Looking at them is an event.

    Raises:
        NotFound: there is no such hold.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_HOLDS)
    installation.judging().catch_up(thoroughly=True, progress=progress)
    with installation.archive.store.read() as connection:
        hold = installation.holds.get(connection, hold_id)
        found = held_records(connection, hold) if hold.open else []
    chosen = [one for one in found if ground is None or one[1] is ground]
    _saw(installation, who, {"records": len(chosen)}, hold_id)
    return {
        "hold": hold_id,
        "total": len(chosen),
        "records": [{"id": record_id, "ground": why.value, "reason": said} for record_id, why, said in chosen],
    }


def decide_held(
    installation: Installation,
    who: Principal,
    hold_id: str,
    record_ids: Sequence[str],
    decision: Decision,
    *,
    reason: str,
) -> dict[str, Any]:
    """Say of records that a rule cannot read whether they are held; then how each of them stands.

    Raises:
        Denied: this role may not; it is an act of a person.
        NotFound, InvalidInput, Conflict: see `retention.hold_decisions.decide`.
    """
    authorize(who, Act.RELEASE_HOLD)
    installation.judging().catch_up()
    archive = installation.archive
    said = checked_reason(reason)
    position = decide(archive.store, installation.holds, hold_id, record_ids, decision, reason=said, actor=who.actor)
    with archive.store.read() as connection:
        held = HoldStanding().on(connection, list(record_ids))
    return {
        "hold": hold_id,
        "decision": decision.value,
        "position": position,
        "records": [{"id": one, "holds": list(held.get(one, ()))} for one in dict.fromkeys(record_ids)],
    }


def release_hold(
    installation: Installation, who: Principal, hold_id: str, *, reason: str | None = None
) -> dict[str, Any]:
    """Release a hold; says how many records it held, and how many of them no other hold holds.

    Where no reason is given, its event says that there is none.

    Raises:
        NotFound: there is no such hold.
        Conflict: it is released already, or ends with its request.
        Denied: this role may not; it is an act of a person.
    """
    authorize(who, Act.RELEASE_HOLD)
    archive, holds = installation.archive, installation.holds
    said = None if reason is None else checked_reason(reason)
    installation.judging().catch_up()
    with archive.store.read() as connection:
        hold = holds.get(connection, hold_id)
        refuse_released(hold)
        held = [record_id for record_id, _, _ in held_records(connection, hold)]
    holds.release(hold_id, reason=said, actor=who.actor, counts={"held": len(held)})
    with archive.store.read() as connection:
        still = sum(len(HoldStanding().on(connection, chunk)) for chunk in _chunks(held))
    document = _document(installation, hold_id)
    installation.judging().catch_up()
    return {**document, "held_until_now": len(held), "freed": len(held) - still, "held_by_others": still}


def renew_hold(
    installation: Installation,
    who: Principal,
    hold_id: str,
    *,
    reason: str,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Judge every record anew under a hold; decisions of before are void. Then as `show_hold`.

    Raises:
        NotFound: there is no such hold.
        Conflict: it is released.
        Denied: this role may not; it is an act of a person.
    """
    authorize(who, Act.RELEASE_HOLD)
    installation.holds.renew(hold_id, reason=checked_reason(reason), actor=who.actor)
    installation.judging().catch_up(progress=progress)
    return _document(installation, hold_id)


def checked_reason(reason: str) -> str:
    """A reason that says something.

    Raises:
        InvalidInput: it is empty or too long.
    """
    cleaned = " ".join(reason.split())
    if not cleaned or len(cleaned) > _LONGEST_REASON:
        raise InvalidInput(f"a reason has 1 to {_LONGEST_REASON} characters; give it with --reason")
    return cleaned


def _document(installation: Installation, hold_id: str) -> dict[str, Any]:
    archive, holds = installation.archive, installation.holds
    with archive.store.read() as connection:
        hold = holds.get(connection, hold_id)
        terms = holds.terms(connection, hold)
        placed = archive.ledger.event_at(connection, hold.position).event
        owners = archive.custodians.open(connection, list(terms.rule.custodian_ids))
        before, untold = destroyed_before(connection, hold, terms.rule)
        return hold_document(
            hold,
            terms,
            counts=counts_of(connection, hold) if hold.open else HoldCounts(),
            placed_by=placed.actor,
            custodians=[owners[one].addresses[0] for one in terms.rule.custodian_ids if one in owners],
            released=_released(installation, connection, hold),
            before=before,
            untold=untold,
        )


def _released(installation: Installation, connection: Connection, hold: Hold) -> dict[str, Any] | None:
    if hold.released_position is None or hold.released_at is None:
        return None
    ledger = installation.archive.ledger
    said = ledger.payload(connection, hold.released_position) or {}
    return {
        "at": hold.released_at.isoformat(),
        "by": ledger.event_at(connection, hold.released_position).event.actor,
        "reason": said.get("reason"),
        "position": hold.released_position,
    }


def _saw(installation: Installation, who: Principal, payload: Mapping[str, Any], *hold_ids: str) -> None:
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.HOLDS_VIEWED, actor=who.actor, subjects=hold_ids, payload=payload)


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
