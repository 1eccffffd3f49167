"""Text of a query → tokens with their places. Iterative, linear in the length.

Rules: ``AND``, ``OR``, ``NOT`` are operators only alone and in capitals; ``-`` only before a word, phrase, expression
or parenthesis and after a space; a parenthesis opened inside a word belongs to the word (``clk_get(NULL)``), as do all
signs that are no letters. A field is one of the known names before a colon that something follows; ``https://…`` and
``12:30`` are words. A telephone number with its area code in parentheses, or with a plus, is one phrase. ``/…/`` is a
regular expression where it begins a word and its second slash ends it, so that ``/etc/hosts`` is two words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from search.analysis import words
from search.phone_words import phone_key
from search.query_errors import Misread, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_QUERY: Final = 32_768
MOST_TOKENS: Final = 20_000
TEXT_FIELDS: Final = (
    "from",
    "to",
    "cc",
    "participant",
    "correspondent",
    "custodian",
    "subject",
    "text",
    "filename",
    "hash",
    "account",
    "school",
)
HAS: Final = "has"
SIZE: Final = "size"
FACT_FIELDS: Final = ("kind", "channel", "platform", "id", "lang", "is", "series", "hold", "request")
DATE_FIELDS: Final = ("before", "after", "on", "sent", "captured")
EXACT: Final = "exact"
FIELDS: Final = (*TEXT_FIELDS, HAS, *FACT_FIELDS, SIZE, *DATE_FIELDS, EXACT)
_VALUED: Final = frozenset((HAS, *FACT_FIELDS, SIZE, *DATE_FIELDS))
_RANGED: Final = frozenset((SIZE, *DATE_FIELDS))
_PREFIXED = re.compile(r"([A-Za-z]{1,20}):(?!:|//)", re.ASCII)
_AFTER_PHRASE = re.compile(r"~(\d{0,6})|\*")
_FIRST_OF_NUMBERS: Final = frozenset("+(0123456789")
# with its area code set apart, or with a plus, so that three numbers with spaces between are three numbers
_NUMBER = re.compile(
    r"(?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])[2-9]\d\d[-. ]\d{4}(?![^\s)])"
    r"|\+[1-9]\d{0,2}(?:[-. ]\(?\d{1,5}\)?){2,6}(?![^\s)])",
    re.ASCII,
)
_QUOTES: Final = {'"': '"', "\u201c": "\u201d", "\u201e": "\u201c\u201d"}
_WITHIN = re.compile(r"(?:w|pre|near|n)/\d{1,3}", re.ASCII | re.IGNORECASE)
_OPERATORS: Final = {"AND", "OR", "NOT"}
_MEANT: Final = {
    "author": "from:",
    "bcc": "to:",
    "body": "text:",
    "contains": "has:",
    "date": "on:",
    "during": "on:",
    "file": "filename:",
    "hashtag": "#",
    "language": "lang:",
    "larger": "size:>",
    "newer": "after:",
    "older": "before:",
    "owner": "custodian:",
    "person": "participant:",
    "recipient": "to:",
    "sender": "from:",
    "since": "after:",
    "smaller": "size:<",
    "tag": "#",
    "title": "subject:",
    "type": "kind:",
    "until": "before:",
}
_FIELD_LIKE: Final = 0.75


class Sign(Enum):
    """What a token is."""

    WORD = auto()
    PHRASE = auto()
    EXPRESSION = auto()
    RANGE = auto()
    FIELD = auto()
    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` without quotes, slashes and brackets; places are counted in characters from 0.

    `within` is the number after ``"…"~``; `prefix` is whether a phrase is followed by ``*``.
    """

    sign: Sign
    text: str
    position: int
    end: int
    within: int | None = None
    prefix: bool = False


def read_tokens(text: str) -> Iterator[Token]:
    """The tokens of a query, each read when it is asked for.

    Raises:
        Misread: too long, a quotation mark or bracket without its other half, or an unknown field.
    """
    if len(text) > LONGEST_QUERY:
        raise Misread(f"a search may have {LONGEST_QUERY} characters; split it into several", LONGEST_QUERY)
    at = count = 0
    field: str | None = None
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        at, token = _read_one(text, at, field)
        if token is None:
            continue
        count += 1
        if count > MOST_TOKENS:
            raise Misread("the search has too many parts; split it into several", token.position)
        field = token.text if token.sign is Sign.FIELD else None
        yield token


def _read_one(text: str, at: int, field: str | None) -> tuple[int, Token | None]:
    """The token that begins at `at`, None where nothing there can be searched for, and where the next may begin.

    `field` is the name of the field just before, if one is.
    """
    token = _read_quoted(text, at, field)
    if token is None and field not in _VALUED:
        token = _read_named(text, at)
    if token is not None:
        return token.end, token
    if text[at] in "()":
        return at + 1, Token(Sign.OPEN if text[at] == "(" else Sign.CLOSE, text[at], at, at + 1)
    if text[at] == "-" and field is None and _negates(text, at):
        return at + 1, Token(Sign.NOT, "-", at, at + 1)
    end = _end_of_word(text, at)
    word = text[at:end]
    if field is None:
        if word in _OPERATORS:
            return end, Token(Sign[word], word, at, end)
        _refuse_foreign(word, at, end)
    if field is not None or "*" in word or words(word):
        return end, Token(Sign.WORD, word, at, end)
    return end, None


def _read_quoted(text: str, at: int, field: str | None) -> Token | None:
    """The phrase or range that begins here, if one does."""
    if text[at] in _QUOTES:
        return _read_phrase(text, at)
    if text[at] == "[" and field in _RANGED:
        end = text.find("]", at)
        if end < 0:
            raise Misread("a bracket is opened here and never closed; add ]", at, (len(text), len(text), "]"))
        return Token(Sign.RANGE, text[at + 1 : end], at, end + 1)
    return None


def _read_named(text: str, at: int) -> Token | None:
    """The expression, field or telephone number that begins here, if one does."""
    if text[at] == "/" and (end := _end_of_expression(text, at)) is not None:
        return Token(Sign.EXPRESSION, text[at + 1 : end - 1].replace("\\/", "/"), at, end)
    if text[at] in _FIRST_OF_NUMBERS:
        number = _NUMBER.match(text, at)
        is_one = number is not None and phone_key(number[0]) is not None
        return Token(Sign.PHRASE, number[0], at, number.end()) if number is not None and is_one else None
    named = _PREFIXED.match(text, at)
    if named is not None and _is_field(text, named):
        return Token(Sign.FIELD, named[1].lower(), at, named.end())
    return None


def _read_phrase(text: str, at: int) -> Token:
    closing = _QUOTES[text[at]]
    end = min((place for place in (text.find(one, at + 1) for one in closing) if place >= 0), default=-1)
    if end < 0:
        instead = (len(text), len(text), closing[-1])
        raise Misread("a quotation mark is opened here and never closed; add one", at, instead)
    inside, after = text[at + 1 : end], _AFTER_PHRASE.match(text, end + 1)
    if after is None:
        return Token(Sign.PHRASE, inside, at, end + 1)
    if after[0] == "*":
        return Token(Sign.PHRASE, inside, at, after.end(), prefix=True)
    if not after[1]:
        raise Misread(
            'say after ~ how many words may stand between, as in "bus late"~5', end + 1, (after.end(), after.end(), "5")
        )
    return Token(Sign.PHRASE, inside, at, after.end(), within=int(after[1]))


def _end_of_expression(text: str, at: int) -> int | None:
    """The place after the slash that ends the expression begun here; None where none is, as in a path.

    It never looks beyond the next slash, so many slashes are not looked at many times.
    """
    place, spaced = at + 1, False
    while place < len(text) and text[place] != "/":
        spaced = spaced or text[place].isspace()
        place += 2 if text[place] == "\\" else 1
    if place >= len(text) or place == at + 1 or text[at + 1].isspace():
        return None
    following = text[place + 1 : place + 2]
    if following and not following.isspace() and following != ")":
        return None
    if spaced:
        raise Misread(
            "an expression between slashes is compared with one word and can have no space; write a phrase in quotes",
            at,
        )
    return place + 1


def _end_of_word(text: str, at: int) -> int:
    """Where a word ends: at a space, a quotation mark, or a parenthesis that was not opened inside it."""
    opened = 0
    while at < len(text):
        letter = text[at]
        if letter.isspace() or letter in _QUOTES:
            break
        if letter == "(":
            opened += 1
        elif letter == ")":
            if not opened:
                break
            opened -= 1
        at += 1
    return at


def _negates(text: str, at: int) -> bool:
    """Whether the hyphen here stands before something to search for: ``a -- b`` and ``a - b`` leave nothing out."""
    if at and not text[at - 1].isspace() and text[at - 1] != "(":
        return False
    following = text[at + 1 : at + 2]
    if following == "(" or following in _QUOTES:
        return True
    return following != "-" and bool(words(text[at + 1 : _end_of_word(text, at + 1)]))


def _refuse_foreign(word: str, at: int, end: int) -> None:
    """Refuse operators of other search languages, which would be taken for words and change what is found."""
    if word == "||":
        raise Misread("write OR for one or the other", at, (at, end, "OR"))
    if _WITHIN.fullmatch(word):
        raise Misread(
            'words near each other are written in quotes with a number, as in "bus late"~5; to search for the words'
            " that stand here, put them in quotes",
            at,
        )


def _is_field(text: str, found: re.Match[str]) -> bool:
    name, position = found[1].lower(), found.start()
    following = text[found.end() : found.end() + 1]
    ended = not following or following.isspace() or following == ")"
    if name in FIELDS:
        if not ended:
            return True
        place = found.end()
        while place < len(text) and text[place].isspace():
            place += 1
        raise Misread(
            f"{name}: needs its word right after the colon; to search for the word {name}, write it in quotes",
            position,
            (found.end(), place, "") if place < len(text) and text[place] != ")" else (position, place, ""),
        )
    if ended or following == "/":
        return False
    near = nearest(name, FIELDS, _FIELD_LIKE)
    meant = _MEANT.get(name) or (f"{near}:" if near is not None else None)
    if meant is not None:
        raise Misread(
            f"there is no field {name}:, perhaps {meant} is meant; to search for these words, put them in quotes",
            position,
            (position, found.end(), meant),
        )
    return False
