"""A declaration on paper: who searched which of his accounts for what, what he says of it, and a line to sign on.

Rule: it has all of the signed document and names its file by SHA-256. The same declaration gives the same bytes where
the same fonts are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.pdf_fonts import BOLD, PLAIN, markup, register
from archiver.plain_paper import on_plain_paper

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESULTS: Final = {
    "none": "Nothing was found.",
    "submitted": "What was found was handed in to the archive.",
    "personal": "All that was found is personal and no record of the agency.",
}


def declaration_pdf(document: Mapping[str, Any], sha256: str) -> bytes:
    """The declaration as PDF; `document` is the signed one, `sha256` that of its file."""
    # loaded here, since few commands make one
    from reportlab import rl_config  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import Paragraph, Spacer  # noqa: PLC0415

    rl_config.invariant = 1
    register()
    plain = ParagraphStyle("plain", fontName=PLAIN, fontSize=10.5, leading=15, spaceAfter=7, splitLongWords=1)
    small = ParagraphStyle("small", parent=plain, fontSize=8, leading=11)
    title = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=20, spaceAfter=12)
    head = ParagraphStyle("head", fontName=BOLD, fontSize=11, leading=15, spaceBefore=8, spaceAfter=3)
    said = document["declared"]
    story: list[Any] = [
        Paragraph(markup("Declaration of a search of personal accounts", bold=True), title),
        Paragraph(markup(f"{document['agency']}, request {said['request']}, search {said['search']}"), plain),
        Paragraph(markup(f"{said['custodian']['name']}, {said['custodian']['address']}"), plain),
        Paragraph(markup("Accounts and devices", bold=True), head),
        *[Paragraph(markup(one), plain) for one in said["accounts"]],
        Paragraph(markup("Searched for", bold=True), head),
        *_paragraphs(said["subject"], Paragraph, plain),
        Paragraph(markup("Result", bold=True), head),
        Paragraph(markup(_RESULTS[said["result"]]), plain),
        Paragraph(markup("Facts", bold=True), head),
        *_paragraphs(said["facts"], Paragraph, plain),
        Spacer(1, 10),
        Paragraph(markup(_declared(said)), plain),
        Spacer(1, 34),
        Paragraph(markup("_" * 44), plain),
        Paragraph(markup(f"{said['custodian']['name']}: signature, place and date"), small),
        Spacer(1, 12),
        Paragraph(markup(f"Signed file: SHA-256 {sha256}; key {document['fingerprint']}"), small),
    ]
    if said["test_archive"]:
        story.insert(1, Paragraph(markup("Made in an archive for tests."), plain))
    return on_plain_paper(story, title="Declaration of a search of personal accounts", author=document["agency"])


def _paragraphs(text: str, paragraph: Any, style: Any) -> list[Any]:
    return [paragraph(markup(line), style) for line in text.splitlines() if line.strip()]


def _declared(said: Mapping[str, Any]) -> str:
    if said["on_paper"]:
        return f"Written down on {said['declared_at'][:10]} by {said['declared_by']} from a signed paper."
    return f"Declared on {said['declared_at'][:10]} by {said['declared_by']}, signed in to the archive."
