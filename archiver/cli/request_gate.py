"""`archiver request occurrences` and `accept-occurrence`: what was left out of one record and stands in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.accepting_occurrences import accept_occurrences, list_occurrences, withdraw_occurrences
from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command
from archiver.cli.words_from_files import private_words
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("occurrences")
@click.argument("request")
@click.option("--record", "record_id", metavar="ID", help="Only what stands in this record.")
@click.option("--open", "only_open", is_flag=True, help="Only what is not accepted.")
@command
def occurrences(session: Session, request: str, record_id: str | None, *, only_open: bool) -> None:
    """List where strings that are left out of one record stand in other records that are to be given."""
    who = session.principal(Act.REVIEW)
    with counting(session, "records") as shown:
        document = list_occurrences(session.installation, who, request, record_id=record_id, progress=shown)
    if only_open:
        document["occurrences"] = [one for one in document["occurrences"] if not one["accepted"]]
    lines = [_line(one) for one in document["occurrences"]]
    short = document["by_region_only"]
    told = f"{document['open']:,} not accepted" + (f"; {short:,} too short to be looked for" if short else "")
    nothing = "Nothing that is left out of one record stands in another."
    session.show(document, "\n".join([*(lines or [nothing]), told]))


@click.command("accept-occurrence")
@click.argument("request")
@click.argument("names", metavar="OCCURRENCE...", nargs=-1, required=True)
@private_words("--reason", "Why it may stand there; kept sealed.")
@click.option("--same-string", is_flag=True, help="Wherever else the same string stands now, too.")
@click.option("--withdraw", is_flag=True, help="Accept it no longer.")
@command
def accept_occurrence(
    session: Session, request: str, names: tuple[str, ...], reason: str | None, *, same_string: bool, withdraw: bool
) -> None:
    """Say that a string that is left out of one record may stand in another, there."""
    who = session.principal(Act.REVIEW)
    if withdraw:
        if reason is not None or same_string:
            raise InvalidInput("--withdraw stands alone: it needs no reason, and names each occurrence")
        document = withdraw_occurrences(session.installation, who, request, names)
        session.show(document, f"{document['withdrawn']:,} accepted no longer")
        return
    with counting(session, "records") as shown:
        document = accept_occurrences(
            session.installation, who, request, names, reason or "", same_string=same_string, progress=shown
        )
    session.show(document, f"{document['accepted']:,} accepted")


def _line(one: dict[str, Any]) -> str:
    state = f"accepted by {one['accepted_by']}: {one['reason']}" if one["accepted"] else "not accepted"
    times = f" ({one['count']:,} times)" if one["count"] > 1 else ""
    place = f"{one['occurrence']}  {one['shown']!r} in {one['record']}, {one['part']}{times}"
    return f"{place}; {state}\n    ... {one['around']} ..."


GATE = (occurrences, accept_occurrence)
