"""A reader module that opens pictures in the confined child, and answers with what came out, as text."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a reader that is about to be confined has one thread

from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.opening import open_picture, rehearse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.sandbox_child import Task


def opened(payload: bytes, options: Mapping[str, Any]) -> bytes:
    """Size, problem and colour in the middle of each page, the notes, and what was measured; or why it is refused."""
    try:
        picture = open_picture(payload, str(options.get("type", "")), PictureLimits())
    except PictureRefused as refused:
        return json.dumps({"refused": str(refused)}).encode()
    pages = []
    for page in picture.pages():
        middle = None
        if page.pixels is not None:
            assert page.pixels.shape == (page.height, page.width, 3)
            middle = [int(one) for one in page.pixels[page.height // 2, page.width // 2]]
        pages.append([page.number, page.width, page.height, page.problem, middle, len(page.text_lines)])
    facts = picture.facts("c")
    return json.dumps(
        {
            "pages": pages,
            "notes": picture.notes,
            "size": [facts.width, facts.height, facts.pages],
            "look": facts.perceptual,
            "metadata": dict(facts.metadata),
            "observations": list(facts.observations),
        }
    ).encode()


def load() -> dict[str, Task]:
    rehearse()
    return {"open": opened}
