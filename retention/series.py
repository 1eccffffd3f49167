"""One series of a schedule file: what it is, its rule with its cases, and its examples.

Rule: pure; a series has exactly one of a rule of its own, a link to another series, or the statement that its rule
is not written yet (`unwritten`), which schedules nothing. Refusals name file, line and series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from retention.condition_tables import read_condition
from retention.examples import Example, read_examples
from retention.expressions import read_terms
from retention.reading import Table
from retention.rules import Authority, Case, RetentionRule, Terms
from retention.vocabulary import CaseKind

if TYPE_CHECKING:
    from retention.calendars import Calendars
    from retention.source_lines import SeriesLines

MAX_CASES = 64
SERIES_ID = re.compile(r"[A-Za-z0-9*][A-Za-z0-9._*/\-]{0,63}")


class Confidence(StrEnum):
    """How far the entry was checked against the issuer's publication."""

    VERIFIED = "V"
    IDENTIFIER_ONLY = "V-id"
    PARAPHRASE = "P"
    UNVERIFIED = "U"


class FamilyOf(StrEnum):
    """What runs one clock: each record with its parts, or all days of a conversation."""

    RECORD = "record"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series of a schedule. `rule` is None where it takes that of another (`linked`) or has none yet.

    Attributes:
        words: the issuer's own sentence, to compare the rule with.
        exclusions: what does not belong to it.
        designation: archival, essential or the like, as the issuer says.
        general: a more specific series wins over this one.
        family: what goes together, when its latest member may.
        linked: the series whose rule it takes; empty where it has its own.
        linked_by_fact: takes the rule of the series that the record's facts name, else its own.
        unwritten: its rule is not written yet; records in it are kept.
        transport_copies: mailbox files, exports and archives are under it, as copies of what came out of them.
        line: of its header in the file, from 1; None where it cannot be told.
    """

    id: str
    title: str
    citation: str
    scope: str = ""
    words: str = ""
    exclusions: str = ""
    designation: str = ""
    source: str = ""
    confidence: Confidence = Confidence.UNVERIFIED
    general: bool = False
    family: FamilyOf = FamilyOf.RECORD
    rule: RetentionRule | None = None
    linked: str = ""
    linked_by_fact: bool = False
    unwritten: bool = False
    transport_copies: bool = False
    examples: tuple[Example, ...] = ()
    line: int | None = None


def read_series(table: Table, lines: SeriesLines, authority: Authority, calendars: Calendars) -> Series:
    """A series from its table.

    Raises:
        InvalidInput: it cannot be carried.
    """
    identifier = table.text("id")
    if not SERIES_ID.fullmatch(identifier):
        raise table.place.refusal(f"{table.name}: id must be made of letters, digits and ._*/-, at most 64 long")
    table = table.within(identifier)
    citation = table.text("citation")
    linked = table.text("linked", "")
    unwritten = table.flag("unwritten")
    series = Series(
        id=identifier,
        title=table.text("title"),
        citation=citation,
        scope=table.text("scope", ""),
        words=table.text("words", ""),
        exclusions=table.text("exclusions", ""),
        designation=table.text("designation", ""),
        source=table.text("source", ""),
        confidence=table.choice("confidence", Confidence, Confidence.UNVERIFIED),
        general=table.flag("general"),
        family=table.choice("family", FamilyOf, FamilyOf.RECORD),
        rule=_rule(table, lines, authority, calendars, identifier=identifier, citation=citation),
        linked=linked,
        linked_by_fact=table.flag("linked_by_fact"),
        unwritten=unwritten,
        transport_copies=table.flag("transport_copies"),
        examples=read_examples(table, lines),
        line=lines.header.line,
    )
    table.done()
    _check_one_rule(series, table)
    return series


def _check_one_rule(series: Series, table: Table) -> None:
    if series.linked and series.rule is not None:
        raise table.place.refusal("a linked series takes its rule from the other and has none of its own")
    if series.unwritten and (series.rule is not None or series.linked):
        raise table.place.refusal("the series has a rule, so it is not unwritten; take one of them out")
    if series.rule is None and not series.linked and not series.unwritten:
        raise table.place.refusal("a series needs minimum, maximum, permanent = true, a case, linked or unwritten")


def _rule(
    table: Table,
    lines: SeriesLines,
    authority: Authority,
    calendars: Calendars,
    *,
    identifier: str,
    citation: str,
) -> RetentionRule | None:
    terms: Terms | None = read_terms(table)
    cases = tuple(
        _case(Table.of(entry, table.place.at(lines.case(number)), f"case {number} of {table.name}"))
        for number, entry in enumerate(table.tables("case", MAX_CASES), start=1)
    )
    permission = table.flag("permission_required", default=authority.permission_required)
    if terms is None and not cases:
        return None
    return RetentionRule(
        series_id=identifier,
        citation=citation,
        terms=terms,
        authority=replace(authority, permission_required=permission),
        cases=cases,
        calendars=calendars,
    )


def _case(table: Table) -> Case:
    kind = table.choice("kind", CaseKind, CaseKind.APPLIES)
    when = read_condition(table)
    if not when.names:
        raise table.place.refusal(f"{table.name} needs when = {{ fact = value }}")
    terms = read_terms(table)
    if terms is None:
        raise table.place.refusal(f"{table.name} needs minimum, maximum or permanent = true")
    permission = table.flag("permission_required") if table.has("permission_required") else None
    table.done()
    return Case(kind=kind, when=when, terms=terms, permission_required=permission)
