"""Schedule files (TOML) to schedules: an issuer's series and their rules, in one edition, for one agency.

Rule: pure; what cannot be carried is refused, with file, line where known, and series. The file is the schedule:
it is stored as it was loaded, and everything here can be computed from it again. `docs/schedules.md` documents
the format.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from retention.assignment import AssignmentRule
from retention.calendars import Calendars, LeapRule
from retention.examples import Example, read_examples
from retention.expressions import read_condition, read_terms
from retention.reading import Place, Table
from retention.rules import Authority, Case, CaseKind, RetentionRule
from storage.records import Channel, RecordKind

if TYPE_CHECKING:
    from retention.facts import Facts

FORMAT = 1
MAX_BYTES = 4_000_000
MAX_LINE = 16_384
MAX_DOTS = 200
MAX_SERIES = 10_000
MAX_CASES = 64
MAX_ASSIGNMENTS = 1_000
MAX_LINKS = 16
SERIES_ID = re.compile(r"[A-Za-z0-9*][A-Za-z0-9._*/\-]{0,63}")
_SERIES_HEADER = re.compile(r"[ \t]*\[\[[ \t]*series[ \t]*\]\]")


class Confidence(StrEnum):
    """How far the entry was checked against the issuer's publication."""

    VERIFIED = "V"
    IDENTIFIER_ONLY = "V-id"
    PARAPHRASE = "P"
    UNVERIFIED = "U"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series of a schedule. `rule` is None where the series takes the period of another (`linked`).

    Attributes:
        general: a more specific series wins over this one.
        linked: the series whose rule it takes; empty where it has its own.
        linked_by_fact: takes the rule of the series that the record's facts name, else its own.
    """

    id: str
    title: str
    citation: str
    scope: str = ""
    source: str = ""
    confidence: Confidence = Confidence.UNVERIFIED
    general: bool = False
    rule: RetentionRule | None = None
    linked: str = ""
    linked_by_fact: bool = False
    examples: tuple[Example, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A loaded schedule; `name` identifies it over its editions, `text` is the file as it was."""

    name: str
    title: str
    issuer: str
    jurisdiction: str
    authority: Authority
    source: str
    adoption_evidence: str
    calendars: Calendars
    default_series: str | None
    series: tuple[Series, ...]
    assignments: tuple[AssignmentRule, ...]
    text: str = field(repr=False)
    _by_id: dict[str, Series] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Make series findable in one step."""
        self._by_id.update({series.id: series for series in self.series})

    @property
    def edition(self) -> str:
        """The edition that the file states."""
        return self.authority.edition

    @property
    def sha256(self) -> str:
        """The digest of the file, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def find(self, series_id: str) -> Series | None:
        """The series of that id, or None."""
        return self._by_id.get(series_id)

    def rule_for(self, series_id: str, facts: Facts) -> RetentionRule | None:
        """The rule that a record of this series is under, links followed; None if the schedule has no such series."""
        for _ in range(MAX_LINKS):
            series = self.find(series_id)
            if series is None:
                return None
            by_fact = series.linked_by_fact and facts.linked_series not in {None, series_id}
            target = facts.linked_series if by_fact else series.linked
            if not target or (by_fact and self.find(target) is None):
                return series.rule
            series_id = target
        return None  # facts that send a record round in a circle schedule nothing


def load_schedule(raw: bytes, file: str) -> Schedule:
    """A schedule from the bytes of its file; `file` is the name that errors carry.

    Raises:
        InvalidInput: not UTF-8 TOML of this format, or a rule that cannot be carried.
    """
    place = Place(file=file)
    if len(raw) > MAX_BYTES:
        raise place.refusal(f"a schedule file has at most {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise place.refusal("a schedule file is UTF-8 text") from error
    for number, line in enumerate(text.split("\n"), start=1):
        # tomllib takes quadratic time over dotted keys
        if len(line) > MAX_LINE or line.count(".") > MAX_DOTS:
            here = Place(file=file, line=number)
            raise here.refusal(f"a line has at most {MAX_LINE} characters and {MAX_DOTS} dots")
    try:
        members = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or a number of more digits than Python reads
        raise place.refusal(f"not TOML: {_first_line(error)}") from error
    except RecursionError as error:
        raise place.refusal("not a schedule: values nest too deep") from error
    return _schedule(Table(members, place), text)


def _schedule(table: Table, text: str) -> Schedule:
    if table.number("format", None, low=0, high=1_000_000) != FORMAT:
        raise table.place.refusal(f"the file needs format = {FORMAT}, the format that this version reads")
    calendars = _calendars(Table.of(table.raw("calendars") or {}, table.place, "calendars"))
    authority = _authority(table)
    name = table.text("name")
    if not SERIES_ID.fullmatch(name):
        raise table.place.refusal("name must be made of letters, digits and ._-, at most 64 long")
    lines = _series_lines(text)
    entries = table.tables("series", MAX_SERIES)
    if len(lines) != len(entries):
        lines = [None] * len(entries)  # headers inside texts or inline tables: better no line than a wrong one
    series = tuple(
        _series(Table.of(entry, table.place, f"series number {number}"), line, authority, calendars)
        for number, (entry, line) in enumerate(zip(entries, lines, strict=True), start=1)
    )
    if not series:
        raise table.place.refusal("a schedule needs at least one [[series]]")
    schedule = Schedule(
        name=name,
        title=table.text("title"),
        issuer=table.text("issuer"),
        jurisdiction=table.text("jurisdiction"),
        authority=authority,
        source=table.text("source", ""),
        adoption_evidence=table.text("adoption_evidence", ""),
        calendars=calendars,
        default_series=table.text("default_series", "") or None,
        series=series,
        assignments=_assignments(table),
        text=text,
    )
    table.done()
    _check_references(schedule, table.place)
    return schedule


def _calendars(table: Table) -> Calendars:
    default = Calendars()
    calendars = Calendars(
        fiscal_year_end=table.month_day("fiscal_year_end") or default.fiscal_year_end,
        school_year_end=table.month_day("school_year_end") or default.school_year_end,
        leap_rule=table.choice("leap_day", LeapRule, default.leap_rule),
    )
    table.done()
    return calendars


def _authority(table: Table) -> Authority:
    permission = Table.of(table.raw("permission") or {}, table.place, "permission")
    authority = Authority(
        edition=table.text("edition"),
        effective=table.day("effective"),
        expires=table.day("expires"),
        adopted_on=table.day("adopted_on"),
        superseded=table.flag("superseded"),
        permission_required=permission.flag("required"),
        permission_from=permission.text("from", ""),
    )
    permission.done()
    if authority.effective and authority.expires and authority.expires < authority.effective:
        raise table.place.refusal("the schedule expires before it takes effect")
    return authority


def _series(table: Table, line: int | None, authority: Authority, calendars: Calendars) -> Series:
    identifier = table.text("id")
    if not SERIES_ID.fullmatch(identifier):
        raise table.place.refusal(f"{table.name}: id must be made of letters, digits and ._*/-, at most 64 long")
    table = table.within(identifier, line)
    citation = table.text("citation")
    linked = table.text("linked", "")
    terms = read_terms(table)
    cases = tuple(_case(entry, table, number) for number, entry in enumerate(table.tables("case", MAX_CASES), start=1))
    permission = table.flag("permission_required", default=authority.permission_required)
    rule: RetentionRule | None = None
    if terms is not None or cases:
        if linked:
            raise table.place.refusal("a linked series takes its rule from the other and has none of its own")
        rule = RetentionRule(
            series_id=identifier,
            citation=citation,
            terms=terms,
            authority=replace(authority, permission_required=permission),
            cases=cases,
            calendars=calendars,
        )
    elif not linked:
        raise table.place.refusal("a series needs minimum, maximum, permanent = true, a case, or linked")
    if table.text("family", "record") != "record":
        raise table.place.refusal('family can only be "record": each record runs its own clock in this version')
    series = Series(
        id=identifier,
        title=table.text("title"),
        citation=citation,
        scope=table.text("scope", ""),
        source=table.text("source", ""),
        confidence=table.choice("confidence", Confidence, Confidence.UNVERIFIED),
        general=table.flag("general"),
        rule=rule,
        linked=linked,
        linked_by_fact=table.flag("linked_by_fact"),
        examples=read_examples(table),
        line=line,
    )
    table.done()
    return series


def _case(entry: object, series: Table, number: int) -> Case:
    table = Table.of(entry, series.place, f"case {number} of {series.name}")
    kind = table.choice("kind", CaseKind, CaseKind.APPLIES)
    when = read_condition(table)
    if not when.facts:
        raise table.place.refusal(f"{table.name} needs when = {{ fact = value }}")
    terms = read_terms(table)
    if terms is None:
        raise table.place.refusal(f"{table.name} needs minimum, maximum or permanent = true")
    table.done()
    return Case(kind=kind, when=when, terms=terms)


def _assignments(table: Table) -> tuple[AssignmentRule, ...]:
    rules = []
    for number, entry in enumerate(table.tables("assign", MAX_ASSIGNMENTS), start=1):
        rule = Table.of(entry, table.place, f"assign {number}")
        read = AssignmentRule(
            series_id=rule.text("series"),
            kinds=_kinds(rule),
            channels=_channels(rule),
            custodians=frozenset(rule.words("custodian")),
        )
        if not (read.kinds or read.channels or read.custodians):
            raise table.place.refusal(f"assign {number} needs kind, channel or custodian; the rest is default_series")
        rules.append(read)
        rule.done()
    return tuple(rules)


def _kinds(table: Table) -> frozenset[RecordKind]:
    return frozenset(RecordKind(word) for word in _known(table, "kind", {kind.value for kind in RecordKind}))


def _channels(table: Table) -> frozenset[Channel]:
    return frozenset(Channel(word) for word in _known(table, "channel", {channel.value for channel in Channel}))


def _known(table: Table, key: str, known: set[str]) -> tuple[str, ...]:
    words = table.words(key)
    for word in words:
        if word not in known:
            raise table.place.refusal(f"{key} of {table.name} has no {word}; known are {', '.join(sorted(known))}")
    return words


def _series_lines(text: str) -> list[int | None]:
    """The line of each [[series]] header, from 1."""
    numbered = enumerate(text.split("\n"), start=1)
    return [number for number, line in numbered if _SERIES_HEADER.match(line)]


def _check_references(schedule: Schedule, place: Place) -> None:
    """Every series that is named exists, none twice, and links lead somewhere."""
    seen: set[str] = set()
    for series in schedule.series:
        here = Place(file=place.file, line=series.line, series=series.id)
        if series.id in seen:
            raise here.refusal("the identifier is used twice")
        seen.add(series.id)
        if series.linked and schedule.find(series.linked) is None:
            raise here.refusal(f"it is linked to {series.linked[:64]!r}, which is no series of this file")
        _check_chain(schedule, series, here)
    for rule in schedule.assignments:
        if schedule.find(rule.series_id) is None:
            raise place.refusal(f"an assign rule names {rule.series_id[:64]!r}, which is no series of this file")
    default = schedule.default_series
    if default is not None and schedule.find(default) is None:
        raise place.refusal(f"default_series names {default[:64]!r}, which is no series of this file")


def _check_chain(schedule: Schedule, series: Series, here: Place) -> None:
    current = series
    for _ in range(MAX_LINKS):
        following = schedule.find(current.linked) if current.linked else None
        if following is None:
            return
        current = following
    raise here.refusal(f"its links go round in a circle or over more than {MAX_LINKS} series")


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
