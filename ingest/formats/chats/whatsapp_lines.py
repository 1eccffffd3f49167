"""The head of a line of a WhatsApp chat: date, time and what parts them from the rest, in every locale's layout.

Rule kept: a line begins a message only if all of its head is understood, and only if it is laid out as the lines of
this file are. A phone writes all lines of an export alike, so a head in another layout is what somebody pasted into
a message. Nothing here decides which number is the day: see `whatsapp_days`.

Layouts: "[date, time] rest" (iOS), "date, time - rest" (Android), and the older "date, time: rest" and
"date. time rest". Date and time are what CLDR's short formats of the phone's locale and clock setting give: digits
of any script, direction marks in between (ar, he, fa), halves of the day before or after the time, with U+202F,
U+00A0 or no space. There is no specification; see docs/formats/whatsapp.md for what was looked at.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ingest.formats.chats.whatsapp_halves import Gap, half_hour, read_gap

MARKS: Final = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_M = f"[{MARKS}]{{0,8}}"
_B = "[ \u00a0\u202f\u2009]"
_TIME = rf"(\d{{1,2}})(?:[:.]|{_B}?[hH时時시]{_B}?)(\d{{2}})(?:(?:[:.]|{_B}?(?:min|分|분){_B}?)(\d{{2}}))?"
_HEAD: Final = re.compile(
    rf"{_M}(\[)?{_M}"
    rf"(\d{{1,4}}){_M}([./-]|{_B}?[年년]){_B}?{_M}(\d{{1,4}}){_M}(?:[./-]|{_B}?[月월]){_B}?{_M}(\d{{1,4}})"
    rf"([^\d\[\]:\n]{{1,32}})"
    rf"{_TIME}"
    rf"([^\d\[\]:\n]{{0,24}}?)"
    rf"(\](?:{_B}|$)|{_B}{_M}[-–—](?:{_B}|$)|:{_B})"
)
_SPACED: Final = re.compile(
    rf"{_M}()(\d{{1,2}})(\.){_B}?(\d{{1,2}})\.{_B}?(\d{{4}})(\.?{_B})(\d{{1,2}}):(\d{{2}}):(\d{{2}})()({_B})(?=\S)"
)
_COMMON: Final = re.compile(
    r"\u200e?(\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? )(\d{1,2}:\d\d(?::\d\d)?(?:[\u202f ][AaPp][Mm])?(?:\] | - ))"
)
_DASHES = "-–—"
_LOOSE = MARKS + " \u00a0\u202f\u2009"
_MOST_GAPS, _MOST_KEPT = 4096, 100_000
_HOURS, _MINUTES = 23, 59
_OWN_LEAST, _OWN_SHARE = 20, 5


class Layout(NamedTuple):
    """What all heads of one export have in common."""

    bracket: bool
    separator: str
    seconds: bool
    closer: str


class Head(NamedTuple):
    """The head of a line: the numbers of its date as printed, hour, minute and second, and where the rest begins."""

    date: tuple[str, str, str]
    time: tuple[int, int, int]
    era: str
    end: int
    layout: Layout


class _Known(NamedTuple):
    """What a printed date, with its bracket, was found to be; `layout` are the parts of it that it decides."""

    date: tuple[str, str, str]
    bracket: bool
    separator: str


_gaps: dict[tuple[str, str], Gap | None] = {}
_layouts: dict[tuple[bool, str, bool, str], Layout] = {}
_dates: dict[str, _Known] = {}
_times: dict[str, tuple[tuple[int, int, int], bool, str]] = {}


def head_of(line: str) -> Head | None:
    """The head of a line, None where it has none that is understood to the last character."""
    match = _COMMON.match(line)
    if match is None:
        return _any_head(line)
    date, time = _dates.get(match[1]), _times.get(match[2])
    if date is None or time is None:
        found = _any_head(line)
        if found is not None and found.end == match.end():
            _remember(match, found)
        return found
    if date.bracket is not (time[2] == "]"):
        return None
    layout = _layouts.get((date.bracket, date.separator, time[1], time[2]))
    return Head(date.date, time[0], "", match.end(), layout) if layout is not None else _any_head(line)


def _remember(match: re.Match[str], found: Head) -> None:
    """Keep what was read: a day and a time of day come again. All of it comes from outside, so it is bounded."""
    if len(_dates) >= _MOST_KEPT or len(_times) >= _MOST_KEPT:
        _dates.clear()
        _times.clear()
    layout = found.layout
    _dates[match[1]] = _Known(found.date, layout.bracket, layout.separator)
    _times[match[2]] = (found.time, layout.seconds, layout.closer)


def _any_head(line: str) -> Head | None:
    for pattern in (_HEAD, _SPACED):
        match = pattern.match(line)
        if match is None:
            continue
        bracket, first, separator, second, third, between, hour, minute, seconds, after, closer = match.groups()
        gap, close = _gap(between, after), closer.strip(_LOOSE) or " "
        if gap is None or (close == "]") != bool(bracket):
            continue
        time = (half_hour(int(hour), gap.half), int(minute), int(seconds or 0))
        if time[0] > _HOURS or max(time[1:]) > _MINUTES:
            continue
        layout = _layout((bool(bracket), separator.strip(), seconds is not None, "-" if close in _DASHES else close))
        return Head((first, second, third), time, gap.era, match.end(), layout)
    return None


def _layout(key: tuple[bool, str, bool, str]) -> Layout:
    layout = _layouts.get(key)
    if layout is None:
        layout = _layouts[key] = Layout(*key)  # separators and closers are few: this does not grow
    return layout


def _gap(between: str, after: str) -> Gap | None:
    key = (between, after)
    if key in _gaps:
        return _gaps[key]
    found = read_gap(between, after)
    if len(_gaps) < _MOST_GAPS:  # they come from outside: the memory for them is bounded
        _gaps[key] = found
    return found


def own_layouts(counts: dict[Layout, int], first: Layout) -> frozenset[Layout]:
    """The layouts of a file: that of its first line, and any that is too frequent to have been pasted.

    Two exports that were put into one file have two of them.
    """
    everything = sum(counts.values())
    return frozenset(
        layout
        for layout, count in counts.items()
        if layout == first or (count >= _OWN_LEAST and count * _OWN_SHARE >= everything)
    )
