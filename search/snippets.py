"""Pieces of a record's text around what a search found, with every hit in them marked. Pure.

Rules: a snippet is made of parts, each a hit or not; whoever prints chooses how to mark. `as_html` escapes every
part, so nothing in a record's text becomes markup. Line breaks, control characters and those that turn the direction
of writing become spaces or nothing. The text is shown in compatibility form (NFKC), which is what words were looked for
in. What is looked for, and how much work that may be, is told by `search.marking`.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.analysis import normalise
from search.documents import Column
from search.marking import BUDGET, Seeker, merged, wanted_leaves, within_budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from search.marking import Found
    from search.queries import Query

WIDTH: Final = 200
LONGEST_LINE: Final = 300
TEXT_COLUMNS: Final = frozenset({Column.TEXT_STEM, Column.TEXT_EXACT, Column.MARKS})
_LEAD = 60
_MOST_HITS: Final = 400
_CHOICE: Final = 8
_UNPRINTABLE = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_ELLIPSIS: Final = "\u2026"


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A run of text, and whether the search asked for it."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Snippet:
    """The parts of a snippet in order; none for a record without text."""

    parts: tuple[SnippetPart, ...]

    def as_text(self, opening: str = "", closing: str = "") -> str:
        """The snippet as one line, hits between these signs."""
        return "".join(f"{opening}{part.text}{closing}" if part.hit else part.text for part in self.parts)

    def as_html(self) -> str:
        """The snippet as safe HTML, hits as ``<mark>``."""
        return "".join(
            f"<mark>{html.escape(part.text)}</mark>" if part.hit else html.escape(part.text) for part in self.parts
        )

    @property
    def has_hit(self) -> bool:
        """Whether something in it is marked."""
        return any(part.hit for part in self.parts)


def make_snippet(text: str, query: Query, *, width: int = WIDTH) -> Snippet:
    """The first place of a text that the query asks for, about `width` characters, or its beginning."""
    return cut_snippets(text, Seeker(wanted_leaves(query), TEXT_COLUMNS), width=width)[0]


def cut_snippets(
    text: str, seeker: Seeker, *, most: int = 1, width: int = WIDTH, budget: int = BUDGET
) -> tuple[Snippet, ...]:
    """Up to `most` places of a text, each about `width` characters, in their order; its beginning if nothing is found.

    Of the first places those are taken that show most of what the query asks for.
    """
    reached = within_budget(text, budget)
    shown, is_cut = normalise(reached), len(reached) < len(text)
    windows: list[list[Found]] = []
    # one beyond the last tells that the last is whole; the others give a choice, where there is something to choose
    enough = most + (_CHOICE if seeker.leaves > 1 else 1)
    for hits, found in enumerate(seeker.find(shown, budget), start=1):
        if windows and found.start < windows[-1][0].start + width:
            windows[-1].append(found)
        else:
            windows.append([found])
        if len(windows) >= enough or hits >= _MOST_HITS:
            break
    if not windows:
        return (_cut(shown, [], 0, width, is_cut=is_cut),)
    cut, floor = [], 0
    for window in _chosen(windows, most):
        runs = merged(window)
        cut.append(_cut(shown, runs, floor, width, is_cut=is_cut))
        floor = runs[-1][1]
    return tuple(cut)


def mark_line(text: str, seeker: Seeker, *, longest: int = LONGEST_LINE) -> Snippet:
    """A short text whole, such as a subject or a name, with its hits; a long one around its first hit."""
    shown = normalise(text[: 100 * longest])
    runs = merged(seeker.find(shown, BUDGET // 100))
    if len(shown) <= longest:
        return Snippet(tuple(_parts(shown, runs, 0, len(shown))))
    return _cut(shown, runs, 0, longest, is_cut=False)


def _chosen(windows: Sequence[list[Found]], most: int) -> list[list[Found]]:
    """Of these windows at most so many, each the one that adds most to what is shown; in the order of the text."""
    left = {number: {found.leaf for found in window} for number, window in enumerate(windows)}
    shown: set[int] = set()
    chosen: list[int] = []
    while left and len(chosen) < most:
        best = max(left, key=lambda number: (len(left[number] - shown), -number))
        shown |= left.pop(best)
        chosen.append(best)
    return [windows[number] for number in sorted(chosen)]


def _cut(shown: str, runs: list[tuple[int, int]], floor: int, width: int, *, is_cut: bool) -> Snippet:
    """One window of a text; it begins not before `floor`, where the window before it has ended."""
    start = max(floor, runs[0][0] - _LEAD, 0) if runs else 0
    start = _word_start(shown, start, runs[0][0] if runs else 0)
    end = _word_end(shown, min(len(shown), start + width))
    end = max(end, runs[0][1]) if runs else end
    inside = [run for run in runs if run[1] <= end]
    parts = [SnippetPart(_ELLIPSIS, hit=False)] if start else []
    parts += _parts(shown, inside, start, end)
    if end < len(shown) or is_cut:
        parts.append(SnippetPart(_ELLIPSIS, hit=False))
    return Snippet(tuple(part for part in parts if part.text))


def _parts(shown: str, runs: Iterable[tuple[int, int]], start: int, end: int) -> list[SnippetPart]:
    parts: list[SnippetPart] = []
    for first, last in runs:
        parts.append(SnippetPart(_printable(shown[start:first]), hit=False))
        parts.append(SnippetPart(_printable(shown[first:last]), hit=True))
        start = last
    parts.append(SnippetPart(_printable(shown[start:end]), hit=False))
    return [part for part in parts if part.text]


def _word_start(shown: str, start: int, latest: int) -> int:
    """Move forward to where a word begins, not beyond the hit."""
    if start == 0:
        return 0
    space = shown.find(" ", start, latest)
    return start if space < 0 else space + 1


def _word_end(shown: str, end: int) -> int:
    """Move back to where a word ends, unless the word is very long."""
    if end >= len(shown):
        return len(shown)
    space = shown.rfind(" ", max(0, end - _LEAD), end)
    return end if space < 0 else space


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(" ", _TURNING.sub("", text))
