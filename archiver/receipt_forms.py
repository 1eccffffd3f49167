"""A receipt for people: as text, and as a page that prints on one sheet and needs nothing beside itself.

Rule: both say every fact of the receipt and where the proof is; the proof itself is in the JSON, which both name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archiver.shown_text import block, line

_WIDTH = 14


def outcome_of(document: dict[str, Any]) -> str:
    """What became of it, in words."""
    outcome: str = document["outcome"] or "waiting for examination"
    return f"{outcome}: {document['reason']}" if document["reason"] else outcome


def custodian_of(document: dict[str, Any]) -> str:
    """Whose record it is, in words."""
    owner = document["custodian"]
    return "not known yet" if owner is None else f"{owner['name']} <{owner['address']}>"


def _taken_out_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Receipts of earlier versions do not say it."""
    container = document.get("container")
    return [] if container is None else [("Out of", f"container {container['id']}, member {container['number']:,}")]


def facts_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Every fact of a receipt for people, in order, with its name."""
    product = document["product"]
    facts = [
        ("Agency", document["agency"]),
        ("Archive", document["archive"]),
        ("Reference", document["submission"]),
        ("Received", f"{document['received_at_local']} ({document['zone']})"),
        ("In UTC", document["received_at"]),
        ("Through", document["channel"]),
        ("Handed in by", document["submitter"] or "-"),
        ("Sent to", document["recipient"] or "-"),
        ("Custodian", custodian_of(document)),
        ("As", document["source"] or "-"),
        *_taken_out_of(document),
        ("Size", f"{document['size']:,} bytes"),
        ("SHA-256", document["sha256"]),
        ("Outcome", outcome_of(document)),
        ("Records", ", ".join(document["records"]) or "-"),
        *[("Not found by", f"its words: {one}") for one in document.get("unread", ())],
        ("Ledger", f"leaf {document['position']:,} of {document['proof']['tree_size']:,}"),
        ("Fingerprint", document["fingerprint"]),
        ("Issued", f"{document['issued_at']} by {product['name']} {product['version']}"),
    ]
    return [(name, " ".join(str(value).split())) for name, value in facts]


def as_text(document: dict[str, Any]) -> str:
    """The receipt as lines of text."""
    lines = [f"Receipt for {document['submission']}", ""]
    lines += [f"  {name:<{_WIDTH}}{value}" for name, value in facts_of(document)]
    lines += [
        "",
        "  The archive received these bytes and keeps them unchanged. The same receipt as JSON carries the proof;",
        "  check it without the archive:  archiver verify bundle RECEIPT.json --key KEY",
    ]
    return "\n".join(lines)


def as_html(document: dict[str, Any]) -> str:
    """The receipt as a page of its own, for printing or mailing; it loads nothing."""
    # only who prints pays for the template engine
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    folder = Path(__file__).parent / "web" / "templates"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    templates.filters.update(line=line, block=block)
    return templates.get_template("receipt_paper.html").render(receipt=document, facts=facts_of(document))
