"""One thing to ask for, of every construct of the language, drawn from a document that it should mostly find.

Rules:

- Words are drawn where they stand, so a frequent word is drawn as often as it is frequent; phrases and near words
  really stand there, apart from some that are broken on purpose.
- A query is text as somebody types it: other case, accents put on, wide letters, signs between words. What it means is
  left to the parser, which the naive matcher and every engine share.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from search.documents import BOUNDARY, Column
from tests.differential.records import PHONES
from tests.differential.shapes import Piece

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from search.documents import IndexDocument

_ACCENTS: Final = {"a": "áàâäå", "e": "éèêë", "i": "íïî", "o": "óöôø", "u": "úüû", "c": "ç", "n": "ñ"}
_ENDINGS: Final = ("s", "ing", "ed", "er", "en", "es")
_SIGNS: Final = (".", "-", "_", "@", "/", "::", "->", "+")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_TEXTS: Final = (Column.TEXT_EXACT, Column.TEXT_EXACT, Column.TEXT_EXACT, Column.SUBJECT_EXACT, Column.FILENAME_EXACT)
_FIELDS: Final = {
    "from": Column.SENDER,
    "to": Column.RECIPIENTS,
    "cc": Column.COPIED,
    "participant": Column.OTHERS,
    "correspondent": Column.CORRESPONDENT,
    "custodian": Column.CUSTODIAN,
    "subject": Column.SUBJECT_EXACT,
    "text": Column.TEXT_EXACT,
    "filename": Column.FILENAME_EXACT,
    "account": Column.ACCOUNT,
    "school": Column.SCHOOL,
}
_STEMMED_FIELDS: Final = ("", "", "", "subject:", "text:", "filename:")
_OPERATORS: Final = ("AND", "OR", "NOT")
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u3005-\u30ff\u3400-\u9fff]")
_WORD: Final = re.compile(r"[^\W_]+")
_SHORTEST: Final = 4
_WIDE: Final = {chr(code): chr(code + 0xFEE0) for code in range(ord("a"), ord("z") + 1)}


class LeafWriter:
    """Draws one thing to ask for after the other."""

    def __init__(self, chance: random.Random, documents: Sequence[IndexDocument]) -> None:
        self._chance = chance
        self._documents = documents
        self._target = documents[0]
        self.kinds: tuple[tuple[int, Callable[[], Piece | None]], ...] = (
            (8, self._word),
            (3, self._inflected),
            (3, self._disguised),
            (6, self._phrase),
            (2, self._broken_phrase),
            (1, self._over_boundary),
            (5, self._near),
            (3, self._prefix),
            (2, self._suffix),
            (2, self._infix),
            (4, self._wildcard),
            (3, self._fuzzy),
            (4, self._regex),
            (7, self._field),
            (2, self._like_in_field),
            (3, self._exact),
            (3, self._joined_by_signs),
            (2, self._mark),
            (3, self._unspaced),
            (2, self._emoji),
            (2, self._phone),
            (1, self._hash),
            (1, self._absent),
        )

    def aim(self, target: IndexDocument) -> None:
        """Draw from this document from now on."""
        self._target = target

    def _line(self, *columns: Column) -> list[str]:
        """The words of one of the columns that has some, with the boundaries between its parts."""
        chosen = self._chance.sample(columns, k=len(columns))
        return next((line.split(" ") for line in map(self._target.column, chosen) if line), [])

    def _one(self, *columns: Column, pattern: re.Pattern[str] = _WORD, shortest: int = 1) -> str | None:
        line = self._line(*(columns or _TEXTS))
        # a few draws, not a list of all that fit: that would make the rare as frequent as the others
        for word in self._chance.choices(line, k=8) if line else ():
            if len(word) >= shortest and pattern.fullmatch(word):
                return word
        return None

    def _run(self, most: int, *columns: Column) -> list[str]:
        """Several words in a row, all of one part."""
        line = self._line(*(columns or _TEXTS))
        if not line:
            return []
        start = self._chance.randrange(len(line))
        found: list[str] = []
        for word in line[start : start + most]:
            if word == BOUNDARY or '"' in word:
                break
            found.append(word)
        return found

    def _quoted(self, construct: str, words: Sequence[str], before: str = "", after: str = "") -> Piece | None:
        return Piece(construct, tuple(words), f'{before}"', f'"{after}') if len(words) > 1 else None

    def _word(self) -> Piece | None:
        word = self._one()
        return None if word is None else Piece("word", (word,), self._chance.choice(_STEMMED_FIELDS))

    def _inflected(self) -> Piece | None:
        word = self._one(shortest=_SHORTEST)
        if word is None:
            return None
        ending = next((end for end in _ENDINGS if word.endswith(end)), "")
        other = word[: len(word) - len(ending)] + self._chance.choice(("", *_ENDINGS))
        return Piece("inflected word", (other,), self._chance.choice(_STEMMED_FIELDS))

    def _disguised(self) -> Piece | None:
        """A word in another case, with accents, or in wide letters."""
        word = self._one(shortest=2)
        if word is None:
            return None
        how = self._chance.choice(("case", "accents", "wide letters"))
        if how == "case":
            other = "".join(self._chance.choice((letter.upper(), letter)) for letter in word)
        elif how == "accents":
            other = "".join(self._chance.choice(_ACCENTS.get(letter, letter)) for letter in word)
        else:
            other = "".join(_WIDE.get(letter, letter) for letter in word)
        return None if other in _OPERATORS else Piece(how, (other,))

    def _phrase(self) -> Piece | None:
        where = self._chance.choice((*_STEMMED_FIELDS, "exact:"))
        return self._quoted("phrase", self._run(self._chance.randint(2, 5)), where)

    def _broken_phrase(self) -> Piece | None:
        words = self._run(self._chance.randint(2, 4))
        self._chance.shuffle(words)
        return self._quoted("phrase in another order", words)

    def _over_boundary(self) -> Piece | None:
        """The end of one part and the beginning of the next, which are no phrase."""
        line = self._line(Column.RECIPIENTS, Column.FILENAME_EXACT, Column.CORRESPONDENT, Column.SENDER)
        if BOUNDARY not in line:
            return None
        place = self._chance.choice([at for at, word in enumerate(line) if word == BOUNDARY])
        return self._quoted("phrase over a boundary", [line[place - 1], line[place + 1]])

    def _near(self) -> Piece | None:
        words = self._run(self._chance.randint(2, 9))
        if len(words) < 2:
            return None
        inner = self._chance.sample(words[1:-1], k=self._chance.randint(0, min(2, len(words) - 2)))
        sought = [words[0], *inner, words[-1]]
        self._chance.shuffle(sought)
        # one too few, exactly so many, one too many: where an engine counts otherwise
        gap = max(0, len(words) - 2 + self._chance.choice((-1, 0, 0, 1)))
        where = self._chance.choice((*_STEMMED_FIELDS, "exact:"))
        return self._quoted("near words", sought, where, f"~{gap}")

    def _prefix(self) -> Piece | None:
        word = self._one(shortest=3)
        if word is None:
            return None
        return Piece("prefix", (f"{word[: self._chance.randint(2, len(word))]}*",), self._chance.choice(("", "text:")))

    def _suffix(self) -> Piece | None:
        word = self._one(shortest=_SHORTEST)
        return None if word is None else Piece("suffix", (f"*{word[self._chance.randint(1, len(word) - 2) :]}",))

    def _infix(self) -> Piece | None:
        word = self._one(shortest=_SHORTEST)
        if word is None:
            return None
        start = self._chance.randint(0, len(word) - 3)
        return Piece("infix", (f"*{word[start : self._chance.randint(start + 3, len(word))]}*",))

    def _wildcard(self) -> Piece | None:
        word = self._one(shortest=_SHORTEST)
        if word is None:
            return None
        place = self._chance.randint(1, len(word) - 1)
        if self._chance.random() < 0.6:
            inside = f"{word[:place]}?{word[place + 1 :]}"
            return Piece("wildcard ?", (self._chance.choice((inside, f"{word[:place]}?{word[place:]}", f"?{word}")),))
        return Piece("wildcard inside", (f"{word[:place]}*{word[self._chance.randint(place, len(word) - 1) :]}",))

    def _fuzzy(self) -> Piece | None:
        word = self._one(shortest=5)
        if word is None:
            return None
        distance = self._chance.choice((1, 1, 2))
        for _ in range(self._chance.randint(0, distance)):
            word = self._mistyped(word)
        written = "" if distance == 1 and self._chance.random() < 0.5 else str(distance)
        return Piece("fuzzy", (f"{word}~{written}",), self._chance.choice(("", "", "subject:")))

    def _mistyped(self, word: str) -> str:
        place = self._chance.randint(1, len(word) - 2)
        letter = self._chance.choice(_LETTERS)
        return self._chance.choice(
            (
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            )
        )

    def _regex(self) -> Piece | None:
        word = self._one(shortest=_SHORTEST)
        if word is None:
            return None
        place = self._chance.randint(1, len(word) - 2)
        head, tail = word[:place], word[place + 1 :]
        expression = self._chance.choice(
            (
                f"{head}.{tail}",
                f"{head}[{word[place]}-{word[place]}xyz]{tail}",
                f"{head}.*",
                f"{head}\\w+",
                f"({word}|{self._one() or 'roof'})",
                f"{head}{word[place]}?{tail}",
                f"{head}.{{1,3}}{tail}",
                f".+{tail}",
                r"[0-9]{4}",
                r"\d+",
                f"(?:{head[0]}|{tail[-1]}).{{2,5}}",
            )
        )
        return Piece("expression", (f"/{expression}/",), self._chance.choice(("", "", "text:")))

    def _field(self) -> Piece | None:
        name = self._chance.choice(tuple(_FIELDS))
        words = self._run(self._chance.choice((1, 1, 1, 2, 3)), _FIELDS[name])
        if len(words) == 1 and words[0] not in _OPERATORS:
            prefix = "*" if len(words[0]) > 2 and self._chance.random() < 0.2 else ""
            return Piece(f"{name}:", (words[0] + prefix,), f"{name}:")
        return self._quoted(f"{name}:", words, f"{name}:")

    def _like_in_field(self) -> Piece | None:
        name = self._chance.choice(("from", "to", "subject", "correspondent", "filename", "participant", "account"))
        word = self._one(_FIELDS[name], shortest=_SHORTEST)
        if word is None:
            return None
        place = self._chance.randint(1, len(word) - 2)
        asked = self._chance.choice((f"*{word[place:]}", f"{word[:place]}?{word[place + 1 :]}", f"/{word[:place]}.+/"))
        return Piece("wildcard or expression in a field", (asked,), f"{name}:")

    def _exact(self) -> Piece | None:
        word = self._one()
        return None if word is None else Piece("exact:", (word,), self._chance.choice(("exact:", "exact:subject:")))

    def _joined_by_signs(self) -> Piece | None:
        """An address, a path, a name of a program: words with signs between and no space."""
        words = [word for word in self._run(self._chance.randint(2, 4)) if _WORD.fullmatch(word)]
        if len(words) < 2 or len(words[0]) < 2:
            return None
        sign = self._chance.choice(_SIGNS)
        return Piece("words joined by signs", (sign.join(words),), self._chance.choice(("", "", "from:", "text:")))

    def _mark(self) -> Piece | None:
        mark = self._one(Column.MARKS, pattern=re.compile(r"[#@]\w+"))
        return None if mark is None else Piece("tag or name", (self._chance.choice((mark, mark.upper())),))

    def _unspaced(self) -> Piece | None:
        line = self._line(*_TEXTS)
        places = [at for at, word in enumerate(line) if _UNSPACED.match(word)]
        if not places:
            return None
        place = self._chance.choice(places)
        run: list[str] = []
        for word in line[place : place + self._chance.randint(1, 4)]:
            if not _UNSPACED.match(word):
                break
            run.append(word)
        return Piece("script without spaces", ("".join(run),))

    def _emoji(self) -> Piece | None:
        picture = self._one(pattern=re.compile(r"[\u2190-\u2bff\U0001f1e6-\U0001faff][^\w]*"))
        return None if picture is None else Piece("emoji", (picture + self._chance.choice(("", "\ufe0f")),))

    def _phone(self) -> Piece:
        digits = self._chance.choice(PHONES)
        one, two, three = digits[:3], digits[3:6], digits[6:]
        written = self._chance.choice(
            (digits, f"{one}-{two}-{three}", f'"({one}) {two}-{three}"', f"+1{digits}", f"{one}.{two}.{three}")
        )
        return Piece("phone number", (written,), self._chance.choice(("", "", "from:", "participant:")))

    def _hash(self) -> Piece | None:
        digest = self._one(Column.HASHES)
        return None if digest is None else Piece("hash:", (digest,), "hash:")

    def _absent(self) -> Piece:
        return Piece("word that stands nowhere", ("".join(self._chance.choices(_LETTERS, k=9)),))
