"""The text layer of a PDF (ISO 32000-1 §9.10), through PDFium (pypdfium2; pages are drawn in `pictures.pdf_pages`).

Rule kept: bounded in bytes, pages and characters, and every document ends in text or in a reason. A page
without text is no error, but it is said: a scanned page cannot be found by search until it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.office.allowance import MOST_PAGES

if TYPE_CHECKING:
    import pypdfium2

    from ingest.formats.pdf_extras import PdfExtras

MAX_BYTES = 64 * 1024 * 1024
MAX_CHARS = 4 * 1024 * 1024
_STAMP: Final = 100  # characters
_MOST_PICTURES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfText:
    """Text of all pages read, and the reason (a phrase without content) for what could not be read, if any.

    `scanned` counts pages whose pixels may hold text that is no text here (`is_scanned`). `notes` are remarks without
    content; `asserted` is what the document says of itself, and what files it names.
    """

    text: str = ""
    unread: str | None = None
    scanned: int = 0
    notes: tuple[str, ...] = ()
    asserted: tuple[str, ...] = ()


def pdf_to_text(content: bytes, most_pages: int = MOST_PAGES) -> PdfText:
    """Read text layers, annotations and forms of so many pages and 4 Mi characters; never raises for any bytes."""
    if len(content) > MAX_BYTES:
        return PdfText(unread=f"PDF over {MAX_BYTES} bytes")
    import pypdfium2  # noqa: PLC0415 - loads a large library that most mail does not need

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower()
        return PdfText(unread="encrypted PDF" if encrypted else "damaged PDF")
    except (ValueError, TypeError, MemoryError, OSError):
        return PdfText(unread="damaged PDF")
    try:
        return _read(document, most_pages)
    finally:
        document.close()


def _read(document: object, most_pages: int) -> PdfText:
    import pypdfium2  # noqa: PLC0415 - as above

    from ingest.formats.pdf_extras import PdfExtras  # noqa: PLC0415 - as above

    assert isinstance(document, pypdfium2.PdfDocument)
    extras = PdfExtras(document)
    read = _read_pages(document, extras, most_pages)
    try:
        extras.read_whole()
    except (pypdfium2.PdfiumError, ValueError, OSError, MemoryError):
        extras.unread = extras.unread or "what a damaged PDF says of itself"
    reasons = [one for one in (read.unread, extras.unread) if one]
    return replace(read, unread=", ".join(reasons) or None, notes=tuple(extras.notes), asserted=tuple(extras.asserted))


def _read_pages(document: pypdfium2.PdfDocument, extras: PdfExtras, most_pages: int) -> PdfText:
    import pypdfium2  # noqa: PLC0415 - as above

    pages: list[str] = []
    count, length, silent, stamped, damaged = len(document), 0, 0, 0, 0
    for number in range(min(count, most_pages)):
        try:
            text, is_picture, beside = _page_text(document, number, MAX_CHARS - length, extras)
        except (pypdfium2.PdfiumError, ValueError, OSError, MemoryError):
            damaged += 1
            continue
        silent += not text.strip()
        stamped += is_picture and bool(text.strip())
        beside = beside[: max(MAX_CHARS - length - len(text), 0)]
        pages += (text, beside) if beside else (text,)
        length += len(text) + len(beside)
        if length >= MAX_CHARS:
            too_long = f"PDF text over {MAX_CHARS} characters"
            return PdfText(text="\n".join(pages), unread=too_long, scanned=silent + stamped)
    unread = _reason(count, most_pages, silent, stamped, damaged)
    return PdfText(text="\n".join(pages), unread=unread, scanned=silent + stamped)


def _page_text(document: pypdfium2.PdfDocument, number: int, limit: int, extras: PdfExtras) -> tuple[str, bool, str]:
    page = document[number]
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range(0, min(max(text_page.count_chars(), 0), limit))
        finally:
            text_page.close()
        scanned = is_scanned(page, text)
        beside = extras.of_page(page)
    finally:
        page.close()
    return storable(str(text)).replace("\r\n", "\n").replace("\r", "\n"), scanned, beside


def is_scanned(page: object, text: str) -> bool:
    """Whether a page (of pypdfium2) has no text, or next to none (a stamp, a number) over a picture of half its size.

    Raises:
        pypdfium2.PdfiumError: the page is damaged.
    """
    import pypdfium2.raw  # noqa: PLC0415 - as above

    letters = len(text.strip())
    if letters == 0 or letters >= _STAMP:
        return letters == 0
    across, down = page.get_size()  # type: ignore[attr-defined]
    pictures = page.get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,), max_depth=1)  # type: ignore[attr-defined]
    for picture in islice(pictures, _MOST_PICTURES):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) >= across * down / 2:
            return True
    return False


def _reason(count: int, most_pages: int, silent: int, stamped: int, damaged: int) -> str | None:
    if count == 0:
        return "PDF without pages"
    reasons = []
    if count > most_pages:
        reasons.append(f"{count - most_pages} PDF pages beyond the first {most_pages}")
    if damaged:
        reasons.append(f"{damaged} damaged PDF pages")
    if silent:
        reasons.append(f"{silent} of {count} PDF pages without text")
    if stamped:
        reasons.append(f"{stamped} of {count} PDF pages are pictures with hardly any text")
    return ", ".join(reasons) or None
