"""What is left out of a record that is given in part: where, on which ground, and what is printed in its place. Pure.

Rules kept: a redaction names its place in one form only: characters of a text that is named by its SHA-256, regions of
a page or a picture, or words and kinds to be found. One that does not fit the text or the page it is for is refused
and never shortened to fit. A redaction that has no ground (code of exemption) stays a draft. What two redactions share
is taken once (a union), and taking out always wins over keeping.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

from storage.errors import InvalidInput

MOST_SPANS: Final = 10_000
MOST_REGIONS: Final = 1_000
MOST_WORDS: Final = 500
MOST_CODES: Final = 20
LONGEST_LABEL: Final = 40
LONGEST_WORDS: Final = 500
LONGEST_NAME: Final = 200
LONGEST_TEXT: Final = 8 << 20  # characters
LONGEST_SIDE: Final = 100_000  # points or pixels
_SEPARATORS: Final = frozenset('\t,;|"')


class Part(StrEnum):
    """What of a record a redaction is in."""

    TEXT = "text"
    HEADER = "header"
    MESSAGE = "message"
    COMPONENT = "component"
    FILE_NAME = "file_name"


class Unit(StrEnum):
    """What regions are measured in: points of a page (1/72 inch) or pixels of a picture, from the upper left."""

    POINTS = "points"
    PIXELS = "pixels"


class Found(StrEnum):
    """A kind of words that can be found in a text."""

    WORDS = "words"
    SSN = "ssn"
    PHONE = "phone"
    EMAIL = "email"
    BIRTH_DATE = "birth_date"
    ACCOUNT = "account"
    NAME = "name"
    ADDRESS = "address"
    MEDICAL = "medical"
    COUNSELLING = "counselling"


class RedactionState(StrEnum):
    """A draft is shown to reviewers only; a final redaction is burned in."""

    DRAFT = "draft"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Characters of a text: from `start`, up to and without `end`.

    Raises:
        InvalidInput: it holds nothing, or begins before the text.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse what is no span."""
        if not 0 <= self.start < self.end:
            raise InvalidInput("A redaction of a text goes from a character to a later one. Mark it again.")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Region:
    """A rectangle of a page (from 1); `left` and `top` are nearer to the upper left corner.

    Raises:
        InvalidInput: it has no area, lies before the page's corner or is larger than any page.
    """

    page: int
    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        """Refuse what is no rectangle."""
        sides = (self.left, self.top, self.right, self.bottom)
        fits = all(isfinite(one) and 0 <= one <= LONGEST_SIDE for one in sides)
        if self.page < 1 or not fits or self.left >= self.right or self.top >= self.bottom:
            raise InvalidInput("A redaction of a page is a rectangle on it with a width and a height. Draw it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The part of a record: a header by `name`, a message by `number` (from 1), an attachment or another component.

    Raises:
        InvalidInput: what the part needs is missing, or it has what another part needs.
    """

    part: Part
    name: str | None = None
    number: int | None = None
    component: str | None = None

    def __post_init__(self) -> None:
        """Refuse a place that names too little or too much."""
        named = self.name is not None and 0 < len(self.name) <= LONGEST_NAME
        numbered = self.number is not None and self.number >= 1
        of = self.component is not None and 0 < len(self.component) <= LONGEST_NAME
        wrong = (
            named != (self.part is Part.HEADER),
            numbered != (self.part is Part.MESSAGE),
            self.part is Part.COMPONENT and not of,
            of and self.part not in {Part.COMPONENT, Part.FILE_NAME},
            self.name is not None and not named,
            self.number is not None and not numbered,
            self.component is not None and not of,
        )
        if any(wrong):
            raise InvalidInput("A redaction names one part of a record: a header, a message, a file or the text.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Characters of the text (`kept_text.normal_text`) whose SHA-256 in UTF-8 is `text_digest` (64 hex digits)."""

    spans: tuple[Span, ...]
    text_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """Rectangles of pages or of a picture."""

    regions: tuple[Region, ...]
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Words to be found wherever they stand, and kinds of words (`Found.WORDS` and `NAME` are said by `words`)."""

    words: tuple[str, ...] = ()
    kinds: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """One redaction. With `keep_only` what `where` names is kept and all else of the part is taken out.

    Args:
        label: printed in its place, for instance the code; never what was there.

    Raises:
        InvalidInput: it is not a whole one; the sentence says what is missing.
    """

    id: str
    record_id: str
    place: Place
    where: Words | Regions | Pattern
    codes: tuple[str, ...]
    state: RedactionState
    label: str = ""
    keep_only: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be carried out."""
        for name in (self.id, self.record_id):
            if not 0 < len(name) <= LONGEST_NAME:
                raise InvalidInput("A redaction has an id and names the record it is of.")
        if self.state is RedactionState.FINAL and not self.codes:
            raise InvalidInput("A final redaction states a ground. Give it a code of exemption, or leave it a draft.")
        if len(self.codes) > MOST_CODES or not all(_printable(code, LONGEST_LABEL) and code for code in self.codes):
            raise InvalidInput(f"A redaction has at most {MOST_CODES} codes of at most {LONGEST_LABEL} letters.")
        if not _printable(self.label, LONGEST_LABEL) or _SEPARATORS & set(self.label):
            raise InvalidInput(
                f"A label has at most {LONGEST_LABEL} characters on one line, without commas, bars and quotes."
            )
        _check_where(self.where)
        if isinstance(self.where, Regions) and self.place.part is not Part.COMPONENT:
            raise InvalidInput("Regions are marked on a page or a picture. Name the component that it is of.")


def text_spans(length: int, redaction_spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The union of spans in order; spans that touch are one.

    Raises:
        InvalidInput: one goes beyond the text's `length`.
    """
    union: list[Span] = []
    for span in sorted(redaction_spans):
        if span.end > length:
            raise InvalidInput("A redaction goes beyond the end of its text. Mark it again in the text as it is now.")
        if union and span.start <= union[-1].end:
            union[-1] = Span(start=union[-1].start, end=max(union[-1].end, span.end))
        else:
            union.append(span)
    return tuple(union)


def rest_of(length: int, kept: tuple[Span, ...]) -> tuple[Span, ...]:
    """What of a text is not in these spans, in order.

    Raises:
        InvalidInput: one goes beyond the text's `length`.
    """
    rest, at = [], 0
    for span in text_spans(length, kept):
        if span.start > at:
            rest.append(Span(start=at, end=span.start))
        at = span.end
    return (*rest, Span(start=at, end=length)) if at < length else tuple(rest)


def check_regions(regions: tuple[Region, ...], sizes: tuple[tuple[float, float], ...]) -> None:
    """Refuse regions that do not lie on their pages, of which `sizes` has the width and height in the same unit.

    Raises:
        InvalidInput: there is no such page, or the region leaves it.
    """
    for one in regions:
        if one.page > len(sizes):
            raise InvalidInput("A redaction is on a page that the document does not have. Remove it or name another.")
        across, down = sizes[one.page - 1]
        if one.right > across + 1 or one.bottom > down + 1:
            raise InvalidInput("A redaction goes beyond the edge of its page. Draw it again.")


def _check_where(where: Words | Regions | Pattern) -> None:
    if isinstance(where, Words):
        known = len(where.text_digest) == 64 and set(where.text_digest) <= set("0123456789abcdef")  # noqa: PLR2004 - hex
        if not 1 <= len(where.spans) <= MOST_SPANS or not known:
            raise InvalidInput(f"A redaction of words has 1 to {MOST_SPANS:,} spans of a text that it names by digest.")
    elif isinstance(where, Regions):
        if not 1 <= len(where.regions) <= MOST_REGIONS:
            raise InvalidInput(f"A redaction of pages has 1 to {MOST_REGIONS:,} regions.")
    elif not (where.words or where.kinds) or len(where.words) > MOST_WORDS:
        raise InvalidInput(f"A redaction by pattern names kinds, or 1 to {MOST_WORDS} words.")
    elif not all(one.strip() and len(one) <= LONGEST_WORDS for one in where.words):
        raise InvalidInput(f"Words to be redacted have 1 to {LONGEST_WORDS} characters.")


def _printable(text: str, longest: int) -> bool:
    return len(text) <= longest and not any(unicodedata.category(one)[0] in "CZ" and one != " " for one in text)
