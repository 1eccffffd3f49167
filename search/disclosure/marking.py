"""From words to marks: where something stands in the parts of a record, and what is to be marked so that it goes. Pure.

Rules:

- In a text it is marked as characters of that text; on pages as the boxes of the words or lines that it touches, so
  that what a reviewer sees marked is what is burned in. Boxes beside one another on a line are one.
- A part whose text nobody knows is told, since nothing can be found in it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from search.disclosure.kept_text import text_digest
from search.disclosure.redaction import (
    MOST_REGIONS,
    MOST_SPANS,
    Found,
    Part,
    Place,
    Redaction,
    RedactionState,
    Region,
    Regions,
    Span,
    Words,
    text_spans,
)
from search.disclosure.release_types import ClosedPart, PagesPart, TextPart
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from search.disclosure.redaction_suggestions import Suggestion
    from search.disclosure.release_types import RecordParts, SeenLine

_NAMES: Final = {Part.TEXT: "text", Part.HEADER: "header", Part.MESSAGE: "message", Part.COMPONENT: "component"}
_FILE_NAME: Final = "name"
_PARTS: Final = {name: part for part, name in _NAMES.items()} | {_FILE_NAME: Part.FILE_NAME}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAt:
    """Words that stand in a part: as characters of a text (`span`), or in boxes of its pages (`regions`)."""

    part: TextPart | PagesPart
    kind: Found
    reason: str
    words: str
    span: Span | None = None
    regions: tuple[Region, ...] = ()


def part_name(place: Place) -> str:
    """A part of a record as people type it: ``text``, ``header:to``, ``message:12``, ``component:ID``, ``name:ID``."""
    name = _NAMES.get(place.part, _FILE_NAME)
    value = place.name or place.number or place.component
    return name if value is None else f"{name}:{value}"


def read_place(text: str) -> Place:
    """The part of a record that somebody named.

    Raises:
        InvalidInput: it is none.
    """
    name, _, value = text.partition(":")
    part = _PARTS.get(name.casefold())
    try:
        if part is Part.HEADER:
            return Place(part=part, name=value)
        if part is Part.MESSAGE:
            return Place(part=part, number=int(value) if value.isdecimal() and len(value) < len("1000000000") else 0)
        if part is not None:
            return Place(part=part, component=value or None)
    except InvalidInput:
        part = None
    msg = f"{text[:64]!r} is no part of a record; it is text, header:NAME, message:NUMBER, component:ID or name:ID"
    raise InvalidInput(msg)


def part_at(parts: RecordParts, place: Place) -> TextPart | PagesPart:
    """The part of a record at a place.

    Raises:
        NotFound: it has no such part.
        InvalidInput: it is there and can be shown neither as text nor as pages.
    """
    named = [one for one in parts.parts if same_place(one.place, place)]
    for one in named:
        if not isinstance(one, ClosedPart):
            return one
    if named:
        raise InvalidInput("this file cannot be shown as text or pages; withhold the record, or leave the file out")
    raise NotFound(f"this record has no part {part_name(place)[:80]}; see: archiver request redact parts")


def find_in(part: TextPart | PagesPart, finder: Callable[[str], Iterable[Suggestion]]) -> tuple[FoundAt, ...]:
    """What a finder finds in a part, in order."""
    if isinstance(part, TextPart):
        return tuple(
            FoundAt(
                part=part,
                kind=one.kind,
                reason=one.reason,
                words=part.text[one.span.start : one.span.end],
                span=one.span,
            )
            for one in finder(part.text)
        )
    found = []
    for page in sorted({line.page for line in part.lines}):
        lines = [line for line in part.lines if line.page == page and line.text]
        text = " ".join(line.text for line in lines)
        for one in finder(text):
            regions = tuple(_boxes(part, lines, one.span))
            words = text[one.span.start : one.span.end]
            if regions:
                found.append(FoundAt(part=part, kind=one.kind, reason=one.reason, words=words, regions=regions))
    return tuple(found)


def marks_of(found: Sequence[FoundAt]) -> tuple[tuple[Place, Words | Regions], ...]:
    """What is to be marked so that all of this goes: for each part its characters or boxes, each once."""
    by_part: dict[Place, list[FoundAt]] = {}
    for one in found:
        by_part.setdefault(one.part.place, []).append(one)
    marks: list[tuple[Place, Words | Regions]] = []
    for place, some in by_part.items():
        part = some[0].part
        if isinstance(part, TextPart):
            spans = text_spans(len(part.text), tuple(one.span for one in some if one.span is not None))
            digest = text_digest(part.text)
            portions = (spans[at : at + MOST_SPANS] for at in range(0, len(spans), MOST_SPANS))
            marks += [(place, Words(spans=each, text_digest=digest)) for each in portions]
        else:
            boxes = tuple(dict.fromkeys(region for one in some for region in one.regions))
            portions_of_boxes = (boxes[at : at + MOST_REGIONS] for at in range(0, len(boxes), MOST_REGIONS))
            marks += [(place, Regions(regions=each, unit=part.unit)) for each in portions_of_boxes]
    return tuple(marks)


def states_of(found: Sequence[FoundAt], marks: Sequence[Redaction]) -> tuple[RedactionState | None, ...]:
    """For each, whether all of it is marked in its part already: final, as a draft, or not.

    What is kept only (`keep_only`) or found by a pattern is not looked through: what that leaves out is not asked.
    """
    asked = [one for one in marks if not one.keep_only]
    by_part = {id(one.part): one.part for one in found}
    covers = {name: _Covered(part, asked) for name, part in by_part.items()}
    return tuple(covers[id(one.part)].state(one) for one in found)


def unread_parts(parts: RecordParts) -> tuple[str, ...]:
    """The titles of the parts in which nothing can be found: closed ones, and pages of which no text is known."""
    return tuple(
        one.title
        for one in parts.parts
        if isinstance(one, ClosedPart) or (isinstance(one, PagesPart) and not any(line.text for line in one.lines))
    )


def same_place(one: Place, other: Place) -> bool:
    """Whether two places are one; names of headers have no case (RFC 5322 §1.2.2, RFC 5234 §2.3)."""
    return _lowered(one) == _lowered(other)


def _lowered(place: Place) -> Place:
    return place if place.name is None else replace(place, name=place.name.casefold())


class _Covered:
    """What of a part is marked."""

    def __init__(self, part: TextPart | PagesPart, marks: Sequence[Redaction]) -> None:
        here = [one for one in marks if same_place(one.place, part.place)]
        final = [one for one in here if one.state is RedactionState.FINAL]
        self._states = [(RedactionState.FINAL, final), (RedactionState.DRAFT, here)] if here else []
        self._spans: list[tuple[RedactionState, tuple[Span, ...]]] = []
        if isinstance(part, TextPart) and here:
            digest = text_digest(part.text)
            self._spans = [(state, _spans(part, digest, some)) for state, some in self._states]

    def state(self, one: FoundAt) -> RedactionState | None:
        if one.span is None:
            return next((state for state, some in self._states if _boxed(one, some)), None)
        return next((state for state, spans in self._spans if _spanned(one.span, spans)), None)


def _spans(part: TextPart, digest: str, marks: Sequence[Redaction]) -> tuple[Span, ...]:
    mine = (one.where for one in marks if isinstance(one.where, Words) and one.where.text_digest == digest)
    return text_spans(len(part.text), tuple(span for where in mine for span in where.spans))


def _spanned(span: Span, spans: Sequence[Span]) -> bool:
    at = bisect_right(spans, span.start, key=lambda one: one.start) - 1
    return at >= 0 and span.end <= spans[at].end


def _boxed(found: FoundAt, marks: Sequence[Redaction]) -> bool:
    boxes = [box for one in marks if isinstance(one.where, Regions) for box in one.where.regions]
    return all(any(_inside(region, box) for box in boxes) for region in found.regions)


def _inside(one: Region, box: Region) -> bool:
    across = box.left <= one.left and one.right <= box.right
    return one.page == box.page and across and box.top <= one.top and one.bottom <= box.bottom


def _boxes(part: PagesPart, lines: Sequence[SeenLine], span: Span) -> Iterator[Region]:
    """The boxes of the lines or words that some characters of a page's text touch; those on one line are one box."""
    at = 0
    standing: Region | None = None
    for line in lines:
        start, at = at, at + len(line.text) + 1
        if start >= span.end or start + len(line.text) <= span.start:
            continue
        box = _on_page(part, line)
        if box is None:
            continue
        if (
            standing is not None
            and standing.top < box.bottom
            and box.top < standing.bottom
            and box.left > standing.left
        ):
            standing = Region(
                page=box.page,
                left=standing.left,
                top=min(standing.top, box.top),
                right=max(standing.right, box.right),
                bottom=max(standing.bottom, box.bottom),
            )
            continue
        if standing is not None:
            yield standing
        standing = box
    if standing is not None:
        yield standing


def _on_page(part: PagesPart, line: SeenLine) -> Region | None:
    """The box of a line as far as it lies on its page."""
    if not 1 <= line.page <= len(part.sizes):
        return None
    across, down = part.sizes[line.page - 1]
    left, top = max(0.0, line.left), max(0.0, line.top)
    right, bottom = min(across, line.right), min(down, line.bottom)
    if left >= right or top >= bottom:
        return None
    return Region(page=line.page, left=left, top=top, right=right, bottom=bottom)
