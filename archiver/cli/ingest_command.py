"""`archiver ingest`: files, mailboxes and folders into the archive, every item accounted for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.anchoring import refuse_rollback
from archiver.cli.captions import caption_options
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with, printable
from archiver.crew import Crew
from archiver.forgetting import forgetting
from archiver.intake import Intake
from archiver.intake_counting import count_items
from archiver.mapped_files import described_items, read_mapping_file
from archiver.problems import Exit, error_json, problem_of
from archiver.receipts import ReceiptForm, make_folder, write_receipts
from archiver.unpacking_turns import unpacking_limits
from archiver.wiring import SERVICE_ACTOR
from ingest.captions import caption_from
from ingest.channels.files import KINDS, find_items
from ingest.channels.together import captioned, find_set
from ingest.told import Told
from storage.errors import ArchiveError, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.access import Principal
    from archiver.cli.session import Session
    from archiver.intake_report import IntakeReport
    from ingest.channels.files import FoundItem

_SHOWN_PROBLEMS = 20
_SHOWN_REMARKS = 10


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--custodian", "address", metavar="ADDRESS", help="Whose records these are; else each sender's.")
@click.option("--kind", type=click.Choice(KINDS), help="What the files are, where it cannot be detected.")
@click.option(
    "--day-first/--month-first",
    "day_first",
    default=None,
    help="The order of dates in a chat export, where the file alone does not tell (3/5 is May 3, or March 5).",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="What the columns of a table of messages (CSV, JSON) mean that no reader knows.",
)
@click.option("--together", is_flag=True, help="The PATHs are pictures of one conversation, in this order: one item.")
@caption_options
@click.option("--items", type=click.Path(path_type=Path), metavar="FILE.jsonl", help="Write one line per item.")
@click.option(
    "--receipts", "receipts", type=click.Path(path_type=Path), metavar="DIR", help="Write a receipt for each item."
)
@click.option("--no-wait", is_flag=True, help="Return when everything is durable, before it is examined.")
@click.option("--dry-run", is_flag=True, help="Only count what would be taken.")
@command
def ingest(
    session: Session,
    paths: tuple[str, ...],
    address: str | None,
    kind: str | None,
    day_first: bool | None,  # noqa: FBT001 - an option of the command line
    mapping: Path | None,
    items: Path | None,
    receipts: Path | None,
    *,
    together: bool,
    no_wait: bool,
    dry_run: bool,
    **said: str | None,
) -> None:
    """Take in mails, mailboxes (mbox, Maildir, PST, OLM), exports of chats and posts, pictures, archives, folders.

    An export is one item; each day of its conversations and each of its posts becomes a record. A picture is one item
    and one record; with --together, all pictures are. The caption is kept with pictures and documents.

    Every item seen gets one outcome: archived, duplicate, quarantined, failed. The command returns when all
    of it can be found by search. Running it again takes only what is not there yet. What a mailbox or archive
    declares is held against what came out of it: archiver container list.
    """
    crew = Crew.in_reserve(session.folder, wanted=not (no_wait or dry_run))
    who = session.principal(Act.SUBMIT)
    chosen = [_existing(path, session.folder) for path in paths]
    found = _found(chosen, kind, session, together=together)
    caption = caption_from(said)
    if caption is not None:
        found = captioned(found, caption, lambda: session.note("The caption is kept with pictures and documents only."))
    told = Told(day_first=day_first)
    if mapping is not None:
        found, told = _described(found, kind, replace(told, mapping=read_mapping_file(mapping, chosen)))
    if dry_run:
        _count(session, found, told)
        return
    for one in refuse_rollback(session.installation):
        session.note(f"anchor {one.place}: {one.detail}")
    custodian_id = _custodian_of(session, address)
    _prepare(items, receipts)
    with counting(session, "Archiving") as progress, forgetting(session.installation):
        intake = Intake(
            session.installation,
            actor=who.actor,
            submitter=who.name,
            custodian_id=custodian_id,
            progress=progress,
            reading=progress.called("Reading pictures"),
            say=session.note,
            told=told,
            crew=crew,
        )
        report = intake.run(found, wait=not no_wait)
        session.installation.assigning.assign_asked(actor=f"{SERVICE_ACTOR}:series")
    if items is not None:
        with items.open("w", encoding="utf-8") as lines:
            met = intake.accounting.items(with_digests=True)
            lines.writelines(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in met)
    document = report.to_json()
    error = report.stopped_by
    if receipts is not None:
        try:
            document["receipts"] = _write_receipts(session, who, intake, receipts)
        except ArchiveError as refusal:  # the account of the run must not be lost over it
            error = error or refusal
    if error is None and not report.seen:
        error = NotFound("there is nothing to take in there")
    if error is not None:
        document |= error_json(error)
    session.show(document, _text(document))
    _finish(report, error)


def _found(chosen: list[Path], kind: str | None, session: Session, *, together: bool) -> Iterator[FoundItem]:
    """What lies at the paths: each by itself, or all of it as one set."""
    if not together:
        return find_items(chosen, kind, without=session.folder)
    if kind is not None:
        raise InvalidInput("--together says what the files are; leave out --kind")
    return iter((find_set(chosen),))


def _count(session: Session, found: Iterable[FoundItem], told: Told) -> None:
    """Say what would be taken; of files with a mapping also what their reader says, so that one can be tried out."""
    installation = session.installation
    said: list[str] = []
    counted = count_items(
        found,
        unpacking_limits(installation),
        allow_unconfined=installation.settings.sandbox.allow_unconfined,
        about=told.circumstances(installation.archive.zone.key),
        say=said.append,
    )
    document: dict[str, object] = {"seen": counted, "dry_run": True}
    lines = [f"{counted:,} items would be taken."]
    if told.mapping:
        document["remarks"] = said[:_SHOWN_PROBLEMS]
        lines += [printable(one) for one in said[:_SHOWN_PROBLEMS]]
    session.show(document, "\n".join(lines))


def _custodian_of(session: Session, address: str | None) -> str | None:
    if address is None:
        return None
    archive = session.installation.archive
    with archive.store.read() as connection:
        custodian_id = archive.custodians.find(connection, address)
    if custodian_id is None:
        raise NotFound(f"no custodian has the address {address}; add one with: archiver custodian add")
    return custodian_id


def _write_receipts(session: Session, who: Principal, intake: Intake, folder: Path) -> int:
    """A receipt for every submission of the run, those that were there already included; returns how many."""
    names = dict.fromkeys(one.submission for one in intake.accounting.items() if one.submission is not None)
    with counting(session, "Writing receipts") as progress:
        done = write_receipts(
            session.installation, who, names, folder, ReceiptForm.JSON, lambda count: progress(count, len(names))
        )
    return done.written


def _existing(given: str, own: Path) -> Path:
    path = Path(given)
    if not given or not (path.is_symlink() or path.exists()):
        raise NotFound(f"{given!r} does not exist; give the path of a file or folder", path=given)
    if path.resolve().is_relative_to(own.resolve()):
        raise InvalidInput(f"{given} lies in the archive itself; give a path outside of {own}", path=given)
    return path


def _described(found: Iterator[FoundItem], kind: str | None, told: Told) -> tuple[Iterator[FoundItem], Told]:
    if kind is not None:
        raise InvalidInput("--mapping says what the files are; leave out --kind")
    return described_items(found), told


def _prepare(items: Path | None, receipts: Path | None) -> None:
    if items is not None:
        _refuse_unwritable(items)
    if receipts is not None:
        make_folder(receipts)


def _refuse_unwritable(items: Path) -> None:
    """Before anything is taken: an account that cannot be written afterwards would be lost."""
    try:
        with items.open("a"):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(f"{items} cannot be written: {reason}; --items names a file for the account") from error


def _text(document: dict[str, object]) -> str:
    counts = ", ".join(
        f"{document[name]:,} {name}"
        for name in ("archived", "duplicate", "quarantined", "failed", "waiting")
        if document[name]
    )
    lines = [f"{document['seen']:,} seen: {counts or 'nothing'}; {document['records']:,} records"]
    problems = document["problems"]
    assert isinstance(problems, list)
    lines += [printable(f"{one['outcome']}: {one['source']}: {one['reason']}") for one in problems[:_SHOWN_PROBLEMS]]
    remarks = document["remarks"]
    assert isinstance(remarks, list)
    lines += [printable(f"remark: {one['source']}: {one['remark']}") for one in remarks[:_SHOWN_REMARKS]]
    if len(remarks) > _SHOWN_REMARKS:
        lines.append(f"and {len(remarks) - _SHOWN_REMARKS:,} more remarks; see: archiver container show ID")
    if len(problems) > _SHOWN_PROBLEMS:
        lines.append(f"and {len(problems) - _SHOWN_PROBLEMS:,} more; --items FILE.jsonl lists every item")
    return "\n".join(lines)


def _finish(report: IntakeReport, error: ArchiveError | None) -> None:
    if error is not None:
        stopped = "stopped: " if report.stopped_by is not None else ""
        click.echo(f"archiver: {stopped}{error.message}", err=True)
        exit_with(problem_of(error).exit)
    if report.count("failed") or report.count("quarantined"):
        exit_with(Exit.FINDINGS)


COMMANDS = (ingest,)
