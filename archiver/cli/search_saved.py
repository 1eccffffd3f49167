"""`archiver saved`: searches kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.search_text import search_text
from archiver.cli.session import command
from archiver.saved_searches import (
    RELATIVE,
    change_saved,
    list_saved,
    remove_saved,
    save_search,
    saved_search,
    saved_text,
    show_saved,
)
from archiver.search_finding import is_relative
from archiver.searching import not_looked_into, search_ids, search_records

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("saved")
def saved() -> None:
    """Searches that are kept under a name."""


@saved.command("add")
@click.argument("name")
@click.argument("query")
@click.option("--note", metavar="TEXT", help="What it is for.")
@click.option("--share", "shared", is_flag=True, help="Others may run it, each with his own rights.")
@command
def add(session: Session, name: str, query: str, note: str | None, *, shared: bool) -> None:
    """Keep a query under a name.

    Days that are told from today, such as `after:"last week"`, are told anew from the day of each run.
    """
    who = session.principal(Act.SEARCH)
    document = save_search(session.installation, who, name, query, note=note, shared=shared)
    session.show(document, saved_text(document))


@saved.command("list")
@command
def list_all(session: Session) -> None:
    """List what you saved, and what others share."""
    found = list_saved(session.installation, session.principal(Act.SEARCH))
    text = "\n".join(saved_text(one) for one in found)
    session.show(found, text or "No searches are saved yet; save one with: archiver saved add NAME QUERY")


@saved.command("show")
@click.argument("name")
@command
def show(session: Session, name: str) -> None:
    """Show a search, by its name or id: query, note, and what it means today."""
    document = show_saved(session.installation, session.principal(Act.SEARCH), name)
    meaning = f"\n    means: {document['words']}" if document["words"] else ""
    session.show(document, f"{saved_text(document)}{meaning}\n    {document['id']}")


@saved.command("run")
@click.argument("name")
@click.option("--limit", type=int, default=20, show_default=True, help="Hits to show.")
@click.option("--offset", type=int, default=0, help="Hits to pass over.")
@click.option("--sort", type=click.Choice(["date", "relevance"]), default="date", show_default=True)
@click.option("--ids", is_flag=True, help="Print the id of every matching record, one a line, with no limit.")
@command
def run(session: Session, name: str, limit: int, offset: int, sort: str, *, ids: bool) -> None:
    """Run a saved search; you find what you may see, whoever saved it."""
    who = session.principal(Act.SEARCH)
    one = saved_search(session.installation, who, name)
    if is_relative(session.installation, one.query):
        session.note(RELATIVE)
    if ids:
        coverage, found = search_ids(session.installation, who, one.query)
        for record_id in found:
            click.echo(record_id)
        for line in not_looked_into(coverage):
            session.note(line)
        return
    document = search_records(session.installation, who, one.query, limit=limit, offset=offset, sort=sort)
    session.show(
        {"saved": one.id, "name": one.name, **document},
        search_text(document, offset, str, session.installation.archive.zone),
    )


@saved.command("change")
@click.argument("name")
@click.option("--name", "rename", metavar="NAME", help="Its new name.")
@click.option("--query", metavar="QUERY", help="Its new query.")
@click.option("--note", metavar="TEXT", help='Its new note; "" takes the old one away.')
@click.option("--share/--unshare", "shared", default=None, help="Let others run it, or no longer.")
@command
def change(
    session: Session, name: str, rename: str | None, query: str | None, note: str | None, *, shared: bool | None
) -> None:
    """Change a search of yours; what is not given stays."""
    who = session.principal(Act.SEARCH)
    document = change_saved(session.installation, who, name, rename=rename, query=query, note=note, shared=shared)
    session.show(document, saved_text(document))


@saved.command("remove")
@click.argument("name")
@command
def remove(session: Session, name: str) -> None:
    """Remove a search of yours. That it was saved, and its query, stay in the ledger's sealed payloads."""
    document = remove_saved(session.installation, session.principal(Act.SEARCH), name)
    session.show(document, "removed")


COMMANDS = (saved,)
