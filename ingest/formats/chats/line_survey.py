"""The first reading of a chat that LINE saved: its layout, the order of its days, and who takes part.

Rule kept: what one line cannot tell is decided over the whole file: which number of a day's line is the day (the
weekday that stands beside it tells, in the languages that are known), and in exports of the desktop program, which
part fields by spaces, where a name ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.line_words import title_of, title_of_file, weekday_of
from ingest.formats.chats.text_lines import Ends, Script, batches, first_lines, script_of
from ingest.formats.chats.whatsapp_days import Decision, Evidence, Order, decide, reading
from ingest.formats.chats.whatsapp_halves import half_hour, read_gap
from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from ingest.formats.chats.model import Export
    from ingest.formats.chats.whatsapp_days import Printed

HEAD_BYTES: Final = 4096
_MOST_NAMES: Final = 20_000
_SURE: Final = 3
_MANY: Final = 6
_MOST_INSIDE: Final = 100_000
_LATEST: Final = 47
_MINUTES: Final = 59
DAY_LINE: Final = re.compile(
    r"(?P<before>[^\W\d_]{1,12}\.?,? )?"
    r"(?P<a>\d{1,4})(?P<sep>[./-] ?|[年년] ?)(?P<b>\d{1,2})(?:[./-] ?|[月월] ?)(?P<c>\d{1,4})"
    r"[日일.]?(?P<after>[ ]?[(\uff08]?[^\W\d_]{1,12}[)\uff09]?)?\s*$"
)
_TIME: Final = re.compile(
    r"([^\d\t:]{0,12}?)(\d{1,2}):(\d{2})( ?[^\d\t:\s][^\d\t:\s]{0,7}(?: m\.)?)?(\t| )(.*)$", re.DOTALL
)


@dataclass(slots=True)
class Survey:
    """What the first reading of a file found."""

    script: Script
    title: str | None = None
    tabs: bool = True
    ends: Ends = field(default_factory=Ends)
    messages: int = 0
    stray: int = 0
    separator: str = "/"
    evidence: Evidence = field(default_factory=Evidence)
    votes: dict[Order, int] = field(default_factory=lambda: dict.fromkeys(Order, 0))
    people: dict[str, None] = field(default_factory=dict)
    follows: dict[str, tuple[int, str]] = field(default_factory=dict)
    decision: Decision | None = None
    shape: tuple[str, bool, bool] | None = None
    inside: set[int] = field(default_factory=set)

    def day(self, line: str, number: int) -> re.Match[str] | None:
        """The line of a day, where this is one: `number` counts the lines of the file."""
        match = DAY_LINE.match(line)
        return match if match is not None and number not in self.inside and self.shape == _shape(match) else None


@dataclass(slots=True)
class _Quoted:
    """A text in quotation marks that goes on over lines, and the dates in it, which are days if it never ends."""

    marks: int = 0
    dates: list[tuple[int, re.Match[str]]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.marks % 2 == 1


def _shape(day: re.Match[str]) -> tuple[str, bool, bool]:
    return day["sep"].strip(), bool(day["before"]), bool(day["after"])


def message_of(line: str, *, tabs: bool) -> tuple[int, int, str] | None:
    """Hour, minute and the rest of a line that begins a message."""
    match = _TIME.match(line)
    if match is None:
        return None
    after, parting, rest = match[4] or "", match[5], match[6]
    gap = read_gap(match[1], after)
    if gap is None and after.startswith(" ") and not tabs:
        gap, parting, rest = read_gap(match[1], ""), " ", f"{after[1:]}{parting}{rest}"  # no half of the day: a name
    hour, minute = int(match[2]), int(match[3])
    if gap is None or (parting == "\t") is not tabs or hour > _LATEST or minute > _MINUTES:
        return None
    return half_hour(hour, gap.half), minute, rest


def is_of_desktop(lines: list[str], name: str) -> bool:
    """Whether these lines begin a chat of the desktop program, which writes no title and parts fields by spaces.

    Minutes of a meeting look the same; but the file is not called as the program calls it, and its lines do not begin
    with the same few names again and again.
    """
    day = DAY_LINE.match(lines[0])
    if day is None or day["sep"] != "." or weekday_of(day["after"] or "") is None:
        return False
    told = [found[2].partition(" ")[0] for one in lines[1:] if (found := message_of(one, tabs=False)) is not None]
    if not told or message_of(lines[1], tabs=False) is None:
        return False
    return title_of_file(name) is not None or (len(told) >= _MANY and len(set(told)) * _SURE <= len(told))


def surveyed(export: Export, name: str) -> Survey:
    """What a whole file tells; what is beyond a break stays unknown to it."""
    survey = Survey(script_of(export.head(name, 4)))
    lines = [line for line in first_lines(export.head(name, HEAD_BYTES)) if line.strip()]
    survey.title = (title_of(lines[0]) if lines else None) or title_of_file(name)
    survey.tabs = any(message_of(line, tabs=True) for line in lines)
    quoted = _Quoted()
    number = 0
    try:
        for batch, doubtful in batches(export.open(name), survey.script):
            survey.ends.add(batch)
            for line in batch:
                bare = line.removesuffix("\r")
                _survey_line(survey, survey.script.readable(bare) if doubtful else bare, number, quoted)
                number += 1
    except MemberBroken:
        pass  # the second reading meets it again, and says so
    _take_days(survey, quoted)
    survey.decision = _decided(survey, export)
    return survey


def _survey_line(survey: Survey, line: str, number: int, quoted: _Quoted) -> None:
    day = DAY_LINE.match(line)
    if day is not None and survey.shape in (None, _shape(day)):
        survey.shape = _shape(day)
        quoted.dates.append((number, day))
        if not quoted.is_open or len(quoted.dates) >= _MOST_NAMES:
            _take_days(survey, quoted)
        return
    found = message_of(line, tabs=survey.tabs)
    if found is None or survey.shape is None:
        survey.stray += found is None and survey.shape is None and bool(line.strip())
        quoted.marks += line.count('"') if quoted.is_open else 0
        if quoted.dates and not quoted.is_open and len(survey.inside) < _MOST_INSIDE:
            survey.inside.update(place for place, _ in quoted.dates)
            quoted.dates.clear()
        return
    _take_days(survey, quoted)
    survey.messages += 1
    rest = found[2]
    if survey.tabs:
        sender, tab, text = rest.partition("\t")
        quoted.marks = text.count('"') if text.startswith('"') else 0
        if tab and sender and len(survey.people) < _MOST_NAMES:
            survey.people[sender.strip()] = None
    else:
        _survey_words(survey, rest)


def _take_days(survey: Survey, quoted: _Quoted) -> None:
    """These dates are days: no text was open, or it never ended."""
    for _, day in quoted.dates:
        printed = (day["a"], day["b"], day["c"])
        survey.separator = day["sep"].strip()
        survey.evidence.add(printed, "")
        _vote(survey, printed, weekday_of(f"{day['before'] or ''} {day['after'] or ''}"))
    quoted.dates.clear()
    quoted.marks = 0


def _survey_words(survey: Survey, rest: str) -> None:
    """Names of the desktop program end at a space and may hold one: what always follows a word belongs to it."""
    first, _, more = rest.partition(" ")
    second = more.partition(" ")[0]
    known = survey.follows.get(first)
    if known is None:
        if len(survey.follows) < _MOST_NAMES:
            survey.follows[first] = (1, second)
    else:
        survey.follows[first] = (known[0] + 1, second if known[1] == second else "")


def _vote(survey: Survey, printed: Printed, weekday: int | None) -> None:
    """A weekday that is printed too tells the order of day and month."""
    if weekday is None:
        return
    fits = {order for order in Order if (day := reading(printed, "", order)) is not None and day.weekday() == weekday}
    if (Order.DAY in fits) is not (Order.MONTH in fits):
        survey.votes[Order.DAY if Order.DAY in fits else Order.MONTH] += 1


def _decided(survey: Survey, export: Export) -> Decision:
    decision = decide(survey.evidence, survey.separator, export.day_first, export.zone.key)
    day, month = survey.votes[Order.DAY], survey.votes[Order.MONTH]
    if survey.evidence.long_first or day == month or decision.reason.startswith("the dates"):
        return decision
    order = Order.DAY if day > month else Order.MONTH
    return Decision(order=order, certain=True, reason="the weekdays are so")


def names_of(survey: Survey) -> tuple[str, ...]:
    """Who says something, in order."""
    if survey.tabs:
        return tuple(survey.people)
    names = []
    for first, (count, second) in survey.follows.items():
        whole = f"{first} {second}" if second and count >= _SURE else first
        titled = survey.title is not None and survey.title.startswith(f"{first} ")
        names.append(survey.title if titled and survey.title else whole)
    return tuple(dict.fromkeys(names))
