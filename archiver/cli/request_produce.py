"""`archiver request produce`, `produced` and `clawback`: what leaves the house, numbered, and what is asked back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.cli.words_from_files import private_words
from archiver.letter_values import counted
from archiver.problems import Exit
from archiver.producing import Wishes, produce, produce_again
from archiver.production_plan import Choice
from archiver.production_terms import Form
from archiver.production_tools import tools_of
from archiver.production_view import claw_back, list_documents, list_productions, where_given

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 10
_MOST_REASONS = 20


@click.command("produce")
@click.argument("request")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--prefix", metavar="TEXT", help="What page numbers begin with; the setting's otherwise.")
@click.option("--instalment", type=click.IntRange(1), metavar="N", help="The instalment that this is.")
@click.option(
    "--batch", "batches", type=int, multiple=True, metavar="N", help="Only records of this batch; repeatable."
)
@click.option("--ready", is_flag=True, help="Only what is decided, with all that belongs to it; the rest waits.")
@click.option("--changed", is_flag=True, help="Also what was given before and is decided otherwise now.")
@click.option(
    "--withheld",
    type=click.Choice(["omit", "slip"]),
    default="omit",
    show_default=True,
    help="Whether a sheet stands for each withheld record.",
)
@click.option("--natives", is_flag=True, help="Also files as they were handed in, where nothing was left out of them.")
@click.option("--scanner", metavar="PROGRAM", help="Looks for viruses in such files; the setting's otherwise.")
@click.option(
    "--stamp", "stamps", multiple=True, metavar="TEXT", help="Stands on each page beside its number; repeatable."
)
@click.option(
    "--form",
    type=click.Choice([one.value for one in Form]),
    default="all",
    show_default=True,
    help="Which files are made.",
)
@click.option(
    "--again", type=click.IntRange(1), metavar="N", help="Write production N once more, the same byte for byte."
)
@click.option("--zip", "as_zip", is_flag=True, help="Write one ZIP file instead of a folder; its name ends in .zip.")
@click.option("--check", is_flag=True, help="Find out whether it could be done; number and write nothing.")
@command
def produce_command(
    session: Session,
    request: str,
    folder: Path,
    prefix: str | None,
    instalment: int | None,
    batches: tuple[int, ...],
    withheld: str,
    scanner: str | None,
    stamps: tuple[str, ...],
    form: str,
    again: int | None,
    *,
    ready: bool,
    changed: bool,
    natives: bool,
    as_zip: bool,
    check: bool,
) -> None:
    """Write what is decided to be given into a new FOLDER, or ZIP file: numbered, looked at, signed.

    Nothing is numbered while something stands against it; all of that is told at once, and the exit status is 5.
    Whoever gets the folder checks it with: archiver verify bundle FOLDER --key KEY
    """
    who = session.principal(Act.PRODUCE)
    installation = session.installation
    tools = tools_of(installation)
    with counting(session, "Producing") as progress:
        if again is not None:
            place = folder.absolute()
            told = produce_again(installation, who, request, again, place, tools, as_zip=as_zip, progress=progress)
        else:
            choice = Choice(batches=frozenset(batches), ready=ready, changed=changed, sheets=withheld == "slip")
            wishes = Wishes(
                choice=choice,
                prefix=prefix,
                instalment=instalment,
                stamps=stamps,
                natives=natives,
                form=Form(form),
                scanner=scanner,
                as_zip=as_zip,
            )
            told = produce(installation, who, request, folder.absolute(), wishes, tools, check=check, progress=progress)
    session.show(told, _produced_text(told))
    if told["reasons"]:
        exit_with(Exit.CONFLICT)


def _produced_text(told: dict[str, Any]) -> str:
    lines = [f"Note: {one['message']}" for one in told["warnings"]]
    if told["reasons"]:
        lines.append("Not produced:")
        for one in told["reasons"][:_MOST_REASONS]:
            lines.append(f"  {one['message']}")
            lines += [f"    {record}" for record in one["records"][:_SHOWN]]
            if one["count"] > _SHOWN:
                lines.append(f"    and {one['count'] - _SHOWN:,} more")
        if len(told["reasons"]) > _MOST_REASONS:
            lines.append(f"  and {len(told['reasons']) - _MOST_REASONS:,} more; --json lists them all")
        if any(one["kind"] == "gate" for one in told["reasons"]):
            lines.append(f"What stands in other records: archiver request occurrences {told['request']}")
            lines.append("  there, leave it out (request redact linked --mark), or allow it (accept-occurrence)")
        return "\n".join(lines)
    what = ", ".join(counted(told[f"{one}s"], one) for one in ("record", "document", "page"))
    if not told["produced"]:
        lines.append(f"Nothing stands against it: {what}")
    else:
        lines.append(f"Production {told['production']}: {what}, {told['first']} to {told['last']}")
        lines.append(f"In {told['folder']}; check it with: archiver verify bundle {told['folder']} --key KEY")
    if told["later"]:
        lines.append(f"{told['later']:,} records wait for a later production.")
    return "\n".join(lines)


@click.command("produced")
@click.argument("request", required=False)
@click.option(
    "--documents", "number", type=click.IntRange(1), metavar="N", help="The documents of production N, instead."
)
@click.option("--of", "wanted", metavar="ID", help="Where this record was given, or what this page number is of.")
@command
def produced(session: Session, request: str | None, number: int | None, wanted: str | None) -> None:
    """List what was produced for a request, and which page numbers have which record."""
    who = session.principal(Act.SEE_REQUESTS)
    installation = session.installation
    if (wanted is None) == (request is None):
        raise click.UsageError("give a REQUEST, or --of a record's id or page number")
    if wanted is not None:
        found = where_given(installation, who, wanted)
        lines = [f"{one['request']}  {_document_line(one)}" for one in found]
        session.show(found, "\n".join(lines) or "This record was not given.")
        return
    if number is not None:
        documents = list(list_documents(installation, who, request or "", number))
        session.show(documents, "\n".join(map(_document_line, documents)))
        return
    told = list_productions(installation, who, request or "")
    lines = [
        f"{one['production']:>4}  {one['made_at'][:10]}  {one['first']} to {one['last']}  "
        f"{one['records']:,} records, {one['pages']:,} pages"
        for one in told["productions"]
    ]
    lines += [f"Asked back {one['at'][:10]}: {one['reason']}" for one in told["clawbacks"]]
    session.show(told, "\n".join(lines) or "Nothing was produced yet.")


def _document_line(one: dict[str, Any]) -> str:
    part = f"/{one['component']}" if one["component"] else ""
    back = f"  asked back ({one['clawback']})" if one["clawback"] else ""
    return f"{one['production']:>4}  {one['first']} to {one['last']}  {one['record']}{part}  {one['leaves']}{back}"


@click.command("clawback")
@click.argument("request")
@click.argument("pages", metavar="NUMBER...", nargs=-1, required=True)
@private_words("--reason", "Why it is asked back.", required=True)
@command
def clawback(session: Session, request: str, pages: tuple[str, ...], reason: str) -> None:
    """Ask back whole documents by numbers of their pages; the letter for it: archiver request letter."""
    told = claw_back(session.installation, session.principal(Act.PRODUCE), request, pages, reason)
    session.show(told, "\n".join(["Asked back:", *map(_document_line, told["documents"])]))


PRODUCTION = (produce_command, produced, clawback)
