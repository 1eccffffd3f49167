"""What the confined child that shows pictures can do: a page in, a JPEG of its pixels out.

Imported in that child's process only. It has no engines, so that it starts quickly and takes little memory: somebody
waits for what it answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.formats.pictures.opening import rehearse
from ingest.formats.pictures.samples import SAMPLES
from ingest.formats.pictures.shown import shown_page
from ingest.picture_codec import PictureTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.sandbox_child import Task as Reader


def load() -> dict[str, Reader]:
    """The task, rehearsed."""
    rehearse()
    for sample in SAMPLES[:2]:
        shown_page(sample, "", 1, pages=1)
    return {PictureTask.SHOW: _show}


def _show(payload: bytes, options: Mapping[str, Any]) -> bytes:
    return shown_page(payload, str(options["media_type"]), int(options["page"]), pages=int(options["pages"]))
