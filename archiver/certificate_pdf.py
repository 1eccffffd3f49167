"""A certificate of destruction on paper: what the signed JSON says, for people, as PDF.

Rule: it says every fact of the certificate and lists the first records by their ids; all of them, the proofs and the
signature stand in the JSON, which it names by its SHA-256. The same certificate gives the same bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN: Final = 200
_LONGEST: Final = 2_000
_NAMES: Final = 110  # width of the column of names, in points
_SHORT: Final = 20


def _lines(document: Mapping[str, Any], sha256: str) -> list[tuple[str, str]]:
    """Headings (without a name) and facts, in order."""
    product = document["product"]
    facts = [
        ("", _title(document)),
        ("Agency", document["agency"]),
        ("Batch", document["disposition"]),
        ("Records", f"{document['count']:,} ({document['bytes']:,} bytes); {document['dropped']:,} were dropped"),
        ("Issued", f"{document['issued_at']} by {product['name']} {product['version']}"),
        ("Archive", document["archive"]),
    ]
    if document["transfer"]:
        of = document["transfer"]
        facts += [
            ("Transferred to", "; ".join(of["to"]).replace("_", " ")),
            ("Acceptance", f"{of['reference']}; recorded {of['answered_at']}"),
            ("Accepted", f"{of['accepted']:,} records, {of['declined']:,} declined"),
            ("Manifest", of["manifest_sha256"]),
            ("Receipt", of["receipt_sha256"] or "-"),
            ("Remark", of["remark"]),
        ]
    if document["transport_copies"]:
        facts.append(("Copies", document["transport_copies"]))
    if document["remark"]:
        facts.append(("Remark", document["remark"]))
    if document["forecast"]:
        facts.append(("Forecast", f"proposed for {document['proposed_for']} before that day had come"))
    for one in document["series"]:
        of = one["authority"]
        facts += [
            ("", f"Series {one['item']}"),
            ("Schedule number", f"{one['schedule']}, edition {of['edition']} ({of['schedule_title']}, {of['issuer']})"),
            ("Item number", f"{one['item']} [{of['citation']}]"),
            ("Title", one["title"]),
            ("Inclusive dates", f"{one['inclusive_dates']['first']} to {one['inclusive_dates']['last']}"),
            ("Volume", f"{one['volume']['records']:,} records, {one['volume']['bytes']:,} bytes"),
            ("Disposition", f"{one['disposition']['action'].replace('_', ' ')} on {one['disposition']['date']}"),
            ("Adopted", of["adopted_on"] or "-"),
        ]
    facts.append(("", "Persons"))
    facts += [
        (one["act"].capitalize(), f"{one['name'] or one['user']} ({one['user']}), {one['at']}, leaf {one['position']}")
        for one in document["persons"]
    ]
    facts += [
        (f"Step {one['number']}", f"{one['step']}: {one['done_on'] or 'not recorded'}, {one['reference'] or '-'}")
        for one in document["steps"]
    ]
    method = document["method"]
    facts += [
        ("", "Method"),
        ("Standard", f"{method['standard']}: {method['category']}, {method['technique']}"),
        ("How", method["detail"]),
        ("Systems", ", ".join(document["systems"])),
        ("Holds checked", ", ".join(dict.fromkeys(document["holds_checked_at"]))),
        ("Keys in backups", f"gone by {document['keys_gone_by']}" if document["keys_gone_by"] else "see the limits"),
        ("Proof", document["proof"]),
        *(("Limit", one) for one in document["limits"]),
        ("", "Computation"),
    ]
    facts += [
        (f"No. {one['number']}", f"since {one['eligible_on']}: {'; '.join(one['reasons'])}")
        for one in document["computation"][:_SHOWN]
    ]
    facts += [
        ("", "Records"),
        ("Digests", document["digests"]),
        *(
            (one["id"], f"computation {one['computation']}, {one['digest'] or '-'}")
            for one in document["records"][:_SHOWN]
        ),
    ]
    more = document["count"] - _SHOWN
    if more > 0:
        facts.append(("And", f"{more:,} more; the signed file lists all"))
    facts += [
        ("", "Signature"),
        ("Signed file", f"{document['disposition']}.json, SHA-256 {sha256}"),
        ("Key", document["fingerprint"]),
        ("To check it", f"archiver verify bundle {document['disposition']}.json --key FILE"),
    ]
    return facts


def as_pdf(document: Mapping[str, Any], sha256: str) -> bytes:
    """The certificate as PDF; `sha256` is that of the signed file."""
    title = f"{_title(document)} {document['disposition']}"
    return pdf_of(_lines(document, sha256), title=title, author=document["agency"])


def _title(document: Mapping[str, Any]) -> str:
    return "Certificate of transfer" if document["transfer"] else "Certificate of destruction"


def pdf_of(lines: Sequence[tuple[str, str]], *, title: str, author: str) -> bytes:
    """Headings (without a name) and facts, in order, as PDF; the same lines give the same bytes."""
    # loaded here, since few commands make a certificate
    from reportlab import rl_config  # noqa: PLC0415
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415
    from reportlab.platypus import Paragraph, SimpleDocTemplate  # noqa: PLC0415

    rl_config.invariant = 1
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("VeraBd", "VeraBd.ttf"))
    head = ParagraphStyle(
        "head", fontName="VeraBd", fontSize=12, leading=15, spaceBefore=10, spaceAfter=4, keepWithNext=1
    )
    plain = ParagraphStyle(
        "plain",
        fontName="Vera",
        fontSize=8.5,
        leading=11,
        leftIndent=_NAMES,
        bulletFontName="VeraBd",
        bulletFontSize=8.5,
    )
    story = []
    for name, text in lines:
        if not name:
            story.append(Paragraph(_clean(text), head))
        elif len(name) <= _SHORT:
            story.append(Paragraph(_clean(text), plain, bulletText=_clean(name)))
        else:  # an id is too long for the column of names
            story.append(Paragraph(f"{_clean(name)} {_clean(text)}", plain))
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=letter, title=title, author=_short(author), invariant=1).build(story)
    return target.getvalue()


def _short(text: object) -> str:
    return " ".join(str(text).split())[:_LONGEST]


def _clean(text: object) -> str:
    return escape("".join(one if one.isprintable() else " " for one in _short(text)))
