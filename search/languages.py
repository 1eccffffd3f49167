"""Which languages a text is in, well enough to choose stemmers and to answer ``lang:``. Pure.

Rules:

- A wrong guess never loses a word. A query word is looked for in the stem of every language known here, so a text
  stemmed by the wrong one is still found by the words that stand in it; only its inflections suffer.
- Latin script is told apart by function words that the other three languages do not share, two different ones at
  least; other scripts by the script itself. A letter to parents is often in two languages: a second one needs five.
- Codes are ISO 639-1, ``und`` where nothing can be said (ISO 639-2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UNDETERMINED: Final = "und"
STEMMED: Final = {"en": "english", "de": "german", "es": "spanish", "fr": "french"}
"""Languages with a stemmer, by ISO 639-1 code, with the Snowball algorithm's name."""

_SAMPLE = 200
_ENOUGH = 2
_ENOUGH_MORE = 5
_FUNCTION_WORD_LINES: Final = {
    "en": "the and of to is that it for with this you not be are have from we your our can would should there their "
    "they has were been which what when please by at if any all",
    "de": "der die das und ist nicht ein eine einen einem mit fur auf den dem sie ich wir auch wird sind oder bei von "
    "zum zur sich haben werden uber nach wenn dass ihr ihre ihren unser unsere bitte kein keine noch aus",
    "es": "el los las del una por con para su sus como pero mas esta este estan muy lo fue ser ha han hay usted "
    "ustedes porque cuando tambien donde sobre desde hasta favor gracias todos todas",
    "fr": "le les et est une dans pour pas qui vous nous sur avec ce sont aux cette je il elle ils votre vos notre "
    "mais leur leurs etre avoir fait tres merci bonjour chez sans",
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
    """The likely language of folded words; ``und`` if none is likely."""
    return next(iter(guess_languages(words)), UNDETERMINED)


def guess_languages(words: Sequence[str]) -> tuple[str, ...]:
    """The likely languages of folded words, from the first 200 and the last; the likeliest first, two at most."""
    sample = frozenset(words if len(words) <= 2 * _SAMPLE else (*words[:_SAMPLE], *words[-_SAMPLE:]))
    counted = [(len(sample & function_words), code) for code, function_words in _FUNCTION_WORDS.items()]
    (best, code), (next_best, other) = sorted(counted, key=lambda pair: -pair[0])[:2]
    if best >= _ENOUGH and (best > next_best or best > _ENOUGH):
        return (code, other) if next_best >= _ENOUGH_MORE else (code,)
    script = _script_of(sample)
    return (script,) if script is not None else ()


def _script_of(sample: frozenset[str]) -> str | None:
    """The language that most letters beyond ASCII tell by their script."""
    foreign = "".join(word for word in sample if not word.isascii())
    if not foreign:
        return None
    counts = [(len(pattern.findall(foreign)), code) for code, pattern in _SCRIPTS]
    # kana beside Han is Japanese however many Han characters there are
    if counts[0][0]:
        return "ja"
    count, code = max(counts, key=lambda pair: pair[0])
    return code if count * 2 > len(foreign) else None
