"""Days and times of day as chat applications print them, told apart from what people write.

Rule kept: a text is a stamp only if nothing is left of it once every word of dates and times is taken away, so a
sentence that begins with "Today" stays a sentence. What is printed is kept as printed; a moment in ISO 8601 is made
only of a full date (with its year) and a time of day that one reading of `printed_dates` agrees on.

Names of months and days are those of `forward_languages` (Unicode CLDR), with Vietnamese and Haitian Creole added.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.forward_languages.table import fold
from ingest.formats.printed_dates import plain_text, read_date
from ingest.formats.transcripts.printed_times import moment_on

_LONGEST: Final = 80
_SHORTEST_NAME: Final = 3  # letters of a day or month; two are as often somebody's initials
_GLUED_HALVES: Final = "上午|下午|早上|凌晨|清晨|中午|晚上|傍晚|午前|午後|오전|오후"
_HALVES: Final = rf"[aа][mм]|[pр][mм]|a[.] ?m[.]?|p[.] ?m[.]?|sa|ch|ص|م|صباحا|مساء|дп|пп|{_GLUED_HALVES}"
_CLOCK: Final = (
    rf"(?:(?:{_GLUED_HALVES}|(?<![^\W\d_])(?:{_HALVES}))[ ]?)?"
    r"(?<![\d:.,/$€-])(?:[01]?\d|2[0-4])[:.h][0-5]\d(?:[:.][0-5]\d)?(?![\d:]|[.,]\d|%)"
    rf"(?:[ ]?(?:{_HALVES})(?![^\W\d_]))?"
)
_TIME: Final = re.compile(_CLOCK, re.IGNORECASE)
_GLYPHS: Final = r"[\s✓✔√∨vVwWyY/\\|,.·•'\"`«»<>~^°@©®()\[\]✅☑↙JjLlIi-]{0,6}"
_TICKS: Final = "(?:[ ]?(?:и|ии|ѵ|ء))?"  # what engines of other scripts make of the marks of delivery
_LAST_TIME: Final = re.compile(rf"({_CLOCK}){_GLYPHS}{_TICKS}$", re.IGNORECASE)
_FIRST_TIME: Final = re.compile(rf"^[\s✓✔√/]{{0,4}}({_CLOCK})(?=\s|$)", re.IGNORECASE)
_TURNED: Final = re.compile(r"[\u0590-\u08ff]")  # Hebrew and Arabic, whose lines end on the left
_AGO: Final = re.compile(
    r"(?:il y a|hace|há|gen|منذ|قبل|vor)?[ ]?\d{1,3}[ ]?"
    r"(?:s|sec|seg|m|min|mins|minutes?|minutos?|h|hr|hrs|hours?|horas?|heures?|d|days?|días?|dias?|jours?|j|w|wk|wks|"
    r"weeks?|sem|semanas?|semaines?|mo|mos|months?|y|yr|yrs|years?|мин|ч|д|нед|分钟|小时|天|周|分鐘|小時|天前|"
    r"분|시간|일|주|phút|giờ|ngày|tuần|èdtan|jou|د|س|ي)\.?"
    r"[ ]?(?:ago|atrás|前|전|назад|trước|de sa)?",
    re.IGNORECASE,
)
_YEAR_AND_SUCH: Final = re.compile(r"\d{1,4}(?:st|nd|rd|th|er|º|ª|°)?|[年月日號号년월일.,:;/\-–—·•|()]", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_NUMERIC_DAY: Final = re.compile(
    r"(?<!\d)(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}/\d{1,2})(?!\d)"
)
_GLUED_DAY: Final = re.compile(r"\d{1,2}\s?[月월]|\d{1,2}\s?[日일]")
_RELATIVE: Final = tuple(
    "".join(sign for sign in fold(word) if unicodedata.category(sign) != "Mn")
    for word in [
        "today",
        "yesterday",
        "tomorrow",
        "now",
        "just now",
        "hoy",
        "ayer",
        "anteayer",
        "ahora",
        "hoje",
        "ontem",
        "agora",
        "aujourd’hui",
        "aujourd'hui",
        "hier",
        "maintenant",
        "avant-hier",
        "jodi a",
        "jodi",
        "yè",
        "kounye a",
        "hôm nay",
        "hôm qua",
        "vừa xong",
        "bây giờ",
        "今天",
        "昨天",
        "前天",
        "刚刚",
        "剛剛",
        "今日",
        "昨日",
        "오늘",
        "어제",
        "그저께",
        "방금",
        "지금",
        "اليوم",
        "أمس",
        "امس",
        "الآن",
        "сегодня",
        "вчера",
        "позавчера",
        "сейчас",
        "только что",
        "heute",
        "gestern",
        "oggi",
        "ieri",
        "היום",
        "אתמול",
        "วันนี้",
        "เมื่อวาน",
        "เมื่อวานนี้",
    ]
)
_JOINING: Final = (
    "at|on|of|the|st|nd|rd|th|er|de|del|do|da|el|la|las|los|a|à|ao|às|as|le|les|em|lúc|ngày|tháng|năm|thứ|hai|ba|"
    "tư|bảy|chủ|nhật|cn|sáng|chiều|tối|г|года|в|um|uhr|den|der|klo|le|nan|o|il|alle|في|الساعة|et|y|e|ב|"
    # months and days of Haitian Creole, days of Thai, and abbreviations that no table lists
    "janvye|fevriye|mas|avril|me|jen|jiyè|out|septanm|oktòb|novanm|desanm|lendi|madi|mèkredi|jedi|vandredi|samdi|"
    "dimanch|pm|am|h|hs|hrs|feira|周|週|星期|礼拜|요일|周一|周二|周三|周四|周五|周六|周日|週一|週二|週三|週四|週五|"
    "週六|週日|分|時|时|点|點"
)
_OTHER_WORDS: Final = frozenset(map(fold, _JOINING.split("|")))


def _names() -> tuple[frozenset[str], frozenset[str]]:
    days: set[str] = set()
    months: set[str] = set()
    for table in LEXICON.languages.values():
        days |= set(table.weekdays)
        months |= set(table.months)
    months |= {"janvye", "fevriye", "mas", "avril", "jen", "jiyè", "out", "septanm", "oktòb", "novanm", "desanm"}
    days |= {
        fold(word)
        for word in ["lendi", "madi", "mèkredi", "jedi", "vandredi", "samdi", "dimanch", "周", "週", "星期", "요일"]
    }
    days |= {fold(f"{week}{day}") for week in ("周", "週", "星期", "礼拜") for day in "一二三四五六日天"}
    return frozenset(days), frozenset(months)


_WEEKDAYS, _MONTHS = _names()
_DOTS: Final = str.maketrans(
    dict.fromkeys("ㆍ‧・･∙⋅●", "·")
)  # what applications and engines print between day and time
_VIETNAMESE_DAY: Final = re.compile(r"\bth[ứu] (?:hai|ba|tư|năm|sáu|bảy)\b|\bch[ủu] nh[ậa]t\b|\bth[áa]ng \d{1,2}\b")
_THAI_MONTHS: Final = (
    "มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม|"
    "ม.ค|ก.พ|มี.ค|เม.ย|พ.ค|มิ.ย|ก.ค|ส.ค|ก.ย|ต.ค|พ.ย|ธ.ค"
)
_THAI_DAYS: Final = "จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัส|ศุกร์|เสาร์|อาทิตย์|พฤ|อา|จ|อ|พ|ศ|ส"
_THAI_DAY: Final = re.compile(
    rf"(?:^\s*(?:วัน)?(?:ที่\s?)?(?:{fold(_THAI_DAYS)})\.?(?:ที่)?[\s,]*(?=\d))?"
    rf"\d{{1,2}}\s?(?:{fold(_THAI_MONTHS).replace('.', '[.]?')})[.]?(?![\u0e00-\u0e7f])"
)
_GLUED_WORDS: Final = re.compile(
    "|".join(
        re.escape(word)
        for word in sorted(
            {
                word
                for word in {*_WEEKDAYS, *_MONTHS, *_RELATIVE, *_OTHER_WORDS}
                if len(word) > 1 and not word.isascii() and "\u2e80" < word[0] < "\ud7b0"
            },
            key=len,
            reverse=True,
        )
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a stamp says: the day and the time as printed; one of them may be missing."""

    day: str | None = None
    time: str | None = None


def read_stamp(text: str) -> Stamp | None:
    """The day and time that a text consists of; None where it says anything else."""
    text = text.translate(_DOTS).strip(" \t·•|-–—~,.") if len(text) <= _LONGEST else ""
    plain = plain_text(text)
    if not plain or not any(map(str.isalnum, plain)) or any(sign in plain for sign in '?!;"'):
        return None
    if _AGO.fullmatch(plain) or fold(plain) in {"now", "just now", "刚刚", "방금", "только что", "vừa xong"}:
        return Stamp(time=text)
    clock = _TIME.search(plain)
    rest = f"{plain[: clock.start()]} {plain[clock.end() :]}" if clock else plain
    if not _is_of_dates(rest):
        return None
    has_day = _names_a_day(rest)
    if clock is None:
        return Stamp(day=text) if has_day else None
    # digits of other scripts are replaced one by one, so places stay; "a. m." does not
    source = text if len(text) == len(plain) else plain
    day = _tidy(f"{source[: clock.start()]} {source[clock.end() :]}")
    return Stamp(day=day or None if has_day else None, time=_tidy(source[clock.start() : clock.end()]))


def split_time(text: str) -> tuple[str, str | None]:
    """A text and the time that stands behind it (or, right to left, before it), with marks of delivery left out."""
    plain = plain_text(text)
    source = text if len(text) == len(plain) else plain
    match = _LAST_TIME.search(plain, max(0, len(plain) - _LONGEST))
    if match is not None and (match.start() == 0 or not plain[match.start() - 1].isalnum() or _glued(plain, match)):
        return source[: match.start()].rstrip(), _tidy(source[match.start(1) : match.end(1)])
    match = _FIRST_TIME.match(plain) if _TURNED.search(plain) else None
    if match is not None:
        return source[match.end() :].lstrip(), _tidy(source[match.start(1) : match.end(1)])
    return text, None


def ends_with_time(text: str) -> bool:
    """Whether a time of day stands at the end of a text."""
    return _LAST_TIME.search(plain_text(text[-_LONGEST:])) is not None


def clock_of(text: str) -> str | None:
    """The first time of day in a text, as printed."""
    plain = plain_text(text[:_LONGEST])
    match = _TIME.search(plain)
    return _tidy(match[0]) if match else None


def moment_of(day: str | None, time: str | None) -> str | None:
    """ISO 8601 of a printed day and time, without offset; None where the year is missing or readings differ."""
    if not day or not time:
        return None
    read = read_date(f"{day} 12:00", ())
    if read is None or "T" not in read:
        return None
    moment = moment_on(date.fromisoformat(read.partition("T")[0]), time)  # knows more halves of the day
    return None if moment is None else f"{moment}:00"


def _glued(plain: str, match: re.Match[str]) -> bool:
    """Scripts without spaces, and engines that lose one, print a time right behind the text."""
    before = plain[match.start() - 1]
    return not before.isascii() or before.isdigit() is False


def _is_of_dates(rest: str) -> bool:
    folded = _unmarked(_VIETNAMESE_DAY.sub(" ", _THAI_DAY.sub(" ", fold(rest))))
    for phrase in _RELATIVE:
        if " " in phrase or "-" in phrase or "’" in phrase:
            folded = folded.replace(phrase, " ")
    folded = _GLUED_WORDS.sub(" ", folded)
    words = _WORD.findall(_YEAR_AND_SUCH.sub(" ", _NUMERIC_DAY.sub(" ", folded)))
    return all(word in _OTHER_WORDS or word in _RELATIVE or word in _WEEKDAYS or word in _MONTHS for word in words)


def _unmarked(text: str) -> str:
    """Text without marks that stand on letters, so that a word of Thai or Arabic is one run of letters."""
    return text if text.isascii() else "".join(sign for sign in text if unicodedata.category(sign) != "Mn")


def _names_a_day(rest: str) -> bool:
    folded = fold(rest)
    if (
        _NUMERIC_DAY.search(folded)
        or _GLUED_DAY.search(folded)
        or _VIETNAMESE_DAY.search(folded)
        or _THAI_DAY.search(folded)
    ):
        return True
    words = _WORD.findall(_unmarked(folded))
    named = any(
        (len(word) >= _SHORTEST_NAME or not word.isascii())
        and (word in _WEEKDAYS or word in _MONTHS or word in _RELATIVE)
        for word in words
    )
    return named or any(phrase in folded for phrase in _RELATIVE if len(phrase) > 1 and not phrase.isascii())


def _tidy(text: str) -> str:
    """A part of a stamp without the signs and the words that joined it to the other."""
    text = " ".join(text.split()).strip(" ,·•|-–—:;")
    return re.sub(r"(?:[ ,]+(?:at|à|às|a las|a la|um|lúc|в|le|الساعة))+$", "", text, flags=re.IGNORECASE).strip(" ,·•")
