"""Redacted regions of scans, read by engines before anything is given: how many a second, and in how much memory.

Rule: the same command is run over the same records with the reading of regions off and on; what it takes more is the
reading, the start of the engines among it. The scans are drawn here: a page of lines with a region over each of five.
"""

from __future__ import annotations

import io
from email.message import EmailMessage
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from archiver.redacting import add_marks
from archiver.redaction_view import show_parts
from benchmarks.production_desk import ProductionDesk
from benchmarks.scratch import CUSTODIAN
from search.disclosure.mark_orders import MarkOrder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EACH = 5  # regions of a scan
_WIDE, _TALL = 1_240, 1_754  # pixels: A4 at 150 to the inch
_FIRST, _BELOW, _LEFT = 240, 120, 120  # where lines stand
_LETTERS = 32
_READING = '[pictures]\nenabled = false\n[disclosure]\nread_regions = "{}"\n'


def measure_regions(folder: Path, count: int) -> list[list[str]]:
    """The rows of a table for so many regions.

    Raises:
        SystemExit: a command failed, or not every region was read.
    """
    folder.mkdir()
    desk = ProductionDesk(folder / "scans", _mails(-(-count // _EACH)), settings=_READING.format("never"))
    regions = _mark(desk, count)
    without = desk.act("request", "produce", desk.number, str(folder / "none"), "--check")
    told = desk.scratch.folder / "archiver.toml"
    told.write_text(told.read_text("utf-8").replace('"never"', '"always"'), "utf-8")
    read = desk.act("request", "produce", desk.number, str(folder / "none"), "--check")
    by_engine = read.document["gate"]["regions_by_engine"]
    if by_engine != regions:
        raise SystemExit(f"{by_engine} of {regions} regions were read")
    rows = []
    for name, run in ((f"{regions:,} regions of scans, not read", without), ("read by the engines", read)):
        rate = regions / (run.seconds - without.seconds) if run is read else 0.0
        memory = (f"{one / (1 << 20):,.0f}" for one in (run.resident, run.proportional))
        rows.append([name, f"{run.seconds:,.1f}", f"{rate:,.1f}" if rate else "", *memory])
    return rows


def _mails(count: int) -> Iterator[bytes]:
    for number in range(count):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Jane Doe <{CUSTODIAN}>", "pat@other.example", f"Scan {number}"
        mail["Date"] = f"Mon, 2 Mar 2026 11:{number // 60 % 60:02d}:{number % 60:02d} -0800"
        mail["Message-ID"] = f"<scan-{number}@agency.example>"
        mail.set_content(f"This is the note to scan {number}.\n")
        mail.add_attachment(_scan(number), maintype="image", subtype="png", filename="scan.png")
        mail.set_boundary(f"part-of-scan-{number}")
        yield mail.as_bytes()


def _scan(number: int) -> bytes:
    image = Image.new("L", (_WIDE, _TALL), 245)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(_LETTERS)
    for line in range(2 * _EACH):
        text = f"Line {line}: account {7_919 * (number * 10 + line) % 10**9:09d} of the works, paid in March"
        pen.text((_LEFT, _FIRST + line * _BELOW), text, 30, font=font)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _mark(desk: ProductionDesk, count: int) -> int:
    """Cover every other line of the scans, final at once; how many regions there are."""
    house = desk.scratch.open()
    done = 0
    try:
        who = house.users.by_token(desk.token())
        for record in desk.records:
            parts = show_parts(house, who, desk.number, record)["parts"]
            pages = next(one["part"] for one in parts if one["kind"] == "pages")
            for line in range(min(_EACH, count - done)):
                top = float(_FIRST + 2 * line * _BELOW - 8)
                box = (_LEFT + 100.0, top, _LEFT + 700.0, top + _LETTERS + 24)
                order = MarkOrder(region=(pages, 1, *box), codes=("7(1)(b)",))
                add_marks(house, who, desk.number, record, order, final=True)
                done += 1
    finally:
        house.close()
    return done
