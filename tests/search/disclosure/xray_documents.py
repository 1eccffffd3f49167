"""Redacted PDFs as a production gives them, for another program to look for what is under their boxes.

Writes a folder of documents: pages set from kept text with marks, and pages as pictures with boxes burned in, stamped
and joined; and one, `control.pdf`, whose box hides nothing, which that program has to find. Run by `scripts/xray.sh`.
"""

from __future__ import annotations

import io
import random
import sys
import zlib
from pathlib import Path

from reportlab.pdfgen import canvas

from search.disclosure.kept_text import keep_text, normal_text
from search.disclosure.page_pictures import PicturePage, picture_pages
from search.disclosure.page_setting import LETTER, Block, BlockKind, set_pages
from search.disclosure.page_stamps import Bookmark, join, stamp
from search.disclosure.redaction import Found, Part, Pattern, Place, Redaction, RedactionState, Region, Regions, Unit
from search.disclosure.redaction_pages import redacted_pdf
from search.disclosure.redaction_pdf_pictures import page_pictures

COUNT = 40
LABEL = "7(1)(b)"
NAMES = ("Penelope Quill", "Quentin Marsh", "Ottilie Brandt", "Bartholomew Zane")
WORDS = ("office", "letter", "stadium", "lunch", "Monday", "lights", "minutes", "budget", "roof", "bus")


def main(folder: Path) -> None:
    """Write the documents."""
    chance = random.Random(7)  # the same documents each time
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(COUNT):
        lines = _lines(chance)
        pages, count = _typeset(lines) if number % 2 else _pictured(lines, chance)
        stamped = stamp(pages, [f"LAKE-{number:04d}-{at:02d}" for at in range(count)], marks=["COPY"], title="A letter")
        made.append(stamped)
        (folder / f"{number:04d}.pdf").write_bytes(stamped)
    (folder / "whole.pdf").write_bytes(join(made, [Bookmark(title="All", page=1)]))
    (folder / "control.pdf").write_bytes(_control())


def _lines(chance: random.Random) -> list[str]:
    lines = [" ".join(chance.choices(WORDS, k=8)) for _ in range(20)]
    for name in NAMES:
        at = chance.randrange(len(lines))
        lines[at] = f"{lines[at][:30]} {name} {lines[at][30:]}"
    return lines


def _redaction(where: Pattern | Regions, place: Place) -> Redaction:
    codes = (LABEL,)
    state = RedactionState.FINAL
    return Redaction(id="1.1", record_id="rec_1", place=place, where=where, codes=codes, state=state, label=LABEL)


def _typeset(lines: list[str]) -> tuple[bytes, int]:
    pattern = Pattern(words=NAMES, kinds=(Found.PHONE,))
    kept = keep_text(normal_text("\n".join(lines)), [_redaction(pattern, Place(part=Part.TEXT))])
    blocks = [Block(BlockKind.HEADING, "A letter"), Block(BlockKind.TEXT, kept.text)]
    return set_pages(blocks, labels=[LABEL])


def _pictured(lines: list[str], chance: random.Random) -> tuple[bytes, int]:
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(400, 400), invariant=1)
    for at, line in enumerate(lines):
        page.setFont("Helvetica", 9)
        page.drawString(20, 380 - 18 * at, line)
    page.save()
    left, top = chance.randrange(20, 200), chance.randrange(20, 300)
    box = Region(page=1, left=left, top=top, right=left + 120, bottom=top + 40)
    place = Place(part=Part.COMPONENT, component="cmp_1")
    marks = [_redaction(Pattern(words=NAMES), place), _redaction(Regions(regions=(box,), unit=Unit.POINTS), place)]
    kept = redacted_pdf(out.getvalue(), marks)
    ((_, picture),) = page_pictures(kept.content, (1,))
    if picture is None:
        raise SystemExit("a page has no picture")
    pixels = zlib.compress(picture.content)
    about = {"width": picture.width, "height": picture.height, "parts": picture.parts, "pixels": pixels}
    return picture_pages([PicturePage(across=400, down=400, **about)], title="A letter", paper=LETTER)


def _control() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(400, 100), invariant=1)
    page.drawString(20, 50, f"The office met {NAMES[0]} on Monday")
    page.rect(95, 45, 90, 16, stroke=0, fill=1)
    page.save()
    return out.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
