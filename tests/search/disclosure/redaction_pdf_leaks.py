"""PDFs that leak what was left out of them, one way each, and harmless ones with other words in the same places."""

from __future__ import annotations

import base64
import functools
import io
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, Stream

from search.disclosure.kept_text import as_html
from search.disclosure.redaction_gate import LeftOut, Output, OutputKind
from tests.search.disclosure.redaction_leaks import (
    SECRET,
    clean_pages,
    clean_text,
    pdf_output,
    source_pdf,
    text_output,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def harmless_outputs() -> Iterator[tuple[str, tuple[Output, LeftOut]]]:
    """The forms in which leaks are hidden, with other words in them: what refuses these refuses everything."""
    harmless = "Harmless words"
    raw = harmless.encode()
    yield "pdf saved again", pdf_output(changed_pdf(lambda _: None))
    yield "pdf with other text", pdf_output(drawn_pdf(_at(30, 20, f"({harmless})", "0 Tr 0 g")))
    yield "pdf with a comment in a stream", pdf_output(drawn_pdf(f"% {harmless}"))
    yield "pdf with a language", pdf_output(changed_pdf(lambda pdf: setattr(pdf.Root, "Lang", pikepdf.String("en"))))
    yield "pdf with a bookmark", pdf_output(changed_pdf(functools.partial(_bookmark, title=harmless)))
    yield "pdf with structure", pdf_output(changed_pdf(functools.partial(_structure, said=harmless)))
    yield "pdf with page labels", pdf_output(changed_pdf(functools.partial(_page_label, prefix="PRA-")))
    for name, text in {
        "base64": base64.b64encode(raw).decode(),
        "hex": raw.hex(),
        "percent": "".join(f"%{one:02x}" for one in raw),
        "octal": "".join(f"\\{one:03o}" for one in raw),
        "quoted-printable": "".join(f"={one:02X}" for one in raw),
        "another number": "+1 503 555 0199",
        "words of the passage in another order": "the board will dismiss on Tuesday; a vote at noon",
    }.items():
        yield f"text with {name}", text_output(f"{clean_text()} {text}")
    yield "html with a comment", text_output(as_html(clean_text(), "x") + f"<!-- {harmless} -->", OutputKind.HTML)
    yield "utf-16", text_output(clean_text().encode("utf-16"))


def changed_pdf(change: Callable[[Pdf], object]) -> bytes:
    """The clean document after a change."""
    with Pdf.open(io.BytesIO(clean_pages().content)) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def drawn_pdf(drawn: str) -> bytes:
    """The clean document with more drawn on its first page."""

    def change(pdf: Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        pdf.pages[0].Resources.Font["/H"] = pdf.make_indirect(font)
        pdf.pages[0].contents_add(drawn.encode("latin-1"))

    return changed_pdf(change)


def leaking_pdfs() -> Iterator[tuple[str, tuple[Output, LeftOut]]]:
    """PDFs."""
    for change in _CHANGES:
        yield f"pdf: {change.__name__.strip('_').replace('_', ' ')}", pdf_output(changed_pdf(change))
    for name, drawn in _SHOWN.items():
        yield f"pdf: {name}", pdf_output(drawn_pdf(drawn))
    clean = clean_pages().content
    boxed = source_pdf()
    yield "pdf: not redacted", pdf_output(boxed)
    yield "pdf: earlier revision", pdf_output(boxed + clean)
    added = f"9 0 obj\n({SECRET})\nendobj\nxref\n0 0\ntrailer\n<< /Size 10 /Root 1 0 R /Prev {_xref(clean)} >>\n"
    update = clean + added.encode() + b"startxref\n" + str(len(clean) + added.index("xref")).encode() + b"\n%%EOF\n"
    yield "pdf: incremental update", pdf_output(update)
    yield "pdf: bytes behind", pdf_output(clean + SECRET.encode())
    yield "pdf: name of the file", pdf_output(clean, f"{SECRET}.pdf")
    yield "pdf: cut", pdf_output(clean[:200])


def _xref(raw: bytes) -> int:
    return int(raw[raw.rindex(b"startxref") + 9 :].split()[0])


def _at(x: float, y: float, shown: str, before: str = "") -> str:
    return f"BT {before} /H 10 Tf 100 Tz 1 0 0 1 {x} {y} Tm {shown} Tj ET"


_ORDER = sorted(range(len(SECRET)), key=lambda at: (at * 5) % len(SECRET))
_SHOWN = {
    "text under the box": _at(30, 50, f"({SECRET})", "0 Tr"),
    "text under a drawn box": _at(30, 20, f"({SECRET})", "0 Tr 0 g") + " 0 g 25 15 90 16 re f",
    "text under a drawn white box": _at(30, 20, f"({SECRET})", "0 Tr 0 g") + " 1 g 25 15 90 16 re f",
    "white text": _at(30, 20, f"({SECRET})", "0 Tr 1 g"),
    "invisible text": _at(30, 20, f"({SECRET})", "3 Tr"),
    "text off the page": _at(-900, 20, f"({SECRET})", "0 Tr"),
    "octal string": _at(30, 20, "(" + "".join(f"\\{ord(one):03o}" for one in SECRET) + ")", "0 Tr"),
    "hexadecimal string": _at(30, 20, f"<{SECRET.encode().hex()}>", "0 Tr"),
    "split runs": "BT 0 Tr /H 10 Tf 30 20 Td [(Pene) -20 (lope Qu) 15 (ill)] TJ ET",
    "letter by letter": "\n".join(_at(30 + 8 * at, 20, f"({one})") for at, one in enumerate(SECRET) if one != " "),
    "letters in another order": "\n".join(
        _at(30 + 6 * at, 20, f"({SECRET[at]})", "0 Tr") for at in _ORDER if SECRET[at] != " "
    ),
    "reversed text": _at(30, 20, f"({SECRET[::-1]})", "0 Tr"),
    "comment in a stream": f"% {SECRET}",
    "clipped text": "q 0 0 1 1 re W n " + _at(30, 20, f"({SECRET})", "0 Tr") + " Q",
    "tiny text": f"BT 0 Tr /H 0.1 Tf 30 20 Td ({SECRET}) Tj ET",
    "marked content": f"/Span << /ActualText ({SECRET}) >> BDC EMC",
    "lines drawn in the box": "1 G 2 w 30 50 m 130 58 l S",
    "short name": _at(30, 20, "(Bo Li)", "0 Tr"),
    "telephone number": _at(30, 20, "(503-555-0123)", "0 Tr"),
}


def _annotation(pdf: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), Contents=pikepdf.String(SECRET))
    pdf.pages[0].Annots = Array([pdf.make_indirect(note)])


def _link(pdf: Pdf) -> None:
    action = Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org/Penelope%20Quill"))
    note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
    pdf.pages[0].Annots = Array([pdf.make_indirect(note)])


def _document_information(pdf: Pdf) -> None:
    pdf.docinfo["/Title"] = SECRET


def _xmp(pdf: Pdf) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:description"] = SECRET


def _attachment(pdf: Pdf) -> None:
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, SECRET.encode())


def _form_field(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Tx, T=pikepdf.String("a"), V=pikepdf.String(SECRET))
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]))


def _structure(pdf: Pdf, said: str = SECRET) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.P, ActualText=pikepdf.String(said))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=pdf.make_indirect(element))


def _bookmark(pdf: Pdf, title: str = SECRET) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(OutlineItem(title, 0))


def _thumbnail(pdf: Pdf) -> None:
    pdf.pages[0].Thumb = _picture(pdf)


def _picture(pdf: Pdf) -> pikepdf.Object:
    return pdf.make_indirect(
        Stream(
            pdf,
            bytes(100),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=10,
            Height=10,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
    )


def _picture_beside(pdf: Pdf) -> None:
    pdf.pages[0].Resources.XObject["/Q"] = _picture(pdf)


def _mask(pdf: Pdf) -> None:
    pdf.pages[0].Resources.XObject.P.SMask = _picture(pdf)


def _hidden_layer(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=pikepdf.String("a")))
    settings = Dictionary(OFF=Array([layer]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=settings)
    pdf.pages[0].Resources.Properties = Dictionary(L=layer)
    pdf.pages[0].contents_add(f"/OC /L BDC BT /F0 9 Tf ({SECRET}) Tj ET EMC".encode())


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String("var a = 1"))


def _name_object(pdf: Pdf) -> None:
    pdf.Root["/PenelopeQuill"] = True


def _wide_string(pdf: Pdf) -> None:
    pdf.Root.Lang = pikepdf.String(SECRET.replace("e", "\u0435e")[:1] + SECRET[1:] + "\u2713")


def _base64_in_a_stream(pdf: Pdf) -> None:
    pdf.Root["/Kept"] = pdf.make_indirect(Stream(pdf, base64.b64encode(SECRET.encode())))


def _form_object(pdf: Pdf) -> None:
    drawn = Stream(pdf, f"BT ({SECRET[:4]}) Tj ({SECRET[4:]}) Tj ET".encode(), Type=Name.XObject, Subtype=Name.Form)
    drawn.BBox = Array([0, 0, 9, 9])
    pdf.Root["/Kept"] = pdf.make_indirect(drawn)


def _private_piece(pdf: Pdf) -> None:
    pdf.Root.PieceInfo = Dictionary(A=Dictionary(Private=pikepdf.String("x")))


def _page_label(pdf: Pdf, prefix: str = SECRET) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=pikepdf.String(prefix))]))


def _destination(pdf: Pdf) -> None:
    pdf.Root.Dests = Dictionary({"/Penelope_Quill": Array([pdf.pages[0].obj, Name.Fit])})


def _nearly_black_box(pdf: Pdf) -> None:
    _change_pixels(pdf, lambda pixels: np.maximum(pixels, 2))


def _box_gone(pdf: Pdf) -> None:
    _change_pixels(pdf, lambda pixels: np.full_like(pixels, 255))


def _one_pixel(pdf: Pdf) -> None:
    def change(pixels: np.ndarray) -> np.ndarray:
        box = clean_pages().burnt[0].burn
        pixels[int(box.top) + 1, int(box.left) + 1] = 255
        return pixels

    _change_pixels(pdf, change)


def _change_pixels(pdf: Pdf, change: Callable[[np.ndarray], np.ndarray]) -> None:
    picture = pdf.pages[0].Resources.XObject.P
    pixels = np.frombuffer(picture.read_bytes(), dtype=np.uint8).reshape(int(picture.Height), int(picture.Width)).copy()
    picture.write(zlib.compress(change(pixels).tobytes()), filter=Name.FlateDecode)


def _page_missing(pdf: Pdf) -> None:
    del pdf.pages[0]


_CHANGES: tuple[Callable[[Pdf], None], ...] = (
    _annotation,
    _link,
    _document_information,
    _xmp,
    _attachment,
    _form_field,
    _structure,
    _bookmark,
    _thumbnail,
    _picture_beside,
    _mask,
    _hidden_layer,
    _script,
    _name_object,
    _wide_string,
    _base64_in_a_stream,
    _form_object,
    _private_piece,
    _page_label,
    _destination,
    _nearly_black_box,
    _box_gone,
    _one_pixel,
    _page_missing,
)
