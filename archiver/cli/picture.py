"""`archiver picture`: what was read in pictures, and what waits for it; reading it now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.forgetting import forgetting
from archiver.picture_drain import drain, read_again
from archiver.problems import Exit
from storage.errors import Conflict, InvalidInput
from storage.transcriptions import ReadingPriority

if TYPE_CHECKING:
    from archiver.cli.session import Session

_NAMES = {
    ReadingPriority.HANDED_IN: "handed in as pictures or scans",
    ReadingPriority.MAIL: "mails with pictures",
    ReadingPriority.CONVERSATION: "conversations, posts and pages with pictures",
}
_INDEX_SECONDS = 60.0


@click.group("picture")
def picture() -> None:
    """The text of pictures and scans: what waits to be read, and reading it."""


def _backlog(session: Session) -> dict[str, Any]:
    archive = session.installation.archive
    with archive.store.read() as connection:
        waiting = archive.transcriptions.backlog(connection)
    return {
        "enabled": session.installation.settings.pictures.enabled,
        "waiting": sum(waiting.values()),
        **{one.name.lower(): count for one, count in waiting.items()},
    }


@picture.command("waiting")
@command
def waiting(session: Session) -> None:
    """Say how many records have pictures that wait to be read. `serve` reads them by itself."""
    session.principal(Act.VERIFY)
    document = _backlog(session)
    lines = [f"{document[one.name.lower()]:>8,}  {name}" for one, name in _NAMES.items()]
    if not document["waiting"]:
        lines = ["No pictures wait to be read."]
    if not document["enabled"]:
        lines.append("Reading is switched off: [pictures] enabled in archiver.toml")
    session.show(document, "\n".join(lines))


@picture.command("read")
@click.argument("record_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Also pictures that mails and conversations carry.")
@command
def read(session: Session, record_ids: tuple[str, ...], *, everything: bool) -> None:
    """Read the pictures that wait, or those of some records again; what is read is added as a version.

    Without an ID: what was handed in as pictures and scans, with --all everything that waits. Exit status 6 where
    something in them could not be read.
    """
    if record_ids and everything:
        raise InvalidInput("give the ids of records, or --all")
    who = session.principal(Act.RUN)
    installation = session.installation
    if not installation.settings.pictures.enabled:
        raise Conflict("reading of pictures is switched off; set [pictures] enabled = true in archiver.toml")
    began = time.monotonic()
    with counting(session, "Reading pictures") as progress, forgetting(installation):
        if record_ids:
            ids = tuple(dict.fromkeys(record_ids))
            done = read_again(installation, who.actor, ids, lambda count: progress(count, len(ids)))
        else:
            most = ReadingPriority.CONVERSATION if everything else ReadingPriority.HANDED_IN
            done = drain(installation, who.actor, most, progress)
        installation.follower().catch_up(_INDEX_SECONDS)
    document = {
        "read": done.read,
        "unread": done.unread,
        "waiting": _backlog(session)["waiting"],
        "seconds": round(time.monotonic() - began, 3),
    }
    lines = [f"{done.read:,} records were read, {document['waiting']:,} wait."]
    if done.unread:
        lines.append(f"{done.unread:,} of them have places that could not be read; see: archiver record show ID")
    session.show(document, "\n".join(lines))
    if done.unread:
        exit_with(Exit.FINDINGS)


COMMANDS = (picture,)
