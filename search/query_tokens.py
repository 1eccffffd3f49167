"""Text of a query → tokens with their places. Iterative, linear in the length.

Rules: ``AND``, ``OR``, ``NOT`` are operators only alone and in capitals; ``-`` only before a word, phrase or
parenthesis and after a space; a parenthesis opened inside a word belongs to the word (``clk_get(NULL)``), as
do all signs that are no letters. A field is one of the known names before a colon that something follows;
``https://…`` and ``12:30`` are words.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from search.analysis import words
from storage.errors import InvalidInput

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
)
FACT_FIELDS: Final = ("kind", "channel", "platform", "id", "lang", "has")
DATE_FIELDS: Final = ("before", "after", "on", "sent", "captured")
EXACT: Final = "exact"
FIELDS: Final = (*TEXT_FIELDS, *FACT_FIELDS, *DATE_FIELDS, EXACT)
_PREFIXED = re.compile(r"([A-Za-z]{1,20}):(?![:/])", re.ASCII)
_QUOTES: Final = {'"': '"', "\u201c": "\u201d", "\u201e": "\u201c\u201d"}
_OPERATORS: Final = {"AND", "OR", "NOT"}
_MEANT: Final = {
    "body": "text:",
    "date": "on:",
    "file": "filename:",
    "recipient": "to:",
    "sender": "from:",
    "since": "after:",
    "type": "kind:",
    "until": "before:",
}
_FUZZY = re.compile(r"[^\W_]+~\d?")


class Sign(Enum):
    """What a token is."""

    WORD = auto()
    PHRASE = auto()
    RANGE = auto()
    FIELD = auto()
    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` without quotes and brackets, `position` counted in characters from 0."""

    sign: Sign
    text: str
    position: int


def read_tokens(text: str) -> list[Token]:
    """The tokens of a query.

    Raises:
        InvalidInput: too long, a quotation mark or bracket without its other half, or an unknown field.
    """
    if len(text) > LONGEST_QUERY:
        raise InvalidInput(
            f"a search may have {LONGEST_QUERY} characters; split it into several", position=LONGEST_QUERY
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if len(tokens) > MOST_TOKENS:
            raise InvalidInput("the search has too many parts; split it into several", position=at)
        if text[at].isspace():
            at += 1
            continue
        at = _read_one(text, at, tokens)
    return tokens


def _read_one(text: str, at: int, tokens: list[Token]) -> int:
    """Append the token that begins at `at`, if there is one, and return where the next may begin."""
    letter = text[at]
    after_field = bool(tokens) and tokens[-1].sign is Sign.FIELD
    if letter in "()":
        tokens.append(Token(Sign.OPEN if letter == "(" else Sign.CLOSE, letter, at))
        return at + 1
    if letter in _QUOTES:
        return _read_phrase(text, at, tokens)
    if letter == "[" and after_field and tokens[-1].text in DATE_FIELDS:
        end = text.find("]", at)
        if end < 0:
            raise InvalidInput("a bracket is opened here and never closed; add ]", position=at)
        tokens.append(Token(Sign.RANGE, text[at + 1 : end], at))
        return end + 1
    if letter == "-" and not after_field and _negates(text, at):
        tokens.append(Token(Sign.NOT, "-", at))
        return at + 1
    in_date = after_field and tokens[-1].text in DATE_FIELDS
    field = None if in_date else _PREFIXED.match(text, at)
    if field is not None and _is_field(text, field):
        tokens.append(Token(Sign.FIELD, field[1].lower(), at))
        return field.end()
    end = _end_of_word(text, at)
    word = text[at:end]
    if word in _OPERATORS and not after_field:
        tokens.append(Token(Sign[word], word, at))
    elif after_field or "*" in word or words(word):
        _check_word(word, at)
        tokens.append(Token(Sign.WORD, word, at))
    return end


def _read_phrase(text: str, at: int, tokens: list[Token]) -> int:
    closing = _QUOTES[text[at]]
    end = min((place for place in (text.find(one, at + 1) for one in closing) if place >= 0), default=-1)
    if end < 0:
        raise InvalidInput("a quotation mark is opened here and never closed; add one", position=at)
    tokens.append(Token(Sign.PHRASE, text[at + 1 : end], at))
    following = text[end + 1 : end + 2]
    if following in ("~", "*") and following:
        raise InvalidInput(f"{following} is not understood after a phrase; leave it out", position=end + 1)
    return end + 1


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


def _is_field(text: str, found: re.Match[str]) -> bool:
    name, position = found[1].lower(), found.start()
    following = text[found.end() : found.end() + 1]
    ended = not following or following.isspace() or following == ")"
    if name in FIELDS:
        if ended:
            raise InvalidInput(
                f"{name}: needs its word right after the colon; to search for the word {name}, write it in quotes",
                position=position,
            )
        return True
    if ended:
        return False
    near = [f"{one}:" for one in difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.75)]
    meant = _MEANT.get(name) or next(iter(near), None)
    if meant is not None:
        raise InvalidInput(
            f"there is no field {name}:, perhaps {meant} is meant; to search for these words, put them in quotes",
            position=position,
        )
    return False


def _check_word(word: str, position: int) -> None:
    star = word.find("*")
    if star >= 0 and (star < len(word) - 1 or not words(word)):
        place = position + star
        raise InvalidInput("* is understood only at the end of a word, as in budget*", position=place)
    if _FUZZY.fullmatch(word):
        raise InvalidInput("~ is not understood; use prefix* or write the spellings with OR", position=position)
