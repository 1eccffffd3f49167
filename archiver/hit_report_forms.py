"""A report of hits for people: as lines of text, as tables for a spreadsheet, and as files that go with an affidavit.

Rule: every form says the terms as they were asked, what they mean, what was found, and how complete the search was. The
signed JSON is the report; PDF and tables are made from it and name it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from archiver.frozen_sets import coverage_text
from archiver.hit_report_pdf import report_pdf
from archiver.receipts import make_folder
from archiver.search_statements import search_statement
from archiver.signing import as_json
from search.inert_cells import as_csv
from storage.bundle_searches import REPORT
from storage.files import sync_folder, write_pieces

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.hit_reports import HitReport
    from archiver.wiring import Installation

_NAME: Final = 40


def write_report(installation: Installation, report: HitReport, folder: Path) -> dict[str, Any]:
    """Write `hits.json` (signed), `hits.pdf`, `hits.csv` and `hits-by-custodian.csv`.

    Raises:
        Conflict: the folder is a file.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy.
    """
    document = report_statement(installation, report)
    content = as_json(document)
    sha256 = hashlib.sha256(content).hexdigest()
    make_folder(folder)
    files = {
        "hits.json": content,
        "hits.pdf": report_pdf(document, sha256),
        "hits.csv": terms_table(document["report"]),
        "hits-by-custodian.csv": custodians_table(document["report"]),
    }
    for name, written in files.items():
        write_pieces(folder / name, [written], durable=False)
    sync_folder(folder)
    return {
        "sha256": sha256,
        "fingerprint": document["fingerprint"],
        "files": [str(folder / name) for name in files],
    }


def report_statement(installation: Installation, report: HitReport) -> dict[str, Any]:
    """The signed report."""
    return search_statement(installation, REPORT, report.id, "report", report.about, report.position)


def terms_table(about: dict[str, Any]) -> bytes:
    """One row for each term, then the totals and how complete the search was."""
    family = about["families"] is not None
    heads = ["line", "name", "query", "meaning", "hits", "unique hits", *(["with family"] if family else [])]
    rows: list[list[object]] = [[*heads, "custodians", "problem"]]
    for one in about["terms"]:
        counts = [one["hits"], one["unique"], *([one["family"]] if family else [])]
        people = "; ".join(f"{each['custodian']}: {each['hits']}" for each in one["custodians"])
        rows.append([one["line"], one["name"], one["query"], one["words"], *counts, people, problem_text(one)])
    everybody = "; ".join(f"{each['custodian']}: {each['hits']}" for each in about["custodians"])
    totals = [about["total"], None, *([about["families"]] if family else [])]
    rows.append([None, "all terms, each record once", None, None, *totals, everybody, None])
    rows.append([None, "coverage", coverage_text(about["coverage"])])
    rows.append([None, "made", f"{about['made_at_local']} ({about['zone']})"])
    return as_csv(rows)


def custodians_table(about: dict[str, Any]) -> bytes:
    """One row for each term and custodian."""
    rows: list[list[object]] = [["line", "name", "query", "custodian", "custodian's name", "hits"]]
    for one in about["terms"]:
        head = [one["line"], one["name"], one["query"]]
        rows += [[*head, each["custodian"], each["name"], each["hits"]] for each in one["custodians"]]
    return as_csv(rows)


def problem_text(one: dict[str, Any]) -> str | None:
    """Why a term was not searched for, with its place."""
    if one["problem"] is None:
        return None
    place = "" if one["place"] is None else f", character {one['place'] + 1}"
    return f"line {one['line']}{place}: {one['problem']}"


def report_text(about: dict[str, Any]) -> str:
    """The report for people, on a terminal."""
    family = about["families"] is not None
    lines = [f"{'hits':>9}  {'unique':>9}  {'family':>9}  term" if family else f"{'hits':>9}  {'unique':>9}  term"]
    for one in about["terms"]:
        if one["problem"] is not None:
            lines.append(f"{'-':>9}  {'-':>9}  {'-':>9}  " if family else f"{'-':>9}  {'-':>9}  ")
            lines[-1] += f"{one['name'][:_NAME]}: {problem_text(one)}"
            continue
        counts = f"{one['hits']:>9,}  {one['unique']:>9,}" + (f"  {one['family']:>9,}" if family else "")
        lines.append(f"{counts}  {one['name']}" + (f"  {one['query']}" if one["name"] != one["query"] else ""))
    lines.append(f"{about['total']:>9,}  records found by any term")
    if family:
        lines.append(f"{about['families']:>9,}  records in their threads, these included")
    if about["custodians"]:
        lines.append("Custodians:")
        lines += [f"{one['hits']:>9,}  {one['custodian']}" for one in about["custodians"]]
    return "\n".join([*lines, coverage_text(about["coverage"])])
