"""`archiver hits`: how many records each of many search terms finds, for affidavits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.search_batch import read_list
from archiver.cli.session import command, exit_with
from archiver.hit_report_forms import report_text, write_report
from archiver.hit_reports import report_hits
from archiver.problems import Exit
from archiver.searching import not_looked_into
from search.hit_report_terms import terms_of
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("hits")
@click.argument("terms", metavar="[QUERY]...", nargs=-1)
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="List of queries, one a line; - for standard input."
)
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder for the signed report, PDF and tables.")
@click.option("--title", metavar="TEXT", help="What the report is about.")
@click.option("--family", is_flag=True, help="Also count the records in the threads of the hits.")
@command
def hits(
    session: Session, terms: tuple[str, ...], path: Path | None, folder: Path | None, title: str | None, *, family: bool
) -> None:
    """Count what each search term finds, what it alone finds, and whose records these are.

    Each QUERY is a term; or each line of a list, `QUERY` or `NAME<TAB>QUERY`. A term that cannot be understood is told
    with its line, and the others are counted; then the exit status is 6.
    """
    who = session.principal(Act.WORK_SEARCHES)
    if bool(terms) == (path is not None):
        raise InvalidInput("give queries, or a list of them with --file, not both")
    chosen = terms_of(terms) if path is None else read_list(path)
    with counting(session, "terms searched for") as progress:
        report = report_hits(session.installation, who, chosen, families=family, title=title, progress=progress)
    document = report.to_json()
    text = report_text(document)
    if folder is not None:
        written = write_report(session.installation, report, folder)
        document = {**document, **written}
        text = "\n".join(
            [text, *written["files"], f"check it with: archiver verify bundle {folder}/hits.json --key FILE"]
        )
    session.show(document, text)
    for line in not_looked_into(document["coverage"]):
        session.note(line)
    if report.failed:
        exit_with(Exit.FINDINGS)


COMMANDS = (hits,)
