"""Load files of a production: a row a document (Concordance DAT) and a row a page (Opticon OPT). Pure, streaming.

Rules kept:

- Both are conventions without a governing body. A DAT has values in ``þ`` (U+00FE), fields apart by U+0014, and ``®``
  (U+00AE) where a value has a line end; the text is UTF-8, with a byte order mark unless it is asked for without.
- A value cannot break its row: a ``þ`` in it is doubled, as readers of quoted values undo it; a ``®`` in it, which
  cannot be told from a line end, is written ``(R)``; controls are U+FFFD. The CSV index has such values as they are.
- An OPT has no quotes, so a number or path that would break its row is refused. Its pages are counted from the first
  number on, and must end at the document's last one.
- There are no TIFF files: a page is a page of the document's PDF, which keeps its text for who cannot see it.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from search.disclosure.release_types import Leaves
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from search.disclosure.release_types import ProducedDocument

_QUOTE: Final = "\N{LATIN SMALL LETTER THORN}"
_APART: Final = "\x14"
_LINE: Final = "\N{REGISTERED SIGN}"
_MARK: Final = "\N{BYTE ORDER MARK}".encode()
_LINE_ENDS: Final = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_HIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_OFFSET: Final = re.compile(r"(\d) ([+-]\d\d:?\d\d)\Z", re.ASCII)
_NUMBER: Final = re.compile(r"(.*?)(\d+)", re.ASCII | re.DOTALL)
_PLAIN_CELL: Final = re.compile(r'[^,"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*')
_REDACTED: Final = {Leaves.WHOLE: "No", Leaves.REDACTED: "Yes", Leaves.SLIP_SHEET: "Slip sheet"}


def read_moment(text: str) -> datetime | None:
    """A moment as it stands in what is given, such as ``2026-03-02 10:00:00 -0800``; None where it is none."""
    try:
        return datetime.fromisoformat(_OFFSET.sub(r"\1\2", text.strip()))
    except ValueError:
        return None


def date_and_time(sent: str) -> tuple[str, str]:
    """A moment as a date and a time, such as ``2026-03-02`` and ``10:00:00``; what is none stays as the date."""
    moment = read_moment(sent)
    if moment is None:
        return sent, ""
    if len(sent.strip()) <= len("2026-03-02"):
        return moment.date().isoformat(), ""
    return moment.date().isoformat(), moment.timetz().isoformat("seconds")


def sent_of(one: ProducedDocument) -> str:
    """When a document was sent, first as it is printed there; of a conversation its day."""
    fields = one.document.fields
    return fields.get("date") or fields.get("sent") or fields.get("day", "")


def _field(name: str) -> Callable[[ProducedDocument], str]:
    return lambda one: one.document.fields.get(name, "")


def _kind(one: ProducedDocument) -> str:
    return one.document.fields.get("kind") or one.document.media_type


def _suffix(one: ProducedDocument) -> str:
    return PurePosixPath(one.document.fields.get("file_name", "")).suffix.removeprefix(".").lower()


_VALUES: Final[dict[str, Callable[[ProducedDocument], str]]] = {
    "BEGDOC": lambda one: one.first,
    "ENDDOC": lambda one: one.last,
    "BEGATTACH": lambda one: one.family_first,
    "ENDATTACH": lambda one: one.family_last,
    "CUSTODIAN": lambda one: one.custodian,
    "FROM": _field("from"),
    "TO": _field("to"),
    "CC": _field("cc"),
    "BCC": _field("bcc"),
    "PARTICIPANTS": _field("participants"),
    "PLATFORM": _field("platform"),
    "SUBJECT": lambda one: one.document.fields.get("subject") or one.document.fields.get("title", ""),
    "DATESENT": lambda one: date_and_time(sent_of(one))[0],
    "TIMESENT": lambda one: date_and_time(sent_of(one))[1],
    "FILENAME": _field("file_name"),
    "FILEEXT": _suffix,
    "DOCTYPE": _kind,
    "PAGECOUNT": lambda one: str(one.document.page_count),
    "REDACTED": lambda one: _REDACTED[one.document.leaves],
    "EXEMPTIONS": lambda one: "; ".join(one.document.codes),
    "SHA256": lambda one: one.pdf_sha256,
    "NATIVELINK": lambda one: one.native_path or "",
    "TEXTLINK": lambda one: one.text_path,
    "PDFLINK": lambda one: one.pdf_path,
    "RECORDID": lambda one: one.document.record_id,
}
LINKS: Final = frozenset({"NATIVELINK", "TEXTLINK", "PDFLINK"})
FIELDS: Final = tuple(_VALUES)
"""The fields that are known, in the order in which they stand where no other is asked for."""


def values_of(one: ProducedDocument, fields: Sequence[str] = FIELDS) -> list[str]:
    """The values of a document's fields.

    Raises:
        InvalidInput: a field is none of those that are known.
    """
    return [_VALUES[name](one) for name in checked_fields(fields)]


def checked_fields(fields: Sequence[str]) -> Sequence[str]:
    """The same fields.

    Raises:
        InvalidInput: one is none of those that are known, or there is none.
    """
    unknown = next((one for one in fields if one not in _VALUES), None)
    if unknown is not None or not fields:
        raise InvalidInput(f"a load file has no field {str(unknown)[:40]!r}; there are: {', '.join(FIELDS)}")
    return fields


def dat_pieces(
    documents: Iterable[ProducedDocument],
    *,
    fields: Sequence[str] = FIELDS,
    mark: bool = True,
    backslashes: bool = True,
) -> Iterator[bytes]:
    r"""A DAT file, row by row.

    Args:
        documents: in the order of their numbers.
        fields: which fields, in which order.
        mark: whether it begins with a byte order mark, without which some programs take UTF-8 for code page 1252.
        backslashes: whether paths have ``\``, as most programs that read such files want it, or ``/``.

    Raises:
        InvalidInput: a field is none of those that are known.
    """
    names = checked_fields(fields)
    if mark:
        yield _MARK
    yield _row(names)
    for one in documents:
        values = values_of(one, names)
        if backslashes:
            values = [
                value.replace("/", "\\") if name in LINKS else value for name, value in zip(names, values, strict=True)
            ]
        yield _row(values)


def opt_pieces(
    documents: Iterable[ProducedDocument], volume: str, *, by_page: bool = True, backslashes: bool = True
) -> Iterator[bytes]:
    r"""An OPT file, row by row: number, volume, file, ``Y`` where a document begins, two empty fields, pages.

    Args:
        documents: in the order of their numbers.
        volume: what the production is called.
        by_page: a row a page, each with the PDF of its document; else a row a document, which is what programs
            take that read a PDF of several pages as one image file.
        backslashes: whether paths have ``\`` or ``/``.

    Raises:
        InvalidInput: a number, path or the volume would break its row, or pages do not end at the last number.
    """
    for one in documents:
        path = one.pdf_path.replace("/", "\\") if backslashes else one.pdf_path
        for index, number in enumerate(page_numbers(one.first, one.document.page_count)):
            if index and not by_page:
                break
            cells = [number, volume, path, "" if index else "Y", "", "", "" if index else str(one.document.page_count)]
            if not all(_PLAIN_CELL.fullmatch(cell) for cell in cells):
                raise InvalidInput("an OPT file cannot have commas, quotes or controls in a number, path or volume")
            yield (",".join(cells) + "\r\n").encode()
        if page_numbers(one.first, one.document.page_count)[-1] != one.last:
            raise InvalidInput(f"the pages of {one.first} do not end at {one.last}; number the production again")


def page_numbers(first: str, count: int) -> list[str]:
    """The numbers of a document's pages, from that of its first one on, each as wide as that.

    Raises:
        InvalidInput: the first number does not end in digits.
    """
    found = _NUMBER.fullmatch(first)
    if found is None:
        raise InvalidInput(f"{first[:40]!r} is no number of a page; it ends in digits")
    prefix, digits = found.groups()
    return [f"{prefix}{int(digits) + index:0{len(digits)}d}" for index in range(count)]


def _row(values: Sequence[str]) -> bytes:
    return (_APART.join(f"{_QUOTE}{_held(one)}{_QUOTE}" for one in values) + "\r\n").encode()


def _held(value: str) -> str:
    """A value that cannot end its field or its row."""
    text = value.replace(_LINE, "(R)").replace(_QUOTE, _QUOTE * 2).replace("\t", " ")
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", _LINE_ENDS.sub(_LINE, text))
