"""The log of what is kept back, on paper: what the law asks for, then a table with a row a record.

Rule: it has the rows of the log and nothing else of the archive. It has a title, a language and text in the order in
which it is read; the library that makes it writes no structure tags, so who needs those is given the table as CSV. The
same log gives the same bytes where the same fonts are.
"""

from __future__ import annotations

import io
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from archiver.pdf_fonts import BOLD, PLAIN, markup, register
from search.disclosure.exemption_log import cells_of, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.disclosure.exemption_log import ExemptionLog

_MARGIN: Final = 40
_WIDTH: Final = 700  # of a frame between the margins, without its padding
_WIDTHS: Final = {
    "place": 26,
    "numbers": 84,
    "day": 54,
    "kind": 64,
    "parties": 86,
    "treatment": 56,
    "pages_withheld": 50,
    "codes": 54,
    "citations": 92,
    "basis": 0,  # what the others leave
    "decided_by": 70,
}
_LONGEST_PART: Final = 240  # characters of a cell
_WHERE_SAID: Final = ("parties", "pages_withheld")


def exemption_log_pdf(log: ExemptionLog, *, agency: str, request: str, made_on: str) -> bytes:
    """The log as PDF, on letter paper laid across.

    Args:
        log: the log.
        agency: the agency's name.
        request: the request's number.
        made_on: the day on which it is made.
    """
    # loaded here, since few commands make one
    from reportlab import rl_config  # noqa: PLC0415
    from reportlab.lib.pagesizes import landscape, letter  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer  # noqa: PLC0415

    from archiver.pdf_long_tables import LongTable, MeasuredRows  # noqa: PLC0415

    rl_config.invariant = 1
    register()
    plain = ParagraphStyle("plain", fontName=PLAIN, fontSize=8, leading=10.5, splitLongWords=1)
    strong = ParagraphStyle("strong", parent=plain, fontName=BOLD)
    title = ParagraphStyle("title", fontName=BOLD, fontSize=14, leading=19, spaceAfter=6)
    empty = [name for name in _WHERE_SAID if not any(getattr(one, name) for one in log.rows)]
    columns = [one for one in _WIDTHS if one not in empty]
    heads = [Paragraph(markup(title_of(one).capitalize(), bold=True), strong) for one in columns]
    rows: list[list[Any]] = []
    ends: list[int] = []  # the last row on paper of each row of the log
    for one in log.rows:
        rows += [[Paragraph(markup(cell), plain) for cell in some] for some in _in_parts(cells_of(one, columns))]
        ends.append(len(rows) - 1)
    rest = _WIDTH - sum(_WIDTHS[one] for one in columns)
    widths = [_WIDTHS[one] or rest for one in columns]
    name = f"Log of records withheld or released in part, request {request}"
    story: list[Any] = [
        Paragraph(markup(name, bold=True), title),
        Paragraph(markup(f"{agency}, {made_on}"), plain),
    ]
    if log.citation:
        story.append(Paragraph(markup(f"{log.citation} asks for: {'; '.join(log.asked)}."), plain))
    story.append(Spacer(1, 8))
    if rows:
        story.append(LongTable(MeasuredRows(heads, rows, widths=widths, ends=ends)))
    else:
        story.append(Paragraph(markup("Nothing of this request is kept back."), plain))
    target = io.BytesIO()
    paper = SimpleDocTemplate(
        target,
        pagesize=landscape(letter),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 10,
        title=name,
        author=agency,
        lang="en-US",
        displayDocTitle=True,
        invariant=1,
    )

    def numbered(canvas: Any, _page: Any) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.drawString(_MARGIN, 28, name)
        canvas.drawRightString(_MARGIN + _WIDTH, 28, f"page {canvas.getPageNumber()}")

    paper.build(story, onFirstPage=numbered, onLaterPages=numbered)
    return target.getvalue()


def _in_parts(cells: Sequence[str]) -> list[list[str]]:
    """A row as several where a cell is long, since a row on paper is not broken over pages."""
    parts = [wrap(one, _LONGEST_PART) or [""] for one in cells]
    return [[one[at] if at < len(one) else "" for one in parts] for at in range(max(map(len, parts)))]
