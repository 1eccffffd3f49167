"""The one analyser before every engine: text → words, folded, and their stems. Pure.

Rules:

- A word is a run of letters, marks and digits; everything else separates (``renesas_clk`` is two words).
- In scripts written without spaces every character, with its marks, is a word; so is every Hangul syllable, because
  particles are written to the end of a word (Lucene's analysers for Chinese, Japanese and Korean cut alike).
- An emoji (UTS #51 sequence, without skin tone and variation selector) is a word.
- ``#tag`` and ``@name`` are words as ``tag`` and ``name``, and beside that *marks* that can be asked for.
- Folding: NFKC, full case folding, diacritics removed (Latin, Greek, Cyrillic but for ``й``, Hebrew, Arabic), decimal
  digits of all scripts as 0-9. Vowel signs of Indic scripts are letters of their words and stay. Arabic letters that
  are typed one for the other are one (alef with and without hamza, teh marbuta and heh, alef maksura and yeh, and the
  Persian yeh and kaf); the article is left to the stemmer.
- Of a word longer than `LONGEST_WORD` characters the first that many count, in texts and in queries alike.

What it gives is one line of words with one space between: engines split at the space and do nothing else.
Any change of these rules, of Unicode's tables or of the stemmer changes `ANALYSER_VERSION`, and with it every
index has to be built again.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.fast_scans import find_marks
from search.languages import STEMMED, guess_languages
from search.stemming import STEMMER_VERSION, STEMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ANALYSER_VERSION: Final = f"2;unicode={unicodedata.unidata_version};snowball={STEMMER_VERSION}"
LONGEST_WORD: Final = 128
_MEMO_LIMIT = 200_000
_MEMO_LONGEST = 40


@dataclass(frozen=True, slots=True)
class LocatedWord:
    """A word with its place in a text as `normalise` gives it; `end` is exclusive."""

    start: int
    end: int
    word: str


# all marks lie in these; between them are ideographs, Hangul syllables, surrogates and private use, which are many
_WITH_MARKS = ((0x300, 0x3400), (0xA000, 0xAC00), (0xF900, 0x17000), (0x18D00, 0x20000), (0xE0100, 0xE01F0))


def _ranges(prefix: str) -> str:
    """The characters of a general category as the inside of a regular expression's class."""
    found: list[str] = []
    for first, end in _WITH_MARKS:
        # every second letter: the first of each character's category, as in "Mn"
        categories = "".join(map(unicodedata.category, map(chr, range(first, end))))[::2]
        runs = (match.span() for match in re.finditer(f"{prefix}+", categories))
        found += [f"{chr(first + start)}-{chr(first + stop - 1)}" for start, stop in runs]
    return "".join(found)


_MARKS = _ranges("M")
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_MODIFIER = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_EMOJI = f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}{_MODIFIER}*(?:\u200d{_PICTURE}{_MODIFIER}*)*"
_RUN = re.compile(f"\\w[\\w{_MARKS}]*|{_EMOJI}")
_UNSPACED_CLASS = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3005-\u3007\u3021-\u3029"
    "\u3041-\u312f\u31a0-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{_UNSPACED_CLASS}]")
_SPLIT = re.compile(f"[{_UNSPACED_CLASS}][{_MARKS}]*|[^{_UNSPACED_CLASS}]+")
_INVISIBLE = re.compile("[\u00ad\u061c\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DIACRITIC = re.compile(
    "(?<!\u0438)\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_EMOJI_TRIMMINGS = re.compile("(?<=.)[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
# letters with a stroke or joined, which Unicode does not decompose but people type without
_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "ŧ": "t", "ð": "d"}
    | {"\u0629": "\u0647", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643"}  # Arabic, as the rule above says
)
_MARKED = re.compile(r"[#@]\w+")
_ASCII_TABLE = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))


def normalise(text: str) -> str:
    """The form in which words are looked for: NFKC, without invisible formatting characters; case and accents stay."""
    if text.isascii():
        return text
    # a line's end composes with nothing, and most lines of most mails are ASCII, where there is nothing to do
    lines = [line if line.isascii() else _normalise_line(line) for line in text.split("\n")]
    return "\n".join(lines)


def _normalise_line(line: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", line))


def fold(run: str) -> str:
    """One run of letters, marks and digits, or one emoji, as the word that it is compared by. Idempotent."""
    if run.isascii():
        return run.lower()[:LONGEST_WORD]
    if not run[0].isalnum():
        return _EMOJI_TRIMMINGS.sub("", run)[:LONGEST_WORD]
    bare = _DIACRITIC.sub("", unicodedata.normalize("NFKD", run.casefold()))
    folded = unicodedata.normalize("NFC", bare.translate(_STROKES).casefold())
    if not folded.isascii():
        folded = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in folded)
    return folded[:LONGEST_WORD]


class _Folded(dict[str, tuple[str, ...]]):
    """Runs already folded, as words; emptied when full, so that hostile text cannot fill memory."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        words = tuple(word for _, _, word in _split(run, 0) if word)
        if len(run) <= _MEMO_LONGEST:
            if len(self) >= _MEMO_LIMIT:
                self.clear()
            self[run] = words
        return words


_folded = _Folded()


def _split(run: str, start: int) -> Iterator[tuple[int, int, str]]:
    """The words of one run with their places; one, unless the run is in a script without spaces."""
    if run.isascii() or _UNSPACED.search(run) is None:
        yield start, start + len(run), fold(run)
        return
    for part in _SPLIT.finditer(run):
        yield start + part.start(), start + part.end(), fold(part.group())


def words(text: str) -> list[str]:
    """The folded words of a text, in their order."""
    if text.isascii():
        return _ascii_words(text)
    result: list[str] = []
    plain: list[str] = []
    # no word goes over a line's end, and most lines of most mails are ASCII, which is ten times faster
    for line in text.split("\n"):
        if line.isascii():
            plain.append(line)
            continue
        if plain:
            result += _ascii_words("\n".join(plain))
            plain.clear()
        for run in _RUN.findall(_normalise_line(line).replace("_", " ")):
            result += _folded[run]
    result += _ascii_words("\n".join(plain))
    return result


def _ascii_words(text: str) -> list[str]:
    found = text.translate(_ASCII_TABLE).split()
    # no word is longer than its line, and there are fewer lines than words
    if max(map(len, text.split("\n"))) > LONGEST_WORD and found and max(map(len, found)) > LONGEST_WORD:
        return [word[:LONGEST_WORD] for word in found]
    return found


def locate(normalised: str) -> Iterator[LocatedWord]:
    """The same words as `words`, each with its place in a text that came from `normalise`."""
    for match in _RUN.finditer(normalised.replace("_", " ")):
        for start, end, word in _split(match.group(), match.start()):
            if word:
                yield LocatedWord(start, end, word)


def stem(word: str, language: str) -> str:
    """The stem of a folded word in a text of this language, as `search.stemming` has it."""
    return STEMS.get(language, STEMS["en"])[word]


def stems(folded: Sequence[str], language: str) -> str:
    """The stems of folded words as one line."""
    return " ".join(map(STEMS.get(language, STEMS["en"]).__getitem__, folded))


def stem_variants(folded: Sequence[str]) -> tuple[str, ...]:
    """The line of stems of these words in each language, without repetition: what a query has to ask for."""
    return tuple(dict.fromkeys(stems(folded, language) for language in STEMMED))


def marks(text: str) -> list[str]:
    """The ``#tag`` and ``@name`` of a text, folded, with their sign."""
    if "#" not in text and "@" not in text:
        return []
    return [mark[0] + _fold_parts(mark[1:]) for mark in find_marks(normalise(text))]


def as_mark(text: str) -> str | None:
    """The folded mark if the whole text is one, as in ``#Budget_2025``; else None."""
    normalised = normalise(text)
    return normalised[0] + _fold_parts(normalised[1:]) if _MARKED.fullmatch(normalised) else None


def _fold_parts(body: str) -> str:
    if body.isascii():
        return body.lower()[:LONGEST_WORD]
    return "_".join(fold(part) if part else "" for part in body.split("_"))[:LONGEST_WORD]


def languages_of(folded: Sequence[str]) -> tuple[str, ...]:
    """The likely languages of folded words, the first most; see `search.languages`."""
    return guess_languages(folded)
