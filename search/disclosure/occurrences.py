"""Where strings that were left out of one record stand in the kept texts of others, part by part. Pure.

Rules kept: what is compared is what would leave: texts with their final redactions carried out, and of pages the words
that no final box touches. What is found is what the gate would refuse (`production_gate_set`), so that whoever has
accepted or redacted all of it is refused no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from search.disclosure.marking import part_name, same_place
from search.disclosure.redaction import RedactionState, Regions
from search.disclosure.redaction_folding import fold, unspaced
from search.disclosure.redaction_preview import shown_parts
from search.disclosure.release_types import PagesPart, TextPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search.disclosure.production_gate_set import SoughtSet
    from search.disclosure.redaction import Redaction, Region
    from search.disclosure.release_types import RecordParts, SeenLine

_AROUND: Final = 40  # characters on each side that let a person see what it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPart:
    """The kept text of a part by the name that people type (``header:to``) and by the one that they read."""

    name: str
    title: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A sought string, by number, in a part of a record: how often, and the words around the first one; content."""

    string: int
    record_id: str
    part: str
    title: str
    count: int
    around: str = field(repr=False)


def kept_texts(parts: RecordParts, marks: Sequence[Redaction], *, roster: Sequence[str] = ()) -> tuple[KeptPart, ...]:
    """The text of each part of a record as it would leave, as far as anybody knows it."""
    final = [one for one in marks if one.state is RedactionState.FINAL]
    shown, _ = shown_parts(parts, final, roster=roster)
    return tuple(
        KeptPart(name=part_name(one.part.place), title=one.part.title, text=text)
        for one in shown
        if (text := one.kept if isinstance(one.part, TextPart) else _of_pages(one.part, final))
    )


def find_occurrences(sought: SoughtSet, record_id: str, parts: Iterable[KeptPart]) -> Iterator[Occurrence]:
    """The strings of other records in the kept texts of a record, in the order of its parts and of the strings."""
    for part in parts:
        numbers = [one for one in sorted(sought.index.whole(part.text)) if record_id not in sought.owners[one]]
        if not numbers:
            continue
        whole = fold(part.text)
        for number in numbers:
            one = sought.strings[number]
            spans = [
                span
                for form in sorted(one.forms, key=len, reverse=True)
                for span in whole.spans(form, whole_words=one.whole_words and not unspaced(form))
            ]
            first = min(spans, default=None)
            yield Occurrence(
                string=number,
                record_id=record_id,
                part=part.name,
                title=part.title,
                count=max(1, len({span.start for span in spans})),
                around="" if first is None else _around(part.text, first.start, first.end),
            )


def _around(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - _AROUND) : end + _AROUND].split())


def _of_pages(part: object, marks: Sequence[Redaction]) -> str:
    if not isinstance(part, PagesPart):
        return ""
    here = [one for one in marks if same_place(one.place, part.place) and isinstance(one.where, Regions)]
    taken = [box for one in here if not one.keep_only for box in _boxes(one)]
    kept = [box for one in here if one.keep_only for box in _boxes(one)]
    only = any(one.keep_only for one in here)
    lines = (
        line.text
        for line in part.lines
        if not any(_touch(line, box) for box in taken) and (not only or any(_touch(line, box) for box in kept))
    )
    return "\n".join(lines)


def _boxes(one: Redaction) -> tuple[Region, ...]:
    return one.where.regions if isinstance(one.where, Regions) else ()


def _touch(line: SeenLine, box: Region) -> bool:
    across = line.left < box.right and box.left < line.right
    return line.page == box.page and across and line.top < box.bottom and box.top < line.bottom
