"""`archiver request ask`, `searches`, `declare`, `accept`, `declaration`: searches of employees' own accounts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.given import read_near_day
from archiver.cli.session import command
from archiver.cli.words_from_files import private_list, private_words
from archiver.custodian_asking import (
    accept_declaration,
    ask_custodian,
    declare_search,
    list_searches,
    signed_declaration,
)
from archiver.declaration_pdf import declaration_pdf
from archiver.receipts import make_folder
from archiver.signing import as_json
from search.disclosure.asking import SearchResult
from storage.files import sync_folder, write_pieces

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("ask")
@click.argument("request")
@click.option("--custodian", "address", required=True, metavar="ADDRESS", help="The employee.")
@private_list("--account", "What to search: an account, a telephone.", name="accounts")
@private_words("--about", "What to look for, in plain words.", name="subject")
@click.option("--due", "day", metavar="DATE", help="By when; he is reminded each week after that.")
@command
def ask(
    session: Session, request: str, address: str, accounts: tuple[str, ...], subject: str | None, day: str | None
) -> None:
    """Ask an employee to search accounts of his own; he gets a letter where letters are sent."""
    who = session.principal(Act.KEEP_REQUESTS)
    due = None if day is None else read_near_day(day)
    document = ask_custodian(session.installation, who, request, address, accounts, subject or "", due)
    session.show(document, _text(document))


@click.command("searches")
@click.argument("request", required=False)
@command
def searches(session: Session, request: str | None) -> None:
    """List the searches that employees were asked for; an employee sees his own."""
    found = list_searches(session.installation, session.principal(Act.DECLARE), request)
    session.show(found, "\n\n".join(map(_text, found)) or "No search was asked for.")


@click.command("declare")
@click.argument("request")
@click.argument("number", type=int)
@click.option("--result", type=click.Choice([one.value for one in SearchResult]), required=True, help="What was found.")
@private_words(
    "--facts", "What was searched, how, with which words, what was left out and why.", also="--file", required=True
)
@click.option("--on-paper", is_flag=True, help="An officer writes down a signed paper of the employee.")
@command
def declare(session: Session, request: str, number: int, result: str, facts: str, *, on_paper: bool) -> None:
    """Declare a search: none (nothing found), submitted (handed in), or personal (all of it one's own affair)."""
    who = session.principal(Act.DECLARE)
    chosen = SearchResult(result)
    document = declare_search(session.installation, who, request, number, chosen, facts, on_paper=on_paper)
    session.show(document, _text(document))


@click.command("accept")
@click.argument("request")
@click.argument("number", type=int)
@command
def accept(session: Session, request: str, number: int) -> None:
    """Say that a declaration satisfies."""
    document = accept_declaration(session.installation, session.principal(Act.KEEP_REQUESTS), request, number)
    session.show(document, _text(document))


@click.command("declaration")
@click.argument("request")
@click.argument("number", type=int)
@click.option("--to", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for it.")
@command
def declaration(session: Session, request: str, number: int, folder: Path) -> None:
    """Write a declaration as a signed file, and as a PDF to print and sign."""
    document = signed_declaration(session.installation, session.principal(Act.DECLARE), request, number)
    content = as_json(document)
    make_folder(folder)
    files = {
        "declaration.json": content,
        "declaration.pdf": declaration_pdf(document, hashlib.sha256(content).hexdigest()),
    }
    for name, written in files.items():
        write_pieces(folder / name, [written], durable=False)
    sync_folder(folder)
    told = [str(folder / name) for name in files]
    session.show({"files": told, "fingerprint": document["fingerprint"]}, "\n".join(told))


def _text(one: dict[str, Any]) -> str:
    stands = f"declared: {one['result']}{', accepted' if one['accepted'] else ''}" if one["result"] else "not declared"
    lines = [
        f"{one['request']}  search {one['number']}  {one['custodian']}  {stands}  due {one['due'] or 'any day'}",
        *(f"  {account}" for account in one["accounts"]),
        f"  for: {one['about']}",
    ]
    return "\n".join([*lines, *([f"  {one['facts']}"] if one["facts"] else [])])


ASKING = (ask, searches, declare, accept, declaration)
