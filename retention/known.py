"""All that is known about records when they are evaluated: what they carry, and what was supplied about them.

Rules:

- An event counts for a record if it is about the record, a series it is in, or whom it is about; one about its
  custodian, or the person that he is, counts where nobody said that the record is about persons.
- Where a record is about several persons (or cases, or accounts) and something that a rule asks for is known of one,
  the rule is read once for each of them alone: that one has left says nothing of the other. What is combined from these
  readings is never earlier than any (`retention.conflicts`). Left out is of whom an officer said that it cannot happen.
- Of others whom it is about (a case beside the students) everything counts in each reading; of several days of birth
  the latest does.
- What somebody states of a record (which copy it is, of which part) is a fact of it beside those that were measured.
- A record that depends on another has the end of that one as an event (`retention.families`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from retention.asking import asked_by
from retention.conversation_days import days_talked
from retention.fact_log import LINKED_SERIES, MOMENTS, Fact, FactAbout, FactLog, Standing, Target
from retention.facts import FactEvent, Moment, facts_of
from retention.families import Parents, families_of, parents_of
from retention.linking import Links
from retention.roles import Roles
from retention.subjects import Subject, SubjectClass, Subjects
from retention.tables import further_series, subjects
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from retention.evaluation import Decision
    from retention.facts import Facts
    from retention.families import Parentage
    from retention.library import RuleBook, ScheduleLibrary
    from retention.rules import RetentionRule
    from storage.records import Record
    from storage.transaction import Store

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedSubject:
    """Whom a record is about: a person, a case or an account; none stands for another of the same class."""

    id: str
    about: SubjectClass
    born: date | None
    supplied: tuple[Fact, ...]

    def tells(self, kinds: Collection[str]) -> bool:
        """Whether one of these is known of it, or expected."""
        if self.born is not None and "birth_date" in kinds:
            return True
        return any(fact.kind in kinds and fact.standing is not Standing.IMPOSSIBLE for fact in self.supplied)

    def cannot(self, kinds: Collection[str]) -> bool:
        """Whether somebody said that one of these events cannot happen to it."""
        return any(fact.kind in kinds and fact.standing is Standing.IMPOSSIBLE for fact in self.supplied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one record.

    Attributes:
        plain: what its own columns give, with the roles of whom it is about.
        own: events about the record, and about its custodian where they count.
        by_series: events about the series it is in.
        linked: whom it is about.
        series: its own series, then further ones; empty where it has none.
        active: that it is still there; what is gone counts only as a member of a family.
        family: with whom it goes together; None where it is alone.
    """

    plain: Facts
    own: tuple[Fact, ...] = ()
    by_series: Mapping[str, tuple[Fact, ...]]
    linked: tuple[LinkedSubject, ...] = ()
    series: tuple[str, ...] = ()
    active: bool = True
    family: KnownFamily | None = None

    def whole(self, series_id: str | None) -> Facts:
        """All of it at once, by which a rule is chosen."""
        return self._facts(series_id, self.linked)

    def readings(self, series_id: str | None, rule: RetentionRule | None) -> tuple[Facts, ...]:
        """The facts under which a rule is to be read: one reading, or one for each of several subjects of a kind."""
        if rule is None or len(self.linked) <= 1:
            return (self.whole(series_id),)
        asked = asked_by(rule)
        kinds = {*asked.events, *asked.facts}
        alone = []
        for about in SubjectClass:
            group = [one for one in self.linked if one.about is about]
            if len(group) > 1 and any(one.tells(kinds) or one.cannot(kinds) for one in group):
                others = [one for one in self.linked if one.about is not about]
                may = [one for one in group if one.tells(kinds) or not one.cannot(kinds)]
                alone += [self._facts(series_id, [one, *others], dated_by=one) for one in may]
        return tuple(alone) or (self.whole(series_id),)

    def _facts(
        self, series_id: str | None, linked: Sequence[LinkedSubject], *, dated_by: LinkedSubject | None = None
    ) -> Facts:
        supplied = [*self.own, *self.by_series.get(series_id or "", ())]
        supplied += [fact for one in linked for fact in one.supplied]
        born = max((one.born for one in linked if one.born is not None), default=None)
        if dated_by is not None and dated_by.about is SubjectClass.PERSON:
            born = dated_by.born
        if not supplied and born is None:  # most records of an archive
            return self.plain
        return _with(replace(self.plain, birth_date=born), supplied)


@dataclass(slots=True, kw_only=True, eq=False)
class KnownFamily:
    """What is known of the members of a family, which name it no more themselves; one object for all of them.

    `latest` is what was decided about it already, by rule book (its identity) and day, beside that book.
    """

    members: tuple[Known, ...]
    words: str
    latest: dict[tuple[int, date], tuple[RuleBook, Decision]] = field(default_factory=dict)


class KnownFacts:
    """Gathers what is known of pages of records."""

    def __init__(self, store: Store, zone: ZoneInfo, library: ScheduleLibrary | None = None) -> None:
        self._zone = zone
        self._library = library
        self.roles = Roles(store)
        self.parents = Parents(store)
        self.subjects = Subjects(store)
        self.links = Links(store)
        self.log = FactLog(store)

    def of(
        self, connection: Connection, page: Sequence[Record], families: Collection[str] | None = None
    ) -> dict[str, Known]:
        """What is known of each of these records, by id. A few queries for a page, whatever it holds.

        Args:
            connection: a transaction.
            page: the records.
            families: the series whose conversations are families; None: those of the current schedules.
        """
        if families is None:
            families = () if self._library is None else self._library.book(connection).families
        found = families_of(connection, page, families)
        different = {id(family): family for family in found.values()}
        others = {one.id: one for family in different.values() for one in family.members}
        known = self._each(connection, list(({one.id: one for one in page} | others).values()))
        families_known = {
            key: KnownFamily(members=tuple(known[one.id] for one in family.members), words=family.words)
            for key, family in different.items()
        }
        return {
            one.id: replace(known[one.id], family=families_known[id(found[one.id])])
            if one.id in found
            else known[one.id]
            for one in page
        }

    def _each(self, connection: Connection, page: Sequence[Record]) -> dict[str, Known]:
        """What is known of each, without its family."""
        ids = [one.id for one in page]
        links = self.links.of_records(connection, ids)
        further = _further(connection, ids)
        about = self.subjects.open(connection, [link.subject_id for found in links.values() for link in found])
        # what happens to an employee is known of all records of the custodian that he is
        custodians = {one.custodian_id for one in page}
        employees = _employees(connection, sorted(custodians))
        targets = [Target(about=FactAbout.RECORD, id=one) for one in ids]
        targets += [Target(about=FactAbout.CUSTODIAN, id=one) for one in sorted(custodians)]
        persons = {*about, *(one for found in employees.values() for one in found)}
        targets += [Target(about=FactAbout.SUBJECT, id=one) for one in sorted(persons)]
        series = {one.series_id for one in page} | {one for found in further.values() for one in found}
        targets += [Target(about=FactAbout.SERIES, id=one) for one in sorted(filter(None, series))]
        facts = self.log.of(connection, targets)
        by_series: dict[str, tuple[Fact, ...]] = {
            target.id: tuple(found) for target, found in facts.items() if target.about is FactAbout.SERIES
        }
        parents = parents_of(connection, ids, self._zone)
        talked = days_talked(connection, ids)
        known = {}
        for record in page:
            own: list[Fact] = [*facts.get(Target(about=FactAbout.RECORD, id=record.id), ())]
            linked_ids = list(dict.fromkeys(link.subject_id for link in links.get(record.id, ())))
            if all(about[one].stated.about is not SubjectClass.PERSON for one in linked_ids):
                own += facts.get(Target(about=FactAbout.CUSTODIAN, id=record.custodian_id), ())
                for employee in employees.get(record.custodian_id, ()):
                    own += facts.get(Target(about=FactAbout.SUBJECT, id=employee), ())
            roles = sorted({link.role for link in links.get(record.id, ())})
            known[record.id] = Known(
                plain=_under(
                    parents.get(record.id), _with_roles(_dated(record, talked.get(record.id), self._zone), roles)
                ),
                own=tuple(own),
                by_series=by_series,
                linked=tuple(
                    _linked(about[one], facts.get(Target(about=FactAbout.SUBJECT, id=one), ())) for one in linked_ids
                ),
                series=tuple(filter(None, (record.series_id, *further.get(record.id, ())))),
                active=record.state is RecordState.ACTIVE,
            )
        return known


def _linked(subject: Subject, supplied: Iterable[Fact]) -> LinkedSubject:
    return LinkedSubject(id=subject.id, about=subject.stated.about, born=subject.stated.born, supplied=tuple(supplied))


def _under(parentage: Parentage | None, facts: Facts) -> Facts:
    """The facts with the end of what the record depends on."""
    if parentage is None:
        return facts
    ended = tuple(FactEvent(kind="parent_disposed", day=day) for day in parentage.gone)
    return replace(facts, parent_kept=parentage.kept, events=(*facts.events, *ended))


def _dated(record: Record, talked: date | None, zone: ZoneInfo) -> Facts:
    """The facts of its columns; a day of a conversation was created on that day."""
    facts = facts_of(record, zone)
    if facts.created is not None or talked is None:
        return facts
    return replace(facts, created=Moment(day=talked))


def _with_roles(facts: Facts, roles: Sequence[str]) -> Facts:
    if not roles:
        return facts
    return replace(facts, attributes=tuple(sorted((*facts.attributes, *(("role", one) for one in roles)))))


def _with(facts: Facts, supplied: Iterable[Fact]) -> Facts:
    """The facts with supplied ones; of two that confirm one moment the one stated later counts."""
    events, impossible, moments, stated = [], set(), {}, []
    linked = facts.linked_series
    for fact in sorted(supplied, key=lambda one: one.position):
        if fact.standing is Standing.IMPOSSIBLE:
            impossible.add(fact.kind)
        elif fact.standing is Standing.STATED and fact.value is not None:
            if fact.kind == LINKED_SERIES:
                linked = fact.value
            else:
                stated.append((fact.kind, fact.value.casefold()))
        elif fact.kind in MOMENTS and fact.day is not None:
            moments[fact.kind] = Moment(day=fact.day, confirmed=True)
        elif fact.day is not None:
            confirmed = fact.standing is Standing.HAPPENED
            events.append(FactEvent(kind=fact.kind, day=fact.day, confirmed=confirmed, until=fact.until))
    return replace(
        facts,
        created=moments.get("created", facts.created),
        received=moments.get("received", facts.received),
        provided=moments.get("provided", facts.provided),
        events=(*facts.events, *events),
        attributes=tuple(sorted((*facts.attributes, *stated))) if stated else facts.attributes,
        not_applicable=facts.not_applicable | frozenset(impossible),
        linked_series=linked,
    )


def _further(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for start in range(0, len(ids), _CHUNK):
        mine = further_series.c
        query = select(mine.record_id, mine.series_id).where(mine.record_id.in_(ids[start : start + _CHUNK]))
        for row in connection.execute(query.order_by(mine.position)):
            found.setdefault(row.record_id, []).append(row.series_id)
    return found


def _employees(connection: Connection, custodian_ids: Sequence[str]) -> dict[str, list[str]]:
    """Ids of the persons that custodians are."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(custodian_ids), _CHUNK):
        chosen = subjects.c.custodian_id.in_(custodian_ids[start : start + _CHUNK])
        for row in connection.execute(select(subjects.c.id, subjects.c.custodian_id).where(chosen)):
            found.setdefault(row.custodian_id, []).append(row.id)
    return found
