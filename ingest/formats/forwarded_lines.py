"""The text of a mail as the readers of forwards see it: lines with and without the marks of quoting.

Rule kept: one pass, linear. Invisible marks (byte order mark, zero-width space, direction marks) are dropped and
blanks made plain, because clients sprinkle them between a label and its value.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.forward_languages.table import fold

if TYPE_CHECKING:
    from ingest.formats.forward_languages.lexicon import Names

MAX_TEXT: Final = 1024 * 1024
RULE: Final = "-=_*~\u2010\u2011\u2012\u2013\u2014\u2015\u2500"
QUOTE_MARKS: Final = ">| \t\r"
_DROPPED = (
    0xFEFF,
    0x200B,
    0x200E,
    0x200F,
    0x202A,
    0x202B,
    0x202C,
    0x202D,
    0x202E,
    0x2060,
    0x2066,
    0x2067,
    0x2068,
    0x2069,
)
_PLAIN = {0xA0: " ", 0x202F: " ", 0x2007: " ", 0x2009: " ", 0x3000: " ", **dict.fromkeys(_DROPPED)}
_MARKS = "".join(map(chr, _PLAIN))
_ODD = re.compile("[" + "".join(map(chr, _PLAIN)) + "]")
_MAX_LABEL = 40
_BOLD = "*_ \t"
_COLON = re.compile("[:\uff1a]")
# what a line says before an early colon, and what stands between two rules
_HEADS = re.compile(rf"\n[> \t|*_{_MARKS}]*+([^\W\d_][\w ()./'{_MARKS}\u0300-\u036f\u064b-\u0652-]{{0,45}}+)[:*\uff1a]")
_BETWEEN_RULES = re.compile(
    rf"\n[> \t|]*+[{re.escape(RULE)}]{{2,}}+[ \t]*+([^\W\d_][^\n{re.escape(RULE)}]{{2,120}}+)[{re.escape(RULE)}]{{2}}"
)
_SENDERS = frozenset(label for label, (meaning, _) in LEXICON.labels.items() if meaning == "from")
_MARKERS = LEXICON.plain.keys() | LEXICON.ambiguous.keys()
_TELLING = _SENDERS | _MARKERS
_FIRST = frozenset(label for label, (meaning, _) in LEXICON.labels.items() if meaning in ("from", "date", "subject"))
_BEGINNINGS = frozenset(f"{word}{end}"[:3] for word in _FIRST | _MARKERS for end in (":", " ", "*"))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text: `raw` as they stand, `bare` without quote marks before them and blanks behind."""

    raw: list[str]
    bare: list[str]

    def indent(self, place: int) -> int:
        """Width of what stands before the text of a line."""
        line = self.raw[place]
        return len(line) - len(line.lstrip(QUOTE_MARKS))


def lines_of(text: str) -> Lines:
    """The lines of the first Mi characters of a text with LF or CRLF line ends."""
    text = text[:MAX_TEXT]
    if not text.isascii():
        if _ODD.search(text):
            text = text.translate(_PLAIN)
        text = unicodedata.normalize("NFC", text)
    raw = text.split("\n")
    return Lines(raw, [(line.lstrip(QUOTE_MARKS) if line[:1] in QUOTE_MARKS else line).rstrip() for line in raw])


def may_hold_letterhead(text: str) -> bool:
    """Whether any line begins like a letterhead or is a marker: the cheap "no" for most mail, without lines."""
    text = "\n" + text[:MAX_TEXT]
    heads = _HEADS.findall(text)
    if not _TELLING.isdisjoint(map(str.lower, map(str.rstrip, heads))):
        return True
    if not text.isascii():
        for head in {head for head in heads if not head.isascii()}:
            folded = fold(head.translate(_PLAIN).strip(_BOLD))
            if folded in _TELLING or "".join(folded.split()) in _SENDERS:
                return True
    return any(_is_marker(fold(words.strip(" :<>"))) for words in _BETWEEN_RULES.findall(text))


def _is_marker(words: str) -> bool:
    return words in _MARKERS or words.startswith(("forwarded ", "message forwarded"))


def may_open(line: str) -> bool:
    """Whether a line that begins with no rule can be a marker or the first of a letterhead; cheap."""
    return line[:3].lower() in _BEGINNINGS or not line.isascii()


def label_of(line: str) -> tuple[str, str, Names] | None:
    """Meaning, value and languages of a line that begins with a known label; None for any other."""
    match = _COLON.search(line, 0, _MAX_LABEL + 6)
    if match is None:
        return None
    head = line[: match.start()]
    known = LEXICON.labels.get(fold(head.strip(_BOLD)))
    if known is None:
        known = _spaced_label(head)
    if known is None:
        return None
    value = line[match.end() :]
    if head[0] in "*_":  # bold ended behind the colon: "*From:* …", "**From:** …"
        value = value.lstrip(" \t")
        value = value[2:] if value[:2] in ("**", "__") else value[1:] if value[:1] == head[0] else value
    return known[0], value.strip(), known[1]


def _spaced_label(head: str) -> tuple[str, Names] | None:
    """Labels printed with blanks between their signs, as some clients in Chinese do."""
    if head.isascii():
        return None
    return LEXICON.labels.get(fold(" ".join(head.strip(_BOLD).split()))) or LEXICON.labels.get(
        fold("".join(head.strip(_BOLD).split()))
    )
