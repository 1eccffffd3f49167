"""A story of paragraphs set on letter paper with even margins, for papers that have neither heads nor page numbers.

Rule: the same story gives the same bytes where the same fonts are.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARGIN: Final = 64  # points


def on_plain_paper(story: Sequence[Any], *, title: str, author: str) -> bytes:
    """The story as PDF; `title` and `author` stand in its properties."""
    # loaded here, since few commands make one
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415
    from reportlab.platypus import SimpleDocTemplate  # noqa: PLC0415

    target = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN)
    paper = SimpleDocTemplate(target, pagesize=letter, title=title, author=author, **margins)
    paper.build(list(story))
    return target.getvalue()
