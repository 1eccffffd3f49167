"""Documents of a production as tests need them: one mail, or more with attachments, with values that break files."""

from __future__ import annotations

from typing import Any

from search.disclosure.release_types import Leaves, ProducedDocument, ReleasedDocument

# separators, quotes, line ends, controls, formulas, markup, other scripts, halves of pairs
HOSTILE = (
    "Gu\xf0\xfeór \xfe, \x14 \xae",
    "two\r\nlines\nand\rmore\x0b\x0c\x85\u2028\u2029",
    "\x00\x01\x1f\x7f\x9f nulls",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    '<Tag TagValue="x">&amp;</Tag>]]>',
    'a "quoted", value; with commas',
    "\u05e9\u05dc\u05d5\u05dd \u202e gnp.exe",
    "smile \U0001f600 and half \ud83d",
    "tab\there",
)


def produced(
    first: int = 1, pages: int = 1, *, family: tuple[int, int] | None = None, **about: Any
) -> ProducedDocument:
    """A document with the numbers LAKE-000001 and so on; fields by their names, the rest by that of the class."""
    fields = {
        name: str(about.pop(name)) for name in ("from", "to", "cc", "subject", "sent", "file_name") if name in about
    }
    fields |= dict(about.pop("fields", {}))
    of = family or (first, first + pages - 1)
    document = ReleasedDocument(
        record_id=str(about.pop("record_id", f"rec_{first}")),
        component=about.pop("component", None),
        title=str(about.pop("title", "A mail")),
        leaves=about.pop("leaves", Leaves.WHOLE),
        pages=b"",
        page_count=pages,
        text=str(about.pop("text", "Some text.")),
        fields=fields,
        media_type=str(about.pop("media_type", "message/rfc822")),
        codes=about.pop("codes", ()),
        messages=about.pop("messages", {}),
    )
    number = number_of(first)
    return ProducedDocument(
        document=document,
        first=number,
        last=number_of(first + pages - 1),
        family_first=number_of(of[0]),
        family_last=number_of(of[1]),
        custodian=str(about.pop("custodian", "Jane Doe")),
        pdf_path=str(about.pop("pdf_path", f"pdf/{number}.pdf")),
        text_path=f"text/{number}.txt",
        native_path=about.pop("native_path", None),
        pdf_sha256="ab" * 32,
    )


def number_of(page: int) -> str:
    """The number of a page."""
    return f"LAKE-{page:06d}"
