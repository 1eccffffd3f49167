"""Which engine is believed for each line of a page, and which lines stay unread.

Rule: a line is never given in letters that are not its own. In this order:

1. The first engine reads every line, and its letters are held against the ink (`ingest.formats.ocr.checking`).
2. A line that this makes strange is read by the second engine in each loaded language that the first has no letters
   of; the surest is believed if it is sure enough and its letters are of that language's script.
3. Once a page holds such a script, or a strange line that stays unread, lines that look alike in two scripts ("Нет",
   "Het") are believed only where no letter of theirs is in doubt.
4. Latin lines with letters left out are read as Vietnamese, and so are all Latin lines of a page that has some.
5. All other Latin lines are read by the second engine as well, and so are Chinese and Japanese ones of which the first
   is not sure (a model knows simplified or traditional characters and not both). Readings are compared in canonical
   form, without blanks, with plain quotation marks and dashes. Where they differ both are kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.ocr.checking import Check, accounts_for, check, without_pictures
from ingest.formats.ocr.languages import (
    FIRST_ENGINE_SCRIPTS,
    HAN_SCRIPTS,
    LANGUAGES,
    LATIN,
    RIGHT_TO_LEFT,
    expected_letters,
    main_script,
    script_of,
    scripts_in,
)
from ingest.formats.ocr.readings import Reading, bare, comparable, distance
from ingest.formats.ocr.strips import HEIGHT
from ingest.formats.ocr.times import is_time, sign_after, with_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.formats.ocr.readings import TextEngine
    from ingest.formats.ocr.strips import Strip

SURE: Final = 850  # of 1,000, by Tesseract's own measure: of wrong scripts 820 was the most in 600 readings
_SURELY: Final = 930
_LIKELY: Final = 500  # a second reading below this says nothing about the first
_CLEAR: Final = 970
_ENOUGH: Final = 5  # letters: of fewer, two engines may agree by chance
_TELLING: Final = 2  # letters that only Vietnamese has
_FEW: Final = 4
_MIXED: Final = 12
_MAIN: Final = 5  # one of so many letters of a page makes a script one of its main ones
_FEW_UNREAD: Final = 6  # of so many lines one that is not read says nothing of the others
_HAN: Final = "Hani"
_SQUARE: Final = 1.6  # times as wide as high: the form of a sign
_ALIKE: Final = frozenset("ABCEHKMOPTXYaceopxymnut")  # Latin letters that Cyrillic or Greek has in the same form
_UNDOUBTED: Final = 900
_DOUBTFUL: Final = 700
_VIETNAMESE: Final = frozenset("ăđơưĂĐƠƯ")
_VIETNAMESE_MARKED: Final = expected_letters(["vie"])
NO_LETTERS: Final = "no engine here has the letters of this script"
_NO_MARKS: Final = "no engine here has all the letters of this language"
COULD_NOT: Final = "no engine here could read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What came of one line: a reading and the one that disagrees with it, or why there is none; neither for a sign."""

    strip: Strip
    reading: Reading | None = None
    other: Reading | None = None
    script: str | None = None
    unread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    strip: Strip
    reading: Reading
    check: Check


class Chooser:
    """Chooses for the lines of one page.

    Args:
        first: reads by character.
        seconds: engines by language, in the order of preference.
    """

    def __init__(self, first: TextEngine, seconds: Mapping[str, TextEngine]) -> None:
        self._first = first
        self._seconds = seconds
        self._foreign = [code for code, one in seconds.items() if not one.scripts & FIRST_ENGINE_SCRIPTS]
        self._latin = [code for code in seconds if LANGUAGES[code].script == LATIN]
        self._expected = expected_letters(self._latin or LANGUAGES)
        self._found: Counter[str] = Counter()
        self._main: set[str] = set()

    def choose(self, strips: Sequence[Strip]) -> list[Line]:
        """One line for each strip, in their order."""
        self._found.clear()
        self._main.clear()
        seen = [self._look(strip) for strip in strips]
        strange = {place for place, one in enumerate(seen) if one.check.is_strange}
        known = sum((scripts_in(one.reading.text) for place, one in enumerate(seen) if place not in strange), Counter())
        foreign = self._settled(
            {place: best for place in sorted(strange) if (best := self._foreign_reading(seen[place])) is not None},
            known.total(),
        )
        doubtful = sum(seen[place].check.is_writing for place in strange)
        if not self._main and doubtful * _MAIN <= len(seen):  # beside other scripts it may be a letter of theirs
            for place in sorted(strange - foreign.keys()):
                seen[place] = self._without_sign(seen[place])
            strange = {place for place in strange if seen[place].check.is_strange}
        told = {place: one for place, one in enumerate(seen) if place not in foreign and _is_line(one)}
        lines = self._vietnamese(told)
        for place in sorted(strange):
            if place in foreign or (place in told and place not in lines):
                lines[place] = self._strange(seen[place], foreign.get(place))
        unread = [place for place in strange if place in lines and lines[place].unread and seen[place].check.is_writing]
        written = sum(one.check.is_writing for one in seen)
        has_foreign = bool(self._found) or len(unread) * _FEW_UNREAD > written
        rest = [place for place in told if place not in lines]
        latin = self._latin_of([seen[place].reading.text for place in rest])
        for place in rest:
            lines[place] = self._plain(seen[place], latin, has_foreign=has_foreign)
        if not has_foreign:
            has_han = any(len(one.reading.glyphs) > 1 and known[_HAN] > 1 for one in seen)
            lines = {place: one for place, one in lines.items() if not _is_sign(seen[place], one, has_han=has_han)}
        return [lines.get(place, Line(strip=one.strip)) for place, one in enumerate(seen)]

    def _look(self, strip: Strip) -> _Seen:
        reading = without_pictures(self._first.read(strip), strip)
        return _Seen(strip=strip, reading=reading, check=check(reading, strip))

    def _without_sign(self, seen: _Seen) -> _Seen:
        end = sign_after(seen.reading, seen.strip)
        if end is None:
            return seen
        shorter = self._look(seen.strip.until(end))
        return shorter if is_time(shorter.reading.text) and not shorter.check.is_strange else seen

    def _settled(self, foreign: dict[int, tuple[str, Reading]], known: int) -> dict[int, tuple[str, Reading]]:
        """The readings of scripts that the page surely has; a few letters beside many others are mistaken for them."""
        letters: Counter[str] = Counter()
        for code, reading in foreign.values():
            letters[LANGUAGES[code].script] += scripts_in(reading.text).total()
        all_letters = known + letters.total()
        self._main = {one for one, count in letters.items() if count * _MAIN >= all_letters}
        settled = self._main | {one for one, count in letters.items() if count >= _MIXED}
        for code in list(self._found):
            if LANGUAGES[code].script not in settled:
                del self._found[code]
        return {
            place: (code, reading)
            for place, (code, reading) in foreign.items()
            if LANGUAGES[code].script in settled
            or (reading.confidence >= _SURELY and scripts_in(reading.text).total() >= _ENOUGH)
        }

    def _strange(self, seen: _Seen, best: tuple[str, Reading] | None) -> Line:
        if best is None and self._found:
            best = self._foreign_reading(seen, least=_LIKELY)
        if best is not None:
            return Line(strip=seen.strip, reading=best[1], script=LANGUAGES[best[0]].script)
        likely = main_script(seen.reading.text)
        if likely == LATIN and len(bare(seen.reading.text)) >= _ENOUGH:
            for code in self._latin:
                reading = self._seconds[code].read(seen.strip)
                if reading.confidence >= SURE and _is_near(seen.reading, reading, len(bare(reading.text)) // 4):
                    return _both(seen, reading, other=seen.reading)
        if not seen.check.is_writing and not bare(seen.reading.text):
            return Line(strip=seen.strip)  # an arrow, a tick, a drawing: no writing that anybody misses
        known = likely is not None and likely not in FIRST_ENGINE_SCRIPTS
        reason = NO_LETTERS if known or not self._foreign else COULD_NOT
        return Line(strip=seen.strip, script=likely if known else None, unread=reason)

    def _foreign_reading(self, seen: _Seen, least: int = SURE) -> tuple[str, Reading] | None:
        """The surest reading in a script that the first engine has no letters of.

        Below `SURE` only languages of the page's main scripts are believed: of short lines they are less sure.
        """
        best: tuple[str, Reading] | None = None
        sure: str | None = None
        for code in sorted(self._foreign, key=lambda code: -self._found[code]):
            script = LANGUAGES[code].script
            if sure not in {None, script}:
                continue  # of one script the languages are still compared
            if least < SURE and (not self._found[code] or script not in self._main):
                continue
            reading = self._seconds[code].read(seen.strip)
            if script in RIGHT_TO_LEFT:
                reading = with_time(reading, seen.reading)
            is_scrap = not self._found[code] and scripts_in(reading.text).total() < _ENOUGH
            if reading.confidence < (_SURELY if is_scrap else least) or not _is_of(script, reading.text):
                continue
            if accounts_for(reading, seen.strip) and (best is None or reading.confidence > best[1].confidence):
                best = (code, reading)
                if self._found[code] and reading.confidence >= _SURELY:
                    sure = script
        if best is not None:
            self._found[best[0]] += 1
        return best

    def _vietnamese(self, seen: Mapping[int, _Seen]) -> dict[int, Line]:
        latin = {place: one for place, one in seen.items() if main_script(one.reading.text) == LATIN}
        suspects = [place for place, one in latin.items() if one.check.left_out or self._has_unexpected(one.reading)]
        engine = self._seconds.get("vie")
        lines: dict[int, Line] = {}
        if engine is None:
            for place in suspects:
                if self._lacks_letters(latin[place]):
                    lines[place] = Line(strip=latin[place].strip, script=LATIN, unread=_NO_MARKS)
            return lines
        for place in suspects:
            line = _as_vietnamese(latin[place], engine)
            if line is not None and line.reading is not None and _telling(line.reading.text) >= _TELLING:
                lines[place] = line
        if lines:
            for place, one in latin.items():
                if place not in lines and (line := _as_vietnamese(one, engine)) is not None:
                    lines[place] = line
        return lines

    def _lacks_letters(self, seen: _Seen) -> bool:
        """Whether letters are left out; a second engine that reads the same line says no."""
        if seen.check.left_out == 1 or seen.check.left_out * 16 < len(seen.reading.glyphs):
            return False
        readings = (self._seconds[code].read(seen.strip) for code in self._latin)
        return not any(_is_near(seen.reading, one, 0) for one in readings)

    def _plain(self, seen: _Seen, latin: str | None, *, has_foreign: bool) -> Line:
        script = main_script(seen.reading.text)
        is_alike = _looks_alike(seen.reading.text)
        if has_foreign and script is not None and (seen.reading.least < _CLEAR or is_alike):
            best = self._foreign_reading(seen, least=_LIKELY) if self._found and is_alike else None
            if best is not None:
                return Line(strip=seen.strip, reading=best[1], script=LANGUAGES[best[0]].script)
            if not self._found and (is_alike or self._is_doubted(seen, latin)):
                return Line(strip=seen.strip, unread=NO_LETTERS)
        code = latin if script == LATIN else self._code_of(script)
        if code is None or (script != LATIN and seen.reading.least > _UNDOUBTED):
            return Line(strip=seen.strip, reading=seen.reading, script=script)
        second = self._seconds[code].read(seen.strip)
        if second.confidence < _LIKELY or comparable(second.text) == comparable(seen.reading.text):
            return Line(strip=seen.strip, reading=seen.reading, script=script)
        if self._is_better(second, seen):
            return Line(strip=seen.strip, reading=second, other=seen.reading, script=script)
        return Line(strip=seen.strip, reading=seen.reading, other=second, script=script)

    def _is_doubted(self, seen: _Seen, latin: str | None) -> bool:
        """Whether a line beside lines that nobody reads may be of their script: letters in doubt, and no second yes."""
        if seen.reading.least >= (SURE if len(seen.reading.glyphs) > _FEW else _CLEAR):
            return False
        if self._has_unexpected(seen.reading) or len(bare(seen.reading.text)) < _ENOUGH or latin is None:
            return True
        return not _is_near(seen.reading, self._seconds[latin].read(seen.strip), 0)

    def _is_better(self, second: Reading, seen: _Seen) -> bool:
        """Whether the second engine is believed where both read: only about marks, never about letters themselves."""
        if second.confidence < SURE or bare(second.text) != bare(seen.reading.text):
            return False
        if main_script(second.text) != LATIN:
            return False
        return seen.check.left_out > 0 or self._has_unexpected(seen.reading) or seen.reading.least < _DOUBTFUL

    def _has_unexpected(self, reading: Reading) -> bool:
        """Whether there is a Latin letter that none of the loaded languages writes, or that only Vietnamese does."""
        return any(
            one.isalpha() and not one.isascii() and (one in _VIETNAMESE or one not in self._expected)
            for one in reading.text
        )

    def _latin_of(self, texts: Sequence[str]) -> str | None:
        """The loaded language that writes most of the marked letters of a page; the first where there are none."""
        marked = Counter(one for text in texts for one in text if not one.isascii() and one.isalpha())
        if any(one in "¿¡ñ" for text in texts for one in text) and "spa" in self._latin:
            return "spa"
        codes = [code for code in self._latin if code != "vie"] or self._latin
        scored = [(sum(marked[one] for one in expected_letters([code])), -place) for place, code in enumerate(codes)]
        return codes[-max(scored)[1]] if scored else None

    def _code_of(self, script: str | None) -> str | None:
        if script not in HAN_SCRIPTS:
            return None
        wanted = "Hira" if script == "Hira" else "Hani"
        return next((code for code in self._seconds if LANGUAGES[code].script == wanted), None)


def _is_sign(seen: _Seen, line: Line, *, has_han: bool) -> bool:
    """Whether it is a sign of the app: one square form that is no sure letter, on a page where all else is read."""
    if seen.check.is_writing or seen.strip.width > _SQUARE * HEIGHT:
        return False
    if line.unread is not None:
        return len(seen.reading.glyphs) <= 1 or seen.check.is_strange
    is_han = any(script_of(one.text) in HAN_SCRIPTS for one in seen.reading.glyphs)
    return is_han and not has_han


def _as_vietnamese(seen: _Seen, engine: TextEngine) -> Line | None:
    reading = engine.read(seen.strip)
    most = seen.check.left_out + 2 + len(seen.reading.glyphs) // 5
    if reading.confidence < SURE or not _is_near(seen.reading, reading, most):
        return None
    if not any(one in _VIETNAMESE_MARKED for one in reading.text):
        return None
    return Line(strip=seen.strip, reading=reading, script=LATIN)


def _telling(text: str) -> int:
    return sum(one in _VIETNAMESE or "\u1ea0" <= one <= "\u1ef9" for one in text)


def _both(seen: _Seen, reading: Reading, *, other: Reading) -> Line:
    is_same = comparable(reading.text) == comparable(other.text)
    return Line(strip=seen.strip, reading=reading, other=None if is_same else other, script=main_script(reading.text))


def _is_line(seen: _Seen) -> bool:
    return bool(seen.reading.text) or seen.check.is_writing


def _is_of(script: str, text: str) -> bool:
    counted = scripts_in(text)
    return counted[script] * 2 > counted.total()


def _is_near(one: Reading, other: Reading, most: int) -> bool:
    return distance(bare(one.text), bare(other.text), most) <= most


def _looks_alike(text: str) -> bool:
    """Whether a line may be another script that looks the same: "Нет", or a syllable taken for a few strokes."""
    counted = scripts_in(text)
    if is_time(text):
        return False
    if len(counted) > 1:
        return counted.total() <= _MIXED
    return 0 < counted.total() <= _FEW and all(one in _ALIKE for one in text if one.isalpha())
