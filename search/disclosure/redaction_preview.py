"""A record as it would leave, for reviewers: what is final is gone, and drafts stand apart from it. Pure.

Rules: what is final is carried out by what carries it out in the end (`kept_text`), so that what is shown is what
leaves. The words of a draft are shown, since it is not decided that they go. A mark that does not fit its part (its
text was read anew since, its page is gone) is told, and what it was to take out stays to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from search.disclosure.kept_text import keep_file_name, keep_text, mark, taken_spans
from search.disclosure.marking import part_name, same_place
from search.disclosure.redaction import (
    Part,
    Redaction,
    RedactionState,
    Regions,
    Span,
    check_regions,
    rest_of,
    text_spans,
)
from search.disclosure.release_types import ClosedPart, PagesPart, TextPart
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.disclosure.redaction import Region
    from search.disclosure.release_types import RecordParts

_NO_GROUND = ("-",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMark:
    """A mark with what it takes out of its part: characters of a text, or boxes of pages; neither where it misfits."""

    redaction: Redaction
    spans: tuple[Span, ...] = ()
    regions: tuple[Region, ...] = ()
    misfit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    """A part with its marks; `kept` is its text as it would leave, `shown` the same with the words of drafts."""

    part: TextPart | PagesPart | ClosedPart
    marks: tuple[ShownMark, ...] = ()
    kept: str | None = None
    shown: str | None = None


def shown_parts(
    parts: RecordParts, marks: Sequence[Redaction], *, roster: Sequence[str] = ()
) -> tuple[tuple[ShownPart, ...], tuple[Redaction, ...]]:
    """Every part of a record with its marks, and the marks that are in no part of it."""
    left = list(marks)
    shown = []
    for part in parts.parts:
        here = [one for one in left if same_place(one.place, part.place)]
        if not isinstance(part, ClosedPart):
            here = [one for one in here if isinstance(one.where, Regions) == isinstance(part, PagesPart)]
        left = [one for one in left if one not in here]
        shown.append(_text(part, here, roster) if isinstance(part, TextPart) else _pages(part, here))
    return tuple(shown), tuple(left)


def misfits(parts: RecordParts, marks: Sequence[Redaction], *, roster: Sequence[str] = ()) -> tuple[str, ...]:
    """The ids of the marks that cannot be carried out in a record as it is now."""
    shown, nowhere = shown_parts(parts, marks, roster=roster)
    wrong = [one.redaction.id for part in shown for one in part.marks if one.misfit]
    return (*wrong, *(one.id for one in nowhere))


def _text(part: TextPart, marks: Sequence[Redaction], roster: Sequence[str]) -> ShownPart:
    shown = tuple(_in_text(part, one, roster) for one in marks)
    fitting = [one for one in shown if not one.misfit]
    final = [one.redaction for one in fitting if one.redaction.state is RedactionState.FINAL]
    keep = keep_file_name if part.place.part is Part.FILE_NAME else keep_text
    kept = keep(part.text, final, roster=roster).text
    return ShownPart(part=part, marks=shown, kept=kept, shown=_with_drafts(part.text, fitting, kept))


def _in_text(part: TextPart, one: Redaction, roster: Sequence[str]) -> ShownMark:
    try:
        final = replace(one, state=RedactionState.FINAL, codes=one.codes or _NO_GROUND)
        spans = tuple(span for _, some in taken_spans(part.text, [final], roster=roster) for span in some)
    except (Conflict, InvalidInput) as error:
        return ShownMark(redaction=one, misfit=str(error))
    return ShownMark(redaction=one, spans=spans)


def _pages(part: PagesPart | ClosedPart, marks: Sequence[Redaction]) -> ShownPart:
    return ShownPart(part=part, marks=tuple(_on_pages(part, one) for one in marks))


def _on_pages(part: PagesPart | ClosedPart, one: Redaction) -> ShownMark:
    if not isinstance(part, PagesPart) or not isinstance(one.where, Regions):
        return ShownMark(
            redaction=one, misfit=f"{part_name(one.place)} cannot be shown, so nothing of it can be taken out"
        )
    if one.where.unit is not part.unit:
        return ShownMark(redaction=one, misfit="its boxes are measured in another unit; mark it again")
    try:
        check_regions(one.where.regions, part.sizes)
    except InvalidInput as error:
        return ShownMark(redaction=one, misfit=str(error))
    return ShownMark(redaction=one, regions=one.where.regions)


def _with_drafts(text: str, marks: Sequence[ShownMark], kept: str) -> str:
    """The text with marks for what is gone, and each draft in brackets with its words."""
    drafts = [one for one in marks if one.redaction.state is RedactionState.DRAFT]
    if not drafts:
        return kept
    final = [one for one in marks if one not in drafts]
    gone = text_spans(len(text), tuple(span for one in final for span in one.spans))
    pieces: list[tuple[Span, str]] = []
    for span in gone:
        labels = (one.redaction.label for one in final if any(_meet(span, each) for each in one.spans))
        pieces.append((span, mark(" + ".join(dict.fromkeys(filter(None, labels))))))
    for one in drafts:
        for span in one.spans:
            pieces += [
                (rest, f"[draft {one.redaction.id}: {text[rest.start : rest.end]}]") for rest in _less(span, gone)
            ]
    told, at = [], 0
    for span, said in sorted(pieces):
        if span.end > at:  # two drafts of the same words are shown once
            told += [text[at : span.start], said]
            at = span.end
    return "".join([*told, text[at:]])


def _less(span: Span, gone: Sequence[Span]) -> tuple[Span, ...]:
    """What of a span is not gone."""
    here = tuple(
        Span(start=max(one.start, span.start) - span.start, end=min(one.end, span.end) - span.start)
        for one in gone
        if _meet(one, span)
    )
    rest = rest_of(span.end - span.start, here)
    return tuple(Span(start=one.start + span.start, end=one.end + span.start) for one in rest)


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
