"""Pages that lie on a side or upside down: turned to be read, and their places given as the picture is kept.

Rule: nobody's picture is turned. What was read keeps the places that it has on the page as a person sees it, and
`Page.turn` says by how many degrees clockwise the page was turned to be read. Turns are 0, 90, 180 or 270.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from storage.transcription import Box, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.formats.pictures.pixels import Pixels
    from storage.transcription import Page, Transcript

_TURNS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_FULL: Final = 360
_SIDES: Final = frozenset({90, 270})
_HALF: Final = 180
_QUARTER: Final = 90


def turned_pixels(pixels: Pixels, turn: int) -> Pixels:
    """The pixels after a turn clockwise."""
    return np.asarray(cv2.rotate(pixels, _TURNS[turn]), dtype=np.uint8) if turn else pixels


def turned_page(page: Page, turn: int) -> Page:
    """A page whose places are those after a turn clockwise; its `turn` says how far it still is from being upright."""
    if not turn:
        return page
    width, height = page.width, page.height

    def place(box: Box) -> Box:
        return turned_box(box, turn, width, height)

    return replace(
        page,
        width=height if turn in _SIDES else width,
        height=width if turn in _SIDES else height,
        lines=tuple(
            [
                replace(
                    line,
                    box=place(line.box),
                    words=tuple([Word(text=one.text, box=place(one.box)) for one in line.words]),
                )
                for line in page.lines
            ]
        ),
        unread=tuple([replace(one, box=place(one.box)) for one in page.unread]),
        turn=(page.turn - turn) % _FULL,
    )


def as_kept(page: Page, turn: int) -> Page:
    """A page that was read after a turn, with its places as the picture is kept."""
    return turned_page(page, (_FULL - turn) % _FULL)


def upright_page(page: Page) -> Page:
    """A page with its places as it was read."""
    return turned_page(page, page.turn)


def transcript_as_kept(transcript: Transcript, pages: Mapping[tuple[str | None, int], Page]) -> Transcript:
    """A transcript of upright pages with its places as the pictures are kept; `pages` are as they are kept."""
    messages = []
    for one in transcript.messages:
        page = pages.get((one.component, one.page))
        if one.box is not None and page is not None and page.turn:
            sides = (page.height, page.width) if page.turn in _SIDES else (page.width, page.height)
            one = replace(one, box=turned_box(one.box, _FULL - page.turn, *sides))  # noqa: PLW2901
        messages.append(one)
    return replace(transcript, messages=tuple(messages))


def turned_box(box: Box, turn: int, width: int, height: int) -> Box:
    """A place on a page of this size after a turn of the page clockwise."""
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    if turn == _QUARTER:
        left, top, right, bottom = height - bottom, left, height - top, right
    elif turn == _HALF:
        left, top, right, bottom = width - right, height - bottom, width - left, height - top
    elif turn:
        left, top, right, bottom = top, width - right, bottom, width - left
    left, top = max(left, 0), max(top, 0)  # a line at the edge may reach a pixel beyond
    return Box(left=left, top=top, right=max(right, left + 1), bottom=max(bottom, top + 1))
