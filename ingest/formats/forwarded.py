"""Messages forwarded inside the text of a mail: where one begins, and the letterhead that is printed there.

Rule kept: pure, linear, and nothing invented; what the block does not print stays null. Text is read from the
top, and the first thing that opens quoted text decides for the whole mail:

1. a plain marker ("---------- Forwarded message ---------", "Begin forwarded message:") with a letterhead after
   it is a forward;
2. an ambiguous opening ("-----Original Message-----", or Outlook's bare From/Sent/To/Subject lines, with or
   without a rule above) is a forward unless the mail's subject begins with a reply prefix;
3. an attribution ("On …, X wrote:") belongs to a reply, and ends the search; under a subject with a forward
   prefix it is the letterhead itself, unless a marker follows.

A forward that stands in the quoted text of a reply is therefore not taken for the mail's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.formats.addresses import parse_addresses
from ingest.formats.dates import printed_date
from ingest.formats.forward_languages import LANGUAGES
from storage.records import Letterhead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.forward_languages import ForwardLanguage

MAX_TEXT = 1024 * 1024
MAX_BLOCK_LINES = 400
MAX_LABEL = 40
MAX_MARKER = 200
MAX_VALUE = 64 * 1024
_BLANKS_BEFORE_BLOCK = 6
_LOOK_AHEAD = 4
_TABLE_LINES = 8
_RULE = "-=_*~\u2013\u2014\u2500"
_RULED = re.compile(rf"[{re.escape(_RULE)}]{{2,}}")
_LABEL = re.compile(r"[*_]{0,2}([^\W\d_][\w -]{0,39}?)[*_]{0,2}[ \t]{0,8}:[*_]{0,2}(?!//)(.*)")
_PREFIX = re.compile(r"\s*([^\W\d_]{1,12})\s*(?:\[\d{1,3}\])?\s*[:\uff1a]\s*")
_ODD_BLANKS = str.maketrans("\xa0\u202f", "  ", "\ufeff\u200b\u200e\u200f")
_QUOTE_MARKS = ">| \t\r"
_NOT_ASCII_BLANK = re.compile("[\xa0\u202f\ufeff\u200b\u200e\u200f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineForward:
    """A forward found in text: the letterhead printed there, and the text above it (None where there is none)."""

    original: Letterhead
    comment: str | None


@dataclass(slots=True)
class _Lines:
    """The text in lines without quote marks; `raw` keeps them for the comment."""

    raw: list[str]
    bare: list[str]


def find_forward(
    text: str, subject: str | None, languages: Sequence[ForwardLanguage] = LANGUAGES
) -> InlineForward | None:
    """The forward in `text`, or None where the mail forwards nothing inside its text.

    Args:
        text: the body as text, LF lines; its first Mi characters are looked at.
        subject: the mail's own subject, for what the text alone cannot tell.
        languages: the tables to try; the first that finds something answers.
    """
    lines: _Lines | None = None
    for language in languages:
        if any(hint in text for hint in language.hints) or subject_kind(subject or "", language) == "forward":
            if lines is None:
                lines = _lines(text[:MAX_TEXT])
            found = _Reading(lines, subject or "", language).search()
            if found is not None:
                return found
    return None


def subject_kind(subject: str, language: ForwardLanguage) -> str | None:
    """``forward`` or ``reply`` by the first prefix of a subject, else None."""
    match = _PREFIX.match(subject)
    if match is None:
        return None
    word = match[1].lower()
    if word in language.forward_prefixes:
        return "forward"
    return "reply" if word in language.reply_prefixes else None


def _lines(text: str) -> _Lines:
    if not text.isascii() and _NOT_ASCII_BLANK.search(text):
        text = text.translate(_ODD_BLANKS)
    raw = text.split("\n")
    return _Lines(raw, [(line.lstrip(_QUOTE_MARKS) if line[:1] in _QUOTE_MARKS else line).rstrip() for line in raw])


class _Reading:
    """One search in one language."""

    def __init__(self, lines: _Lines, subject: str, language: ForwardLanguage) -> None:
        self._lines = lines
        self._subject = subject
        self._language = language
        self._kind = subject_kind(subject, language)
        self._openings = tuple(opening for opening, _ in language.attributions)

    def search(self) -> InlineForward | None:
        attributed: InlineForward | None = None
        for place, line in enumerate(self._lines.bare):
            if not line:
                continue
            found = self._at(place, line)
            if found is not None:
                return None if found == "reply" else self._forward(place, found)
            if attributed is None and self._opens_attribution(line):
                attribution = self._attribution(place)
                if attribution is not None:
                    if self._kind != "forward":
                        return None
                    attributed = self._forward(place, attribution)
        return attributed

    def _at(self, place: int, line: str) -> Letterhead | str | None:
        """What opens at this line: a letterhead, ``"reply"`` where quoted text of a reply begins, or nothing."""
        first = line[0]
        if first in _RULE:
            return self._marked(place, line)
        lowered = line[:MAX_MARKER].lower()
        if lowered.rstrip() in self._language.lone_markers:
            return self._block(place + 1)
        if self._label(line) is not None:
            return self._unmarked(place)
        return None

    def _marked(self, place: int, line: str) -> Letterhead | str | None:
        opened = _RULED.match(line)
        closed = _RULED.search(line, opened.end(), opened.end() + MAX_MARKER) if opened else None
        if opened is None or closed is None:
            return self._unmarked_bold(place, line)
        words = line[opened.end() : closed.start()].strip(" :\t").lower()
        rest = line[closed.end() :].lstrip(_RULE).strip()[:MAX_VALUE]
        if words in self._language.plain_markers:
            return self._folded(rest) if rest else self._block(place + 1)
        if words in self._language.ambiguous_markers:
            found = self._folded(rest) if rest else self._block(place + 1)
            return "reply" if found is not None and self._kind == "reply" else found
        opening = self._language.forwarded_by
        if opening and words.startswith(opening[0]):
            return self._table(place + 1)
        return None

    def _unmarked_bold(self, place: int, line: str) -> Letterhead | str | None:
        return self._unmarked(place) if line[0] in "*_" and self._label(line) is not None else None

    def _unmarked(self, place: int) -> Letterhead | str | None:
        """Outlook's bare block: it begins with From, and has a date and a recipient or subject."""
        found = self._label(self._lines.bare[place])
        if found is None or found[0] != "from":
            return None
        fields = self._fields(place)
        has_recipient, has_subject = "to" in fields or "cc" in fields, "subject" in fields
        if "date" not in fields or not (has_recipient or (has_subject and self._kind == "forward")):
            return None
        return "reply" if self._kind == "reply" else self._letterhead(fields)

    def _forward(self, place: int, original: Letterhead | str) -> InlineForward:
        assert isinstance(original, Letterhead)
        above = self._lines.raw[:place]
        while above and not above[-1].strip(_RULE + "> \t\r"):  # Outlook's rule above the block is no comment
            above.pop()
        return InlineForward(original=original, comment="\n".join(line.rstrip() for line in above).strip() or None)

    def _label(self, line: str) -> tuple[str, str] | None:
        """Meaning and value of a line that begins with a known label."""
        match = _LABEL.match(line)
        if match is None:
            return None
        meaning = self._language.labels.get(match[1].strip().lower())
        return (meaning, match[2].strip()) if meaning is not None else None

    def _block(self, place: int) -> Letterhead | None:
        """The letterhead that begins within a few lines after a marker; None where there is none."""
        bare = self._lines.bare
        for start in range(place, min(place + _BLANKS_BEFORE_BLOCK, len(bare))):
            if not bare[start]:
                continue
            fields = self._fields(start)
            enough = "from" in fields or len(fields.keys() - {"other"}) > 1
            return self._letterhead(fields) if enough else None
        return None

    def _fields(self, place: int) -> dict[str, str]:
        """The labelled lines from `place` on, by meaning; values that were wrapped are joined again.

        A line that stands further in than its label is folded as in RFC 5322 §2.2.3.
        """
        fields: dict[str, str] = {}
        current, indent = "", 0
        bare = self._lines.bare
        end = min(place + MAX_BLOCK_LINES, len(bare))
        while place < end:
            line = bare[place]
            found = self._label(line) if line else None
            if found is not None and (found[0] not in fields or found[0] == "other"):
                current, indent = found[0], self._indent(place)
                fields[current] = found[1]
            elif not line or found is not None or not current:
                if line or not self._label_follows(place, fields):
                    break
            elif self._indent(place) > indent or self._continues(place, fields, current):
                fields[current] = f"{fields[current]} {line.strip()}".strip()[:MAX_VALUE]
            else:
                break
            place += 1
        return fields

    def _continues(self, place: int, fields: dict[str, str], current: str) -> bool:
        """Whether the line goes on with the value above: an open list or bracket, or another label right after."""
        value = fields[current]
        if not value:
            return current not in ("subject", "other") or self._label_follows(place, fields)
        if current in ("from", "to", "cc"):
            bracket_follows = self._lines.bare[place][0] == "<" and value[-1] != ">"
            if bracket_follows or value[-1] in ",;<" or value.rfind("<") > value.rfind(">"):
                return True
        return self._label_follows(place, fields)

    def _indent(self, place: int) -> int:
        """Width of what stands before the text of a line."""
        line = self._lines.raw[place]
        return len(line) - len(line.lstrip(_QUOTE_MARKS))

    def _label_follows(self, place: int, fields: dict[str, str]) -> bool:
        """Whether one of the next lines, before any gap, has a label that the block still lacks."""
        bare = self._lines.bare
        gap = not bare[place]
        for line in bare[place + 1 : place + _LOOK_AHEAD]:
            found = self._label(line) if line else None
            if found is not None:
                return found[0] not in fields and found[0] != "other"
            if gap or not line:
                return False
        return False

    def _letterhead(self, fields: dict[str, str]) -> Letterhead:
        senders = parse_addresses(fields.get("from", ""))
        subject = fields.get("subject")
        return Letterhead(
            sender=senders[0] if senders else None,
            to=parse_addresses(fields.get("to", "")),
            cc=parse_addresses(fields.get("cc", "")),
            date=printed_date(_unstarred(fields.get("date", "")), dict(self._language.months)),
            subject=_unstarred(subject) if subject is not None else None,
        )

    def _folded(self, rest: str) -> Letterhead | None:
        """A letterhead that was folded into the marker's own line (Yahoo's plain text)."""
        known = (name for name, meaning in self._language.labels.items() if meaning != "other")
        names = sorted(known, key=len, reverse=True)
        label = re.compile(rf"({'|'.join(re.escape(name) for name in names)}):\s", re.IGNORECASE)
        fields: dict[str, str] = {}
        meaning, begin = "", 0
        for match in label.finditer(rest):
            found = self._language.labels[match[1].lower()]
            if found in fields or meaning == "subject":
                continue
            if meaning:
                fields[meaning] = rest[begin : match.start()].strip()
            meaning, begin = found, match.end()
            fields[found] = ""
        if meaning:
            fields[meaning] = rest[begin:].strip()
        return self._letterhead(fields) if "from" in fields else None

    def _table(self, place: int) -> Letterhead | None:
        """Lotus Notes: sender and date stand above the labels, without labels of their own."""
        bare = self._lines.bare
        heading: list[str] = []
        for start in range(place, min(place + _TABLE_LINES, len(bare))):
            if not bare[start]:
                continue
            if self._label(bare[start]) is not None:
                fields = self._fields(start)
                break
            heading.append(bare[start].strip())
        else:
            return None
        head = self._letterhead(fields)
        if head.sender is not None or not heading:
            return head
        months = dict(self._language.months)
        date = head.date or next((iso for iso in (printed_date(line, months) for line in heading) if iso), None)
        sender = heading[0].rpartition(" on ")[0] if printed_date(heading[0], months) else heading[0]
        parties = parse_addresses(sender.strip())
        return replace(head, sender=parties[0] if parties else None, date=date)

    def _opens_attribution(self, line: str) -> bool:
        return line[:MAX_LABEL].lower().startswith(self._openings)

    def _attribution(self, place: int) -> Letterhead | None:
        """The letterhead in a line like ``On …, X wrote:``, which may be wrapped once or twice."""
        line = " ".join(part for part in self._lines.bare[place : place + 3] if part)[: MAX_MARKER * 3]
        lowered = line.lower()
        for opening, closing in self._language.attributions:
            end = lowered.find(closing)
            if not lowered.startswith(opening) or end < 0:
                continue
            return self._attributed(line[len(opening) : end].strip())
        return None

    def _attributed(self, words: str) -> Letterhead | None:
        months = dict(self._language.months)
        date = printed_date(words, months)
        if date is None and "@" not in words:
            return None
        # the sender is what follows the time, its zone and a comma; names hold no digits before a comma
        sender = words[_after_time(words) :].strip(" ,")
        parties = parse_addresses(sender)
        return Letterhead(sender=parties[0] if parties else None, date=date, subject=self._subject_without_prefix())

    def _subject_without_prefix(self) -> str | None:
        match = _PREFIX.match(self._subject)
        rest = self._subject[match.end() :].strip() if match else self._subject.strip()
        return rest or None


_TIME_END = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*[AaPp]\.?[Mm]\.?)?"
    r"(?:\s*\(?(?:GMT|UTC)?[+-]\d{1,4}\)?|\s+[A-Z]{2,4}(?=[ ,]))?"
)


def _after_time(words: str) -> int:
    match = _TIME_END.search(words)
    return match.end() if match else 0


def _unstarred(value: str) -> str:
    """A value without the asterisks that stand for bold."""
    return value[1:-1].strip() if len(value) > 2 and value[0] == value[-1] == "*" else value.strip()  # noqa: PLR2004
