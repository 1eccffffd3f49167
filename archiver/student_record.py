"""A student's record of requests and disclosures on paper and as a table, for the parent who inspects it.

Rule: it has what 34 CFR 99.32(a) names (who asked or got it, with which legitimate interest), with the day and the
pages, and no other student. The same record gives the same bytes where the same fonts are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.pdf_fonts import BOLD, PLAIN, markup, register
from archiver.plain_paper import on_plain_paper
from search.inert_cells import as_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLE: Final = "Record of requests and disclosures (34 CFR 99.32)"
_COLUMNS: Final = ("kind", "day", "party", "interest", "ground", "citation", "request", "production", "pages", "record")


def record_text(document: Mapping[str, Any]) -> str:
    """The record for people."""
    student = document["student"]
    lines = [f"{student['ref']}  {student['name'] or '-'}"]
    for one in document["disclosures"]:
        lines.append(f"{one['at'][:10]}  disclosed to {one['party']}: {one['what']} (request {one['request']})")
        lines.append(f"    interest: {one['interest']}")
        lines.append(f"    {one['ground']}; {one['citation']}")
    for one in document["requests"]:
        outcome = one["outcome"].replace("_", " ")
        lines.append(f"{one['received']}  asked for by {one['party']} (request {one['request']}, {outcome})")
        lines += [f"    interest: {one['interest']}"] if one["interest"] else []
    if not document["disclosures"] and not document["requests"]:
        lines.append("Nothing was asked for or disclosed.")
    return "\n".join([*lines, *_not_shown(document)])


def record_csv(document: Mapping[str, Any]) -> bytes:
    """The record as a table whose cells are inert."""
    rows: list[tuple[object, ...]] = [_COLUMNS]
    rows += [
        (
            "disclosure",
            one["at"][:10],
            one["party"],
            one["interest"],
            one["ground"],
            one["citation"],
            one["request"],
            one["production"],
            one["what"],
            one["record"],
        )
        for one in document["disclosures"]
    ]
    rows += [
        (
            "request",
            one["received"],
            one["party"],
            one["interest"] or "",
            one["outcome"],
            "",
            one["request"],
            "",
            "",
            "",
        )
        for one in document["requests"]
    ]
    return as_csv(rows)


def record_pdf(document: Mapping[str, Any], agency: str) -> bytes:
    """The record as PDF."""
    # loaded here, since few commands make one
    from reportlab import rl_config  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import Paragraph  # noqa: PLC0415

    rl_config.invariant = 1
    register()
    plain = ParagraphStyle("plain", fontName=PLAIN, fontSize=10, leading=14, spaceAfter=3, splitLongWords=1)
    title = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=20, spaceAfter=10)
    head = ParagraphStyle("head", fontName=BOLD, fontSize=11, leading=15, spaceBefore=9, spaceAfter=3)
    student = document["student"]
    story: list[Any] = [
        Paragraph(markup(_TITLE, bold=True), title),
        Paragraph(markup(agency), plain),
        Paragraph(markup(f"{student['name'] or '-'}, {student['ref']}"), plain),
        Paragraph(markup("Disclosed", bold=True), head),
    ]
    for one in document["disclosures"]:
        told = f"{one['at'][:10]}: to {one['party']}, pages {one['what']} (request {one['request']})"
        story += [Paragraph(markup(told), plain), Paragraph(markup(f"Interest: {one['interest']}"), plain)]
        story.append(Paragraph(markup(f"{one['ground']}; {one['citation']}"), plain))
    if not document["disclosures"]:
        story.append(Paragraph(markup("Nothing."), plain))
    story.append(Paragraph(markup("Asked for", bold=True), head))
    for one in document["requests"]:
        outcome = one["outcome"].replace("_", " ")
        told = f"{one['received']}: by {one['party']} (request {one['request']}, {outcome})"
        story.append(Paragraph(markup(told), plain))
        story += [Paragraph(markup(f"Interest: {one['interest']}"), plain)] if one["interest"] else []
    if not document["requests"]:
        story.append(Paragraph(markup("Nothing."), plain))
    story += [Paragraph(markup(one), plain) for one in _not_shown(document)]
    return on_plain_paper(story, title=_TITLE, author=agency)


def _not_shown(document: Mapping[str, Any]) -> list[str]:
    count = document["not_shown"]
    return [f"{count:,} rows are of records that need a grant; they are not shown."] if count else []
