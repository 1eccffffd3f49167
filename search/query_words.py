"""What a word, phrase or expression of a query asks for, with its ``*``, ``?`` and ``~``. Pure.

Rules:

- ``bud*`` is the beginning of a word; ``*`` and ``?`` anywhere else, ``~`` and ``/…/`` ask for a single whole word as
  it is folded. ``?`` is a wildcard only before a letter or star, so that a question may end with one; and only in a
  word without other signs, so that an address with a query in it is still words.
- In scripts without spaces every character is a word: a star, a question mark or a changed letter has no meaning there,
  and a run of characters is found inside of longer ones anyway.
- What cannot be meant exactly is refused with what to write instead, never read as something near it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from search.analysis import LONGEST_WORD, as_mark, locate, normalise, words
from search.queries import Field, Like, Likeness, Words
from search.query_errors import Misread
from search.query_tokens import Sign
from search.term_patterns import LONGEST_PATTERN, compiled, fold_expression
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from search.query_tokens import Token

LONGEST_PHRASE: Final = 200
MOST_WITHIN: Final = 1_000
MOST_CHANGES: Final = 2
_PAIR = 2
_LONGEST_WILD = 4 * LONGEST_WORD
_SHORTEST_CHANGED: Final = {1: 3, 2: 5}
_WILD = re.compile(r"\?(?=\?*[\w*])|\*")
_FUZZY = re.compile(r"(.*\w[^\w\s]?)~(\d?)", re.DOTALL)
_OF_ADDRESSES = frozenset("/=&")
_ENDS_OF_SENTENCES: Final = ".,;:!\u2026"
_UNSPACED = (
    "in a script without spaces, and for emoji, every character is a word, so {sign} has no meaning here;"
    " write the characters alone: they are found inside of longer runs, too"
)


def read_word(token: Token, where: Field, *, exact: bool) -> Words | Like:
    """The leaf that a word, a phrase or an expression stands for.

    Args:
        token: a token of one of these three.
        where: the field it is looked for in.
        exact: without stemming.

    Raises:
        Misread: it has no word, is too long, or uses a sign where that has no meaning.
    """
    if token.sign is Sign.PHRASE:
        return _phrase(token, where, exact=exact)
    if token.sign is Sign.EXPRESSION:
        return _expression(token, where)
    fuzzy = _FUZZY.fullmatch(token.text)
    if fuzzy is not None:
        return _fuzzy(token, where, fuzzy[1], fuzzy[2])
    if _has_wildcards(token):
        return _with_wildcards(token, where, exact=exact)
    mark = as_mark(token.text) if where is Field.ANY else None
    if mark is not None:
        return Words(Field.MARK, (mark,))
    return Words(where, _folded(token, token.text), exact=exact)


def _has_wildcards(token: Token) -> bool:
    text = token.text
    if len(text) > _LONGEST_WILD:  # where all are signs, looking for the letter behind each takes the square of that
        if "*" in text:
            raise Misread(f"a word has at most {LONGEST_WORD} letters; leave some of these out", token.position)
        return False
    return _WILD.search(text) is not None and ("*" in text or _OF_ADDRESSES.isdisjoint(text))


def _folded(token: Token, text: str) -> tuple[str, ...]:
    folded = tuple(words(text))
    if not folded:
        raise Misread("there is no word here to search for", token.position)
    if len(folded) > LONGEST_PHRASE:
        raise Misread(f"a phrase may have {LONGEST_PHRASE} words; search for a part", token.position)
    return folded


def _phrase(token: Token, where: Field, *, exact: bool) -> Words:
    folded = _folded(token, token.text)
    if token.within is None:
        return Words(where, folded, exact=exact, prefix=token.prefix)
    place = token.position + 1 + len(token.text) + 1
    if len(folded) < _PAIR:
        inside = token.text.strip()
        instead = (token.position, token.end, f"{inside}~") if len(inside.split()) == 1 else None
        raise Misread(
            '"…"~ tells how near two or more words stand; for changed letters write the word without quotes',
            place,
            instead,
        )
    if token.within > MOST_WITHIN:
        raise Misread(f"words may stand {MOST_WITHIN} apart at most; use AND", place, (place + 1, token.end, "1000"))
    least = len(folded) - _PAIR
    if token.within < least:
        raise Misread(
            f"between the first and the last of {len(folded)} words stand {least} of them, so write ~{least} or more",
            place,
            (place + 1, token.end, str(least)),
        )
    return Words(where, folded, exact=exact, within=token.within)


def _expression(token: Token, where: Field) -> Like:
    expression = fold_expression(token.text)
    if len(expression) > LONGEST_PATTERN:
        raise Misread(f"a regular expression may have {LONGEST_PATTERN} characters", token.position)
    try:
        compiled(expression)
    except InvalidInput as error:
        raise Misread(error.message, token.position) from error
    return Like(where, Likeness.REGEX, expression)


def _fuzzy(token: Token, where: Field, body: str, changes: str) -> Like:
    place = token.position + len(body)
    if _WILD.search(body):
        raise Misread("a word can have wildcards or ~, not both; leave one of them out", place)
    word = _single(token, body, "~", place)
    distance = int(changes) if changes else 1
    if not 1 <= distance <= MOST_CHANGES:
        instead = None if distance == 0 else (place, token.end, f"~{MOST_CHANGES}")
        raise Misread("~1 allows one changed letter, ~2 two; no other number is understood", place, instead)
    if len(word) < _SHORTEST_CHANGED[distance]:
        shortest = _SHORTEST_CHANGED[distance]
        instead = (place, token.end, "~1") if len(word) >= _SHORTEST_CHANGED[1] else None
        raise Misread(
            f"~{distance} is for words of {shortest} letters or more; write the spellings with OR", place, instead
        )
    return Like(where, Likeness.FUZZY, word, distance)


def _with_wildcards(token: Token, where: Field, *, exact: bool) -> Words | Like:
    text = re.sub(r"\*{2,}", "*", token.text.rstrip("?").rstrip(_ENDS_OF_SENTENCES).rstrip("?"))
    if _WILD.search(text) is None:
        return Words(where, _folded(token, text), exact=exact)
    if text[-1] == "*" and len(_WILD.findall(text)) == 1:
        return _beginning(token, where, text[:-1])
    place = token.position + token.text.index("*" if "*" in token.text else "?")
    if where is Field.ANY and text[0] in "#@":
        raise Misread("a tag or name takes * only at its end, as in #home*; leave out # or @ for the plain word", place)
    pieces = [
        part if part in "*?" else _single(token, part, "* or ?", place) for part in re.split(r"([*?])", text) if part
    ]
    if all(part in "*?" for part in pieces):
        raise Misread("* and ? need a letter or digit beside them, as in budget*", place)
    pattern = "".join(pieces)
    if len(pattern) > LONGEST_WORD:
        raise Misread(f"a word has at most {LONGEST_WORD} letters; leave some of these out", token.position)
    return Like(where, Likeness.GLOB, pattern)


def _beginning(token: Token, where: Field, body: str) -> Words:
    place = token.position + len(body)
    if not body or not words(body):
        raise Misread("* and ? need a letter or digit beside them, as in budget*", token.position + len(body))
    if not (unicodedata.category(body[-1])[0] in "LNM" or words(body[-1])):
        signs = 1
        while not words(body[-signs]):
            signs += 1
        instead = (place - signs + 1, place, "")
        raise Misread("* stands right after the letters of a word; leave out the sign before it", place, instead)
    mark = as_mark(body) if where is Field.ANY else None
    if mark is not None:
        return Words(Field.MARK, (mark,), prefix=True)
    return Words(where, _folded(token, body), prefix=True)


def _single(token: Token, text: str, sign: str, place: int) -> str:
    """The one word that a text is, folded."""
    shown = normalise(text)
    at = count = 0
    for located in locate(shown):
        if located.start != at:
            break
        at, count = located.end, count + 1
    if at != len(shown) or not count:
        raise Misread(
            f"{sign} is understood only in one word without other signs; to search for the words, put them in quotes",
            place,
            (token.position, token.end, f'"{token.text}"') if '"' not in token.text else None,
        )
    # a character that is a word by itself makes two when written twice
    if count > 1 or len(words(shown + shown)) > 1:
        plain = re.sub(r"[*?]|~\d?$", "", token.text)
        raise Misread(_UNSPACED.format(sign=sign), place, (token.position, token.end, plain))
    return words(shown)[0]
