"""`archiver index`: rebuild the search index, and say how complete it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.problems import Exit

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from search.follower import Coverage

_CATCH_UP_SECONDS = 1.0


@click.group("index")
def index() -> None:
    """The search index."""


def _document(coverage: Coverage) -> dict[str, int | bool]:
    return {
        "records": coverage.records,
        "indexed": coverage.indexed,
        "unsearchable": coverage.unsearchable,
        "behind": coverage.behind,
        "complete": coverage.complete,
    }


def _text(coverage: Coverage) -> str:
    state = "complete" if coverage.complete else f"{coverage.behind:,} ledger events not read yet"
    unread = f"; {coverage.unsearchable:,} with parts that could not be read" if coverage.unsearchable else ""
    return f"{coverage.indexed:,} of {coverage.records:,} records indexed{unread}; {state}"


@index.command("rebuild")
@command
def rebuild(session: Session) -> None:
    """Build the index anew beside the present one, switch to it, destroy the old one. Searches go on meanwhile."""
    who = session.principal(Act.RUN)
    with counting(session, "Indexing") as progress:
        coverage = session.installation.generations.rebuild(actor=who.actor, progress=progress)
    session.show(_document(coverage), _text(coverage))


@index.command("coverage")
@command
def coverage(session: Session) -> None:
    """Say how many records a search covers; exit status 6 where some are missing."""
    session.principal(Act.VERIFY)
    # looking, searching and signing in are events too, and nobody follows them where no service runs
    found = session.installation.follower().catch_up(_CATCH_UP_SECONDS)
    session.show(_document(found), _text(found))
    if not found.complete:
        exit_with(Exit.FINDINGS)


COMMANDS = (index,)
