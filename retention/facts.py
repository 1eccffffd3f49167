"""What is known about one record, as values: dates it carries, dates we measured, events that happened.

Rule: nothing is invented. A date that nobody stated is None; an event that nobody confirmed is kept apart from
those that were. An asserted date after capture plus one day, or before 1970, is known and not used, unless an
officer confirmed it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from storage.records import Record

MAX_EVENTS = 1_000
MAX_VALUES = 64
MAX_BYTES = 1_000_000
EARLIEST_ASSERTED = date(1970, 1, 1)
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MOMENTS = ("created", "received", "provided", "last_entry", "captured")
_KEYS = {*_MOMENTS, "sent", "birth_date", "events", "attributes", "not_applicable", "linked_series", "parent_kept"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date of the record; `confirmed` once an officer said that this is the one to use."""

    day: date
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactEvent:
    """Something that happened: its kind and day; `until` where it extends something; projected if not confirmed."""

    kind: str
    day: date
    confirmed: bool = True
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision may rest on.

    Attributes:
        created: when it was made or sent, as the record asserts.
        received: when it was received, as the record asserts.
        provided: when it was last provided to others.
        last_entry: the last message or entry of what it belongs to.
        captured: when the archive took it: measured by us.
        birth_date: of the person concerned.
        events: what happened, any order.
        attributes: named facts (part, copy, role, ...), values as lower-case text; a name may stand several times.
        not_applicable: kinds of event of which an officer said that they cannot happen here.
        linked_series: the more specific series to which the record belongs.
        parent_kept: true while the record it depends on is still kept.
    """

    created: Moment | None = None
    received: Moment | None = None
    provided: Moment | None = None
    last_entry: Moment | None = None
    captured: Moment | None = None
    birth_date: date | None = None
    events: tuple[FactEvent, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    not_applicable: frozenset[str] = frozenset()
    linked_series: str | None = None
    parent_kept: bool = False

    def attribute(self, name: str) -> str | None:
        """The first value of a named fact, or None."""
        return next(iter(self.values_of(name)), None)

    def values_of(self, name: str) -> tuple[str, ...]:
        """Every value of a named fact; a record may be of several (roles of its sender and receivers)."""
        return tuple(value for known, value in self.attributes if known == name)

    def day_of(self, name: str) -> date | None:
        """The day of a moment, of birth, or of the latest confirmed event of a kind; None if it is not known."""
        if name in _MOMENTS:
            return self._moment_day(name)
        if name == "birth_date":
            return self.birth_date
        days = [event.day for event in self.events if event.kind == name and event.confirmed]
        return max(days, default=None)

    def _moment_day(self, name: str) -> date | None:
        stated: dict[str, Moment | None] = {
            "created": self.created,
            "received": self.received or self.created,
            "provided": self.provided,
            "last_entry": self.last_entry,
        }
        moment = stated.get(name)
        if moment is not None and self.why_unusable(moment) is None:
            return moment.day
        captured = self.captured if name in {"captured", "created", "received"} else None
        return None if captured is None else captured.day

    def knows(self, name: str) -> bool:
        """Whether an event or a true fact of this name is known."""
        happened = any(event.kind == name for event in self.events)
        return happened or any(value not in {"false", "no"} for value in self.values_of(name))

    def why_unusable(self, asserted: Moment) -> str | None:
        """Why an asserted date is not used, as the end of a sentence; None if it is."""
        if asserted.confirmed:
            return None
        if asserted.day < EARLIEST_ASSERTED:
            return "it lies before 1970"
        if self.captured is not None and asserted.day > self.captured.day + timedelta(days=1):
            return f"it lies after the capture on {self.captured.day}"
        return None


def facts_of(record: Record, zone: ZoneInfo) -> Facts:
    """The facts that a record's plain columns give: capture (measured) and sending (asserted), as days of `zone`."""
    return Facts(
        created=None if record.sent_at is None else Moment(day=local_day(record.sent_at, zone)),
        captured=Moment(day=local_day(record.captured_at, zone)),
        attributes=(("channel", record.channel.value), ("kind", record.kind.value)),
    )


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of a moment in a zone; at the calendar's two ends, where a zone would leave it, the day as given."""
    try:
        return moment.astimezone(zone).date()
    except (OverflowError, ValueError):
        return moment.date()


def read_facts(text: str | bytes, zone: ZoneInfo) -> Facts:
    """Facts from JSON text.

    Raises:
        InvalidInput: not JSON, too large, or not facts.
    """
    if len(text) > MAX_BYTES:
        raise InvalidInput(f"facts are longer than {MAX_BYTES} bytes")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("facts are not JSON that can be read") from error
    return facts_from(members, zone)


def facts_from(members: Any, zone: ZoneInfo) -> Facts:
    """Facts from a JSON or TOML object; moments with a time are read as days of `zone`.

    Raises:
        InvalidInput: a member is not known or cannot be read.
    """
    if not isinstance(members, dict):
        raise InvalidInput("facts must be one object")
    unknown = sorted(str(key) for key in members if key not in _KEYS)
    if unknown:
        raise InvalidInput(f"facts have no member {_short(unknown[0])}; known are {', '.join(sorted(_KEYS))}")
    moments = {name: _moment(members.get(name), name, zone) for name in _MOMENTS}
    if moments["created"] is None:
        moments["created"] = _moment(members.get("sent"), "sent", zone)
    linked = members.get("linked_series")
    if linked is not None and not isinstance(linked, str):
        raise InvalidInput("linked_series must be the identifier of a series")
    birth = members.get("birth_date")
    return Facts(
        **moments,
        birth_date=None if birth is None else _day(birth, "birth_date", zone),
        events=_events(members.get("events"), zone),
        attributes=_attributes(members.get("attributes")),
        not_applicable=frozenset(_names(members.get("not_applicable"), "not_applicable")),
        linked_series=linked,
        parent_kept=_flag(members, "parent_kept", default=False),
    )


def _moment(value: Any, name: str, zone: ZoneInfo) -> Moment | None:
    if value is None:
        return None
    if isinstance(value, dict):
        if not set(value) <= {"date", "confirmed"} or "date" not in value:
            raise InvalidInput(f"{name} has date and confirmed, nothing else")
        return Moment(day=_day(value["date"], name, zone), confirmed=_flag(value, "confirmed", default=False))
    return Moment(day=_day(value, name, zone))


def _events(value: Any, zone: ZoneInfo) -> tuple[FactEvent, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_EVENTS:
        raise InvalidInput(f"events must be a list of at most {MAX_EVENTS}")
    return tuple(_event(member, number, zone) for number, member in enumerate(value, start=1))


def _event(member: Any, number: int, zone: ZoneInfo) -> FactEvent:
    place = f"event {number}"
    if not isinstance(member, dict) or not {"kind", "date"} <= set(member):
        raise InvalidInput(f"{place} needs kind and date")
    if not set(member) <= {"kind", "date", "confirmed", "until", "source"}:
        raise InvalidInput(f"{place} has kind, date, confirmed, until and source, nothing else")
    kind = member["kind"]
    if not isinstance(kind, str) or not NAME.fullmatch(kind):
        raise InvalidInput(f"the kind of {place} must be a word of a-z, 0-9 and _, at most 64 long")
    until = member.get("until")
    # A projection is one by its nature; whoever knows that it came true says so.
    default = kind != "projected_graduation"
    return FactEvent(
        kind=kind,
        day=_day(member["date"], place, zone),
        confirmed=_flag(member, "confirmed", default=default),
        until=None if until is None else _day(until, place, zone),
    )


def _attributes(value: Any) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, dict) or len(value) > MAX_EVENTS:
        raise InvalidInput("attributes must be an object of names and values")
    read = []
    for name, fact in value.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise InvalidInput("the name of an attribute must be a word of a-z, 0-9 and _, at most 64 long")
        values = fact if isinstance(fact, list) else [fact]
        if not values or len(values) > MAX_VALUES or not all(isinstance(value, (str, bool, int)) for value in values):
            raise InvalidInput(f"attribute {name} must be a text, a number, true, false, or a list of those")
        read += [(name, attribute_text(value)) for value in values]
    return tuple(sorted(read))


def attribute_text(fact: str | bool | int) -> str:  # noqa: FBT001 - a fact's value is a boolean sometimes
    """A fact's value as the text that it is compared by."""
    if isinstance(fact, bool):
        return "true" if fact else "false"
    return str(fact)[:200].casefold()


def _names(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_EVENTS:
        raise InvalidInput(f"{place} must be a list of kinds of event")
    for name in value:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise InvalidInput(f"{place} must be a list of kinds of event, words of a-z, 0-9 and _")
    return tuple(value)


def _flag(members: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = members.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false")
    return value


def _day(value: Any, place: str, zone: ZoneInfo) -> date:
    """A day from a date, a moment with offset, or local time without one (ISO 8601)."""
    if isinstance(value, str) and len(value) <= 40:  # noqa: PLR2004 - the longest ISO 8601 moment is shorter
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)  # noqa: PLR2004 - YYYY-MM-DD
        except ValueError as error:
            raise InvalidInput(f"{place} must be a date such as 2024-06-30") from error
    if isinstance(value, datetime):
        return value.date() if value.tzinfo is None else local_day(value, zone)
    if isinstance(value, date):
        return value
    raise InvalidInput(f"{place} must be a date such as 2024-06-30")


def _short(text: str) -> str:
    return repr(text[:40])
