"""Pages set from kept text: a heading, fields as a mail has them, paragraphs, messages, and notes of our own.

Rules kept:

- What is set is kept text and nothing else; what was left out is drawn as a black box with its label, one width for one
  label, so that it does not tell what it stands for.
- The foot of each page is free (`STRIP` points) for its number and stamps. What page of how many it is stands above.
- The same blocks give the same bytes. Blocks are read in their order: heading, fields, text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from search.disclosure.page_fonts import PLAIN, TALL, FontPlan, drawn_line, drawn_run, shown_text, width_of
from search.disclosure.page_lines import (
    Marks,
    Run,
    as_seen,
    begins_right,
    lines_of,
    points,
    runs_of,
    size_of_mark,
)
from search.disclosure.page_objects import INKLESS_BELOW, INKLESS_WIDE, PdfObjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LETTER: Final = (612.0, 792.0)
A4: Final = (595.276, 841.89)
STRIP: Final = 36.0
MARGIN: Final = 54.0
_TOP: Final = 46.0
_ABOVE_STRIP: Final = 12.0
_SIZE: Final = 10.0
_LEADING: Final = 13.0
_FIELD: Final = 78.0  # points for the names of fields
_INDENT: Final = 18.0
_BOLD: Final = "2 Tr 0.25 w"
_FOLIO: Final = 8.0
_BOX_DOWN: Final = 0.26  # of the size, under the line
_BOX_TALL: Final = 1.1


class BlockKind(StrEnum):
    """How a block is set."""

    HEADING = "heading"
    FIELD = "field"
    TEXT = "text"
    MESSAGE = "message"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document: `label` is the name of a field; a message's first line is who says it."""

    kind: BlockKind
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line to be set: how far from the left, how large, whether bold, and the part that it belongs to."""

    text: str
    left: float
    size: float
    bold: bool
    part: int
    leading: float
    label: str = ""
    together: int = 1


def set_pages(
    blocks: Sequence[Block],
    *,
    labels: Sequence[str] = (),
    paper: tuple[float, float] = LETTER,
    language: str = "en-US",
) -> tuple[bytes, int]:
    """A PDF of these blocks, and how many pages it has.

    Args:
        blocks: in the order in which they are read.
        labels: those that the redactions of this document print; other text is never drawn as a mark.
        paper: width and height in points.
        language: of the document (BCP 47).
    """
    made = PdfObjects(language=language)
    marks = Marks(labels)
    plan = FontPlan(
        [shown_text(part) for one in blocks for part in (one.text, one.label)] + [shown_text(one) for one in labels]
    )
    room = paper[1] - _TOP - STRIP - _ABOVE_STRIP
    pages = list(_paged(_set(blocks, marks, made, paper[0] - 2 * MARGIN), room))
    for number, lines in enumerate(pages, start=1):
        _Page(made, marks, plan, paper).draw(lines, f"Page {number} of {len(pages)}")
    return made.written(), len(pages)


def _set(blocks: Sequence[Block], marks: Marks, made: PdfObjects, across: float) -> Iterator[_Line]:
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            part = made.part("H1")
            for text in lines_of(block.text, marks, across * TALL / 14):
                yield _Line(text, 0, 14, True, part, 18, together=3)
            yield _space(part, 6)
        elif block.kind is BlockKind.FIELD:
            part, label = made.part("P"), block.label
            for text in lines_of(block.text, marks, (across - _FIELD) * TALL / _SIZE):
                yield _Line(text, _FIELD, _SIZE, False, part, _LEADING, label)
                label = ""
        else:
            yield from _paragraphs(block, marks, made, across)


def _paragraphs(block: Block, marks: Marks, made: PdfObjects, across: float) -> Iterator[_Line]:
    """Lines of a text; an empty line ends a paragraph."""
    is_message, note = block.kind is BlockKind.MESSAGE, block.kind is BlockKind.NOTE
    part = made.part("P")
    yield _space(part, 8)
    used = False
    for number, line in enumerate(block.text.split("\n")):
        if not line.strip():
            yield _space(part, _LEADING)
            if used:
                part, used = made.part("P"), False
            continue
        bold = is_message and number == 0
        left = _INDENT if is_message and not bold else 0.0
        size = 9.0 if note else _SIZE
        for text in lines_of(line, marks, (across - left) * TALL / size * (0.97 if bold else 1)):
            yield _Line(text, left, size, bold, part, _LEADING, together=3 if bold else 1)
            used = True


def _space(part: int, leading: float) -> _Line:
    return _Line("", 0, 0, False, part, leading)


def _paged(lines: Iterable[_Line], room: float) -> Iterator[list[_Line]]:
    """Lines by page; what belongs together is not cut after its first line, and no page begins with a space."""
    page: list[_Line] = []
    left = room
    for line in lines:
        needed = line.leading * line.together
        if page and needed > left:
            yield page
            page, left = [], room
        if page or line.text or line.label:
            page.append(line)
            left -= line.leading
    yield page


class _Page:
    """One page in the making."""

    def __init__(self, made: PdfObjects, marks: Marks, plan: FontPlan, paper: tuple[float, float]) -> None:
        self._made, self._marks, self._plan, self._paper = made, marks, plan, paper
        self._content: list[str] = []

    def draw(self, lines: Sequence[_Line], folio: str) -> None:
        """Set all lines and end the page."""
        self._made.begin_page()
        y = self._paper[1] - _TOP
        standing = -1
        for line in lines:
            y -= line.leading
            if not (line.text or line.label):
                continue
            if line.part != standing:
                if standing >= 0:
                    self._content.append("EMC")
                standing = line.part
                self._content.append(f"/P <</MCID {self._made.mark(line.part)}>> BDC")
            if line.label:
                self._text(Run("text", f"{line.label}: ", PLAIN), MARGIN, y, line.size, bold=True)
            self._line(line, y)
        if standing >= 0:
            self._content.append("EMC")
        self._artifact(folio)
        self._made.end_page(*self._paper, "\n".join(self._content).encode("ascii"))

    def _artifact(self, folio: str) -> None:
        x = self._paper[0] - MARGIN - points(width_of(folio), _FOLIO)
        self._content.append("/Artifact BMC")
        self._text(Run("text", folio, PLAIN), x, self._paper[1] - 32, _FOLIO, bold=False)
        self._content.append("EMC")

    def _line(self, line: _Line, y: float) -> None:
        x = MARGIN + line.left
        runs = list(runs_of(line.text, self._marks))
        if begins_right(line.text):
            runs.reverse()
            x = self._paper[0] - MARGIN - sum(self._across(run, line.size) for run in runs)
        for run in runs:
            if run.kind == "text":
                x += self._text(run, x, y, line.size, bold=line.bold)
            elif run.kind == "mark":
                x += self._mark(run.text, x, y, line.size)
            else:
                x += self._drawn(run, x, y, line.size)

    def _across(self, run: Run, size: float) -> float:
        """How wide a run will be, in points."""
        if run.kind == "text":
            return points(width_of(run.text), size)
        if run.kind == "mark":
            return self._label(run.text, size)[0] + 6
        one = drawn_line(run.text) if run.kind == "line" else drawn_run(run.text)
        return points(one.width * one.scale, size)

    def _label(self, label: str, size: float) -> tuple[float, float]:
        """How wide a label is in points, and the size of its letters; never wider than a page."""
        small = size_of_mark(size)
        wanted = points(width_of(label), small)
        across = min(wanted, self._paper[0] - 2 * MARGIN - 8)
        return across, small * (across / wanted if wanted else 1)

    def _text(self, run: Run, x: float, y: float, size: float, *, bold: bool) -> float:
        mode = _BOLD if bold else "0 Tr"
        self._content.append(f"BT {mode} 1 0 0 1 {x:.2f} {y:.2f} Tm")
        if run.text.isascii():
            escaped = run.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            self._content.append(f"/{self._made.font(self._plan.plain())} {size:g} Tf ({escaped}) Tj")
        else:
            for one, codes in self._plan.encoded(run.font, run.text):
                self._content.append(f"/{self._made.font(one)} {size:g} Tf <{codes}> Tj")
        self._content.append("ET")
        return points(width_of(run.text), size)

    def _mark(self, label: str, x: float, y: float, size: float) -> float:
        """A black box with its label in white."""
        across, small = self._label(label, size)
        box = (x + 0.5, y - size * _BOX_DOWN, across + 5, size * _BOX_TALL)
        said = (chr(0xFEFF) + f"[{label}]").encode("utf-16-be").hex().upper()
        self._content.append(f"/Span <</ActualText <{said}>>> BDC")
        self._content.append("q 0 g " + " ".join(f"{one:.2f}" for one in box) + " re f 1 g")
        at = x + 3
        for run in runs_of(label, self._marks):
            if run.kind == "text":
                at += self._text(run, at, y, small, bold=False)
            else:
                at += self._drawn(run, at, y, small)
        self._content.append("Q EMC")
        return across + 6

    def _drawn(self, run: Run, x: float, y: float, size: float) -> float:
        """Letters as a small picture, and the same letters over it without ink."""
        one = drawn_line(run.text) if run.kind == "line" else drawn_run(run.text)
        across, down = points(one.width * one.scale, size), points(one.height * one.scale, size)
        low = y - points(one.below * one.scale, size)
        name = self._made.drawn(one)
        self._content.append(f"q {across:.3f} 0 0 {down:.3f} {x:.2f} {low:.2f} cm /{name} Do Q")
        self._content.append(inkless_text(self._made, as_seen(run.text), (x, low, across, down)))
        return across


def inkless_text(made: PdfObjects, text: str, box: tuple[float, float, float, float]) -> str:
    """Operators that put text without ink into a box: left and bottom, width and height in points."""
    x, low, across, down = box
    size = max(down, 0.5)
    each = max(across, 0.5) / len(text)
    stretch = 100 * each / (size * INKLESS_WIDE / TALL)
    line = low + size * INKLESS_BELOW / TALL
    rows = ["BT 3 Tr"]
    at = 0
    for font, codes in made.inkless(text):
        rows.append(f"/{font} {size:.3f} Tf {stretch:.2f} Tz 1 0 0 1 {x + at * each:.3f} {line:.3f} Tm <{codes}> Tj")
        at += len(codes) // 2
    rows.append("100 Tz ET")
    return " ".join(rows)
