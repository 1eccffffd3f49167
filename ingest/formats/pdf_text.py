"""The text layer of a PDF (ISO 32000-1 §9.10), through PDFium; this file alone knows pypdfium2.

Rule kept: bounded in bytes, pages and characters, and every document ends in text or in a reason. A page
without text is no error, but it is said: a scanned page cannot be found by search.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.formats.charsets import storable

MAX_BYTES = 64 * 1024 * 1024
MAX_PAGES = 500
MAX_CHARS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfText:
    """Text of all pages read, and the reason (a phrase without content) for what could not be read, if any."""

    text: str = ""
    unread: str | None = None


def pdf_to_text(content: bytes) -> PdfText:
    """Read the text layer of at most 500 pages and 4 Mi characters; never raises for any bytes."""
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
        return _read_pages(document)
    finally:
        document.close()


def _read_pages(document: object) -> PdfText:
    import pypdfium2  # noqa: PLC0415 - as above

    assert isinstance(document, pypdfium2.PdfDocument)
    pages: list[str] = []
    count, length, silent, damaged = len(document), 0, 0, 0
    for number in range(min(count, MAX_PAGES)):
        try:
            text = _page_text(document, number, MAX_CHARS - length)
        except (pypdfium2.PdfiumError, ValueError, OSError, MemoryError):
            damaged += 1
            continue
        silent += not text.strip()
        pages.append(text)
        length += len(text)
        if length >= MAX_CHARS:
            return PdfText(text="\n".join(pages), unread=f"PDF text over {MAX_CHARS} characters")
    return PdfText(text="\n".join(pages), unread=_reason(count, silent, damaged))


def _page_text(document: object, number: int, limit: int) -> str:
    page = document[number]  # type: ignore[index]
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range(0, min(max(text_page.count_chars(), 0), limit))
        finally:
            text_page.close()
    finally:
        page.close()
    return storable(str(text)).replace("\r\n", "\n").replace("\r", "\n")


def _reason(count: int, silent: int, damaged: int) -> str | None:
    if count == 0:
        return "PDF without pages"
    reasons = []
    if count > MAX_PAGES:
        reasons.append(f"{count - MAX_PAGES} PDF pages beyond the first {MAX_PAGES}")
    if damaged:
        reasons.append(f"{damaged} damaged PDF pages")
    if silent:
        reasons.append(f"{silent} of {count} PDF pages without text")
    return ", ".join(reasons) or None
