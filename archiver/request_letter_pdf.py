"""A letter about a request on paper, paragraph by paragraph.

Rule: it has the words of the letter and nothing else. It has a title and a language; the library that makes it writes
no structure tags, so who needs those is given the letter as text. The same letter gives the same bytes where the same
fonts are.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from archiver.pdf_fonts import BOLD, PLAIN, markup, register

if TYPE_CHECKING:
    from search.disclosure.letter_templates import WrittenLetter

_MARGIN: Final = 72
_BLOCK: Final = 8  # lines


def letter_pdf(written: WrittenLetter, *, agency: str, number: str) -> bytes:
    """The letter as PDF, on letter paper; `agency` and the request's `number` stand at the foot."""
    # loaded here, since few commands make one
    from reportlab import rl_config  # noqa: PLC0415
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer  # noqa: PLC0415

    rl_config.invariant = 1
    register()
    plain = ParagraphStyle("plain", fontName=PLAIN, fontSize=10.5, leading=15, splitLongWords=1)
    title = ParagraphStyle("title", parent=plain, fontName=BOLD, fontSize=13, leading=18, spaceAfter=14)
    item = ParagraphStyle("item", parent=plain, leftIndent=14, bulletIndent=2)
    story: list[Any] = [Paragraph(markup(written.subject, bold=True), title)]
    for lines in written.paragraphs:
        set_lines = [
            Paragraph(markup(one.removeprefix("- ")), item, bulletText="-")
            if one.startswith("- ")
            else Paragraph(markup(one), plain)
            for one in lines
        ]
        # a short block stays on one page, so that no name stands without its address
        story += [KeepTogether(set_lines)] if len(lines) <= _BLOCK else set_lines
        story.append(Spacer(1, 8))
    target = io.BytesIO()
    paper = SimpleDocTemplate(
        target,
        pagesize=letter,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=written.subject,
        author=agency,
        lang="en-US",
        displayDocTitle=True,
        invariant=1,
    )

    def numbered(canvas: Any, _page: Any) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.drawString(_MARGIN, 40, f"Request {number}")
        canvas.drawRightString(letter[0] - _MARGIN, 40, f"page {canvas.getPageNumber()}")

    paper.build(story, onFirstPage=numbered, onLaterPages=numbered)
    return target.getvalue()
