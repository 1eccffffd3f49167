"""What pictures of a conversation say, from their lines and their pixels.

Rule kept: pure, and bounded by the pages given; the same pages give the same transcript. Pages that show no
conversation are left out, and said; where none does there is no transcript. A page without pixels (the text layer of
a PDF) has no bubbles to see and is left out likewise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.apps import guess_app
from ingest.formats.transcripts.assembly import is_group, message_of, told_of
from ingest.formats.transcripts.overlaps import merged, sheet_of
from ingest.formats.transcripts.pixel_rows import row_sums
from ingest.formats.transcripts.reading import ReadPage, read_page
from ingest.formats.transcripts.scenes import scene_of
from ingest.formats.transcripts.zones import zones_of
from storage.transcription import Page, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.formats.transcripts.assembly import Told

_LARGEST: Final = 120_000_000  # pixels; a larger page is not looked at
_MOST_LINES: Final = 2_000

LEFT_OUT: Final = "a page shows no conversation and is not part of the transcript"
UNREAD: Final = "words of a message could not be read"


def transcribe(pages: Sequence[tuple[Page, NDArray[np.uint8] | None]]) -> Transcript | None:
    """The conversation that pages show, in the order of its messages.

    Args:
        pages: each page as an engine read it, with its pixels (RGB, height x width x 3, upright as a person sees
            them, of the page's own size), or None where there are none. They may be given one by one: no pixels are
            kept.

    Returns:
        The transcript, or None where no page shows a conversation.
    """
    shown: list[ReadPage] = []
    sheets = []
    left_out = 0
    for page, pixels in pages:
        read = _read(page, pixels)
        if read is None or pixels is None:
            left_out += 1
            continue
        top, bottom = read.zones.top, min(read.zones.bottom, pixels.shape[0])
        shown.append(read)
        told = told_of(read, page.component, page.number)
        sheets.append(sheet_of(told, row_sums(pixels, top, bottom), top, bottom, read.scene.unit))
    if not any(sheet.told for sheet in sheets):
        return None
    joined, notes = merged(sheets)
    return _transcript(shown, joined, [*notes, *([LEFT_OUT] if left_out else [])])


def _read(page: Page, pixels: NDArray[np.uint8] | None) -> ReadPage | None:
    if pixels is None or page.layer or not page.lines or len(page.lines) > _MOST_LINES:
        return None
    height, width = pixels.shape[:2]
    if height * width > _LARGEST or min(height, width) < 32:  # noqa: PLR2004 - nothing is written on so few
        return None
    scene = scene_of(page, pixels)
    return read_page(scene, zones_of(scene))


def _transcript(shown: Sequence[ReadPage], told: Sequence[Told], notes: Iterable[str]) -> Transcript:
    title = next((page.zones.title for page in shown if page.zones.title), None)
    group = is_group(shown, told)
    app, reasons = guess_app(shown)
    said = [*notes, *(note for page in shown for note in page.gathered.notes)]
    if any(one.piece.unread for one in told):
        said.append(UNREAD)
    return Transcript(
        messages=tuple(message_of(one, group=group, title=title) for one in told),
        app=app,
        app_reasons=reasons,
        title=title,
        status_time=next((page.zones.clock for page in shown if page.zones.clock), None),
        group=group,
        draft=any(page.zones.draft for page in shown),
        notes=tuple(dict.fromkeys(said)),
    )
