"""The page that goes with a production, for who asked: what is in the folder, and how to check it. Pure.

Rule: plain words; counts and numbers only, nothing of a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search.disclosure.production_types import page_number

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def readme(said: Mapping[str, Any], last_page: int, counts: Mapping[str, int], names: Collection[str]) -> str:
    """The text of README.txt.

    Args:
        said: what the manifest says beside documents and files.
        last_page: the last page that is numbered.
        counts: documents by how they leave.
        names: the files of the package.
    """
    folders = {one.split("/")[0] for one in names}
    lines = [
        f"{said['agency'] or 'Agency'}",
        f"Answer to records request {said['request']}, production {said['production']}",
        f"Made on {said['made_at_local'][:10]}",
        "",
        f"Pages {page_number(said['prefix'], said['first_page'])} to {page_number(said['prefix'], last_page)}.",
        f"{counts.get('whole', 0):,} documents are given whole, {counts.get('redacted', 0):,} with parts left out,",
        f"and for {counts.get('slip_sheet', 0):,} a sheet says why they are not here.",
        "",
        "What is here",
    ]
    told = (
        ("whole.pdf", "whole.pdf", "all pages in order, with bookmarks"),
        ("whole-001.pdf", "whole-001.pdf ...", "all pages in order, in several parts, with bookmarks"),
        ("documents", "documents/", "each document by itself, named by its first page"),
        ("text", "text/", "the text of each document"),
        ("natives", "natives/", "files as they were handed in, where nothing was left out of them"),
        ("conversations", "conversations/", "conversations for review programs (RSMF)"),
        ("load", "load/", "tables for review programs: DAT, OPT, CSV and XML"),
        ("exemption-log.pdf", "exemption-log.*", "what was left out or withheld, and on which ground"),
        ("letter.pdf", "letter.pdf", "the letter of the agency"),
        ("manifest.json", "manifest.json", "every file with its digest, signed"),
        ("proofs.jsonl", "proofs.jsonl", "proofs that each record was kept before it was given"),
    )
    lines += [f"  {shown:<20}{what}" for name, shown, what in told if name in folders]
    if said["withheld"]:
        lines += ["", "Withheld of this request so far"]
        lines += [
            f"  {_records(one['records'])}: {one['exemption']}" + (f" ({one['citation']})" if one["citation"] else "")
            for one in said["withheld"]
        ]
    lines += ["", "A black box with a code on a page means that something was left out there on that ground."]
    if said.get("exemptions"):
        lines += ["", "What the codes mean"]
        lines += [f"  {one['exemption']}: {_meaning(one)}" for one in said["exemptions"]]
    lines += [
        "",
        "How to check it",
        "  Nothing in this folder was changed since it was made if this command finds no fault:",
        "    archiver verify bundle FOLDER --key KEY",
        "  KEY is the line that the agency publishes. Neither the archive nor a network is needed for it.",
    ]
    if "natives" in folders:
        scanner = said.get("scanner")
        lines += [
            "",
            f"Files in natives/ were {'looked at by a virus scanner' if scanner else 'not scanned for viruses'}.",
        ]
    return "\n".join([*lines, ""])


def _meaning(one: Mapping[str, str]) -> str:
    law = f" ({one['citation']})" if one["citation"] else ""
    own = "" if one["source"] == "shipped" else "; a ground that the agency names itself"
    return f"{one['title']}{law}{own}"


def _records(count: int) -> str:
    return f"{count:,} record" if count == 1 else f"{count:,} records"
