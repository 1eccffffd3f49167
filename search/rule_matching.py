"""Whether a record matches a rule, found out by opening the record; the `RecordMatcher` of the retention floor.

Rules:

- Pure: a record as it was opened, with the newest of what its pictures say and who its participants are known to be,
  and a rule give the answer. No index is asked, so the answer is the same where the index is lost, old or wrong.
- Who is known is also found by what is known of him (`storage.people`); nothing that is known excludes a record.
- *Dates*: one day of the record within the rule's is enough, be it asserted (sending, the day of a conversation, the
  time of a message) or that of capture. A day before 1970, or later than the one after capture, is no day (a sender
  writes what he likes); a record without any other may be of any day up to its capture.
- *Accounts* and *correspondents*: an address or number is compared in its normal form, a name by its words in any
  order. People of whom only a name is told may have any address, so an address alone cannot exclude them; a rule that
  gives names too can. The custodian is nobody's correspondent.
- *Query*: as a search has it, in three values (`search.three_valued`).
- What cannot be told is said, by the part of the rule, and never by what the record says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retention.calendars import Calendars, MonthDay
from retention.facts import EARLIEST_ASSERTED, local_day
from retention.ports import ContentRule, Match, MatchOutcome
from search.analysis import words
from search.projection import project
from search.queries import CATALOGUED, Is, all_leaves
from search.query_dates import end_of, start_of
from search.query_language import parse_query
from search.three_valued import PICTURED, weigh
from storage.custodians import normal_address
from storage.errors import InvalidInput
from storage.records import Party, RecordKind
from storage.telephone_numbers import normal_number
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from search.queries import Query
    from storage.records import Custodian, DescribedRecord, Description, Letterhead
    from storage.transcriptions import StoredTranscription

_PLATFORM: Final = re.compile(r"([a-z][a-z0-9_]{0,31}):(?!//)(.+)", re.DOTALL)
_OF_AN_ACCOUNT: Final = frozenset({RecordKind.CONVERSATION, RecordKind.SCREENSHOT, RecordKind.POST, RecordKind.PAGE})
_DAY: Final = len("2024-01-05")
_ANOTHER_DAY: Final = date(2022, 11, 29)
_YEARS: Final = Calendars()
_OTHER_YEARS: Final = Calendars(fiscal_year_end=MonthDay(month=3, day=15), school_year_end=MonthDay(month=2, day=14))
_NOBODY: Final[Mapping[str, tuple[Party, ...]]] = MappingProxyType({})

MATCHES: Final = Match(outcome=MatchOutcome.MATCH, reason="every part of the hold's rule matches")
_NO: Final = {
    "days": Match(outcome=MatchOutcome.NO_MATCH, reason="none of its days is within the hold's days"),
    "account": Match(outcome=MatchOutcome.NO_MATCH, reason="it happened on none of the accounts"),
    "correspondent": Match(outcome=MatchOutcome.NO_MATCH, reason="none of the correspondents is in it"),
    "query": Match(outcome=MatchOutcome.NO_MATCH, reason="the query does not find it"),
}
_UNKNOWN: Final = {
    "days": Match(outcome=MatchOutcome.CANNOT_TELL, reason="it has no date that can be used"),
    "account": Match(outcome=MatchOutcome.CANNOT_TELL, reason="it does not say on which account it happened"),
    "correspondent": Match(outcome=MatchOutcome.CANNOT_TELL, reason="it does not say who all of its people are"),
    "query": Match(outcome=MatchOutcome.CANNOT_TELL, reason="the query asks for what could not be read in it"),
}
_NOT_UNDERSTOOD: Final = Match(
    outcome=MatchOutcome.CANNOT_TELL, reason="this version does not understand the rule's query"
)


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody or some account as a record names it: words of the name, normal form of the address; either may lack."""

    name: frozenset[str]
    address: str | None


class RuleMatcher:
    """Compares records with rules; days and queries are read in the archive's zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def refuse(self, rule: ContentRule) -> None:
        """Say what of a rule cannot be understood, before it is one.

        Raises:
            InvalidInput: a query that is none, asks for what changes, or tells days from a day that the rule does not
                have or from years that a schedule may move; an account or correspondent without letter or digit.
        """
        if rule.query is not None:
            asked_on = rule.asked_on or EARLIEST_ASSERTED
            query = _parsed(rule.query, asked_on, self._zone)
            _refuse_what_changes(query)
            if rule.asked_on is None and query != _parsed(rule.query, _ANOTHER_DAY, self._zone):
                raise InvalidInput("the query tells days from today, and would find others tomorrow; write dates")
            if query != _parsed(rule.query, asked_on, self._zone, _OTHER_YEARS):
                raise InvalidInput(
                    "the query tells days from the school or fiscal year, which another schedule may end elsewhere;"
                    " write dates"
                )
        for what, values in (("--account", rule.accounts), ("--correspondent", rule.correspondents)):
            for value in values:
                _, sought = _on_platform(value) if what == "--account" else (None, value)
                if not words(sought):
                    raise InvalidInput(f"a value of {what} has no letter and no digit; write a name or an address")

    def match(
        self,
        record: DescribedRecord,
        read: StoredTranscription | None,
        rule: ContentRule,
        known: Mapping[str, tuple[Party, ...]] = _NOBODY,
    ) -> Match:
        """Compare; what cannot be read is `CANNOT_TELL`, never an exception and never `NO_MATCH`."""
        unknown: Match | None = None
        description = transcribed(record.description, None if read is None else read.transcription)
        for part, answer in self._answers(record, description, read, rule, known):
            if answer is False:
                return _NO[part]
            if answer is None:
                unknown = unknown or (_NOT_UNDERSTOOD if part == "language" else _UNKNOWN[part])
        return unknown or MATCHES

    def _answers(
        self,
        record: DescribedRecord,
        description: Description,
        read: StoredTranscription | None,
        rule: ContentRule,
        known: Mapping[str, tuple[Party, ...]],
    ) -> Iterator[tuple[str, bool | None]]:
        if rule.since is not None or rule.until is not None:
            yield "days", self._within(record, description, rule)
        if rule.accounts:
            yield "account", _on_account(description, known, rule.accounts)
        if rule.correspondents:
            yield "correspondent", _corresponds(description, known, record.custodian, rule.correspondents)
        if rule.query is not None:
            try:
                query = _parsed(rule.query, rule.asked_on or EARLIEST_ASSERTED, self._zone)
            except InvalidInput:
                yield "language", None
            else:
                days = self._usable_days(record, description)
                moment = record.record.sent_at or record.description.sent_at
                dated = moment is not None and local_day(moment, self._zone) in days
                spans = [(start_of(day, self._zone), end_of(day, self._zone)) for day in days]
                yield "query", weigh(query, project(record, read, known), spans, dated=dated)

    def _usable_days(self, record: DescribedRecord, description: Description) -> set[date]:
        last = local_day(record.record.captured_at, self._zone) + timedelta(days=1)
        return {day for day in self._asserted_days(record, description) if EARLIEST_ASSERTED <= day <= last}

    def _within(self, record: DescribedRecord, description: Description, rule: ContentRule) -> bool | None:
        """Whether one of the record's days is within the rule's."""
        captured = local_day(record.record.captured_at, self._zone)
        usable = self._usable_days(record, description)
        for day in (captured, *usable):
            if (rule.since is None or rule.since <= day) and (rule.until is None or day <= rule.until):
                return True
        if usable or (rule.since is not None and captured < rule.since):
            return False
        return None

    def _asserted_days(self, record: DescribedRecord, description: Description) -> Iterator[date]:
        for moment in (record.record.sent_at, description.sent_at):
            if moment is not None:
                yield local_day(moment, self._zone)
        texts: dict[str | None, None] = dict.fromkeys(head.date for head in _letterheads(description))
        if description.conversation is not None:
            texts[description.conversation.day] = None
        texts |= dict.fromkeys(message.at for message in description.messages)
        for text in texts:
            day = None if not text else self._day(text)
            if day is not None:
                yield day

    def _day(self, text: str) -> date | None:
        """The day of a date as records have it: ISO 8601, with a time or not, with an offset or not."""
        try:
            if len(text) == _DAY:
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment.date() if moment.tzinfo is None else local_day(moment, self._zone)


@lru_cache(maxsize=256)
def _parsed(text: str, today: date, zone: ZoneInfo, calendars: Calendars = _YEARS) -> Query:
    return parse_query(text, today=today, zone=zone, calendars=calendars)


def _refuse_what_changes(query: Query) -> None:
    for leaf, _ in all_leaves(query):
        if isinstance(leaf, Is) and leaf.fact in CATALOGUED:
            place = {} if leaf.position is None else {"position": leaf.position}
            raise InvalidInput(
                f"a rule cannot ask for {leaf.fact.value}:, which changes; ask for what stands in the records",
                **place,
            )


def _letterheads(description: Description) -> Iterator[Letterhead]:
    yield description.original
    if description.carrier is not None:
        yield description.carrier
    yield from (one.letterhead for one in description.chain)


def _people_of_mail(description: Description) -> Iterator[_Person]:
    for head in _letterheads(description):
        for party in (*([head.sender] if head.sender is not None else []), *head.to, *head.cc):
            yield _person(party)
    if description.forward.by:
        yield _called(description.forward.by)


def _people_of_talk(description: Description) -> Iterator[_Person]:
    conversation = description.conversation
    names = dict.fromkeys(message.sender for message in description.messages)
    if conversation is not None:
        names |= dict.fromkeys((*conversation.participants, conversation.owner))
    yield from (_called(name) for name in names if name)


def _everybody(description: Description, known: Mapping[str, tuple[Party, ...]]) -> list[_Person]:
    learned = dict.fromkeys(party for parties in known.values() for party in parties)
    return [*_people_of_mail(description), *_people_of_talk(description), *map(_person, learned)]


def _person(party: Party) -> _Person:
    if party.address:
        return _Person(frozenset(words(party.name or "")), normal_address(party.address))
    return _called(party.name or "")


@lru_cache(maxsize=20_000)
def _called(handle: str) -> _Person:
    """Somebody as a conversation calls him: a name, a number, an address, or ``Name <address>``."""
    name, bracket, inside = handle.removesuffix(">").rpartition(" <") if handle.endswith(">") else ("", "", handle)
    stated = inside if bracket else handle
    if "@" in stated.strip("@") or normal_number(stated) is not None:
        return _Person(frozenset(words(name)), normal_address(stated))
    return _Person(frozenset(words(handle)), None)


@lru_cache(maxsize=1_000)
def _sought(value: str) -> tuple[str | None, str | None, frozenset[str]]:
    """What a value asks for: an address or number, a domain with its @, or the words of a name."""
    if value.startswith("@") and "." in value:
        return None, value.casefold(), frozenset()
    if "@" in value.strip("@") or normal_number(value) is not None:
        return normal_address(value), None, frozenset()
    return None, None, frozenset(words(value))


def _among(people: Iterable[_Person], values: Iterable[str]) -> bool | None:
    """Whether one of these values is one of these people; None where a person without an address may be."""
    sought = [_sought(value) for value in values]
    by_name = any(name for _, _, name in sought)
    nameless = False
    for person in people:
        for address, domain, name in sought:
            if address is not None and person.address == address:
                return True
            if domain is not None and person.address is not None and person.address.endswith(domain):
                return True
            if name and (name <= person.name or (person.address is not None and name <= _words_of(person.address))):
                return True
        if person.address is None and not by_name:
            nameless = True
    return None if nameless else False


@lru_cache(maxsize=20_000)
def _words_of(address: str) -> frozenset[str]:
    return frozenset(words(address))


def _corresponds(
    description: Description, known: Mapping[str, tuple[Party, ...]], custodian: Custodian, values: Iterable[str]
) -> bool | None:
    mine = {normal_address(one) for one in custodian.addresses}
    called = frozenset(words(custodian.name))
    everybody = _everybody(description, known)
    others = [
        one
        for one in everybody
        if (one.address not in mine if one.address is not None else bool(one.name) and one.name != called)
    ]
    found = _among(others, values)
    if found is not False:
        return found
    # who wrote a letter that was scanned, or whom an unread picture names, nobody has said
    hidden = description.kind in PICTURED and (bool(description.unsearchable) or not others)
    return None if hidden else False


def _on_platform(value: str) -> tuple[str | None, str]:
    """Platform and account of ``instagram:coach_kim``; a number or an address has no platform before it."""
    found = _PLATFORM.fullmatch(value)
    return (found[1], found[2]) if found is not None else (None, value)


def _on_account(description: Description, known: Mapping[str, tuple[Party, ...]], values: Iterable[str]) -> bool | None:
    people = _everybody(description, known)
    conversation = description.conversation
    if conversation is not None and conversation.url:
        people.append(_Person(frozenset(words(conversation.url)), None))
    answers = [_on_one_account(description, people, *_on_platform(value)) for value in values]
    if True in answers:
        return True
    return None if None in answers else False


def _on_one_account(
    description: Description, people: Iterable[_Person], platform: str | None, account: str
) -> bool | None:
    told = None if description.platform is None else description.platform.lower()
    if platform is not None and platform != told:
        # a picture that was not read may be of any platform; whatever else says none is of none
        return None if told is None and description.kind in PICTURED else False
    found = _among(people, [account])
    owner = None if description.conversation is None else description.conversation.owner
    if found is False and owner is None and description.kind in _OF_AN_ACCOUNT:
        return None
    return found
