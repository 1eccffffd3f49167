"""PDFs of a set without regions through which something leaks, one way each, and harmless ones of the same shapes.

They are typeset pages as a production has them: the gate does not draw them.
"""

from __future__ import annotations

import base64
import functools
import io
import zlib
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, Stream, String
from reportlab.pdfgen import canvas

from tests.search.disclosure.set_leaks import ACCEPTED, NAME, given, owners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from search.disclosure.production_gate_types import GivenFile

_FILE = "documents/A-1.pdf"


@functools.cache
def plain() -> bytes:
    """Two pages that say nothing of it."""
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(300, 120), invariant=1)
    for text in ("The office met somebody", "and had lunch"):
        page.setFont("Helvetica", 10)
        page.drawString(20, 90, text)
        page.showPage()
    page.save()
    with Pdf.open(io.BytesIO(out.getvalue())) as opened:
        del opened.trailer["/Info"]
        return saved(opened)


def saved(pdf: Pdf, **more: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **({"deterministic_id": True} | more))  # type: ignore[arg-type]
    return out.getvalue()


def changed(change: Callable[[Pdf], object], **more: object) -> bytes:
    with Pdf.open(io.BytesIO(plain())) as pdf:
        change(pdf)
        return saved(pdf, **more)


def shown(drawn: str, page: int = 0) -> bytes:
    """The plain document with more drawn on a page, in the font /H."""
    return changed(lambda pdf: _draw(pdf, drawn, page))


def _draw(pdf: Pdf, drawn: str, page: int) -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.pages[page].Resources.Font["/H"] = pdf.make_indirect(font)
    pdf.pages[page].contents_add(drawn.encode("latin-1"))


def _at(x: float, y: float, said: str, before: str = "") -> str:
    return f"BT {before} /H 10 Tf 100 Tz 1 0 0 1 {x} {y} Tm {said} Tj ET"


def _in_order(text: str, step: int) -> str:
    order = sorted(range(len(text)), key=lambda at: (at * step) % len(text))
    return "\n".join(_at(30 + 6 * at, 20, f"({text[at]})") for at in order if text[at] != " ")


_HEX = NAME.encode().hex()
_DRAWN: dict[str, str] = {
    "text": _at(30, 20, f"({NAME})"),
    "capitals": _at(30, 20, f"({NAME.upper()})"),
    "reversed": _at(30, 20, f"({NAME[::-1]})"),
    "white": _at(30, 20, f"({NAME})", "1 g"),
    "without ink": _at(30, 20, f"({NAME})", "3 Tr"),
    "as a clip": _at(30, 20, f"({NAME})", "7 Tr"),
    "off the page": _at(-500, 20, f"({NAME})"),
    "above the page": _at(30, 900, f"({NAME})"),
    "clipped away": "q 0 0 1 1 re W n " + _at(30, 20, f"({NAME})") + " Q",
    "very small": f"BT /H 0.01 Tf 30 20 Td ({NAME}) Tj ET",
    "under a black box": _at(30, 20, f"({NAME})") + " 0 g 25 15 90 16 re f",
    "under a white box": _at(30, 20, f"({NAME})") + " 1 g 25 15 90 16 re f",
    "letter by letter": _in_order(NAME, 1),
    "every fifth letter": _in_order(NAME, 5),
    "every third letter": _in_order(NAME, 3),
    "from the right": "\n".join(_at(200 - 6 * at, 20, f"({one})") for at, one in enumerate(NAME[::-1])),
    "kerned": "BT /H 10 Tf 30 20 Td [(Pe) -20 (nel) 15 (ope Qu) 3 (ill)] TJ ET",
    "on two lines": _at(30, 40, "(Penelope)") + _at(30, 25, "(Quill)"),
    "in two columns": _at(30, 20, "(Penelope)") + _at(200, 20, "(Quill)"),
    "turned": f"BT /H 10 Tf 0 1 -1 0 60 20 Tm ({NAME}) Tj ET",
    "mirrored": f"BT /H 10 Tf -1 0 0 1 160 20 Tm ({NAME}) Tj ET",
    "hexadecimal string": _at(30, 20, f"<{_HEX}>"),
    "octal string": _at(30, 20, "(" + "".join(f"\\{ord(one):03o}" for one in NAME) + ")"),
    "next line operators": "BT /H 10 Tf 30 40 Td (Penelope) Tj 0 -12 Td (Quill) ' ET",
    "comment": f"% {NAME}",
    "comment among many names": "/Artifact BMC EMC " * 40 + f"% {NAME}",
    "comment in hexadecimal": f"% {_HEX}",
    "comment in base64": f"% {base64.b64encode(NAME.encode()).decode()}",
    "actual text": f"/Span << /ActualText ({NAME}) >> BDC EMC",
    "actual text in UTF-16": f"/Span << /ActualText <FEFF{NAME.encode('utf-16-be').hex()}> >> BDC EMC",
    "alternative text": f"/Figure << /Alt ({NAME}) >> BDC EMC",
    "expansion": f"/Span << /E ({NAME}) >> BDC EMC",
    "name of a tag": "/Penelope#20Quill BMC EMC",
    "short name": _at(30, 20, "(Bo Li)"),
    "telephone number": _at(30, 20, "(503-555-0123)"),
    "social security number": _at(30, 20, "(219 09 9998)"),
    "part of a passage": _at(30, 20, "(that at noon the board will vote on the dismissal)"),
}


def leaking_pdfs() -> Iterator[tuple[str, GivenFile]]:
    """PDFs of the record itself, of another one, and joined ones."""
    for name, drawn in _DRAWN.items():
        yield f"pdf: {name}", given(shown(drawn), "rec_1", _FILE, "pdf")
    for change in _CHANGES:
        name = change.__name__.strip("_").replace("_", " ")
        yield f"pdf: {name}", given(changed(change), "rec_1", _FILE, "pdf")
    two = changed(lambda pdf: (_draw(pdf, _at(30, 2, "(Penelope)"), 0), _draw(pdf, _at(30, 110, "(Quill)"), 1)))
    yield "pdf: over two pages", given(two, "rec_1", _FILE, "pdf")
    streams = pikepdf.ObjectStreamMode.generate
    packed = changed(lambda pdf: pdf.Root.__setitem__("/Kept", String(NAME)), object_stream_mode=streams)
    yield "pdf: in a stream of objects", given(packed, "rec_1", _FILE, "pdf")
    yield "pdf: an earlier revision", given(shown(_DRAWN["text"]) + plain(), "rec_1", _FILE, "pdf")
    yield "pdf: an object that nothing names", given(_orphaned(), "rec_1", _FILE, "pdf")
    key = {"encryption": pikepdf.Encryption(owner="x"), "deterministic_id": False}
    yield "pdf: locked", given(changed(lambda _: None, **key), "rec_1", _FILE, "pdf")
    yield "pdf: name of the file", given(plain(), "rec_1", f"documents/{NAME}.pdf", "pdf")
    yield "pdf of another record: text", given(shown(_DRAWN["text"]), "rec_2", "documents/A-2.pdf", "pdf")
    yield "pdf of another record: bookmark", given(changed(_bookmark), "rec_2", "documents/A-2.pdf", "pdf")
    yield "pdf of another record: every fifth letter", given(shown(_in_order(NAME, 5)), "rec_2", "A-2.pdf", "pdf")
    yield "pdf of the log", given(shown(_DRAWN["text"]), None, "exemption-log.pdf", "pdf")
    yield "pdf of the letter", given(shown(_DRAWN["telephone number"]), None, "letter.pdf", "pdf")
    for page, said in ((0, NAME), (1, NAME), (0, ACCEPTED)):
        joined = given(shown(_at(30, 20, f"({said})"), page), None, "whole.pdf", "pdf", pages=owners())
        yield f"joined: page {page + 1}, {'a name' if said == NAME else 'what is accepted in the other'}", joined
    yield "joined: bookmark", given(changed(_bookmark), None, "whole.pdf", "pdf", pages=owners())
    nobodys = given(shown(_at(30, 20, f"({ACCEPTED})"), 1), None, "whole.pdf", "pdf", pages=owners()[:1])
    yield "joined: a page that is nobody's", nobodys


def harmless_pdfs() -> Iterator[tuple[str, GivenFile]]:
    """Other words in the same places."""
    drawn = {
        "text": _at(30, 20, "(Harmless words)"),
        "letter by letter": _in_order("Harmless words", 5),
        "without ink": _at(30, 20, "(Harmless words)", "3 Tr"),
        "comment": "% Harmless words",
        "actual text": "/Span << /ActualText (Harmless words) >> BDC EMC",
        "short words": _at(30, 20, "(two of them met Ann)"),
        "word that holds a short name": _at(30, 20, "(Bolivia)"),
        "a label on black": "0 g 20 15 60 14 re f " + _at(24, 20, "(b6)", "1 g"),
    }
    for name, said in drawn.items():
        yield f"pdf: {name}", given(shown(said), "rec_1", _FILE, "pdf")
    changes: dict[str, Callable[[Pdf], object]] = {
        "bookmark": lambda pdf: _bookmark(pdf, "A letter"),
        "structure": lambda pdf: _structure(pdf, "A letter"),
        "page labels": lambda pdf: _page_labels(pdf, "LAKE-"),
        "language": lambda pdf: pdf.Root.__setitem__("/Lang", String("en-US")),
        "viewer preferences": lambda pdf: pdf.Root.__setitem__(
            "/ViewerPreferences", Dictionary({"/DisplayDocTitle": True})
        ),
        "marks": lambda pdf: pdf.Root.__setitem__("/MarkInfo", Dictionary({"/Marked": True})),
        "nothing": lambda _: None,
    }
    for name, change in changes.items():
        yield f"pdf: {name}", given(changed(change), "rec_1", _FILE, "pdf")
    accepted = shown(_at(30, 20, f"({ACCEPTED})"), 1)
    yield "pdf: accepted in this record", given(accepted, "rec_2", "documents/A-2.pdf", "pdf")
    yield "joined: accepted on this page", given(accepted, None, "whole.pdf", "pdf", pages=owners())
    yield "joined: nothing", given(plain(), None, "whole.pdf", "pdf", pages=owners())


def _orphaned() -> bytes:
    raw = plain()
    at = raw.index(b"endobj") + len(b"endobj")
    return raw[:at] + b"\n%" + NAME.encode() + raw[at:]


def _bookmark(pdf: Pdf, title: str = NAME) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(OutlineItem("LAKE-000001", 0))
        outline.root[0].children.append(OutlineItem(title, 0))


def _structure(pdf: Pdf, said: str = NAME) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.Figure, Alt=String(said))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=pdf.make_indirect(element))


def _title_of_structure(pdf: Pdf) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.H1, T=String(NAME))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=pdf.make_indirect(element))


def _role_of_structure(pdf: Pdf) -> None:
    roles = Dictionary({"/PenelopeQuill": Name.P})
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, RoleMap=roles)


def _page_labels(pdf: Pdf, prefix: str = NAME) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(prefix), S=Name.D)]))


def _language(pdf: Pdf) -> None:
    pdf.Root.Lang = String(NAME)


def _named_destination(pdf: Pdf) -> None:
    names = Dictionary(Names=Array([String(NAME), Array([pdf.pages[0].obj, Name.Fit])]))
    pdf.Root.Names = Dictionary(Dests=names)


def _title(pdf: Pdf) -> None:
    pdf.docinfo["/Title"] = "A letter"


def _keywords_in_wide_letters(pdf: Pdf) -> None:
    pdf.Root["/Kept"] = String(NAME + " \u2713")


def _metadata(pdf: Pdf) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = "A letter"


def _note(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([])


def _attachment(pdf: Pdf) -> None:
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, b"x")


def _form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]))


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("1"))


def _layers(pdf: Pdf) -> None:
    pdf.Root.OCProperties = Dictionary(OCGs=Array([]), D=Dictionary())


def _thumbnail(pdf: Pdf) -> None:
    pdf.pages[0].Thumb = pdf.make_indirect(Stream(pdf, b"x"))


def _private_piece(pdf: Pdf) -> None:
    pdf.pages[0].PieceInfo = Dictionary()


def _map_of_a_font(pdf: Pdf) -> None:
    """Glyphs that look like other letters, and say the name to who copies the text."""
    codes = "".join(f"<{97 + at:02X}> <{ord(one):04X}>\n" for at, one in enumerate(NAME))
    mapped = f"begincmap 1 begincodespacerange <00> <FF> endcodespacerange {len(NAME)} beginbfchar {codes} endbfchar"
    to = pdf.make_indirect(Stream(pdf, (mapped + " endcmap").encode()))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, ToUnicode=to)
    pdf.pages[0].Resources.Font["/M"] = pdf.make_indirect(font)
    letters = "".join(chr(97 + at) for at in range(len(NAME)))
    pdf.pages[0].contents_add(f"BT /M 10 Tf 30 20 Td ({letters}) Tj ET".encode())


def _name_of_a_font(pdf: Pdf) -> None:
    pdf.pages[0].Resources.Font["/P"] = Dictionary(BaseFont=Name("/AAAAAA+PenelopeQuill"))


def _program_of_a_font(pdf: Pdf) -> None:
    program = pdf.make_indirect(
        Stream(pdf, b"\x00\x01\x00\x00" + bytes(60) + NAME.replace(" ", "").encode("utf-16-be"))
    )
    about = Dictionary(Type=Name.FontDescriptor, FontName=Name.X, FontFile2=program)
    pdf.pages[0].Resources.Font["/P"] = Dictionary(Type=Name.Font, Subtype=Name.TrueType, FontDescriptor=about)


def _text_that_says_it_is_a_font(pdf: Pdf) -> None:
    program = pdf.make_indirect(Stream(pdf, base64.b64encode(NAME.encode())))
    about = Dictionary(Type=Name.FontDescriptor, FontName=Name.X, FontFile2=program)
    pdf.pages[0].Resources.Font["/P"] = Dictionary(Type=Name.Font, Subtype=Name.TrueType, FontDescriptor=about)


def _glyph_names(pdf: Pdf) -> None:
    pdf.pages[0].Resources.Font["/P"] = Dictionary(Differences=Array([0, Name("/PenelopeQuill")]))


def _two_streams_of_a_page(pdf: Pdf) -> None:
    _draw(pdf, "BT /H 10 Tf 30 20 Td (Penel) Tj", 0)
    pdf.pages[0].contents_add(b"(ope Quill) Tj ET")


def _pattern(pdf: Pdf) -> None:
    tile = Stream(pdf, f"BT ({NAME}) Tj ET".encode(), Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1)
    tile.BBox, tile.XStep, tile.YStep, tile.Resources = Array([0, 0, 9, 9]), 9, 9, Dictionary()
    pdf.pages[0].Resources.Pattern = Dictionary(P=pdf.make_indirect(tile))


def _form_inside(pdf: Pdf) -> None:
    drawn = Stream(pdf, f"BT ({NAME[:4]}) Tj ({NAME[4:]}) Tj ET".encode(), Type=Name.XObject, Subtype=Name.Form)
    drawn.BBox = Array([0, 0, 9, 9])
    pdf.pages[0].Resources.XObject = Dictionary(F=pdf.make_indirect(drawn))


def _picture_in_a_stream(pdf: Pdf) -> None:
    pdf.pages[0].contents_add(b"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI")


def _picture_that_cannot_be_undone(pdf: Pdf) -> None:
    picture = Stream(pdf, b"\xff\xd8\xff\xfe" + NAME.encode(), Type=Name.XObject, Subtype=Name.Image)
    picture.Width = picture.Height = 1
    picture.ColorSpace, picture.BitsPerComponent, picture.Filter = Name.DeviceGray, 8, Name.DCTDecode
    pdf.pages[0].Resources.XObject = Dictionary(P=pdf.make_indirect(picture))


def _letters_as_pixels(pdf: Pdf) -> None:
    letters = NAME.casefold().replace(" ", "").encode()
    picture = Stream(pdf, letters, Type=Name.XObject, Subtype=Name.Image, ColorSpace=Name.DeviceGray)
    picture.Width, picture.Height, picture.BitsPerComponent = len(letters), 1, 8
    pdf.pages[0].Resources.XObject = Dictionary(P=pdf.make_indirect(picture))


def _hexadecimal_filter(pdf: Pdf) -> None:
    pdf.Root["/Kept"] = pdf.make_indirect(Stream(pdf, _HEX.encode() + b">", Filter=Name.ASCIIHexDecode))


def _base_85_filter(pdf: Pdf) -> None:
    packed = base64.a85encode(NAME.encode()) + b"~>"
    pdf.Root["/Kept"] = pdf.make_indirect(Stream(pdf, packed, Filter=Name.ASCII85Decode))


def _two_filters(pdf: Pdf) -> None:
    packed = base64.a85encode(zlib.compress(NAME.encode())) + b"~>"
    filters = Array([Name.ASCII85Decode, Name.FlateDecode])
    pdf.Root["/Kept"] = pdf.make_indirect(Stream(pdf, packed, Filter=filters))


_CHANGES: tuple[Callable[[Pdf], object], ...] = (
    *(_bookmark, _structure, _title_of_structure, _role_of_structure, _page_labels, _language, _named_destination),
    *(_title, _keywords_in_wide_letters, _metadata, _note, _attachment, _form, _script, _layers, _thumbnail),
    *(_private_piece, _map_of_a_font, _name_of_a_font, _program_of_a_font, _text_that_says_it_is_a_font, _glyph_names),
    *(_two_streams_of_a_page, _pattern, _form_inside, _picture_in_a_stream, _picture_that_cannot_be_undone),
    *(_letters_as_pixels, _hexadecimal_filter, _base_85_filter, _two_filters),
)
