"""Schedule files (TOML) to schedules: an issuer's series and their rules, in one edition, for one agency.

Rule: pure; what cannot be carried is refused, with file, line where known, and series. The file is the schedule:
it is stored as it was loaded, and everything here can be computed from it again. `docs/schedules.md` documents
the format.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retention.assignment import AssignmentRule
from retention.calendars import Calendars, LeapRule
from retention.reading import Place, Table
from retention.rules import Authority
from retention.series import SERIES_ID, read_series
from retention.source_lines import SourceLines
from storage.records import Channel, RecordKind

if TYPE_CHECKING:
    from retention.facts import Facts
    from retention.rules import RetentionRule
    from retention.series import Series

FORMAT = 1
MAX_BYTES = 4_000_000
MAX_LINE = 16_384
MAX_DOTS = 200
MAX_SERIES = 10_000
MAX_ASSIGNMENTS = 1_000
MAX_OPENING = 100
MAX_VALUES = 1_000
MAX_LINKS = 16
_TOML_LINE = re.compile(r"at line ([0-9]{1,9})")


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
        found = _TOML_LINE.search(str(error))
        here = Place(file=file, line=int(found[1]) if found else None)
        raise here.refusal(f"not TOML: {_first_line(error)}") from error
    except RecursionError as error:
        raise place.refusal("not a schedule: values nest too deep") from error
    return _schedule(Table(members, place), text)


def _schedule(table: Table, text: str) -> Schedule:
    if table.number("format", None, low=0, high=1_000_000) != FORMAT:
        raise table.place.refusal(f"the file needs format = {FORMAT}, the format that this version reads")
    lines = SourceLines.of(text)
    table = Table(table.members, table.place.at(lines.top), table.name, table.asked)
    calendars = _calendars(_section(table, lines, "calendars"))
    authority = _authority(table, _section(table, lines, "permission"))
    name = table.text("name")
    if not SERIES_ID.fullmatch(name):
        raise table.place.of_key("name").refusal("name must be made of letters, digits and ._-, at most 64 long")
    entries = table.tables("series", MAX_SERIES)
    series = tuple(
        read_series(Table.of(entry, table.place.at(line.header), f"series number {number}"), line, authority, calendars)
        for number, (entry, line) in enumerate(zip(entries, lines.for_series(entries), strict=True), start=1)
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
        assignments=_assignments(table, lines),
        text=text,
    )
    table.done()
    _check_references(schedule, table.place)
    return schedule


def _section(table: Table, lines: SourceLines, name: str) -> Table:
    """A table of the file that may be left out."""
    value = table.raw(name)
    block = lines.tables.get(name)
    place = table.place.of_key(name) if block is None else table.place.at(block)
    return Table.of({} if value is None else value, place, name)


def _calendars(table: Table) -> Calendars:
    default = Calendars()
    calendars = Calendars(
        fiscal_year_end=table.month_day("fiscal_year_end") or default.fiscal_year_end,
        school_year_end=table.month_day("school_year_end") or default.school_year_end,
        leap_rule=table.choice("leap_day", LeapRule, default.leap_rule),
    )
    table.done()
    return calendars


def _authority(table: Table, permission: Table) -> Authority:
    authority = Authority(
        edition=table.text("edition"),
        effective=table.day("effective"),
        expires=table.day("expires"),
        adopted_on=table.day("adopted_on"),
        superseded=table.flag("superseded"),
        inactive=table.flag("inactive"),
        permission_required=permission.flag("required"),
        permission_from=permission.text("from", ""),
    )
    permission.done()
    if authority.effective and authority.expires and authority.expires < authority.effective:
        raise table.place.of_key("expires").refusal("the schedule expires before it takes effect")
    if authority.inactive and authority.adopted_on:
        raise table.place.of_key("inactive").refusal(
            "an adopted schedule is not inactive; take the line inactive = true out"
        )
    return authority


def _assignments(table: Table, lines: SourceLines) -> tuple[AssignmentRule, ...]:
    rules, opening = [], 0
    entries = table.tables("assign", MAX_ASSIGNMENTS)
    for number, (entry, block) in enumerate(zip(entries, lines.for_list("assign", entries), strict=True), start=1):
        rule = Table.of(entry, table.place.at(block), f"assign {number}")
        read = AssignmentRule(
            series_id=rule.text("series"),
            kinds=_kinds(rule),
            channels=_channels(rule),
            custodians=frozenset(rule.words("custodian")),
            roles=frozenset(rule.words("role")),
            accounts=rule.texts("account", MAX_VALUES),
            correspondents=rule.texts("correspondent", MAX_VALUES),
            query=rule.text("query", "") or None,
            line=rule.place.line,
        )
        rule.done()
        if read.is_plain and not (read.kinds or read.channels or read.custodians):
            raise rule.place.refusal(
                f"assign {number} needs kind, channel, custodian, role, account, correspondent or query;"
                " the rest is default_series"
            )
        opening += read.opens
        if opening > MAX_OPENING:
            raise rule.place.refusal(f"at most {MAX_OPENING} assign rules ask for account, correspondent or query")
        rules.append(read)
    return tuple(rules)


def _kinds(table: Table) -> frozenset[RecordKind]:
    return frozenset(RecordKind(word) for word in _known(table, "kind", {kind.value for kind in RecordKind}))


def _channels(table: Table) -> frozenset[Channel]:
    return frozenset(Channel(word) for word in _known(table, "channel", {channel.value for channel in Channel}))


def _known(table: Table, key: str, known: set[str]) -> tuple[str, ...]:
    words = table.words(key)
    for word in words:
        if word not in known:
            raise table.place.of_key(key).refusal(
                f"{key} of {table.name} has no {word}; known are {', '.join(sorted(known))}"
            )
    return words


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
