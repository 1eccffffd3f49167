"""`archiver draft`: hand in an export of which only a part is the agency's business."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.anchoring import refuse_rollback
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.crew import Crew
from archiver.drafting import Drafting, announcement
from archiver.forgetting import forgetting
from archiver.intake import Intake
from archiver.problems import Exit, problem_of
from ingest.draft_outline import LeftOut, in_words
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session

_REASONS = click.Choice([one.value for one in LeftOut])
_EMPTY = "You have no drafts."


@click.group("draft")
def draft() -> None:
    """Exports from which you still choose: what is personal is left out, and destroyed when you confirm."""


@draft.command("add")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--custodian", "address", metavar="ADDRESS", help="Whose conversations these are; else your own.")
@click.option(
    "--day-first/--month-first",
    "day_first",
    default=None,
    help="The order of dates in a chat export, where the file alone does not tell (3/5 is May 3, or March 5).",
)
@click.option("--days", "with_days", is_flag=True, help="List every day, too.")
@command
def add(
    session: Session,
    path: Path,
    address: str | None,
    day_first: bool | None,  # noqa: FBT001 - an option of the command line
    *,
    with_days: bool,
) -> None:
    """Upload an export of conversations, to choose from. Nothing of it is a record yet, and nobody else sees it.

    PATH is one file, or the folder that an export was unpacked into. It lists what can be chosen.
    """
    drafting = Drafting(installation=session.installation, who=session.principal(Act.SUBMIT))
    custodian_id = drafting.owner(address)
    _refuse_missing(path, session.folder)
    for one in refuse_rollback(session.installation):
        session.note(f"anchor {one.place}: {one.detail}")
    if drafting.is_held(custodian_id):
        session.note(announcement())
    with counting(session, "Listing") as progress:
        document = drafting.add(path, custodian_id, day_first=day_first, progress=lambda met: progress(met, None))
    session.show(document, _text(document, with_days=with_days))


@draft.command("list")
@command
def list_them(session: Session) -> None:
    """List your drafts, and until when each is there."""
    found = Drafting(installation=session.installation, who=session.principal(Act.SUBMIT)).all()
    lines = [f"{one['id']}  until {one['expires_at'][:16]}  {one['size']:,} bytes  {one['source']}" for one in found]
    session.show({"drafts": found}, "\n".join(lines) or _EMPTY)


@draft.command("show")
@click.argument("draft_id", metavar="ID")
@click.option("--days", "with_days", is_flag=True, help="List every day, too.")
@command
def show(session: Session, draft_id: str, *, with_days: bool) -> None:
    """Show the conversations of a draft with their numbers, and what is marked to be left out."""
    drafting = Drafting(installation=session.installation, who=session.principal(Act.SUBMIT))
    with counting(session, "Listing") as progress:
        document = drafting.show(draft_id, progress=lambda met: progress(met, None))
    session.show(document, _text(document, with_days=with_days))


@draft.command("choose")
@click.argument("draft_id", metavar="ID")
@click.option("--leave-out", metavar="N[,N...]", help="Leave these out: 3, 3.2, 4-7, 3.2-3.9, all.")
@click.option(
    "--reason", type=_REASONS, default=LeftOut.PERSONAL.value, show_default=True, help="Why they are left out."
)
@click.option("--keep", metavar="N[,N...]", help="Keep these after all.")
@click.option("--days", "with_days", is_flag=True, help="List every day, too.")
@command
def choose(
    session: Session, draft_id: str, leave_out: str | None, reason: str, keep: str | None, *, with_days: bool
) -> None:
    """Mark conversations (3) or days of them (3.2) to be left out, or to be kept after all.

    Nothing is destroyed before you confirm. What both options name is kept.
    """
    drafting = Drafting(installation=session.installation, who=session.principal(Act.SUBMIT))
    document = drafting.choose(draft_id, leave_out=leave_out, reason=LeftOut(reason), keep=keep)
    session.show(document, _text(document, with_days=with_days))


@draft.command("confirm")
@click.argument("draft_id", metavar="ID")
@click.option("--whole", is_flag=True, help="Hand in the upload as it is, byte for byte.")
@click.option("--despite-unread", is_flag=True, help="Let what could not be read be destroyed with the rest.")
@click.option("--no-wait", is_flag=True, help="Return when everything is durable, before it is examined.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@command
def confirm(session: Session, draft_id: str, *, whole: bool, despite_unread: bool, no_wait: bool, yes: bool) -> None:
    """Hand in what was chosen. What was left out is destroyed at once, and nobody can bring it back.

    The ledger says how much was left out, and for which reason. Exit status 6 where something became no record.
    """
    crew = Crew.in_reserve(session.folder, wanted=not no_wait)
    who = session.principal(Act.SUBMIT)
    drafting = Drafting(installation=session.installation, who=who)
    _ask(session, f"Hand in draft {draft_id}, and destroy for good what was left out?", yes=yes)
    with counting(session, "Reading") as progress:
        chosen, confirmed = drafting.confirm(
            draft_id, whole=whole, despite_unread=despite_unread, progress=lambda met: progress(met, None)
        )
    document: dict[str, Any] = {
        "id": chosen.id,
        "state": "confirmed",
        "submission": confirmed.submission_id,
        "duplicate": not confirmed.fresh,
        **confirmed.account,
    }
    lines = [f"Draft {chosen.id} is submission {confirmed.submission_id}; {_kept(document)}."]
    status = Exit.DONE
    if not no_wait:
        with counting(session, "Archiving") as progress, forgetting(session.installation):
            intake = Intake(
                session.installation,
                actor=who.actor,
                submitter=who.name,
                custodian_id=chosen.custodian_id,
                progress=progress,
                crew=crew,
            )
            report = intake.follow(confirmed.submission_id, chosen.source, fresh=confirmed.fresh)
        document["report"] = report.to_json()
        lines.append(f"{report.records:,} records were made; see: archiver container show {confirmed.submission_id}")
        lines += [f"{one['outcome']}: {one['reason']}" for one in report.problems]
        if report.stopped_by is not None:
            session.note(f"stopped: {report.stopped_by.message}")
            status = problem_of(report.stopped_by).exit
        elif report.count("failed") or report.count("quarantined"):
            status = Exit.FINDINGS
    session.show(document, "\n".join(lines))
    if status is not Exit.DONE:
        exit_with(status)


@draft.command("discard")
@click.argument("draft_id", metavar="ID")
@click.option(
    "--reason", type=_REASONS, default=LeftOut.PERSONAL.value, show_default=True, help="Why nothing is handed in."
)
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@command
def discard(session: Session, draft_id: str, reason: str, *, yes: bool) -> None:
    """Destroy a draft as a whole, at once. The ledger says that there was one, how large, and the reason."""
    drafting = Drafting(installation=session.installation, who=session.principal(Act.SUBMIT))
    _ask(session, f"Destroy draft {draft_id} for good?", yes=yes)
    document = drafting.discard(draft_id, reason)
    session.show(document, f"Draft {draft_id} is destroyed.")


def _ask(session: Session, question: str, *, yes: bool) -> None:
    """Ask before something is destroyed.

    Raises:
        InvalidInput: nobody can be asked.
    """
    if yes:
        return
    if session.as_json or not sys.stdin.isatty():
        raise InvalidInput("this destroys something for good; add --yes where nobody can be asked")
    click.confirm(question, abort=True, err=True)


def _refuse_missing(path: Path, own: Path) -> None:
    if not path.exists():
        raise NotFound(f"{str(path)!r} does not exist; give the path of an export", path=str(path))
    if path.resolve().is_relative_to(own.resolve()):
        raise InvalidInput(f"{path} lies in the archive itself; give a path outside of {own}", path=str(path))


def _text(document: dict[str, Any], *, with_days: bool) -> str:
    lines = [
        f"{document['id']}  {document['source']}  {document['size']:,} bytes",
        f"It is destroyed on {document['expires_at'][:16]} if you do not confirm it before.",
        "",
    ]
    if document["keep_everything"]:
        lines[1] = f"{announcement().capitalize()}."
    for group in document["groups"]:
        lines.append(_group_line(group))
        if with_days:
            lines += [_entry_line(one) for one in group["entries"]]
    lines.append("")
    if document["aside"]:
        lines.append(f"{document['aside']:,} files make no record (logins, settings and the like); they are left out.")
    lines += [f"NOT READ  {one}" for one in document["unread"]]
    lines.append(f"As it stands {_kept(document)}.")
    return "\n".join(lines)


def _group_line(group: dict[str, Any]) -> str:
    entries = group["entries"]
    gone = sum(one["left_out"] is not None for one in entries)
    mark = "left out" if gone == len(entries) else f"{gone:,} left out" if gone else ""
    what = "files" if group["kind"] == "files" else "days"
    count = f"{len(entries):,} {what}" + (f", {group['messages']:,} messages" if group["messages"] else "")
    return f"{group['number']:>6}  {mark:<12} {group['title']}  ({group['platform'] or 'upload'}: {count})"


def _entry_line(entry: dict[str, Any]) -> str:
    mark = "" if entry["left_out"] is None else f"out: {entry['left_out']}"
    name = entry["name"] or entry["day"] or "undated"
    return f"{entry['number']:>10}  {name}  {entry['messages']:,} messages  {mark}".rstrip()


def _kept(document: dict[str, Any]) -> str:
    """What is kept and what is not, in words."""
    if document.get("whole"):
        return "all of it is handed in"
    out = [f"{_counted(counts)} ({reason})" for reason, counts in document["left_out"].items()]
    return f"{_counted(document['kept'])} are handed in; left out: {'; '.join(out) or 'nothing'}"


def _counted(counts: dict[str, int]) -> str:
    return in_words(counts) or "nothing"


COMMANDS = (draft,)
