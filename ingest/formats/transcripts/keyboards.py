"""Where the keyboard of a telephone begins on a page, and the words that it suggests.

Rule kept: keys are told by what they are, many small things of one size in rows at the bottom, not by a place: by
their areas where keys have an area of their own, by single letters standing in a row where they have none, and by
rows of letters that every keyboard of a script has. One row alone is no keyboard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.interface_words import folded
from ingest.formats.transcripts.scene import Area, Line, Scene, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROWS: Final = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm", "asdfghjklñ",
    "1234567890", "йцукенгшщзх", "фывапролджэ", "ячсмитьбю", "ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرلاىةوزظ",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ", "קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ",
)  # fmt: skip
_KEY_WORDS: Final = frozenset(
    folded(one)
    for one in [
        "space",
        "return",
        "123",
        "?123",
        "abc",
        "!#1",
        "go",
        "send",
        "done",
        "next",
        "espacio",
        "intro",
        "retorno",
        "espaço",
        "retour",
        "espace",
        "entrée",
        "dấu cách",
        "nhập",
        "пробел",
        "ввод",
        "空格",
        "换行",
        "換行",
        "발송",
        "스페이스",
        "간격",
        "مسافة",
        "إدخال",
        "رجوع",
        "space bar",
        "gif",
        "english",
        "español",
        "emoji",
    ]
)
_LEAST_KEYS, _LEAST_AREAS, _LEAST_ROWS = 4, 6, 2
_LOWEST_START: Final = 0.4  # no keyboard begins above this share of the page
_SUGGESTIONS: Final = 2.6  # line heights between the keys and the words above them
_KEY_HEIGHT: Final = 4.5  # line heights of a key at most


def keyboard_top(scene: Scene) -> int | None:
    """The row of the page at which the keyboard begins, its suggestions included; None where there is none."""
    low = [line for line in scene.lines if line.middle > scene.height * _LOWEST_START]
    rows = rows_of(low)
    tops = [min(line.top for line in row) for row in rows if _is_of_keys(row)]
    tops += _rows_of_key_areas(scene)
    strong = len(tops)
    tops += [min(line.top for line in row) for row in rows if any(folded(line.text) in _KEY_WORDS for line in row)]
    if strong == 0 or len(tops) < _LEAST_ROWS:
        return None
    top = min(_connected(sorted(tops, reverse=True), scene))
    panel = _panel(scene, top)
    if panel is not None:
        return panel.top
    return _above_suggestions(rows, top, scene)


def _is_of_keys(row: Sequence[Line]) -> bool:
    single = [line for line in row if len(line.text.strip()) <= 2]  # noqa: PLR2004 - a key, and a sign beside it
    if len(single) >= _LEAST_KEYS and len(single) * 2 > len(row):
        return True
    whole = "".join(folded(line.text) for line in row).replace(" ", "")
    if len(whole) < _LEAST_KEYS:
        return False
    return any(_alike(whole, letters) for letters in _ROWS)


def _alike(text: str, letters: str) -> bool:
    """Whether a text is a row of keys, a few letters of which may be misread or missing."""
    place, hits = 0, 0
    for sign in text:
        found = letters.find(sign, place)
        if found >= 0:
            hits, place = hits + 1, found + 1
    return hits >= max(_LEAST_KEYS, 0.7 * len(letters)) and len(text) <= len(letters) + 4


def _rows_of_key_areas(scene: Scene) -> list[int]:
    """The upper edges of rows in which many areas of one height stand side by side."""
    highest = scene.unit * _KEY_HEIGHT
    keys = sorted(
        (
            area
            for area in scene.areas
            if area.top > scene.height * _LOWEST_START
            and scene.unit * 1.2 < area.height < highest
            and scene.width * 0.05 < area.width < scene.width * 0.14
            and area.filled > 500  # noqa: PLR2004 - a key is a rectangle with a letter in it
        ),
        key=lambda area: area.top,
    )
    tops: list[int] = []
    row: list[Area] = []
    for key in keys:
        if row and key.top - row[0].top > scene.unit * 0.5:
            tops += _top_of(row)
            row = []
        row.append(key)
    return tops + _top_of(row)


def _top_of(row: Sequence[Area]) -> list[int]:
    return [row[0].top] if len(row) >= _LEAST_AREAS else []


def _connected(tops: Sequence[int], scene: Scene) -> list[int]:
    """The rows of keys from the lowest upwards, as long as the next one is near."""
    joined = [tops[0]]
    for top in tops[1:]:
        if joined[-1] - top > scene.height * 0.13:
            break
        joined.append(top)
    return joined


def _panel(scene: Scene, top: int) -> Area | None:
    """The area from edge to edge on which the keys stand, where it has a colour of its own."""
    fitting = [
        area
        for area in scene.areas
        if area.backdrop
        and (scene.canvas is None or area.number != scene.canvas.number)
        and area.top <= top + scene.unit // 2
        and area.bottom > top + scene.unit
        and area.top > scene.height * (_LOWEST_START - 0.05)
        and top - area.top < scene.unit * 5
    ]
    return max(fitting, key=lambda area: area.width * area.height, default=None)


def _above_suggestions(rows: Sequence[Sequence[Line]], top: int, scene: Scene) -> int:
    """The upper edge of a row of two or three words apart from one another right above the keys."""
    for row in rows:
        bottom = max(line.bottom for line in row)
        if not 0 <= top - bottom < scene.unit * _SUGGESTIONS:
            continue
        spread = max(line.right for line in row) - min(line.left for line in row)
        short = all(line.width < scene.width * 0.34 for line in row)
        if len(row) > 1 and short and spread > scene.width * 0.4:
            return min(line.top for line in row) - scene.unit // 2
    return top - scene.unit // 3
