"""PDFs made to harm whoever opens them, by name."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

Case = tuple[str, bytes]


def documents() -> Iterator[Case]:
    """Hostile PDFs by name."""
    yield "PDF that is encrypted", drawn_pdf(1, encrypt=StandardEncryption("hidden", canPrint=0))
    yield "PDF of 10,000 pages", pages(10_000)
    yield "PDF that counts four billion pages", pages(1).replace(b"/Count 1", b"/Count 4294967295")
    yield "PDF with a page of two million inches", pages(1).replace(b"[0 0 99 99]", b"[0 0 144000000 144000000]")
    yield "PDF with a page of no size", pages(1).replace(b"[0 0 99 99]", b"[0 0 0 0]")
    yield "PDF with a page a hair wide", pages(1).replace(b"[0 0 99 99]", b"[0 0 0.0001 14400]")
    yield "PDF with a page of wrong numbers", pages(1).replace(b"[0 0 99 99]", b"[9e99 -9e99 nan 1]")
    yield "PDF whose pages are their own parents", pages(1).replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]")
    yield (
        "PDF with a script",
        pages(1).replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(while\\(true\\){app.alert\\(1\\)})>>"),
    )
    yield "PDF that starts a program", pages(1).replace(b"/Catalog", b"/Catalog/OpenAction<</S/Launch/F(/bin/sh)>>")
    yield "PDF with a bomb of Deflate", _stream(zlib.compress(b"0 0 m 99 99 l S " * 20_000), b"/Filter/FlateDecode")
    yield (
        "PDF with bombs in bombs",
        _stream(
            zlib.compress(zlib.compress(zlib.compress(bytes(200 << 20), 9), 9), 9),
            b"/Filter[/FlateDecode/FlateDecode/FlateDecode]",
        ),
    )
    yield (
        "PDF with a picture of four billion pixels",
        _stream(b"q 99 0 0 99 0 0 cm BI /W 65535 /H 65535 /CS /RGB /BPC 8 ID x EI Q", b""),
    )
    yield (
        "PDF that draws itself in itself",
        _stream(b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>"),
    )
    yield "PDF with an XFA form", pages(1).replace(b"/Catalog", b"/Catalog/AcroForm<</XFA 2 0 R/Fields[]>>")
    yield "PDF of brackets", b"%PDF-1.7\n" + b"[" * 1_000_000
    yield "PDF of dictionaries", b"%PDF-1.7\n1 0 obj" + b"<</A" * 300_000


def drawn_pdf(count: int, encrypt: StandardEncryption | None = None) -> bytes:
    """A PDF of pages without text."""
    written = io.BytesIO()
    canvas = Canvas(written, encrypt=encrypt)
    for _ in range(count):
        canvas.rect(100, 100, 200, 200, fill=1)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def pages(count: int) -> bytes:
    """A PDF that says how it is built, so that tests can say it otherwise; all of its pages are the same one."""
    kids = b" ".join(b"3 0 R" for _ in range(count))
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[%b]/Count %d>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Length 18>>stream\n9 9 50 50 re f    \nendstream endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n"
    ) % (kids, count)


def _stream(content: bytes, more: bytes) -> bytes:
    whole = pages(1).replace(b"/Contents 4 0 R", b"/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>")
    start, end = whole.index(b"4 0 obj"), whole.index(b"trailer")
    return (
        whole[:start]
        + b"4 0 obj<</Length %d%b>>stream\n%b\nendstream endobj\n" % (len(content), more, content)
        + whole[end:]
    )
