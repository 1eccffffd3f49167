"""Messages forwarded inside the text of a mail: where one begins, and the letterhead that is printed there.

Rule kept: pure, linear, and nothing invented; what the block does not print stays null. Text is read from the
top, and the first thing that opens quoted text decides for the whole mail:

1. a plain marker ("---------- Forwarded message ---------", "Begin forwarded message:") with a letterhead after
   it is a forward;
2. an ambiguous opening ("-----Original Message-----", or Outlook's bare From/Sent/To/Subject lines, with or
   without a rule above) is a forward unless the mail's subject begins with a reply prefix of its language;
   bare lines must hold a time, a year or the sender's address, so that a form or an invitation is none;
3. an attribution ("On …, X wrote:") belongs to a reply, and ends the search; under a subject with a forward
   prefix it is the letterhead itself, unless a plain marker follows.

A forward that stands in the quoted text of a reply is therefore not taken for the mail's own. Every further
letterhead below the first is a link of its chain, outermost first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ingest.formats.forward_languages.lexicon import LEXICON, NOBODY
from ingest.formats.forward_languages.table import fold
from ingest.formats.forwarded_attribution import attribution_at, first_attribution
from ingest.formats.forwarded_block import MAX_VALUE, block_after, folded_block, read_block, table_after
from ingest.formats.forwarded_lines import RULE, label_of, lines_of, may_hold_letterhead, may_open
from storage.records import ForwardedMessage, ForwardMethod, Letterhead

if TYPE_CHECKING:
    from ingest.formats.forward_languages.lexicon import Names
    from ingest.formats.forwarded_block import Block
    from ingest.formats.forwarded_lines import Lines

MAX_CHAIN: Final = 50
_MAX_LINES_READ = 20_000  # of all blocks together: each may look at 400 lines
_MAX_MARKER = 200
_MAX_LONE = 80
_MAX_WORDS = 7
_RULED = re.compile(rf"[{re.escape(RULE)}]{{2,}}")
_PREFIX = re.compile(r"\s*([^\W\d_][^\W\d_ -]{0,14}(?: [^\W\d_]{1,12})?)\s*(?:\[\d{1,3}\])?\s*[:\uff1a]\s*")
_ALL_FOUR = frozenset({"from", "to", "date", "subject"})
_DATED_ABOVE = "Message du "
_CLOCK_OR_YEAR = re.compile(r"\d[:.h時时点]\d|\d{4}|[\u0660-\u0669\u06f0-\u06f9]")
_FORWARDED_BY = "forwarded by "  # Lotus Notes
_FROM_SOMEBODY = re.compile(r" (?:from|by) .*")  # mutt: "Forwarded message from X <address>"


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineForward:
    """A forward found in text: the letterhead printed there, the text above it (None where there is none).

    `chain` is every letterhead of the text, this one first; `body` the text below this one, without the marks
    with which the forwarder's client quoted it.
    """

    original: Letterhead
    comment: str | None
    chain: tuple[ForwardedMessage, ...]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """Where quoted text opens: the first line of it, and of what follows; no letterhead where it is a reply's."""

    first: int
    end: int
    head: Letterhead | None


def find_forward(text: str, subject: str | None) -> InlineForward | None:
    """The forward in `text`, or None where the mail forwards nothing inside its text.

    Args:
        text: the body as text, LF lines; its first Mi characters are looked at.
        subject: the mail's own subject, for what the text alone cannot tell.
    """
    subject = subject or ""
    if not _may_forward(subject) and not may_hold_letterhead(text):
        return None
    return _Search(lines_of(text), subject).forward()


def subject_kind(subject: str, names: Names = NOBODY) -> str | None:
    """``forward`` or ``reply`` by the first prefix of a subject, else None.

    Args:
        subject: the subject.
        names: the languages of the letterhead: "VS" forwards in Danish and replies in Finnish.
    """
    match = _PREFIX.match(subject)
    if match is None:
        return None
    word = fold(match[1].strip())
    forward, reply = LEXICON.forward.get(word, NOBODY), LEXICON.reply.get(word, NOBODY)
    if forward and reply and names:
        forward, reply = forward & names, reply & names
    if bool(forward) == bool(reply):
        return None
    return "forward" if forward else "reply"


def _may_forward(subject: str) -> bool:
    """Whether the subject's prefix means a forward in any language."""
    match = _PREFIX.match(subject)
    return match is not None and fold(match[1].strip()) in LEXICON.forward


class _Search:
    """One search through the lines of one mail."""

    def __init__(self, lines: Lines, subject: str) -> None:
        self._lines = lines
        self._subject = subject
        self._read = 0

    def forward(self) -> InlineForward | None:
        opening = self._next(0, outermost=True)
        if opening is None and not _may_forward(self._subject):
            return None
        attribution = first_attribution(self._lines, 0, opening.first if opening else len(self._lines.bare))
        if attribution is not None:
            if subject_kind(self._subject, attribution.names) != "forward":
                return None
            plain = opening is not None and opening.head is not None and not self._is_bare(opening.first)
            if not plain:
                head = replace(attribution.letterhead, subject=_without_prefix(self._subject))
                opening = _Opening(first=attribution.first, end=attribution.end, head=head)
        if opening is None or opening.head is None:
            return None
        comment = self._text_between(0, opening.first)
        chain = (ForwardedMessage(method=ForwardMethod.INLINE, letterhead=opening.head, comment=comment),)
        return InlineForward(
            original=opening.head,
            comment=comment,
            chain=chain + self._inner(opening.end),
            body=self._body(opening),
        )

    def _inner(self, place: int) -> tuple[ForwardedMessage, ...]:
        """The letterheads below the first one."""
        found: list[ForwardedMessage] = []
        while len(found) < MAX_CHAIN:
            opening = self._next(place, outermost=False)
            if opening is None or opening.head is None:
                break
            comment = self._text_between(place, opening.first)
            found.append(ForwardedMessage(method=ForwardMethod.INLINE, letterhead=opening.head, comment=comment))
            place = opening.end
        return tuple(found)

    def _next(self, place: int, *, outermost: bool) -> _Opening | None:
        """The next opening from a line on; only of the outermost one the mail's subject says what it is."""
        bare = self._lines.bare
        for start in range(place, len(bare)):
            line = bare[start]
            if not line:
                continue
            if line[0] not in RULE and not may_open(line):
                continue
            opening = self._marked(start, line, outermost=outermost)
            if opening is None and (line[0] in "*_" or line[0] not in RULE):
                opening = self._unmarked(start, line, outermost=outermost)
            if opening is not None:
                return opening
            if self._read > _MAX_LINES_READ:
                return None
        return None

    def _marked(self, place: int, line: str, *, outermost: bool) -> _Opening | None:
        """What a marker opens, between rules or alone on its line."""
        words, rest = _marker_words(line)
        if not words:
            return None
        place, first = self._end_of_marker(place, line), place
        if words.startswith(_FORWARDED_BY) and line[0] in RULE:
            self._read += 1
            table = table_after(self._lines, place + 1)
            return _Opening(first=first, end=table[0].end, head=table[1]) if table else None
        plain = LEXICON.plain.get(words) or (_worded_otherwise(words) if line[0] in RULE and not rest else None)
        names = plain or LEXICON.ambiguous.get(words)
        if names is None:
            return None
        block = folded_block(rest, place + 1, names) if rest else block_after(self._lines, place + 1, names)
        self._read += 1 if block is None else block.end - place
        if block is None or not block.tells_enough:
            return self._attributed(first, place, plain) if plain and not rest else None
        reply = plain is None and outermost and subject_kind(self._subject, block.names) == "reply"
        return _Opening(first=first, end=block.end, head=None if reply else block.letterhead())

    def _end_of_marker(self, place: int, line: str) -> int:
        """The line on which a marker ends that was wrapped: its second line ends with the rule it began with."""
        following = "".join(self._lines.bare[place + 1 : place + 2])
        wrapped = (
            line[0] in RULE
            and line[-1] not in RULE
            and following[-2:].strip(RULE) == "" != following.strip(RULE)
            and len(following) <= _MAX_MARKER
        )
        return place + 1 if wrapped else place

    def _attributed(self, first: int, place: int, names: Names) -> _Opening | None:
        """Yandex: below its marker stands an attribution in place of a letterhead."""
        for below in range(place + 1, min(place + 3, len(self._lines.bare))):
            if self._lines.bare[below]:
                said = attribution_at(self._lines, below, place + 1, names)
                return _Opening(first=first, end=said.end, head=said.letterhead) if said is not None else None
        return None

    def _unmarked(self, place: int, line: str, *, outermost: bool) -> _Opening | None:
        """Outlook's bare block: it begins with From, and has a date and a recipient or subject.

        One that begins with another label (Thunderbird's, whose marker was cut off) must have all four.
        """
        found = label_of(line)
        if found is None or found[0] not in ("from", "subject", "date"):
            return None
        block = read_block(self._lines, place)
        self._read += block.end - place + 1
        kind = subject_kind(self._subject, block.names)
        says_forward = kind == "forward" and outermost
        if found[0] != "from" and not block.fields.keys() >= (_ALL_FOUR - {"to"} if says_forward else _ALL_FOUR):
            return None
        if "date" not in block.fields:
            block, place = self._dated_above(block, place)
        if not _is_letterhead(block, says_forward=says_forward):
            return None
        reply = outermost and kind == "reply"
        return _Opening(first=place, end=block.end, head=None if reply else block.letterhead())

    def _dated_above(self, block: Block, place: int) -> tuple[Block, int]:
        """Orange: the date stands in a line above the labels, "Message du 05/03/26 14:07"."""
        above = self._lines.bare[place - 1] if place else ""
        if not above.startswith(_DATED_ABOVE):
            return block, place
        return replace(block, fields=block.fields | {"date": above.removeprefix(_DATED_ABOVE)}), place - 1

    def _is_bare(self, place: int) -> bool:
        """Whether the opening at a line has no plain marker."""
        return _marker_words(self._lines.bare[place])[0] not in LEXICON.plain

    def _text_between(self, start: int, stop: int) -> str | None:
        """The text above an opening; a rule or a marker at its end belongs to the opening."""
        above = self._lines.raw[start:stop]
        while above and (not above[-1].strip(RULE + "> \t\r") or self._is_marker(start + len(above) - 1)):
            above.pop()
        return "\n".join(line.rstrip() for line in above).strip() or None

    def _is_marker(self, place: int) -> bool:
        line = self._lines.bare[place]
        words = _marker_words(line)[0] if line else ""
        if words in LEXICON.plain or words in LEXICON.ambiguous:
            return True
        framed = len(line) > len(words) and (line[0] in RULE or line[-1] in ":\uff1a")
        return framed and _worded_otherwise(words) is not None

    def _body(self, opening: _Opening) -> str:
        """The text below a letterhead, without the quote marks or the indent that all of it shares."""
        begin = opening.end
        while begin < len(self._lines.bare) and not self._lines.bare[begin]:
            begin += 1
        if begin < len(self._lines.bare) and self._is_marker(begin) and begin == opening.end:
            begin += 1  # Zoho repeats its marker below the letterhead
        if begin == opening.end and begin < len(self._lines.bare) and not self._lines.bare[begin].strip(RULE):
            begin += 1  # SquirrelMail closes its letterhead with a rule
        lines = [line.rstrip() for line in self._lines.raw[begin:]]
        written = [line for line in lines if line]
        depth = _depth(self._lines.raw[opening.end - 1]) or int(all(line[0] == ">" for line in written))
        if depth:
            lines = [_unquoted(line, depth) for line in lines]
        else:
            indent = min((len(line) - len(line.lstrip(" ")) for line in written), default=0)
            lines = [line[indent:] for line in lines]
        return "\n".join(lines).strip()


def _worded_otherwise(words: str) -> Names | None:
    """The languages of a marker that stands in no table but has a word for forwarding; None for other words."""
    if not words or len(words) > _MAX_LONE or len(words.split()) > _MAX_WORDS:
        return None
    found = [names for stem, names in LEXICON.stems.items() if stem in words]
    return frozenset[str]().union(*found) if found else None


def _depth(line: str) -> int:
    """How many times a line is quoted."""
    return line[: len(line) - len(line.lstrip("> "))].count(">")


def _unquoted(line: str, depth: int) -> str:
    for _ in range(depth):
        if line[:1] != ">":
            break
        line = line.removeprefix(">").removeprefix(" ")
    return line


def _marker_words(line: str) -> tuple[str, str]:
    """The folded words of a line that may be a marker, and what follows them on the line; empty where it is none."""
    if line[0] not in RULE:
        if len(line) > _MAX_LONE:
            return "", ""
        return fold(line.rstrip(":\uff1a ")), ""
    opened = _RULED.match(line)
    if opened is None:
        return fold(line[:_MAX_MARKER].strip("*_ :\uff1a")), ""
    closed = _RULED.search(line, opened.end(), opened.end() + _MAX_MARKER)
    if closed is None:
        words = line[opened.end() : opened.end() + _MAX_MARKER].strip("> \t:\uff1a")
        return fold(words), ""
    words = fold(line[opened.end() : closed.start()].strip(" :\uff1a\t<>"))
    rest = line[closed.end() :].lstrip(RULE).strip()[:MAX_VALUE]
    if words not in LEXICON.plain and words not in LEXICON.ambiguous:
        words = _FROM_SOMEBODY.sub("", words, count=1) if not words.startswith(_FORWARDED_BY) else words
    return words, rest


def _is_letterhead(block: Block, *, says_forward: bool) -> bool:
    fields = block.fields
    if not _CLOCK_OR_YEAR.search(fields.get("date", "")) and "@" not in fields.get("from", ""):
        return False
    if "date" not in fields:
        return False
    return "to" in fields or "cc" in fields or ("subject" in fields and says_forward)


def _without_prefix(subject: str) -> str | None:
    match = _PREFIX.match(subject)
    rest = subject[match.end() :].strip() if match else subject.strip()
    return rest or None
