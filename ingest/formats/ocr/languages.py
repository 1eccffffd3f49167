"""The languages that a second engine may be loaded with: script, letters of their own, and the package that brings it.

Names are those of Tesseract's data files, scripts those of ISO 15924, packages those of Debian and its kin. The
letters of a language that is written in Latin are what it adds to a to z (Unicode CLDR, main and auxiliary
exemplar characters); they say which letters are to be expected at all.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LATIN: Final = "Latn"
HAN_SCRIPTS: Final = frozenset({"Hani", "Hira", "Kana"})
RIGHT_TO_LEFT: Final = frozenset({"Arab", "Hebr"})
FIRST_ENGINE_SCRIPTS: Final = HAN_SCRIPTS | {LATIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language by the name of its data file."""

    code: str
    name: str
    script: str
    package: str
    letters: str = ""


def _language(code: str, name: str, script: str, letters: str = "") -> Language:
    package = "tesseract-ocr-" + code.replace("_", "-")
    return Language(code=code, name=name, script=script, package=package, letters=letters)


_VIETNAMESE_MARKED: Final = "àáâãèéêìíòóôõùúýăđĩũơư" + "".join(map(chr, range(0x1EA0, 0x1EFA)))

LANGUAGES: Final = {
    one.code: one
    for one in (
        _language("eng", "English", LATIN, "éïèñ"),
        _language("spa", "Spanish", LATIN, "áéíñóúü"),
        _language("hat", "Haitian Creole", LATIN, "èòà"),
        _language("vie", "Vietnamese", LATIN, _VIETNAMESE_MARKED),
        _language("chi_sim", "Chinese (simplified)", "Hani"),
        _language("kor", "Korean", "Hang"),
        _language("ara", "Arabic", "Arab"),
        _language("rus", "Russian", "Cyrl"),
        _language("por", "Portuguese", LATIN, "áàâãçéêíóôõúü"),
        _language("fra", "French", LATIN, "àâæçéèêëîïôœùûüÿ"),
        _language("chi_tra", "Chinese (traditional)", "Hani"),
        _language("jpn", "Japanese", "Hira"),
        _language("ukr", "Ukrainian", "Cyrl"),
        _language("heb", "Hebrew", "Hebr"),
        _language("tha", "Thai", "Thai"),
        _language("hin", "Hindi", "Deva"),
        _language("amh", "Amharic", "Ethi"),
        _language("ell", "Greek", "Grek"),
        _language("fas", "Persian", "Arab"),
        _language("urd", "Urdu", "Arab"),
        _language("pan", "Punjabi", "Guru"),
        _language("khm", "Khmer", "Khmr"),
        _language("deu", "German", LATIN, "äöüß"),
        _language("pol", "Polish", LATIN, "ąćęłńóśźż"),
        _language("ron", "Romanian", LATIN, "ăâîșț"),
    )
}

DEFAULT_LANGUAGES: Final = ("eng", "spa", "hat", "vie", "chi_sim", "kor", "ara", "rus", "por", "fra", "ukr")

SCRIPT_NAMES: Final = {
    LATIN: "Latin",
    "Arab": "Arabic",
    "Beng": "Bengali",
    "Cyrl": "Cyrillic",
    "Deva": "Devanagari",
    "Ethi": "Ethiopic",
    "Grek": "Greek",
    "Guru": "Gurmukhi",
    "Hang": "Hangul (Korean)",
    "Hani": "Chinese",
    "Hebr": "Hebrew",
    "Hira": "Japanese",
    "Kana": "Japanese",
    "Khmr": "Khmer",
    "Telu": "Telugu",
    "Thai": "Thai",
}

_BY_NAME: Final = {  # the first word of a character's name in the Unicode database
    "LATIN": LATIN,
    "CJK": "Hani",
    "HIRAGANA": "Hira",
    "KATAKANA": "Kana",
    "HANGUL": "Hang",
    "CYRILLIC": "Cyrl",
    "ARABIC": "Arab",
    "HEBREW": "Hebr",
    "THAI": "Thai",
    "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi",
    "GREEK": "Grek",
    "GURMUKHI": "Guru",
    "KHMER": "Khmr",
}
_NO_LETTERS: Final = frozenset("ªºℎℏℓ")


def script_of(letter: str) -> str | None:
    """The script of one letter or mark; None of what belongs to none, such as digits and punctuation."""
    if letter.isascii():
        return LATIN if letter.isalpha() else None
    if letter in _NO_LETTERS or unicodedata.category(letter)[0] not in "LM":
        return None
    return _BY_NAME.get(unicodedata.name(letter, "").split(" ", 1)[0])


def scripts_in(text: str) -> Counter[str]:
    """How many letters of which script a text has."""
    return Counter(script for letter in text if (script := script_of(letter)) is not None)


def main_script(text: str) -> str | None:
    """The script of most letters of a text; None where it has none. Kana among Han make it Japanese (`Hira`)."""
    counted = scripts_in(text)
    if not counted:
        return None
    found = counted.most_common(1)[0][0]
    return "Hira" if found in HAN_SCRIPTS and counted["Hira"] + counted["Kana"] else found


def expected_letters(codes: Iterable[str]) -> frozenset[str]:
    """The letters beyond a to z that some of these languages write, small and capital."""
    small = "".join(LANGUAGES[code].letters for code in codes if code in LANGUAGES)
    return frozenset(small) | frozenset(small.upper())
