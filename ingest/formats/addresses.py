"""Address lists to parties: RFC 5322 §3.4 as written, and as mail clients print them for people.

Rule kept: nothing is invented and nothing is dropped that names somebody; a name without an address stays a
party without an address. One pass over the special characters, no recursion, linear in the input. Understood
beside the standard: lists separated by ``;``, ``Name [mailto:address]``, ``Name (address)``, ``address
<mailto:address>``, unquoted ``Last, First <address>``, and X.500 names (``</O=…/CN=…>``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from storage.records import Party

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PARTIES = 20_000
MAX_CHARS = 2 * 1024 * 1024
_USUAL_CHARACTERS = 200
_SIMPLE = re.compile(r'\s*(?:"([^"\\@]*)"|([^",;:<>()\[\]\\@\']*))\s*<([^\s<>,;"()\\@]+@[^\s<>,;"()\\@]+)>\s*')
_BARE = re.compile(r"\s*([^\s<>,;:\"'()\[\]\\@]+@[^\s<>,;:\"'()\[\]\\@]+)\s*")
_SPECIAL = re.compile(r'[",;:<>()\\\[\]]')
_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)
_MAILTO_LINK = re.compile(r"<mailto:[^<>]{0,400}>")
_ADDRESS = re.compile(r"[^\s<>,;\"()\[\]@]+@[^\s<>,;\"()\[\]@]+")
_SPACES = re.compile(r"\s+")
_DOMAIN = re.compile(r"[^\s<>,;:\"()\[\]\\@]+|\[[^\s\[\]\\]{0,255}\]")
_COMMENT_SIGN = re.compile(r"[()\\]")
_COMMENT = re.compile(r"\([^()]*\)")
# a name of Lotus Notes, "Name/Unit/Organisation@Domain", is no address
_NOTES = re.compile(r"(?=\S+\s)[^@/<>]{1,200}(?:/[^@/<>\s]{1,60}){1,8}@[^@.<>\s]{1,60}")
_ESCAPED = re.compile(r"\\(.)")
_SPLIT_DOMAIN = re.compile(r"(?<=\w)[ \t]+\.[ \t]*(?=\w)")
_BRACKETS = {"<": ">", "[": "]", "(": ")"}
_QUOTED = re.compile(r'\s*"([^"]*)"\s*<([^\s<>,;"()\\@]+@[^\s<>,;"()\\@]+)>\s*')
_INTRICATE = frozenset("();:[]\\'")
_QUOTES = "\"'\u2018\u2019\u201a\u201c\u201d\u201e\xab\xbb\u2039\u203a\u300c\u300d"


class _Entry:
    """One element of a list while it is read: what stood outside of brackets, in them, and in parentheses."""

    __slots__ = ("angle", "comment", "glued", "quoted", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.angle: str | None = None
        self.comment: str | None = None
        self.glued = False  # the comment stands right behind a word
        self.quoted = False

    def blank(self) -> bool:
        # a comment alone is nobody (RFC 5322 §3.2.2), as after the empty group of "unlisted-recipients:; (no To)"
        return self.angle is None and "@" not in (self.comment or "") and not "".join(self.words).strip()


def parse_addresses(text: str, decode_phrase: Callable[[str], str] = str) -> tuple[Party, ...]:
    """The parties of an address list, in order, at most 20,000.

    Args:
        text: the unfolded list, at most 2 Mi characters are read.
        decode_phrase: undoes RFC 2047 encoding; applied after splitting, because a decoded word may hold commas.
    """
    match = _SIMPLE.fullmatch(text)
    if match:
        name = match[1] if match[1] is not None else match[2]
        return (_party(decode_phrase(name), match[3]),)
    match = _BARE.fullmatch(text)
    if match:
        return (Party(address=match[1]),)
    plain = _plain_list(text, decode_phrase) if "," in text else None
    if plain is not None:
        return plain
    entries = _joined(_split(text[:MAX_CHARS]), by_comma=";" not in text)
    parties = (_read(entry, decode_phrase) for entry in entries)
    return tuple(party for party in parties if party.name or party.address)


def _plain_list(text: str, decode_phrase: Callable[[str], str]) -> tuple[Party, ...] | None:
    """The common case without comments, groups or commas in quotes, at a third of the cost; else None."""
    if not _INTRICATE.isdisjoint(text):
        return None
    parties: list[Party] = []
    for piece in text.split(",", MAX_PARTIES):
        is_usual = decode_phrase is str and len(piece) <= _USUAL_CHARACTERS
        party = _usual_party(piece) if is_usual else _plain_party(piece, decode_phrase)
        if party is None:
            return None
        parties.append(party)
    return tuple(parties)


def _plain_party(piece: str, decode_phrase: Callable[[str], str]) -> Party | None:
    if '"' in piece:
        match = _QUOTED.fullmatch(piece)
        return None if match is None else _party(decode_phrase(match[1].strip()), match[2])
    match = _SIMPLE.fullmatch(piece)
    if match:
        name = match[2].strip()
        return _party(decode_phrase(name), match[3]) if name else Party(address=match[3])
    match = _BARE.fullmatch(piece)
    return None if match is None else Party(address=match[1])


@lru_cache(maxsize=2_000)  # one person's mail goes back and forth between a few hundred people
def _usual_party(piece: str) -> Party | None:
    return _plain_party(piece, str)


def _split(text: str) -> list[_Entry]:
    """Cut at the separators that stand outside of quotes and brackets."""
    entries: list[_Entry] = []
    entry, place = _Entry(), 0
    only_semicolons = _separated_by_semicolons(text)
    last_semicolon = text.rfind(";")
    unclosed: set[str] = set()  # brackets known to have no end: looking again for each would be quadratic
    while len(entries) < MAX_PARTIES:
        match = _SPECIAL.search(text, place)
        if match is None:
            entry.words.append(text[place:])
            break
        entry.words.append(text[place : match.start()])
        sign, place = match[0], match.end()
        if sign == '"':
            place = _quoted(text, place, entry, unclosed)
        elif sign in _BRACKETS:
            place = _bracketed(text, place, sign, entry, unclosed)
        elif sign == ";" or (sign == "," and (not only_semicolons or _has_address(entry))):
            entries.append(entry)
            entry = _Entry()
        elif (
            sign == ":" and not only_semicolons and place <= last_semicolon and "mailto" not in entry.words[-1].lower()
        ):
            entry = _Entry()  # the name of a group (RFC 5322 §3.4) is nobody's name
        elif sign == "\\":
            entry.words.append(text[place : place + 1])
            place += 1
        else:
            entry.words.append(sign if sign in ",:" else "")
    entries.append(entry)
    return [entry for entry in entries if not entry.blank()]


def _separated_by_semicolons(text: str) -> bool:
    """Whether commas belong to names: Outlook separates by ``;``, a group (``name: …;``) has exactly one at its end."""
    if ";" not in text:
        return False
    before, _, after = text.partition(";")
    return ":" not in before.replace("mailto:", "") and (bool(after.strip()) or "@" not in before)


def _quoted(text: str, place: int, entry: _Entry, unclosed: set[str]) -> int:
    """Read a quoted string (RFC 5322 §3.2.4) after its first quote; a quote without an end is dropped."""
    if '"' in unclosed:
        return place
    letters: list[str] = []
    start = place
    while True:
        end = text.find('"', place)
        if end < 0:
            unclosed.add('"')
            return start
        if not _escaped(text, start, end):
            letters.append(text[place:end])
            break
        letters.append(text[place : end - 1] + '"')
        place = end + 1
    if text.startswith("@", end + 1) and entry.angle is None and not "".join(entry.words[-1:]).strip():
        domain = _DOMAIN.match(text, end + 2)
        if domain is not None:  # a quoted local part (RFC 5322 §3.4.1), kept as printed: without quotes it is another
            entry.angle = text[start - 1 : end + 2] + domain[0]
            return domain.end()
    content = "".join(letters).replace("\\\\", "\\")
    entry.words.append(content if not entry.words or not entry.words[-1].strip() else " " + content)
    entry.quoted = True
    return end + 1


def _escaped(text: str, start: int, end: int) -> bool:
    slashes = 0
    while end - slashes > start and text[end - slashes - 1] == "\\" and slashes < 16:  # noqa: PLR2004 - enough to tell
        slashes += 1
    return slashes % 2 == 1


def _bracketed(text: str, place: int, sign: str, entry: _Entry, unclosed: set[str]) -> int:
    closing = _BRACKETS[sign]
    end = _end_of_comment(text, place, unclosed) if sign == "(" else -1
    if end < 0:
        end = text.find(closing, place) if sign not in unclosed else -1
    if end < 0:
        unclosed.add(sign)
        return place
    content = text[place:end]
    if sign == "(":
        inner = content.rpartition("(")[2].strip(" \t\r\n)")
        entry.glued = "".join(entry.words[-1:])[-1:].strip() != ""
        entry.comment = (inner if "@" in inner else _ESCAPED.sub(r"\1", content).strip()) or entry.comment
    elif sign == "<":
        nested = content.partition("<")
        if nested[1] and text[end : end + 2] == ">>":  # <address<mailto:address>>
            end += 1
        _angle(nested[0] if nested[0].strip() else nested[2], entry)
    elif "@" in content:
        _angle(content, entry)
    else:
        entry.words.append(f"[{content}]")
    return end + 1


def _end_of_comment(text: str, place: int, unclosed: set[str]) -> int:
    """Where a comment ends, with the comments and escaped signs in it (RFC 5322 §3.2.2); -1 where it is not closed."""
    depth, at = 1, place
    while "nested" not in unclosed:
        sign = _COMMENT_SIGN.search(text, at)
        if sign is None:
            unclosed.add("nested")  # as above: never looked for again
            break
        at = sign.end() + (sign[0] == "\\")
        depth += (sign[0] == "(") - (sign[0] == ")")
        if depth == 0:
            return sign.start()
    return -1


def _angle(content: str, entry: _Entry) -> None:
    content = _MAILTO.sub("", content.strip())
    if "(" in content and "@" in content and content[:1] not in '/"':
        content = _COMMENT.sub("", content)
    if "@" in content or content[:1] == "/" or "=" in content:
        entry.angle = entry.angle or content
    elif content:
        entry.words.append(content)  # <Bailey>,"Susan" </O=…>: brackets around half of a name


def _joined(entries: list[_Entry], *, by_comma: bool) -> list[_Entry]:
    """Join ``Last`` and ``First <address>`` again where a comma inside an unquoted name cut them apart."""
    if by_comma and len(entries) == 2 and not any(_has_address(entry) for entry in entries):  # noqa: PLR2004 - last, first
        entries = [_merge(entries)]
    result: list[_Entry] = []
    for entry in entries:
        if result and not _has_address(result[-1]) and entry.angle and "".join(entry.words).strip():
            result[-1] = _merge([result[-1], entry])
        else:
            result.append(entry)
    return result


def _has_address(entry: _Entry) -> bool:
    return entry.angle is not None or "@" in "".join(entry.words) or "@" in (entry.comment or "")


def _merge(entries: list[_Entry]) -> _Entry:
    merged = _Entry()
    merged.words = [", ".join("".join(entry.words).strip() for entry in entries)]
    merged.angle, merged.comment, merged.glued = entries[-1].angle, entries[-1].comment, entries[-1].glued
    return merged


def _read(entry: _Entry, decode_phrase: Callable[[str], str]) -> Party:
    words = "".join(entry.words).strip()
    comment = entry.comment
    if entry.angle is not None:
        if comment and "@" not in comment:
            between = "" if entry.glued else " "
            words = f"{words}{between}({comment})" if words else comment
        return _party(decode_phrase(words), entry.angle)
    if comment and "@" in comment and "@" not in words:
        return _party(decode_phrase(words), comment)
    if "@" in words and len(words) < 1000:  # noqa: PLR2004 - longer is no address
        words = _SPLIT_DOMAIN.sub(".", words)  # blanks around the dots of a domain (RFC 5322 §4.4)
        if words.count("@") > 1 and words.isprintable() and " " not in words:
            return _party(decode_phrase(comment or ""), words)
    found = _ADDRESS.search(_MAILTO.sub("", words)) if len(words) < 1000 else None  # noqa: PLR2004 - as above
    if found is not None and "/" in words and _NOTES.fullmatch(words):
        found = None
    if found is None:
        return _party(decode_phrase(f"{words} ({comment})" if words and comment else words or comment or ""), None)
    name = _MAILTO.sub("", words).replace(found[0], " ", 1).strip() or comment or ""
    return _party(decode_phrase(name), found[0])


def _party(name: str, address: str | None) -> Party:
    if address is not None and not (address[:1] == '"' and '"@' in address):
        if " " in address or not address.isprintable():
            address = _SPACES.sub("", address)
        address = address.strip(_QUOTES) or None
    if "<mailto:" in name:
        name = _MAILTO_LINK.sub("", name)
    if "  " in name or not name.isprintable():  # of all blanks only a space is printable
        name = _SPACES.sub(" ", name)
    name = name.strip(" ,")
    if name[:1] == "*" and name[-1:] == "*":  # bold in text that was HTML
        name = name.strip("*").strip()
    while len(name) > 1 and name[0] in _QUOTES and name[-1] in _QUOTES:
        name = name[1:-1].strip()
    if address is not None and name.lower() == address.lower():
        name = ""
    return Party(name=name or None, address=address)
