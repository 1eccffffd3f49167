"""What is kept of a text: words left out are replaced by marks that tell their ground and not their length. Pure.

Rules kept: a mark has one width, whatever it stands for; redactions with nothing but spaces between them have one mark,
so that the number of marks does not tell the number of words. In a table each cell keeps its mark, an empty one too.
Invisible characters (Cf but for the joiners that scripts need, and tags) are no part of a text that is given: they can
carry words. Drafts are never carried out.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.disclosure.redaction import (
    LONGEST_TEXT,
    Found,
    Pattern,
    Redaction,
    RedactionState,
    Span,
    Words,
    rest_of,
    text_spans,
)
from search.disclosure.redaction_suggestions import find_spans
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BAR: Final = "\u2588" * 3
_JOINERS: Final = "\u200c\u200d"
_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|]')
_PLAIN: Final = "redacted"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
_MOST_REMEMBERED: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """What is kept of a text, with marks; `taken` is what each mark stands for, to be looked for in the output."""

    text: str
    taken: tuple[str, ...]


def normal_text(text: str) -> str:
    """A text as spans count it: NFC, lines end with a line feed, without control and invisible characters.

    Raises:
        InvalidInput: it has more than 8 Mi characters.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"A text of more than {LONGEST_TEXT:,} characters cannot be redacted. Withhold the record.")
    ended = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    composed = unicodedata.normalize("NFC", ended)
    return composed.translate(_KEPT)


def text_digest(text: str) -> str:
    """By which spans name the normal text that they are of: SHA-256 of its UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def mark(label: str) -> str:
    """What stands where something was left out."""
    return f"[{BAR} {label or _PLAIN}]"


def keep_text(
    text: str, redactions: Sequence[Redaction], *, separators: str = "", roster: Sequence[str] = ()
) -> KeptText:
    """What is kept of a normal text.

    Args:
        text: as `normal_text` gives it.
        redactions: all that are in this text.
        separators: the characters between cells and rows of a table; empty where the text is none.
        roster: names for patterns that ask for names.

    Raises:
        Conflict: one is a draft, or of another text.
        InvalidInput: the text is not normal, a span goes beyond it, or a redaction is of pages.
    """
    if normal_text(text) != text:
        raise InvalidInput("Only a text in normal form can be redacted. Normalise it, then mark it again.")
    out = taken_spans(text, redactions, roster=roster)
    kept: list[str] = []
    taken: list[str] = []
    at = 0
    for span in _joined(text, out):
        kept.append(text[at : span.start])
        labels = [one.label for one, spans in out if one.label and _meets(spans, span)]
        printed = mark(" + ".join(dict.fromkeys(labels)))
        for cell in _cells(text[span.start : span.end], separators):
            if cell in separators and cell:
                kept.append(cell)
            else:
                kept.append(printed)
                taken.append(cell.strip())
        at = span.end
    kept.append(text[at:])
    return KeptText(text="".join(kept), taken=tuple(one for one in taken if one))


def keep_file_name(name: str, redactions: Sequence[Redaction], *, roster: Sequence[str] = ()) -> KeptText:
    """What is kept of a file's name: the same, and nothing that a file system takes for more than a letter."""
    kept = keep_text(name, redactions, roster=roster)
    return KeptText(text=_NOT_IN_NAMES.sub("-", kept.text.replace(BAR + " ", "")).strip(" ."), taken=kept.taken)


def as_html(text: str, title: str) -> str:
    """A kept text as a page of HTML that holds nothing else: no scripts, no addresses, no comments."""
    lines = "".join(f"<p>{html.escape(line) or '<br>'}</p>\n" for line in text.split("\n"))
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n{lines}</body></html>\n'


def taken_spans(
    text: str, redactions: Sequence[Redaction], *, roster: Sequence[str] = ()
) -> tuple[tuple[Redaction, tuple[Span, ...]], ...]:
    """What each redaction takes out of a text: unions, in order; what several name to be kept is kept together.

    Raises:
        Conflict: one is a draft, or of another text.
        InvalidInput: a span goes beyond the text, or a redaction is of pages.
    """
    digest = text_digest(text)
    out: list[tuple[Redaction, tuple[Span, ...]]] = []
    keeps: list[Redaction] = []
    kept: list[Span] = []
    for one in redactions:
        if one.state is not RedactionState.FINAL:
            raise Conflict("A redaction is still a draft. Make it final, or remove it, before anything is given.")
        spans = _spans(text, digest, one, roster)
        if one.keep_only:
            keeps.append(one)
            kept += spans
        else:
            out.append((one, text_spans(len(text), spans)))
    rest = rest_of(len(text), tuple(kept)) if keeps and text else ()
    return (*out, *((one, rest) for one in keeps))


def _spans(text: str, digest: str, one: Redaction, roster: Sequence[str]) -> tuple[Span, ...]:
    if isinstance(one.where, Words):
        if one.where.text_digest != digest:
            raise Conflict("A redaction was marked in another version of this text. Mark it again.")
        return one.where.spans
    if isinstance(one.where, Pattern):
        kinds = (*one.where.kinds, *((Found.WORDS,) if one.where.words else ()))
        found = find_spans(text, kinds, words=one.where.words, roster=roster, most=LONGEST_TEXT)
        return tuple(each.span for each in found)
    raise InvalidInput("A redaction of pages cannot be carried out in a text. Mark words of it.")


def _joined(text: str, out: Sequence[tuple[Redaction, tuple[Span, ...]]]) -> Iterator[Span]:
    """The union of all, where those with only spaces between them are one."""
    standing: Span | None = None
    for span in text_spans(len(text), tuple(span for _, spans in out for span in spans)):
        if standing is not None and not text[standing.end : span.start].strip(" \u00a0"):
            standing = Span(start=standing.start, end=span.end)
            continue
        if standing is not None:
            yield standing
        standing = span
    if standing is not None:
        yield standing


def _meets(spans: tuple[Span, ...], other: Span) -> bool:
    low, high = 0, len(spans)
    while low < high:  # the first that ends after the other begins
        middle = (low + high) // 2
        low, high = (middle + 1, high) if spans[middle].end <= other.start else (low, middle)
    return low < len(spans) and spans[low].start < other.end


def _cells(text: str, separators: str) -> list[str]:
    return re.split(f"([{re.escape(separators)}])", text) if separators else [text]


class _Kept(dict[int, int | None]):
    """For `str.translate`: a sign itself, or None where it is no part of a text that is given."""

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        is_kept = letter in "\n\t" or letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN
        kept = code if is_kept else None
        if len(self) < _MOST_REMEMBERED:
            self[code] = kept
        return kept


_KEPT: Final = _Kept()
