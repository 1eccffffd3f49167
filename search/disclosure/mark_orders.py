"""What somebody wants marked in a record, and the marks that it makes there. Pure but for the roster that it is given.

Rule: an order says one thing: words, kinds of words, characters of a part or a region of a page. One that does not fit
the record is refused whole; what is marked there already is not marked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.disclosure.kept_text import text_digest
from search.disclosure.marking import find_in, marks_of, part_at, read_place, states_of
from search.disclosure.redaction import (
    LONGEST_WORDS,
    MOST_WORDS,
    Found,
    Region,
    Regions,
    Span,
    Words,
    check_regions,
    text_spans,
)
from search.disclosure.redaction_suggestions import find_spans
from search.disclosure.redactions import NewRedaction
from search.disclosure.release_types import ClosedPart, PagesPart, TextPart
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from search.disclosure.redaction import Place, Redaction
    from search.disclosure.redaction_suggestions import Suggestion
    from search.disclosure.release_types import RecordParts
    from search.disclosure.rosters import Roster

BY_KIND: Final = tuple(one for one in Found if one is not Found.WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOrder:
    """What somebody wants marked: exactly one of `words`, `kinds`, `span` and `region`.

    Args:
        words: wherever they stand in the record, or in `part`.
        kinds: whatever is found of these kinds, there.
        span: part, first character and the one behind the last.
        region: part, page (from 1), left, top, right and bottom in the part's unit.
        part: where words and kinds are looked for, as `marking.part_name` writes it.
        codes: the grounds.
        label: what is printed in its place; the grounds otherwise.
        keep_only: what is named stays, and the rest of the part goes.
    """

    words: tuple[str, ...] = ()
    kinds: tuple[Found, ...] = ()
    span: tuple[str, int, int] | None = None
    region: tuple[str, int, float, float, float, float] | None = None
    part: str | None = None
    codes: tuple[str, ...] = ()
    label: str = ""
    keep_only: bool = False

    def __post_init__(self) -> None:
        """Refuse an order that nobody could carry out."""
        given = [bool(self.words), bool(self.kinds), self.span is not None, self.region is not None]
        if sum(given) != 1:
            raise InvalidInput("say one thing to be marked: --words, --find, --span or --region")
        if self.part is not None and not self.searches:
            raise InvalidInput("--part says where words are looked for; --span and --region name their part themselves")
        if self.keep_only and self.searches and self.part is None:
            raise InvalidInput("--keep-only takes all the rest of a part out; name the part with --part")
        if len(self.words) > MOST_WORDS or not all(one.strip() and len(one) <= LONGEST_WORDS for one in self.words):
            raise InvalidInput(f"words to be marked are 1 to {MOST_WORDS}, each of 1 to {LONGEST_WORDS} characters")

    @property
    def searches(self) -> bool:
        """Whether it says what, and not where."""
        return bool(self.words or self.kinds)


def marks_ordered(
    order: MarkOrder, parts: RecordParts, standing: Sequence[Redaction], roster: Roster
) -> tuple[list[NewRedaction], int]:
    """The marks that an order makes in a record beside those that stand there, and how many places it names.

    Raises:
        NotFound: the record has no such part.
        InvalidInput: the order does not fit it, or names are asked for and no roster is loaded.
    """
    if order.span is not None:
        marks, found = [_spanned(parts, *order.span)], 1
    elif order.region is not None:
        marks, found = [_drawn(parts, *order.region)], 1
    else:
        if order.kinds and Found.NAME in order.kinds and not roster.entries:
            raise InvalidInput("names are found by the roster; load one with: archiver request roster load")
        place = None if order.part is None else read_place(order.part)
        within = [part_at(parts, place)] if place else [one for one in parts.parts if not isinstance(one, ClosedPart)]
        look = finder(order.words, order.kinds, roster)
        hits = [one for part in within for one in find_in(part, look)]
        if not order.keep_only:
            states = states_of(hits, standing)
            hits = [one for one, state in zip(hits, states, strict=True) if state is None]
        marks, found = list(marks_of(hits)), len(hits)
    return [_new(order, place, where) for place, where in marks], found


def finder(order_words: Sequence[str], kinds: Sequence[Found], roster: Roster) -> Callable[[str], Iterator[Suggestion]]:
    """What finds these words and kinds in a text, all of them however many there are."""
    by_rule = [one for one in kinds if one is not Found.NAME]

    def found(text: str) -> Iterator[Suggestion]:
        most = max(1, len(text))
        if order_words:
            yield from find_spans(text, (Found.WORDS,), words=order_words, most=most)
        if by_rule:
            yield from find_spans(text, by_rule, most=most)
        if Found.NAME in kinds:
            yield from roster.suggestions(text)

    return found


def _new(order: MarkOrder, place: Place, where: Words | Regions) -> NewRedaction:
    return NewRedaction(place=place, where=where, codes=order.codes, label=order.label, keep_only=order.keep_only)


def _spanned(parts: RecordParts, name: str, start: int, end: int) -> tuple[Place, Words | Regions]:
    part = part_at(parts, read_place(name))
    if not isinstance(part, TextPart):
        raise InvalidInput("characters are marked in a text; this part has pages, so mark it with --region")
    spans = text_spans(len(part.text), (Span(start=start, end=end),))
    return part.place, Words(spans=spans, text_digest=text_digest(part.text))


def _drawn(
    parts: RecordParts, name: str, page: int, left: float, top: float, right: float, bottom: float
) -> tuple[Place, Words | Regions]:
    part = part_at(parts, read_place(name))
    if not isinstance(part, PagesPart):
        raise InvalidInput("regions are drawn on pages; this part is a text, so mark it with --span or --words")
    regions = (Region(page=page, left=left, top=top, right=right, bottom=bottom),)
    check_regions(regions, part.sizes)
    return part.place, Regions(regions=regions, unit=part.unit)
