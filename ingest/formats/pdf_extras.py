"""What a PDF holds beside its pages' text: annotations, values of forms, files, scripts, and what it says of itself.

Rule kept: bounded in count and characters. Scripts are counted and never run: PDFium is built without a script engine
here, and no event of a form is raised. Forms are opened because their values are part of no page's text (ISO 32000-1
§12.7); files inside are named and not read (§7.11.4).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.formats.charsets import storable
from ingest.formats.office.gathered import said_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RAISED: Final = (pypdfium2.PdfiumError, ValueError, TypeError, OSError, RuntimeError, ctypes.ArgumentError)
_MOST_ON_A_PAGE: Final = 2_000
_MOST: Final = 20_000
_MOST_FILES: Final = 20
_LONGEST: Final = 20_000  # characters of one value
_LONGEST_FACT: Final = 1_000
_FACTS: Final = {
    "Title": "title",
    "Author": "author",
    "Subject": "subject",
    "Keywords": "keywords",
    "Creator": "program",
    "Producer": "written with",
    "CreationDate": "created",
    "ModDate": "last saved",
}


@dataclass(slots=True)
class PdfExtras:
    """What is gathered beside the text of pages.

    Args:
        document: of pypdfium2, of which no page was loaded yet.
    """

    document: pypdfium2.PdfDocument
    notes: dict[str, None] = field(default_factory=dict)
    asserted: dict[str, None] = field(default_factory=dict)
    left: int = _MOST
    unread: str | None = None
    _forms: object | None = None

    def __post_init__(self) -> None:
        """Open the forms, which must be before the first page."""
        try:
            if self.document.init_forms() and self.document.formenv is not None:
                self._forms = self.document.formenv.raw
        except _RAISED:
            self.unread = "the values of a damaged form"

    def read_whole(self) -> None:
        """Read what belongs to no page."""
        for name, ours in _FACTS.items():
            value = " ".join(storable(str(self.document.get_metadata_value(name))[: 2 * _LONGEST_FACT]).split())
            if value:
                self.asserted[f"the document says of itself, {ours}: {value[:_LONGEST_FACT]}"] = None
        scripts = pdfium.FPDFDoc_GetJavaScriptActionCount(self.document)
        if scripts > 0:
            self.notes["it has scripts, which were not run"] = None
        files = self.document.count_attachments()
        if files <= 0:
            return
        self.notes[f"{files:,} files in it are not read"] = None
        for number in range(min(files, _MOST_FILES)):
            name = storable(str(self.document.get_attachment(number).get_name())).strip()
            self.asserted[f"the document has a file in it named {name[:_LONGEST_FACT]}"] = None

    def of_page(self, page: pypdfium2.PdfPage) -> str:
        """Annotations of a page and values of the forms on it, a line each; empty where there are none."""
        count = pdfium.FPDFPage_GetAnnotCount(page)
        if count <= 0:
            return ""
        taken = min(count, _MOST_ON_A_PAGE, self.left)
        if taken < count:
            self.unread = "annotations beyond those that are read"
        self.left -= taken
        known: dict[str, None] = {}
        for number in range(taken):
            annotation = pdfium.FPDFPage_GetAnnot(page, number)
            if not annotation:
                continue
            try:
                known |= dict.fromkeys(self._of(annotation))
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)
        return "\n".join(known)

    def _of(self, annotation: object) -> Iterator[str]:
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium.FPDF_ANNOT_LINK:
            address = self._address(annotation)
            if address:
                yield f"Link: {address}"
        if kind == pdfium.FPDF_ANNOT_WIDGET:
            if self._forms is not None:
                yield from self._value(annotation)
        elif kind != pdfium.FPDF_ANNOT_POPUP:
            text = _wide(lambda *room: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", *room))
            if text:
                who = _wide(lambda *room: pdfium.FPDFAnnot_GetStringValue(annotation, b"T", *room))
                when = _wide(lambda *room: pdfium.FPDFAnnot_GetStringValue(annotation, b"M", *room))
                yield f"Comment{said_by(who[:200], when[:50])}: {text}"

    def _value(self, annotation: object) -> Iterator[str]:
        """The value of a form's field with its name (§12.7.3)."""
        value = _wide(lambda *room: pdfium.FPDFAnnot_GetFormFieldValue(self._forms, annotation, *room))
        if value:
            name = _wide(lambda *room: pdfium.FPDFAnnot_GetFormFieldName(self._forms, annotation, *room))
            yield f"{name[:200]}: {value}" if name else value

    def _address(self, annotation: object) -> str:
        link = pdfium.FPDFAnnot_GetLink(annotation)
        action = pdfium.FPDFLink_GetAction(link) if link else None
        if not action:
            return ""
        size = pdfium.FPDFAction_GetURIPath(self.document, action, None, 0)
        if not 1 < size <= _LONGEST:
            return ""
        room = ctypes.create_string_buffer(size)
        pdfium.FPDFAction_GetURIPath(self.document, action, room, size)
        return storable(room.value.decode("utf-8", "replace")).strip()


def _wide(call: Callable[..., int]) -> str:
    """A string in UTF-16 that PDFium writes into a buffer, after it told how many bytes it needs."""
    size = call(None, 0)
    if not 2 < size <= 2 * _LONGEST:  # noqa: PLR2004 - two bytes are the end alone
        return "" if size <= 2 else "(a text too long to be read)"  # noqa: PLR2004 - as above
    room = ctypes.create_string_buffer(size)
    call(ctypes.cast(room, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    text = room.raw[: size - 2].decode("utf-16-le", "replace")
    return storable(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
