"""What is said of writing that could not be read, or not rightly: its script where that is sure, else that it is not.

Rule: who gets a receipt learns which letters nobody here has, so that he knows what to do about it. A name comes from
the outlines of all unread lines of a page together (`ingest.formats.ocr.outlook`); lines that were told to be Latin
keep that. A model reads every language in the letters of its own: Ukrainian by the Russian one loses four letters and
nothing shows it, so what that model was oddly unsure of is said to be perhaps another language.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.formats.ocr.choosing import COULD_NOT, NO_LETTERS
from ingest.formats.ocr.languages import LATIN, scripts_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingest.formats.ocr.choosing import Line
    from ingest.formats.ocr.outlook import OutlookEngine
    from storage.transcription import Page

UNKNOWN_LETTERS: Final = "its script is not known, and no engine here has its letters"
UNKNOWN_READING: Final = "its script is not known, and no engine here could read it"
PERHAPS_NOT_RUSSIAN: Final = (
    "its Cyrillic lines were read as Russian and are perhaps another language, with wrong letters; "
    "Ukrainian is read with the package tesseract-ocr-ukr"
)
_UNNAMED: Final = {NO_LETTERS: UNKNOWN_LETTERS, COULD_NOT: UNKNOWN_READING}
_RUSSIAN_ONLY: Final = frozenset("ыэъё")
_INSIDE: Final = frozenset("!|1l[")  # what a narrow letter that Russian has not is taken for
_CYRILLIC: Final = "Cyrl"
_ENOUGH: Final = 50  # letters; of so many Russian ones, three in four texts have one of its own
_UNSURE: Final = 900  # of Russian by its own model 945 is usual, of Ukrainian 830 (30 lines in three fonts)


def named(lines: Sequence[Line], outlook: OutlookEngine | None, scripts: Collection[str]) -> list[Line]:
    """The lines of a page, those that stay unread with the name of their script as far as it is sure.

    Args:
        lines: as they were chosen.
        outlook: tells by outlines, where it is installed.
        scripts: those of which a loaded engine has the letters.
    """
    unread = [one for one in lines if one.unread in _UNNAMED and one.script != LATIN]
    script = outlook.look([one.strip for one in unread]).script if outlook is not None and unread else None
    chosen = {id(one) for one in unread}
    return [
        _told(one, script if outlook is not None else one.script, scripts) if id(one) in chosen else one
        for one in lines
    ]


def language_remark(page: Page, languages: Collection[str]) -> str | None:
    """A sentence where a page is perhaps in a language whose model is not loaded; None else."""
    if "rus" not in languages or "ukr" in languages:
        return None
    read = [one for one in page.lines if one.script == _CYRILLIC]
    text = " ".join(one.text for one in read).casefold()
    letters = scripts_in(text)[_CYRILLIC]
    if letters < _ENOUGH or any(one in _RUSSIAN_ONLY for one in text):
        return None
    mean = sum(one.confidence * len(one.text) for one in read) / sum(len(one.text) for one in read)
    return PERHAPS_NOT_RUSSIAN if mean < _UNSURE or _has_signs_inside(text) else None


def _told(line: Line, script: str | None, scripts: Collection[str]) -> Line:
    if script is None:
        return replace(line, script=None, unread=_UNNAMED[line.unread or NO_LETTERS])
    return replace(line, script=script, unread=COULD_NOT if script in scripts else NO_LETTERS)


def _has_signs_inside(text: str) -> bool:
    return any(
        sign in _INSIDE and before.isalpha() and after.isalpha()
        for before, sign, after in zip(text, text[1:], text[2:], strict=False)
    )
