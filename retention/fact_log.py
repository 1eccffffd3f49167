"""Events that somebody supplied: dated, of a kind, about a record, a series, a subject or a custodian, with a source.

Rule: nothing is deleted. An event that was wrong is withdrawn, which is an event of its own, and counts no more from
then on. What is only expected is *projected* and never makes anything eligible; that something cannot happen is said
as such. Where it was learned stands in the sealed payload of the leaf (who says so stands in the leaf).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, or_, select, update

from retention.facts import NAME
from retention.linking import refuse_gone
from retention.tables import fact_events
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from storage.transaction import Store

_LONGEST_SOURCE: Final = 1_000
_CHUNK: Final = 500
_MOST_OF_ONE: Final = 900
"""Events of one target, withdrawn ones too: fewer than `facts.MAX_EVENTS`."""
MOMENTS: Final = frozenset({"created", "received", "provided"})
"""Kinds that confirm a date of a record, where an officer knows better than its headers."""
LINKED_SERIES: Final = "linked_series"
"""The fact whose value is the series that a record goes with."""
_MEASURED: Final = frozenset({"channel", "kind"})
_VALUE: Final = re.compile(r"[A-Za-z0-9*][A-Za-z0-9._*/\-]{0,63}")


class FactAbout(StrEnum):
    """What an event happened to."""

    RECORD = "record"
    SERIES = "series"
    SUBJECT = "subject"
    CUSTODIAN = "custodian"


class Standing(StrEnum):
    """Whether it happened, is expected, or cannot happen; or is no event but stated of the thing, with a value."""

    HAPPENED = "happened"
    PROJECTED = "projected"
    IMPOSSIBLE = "impossible"
    STATED = "stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an event is about: the id of a record, a subject, a custodian, or the identifier of a series."""

    about: FactAbout
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFact:
    """What somebody states: an event with its day (none where it cannot happen), or a fact with its `value`.

    `until` is the end where something is extended.
    """

    target: Target
    kind: str
    day: date | None
    source: str
    standing: Standing = Standing.HAPPENED
    until: date | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An event as its row has it; `withdrawn` is the position of the leaf that took it back."""

    id: str
    target: Target
    kind: str
    standing: Standing
    day: date | None
    until: date | None
    actor: str
    at: datetime
    position: int
    withdrawn: int | None
    value: str | None = None


class FactLog:
    """The supplied events of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, stated: StatedFact, *, actor: str) -> Fact:
        """Keep an event.

        Raises:
            InvalidInput: the kind, the day or the source cannot be one, or there are too many.
            NotFound: it is about a record that is not there.
            Conflict: the same was stated and stands.
        """
        source = _checked(stated)
        fact_id = new_id(Prefix.FACT)
        with self._store.write() as transaction:
            connection = transaction.connection
            if stated.target.about is FactAbout.RECORD:
                refuse_gone(connection, stated.target.id)
            self._refuse_known(connection, stated)
            payload = {
                "kind": stated.kind,
                "standing": stated.standing.value,
                **({} if stated.value is None else {"value": stated.value}),
                "day": _iso(stated.day),
                "until": _iso(stated.until),
                "source": source,
            }
            subjects = (fact_id, _subject(stated.target))
            position = transaction.append(EventKind.FACT_ADDED, actor=actor, subjects=subjects, payload=payload)
            row = {
                "id": fact_id,
                "about": stated.target.about.value,
                "target_id": stated.target.id,
                "kind": stated.kind,
                "standing": stated.standing.value,
                "value": stated.value,
                "day": stated.day,
                "until": stated.until,
                "actor": actor,
                "at": transaction.at,
                "position": position,
            }
            connection.execute(insert(fact_events), [row])
            at = transaction.at
        return Fact(
            id=fact_id,
            target=stated.target,
            kind=stated.kind,
            standing=stated.standing,
            day=stated.day,
            until=stated.until,
            actor=actor,
            at=at,
            position=position,
            withdrawn=None,
            value=stated.value,
        )

    def _refuse_known(self, connection: Connection, stated: StatedFact) -> None:
        there = self.of(connection, [stated.target], withdrawn=True).get(stated.target, [])
        if len(there) >= _MOST_OF_ONE:
            raise InvalidInput(f"at most {_MOST_OF_ONE} events can be recorded about one thing")
        said = (stated.kind, stated.standing, stated.value, stated.day, stated.until)
        for one in there:
            if one.withdrawn is None and (one.kind, one.standing, one.value, one.day, one.until) == said:
                raise Conflict(f"this is recorded already, as event {one.id}", event=one.id)

    def withdraw(self, fact_id: str, *, why: str, actor: str) -> Fact:
        """Take an event back; it stays to be read, and counts no more.

        Raises:
            NotFound: there is no such event.
            Conflict: it was withdrawn already.
            InvalidInput: no reason is given.
        """
        reason = _text(why, "reason")
        with self._store.write() as transaction:
            found = self.get(transaction.connection, fact_id)
            if found.withdrawn is not None:
                raise Conflict(f"event {fact_id} was withdrawn already", event=fact_id)
            subjects, payload = (fact_id, _subject(found.target)), {"reason": reason}
            position = transaction.append(EventKind.FACT_WITHDRAWN, actor=actor, subjects=subjects, payload=payload)
            change = update(fact_events).where(fact_events.c.id == fact_id).values(withdrawn=position)
            transaction.connection.execute(change)
            return self.get(transaction.connection, fact_id)

    def get(self, connection: Connection, fact_id: str) -> Fact:
        """One event.

        Raises:
            NotFound: there is none with this id.
        """
        row = connection.execute(select(fact_events).where(fact_events.c.id == fact_id)).first()
        if row is None:
            raise NotFound(f"there is no event {fact_id[:64]!r}; see: archiver event list")
        return _fact(row)

    def all(self, connection: Connection, *, withdrawn: bool = False) -> list[Fact]:
        """All events in the order in which they were stated; with `withdrawn` those too."""
        query = select(fact_events).order_by(fact_events.c.position)
        if not withdrawn:
            query = query.where(fact_events.c.withdrawn.is_(None))
        return [_fact(row) for row in connection.execute(query)]

    def of(
        self, connection: Connection, targets: Iterable[Target], *, withdrawn: bool = False
    ) -> Mapping[Target, list[Fact]]:
        """The events about each of these; absent where there is none."""
        wanted = list(dict.fromkeys(targets))
        found: dict[Target, list[Fact]] = defaultdict(list)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            pairs: dict[FactAbout, list[str]] = defaultdict(list)
            for one in chunk:
                pairs[one.about].append(one.id)
            mine = fact_events.c
            any_of = or_(*(mine.target_id.in_(ids) & (mine.about == about.value) for about, ids in pairs.items()))
            query = select(fact_events).where(any_of).order_by(mine.position)
            if not withdrawn:
                query = query.where(mine.withdrawn.is_(None))
            for row in connection.execute(query):
                fact = _fact(row)
                found[fact.target].append(fact)
        return found


def _checked(stated: StatedFact) -> str:
    """Refuse what cannot be an event; the source in order."""
    if not NAME.fullmatch(stated.kind):
        raise InvalidInput("the kind of an event is one word of a-z, 0-9 and _, such as graduated; at most 64 long")
    if stated.kind in MOMENTS:
        if stated.target.about is not FactAbout.RECORD:
            raise InvalidInput(f"{stated.kind} confirms a date of one record; give --record")
        if stated.standing is not Standing.HAPPENED:
            raise InvalidInput(f"{stated.kind} confirms a date; it cannot be projected or impossible")
    if (stated.value is not None) != (stated.standing is Standing.STATED):
        raise InvalidInput("what is stated of a thing has a value, and an event has none")
    if stated.value is not None:
        _check_value(stated)
    elif (stated.day is None) != (stated.standing is Standing.IMPOSSIBLE):
        raise InvalidInput("an event needs its day, and what cannot happen has none")
    if stated.until is not None and (stated.day is None or stated.until < stated.day):
        raise InvalidInput("an event cannot end before its day")
    return _text(stated.source, "source")


def _check_value(stated: StatedFact) -> None:
    """Refuse what cannot be a fact's value: one plain word, since it stands where names do not."""
    if stated.kind in MOMENTS or stated.kind in _MEASURED:
        raise InvalidInput(
            f"{stated.kind} is no fact to be stated: a date is given with --date, channel and kind never"
        )
    if stated.value is None or not _VALUE.fullmatch(stated.value) or stated.day is not None or stated.until is not None:
        raise InvalidInput(
            "the value of a fact is one word of letters, digits and ._*/-, at most 64 long, without a day"
        )


def _text(given: str, what: str) -> str:
    cleaned = " ".join(given.split())
    if not cleaned or len(cleaned) > _LONGEST_SOURCE or not cleaned.isprintable():
        raise InvalidInput(f"the {what} of an event is printable and has 1 to {_LONGEST_SOURCE:,} characters")
    return cleaned


def _subject(target: Target) -> str:
    """How a leaf names it; a series as the leaf of a record's archiving does."""
    return f"series:{target.id}" if target.about is FactAbout.SERIES else target.id


def _fact(row: Any) -> Fact:
    return Fact(
        id=row.id,
        target=Target(about=FactAbout(row.about), id=row.target_id),
        kind=row.kind,
        standing=Standing(row.standing),
        day=row.day,
        until=row.until,
        actor=row.actor,
        at=row.at,
        position=row.position,
        withdrawn=row.withdrawn,
        value=row.value,
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
