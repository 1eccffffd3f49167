"""Numbers and stamps at the foot of pages that are given, and several documents as one with bookmarks; pikepdf.

Rules kept: only files that were set here are opened here (`page_setting`, `page_pictures`), never one that somebody
handed in. The strip at the foot is theirs alone, and what is put into it is text, marked as an artifact: it is no part
of the document. Bookmarks are an outline (ISO 32000-1 §12.3.3). The same input gives the same bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, Stream

from search.disclosure.page_fonts import FontPlan, width_of
from search.disclosure.page_lines import Marks, points, runs_of
from search.disclosure.page_objects import STEM, SYMBOLIC
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search.disclosure.page_fonts import FontSlice

MOST_MARKS: Final = 6
LONGEST_STAMP: Final = 200
_SIZE: Final = 9.0
_SMALLEST: Final = 4.0
_EDGE: Final = 24.0
_LINE: Final = 13.0
_NO_MARKS: Final = Marks(())
_RAISED: Final = (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """An entry of an outline: its title, its page from 1, and what is below it."""

    title: str
    page: int
    below: tuple[Bookmark, ...] = field(default=())


def stamp(
    pdf: bytes,
    numbers: Sequence[str],
    *,
    marks: Sequence[str] = (),
    title: str,
    bookmarks: Sequence[tuple[str, int]] = (),
) -> bytes:
    """A document with its pages' numbers and stamps.

    Args:
        pdf: as `page_setting` or `page_pictures` wrote it.
        numbers: that of each page, such as ``LAKE-000017``.
        marks: stamps on every page, such as ``CONFIDENTIAL``; the number stands to the right, they to the left.
        title: of the document; the first bookmark where no others are given.
        bookmarks: title and page (from 1) of each.

    Raises:
        InvalidInput: there are not as many numbers as pages, a stamp is too long, or the file is none of ours.
    """
    if len(marks) > MOST_MARKS or not all(0 < len(one) <= LONGEST_STAMP for one in (*marks, *numbers)):
        raise InvalidInput(f"A page has at most {MOST_MARKS} stamps of at most {LONGEST_STAMP} characters.")
    try:
        with Pdf.open(io.BytesIO(pdf)) as opened:
            if len(opened.pages) != len(numbers):
                raise InvalidInput("A document is stamped with as many numbers as it has pages.")
            stamps = _Stamps(opened, marks, numbers)
            for page, number in zip(opened.pages, numbers, strict=True):
                stamps.put(page.obj, number)
            items = tuple(Bookmark(title=one, page=page) for one, page in bookmarks)
            _outline(opened, items or (Bookmark(title=title, page=1),))
            return _written(opened)
    except _RAISED:
        pass  # what pikepdf says can quote the file
    raise InvalidInput("A file cannot be stamped, since it is none that was set here.")


def join(pdfs: Iterable[bytes], bookmarks: Sequence[Bookmark]) -> bytes:
    """Several documents as one, in order, with these bookmarks; pages count through all of them.

    Raises:
        InvalidInput: a file is none of ours, or a bookmark names a page that is not there.
    """
    try:
        with Pdf.new() as whole:
            fonts: dict[str, pikepdf.Object] = {}
            for one in pdfs:
                with Pdf.open(io.BytesIO(one)) as opened:
                    _append(whole, opened, fonts)
            _outline(whole, bookmarks)
            return _written(whole)
    except _RAISED:
        pass
    raise InvalidInput("Files cannot be joined, since one is none that was set here.")


class _Stamps:
    """Puts numbers and stamps into the strips of one document; fonts that it lacks are added to it once."""

    def __init__(self, pdf: Pdf, marks: Sequence[str], numbers: Sequence[str]) -> None:
        self._pdf = pdf
        self._marks = "   ".join(marks)
        self._plan = FontPlan([self._marks, *numbers])
        self._known: dict[int, dict[str, str]] = {}

    def put(self, page: pikepdf.Object, number: str) -> None:
        """One page: its number to the right, the stamps to the left, smaller where they would not fit."""
        room = float(page.MediaBox[2]) - 2 * _EDGE
        wide = width_of(number)
        size = _fitting(wide, room)
        rows = list(self._text(page, number, _EDGE + room - points(wide, size), size))
        if self._marks:
            left = max(room / 4, room - points(wide, size) - _EDGE)
            rows += self._text(page, self._marks, _EDGE, _fitting(width_of(self._marks), left))
        content = "\n/Artifact BMC\n" + "\n".join(rows) + "\nEMC"
        drawn = page.Contents.read_bytes() + content.encode("ascii")
        page.Contents = self._pdf.make_indirect(Stream(self._pdf, drawn))

    def _text(self, page: pikepdf.Object, text: str, x: float, size: float) -> Iterator[str]:
        yield f"BT 0 g 0 Tr 100 Tz 1 0 0 1 {x:.2f} {_LINE:.2f} Tm"
        for run in runs_of(text, _NO_MARKS):
            if run.kind != "text":
                raise InvalidInput("A stamp has letters that stand side by side from left to right. Use others.")
            for one, codes in self._plan.encoded(run.font, run.text):
                yield f"/{self._font(page, one)} {size:.2f} Tf <{codes}> Tj"
        yield "ET"

    def _font(self, page: pikepdf.Object, one: FontSlice) -> str:
        """The name of a font in the document's fonts, which all of its pages share."""
        fonts = page.Resources.Font
        known = self._known.setdefault(fonts.objgen[0], {})
        if not known:
            known |= {str(font.get("/BaseFont", "")): str(name)[1:] for name, font in fonts.items()}
        if f"/{one.name}" not in known:
            name = f"S{len(fonts.keys())}"
            fonts[f"/{name}"] = self._pdf.make_indirect(self._made(one))
            known[f"/{one.name}"] = name
        return known[f"/{one.name}"]

    def _made(self, one: FontSlice) -> Dictionary:
        program = Stream(self._pdf, b"")
        program.write(one.program, filter=Name.FlateDecode)
        program.Length1 = one.length
        mapped = Stream(self._pdf, b"")
        mapped.write(one.to_unicode, filter=Name.FlateDecode)
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name(f"/{one.name}"),
            Flags=SYMBOLIC,
            FontBBox=Array(list(one.box)),
            ItalicAngle=0,
            Ascent=one.ascent,
            Descent=one.descent,
            CapHeight=one.cap_height,
            StemV=STEM,
            FontFile2=self._pdf.make_indirect(program),
        )
        return Dictionary(
            Type=Name.Font,
            Subtype=Name.TrueType,
            BaseFont=Name(f"/{one.name}"),
            FirstChar=0,
            LastChar=len(one.widths) - 1,
            Widths=Array(list(one.widths)),
            FontDescriptor=self._pdf.make_indirect(descriptor),
            ToUnicode=self._pdf.make_indirect(mapped),
        )


def _fitting(width: int, room: float) -> float:
    """The size of letters by which a text of this width fits into so many points."""
    wanted = points(width, _SIZE)
    return _SIZE if wanted <= room else max(_SMALLEST, _SIZE * room / wanted)


def _append(whole: Pdf, opened: Pdf, fonts: dict[str, pikepdf.Object]) -> None:
    """All pages of a document behind those that there are, with the tree of its parts; each font stands once."""
    root = whole.Root
    if "/StructTreeRoot" not in root:
        root.Lang = (
            whole.copy_foreign(opened.Root.Lang) if isinstance(opened.Root.Lang, Dictionary) else str(opened.Root.Lang)
        )
        root.MarkInfo = Dictionary(Marked=True)
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        root.StructTreeRoot = whole.make_indirect(
            Dictionary(Type=Name.StructTreeRoot, K=Array(), ParentTree=Dictionary(Nums=Array()), ParentTreeNextKey=0)
        )
    tree = root.StructTreeRoot
    first = int(tree.ParentTreeNextKey)
    begin = len(whole.pages)
    whole.pages.extend(opened.pages)
    taken = whole.copy_foreign(opened.Root.StructTreeRoot)
    for at in range(len(opened.pages)):
        page = whole.pages[begin + at].obj
        page.StructParents = first + at
        shared = page.Resources.Font
        if at == 0:
            for name, font in shared.items():
                if "/BaseFont" in font:
                    shared[name] = fonts.setdefault(str(font.BaseFont), font)
    numbers = tree.ParentTree.Nums
    rows = taken.ParentTree.Nums
    for at in range(0, len(rows), 2):
        numbers.append(first + int(rows[at]))
        numbers.append(rows[at + 1])
    taken.K.P = tree
    tree.K.append(taken.K)
    tree.ParentTreeNextKey = first + int(taken.ParentTreeNextKey)


def _outline(pdf: Pdf, bookmarks: Sequence[Bookmark]) -> None:
    with pdf.open_outline() as outline:
        outline.root.clear()
        outline.root.extend(_item(one, len(pdf.pages)) for one in bookmarks)


def _item(one: Bookmark, pages: int) -> OutlineItem:
    if not 1 <= one.page <= pages:
        raise InvalidInput("A bookmark names a page that is not there.")
    item = OutlineItem(one.title, one.page - 1)
    item.children.extend(_item(below, pages) for below in one.below)
    return item


def _written(pdf: Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()
