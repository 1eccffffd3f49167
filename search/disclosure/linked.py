"""Where else what was left out of a record stands: in the same record, and in others of the set. Pure.

Rule: what is looked for is what the gate looks for (`redaction_secrets`): strings of 6 or more letters and digits
anywhere, pieces of long ones too, shorter ones only where a rule or the record's own list of names says what they are,
and then as whole words. What is found begins and ends where words do (`word_edges`), wherever a piece was cut. What is
marked or accepted wherever it is linked does not stop a production at the gate, which also reads texts backwards and in
other codings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from search.disclosure.kept_text import taken_spans
from search.disclosure.marking import same_place
from search.disclosure.redaction import Found, RedactionState, Regions, Span
from search.disclosure.redaction_folding import fold, unspaced
from search.disclosure.redaction_secrets import PIECE, secrets_of
from search.disclosure.redaction_suggestions import Suggestion
from search.disclosure.release_types import PagesPart, TextPart
from search.disclosure.word_edges import whole_words
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from search.disclosure.redaction import Redaction
    from search.disclosure.release_types import RecordParts

_NO_GROUND = ("-",)


def strings_of(parts: RecordParts, marks: Sequence[Redaction], *, roster: Sequence[str] = ()) -> tuple[str, ...]:
    """What marks take out of a record, drafts as if they were final; those of another text take nothing."""
    taken: dict[str, None] = {}
    for part in parts.parts:
        here = [_as_final(one) for one in marks if same_place(one.place, part.place)]
        if isinstance(part, TextPart):
            for one in here:
                try:
                    spans = [span for _, some in taken_spans(part.text, [one], roster=roster) for span in some]
                except (Conflict, InvalidInput):
                    continue
                taken |= {part.text[span.start : span.end].strip(): None for span in spans}
        elif isinstance(part, PagesPart):
            taken |= dict.fromkeys(_under(part, here))
    return tuple(one for one in taken if one)


def finder_of(strings: Sequence[str], *, roster: Sequence[str] = ()) -> Callable[[str], Iterator[Suggestion]]:
    """What finds these strings in a text, as the gate would, in whole words; `roster` are names of its own list."""
    secrets = secrets_of(strings, roster=roster)
    needles = [(one, False) for one in sorted(secrets.anywhere)]
    needles += [(one, not unspaced(one)) for one in sorted(secrets.whole_words - secrets.anywhere)]

    def found(text: str) -> Iterator[Suggestion]:
        whole = fold(text)
        met = {
            span
            for needle, whole_words in needles
            if needle in whole.letters
            for span in whole.spans(needle, whole_words=whole_words)
        }
        if secrets.pieces:
            starts = range(len(whole.letters) - PIECE + 1)
            met |= {whole.span(at, at + PIECE) for at in starts if whole.letters[at : at + PIECE] in secrets.pieces}
        for span in _in_words(text, met):
            yield Suggestion(span=span, kind=Found.WORDS, reason="the same as was left out")

    return found


def _in_words(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, made so long that they cut no word; those that overlap are one.

    No word is walked through twice, however many of the spans are in it: a hostile text is one word with thousands.
    """
    standing: Span | None = None
    for span in sorted(spans):
        if standing is None or span.start >= standing.end:
            if standing is not None:
                yield standing
            standing = whole_words(text, span)
        elif span.end > standing.end:  # which ends where a word does, so that only the rest is looked at
            rest = whole_words(text, Span(start=standing.end, end=span.end))
            standing = Span(start=standing.start, end=rest.end)
    if standing is not None:
        yield standing


def _as_final(one: Redaction) -> Redaction:
    return replace(one, state=RedactionState.FINAL, codes=one.codes or _NO_GROUND)


def _under(part: PagesPart, marks: Sequence[Redaction]) -> Iterator[str]:
    """The words of pages that boxes touch, joined where they stand beside one another under one box."""
    for one in marks:
        if not isinstance(one.where, Regions) or one.keep_only:
            continue
        for box in one.where.regions:
            lines = [
                line.text.strip()
                for line in part.lines
                if line.page == box.page
                and line.left < box.right
                and box.left < line.right
                and line.top < box.bottom
                and box.top < line.bottom
            ]
            yield " ".join(lines)
