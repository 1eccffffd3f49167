r"""Which column of a YouTube comments file is what, though Google Takeout prints the headers in the account's language.

Rule kept: content decides before words. Identifiers have their forms: a channel is ``UC`` and 22 characters, a comment
begins with ``Ug`` (a reply is its parent's id, a full stop and its own), a post with ``Ugkx``, a video has 11
characters; moments are ISO 8601; texts are JSON since 2022. Headers in English and Dutch are known as words, and settle
what content leaves open. What says neither is left unmapped and stays in the row.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.moments import iso
from ingest.formats.chats.plain import entries, members, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHANNEL: Final = re.compile(r"UC[A-Za-z0-9_-]{22}")
_COMMENT: Final = re.compile(r"Ug[A-Za-z0-9_-]{10,34}(?:\.[A-Za-z0-9_-]{10,40})?")
_VIDEO: Final = re.compile(r"[A-Za-z0-9_-]{11}")
_TEXT: Final = re.compile(r'\s*\{\s*"(?:text|takeoutSegments|videoLink|mention|emoji)"\s*:')
_SPACES: Final = re.compile(r"[\s_-]+")
_LONGEST_JSON: Final = 1 << 20
_MOST_SEGMENTS: Final = 10_000

ID, CHANNEL, AT, PARENT, POST, VIDEO, TEXT, TOP, PRICE = (
    "id",
    "channel",
    "at",
    "parent",
    "post",
    "video",
    "text",
    "top",
    "price",
)
_HEADERS: Final = {
    "comment id": ID,
    "live chat id": ID,
    "channel id": CHANNEL,
    "comment create timestamp": AT,
    "live chat create timestamp": AT,
    "price": PRICE,
    "parent comment id": PARENT,
    "post id": POST,
    "video id": VIDEO,
    "comment text": TEXT,
    "live chat text": TEXT,
    "top level comment id": TOP,
    "reactie id": ID,
    "livechat id": ID,
    "kanaal id": CHANNEL,
    "reactiecreatietijdstempel": AT,
    "prijs": PRICE,
    "bovenliggende reactie id": PARENT,
    "reactietekst": TEXT,
}
_NEEDED: Final = frozenset({CHANNEL, AT, TEXT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The place of each meaning, and the headers as they are printed."""

    places: dict[str, int]
    headers: tuple[str, ...]

    def cell(self, row: Sequence[str], meaning: str) -> str:
        """The cell of a meaning; "" where there is none."""
        place = self.places.get(meaning)
        return row[place].strip() if place is not None and place < len(row) else ""

    def unmapped(self, row: Sequence[str]) -> list[str]:
        """Headers of cells that mean nothing here and are not empty."""
        used = set(self.places.values()) - {self.places.get(PRICE)}
        return [
            (self.headers[place] if place < len(self.headers) else f"column {place + 1}")[:100] or f"column {place + 1}"
            for place, cell in enumerate(row[:200])
            if place not in used and cell not in ("", "0")
        ]


def columns_of(header: Sequence[str], sample: Sequence[Sequence[str]]) -> Columns | None:
    """The columns of a file of comments or live chats, from its header and some of its rows; None where it is none."""
    worded = {
        place: meaning
        for place, cell in enumerate(header)
        if (meaning := _HEADERS.get(_SPACES.sub(" ", cell).strip().lower())) is not None
    }
    seen = {place: meaning for place in range(len(header)) if (meaning := _seen(place, sample)) is not None}
    places: dict[str, int] = {}
    for place in range(len(header)):
        meaning = worded.get(place) or seen.get(place)
        if meaning == ID and place not in worded:
            meaning = None  # several columns have the form of a comment: told apart below
        if meaning is not None:
            places.setdefault(meaning, place)
    _tell_comments_apart(
        places, [place for place, meaning in seen.items() if meaning == ID and place not in worded], sample
    )
    if not places.keys() >= _NEEDED or not (VIDEO in places or POST in places or ID in places):
        return None
    # a list of one's own videos has channels and moments too, but no text in the form of a comment's
    if TEXT not in worded.values() and seen.get(places[TEXT]) != TEXT:
        return None
    return Columns(places=places, headers=tuple(header))


def _seen(place: int, sample: Sequence[Sequence[str]]) -> str | None:
    """What a column is by its cells; None where they are empty, or differ, or say nothing."""
    cells = [row[place].strip() for row in sample if place < len(row) and row[place].strip()]
    if not cells:
        return None
    if any(_TEXT.match(cell) for cell in cells):
        return TEXT
    for meaning, form in ((CHANNEL, _CHANNEL), (VIDEO, _VIDEO)):
        if all(form.fullmatch(cell) for cell in cells):
            return meaning
    if all(_COMMENT.fullmatch(cell) for cell in cells):
        return POST if all(cell.startswith("Ugkx") for cell in cells) else ID
    if all(len(cell) >= 19 and iso(cell) is not None for cell in cells):  # noqa: PLR2004 - a date with its time
        return AT
    return None


def _tell_comments_apart(places: dict[str, int], found: list[int], sample: Sequence[Sequence[str]]) -> None:
    """A row's own id is always there and never twice; of the others the parent's stands first."""
    for place in list(found):
        cells = [row[place] for row in sample if place < len(row)]
        if ID not in places and all(cells) and len(set(cells)) == len(cells):
            places[ID] = place
            found.remove(place)
            break
    for meaning, place in zip((PARENT, TOP), found, strict=False):
        places.setdefault(meaning, place)


def text_of(cell: str) -> tuple[str, set[str]]:
    """What a comment says and which fields of its parts are not text; a cell that is no JSON is the text itself."""
    bare = cell.strip()
    if not bare.startswith("{") or len(bare) > _LONGEST_JSON:
        return cell, set()
    try:
        parts = json.loads(f"[{bare}]", strict=False)
    except (ValueError, RecursionError):
        return cell, set()
    if len(parts) == 1 and "takeoutSegments" in members(parts[0]):
        parts = entries(parts[0]["takeoutSegments"])
    if not parts or not all(isinstance(one, dict) for one in parts):
        return cell, set()
    others = {storable(name[:100]) for one in parts[:_MOST_SEGMENTS] for name in one if name != "text"}
    return storable("".join(words(one.get("text")) for one in parts)), others
