"""What the journey's packages are judged by, written apart from the product: its files read plainly, and pages drawn.

Rule: nothing here is shared with the gate. Texts are read by PDFium or as they lie there, and strings are looked for
with their case and their spaces folded, nothing else; pictures are looked at for a colour that only covered places had.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Final

import pypdfium2

from benchmarks.first_request_material import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SPACES: Final = re.compile(r"\s+")
_NEAR: Final = 24  # how far a colour may be off after a picture was stored anew
_DRAWN: Final = 6  # documents of each kind


def digests_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file, by its name in the folder."""
    return {
        str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def numbers_of(package: Path) -> list[int]:
    """The numbers of a package's pages in the order of its load file."""
    text = (package / "load" / "index.csv").read_text("utf-8-sig")
    found: list[int] = []
    for one in csv.DictReader(io.StringIO(text)):
        first, last = (int(one[column].rpartition("-")[2]) for column in ("BEGDOC", "ENDDOC"))
        found += range(first, last + 1)
    return found


def texts_of(package: Path) -> Iterator[tuple[str, str]]:
    """Every file of a package with its text: of a PDF the text of its pages, of all others what lies there."""
    for path in sorted(package.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(package)), folded(_text(path))


def pages_of(package: Path) -> int:
    """How many pages its documents have by themselves."""
    count = 0
    for path in (package / "documents").glob("*.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            count += len(document)
    return count


def found_again(package: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """Which of these words stand anywhere in a package, and in which files."""
    texts = list(texts_of(package))
    found = {}
    for one in words:
        wanted = folded(one)
        where = [name for name, text in texts if wanted in text or wanted in folded(name)]
        if where:
            found[one] = where
    return found


def coloured(package: Path) -> list[str]:
    """Documents of which a page, drawn, has the colour that should have been covered."""
    return [
        path.name
        for path in sorted((package / "documents").glob("*.pdf"))
        if any(_has_mark(path, number) for number in _with_pictures(path))
    ]


def draw_pages(package: Path, target: Path, scale: float = 1.5) -> int:
    """Draw pages of a package as PNG, for a person to look at: of each way to leave, and its papers; how many."""
    target.mkdir(parents=True, exist_ok=True)
    said = json.loads((package / "manifest.json").read_text("utf-8"))["produced"]["documents"]
    wanted: list[Path] = []
    for leaves in ("redacted", "slip_sheet", "whole"):
        own = [package / one["pdf"] for one in said if one["leaves"] == leaves and not one["component"]]
        files = [package / one["pdf"] for one in said if one["leaves"] == leaves and one["component"]]
        wanted += [*own[:_DRAWN], *own[-2:], *files[:_DRAWN], *files[-2:]]
    count = 0
    for path in dict.fromkeys([*wanted, *sorted(package.glob("*.pdf"))]):
        count += draw_file(path, target, package.name, scale)
    return count


def draw_file(path: Path, target: Path, name: str, scale: float = 1.5) -> int:
    """Draw the first pages of a PDF and its last one; how many."""
    with pypdfium2.PdfDocument(path) as document:
        last = len(document) - 1
        pages = sorted({0, min(1, last), last})
        for page in pages:
            document[page].render(scale=scale).to_pil().save(target / f"{name}-{path.stem}-{page + 1:04d}.png")
    return len(pages)


def folded(text: str) -> str:
    """Without case, and with one space for any."""
    return _SPACES.sub(" ", text.replace("\x00", "")).casefold()


def _text(path: Path) -> str:
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    content = path.read_bytes()
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")


def _with_pictures(path: Path) -> list[int]:
    with pypdfium2.PdfDocument(path) as document:
        kind = pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
        return [number for number, page in enumerate(document) if any(page.get_objects(filter=[kind]))]


def _has_mark(path: Path, number: int) -> bool:
    with pypdfium2.PdfDocument(path) as document:
        image = document[number].render(scale=1).to_pil().convert("RGB")
    colours = image.getcolors(image.width * image.height) or []
    return any(
        all(abs(part - wanted) < _NEAR for part, wanted in zip(colour, MARK, strict=True))
        for _, colour in colours
        if isinstance(colour, tuple)
    )
