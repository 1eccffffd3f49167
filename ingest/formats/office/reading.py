"""One office document to its text, by what its bytes are.

Rule kept: never raises for any bytes, and every document ends in text, in a reason, or in both. What is no office
document is left to others: the answer is None.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.container import MemberBroken
from ingest.formats.office.allowance import Allowance, Spent
from ingest.formats.office.binary import read_compound
from ingest.formats.office.drawings import count_others, read_charts, read_links, read_properties
from ingest.formats.office.gathered import Gathered
from ingest.formats.office.opendocument_file import MEDIA_TYPE, read_flat, read_opendocument
from ingest.formats.office.package import NoPackage, Package
from ingest.formats.office.presentation import read_presentation
from ingest.formats.office.spreadsheet import read_workbook
from ingest.formats.office.word import read_word

if TYPE_CHECKING:
    from ingest.formats.office.gathered import OfficeText

_ZIP: Final = b"PK"
_FLAT: Final = re.compile(
    rb"\s{0,99}(?:<\?xml[^>]{0,200}>\s{0,99})?(?:<!--[^>]{0,400}-->\s{0,99})?<office:document[\s>]"
)
_MAIN: Final = (
    ("wordprocessingml", read_word, "word/document.xml"),
    ("ms-word.", read_word, ""),
    ("spreadsheetml", read_workbook, "xl/workbook.xml"),
    ("ms-excel.", read_workbook, ""),
    ("presentationml", read_presentation, "ppt/presentation.xml"),
    ("ms-powerpoint.", read_presentation, ""),
)
_MIMETYPE: Final = "mimetype"
_BINARY: Final = "a workbook in the binary form of Excel (.xlsb)"


def read_office(content: bytes, allowance: Allowance | None = None) -> OfficeText | None:
    """Text of an office document; None where it is none.

    Args:
        content: all bytes of the file.
        allowance: what the documents of the record may cost together; without it that of one document.
    """
    allowance = allowance or Allowance()
    out = Gathered()
    try:
        if content.startswith(_ZIP):
            return out.done() if _read_package(content, allowance, out) else None
        if _FLAT.match(content):
            read_flat(content, allowance, out)
            return out.done()
        return out.done() if read_compound(content, out) else None
    except Spent as error:
        out.miss(f"the rest of it: {error}")
        return out.done()


def _read_package(content: bytes, allowance: Allowance, out: Gathered) -> bool:
    try:
        package = Package(content, allowance, out)
    except NoPackage as error:
        # what is cut short may have been anything; the container's reader tells the same of a zip
        out.miss(str(error))
        return True
    declared = _declared(package)
    if declared.startswith(MEDIA_TYPE):
        read_opendocument(package, out)
        return True
    if not package.has("[content_types].xml"):
        return False
    if package.is_encrypted:
        out.miss("encrypted (zip)")
        return True
    read_properties(package, out)
    count_others(package, out)
    main = _main_part(package)
    if main is None:
        is_binary = any("ms-excel.sheet.binary" in package.type_of(name) for name in package.names)
        out.miss(_BINARY if is_binary else "a package of parts of a kind that is not read")
    else:
        name, index = main
        _MAIN[index][1](package, name, out)
    read_charts(package, out)
    read_links(package, out)
    return True


def _main_part(package: Package) -> tuple[str, int] | None:
    """The main part and its place in `_MAIN`: by declared media type, else by the name that programs give it."""
    for name in package.of_type(".main+xml"):
        for index, (family, _, _) in enumerate(_MAIN):
            if family in package.type_of(name):
                return name, index
    for index, (_, _, usual) in enumerate(_MAIN):
        if usual and package.has(usual):
            return usual, index
    return None


def _declared(package: Package) -> str:
    if not package.has(_MIMETYPE):
        return ""
    try:
        first = next(iter(package.pieces(_MIMETYPE)), b"")
    except MemberBroken:
        return ""
    return first[:200].decode("ascii", "replace").strip()
