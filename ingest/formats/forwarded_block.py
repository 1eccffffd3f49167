"""The letterhead printed above a forwarded message: its labelled lines, folded or not, and what they say.

Rule kept: nothing invented. What the block does not print stays null; a value that was wrapped is joined again,
and a line that belongs to no label ends the block. Values are read by the languages whose labels are printed:
words of one language only (Gmail prints "Von:" and then "Date:" in English) decide before English ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingest.formats.addresses import parse_addresses
from ingest.formats.dates import printed_date
from ingest.formats.forward_languages.lexicon import ENGLISH_ONLY, LEXICON, NOBODY
from ingest.formats.forward_languages.table import fold
from ingest.formats.forwarded_lines import RULE, Lines, label_of
from ingest.formats.printed_dates import read_date
from storage.records import Letterhead

if TYPE_CHECKING:
    from ingest.formats.forward_languages.lexicon import Names

MAX_VALUE: Final = 64 * 1024
_MAX_LINES = 400
_BLANKS_BEFORE_BLOCK = 6
_ALL = frozenset({"from", "to", "cc", "date", "subject"})
_LOOK_AHEAD = 4
_TABLE_LINES = 8
_UNKNOWN_LABEL = re.compile(r"(?:[^\W\d_]-)?[^\W\d_][^\W\d_ -]{1,24}(?:[ -][^\W\d_]{1,24}){0,2} ?:(?: |$)")
_PARTIES = frozenset({"from", "to", "cc"})
_NARROW, _WIDE = 66, 80  # columns at which programs wrap what they print
_CUT = re.compile(r"\w-$")
_POSTMARK = re.compile(r"From \S{1,200} +\w{3} \w{3} ")  # the line above a message in an mbox (RFC 4155)
_BEHALF = re.compile(
    r"(?<=[>\])*\s])(?:on behalf of|im auftrag von|de la part de|en nombre de|per conto di|namens|em nome de|"
    r"på vegne af|på vegne av|för|en nom de|w imieniu|jménem|v mene|u ime|от имени|від імені|代表)\s\*?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A letterhead in the text: its fields by meaning, the languages that may have printed it, and where it ends.

    `end` is the first line after it.
    """

    fields: dict[str, str]
    names: Names
    end: int

    @property
    def tells_enough(self) -> bool:
        """Whether this is a letterhead, given that a marker stands above it."""
        return "from" in self.fields or len(self.fields.keys() - {"other"}) > 1

    def letterhead(self) -> Letterhead:
        """The headers that the block prints; of a mail sent on behalf of somebody, that person is the sender."""
        senders = parse_addresses(_behalf(_closed(unstarred(self.fields.get("from", "")))))
        subject = self.fields.get("subject")
        return Letterhead(
            sender=senders[0] if senders else None,
            to=parse_addresses(_closed(self.fields.get("to", ""))),
            cc=parse_addresses(_closed(self.fields.get("cc", ""))),
            date=read_date(unstarred(self.fields.get("date", "")), self.names),
            subject=unstarred(subject) or None if subject is not None else None,
        )


def block_after(lines: Lines, place: int, marked: Names) -> Block | None:
    """The labelled lines that begin within a few lines of `place`, after a marker of the languages `marked`."""
    bare = lines.bare
    for start in range(place, min(place + _BLANKS_BEFORE_BLOCK, len(bare))):
        if not bare[start].strip("*_- ") or _POSTMARK.match(bare[start]):
            continue
        block = read_block(lines, start, marked)
        if not block.fields and _UNKNOWN_LABEL.match(bare[start]) and _label_follows(lines, start, {}):
            return read_block(lines, start + 1, marked)  # in a language of no table, Gmail translates this one only
        return block if block.fields else _uncolonned(lines, start, marked)
    return None


def read_block(lines: Lines, place: int, marked: Names = NOBODY) -> Block:
    """The labelled lines from `place` on, by meaning; values that were wrapped are joined again.

    A line that stands further in than its label is folded as in RFC 5322 §2.2.3.
    """
    fields: dict[str, str] = {}
    printed: list[Names] = []
    current, indent, stacked, wrapped = "", 0, False, False
    bare = lines.bare
    last = min(place + _MAX_LINES, len(bare))
    end = place
    while place < last:
        line = bare[place]
        found = label_of(line) if line else None
        if found is not None and found[0] in fields:
            found = _sent(found, fields)
        if found is not None and (found[0] not in fields or found[0] == "other"):
            current, indent = found[0], lines.indent(place)
            fields[current] = found[1]
            printed.append(found[2])
            end = place + 1
        elif not line or found is not None or not current:
            if line or not _label_follows(lines, place, fields):
                break
        elif _folded(lines, place, indent) or _continues(lines, place, fields, current, stacked=stacked, cut=wrapped):
            stacked = stacked or not fields[current]  # each value stands on a line of its own below its label
            wrapped = wrapped or bool(fields[current])
            if current != "other":
                fields[current] = _joined(fields[current], line.strip(), current)
            end = place + 1
        elif _UNKNOWN_LABEL.match(line) and _label_follows(lines, place, fields):
            current, fields["other"] = "other", ""
        else:
            break
        place += 1
    return Block(fields=fields, names=_spoken(printed, marked), end=end)


def _spoken(printed: list[Names], marked: Names) -> Names:
    """The languages that may have printed these labels: those of the labels that are not English decide."""
    foreign = [names for names in printed if "en" not in names]
    if foreign:
        common = frozenset.intersection(*foreign)
        return common or frozenset.union(*foreign)
    known = [names for names in printed if names]
    common = frozenset.intersection(*known) if known else NOBODY
    return (common & marked or marked) if marked and "en" not in marked else common or marked or ENGLISH_ONLY


def _folded(lines: Lines, place: int, indent: int) -> bool:
    """Whether the line is folded into the one above (RFC 5322 §2.2.3): further in by a tab or one blank, or long above.

    Text that was HTML is further in by two blanks for every box, and is the body.
    """
    further = lines.indent(place) - indent
    if further <= 0:
        return False
    raw, above = lines.raw[place], lines.bare[place - 1]
    if further == 1 or "\t" in raw[: lines.indent(place)]:
        return True
    words = lines.bare[place].split(None, 1)
    return len(above) + 1 + len(words[0]) > _NARROW and max(len(above), len(lines.bare[place])) <= _WIDE


def _sent(found: tuple[str, str, Names], fields: dict[str, str]) -> tuple[str, str, Names]:
    """A label printed twice that means the sender or "sent" (K-9 in Arabic): a date behind it tells."""
    if found[0] == "from" and "date" not in fields and read_date(found[1], found[2]) is not None:
        return ("date", *found[1:])
    return found


def _joined(value: str, more: str, current: str) -> str:
    """A wrapped value made whole: without a blank where an address was cut behind its hyphen."""
    between = "" if current in _PARTIES and _CUT.search(value) else " "
    return f"{value}{between}{more}".strip()[:MAX_VALUE]


def _continues(
    lines: Lines, place: int, fields: dict[str, str], current: str, *, stacked: bool, cut: bool = False
) -> bool:
    """Whether the line goes on with the value above: an open list or bracket, or another label right after.

    With `cut`, an earlier value was wrapped: so may the last one be, if its line is full and a gap follows.
    """
    value, line = fields[current], lines.bare[place]
    if not value:
        return stacked or current not in ("subject", "other") or _label_follows(lines, place, fields)
    if current in _PARTIES:
        bracket_follows = line[0] in "<(" and value[-1] not in ">)"
        if bracket_follows or value[-1] in ",;<" or value.rfind("<") > value.rfind(">") or _CUT.search(value):
            return True
    if _UNKNOWN_LABEL.match(line) and current != "subject":
        return False
    if cut and current == "subject" and not any(lines.bare[place + 1 : place + 2]):
        above = len(lines.raw[place - 1])
        return above <= _WIDE and above + 1 + len(line.split(None, 1)[0]) > _NARROW
    return _label_follows(lines, place, fields)


def _label_follows(lines: Lines, place: int, fields: dict[str, str]) -> bool:
    """Whether one of the next lines, before any gap, has a label that the block still lacks."""
    bare = lines.bare
    gap = not bare[place]
    for line in bare[place + 1 : place + _LOOK_AHEAD]:
        found = label_of(line) if line else None
        if found is not None:
            return found[0] not in fields and found[0] != "other"
        if gap or not line:
            return False
    return False


def folded_block(rest: str, end: int, marked: Names) -> Block | None:
    """A letterhead that was folded into the marker's own line, as in Yahoo's plain text; `end` is the next line.

    Values and labels stand glued together there, and a translated label may lack its colon.
    """
    fields: dict[str, str] = {}
    meaning, begin = "", 0
    printed: list[Names] = []
    for match in _folded_labels().finditer(rest):
        label = match[1] or match[2]
        found, names = LEXICON.labels[label.lower()]
        if found in fields or meaning == "subject" or (not meaning and match.start()):
            continue
        if meaning:
            fields[meaning] = rest[begin : match.start()].strip()
        meaning, begin = found, match.end()
        fields[found] = ""
        printed.append(names)
    if meaning:
        fields[meaning] = rest[begin:].strip()
    return Block(fields=fields, names=_spoken(printed, marked), end=end) if "from" in fields else None


@lru_cache(maxsize=1)
def _folded_labels() -> re.Pattern[str]:
    """Labels as they begin a value in a folded line; without a colon only where they are glued to what precedes."""
    known = [label for label, (meaning, _) in LEXICON.labels.items() if meaning != "other"]
    forms = sorted({form for label in known for form in (_capital(label), label.upper())}, key=len, reverse=True)
    closing = [
        form for form in forms if LEXICON.labels.get(form.lower(), ("",))[0] in ("cc", "subject") and len(form) > 1
    ]
    with_colon = "|".join(map(re.escape, forms))
    without = "|".join(map(re.escape, closing))
    return re.compile(rf"(?:(?<![^\W\d_])|(?<=[A-Z>]))({with_colon}) ?[:\uff1a]\s*|(?<=[A-Z0-9>])({without}) ")


def _capital(label: str) -> str:
    return label[0].upper() + label[1:]


def table_after(lines: Lines, place: int) -> tuple[Block, Letterhead] | None:
    """Lotus Notes: sender and date stand above the labels, without labels of their own."""
    bare = lines.bare
    heading: list[str] = []
    for start in range(place, min(place + _TABLE_LINES, len(bare))):
        if not bare[start].strip(RULE):
            continue
        if not heading and bare[start].endswith("---"):
            continue  # the end of the marker, which was wrapped
        if label_of(bare[start]) is not None:
            block = read_block(lines, start)
            break
        heading.append(bare[start].strip())
    else:
        return None
    head = block.letterhead()
    date = head.date or next((iso for iso in map(printed_date, heading) if iso), None)
    if head.sender is not None or not heading:
        return block, replace(head, date=date)
    name, on, when = heading[0].rpartition(" on ")
    sender = name if on and when[:1].isdigit() else heading[0]
    parties = parse_addresses(sender.strip())
    return block, replace(head, sender=parties[0] if parties else None, date=date)


def _closed(value: str) -> str:
    """A value whose last bracket stood alone on a line, where it looked like a quote mark."""
    opened = value.rfind("<")
    return f"{value}>" if opened > value.rfind(">") and len(value[opened + 1 :].split()) == 1 else value


def _behalf(sender: str) -> str:
    """Of "X <x> on behalf of Y", Y: the address before is that of who sent it for them."""
    match = _BEHALF.search(sender)
    return sender[match.end() :] if match and "@" in sender[: match.start()] else sender


def _uncolonned(lines: Lines, place: int, marked: Names) -> Block:
    """Labels without colons, as of eM Client: read only where sender and two more stand line by line."""
    fields: dict[str, str] = {}
    end = place
    for line in lines.bare[place : place + len(_ALL)]:
        label, _, value = line.partition(" ")
        meaning, _ = LEXICON.labels.get(fold(label), ("", NOBODY))
        if meaning not in _ALL or meaning in fields or (not fields and (meaning != "from" or "@" not in value)):
            break
        fields[meaning] = value.strip()
        end += 1
    if len(fields) < len(("from", "to", "subject")):
        fields = {}
    return Block(fields=fields, names=marked or ENGLISH_ONLY, end=end)


def unstarred(value: str) -> str:
    """A value without the asterisks that stand for bold."""
    value = value.strip()
    bold = len(value) > len("**") and value[0] == value[-1] == "*" and value[1] != "*" != value[-2]
    return value[1:-1].strip() if bold else value
