"""What a production would give, and why it may not: chosen, compared with what was decided, and ordered.

Rules:

- Everything that stands against a production is told at once, each reason in a sentence with the records it is of.
- What was given before is given again only where something else is decided of it now, and then under new numbers.
- Who may not see a record of the request cannot make its productions: what leaves the house would lack it unsaid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from archiver.production_holds import release_reasons
from archiver.production_order import families_of, in_order, read_anew, states_of
from archiver.review_groups import members_of
from archiver.seeing import hidden_records
from search.disclosure.asking import CustodianSearches
from search.disclosure.production_types import state_of
from search.disclosure.productions import Productions
from search.disclosure.redaction_codec import encode_redactions
from search.disclosure.redactions import Redactions
from search.disclosure.review_rows import Decision, chunks
from search.disclosure.students import Students
from storage.errors import Denied
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.production_types import Given
    from search.disclosure.request_types import DisclosureRequest
    from search.disclosure.review_rows import ReviewedRecord

_GIVEN: Final = (Decision.RELEASE, Decision.REDACT)
_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which records of a request are given.

    Args:
        batches: only those in these batches of the review; all where none is named.
        ready: only families that are decided as a whole; what is open waits for a later production.
        changed: also records that were given before and are decided otherwise now.
        sheets: whether a sheet takes the place of what is withheld.
    """

    batches: frozenset[int] = frozenset()
    ready: bool = False
    changed: bool = False
    sheets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a production may not be made, or what is to be known before: a word for programs, a sentence, the records."""

    kind: str
    sentence: str
    records: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As `request produce --json` tells it."""
        shown = list(self.records[:_SHOWN])
        return {"kind": self.kind, "message": self.sentence, "count": len(self.records), "records": shown}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecord:
    """A record of a production; `state` is a digest of what is decided of it."""

    record_id: str
    decision: Decision
    codes: tuple[str, ...]
    state: str
    replaces: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be given, in order, and what stands against it.

    `standing` counts all of the request's records by decision; `later` how many wait for a later production.
    """

    request: DisclosureRequest
    records: tuple[PlannedRecord, ...]
    families: tuple[frozenset[str], ...]
    standing: Mapping[str, int]
    withheld: Mapping[str, int]
    later: int = 0
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


@dataclass(slots=True)
class _Against:
    """Reasons as they are found."""

    reasons: list[Reason] = field(default_factory=list)

    def say(self, kind: str, sentence: str, records: Iterable[str]) -> None:
        found = tuple(sorted(set(records)))
        if found:
            self.reasons.append(Reason(kind=kind, sentence=f"{len(found):,} {sentence}", records=found))


def plan_production(installation: Installation, who: Principal, found: DisclosureRequest, choice: Choice) -> Plan:
    """Choose what is given of a request, and find out what stands against it.

    Raises:
        Denied: a record of the request is hidden from who asks.
    """
    store = installation.archive.store
    members = {one.record_id: one for one in members_of(installation, found)}
    with store.read() as connection:
        hidden = hidden_records(connection, who)
        given = Productions(store).given(connection, found.id)
        families = families_of(connection, list(members))
    reached = {one for some in families for one in some}
    if not hidden.isdisjoint(members) or not hidden.isdisjoint(reached):
        raise Denied(
            f"{who.name} may not produce request {found.number}; whoever does has to hold the grants of all its records"
        )
    chosen = _chosen(members, families, choice)
    states = states_now(installation, found.id, [one for one in members.values() if one.record_id in chosen])
    planned = [one for one in _planned(chosen, members, states, given, choice) if one is not None]
    order = {
        one: place for place, one in enumerate(in_order(installation, [one.record_id for one in planned], families))
    }
    planned.sort(key=lambda one: order.get(one.record_id, len(order)))
    reasons = _reasons(installation, found, members, chosen, families, planned)
    changed = _changed(chosen, states, given)
    warnings = _warnings(installation, found, planned, () if choice.changed else changed)
    standing: dict[str, int] = {}
    withheld: dict[str, int] = {}
    for one in members.values():
        name = "undecided" if one.decision is None else one.decision.value
        standing[name] = standing.get(name, 0) + 1
        if one.decision is Decision.WITHHOLD:
            for code in one.codes:
                withheld[code] = withheld.get(code, 0) + 1
    return Plan(
        request=found,
        records=tuple(planned),
        families=tuple(families),
        standing=standing,
        withheld=dict(sorted(withheld.items())),
        later=len(members) - len(chosen),
        reasons=tuple(reasons),
        warnings=tuple(warnings),
    )


def states_now(installation: Installation, request_id: str, some: Sequence[ReviewedRecord]) -> dict[str, str]:
    """Of records that are decided, a digest of what is decided of each now, its final redactions included."""
    redacted = [one.record_id for one in some if one.decision is Decision.REDACT]
    with installation.archive.store.read() as connection:
        finals = Redactions(installation.archive.store).final_of(connection, request_id, redacted)
    states = {}
    for one in some:
        if one.decision is not None:
            marks = [encode_redactions((mark,)) for mark in finals.get(one.record_id, ())]
            states[one.record_id] = state_of(one.decision, one.codes, marks)
    return states


def _chosen(
    members: Mapping[str, ReviewedRecord], families: Sequence[frozenset[str]], choice: Choice
) -> frozenset[str]:
    chosen = {one.record_id for one in members.values() if not choice.batches or one.batch in choice.batches}
    if choice.ready:
        open_ones = {one for one in chosen if members[one].decision is None}
        for family in families:
            if any(one not in members or members[one].decision is None for one in family):
                open_ones |= family
        chosen -= open_ones
    return frozenset(chosen)


def _planned(
    chosen: Iterable[str],
    members: Mapping[str, ReviewedRecord],
    states: Mapping[str, str],
    given: Mapping[str, Given],
    choice: Choice,
) -> Iterable[PlannedRecord | None]:
    for one in chosen:
        decision = members[one].decision
        wanted = decision in _GIVEN or (choice.sheets and decision is Decision.WITHHOLD)
        before = given.get(one)
        if decision is None or not wanted:
            continue
        if before is not None:
            same = before.state == states[one]
            if same or not (choice.changed or before.clawed_back):
                continue
        yield PlannedRecord(
            record_id=one,
            decision=decision,
            codes=members[one].codes,
            state=states[one],
            replaces=None if before is None else before.production,
        )


def _changed(chosen: Iterable[str], states: Mapping[str, str], given: Mapping[str, Given]) -> list[str]:
    """Records that were given, are not asked back, and are decided otherwise now."""
    return [
        one
        for one in chosen
        if one in given and one in states and not given[one].clawed_back and given[one].state != states[one]
    ]


def _reasons(
    installation: Installation,
    found: DisclosureRequest,
    members: Mapping[str, ReviewedRecord],
    chosen: frozenset[str],
    families: Sequence[frozenset[str]],
    planned: Sequence[PlannedRecord],
) -> list[Reason]:
    against, store = _Against(), installation.archive.store
    undecided = [one for one in chosen if members[one].decision is None]
    against.say(
        "undecided", f"records are not decided yet; see: archiver request review {found.number} --undecided", undecided
    )
    ids = [one.record_id for one in planned]
    second = installation.settings.disclosure.second_review
    if second:
        alone = [one for one in ids if members[one].confirmed_by is None]
        against.say("unconfirmed", "records wait for a second person; see: archiver request code --confirm", alone)
    with store.read() as connection:
        states = states_of(connection, ids)
        gone = [one for one in ids if states.get(one) is not RecordState.ACTIVE]
        against.say("gone", "records are in the archive no more; decide anew without them", gone)
        waiting = {one.record_id: one for one in Redactions(store).unfinished(connection, found.id)}
        again = read_anew(connection, found.id, {one: members[one].step for one in ids})
        held = release_reasons(installation, connection, found)
        unread = _unread(installation, connection, planned) if installation.settings.pictures.enabled else ()
        given = [one.record_id for one in planned if one.decision in _GIVEN]
        students = Students(store).without_ground(connection, found.id, given)
    marked = [one for one in ids if one in waiting]
    sentence = "records lack final redactions, have drafts, or are released whole with marks; see: request redact list"
    against.say("redactions", sentence, marked)
    # what was read anew in a record after it was decided may say what nobody has looked at
    against.say("changed", "records were read anew after they were decided; look at them and decide again", again)
    against.say("unread", "records have pictures that wait to be read; run: archiver picture read", unread)
    against.reasons += [Reason(kind="held", sentence=one) for one in held]
    if students:
        sentence = f"of {len(students):,} students in it no ground is stated; see: archiver request student list"
        against.reasons.append(Reason(kind="students", sentence=sentence))
    inside = set(ids)
    lonely = {
        one
        for family in families
        if not inside.isdisjoint(family)
        for one in family
        if one not in members or members[one].decision is None
    }
    sentence = "records belong to what would be given and are not decided for this request; add and decide them"
    against.say("family", sentence, lonely - set(undecided))
    if not planned and not against.reasons:
        against.reasons.append(Reason(kind="nothing", sentence="there is nothing to give that was not given before"))
    return against.reasons


def _unread(installation: Installation, connection: Connection, planned: Sequence[PlannedRecord]) -> set[str]:
    """Records with pictures that nothing has read: the gate looks for words, and these only a person can see."""
    transcriptions = installation.archive.transcriptions
    some_of = chunks([one.record_id for one in planned])
    return {one for some in some_of for one in transcriptions.is_waiting(connection, some)}


def _warnings(
    installation: Installation, found: DisclosureRequest, planned: Sequence[PlannedRecord], changed: Sequence[str]
) -> list[Reason]:
    told = _Against()
    told.say("changed", "records were given and are decided otherwise now; --changed gives them again", changed)
    store = installation.archive.store
    with store.read() as connection:
        if not installation.settings.pictures.enabled:
            unread = _unread(installation, connection, planned)
            told.say("unread", "records have pictures that no engine has read; look at each before it leaves", unread)
        waiting = [one for one in CustodianSearches(store).of_request(connection, found.id) if one.result is None]
    if waiting:
        told.reasons.append(
            Reason(kind="searches", sentence=f"{len(waiting):,} employees have not declared what they searched")
        )
    return told.reasons
