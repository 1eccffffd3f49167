"""What stands around the time in the head of a WhatsApp line: the half of the day, a word such as "klo", an era.

Rule kept: a word that is not known makes the line no head, because a half of the day that was not understood would
move a message by twelve hours. Source: Unicode CLDR, dayPeriods (am, pm, noon, midnight and the flexible periods) and
the words that short dateTime patterns have in them.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

NOON: Final = 12
_HALF_NIGHT: Final = 6


class Half(Enum):
    """Which part of the day a printed hour belongs to."""

    NONE = 0
    MORNING = 1
    AFTERNOON = 2
    NOON = 3
    """Around noon: 11 is before it, 12 and 1 after."""
    NIGHT = 4
    """Around midnight: 9 is before it, 12 and 2 after."""


class Gap(NamedTuple):
    """What the words around a time say; `era` is "", "BE" (Buddhist) or "AH" (Hijri)."""

    half: Half
    era: str


_MORNING = (
    "am|a m|ص|صباحا|صباحًا|فجرا|فجرًا|ق ظ|قبل ازظهر|قبل از ظهر|قبل دوپہر|غ م|上午|凌晨|清晨|早上|早晨|오전|새벽|"
    "아침|午前|朝|π μ|sa|fm|f m|ap|öö|ö ö|de|d e|дп|д п|пр об|преди обяд|пре подне|prije podne|pre podne|dop|"
    'dopoledne|dopoludnia|rano|vorm|vormittags|morgens|früh|reggel|לפנה״צ|לפנה"צ|בבוקר|पूर्वाह्न|म पू|सुबह|सकाळी|'
    "পূর্বাহ্ণ|সকাল|ভোর|ಪೂರ್ವಾಹ್ನ|முற்பகல்|காலை|ਪੂ ਦੁ|ਸਵੇਰੇ|સવારે|ก่อนเที่ยง|pg|pagi|in the morning|de la mañana|"
    "da manhã|du matin|priešpiet|priekšp|p d|e paradites|vm|to|f h|ү ө|r n|ກ່ອນທ່ຽງ|နံနက်|утра"
)
_AFTERNOON = (
    "pm|p m|م|مساء|مساءً|ظهرا|ظهرًا|عصرا|عصرًا|ب ظ|بعدازظهر|بعد از ظهر|بعد دوپہر|غ و|下午|傍晚|晚上|오후|저녁|밤|"
    "午後|夕方|夜|μ μ|ch|em|e m|ip|ös|ö s|du|d u|пп|п п|сл об|след обяд|по подне|poslije podne|po podne|odp|"
    'odpoledne|odpoludnia|popoludní|po południu|wieczorem|nachm|nachmittags|abends|este|délután|אחה״צ|אחה"צ|בערב|'
    "अपराह्न|म उ|शाम|दोपहर|दुपारी|संध्याकाळी|অপরাহ্ণ|বিকাল|সন্ধ্যা|দুপুর|ಅಪರಾಹ್ನ|பிற்பகல்|மாலை|ਬਾ ਦੁ|ਸ਼ਾਮ|બપોરે|"
    "સાંજે|หลังเที่ยง|ptg|sore|malam|in the afternoon|in the evening|de la tarde|da tarde|de l’après midi|du soir|"
    "popiet|pēcp|m d|e pasdites|nm|tk|e h|ү х|i n|ຫຼັງທ່ຽງ|ညနေ|вечера|дня"
)
_AROUND_NOON = "noon|at noon|中午|正午|한낮|정오|mittags|midi|del mediodía"
_AROUND_NIGHT = (
    "at night|midnight|night|深夜|午夜|半夜|夜中|nachts|de la noche|da noite|ночи|रात|रात्री|রাত|রাত্রি|இரவு|రాత్రి|"
    "રાત્રે|ರಾತ್ರಿ|രാത്രി|ਰਾਤ"
)
_CONNECTORS = (
    "à|klo|kl|um|at|om|ob|o|a las|a la|às|as|u|в|о|у|kell|alle|alle ore|ore|от|г|год|р|r|v|lúc|pada|pukul|s|hs|uhr"
)
_ERAS: Final = {"be": "BE", "b e": "BE", "พ ศ": "BE", "ah": "AH", "a h": "AH", "هـ": "AH", "ه": "AH"}
_HALVES: Final[dict[str, Half]] = {
    **dict.fromkeys(_AROUND_NIGHT.split("|"), Half.NIGHT),
    **dict.fromkeys(_AROUND_NOON.split("|"), Half.NOON),
    **dict.fromkeys(_AFTERNOON.split("|"), Half.AFTERNOON),
    **dict.fromkeys(_MORNING.split("|"), Half.MORNING),
}
_WORDS: Final[dict[str, Half | str]] = {**dict.fromkeys(_CONNECTORS.split("|"), ""), **_ERAS, **_HALVES}
_LONGEST_WORDS: Final = 3
_DROPPED: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LOOSE: Final = re.compile("[\\s\u00a0\u202f\u2009.,،、日일·-]+")
_NOTHING: Final = Gap(Half.NONE, "")


def read_gap(between: str, after: str) -> Gap | None:
    """What stands between date and time and after the time; None where a word of it is not known."""
    ahead, behind = _bare(between), _bare(after)
    if not ahead and not behind:
        return _NOTHING
    half, era = Half.NONE, ""
    for words in (ahead, behind):
        parts = words.split()
        while parts:
            count = min(len(parts), _LONGEST_WORDS)
            while count and " ".join(parts[:count]) not in _WORDS:
                count -= 1
            if not count:
                return None
            said = _WORDS[" ".join(parts[:count])]
            if isinstance(said, Half):
                half = said
            else:
                era = said or era
            del parts[:count]
    return Gap(half, era)


def half_hour(hour: int, half: Half) -> int:
    """The hour of the day, 0 to 23, of a printed hour; one above 12 stays as it is."""
    if half is Half.NONE or hour > NOON:
        return hour
    if half is Half.AFTERNOON:
        return hour if hour == NOON else hour + NOON
    if half is Half.MORNING:
        return 0 if hour == NOON else hour
    if half is Half.NOON:
        return hour + NOON if hour < _HALF_NIGHT else hour
    if hour == NOON:
        return 0
    return hour + NOON if hour >= _HALF_NIGHT else hour


def _bare(text: str) -> str:
    """The words alone, folded, one space between them."""
    return _LOOSE.sub(" ", _DROPPED.sub("", text)).strip().casefold()
