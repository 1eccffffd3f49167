"""`archiver transcript`: what pictures say, corrected and confirmed by people, version by version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.captions import caption_options
from archiver.cli.session import command
from archiver.transcript_changes import confirmed, with_caption, with_changes, with_day, with_messages, without_message
from archiver.transcript_form import LARGEST, checked_member, form_of, read_form
from archiver.transcripts import add_version, open_version, show_transcript
from ingest.captions import CAPTION_FIELDS, caption_from
from storage.errors import InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from archiver.cli.session import Session
    from storage.transcription import Transcription

_version_option = click.option(
    "--version",
    "seen",
    type=click.IntRange(min=1),
    metavar="N",
    help="The version that you saw; refused if not the newest.",
)


@click.group("transcript")
def transcript() -> None:
    """What pictures say: shown, corrected and confirmed, each time as a further version."""


@transcript.command("show")
@click.argument("record_id", metavar="RECORD")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="An older version; else the newest.")
@command
def show(session: Session, record_id: str, version: int | None) -> None:
    """Show what a record's pictures say, and every version with its author, its time and what changed."""
    who = session.principal(Act.READ_RECORD)
    document = show_transcript(session.installation, who, record_id, version)
    session.show(document, "\n".join(_lines(document)))


@transcript.command("export")
@click.argument("record_id", metavar="RECORD")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="An older version; else the newest.")
@command
def export(session: Session, record_id: str, version: int | None) -> None:
    """Print the messages as JSON, to be changed by hand and read again by `transcript correct --from FILE`."""
    who = session.principal(Act.READ_RECORD)
    installation = session.installation
    form = form_of(open_version(installation, who, record_id, version))
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor=who.actor, subjects=(record_id,))
    session.show(form, json.dumps(form, ensure_ascii=False, indent=2))


@transcript.command("correct")
@click.argument("record_id", metavar="RECORD")
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="FILE", help="All messages, as exported.")
@click.option("--message", type=click.IntRange(min=1), metavar="N", help="Correct the message with this number.")
@click.option("--text", metavar="TEXT", help="With --message: what it says.")
@click.option("--sender", metavar="NAME", help="With --message: who says it; empty if it is not known.")
@click.option("--side", metavar="SIDE", help="With --message: left, right or center.")
@click.option("--at", metavar="MOMENT", help="With --message: when, such as 2026-03-02T09:41.")
@click.option("--time", metavar="TIME", help="With --message: the time as the picture prints it.")
@click.option("--remove", is_flag=True, help="With --message: it is no message.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The date of the times that have none; with --message of that one.",
)
@_version_option
@command
def correct(
    session: Session,
    record_id: str,
    source: Path | None,
    message: int | None,
    day: datetime | None,
    seen: int | None,
    *,
    remove: bool,
    **changes: str | None,
) -> None:
    """Correct what the pictures say, as a further version with your name; the versions before it stay.

    Either all messages from a file, or one with --message N, or the dates with --day.
    """
    who = session.principal(Act.CORRECT)
    given = {name: checked_member(name, value) for name, value in changes.items() if value is not None}
    if [source is not None, bool(given), remove, day is not None].count(True) != 1:
        raise InvalidInput("give one of --from FILE, --day DATE, or --message N with what is right, or with --remove")
    if (given or remove) and message is None:
        raise InvalidInput("say which message it is with --message N; see: archiver transcript show RECORD")
    change: Callable[[Transcription], Transcription]
    if source is not None:
        if message is not None:
            raise InvalidInput("--from FILE gives all messages; leave --message out")
        written, title, of = read_form(_document(source, record_id))
        seen = seen or of
        change = lambda before: with_messages(before, written, title)  # noqa: E731 - the same step for all of these
    elif day is not None:
        change = lambda before: with_day(before, day.date(), message)  # noqa: E731
    elif remove:
        change = lambda before: without_message(before, message or 0)  # noqa: E731
    else:
        change = lambda before: with_changes(before, message or 0, given)  # noqa: E731
    _show_new(session, add_version(session.installation, who, record_id, change, seen=seen))


@transcript.command("confirm")
@click.argument("record_id", metavar="RECORD")
@_version_option
@command
def confirm(session: Session, record_id: str, seen: int | None) -> None:
    """Say that the pictures say what the newest version says; it becomes a version with your name."""
    who = session.principal(Act.CORRECT)
    _show_new(session, add_version(session.installation, who, record_id, confirmed, seen=seen, confirms=True))


@transcript.command("caption")
@click.argument("record_id", metavar="RECORD")
@caption_options
@_version_option
@command
def caption(session: Session, record_id: str, seen: int | None, **said: str | None) -> None:
    """Say who, what, when, where and why; what you leave out stays, what you give empty is taken away."""
    who = session.principal(Act.CORRECT)
    if all(value is None for value in said.values()):
        raise InvalidInput(f"give at least one of {', '.join(f'--{name}' for name in CAPTION_FIELDS)}")

    def change(before: Transcription) -> Transcription:
        was = {name: getattr(before.caption, name, "") for name in CAPTION_FIELDS}
        return with_caption(before, caption_from(was | {name: one for name, one in said.items() if one is not None}))

    _show_new(session, add_version(session.installation, who, record_id, change, seen=seen))


def _show_new(session: Session, one: Transcription) -> None:
    document = {"record": one.record_id, "version": one.number, "author": one.author}
    session.show(document, f"Version {one.number} of what the pictures of {one.record_id} say, by {one.author}.")


def _document(path: Path, record_id: str) -> Any:
    """The document that somebody wrote.

    Raises:
        InvalidInput: it cannot be read, or is of another record.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInput(f"the transcript {path} is larger than {LARGEST >> 20} MB")
        document = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise InvalidInput(f"the transcript {path} does not exist") from error
    except RecursionError as error:
        raise InvalidInput(f"the transcript {path} is no JSON document: it is nested too deeply") from error
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the transcript {path} is no JSON document") from error
    if isinstance(document, dict) and document.get("record", record_id) != record_id:
        raise InvalidInput(f"the transcript {path} is of another record; leave out its record, or name that one")
    return document


def _lines(document: dict[str, Any]) -> list[str]:
    newest = "" if document["version"] == document["newest"] else f" (the newest is {document['newest']})"
    lines = [f"{document['record']}  version {document['version']}{newest}, by {document['author']}", ""]
    found = document["transcript"]
    for number, one in enumerate(() if found is None else found["messages"], start=1):
        at = one["at"] or " ".join(part for part in (one["day"], one["time"]) if part) or "-"
        lines.append(f"{number:>4}  {at}  {one['sender'] or one['side'] or '-'}: {one['text']}")
        if one["inferred"]:
            lines.append(f"      inferred, not read: {', '.join(one['inferred'])}")
    if found is None:
        lines.append(document["text"].rstrip() or "(no text)")
    if document["caption"] is not None:
        lines += ["", *(f"{name:<8}{said}" for name, said in document["caption"].items() if said)]
    lines.append("")
    for one in document["versions"]:
        who = "read by" if one["source"] == "engine" else "written by"
        lines.append(f"version {one['version']}, {who} {one['author']}, {one['made_at']}")
        lines += [f"    {said}" for said in one["said"]]
    return lines


COMMANDS = (transcript,)
