"""`archiver quarantine`: what did not become a record, and what is decided on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.quarantine import examine_again, list_lying, reject, release, show_lying
from archiver.quarantine_waiting import await_examined
from archiver.record_view import name_of
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.access import Principal
    from archiver.cli.session import Session

_EMPTY = "Nothing lies in quarantine."


@click.group("quarantine")
def quarantine() -> None:
    """Submissions that did not become records: unknown senders, and what no reader could read."""


def _choosing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The ids, or all from one sender."""
    function = click.option("--dry-run", is_flag=True, help="Only list what would be meant.")(function)
    function = click.option("--from", "sender", metavar="ADDRESS", help="With --all: only from this sender.")(function)
    function = click.option("--all", "take_all", is_flag=True, help="Everything in quarantine.")(function)
    return click.argument("ids", metavar="[ID]...", nargs=-1)(function)


def _chosen(session: Session, who: Principal, ids: tuple[str, ...], sender: str | None, *, take_all: bool) -> list[str]:
    """The submissions that the options mean."""
    if bool(ids) == take_all or (sender is not None and not take_all):
        raise InvalidInput("give the ids of submissions, or --all, perhaps with --from ADDRESS")
    if ids:
        return list(dict.fromkeys(ids))
    found = [str(one["submission"]) for one in list_lying(session.installation, who, sender=sender)]
    if not found:
        raise NotFound("nothing lies in quarantine" + (" from this sender" if sender else ""))
    return found


@quarantine.command("list")
@click.option("--from", "sender", metavar="ADDRESS", help="Only from this sender.")
@click.option("--rejected", is_flag=True, help="Also what was rejected.")
@command
def list_them(session: Session, sender: str | None, *, rejected: bool) -> None:
    """List what lies in quarantine: since when, how large, over which channel, and why."""
    who = session.principal(Act.SEE_QUARANTINE)
    found = list(list_lying(session.installation, who, sender=sender, rejected=rejected))
    lines = [
        f"{one['submission']}  {one['state']}  {one['received_at'][:16]}  {one['channel']}  {one['size']:,} bytes  "
        f"{one['sender'] or '-'}\n    {one['reason']}"
        for one in found
    ]
    session.show({"total": len(found), "submissions": found}, "\n".join(lines) or _EMPTY)


@quarantine.command("show")
@click.argument("submission_id", metavar="ID")
@command
def show(session: Session, submission_id: str) -> None:
    """Show the headers and the text of one, as far as they can be read. Looking at it is an event in the ledger."""
    who = session.principal(Act.READ_QUARANTINED)
    document = show_lying(session.installation, who, submission_id)
    session.show(document, _text(document))


def _text(document: dict[str, Any]) -> str:
    lines = [
        f"{document['submission']}  {document['state']}: {document['reason']}",
        f"{document['received_at']}  {document['channel']}  {document['size']:,} bytes  {document['sha256']}",
        f"Handed in by {document['sender'] or '-'} for {document['recipient'] or '-'}: {document['source'] or '-'}",
        "",
    ]
    head = document["headers"]
    if head is not None:
        lines += [
            f"From:     {name_of(head['from'])}",
            f"To:       {', '.join(name_of(one) for one in head['to']) or '-'}",
            f"Date:     {head['date'] or '-'}",
            f"Subject:  {head['subject'] or '-'}",
            "",
        ]
    lines.append(document["text"].rstrip() or ("(no text)" if document["readable"] else "(it cannot be read)"))
    lines += [
        f"attachment {one['name'] or '-'}  {one['media_type']}  {one['size']:,} bytes"
        for one in document["attachments"]
    ]
    return "\n".join(lines)


@quarantine.command("assign")
@_choosing
@click.option("--custodian", metavar="ADDRESS", required=True, help="Whose records they are.")
@command
def assign(session: Session, ids: tuple[str, ...], sender: str | None, custodian: str, **flags: bool) -> None:
    """Assign submissions to a custodian: they are examined again and archived as his.

    Exit status 6 where one cannot be archived all the same.
    """
    _again(session, ids, sender, custodian, **flags)


@quarantine.command("retry")
@_choosing
@command
def retry(session: Session, ids: tuple[str, ...], sender: str | None, **flags: bool) -> None:
    """Examine submissions again, such as after an upgrade that reads more, or when a sender was made a custodian.

    Exit status 6 where one stays in quarantine.
    """
    _again(session, ids, sender, None, **flags)


def _again(
    session: Session,
    ids: tuple[str, ...],
    sender: str | None,
    custodian: str | None,
    *,
    take_all: bool,
    dry_run: bool,
) -> None:
    who = session.principal(Act.ASSIGN_QUARANTINED)
    chosen = _chosen(session, who, ids, sender, take_all=take_all)
    if dry_run:
        _foretell(session, chosen)
        return
    examine_again(session.installation, who, chosen, custodian=custodian)
    done = await_examined(session.installation, chosen)
    archived = sum(one["outcome"] == "archived" for one in done)
    lines = [
        f"{one['submission']}  {one['outcome']}  {' '.join(one['records']) or one['reason'] or ''}" for one in done
    ]
    session.show(
        {"archived": archived, "submissions": done}, "\n".join([*lines, f"{archived:,} of {len(done):,} archived"])
    )
    if archived < len(done):
        exit_with(Exit.FINDINGS)


def _foretell(session: Session, chosen: list[str]) -> None:
    session.show({"would": chosen}, "\n".join([*chosen, f"{len(chosen):,} submissions; nothing was done"]))


@quarantine.command("release")
@click.argument("submission_id", metavar="ID")
@click.option("--custodian", metavar="ADDRESS", help="Whose record it is, where nobody is known.")
@click.option("--reason", required=True, help="Why; stands in the ledger's event.")
@command
def release_one(session: Session, submission_id: str, custodian: str | None, reason: str) -> None:
    """Archive one as it is, unread, as a document that no search finds by its text. Needs --as.

    For what no reader can read. What has an unknown sender is assigned instead.
    """
    who = session.principal(Act.DECIDE_QUARANTINED)
    record = release(session.installation, who, submission_id, custodian=custodian, reason=reason)
    session.show({"submission": submission_id, "record": record}, f"{submission_id} is record {record}")


@quarantine.command("reject")
@_choosing
@click.option("--reason", required=True, help="Why it is no record; stands in the ledger's event.")
@command
def reject_them(
    session: Session, ids: tuple[str, ...], sender: str | None, reason: str, *, take_all: bool, dry_run: bool
) -> None:
    """Reject submissions: they are no records. Needs --as.

    Their bytes stay until two persons release them: archiver nonrecord ask.
    """
    who = session.principal(Act.DECIDE_QUARANTINED)
    chosen = _chosen(session, who, ids, sender, take_all=take_all)
    if dry_run:
        _foretell(session, chosen)
        return
    reject(session.installation, who, chosen, reason=reason)
    session.show({"rejected": chosen}, f"{len(chosen):,} rejected; the bytes are kept")


COMMANDS = (quarantine,)
