"""`archiver batch`: many searches from one list."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.search_batches import batch_text, search_batch
from archiver.searching import not_looked_into
from search.hit_report_terms import LARGEST_LIST, read_terms
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from search.hit_report_terms import Term


@click.command("batch")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Folder for the ids of each line, one file a line."
)
@command
def batch(session: Session, path: Path, folder: Path | None) -> None:
    """Search for each line of a list, and say how many records it finds; - reads standard input.

    A line is `QUERY` or `NAME<TAB>QUERY`. One that cannot be searched for is told with its place, and the others are
    searched for; then the exit status is 6. Without a limit; with --to every id is written.
    """
    who = session.principal(Act.SEARCH)
    terms = read_list(path)
    with counting(session, "searches made") as progress:
        document = search_batch(session.installation, who, terms, folder=folder, progress=progress)
    session.show(document, batch_text(document))
    for line in not_looked_into(document["coverage"]) if document["coverage"] is not None else ():
        session.note(line)
    if document["failed"]:
        exit_with(Exit.FINDINGS)


def read_list(path: Path) -> tuple[Term, ...]:
    """The searches of a list that somebody wrote.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it cannot be read, is too large, or holds no search.
    """
    if str(path) == "-":
        return read_terms(sys.stdin.buffer.read(LARGEST_LIST + 1))
    try:
        with path.open("rb") as file:
            return read_terms(file.read(LARGEST_LIST + 1))
    except FileNotFoundError as error:
        raise NotFound(f"the list {path} does not exist") from error
    except OSError as error:
        raise InvalidInput(f"the list {path} cannot be read: {error.strerror or 'no file'}") from error


COMMANDS = (batch,)
