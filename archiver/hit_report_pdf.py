"""A report of hits on paper, for an affidavit: terms as asked, what they mean, counts, custodians, how complete.

Rule: it says every fact of the signed report that a reader needs, and names that file by its SHA-256. What could not be
searched for or searched into is said before the signature. The same report gives the same bytes where the same fonts
are.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from archiver.pdf_fonts import BOLD, PLAIN, markup, register
from archiver.searching import not_looked_into

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST: Final = 4_000
_MARGIN: Final = 54
_WIDTH: Final = 504
_ROOM: Final = 90  # below a heading, else it goes to the next page
_SHOWN_CUSTODIANS: Final = 20


def report_pdf(document: Mapping[str, Any], sha256: str) -> bytes:
    """The report as PDF; `document` is the signed one, `sha256` that of its file."""
    # loaded here, since few commands make a report
    from reportlab import rl_config  # noqa: PLC0415
    from reportlab.lib import colors  # noqa: PLC0415
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.platypus import CondPageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle  # noqa: PLC0415

    rl_config.invariant = 1
    register()
    plain = ParagraphStyle("plain", fontName=PLAIN, fontSize=8.5, leading=11, splitLongWords=1)
    number = ParagraphStyle("number", parent=plain, alignment=2)
    strong = ParagraphStyle("strong", parent=plain, fontName=BOLD)
    head = ParagraphStyle("head", fontName=BOLD, fontSize=11, leading=14, spaceBefore=12, spaceAfter=4)
    title = ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19, spaceAfter=8)
    lined = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    about = document["report"]

    def facts(pairs: Sequence[tuple[str, object]]) -> Table:
        rows = [[Paragraph(markup(name, bold=True), strong), Paragraph(_text(value), plain)] for name, value in pairs]
        return Table(
            rows, colWidths=[110, _WIDTH - 110], style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")]), splitInRow=1
        )

    def table(heads: Sequence[str], rows: Sequence[Sequence[object]], widths: Sequence[float]) -> Table:
        cells = [[Paragraph(markup(one, bold=True), strong) for one in heads]]
        cells += [[Paragraph(_text(one), number if type(one) is int else plain) for one in row] for row in rows]
        return Table(cells, colWidths=widths, style=lined, repeatRows=1, splitInRow=1)

    def heading(text: str) -> list[Any]:
        return [CondPageBreak(_ROOM), Paragraph(markup(text, bold=True), head)]

    family = about["families"] is not None
    heads, widths = _heads(family)
    story: list[Any] = [
        Paragraph(markup("Report of search terms and hits", bold=True), title),
        facts(_facts(document)),
        *heading("Terms"),
        table(heads, [_row(one, family) for one in about["terms"]], widths),
        *heading("What the terms mean"),
        table(("Line", "As the archive understood it"), _meanings(about), (34, _WIDTH - 34)),
        *heading("All terms together"),
        facts(_totals(about)),
    ]
    if about["custodians"]:
        story += [
            *heading("Hits by custodian"),
            table(("Term", "Custodian", "Name", "Hits"), _custodians(about), (150, 180, 124, 50)),
        ]
    story += [
        *heading("How complete the search was"),
        *(Paragraph(_text(one), plain) for one in completeness(about)),
        Spacer(1, 6),
        *heading("Signature"),
        facts(_signature(document, sha256)),
    ]
    target = io.BytesIO()
    page = SimpleDocTemplate(
        target,
        pagesize=letter,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"Report of hits {document['hit_report']}",
        author=str(document["agency"])[:_LONGEST],
        invariant=1,
    )

    def numbered(canvas: Any, _page: Any) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.drawString(_MARGIN, 30, document["hit_report"])
        canvas.drawRightString(_MARGIN + _WIDTH, 30, f"page {canvas.getPageNumber()}")

    page.build(story, onFirstPage=numbered, onLaterPages=numbered)
    return target.getvalue()


def completeness(about: Mapping[str, Any]) -> list[str]:
    """What the search looked into, and what it could not, a sentence each."""
    coverage = about["coverage"]
    indexed = f"{coverage['indexed']:,} were in the index when the last term was searched for"
    said = [f"Of {coverage['records']:,} records that were to be searched, {indexed}."]
    said += [_sentence(one) for one in not_looked_into(dict(coverage))]
    failed = [one for one in about["terms"] if one["problem"] is not None]
    if failed:
        said.append(f"{len(failed):,} of the terms could not be understood, and were not searched for.")
    if any(one["relative"] for one in about["terms"]):
        said.append(f"Where a term tells days from today, that is {about['asked_on']}.")
    if about["test_archive"]:
        said.append("This archive was made for tests: in it days are what its users say.")
    return said


def _sentence(line: str) -> str:
    cleaned = line.partition(";")[0].strip()  # what to do about it is for who searches, not for who reads the paper
    return f"{cleaned[:1].upper()}{cleaned[1:]}."


def _facts(document: Mapping[str, Any]) -> list[tuple[str, object]]:
    about, product = document["report"], document["product"]
    return [
        *([("About", about["title"])] if about["title"] else []),
        ("Agency", document["agency"]),
        ("Report", document["hit_report"]),
        ("Made", f"{about['made_at_local']} ({about['zone']}), in UTC {about['made_at']}"),
        ("By", f"{about['by_name']} ({about['by']})"),
        ("With", f"{product['name']} {product['version']}, search engine {about['engine']}, {about['version']}"),
        ("Archive", document["archive"]),
        ("Ledger", f"leaf {document['position']:,}; the log had {about['ledger_size']:,} leaves when it was begun"),
    ]


def _heads(family: bool) -> tuple[list[str], list[float]]:  # noqa: FBT001 - two forms of one table
    heads = ["Line", "Name", "Query as asked", "Hits", "Unique"]
    widths: list[float] = [34, 120, 240, 55, 55]
    return ([*heads, "Family"], [34, 110, 195, 55, 55, 55]) if family else (heads, widths)


def _row(one: Mapping[str, Any], family: bool) -> list[object]:  # noqa: FBT001 - as above
    name = "" if one["name"] == one["query"] else one["name"]
    if one["problem"] is not None:
        place = "" if one["place"] is None else f" at character {one['place'] + 1}"
        said = f"{one['query']} \N{EM DASH} not searched for: {one['problem']}{place}"
        return [one["line"], name, said, "-", "-", *(["-"] if family else [])]
    return [one["line"], name, one["query"], one["hits"], one["unique"], *([one["family"]] if family else [])]


def _meanings(about: Mapping[str, Any]) -> list[list[object]]:
    return [[one["line"], one["words"]] for one in about["terms"] if one["problem"] is None]


def _totals(about: Mapping[str, Any]) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = [("Records", f"{about['total']:,} are found by at least one term, each once")]
    if about["families"] is not None:
        said.append(("With family", f"{about['families']:,} records are in the threads of these, these included"))
    unique = sum(one["unique"] or 0 for one in about["terms"])
    said.append(("Unique", f"{unique:,} records are found by one term alone"))
    return said


def _custodians(about: Mapping[str, Any]) -> list[list[object]]:
    rows: list[list[object]] = [
        ["All terms", one["custodian"], one["name"], one["hits"]] for one in about["custodians"]
    ]
    for one in about["terms"]:
        shown = one["custodians"][:_SHOWN_CUSTODIANS]
        rows += [[one["name"], each["custodian"], each["name"], each["hits"]] for each in shown]
        more = len(one["custodians"]) - len(shown)
        if more > 0:
            rows.append([one["name"], f"and {more:,} more; hits-by-custodian.csv has all", "", ""])
    return rows


def _signature(document: Mapping[str, Any], sha256: str) -> list[tuple[str, object]]:
    return [
        ("Signed file", f"hits.json, SHA-256 {sha256}"),
        ("Key", document["fingerprint"]),
        ("To check it", "archiver verify bundle hits.json --key FILE"),
    ]


def _text(value: object) -> str:
    shown = f"{value:,}" if type(value) is int else str(value if value is not None else "-")
    return markup(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ... (the signed file has all of it)")
