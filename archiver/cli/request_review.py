"""`archiver request set`, `review` and `code`: what a request reaches, and what is decided of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.cli.words_from_files import private_words
from archiver.review_tags import tag_number
from archiver.reviewing import (
    add_set,
    code,
    confirm,
    disagreements,
    give,
    list_records,
    list_sets,
    sample,
    steps,
    undo,
)
from archiver.shown_text import line
from search.disclosure.review_rows import Decision
from search.grouping import Grouping
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from archiver.cli.session import Session

_DECISIONS = click.Choice([one.value for one in Decision])


@click.group("set")
def set_() -> None:
    """The searches of a request: each is frozen, and its records are put before the reviewers."""


@set_.command("add")
@click.argument("request")
@private_words("--query", "Search for this now, and keep what was found.", metavar="QUERY")
@click.option("--saved", metavar="NAME", help="The same by a saved search.")
@click.option("--frozen", metavar="ID", help="A set that was frozen before.")
@click.option("--without", multiple=True, metavar="ID", help="Leave out the records of this frozen set; repeatable.")
@command
def set_add(
    session: Session, request: str, query: str | None, saved: str | None, frozen: str | None, without: tuple[str, ...]
) -> None:
    """Freeze a search and put its records before the reviewers; what is there already stays as it is."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = add_set(session.installation, who, request, query=query, saved=saved, frozen=frozen, without=without)
    session.show(document, f"{document['added']:,} of {document['found']:,} records were not there before")


@set_.command("list")
@click.argument("request")
@command
def set_list(session: Session, request: str) -> None:
    """List the frozen searches of a request."""
    found = list_sets(session.installation, session.principal(Act.SEE_REQUESTS), request)
    lines = [
        f"{one['set']}  {'-' if one['total'] is None else format(one['total'], ','):>9}  {one['query'] or 'not shown'}"
        for one in found
    ]
    session.show(found, "\n".join(lines) or "No search yet; add one with: archiver request set add")


@set_.command("sample")
@click.argument("request")
@click.option("--size", type=int, default=100, show_default=True, help="Records to draw.")
@click.option("--seed", type=int, help="Draws the same again; a new one otherwise, which is told.")
@command
def set_sample(session: Session, request: str, size: int, seed: int | None) -> None:
    """Draw records that no search of the request found, to see whether something was missed."""
    who = session.principal(Act.SEE_REQUESTS)
    document = sample(session.installation, who, request, size, secrets.randbelow(1 << 32) if seed is None else seed)
    told = f"{len(document['records']):,} of {document['of']:,} others, seed {document['seed']}"
    session.show(document, "\n".join([*document["records"], told]))


@click.command("review")
@click.argument("request")
@click.option("--undecided", is_flag=True, help="Only what is not decided yet.")
@click.option("--decision", type=_DECISIONS, help="Only what is decided so.")
@click.option("--batch", type=int, metavar="N", help="Only what is in this batch.")
@private_words("--tag", "Only what has this tag.", metavar="NAME")
@click.option("--after", default="", metavar="ID", help="From behind this record on.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Records to show.")
@click.option("--steps", "as_steps", is_flag=True, help="The steps that were made, instead.")
@click.option("--check", is_flag=True, help="Records that say the same and are decided differently, instead.")
@command
def review(
    session: Session,
    request: str,
    decision: str | None,
    batch: int | None,
    tag: str | None,
    after: str,
    limit: int,
    *,
    undecided: bool,
    as_steps: bool,
    check: bool,
) -> None:
    """Show how far the review of a request has come, and its records."""
    who = session.principal(Act.SEE_REQUESTS)
    if as_steps:
        told = steps(session.installation, who, request)
        session.show(told, "\n".join(map(_step_line, told)) or "No step yet.")
        return
    if check:
        groups = disagreements(session.installation, who, request)
        lines = ["\n".join(_line(one) for one in group) for group in groups]
        session.show(groups, "\n\n".join(lines) or "Records that say the same are decided in the same way.")
        return
    document = list_records(
        session.installation,
        who,
        request,
        after=after,
        limit=limit,
        decision=None if decision is None else Decision(decision),
        undecided=undecided,
        batch=batch,
        tag=None if tag is None else tag_number(session.installation, who, request, tag),
    )
    counts = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in document["progress"].items() if value)
    zone = session.installation.archive.zone
    lines = [_shown_line(one, zone) for one in document["records"]]
    session.show(document, "\n".join([*lines, counts or "No records yet."]))


def _shown_line(one: dict[str, Any], zone: ZoneInfo) -> str:
    day = "" if one["sent_at"] is None else datetime.fromisoformat(one["sent_at"]).astimezone(zone).strftime("%Y-%m-%d")
    said = "  ".join(line(each)[:60] for each in (one["from"], one["subject"]) if each)
    tags = "".join(f"  [{line(each)}]" for each in one["tags"])
    return f"{_line(one)}  {day:<10}  {said}{tags}".rstrip()


def _line(one: dict[str, Any]) -> str:
    grounds = f"  {', '.join(one['exemptions'])}" if one["exemptions"] else ""
    second = "  confirmed" if one["confirmed_by"] else ""
    return f"{one['record']}  {one['decision'] or 'undecided':<15}{grounds}{second}"


def _step_line(one: dict[str, Any]) -> str:
    back = f" of step {one['takes_back']}" if one["takes_back"] else ""
    note = f"  {one['note']}" if one["note"] else ""
    return f"{one['step']:>5}  {one['at'][:16]}  {one['kind']}{back}  ({one['by']}){note}"


@click.command("code")
@click.argument("request")
@click.argument("records", nargs=-1, metavar="[RECORD]...")
@click.option("--record", "ids", multiple=True, metavar="ID", help="The same, as an option; repeatable.")
@click.option("--decision", type=_DECISIONS, help="What is decided.")
@click.option("--exemption", "codes", multiple=True, metavar="CODE", help="Its ground; repeatable.")
@private_words("--note", "Why; kept sealed with the step.")
@click.option("--with", "together", type=click.Choice(["thread", "duplicate", "near"]), help="What belongs to it, too.")
@click.option("--confirm", "as_second", is_flag=True, help="Confirm decisions, as a second person.")
@click.option("--batch", type=int, metavar="N", help="Put the records into this batch.")
@click.option("--undo", "step", type=int, metavar="STEP", help="Take this step back.")
@command
def code_(
    session: Session,
    request: str,
    records: tuple[str, ...],
    ids: tuple[str, ...],
    decision: str | None,
    codes: tuple[str, ...],
    note: str | None,
    together: str | None,
    batch: int | None,
    step: int | None,
    *,
    as_second: bool,
) -> None:
    """Decide records of a request: release, redact, withhold or not_responsive."""
    who = session.principal(Act.REVIEW)
    asked = [decision is not None, as_second, batch is not None, step is not None]
    if sum(asked) != 1:
        raise InvalidInput("say one thing: --decision, --confirm, --batch or --undo")
    ids = (*records, *ids)
    if (step is None) == (not ids):
        raise InvalidInput("name the records behind the request; --undo names a step instead")
    installation = session.installation
    if step is not None:
        document = undo(installation, who, request, step)
    elif as_second:
        document = confirm(installation, who, request, ids)
    elif batch is not None:
        document = give(installation, who, request, ids, batch)
    else:
        group = None if together is None else Grouping(together)
        chosen = Decision(decision or "")
        document = code(installation, who, request, ids, chosen, codes=codes, note=note, with_groups=group)
    session.show(document, f"step {document['step']}: {document['records']:,} records")


REVIEW = (set_, review, code_)
