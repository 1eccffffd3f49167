"""Text cut into lines that fit a width, and lines into runs that one font or one picture shows. Pure.

Rules kept: a line is cut at spaces, and inside a word only where it is longer than a line. What was left out is one
sign here (of the private use area, which no text that is given has), so that its mark is never cut. Every sign of the
text is in a line; nothing is added.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.disclosure.kept_text import BAR
from search.disclosure.machine_fonts import TURNED, script
from search.disclosure.page_fonts import FONTS, TALL, WIDTHS, draws_whole, shown_text, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FIRST: Final = 0xE000  # of the private use area
_MOST_MARKS: Final = 6_000
_LONGEST_DRAWN: Final = 60  # letters of one picture
_MARK_SIZE: Final = 0.8  # of the letters' size
_PADDING: Final = 700  # of 1/1000, both sides of a mark together
_WIDEST_MARK: Final = 30_000
_LETTERS: Final = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
_TURNED_WORDS: Final = re.compile(rf"({_LETTERS}+(?:[^\w]*{_LETTERS}+)*)")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line.

    `kind` is ``text`` with the name of its font in `font`, ``drawn``, ``line`` for a line that is drawn whole, or
    ``mark`` for what was left out, whose `text` is its label then.
    """

    kind: str
    text: str
    font: str = ""


class Marks:
    """The labels of what was left out of a document, each as one sign while lines are cut.

    Args:
        labels: those that its redactions print; a mark with several has them joined by plus signs.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        known = sorted({re.escape(one) for one in labels if one}, key=len, reverse=True)
        one = f"(?:{'|'.join([*known, 'redacted'])})"
        self._expression = re.compile(rf"\[{BAR} ({one}(?: \+ {one})*)\]")
        self._signs: dict[str, str] = {}
        self._labels: dict[str, str] = {}

    def hidden(self, text: str) -> str:
        """The text with each mark as one sign."""
        return self._expression.sub(self._sign, text) if BAR in text else text

    def label(self, sign: str) -> str | None:
        """What a mark prints; None for a sign that is none."""
        return self._labels.get(sign)

    def widths(self, line: str) -> int:
        """How wide the marks of a line are, less what they would be as signs."""
        return sum(self.width(one) - WIDTHS[one] for one in line if one in self._labels) if self._labels else 0

    def width(self, sign: str) -> int:
        """How wide a mark is, in 1/1000 of the letters' size."""
        return min(_WIDEST_MARK, round(width_of(self._labels[sign]) * _MARK_SIZE) + _PADDING)

    def _sign(self, found: re.Match[str]) -> str:
        label = found[1]
        if label not in self._signs:
            if len(self._signs) >= _MOST_MARKS:
                return found[0]
            sign = chr(_FIRST + len(self._signs))
            self._signs[label], self._labels[sign] = sign, shown_text(label)
        return self._signs[label]


def lines_of(text: str, marks: Marks, widest: float) -> Iterator[str]:
    """The lines of a text that has no line feed, each at most so wide in 1/1000 of the letters' size."""
    shown = shown_text(marks.hidden(text))
    if _width(shown, marks) <= widest:
        yield shown.rstrip(" ")
        return
    standing: list[str] = []
    used = 0.0
    space = WIDTHS[" "]
    for index, word in enumerate(shown.split(" ")):
        width = _width(word, marks)
        if index and used + space + width <= widest:
            standing.append(word)
            used += space + width
            continue
        if index:
            yield " ".join(standing).rstrip(" ")
        *whole, rest = _cut(word, marks, widest) if width > widest else (word,)
        yield from whole
        standing, used = [rest], _width(rest, marks)
    yield " ".join(standing).rstrip(" ")


def runs_of(line: str, marks: Marks) -> Iterator[Run]:
    """The runs of a line, in the order in which they are drawn from left to right."""
    if line.isascii():
        yield Run("text", line, FONTS["a"])
        return
    plain = "".join(one for one in line if marks.label(one) is None)
    if len(plain) == len(line) and runs_right_to_left(line) and draws_whole(line):
        yield Run("line", line)
        return
    text, font = "", ""
    for at, sign in enumerate(line):
        label = marks.label(sign)
        if label is not None:
            if text:
                yield _run(text, font)
            yield Run("mark", label)
            text = ""
            continue
        here = FONTS[sign]
        if sign == " " and text and not font and _between_turned(text, line[at + 1 : at + 2]):
            here = ""  # words that run from right to left keep their order within one picture only
        goes_on = bool(text) and here == font and (here != "" or _goes_on(text, sign))
        if text and not goes_on:
            yield _run(text, font)
            text = ""
        text, font = text + sign, here
    if text:
        yield _run(text, font)


def runs_right_to_left(line: str) -> bool:
    """Whether letters of a line run from right to left."""
    return not line.isascii() and any(unicodedata.bidirectional(one) in TURNED for one in line)


def begins_right(line: str) -> bool:
    """Whether the first letter of a line runs from right to left (UAX #9, rule P2); marks are no letters."""
    if line.isascii():
        return False
    for one in line:
        if unicodedata.category(one) == "Co":
            continue
        direction = unicodedata.bidirectional(one)
        if direction in {"L", *TURNED}:
            return direction in TURNED
    return False


def as_seen(line: str) -> str:
    """The letters of a line in the order in which they stand from left to right, about as UAX #9 has it.

    Programs that take text out of pages turn it back. Numbers keep their order.
    """
    if not runs_right_to_left(line):
        return line
    pieces = [one for one in _TURNED_WORDS.split(line) if one]
    turned = [one[::-1] if runs_right_to_left(one) else one for one in pieces]
    return "".join(reversed(turned) if begins_right(line) else turned)


def _run(text: str, font: str) -> Run:
    return Run("text", text, font) if font else Run("drawn", text)


def _width(text: str, marks: Marks) -> int:
    return width_of(text) + (0 if text.isascii() else marks.widths(text))


def _cut(word: str, marks: Marks, widest: float) -> Iterator[str]:
    at, used = 0, 0.0
    for index, sign in enumerate(word):
        width = marks.width(sign) if marks.label(sign) is not None else WIDTHS[sign]
        if index > at and used + width > widest:
            yield word[at:index]
            at, used = index, 0.0
        used += width
    yield word[at:]


def _between_turned(before: str, after: str) -> bool:
    ends = (before[-1:], after)
    return len(before) < _LONGEST_DRAWN and all(one and unicodedata.bidirectional(one) in TURNED for one in ends)


def _goes_on(run: str, sign: str) -> bool:
    same = script(run[0]) == script(sign) or unicodedata.category(sign)[0] == "M"
    return len(run) < _LONGEST_DRAWN and same


def size_of_mark(size: float) -> float:
    """The size of a mark's letters, from that of the letters around it."""
    return size * _MARK_SIZE


def points(width: float, size: float) -> float:
    """A width in 1/1000 of the letters' size as points."""
    return width * size / TALL
