"""`archiver request tag` and `tags`: what reviewers call records of a request, so as to find them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.cli.words_from_files import private_list
from archiver.review_tags import list_tags, tag_records
from archiver.reviewing import undo
from archiver.shown_text import line
from search.grouping import Grouping
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("tag")
@click.argument("request")
@click.argument("records", nargs=-1, metavar="[RECORD]...")
@private_list("--add", "Put this tag on; repeatable.", name="add", metavar="NAME")
@private_list("--remove", "Take this tag off; repeatable.", name="remove", metavar="NAME")
@click.option("--with", "together", type=click.Choice(["thread", "duplicate", "near"]), help="What belongs to it, too.")
@click.option("--undo", "step", type=int, metavar="STEP", help="Take this step back.")
@command
def tag(
    session: Session,
    request: str,
    records: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    together: str | None,
    step: int | None,
) -> None:
    """Put tags on records of a request, and take others off them."""
    who, installation = session.principal(Act.REVIEW), session.installation
    if (step is None) == (not records):
        raise InvalidInput("name the records behind the request; --undo names a step instead")
    if step is not None:
        if add or remove:
            raise InvalidInput("say one thing: --undo takes a step back and puts on nothing new")
        document = undo(installation, who, request, step)
    else:
        group = None if together is None else Grouping(together)
        document = tag_records(installation, who, request, records, add=add, remove=remove, with_groups=group)
    session.show(document, f"step {document['step']}: {document['records']:,} records")


@click.command("tags")
@click.argument("request")
@command
def tags(session: Session, request: str) -> None:
    """List the tags of a request, each with how many records have it."""
    document = list_tags(session.installation, session.principal(Act.SEE_REQUESTS), request)
    lines = [f"{one['records']:>9,}  {line(one['tag'])}" for one in document["tags"]]
    session.show(
        document, "\n".join(lines) or "No tag yet; put one on with: archiver request tag REQUEST RECORD --add NAME"
    )


TAGS = (tag, tags)
