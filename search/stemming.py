"""Folded words → stems: by the language of the text in Latin script, by the script itself elsewhere. Pure.

Rules:

- Latin script: Snowball's algorithm (snowballstem.org) of the language that the text was taken for; English where that
  has none. A query is stemmed in each of these languages, so a wrong guess loses inflections and never a word.
- Other scripts: a word is stemmed by its script whatever its text is taken for, so a name or a sentence in the middle
  of an English mail is found as well: Cyrillic by Snowball's Russian, Greek by its Greek, Arabic by light10 (Larkey,
  Ballesteros and Connell 2002, "Improving stemming for Arabic information retrieval"), which takes off the article
  and conjunctions in front and the commonest endings.
- Hebrew has no stemmer here, and its prefixed letters stay: a word with one is another word.
- Stemmers see folded words, without accents. French endings that an accent tells (``année``, ``activité``) get it back
  for the stemmer. Spanish and German lose next to nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import Stemmer

from search.languages import STEMMED

if TYPE_CHECKING:
    from collections.abc import Callable

STEMMER_VERSION: Final[str] = Stemmer.version()
_MEMO_LIMIT = 200_000
_MEMO_LONGEST = 40
_FRENCH_ENDING = re.compile("(?:ee|ees|ite|ites)$")
_ARABIC = "\u0600\u06ff"
_BY_SCRIPT: Final = (("\u0370", "\u03ff", "greek"), ("\u0400", "\u052f", "russian"))
_ARTICLES: Final = ("وال", "بال", "كال", "فال", "ال", "لل")
_AND: Final = "و"
_ENDINGS: Final = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")  # noqa: RUF001 - Arabic letters are meant
_LEAST_LETTERS: Final = 2
_LEAST_AFTER_AND: Final = 3


class Stems(dict[str, str]):
    """Words already stemmed as those of a text in one language; emptied when full."""

    def __init__(self, stem_word: Callable[[str], str]) -> None:
        super().__init__()
        self._stem_word = stem_word

    def __missing__(self, word: str) -> str:
        stemmed = (self._stem_word if word.isascii() else _foreign_stemmer(word) or self._stem_word)(word) or word
        if len(word) <= _MEMO_LONGEST:
            if len(self) >= _MEMO_LIMIT:
                self.clear()
            self[word] = stemmed
        return stemmed


def _foreign_stemmer(word: str) -> Callable[[str], str] | None:
    """The stemmer of the script that a word begins in; None for Latin and for scripts without one."""
    first = word[0]
    if _ARABIC[0] <= first <= _ARABIC[1]:
        return arabic_stem
    for lowest, highest, algorithm in _BY_SCRIPT:
        if lowest <= first <= highest:
            return _SNOWBALL[algorithm]
    return None


def arabic_stem(word: str) -> str:
    """The light10 stem of a folded Arabic word; what is left has two letters at least."""
    stemmed = word
    if stemmed.startswith(_AND) and len(stemmed) > _LEAST_AFTER_AND:
        stemmed = stemmed[1:]
    for article in _ARTICLES:
        if stemmed.startswith(article) and len(stemmed) >= len(article) + _LEAST_LETTERS:
            stemmed = stemmed[len(article) :]
            break
    for ending in _ENDINGS:
        if stemmed.endswith(ending) and len(stemmed) >= len(ending) + _LEAST_LETTERS:
            stemmed = stemmed[: -len(ending)]
    return stemmed


def _french_stem(word: str) -> str:
    ending = _FRENCH_ENDING.search(word)
    if ending is None:
        return _SNOWBALL["french"](word)
    # the accent stands on the first e of année and années, and on the last of activité and activités
    place = ending.start() + (0 if ending[0][0] == "e" else len("it"))
    return _SNOWBALL["french"](f"{word[:place]}\u00e9{word[place + 1 :]}").replace("\u00e9", "e")


def _snowball(algorithm: str) -> Callable[[str], str]:
    stem_word: Callable[[str], str] = Stemmer.Stemmer(algorithm, 0).stemWord
    return stem_word


_SNOWBALL: Final = {one: _snowball(one) for one in (*STEMMED.values(), *(each for _, _, each in _BY_SCRIPT))}
STEMS: Final = {code: Stems(_french_stem if code == "fr" else _SNOWBALL[name]) for code, name in STEMMED.items()}
"""The stems of words by the ISO 639-1 code of the text's language."""
