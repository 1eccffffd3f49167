"""Which language a text is in, well enough to choose a stemmer and to answer ``lang:``. Pure.

Rule: a wrong guess never loses a word. A query word is looked for in the stem of every language known here, so
a text stemmed by the wrong one is still found by the words that stand in it; only its inflections suffer.

Latin script is told apart by function words that the other three languages do not share; other scripts by the
script itself. Codes are ISO 639-1, ``und`` where nothing can be said (ISO 639-2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UNDETERMINED: Final = "und"
STEMMED: Final = {"en": "english", "de": "german", "es": "spanish", "fr": "french"}
"""Languages with a stemmer, by ISO 639-1 code, with the Snowball algorithm's name."""

_SAMPLE = 300
_ENOUGH = 3
_FUNCTION_WORD_LINES: Final = {
    "en": "the and of to is that it for with this you not be are have from will we your our can",
    "de": "der das und ist nicht ein eine mit fur auf den dem sie ich wir auch wird sind oder bei",
    "es": "el los las del una por con para que es se su como pero mas esta muy sus lo ha al",
    "fr": "le les des et est une dans pour pas qui vous nous sur avec ce sont aux cette du je il",
}
_FUNCTION_WORDS: Final = {code: frozenset(line.split()) for code, line in _FUNCTION_WORD_LINES.items()}
_SCRIPTS: Final = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e01-\u0e4e]")),
    ("ru", re.compile("[\u0430-\u044f]")),
    ("el", re.compile("[\u03b1-\u03c9]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("ar", re.compile("[\u0621-\u064a]")),
    ("hi", re.compile("[\u0904-\u0939]")),
)


def guess_language(words: Sequence[str]) -> str:
    """The likely language of folded words in their order, from the first 300 of them; ``und`` if none is likely."""
    sample = frozenset(words[:_SAMPLE])
    best, most = UNDETERMINED, _ENOUGH - 1
    for code, function_words in _FUNCTION_WORDS.items():
        hits = len(sample & function_words)
        if hits > most:
            best, most = code, hits
    if best != UNDETERMINED:
        return best
    foreign = "".join(word for word in sample if not word.isascii())
    if not foreign:
        return UNDETERMINED
    counts = [(len(pattern.findall(foreign)), code) for code, pattern in _SCRIPTS]
    # kana beside Han is Japanese however many Han characters there are
    if counts[0][0]:
        return "ja"
    count, code = max(counts, key=lambda pair: pair[0])
    return code if count * 2 > len(foreign) else UNDETERMINED
