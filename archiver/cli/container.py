"""`archiver container`: mailboxes and archives of files, what they declare against what came out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command, exit_with
from archiver.container_view import has_findings, list_containers, list_members, retry_container, show_container
from archiver.disposing_copies import copies_due, standing_lines
from archiver.problems import Exit
from archiver.unpacking_turns import await_unpacked, unpacker_of

if TYPE_CHECKING:
    from archiver.cli.session import Session

_COUNTS = ("taken", "duplicate", "failed", "aside")


@click.group("container")
def container() -> None:
    """Mailboxes and archives that were handed in, and the account of what came out of them."""


@container.command("list")
@command
def list_them(session: Session) -> None:
    """List every container with its counts. Exit status 6 where something did not come out of one."""
    who = session.principal(Act.READ_RECORD)
    found = list_containers(session.installation, who)
    lines = [f"{one['id']}  {one['state']:<6} {_counts(one)}  {one['source'] or '-'}" for one in found]
    session.show({"containers": found}, "\n".join(lines) or "No mailbox and no archive of files was handed in yet.")
    if any(has_findings(one) for one in found):
        exit_with(Exit.FINDINGS)


@container.command("show")
@click.argument("container_id", metavar="ID")
@click.option("--members", "with_members", is_flag=True, help="Name every member, not only those with a problem.")
@command
def show(session: Session, container_id: str, *, with_members: bool) -> None:
    """Show what a container declares and what came out, by count and by name. Looking at it is an event.

    Exit status 6 where something did not come out, or a difference has no explanation.
    """
    who = session.principal(Act.READ_RECORD)
    document = show_container(session.installation, who, container_id)
    if with_members:
        document["manifest"] = list(list_members(session.installation, who, container_id))
    session.show(document, _text(document))
    if has_findings(document):
        exit_with(Exit.FINDINGS)


@container.command("retry")
@click.argument("container_id", metavar="ID")
@command
def retry(session: Session, container_id: str) -> None:
    """Unpack on a container that failed or was left open, from behind the last member that came out; then show it."""
    who = session.principal(Act.SUBMIT)
    installation = session.installation
    retry_container(installation, who, container_id)
    with counting(session, "Unpacking") as progress:
        await_unpacked(
            installation, unpacker_of(installation, who.actor), container_id, lambda met: progress(met, None)
        )
    document = show_container(installation, who, container_id)
    session.show(document, _text(document))
    if has_findings(document):
        exit_with(Exit.FINDINGS)


@container.command("due")
@click.option("--today", metavar="DATE", help="The day; default: today.")
@command
def due(session: Session, today: str | None) -> None:
    """Tell which containers may be destroyed as transport copies, what keeps the others, and what waits for them.

    Exit status 6 where by its schedule a record must go before the container in which it also stands.
    """
    who = session.principal(Act.SEE_DISPOSITIONS)
    installation = session.installation
    day = installation.retention.today() if today is None else read_day(today)
    with counting(session, "Evaluating") as progress:
        found = copies_due(installation, who, day, progress)
    lines = [f"{one['id']}  {line}" for one in found for line in standing_lines(one)]
    session.show(
        {"today": day.isoformat(), "containers": found}, "\n".join(lines) or "There is no container to destroy."
    )
    if any(one["records_due_before"] for one in found):
        exit_with(Exit.FINDINGS)


def _counts(one: dict[str, Any]) -> str:
    declared = "no number" if one["declared"] is None else f"{one['declared']:,}"
    told = ", ".join(f"{one[name]:,} {name}" for name in _COUNTS if one[name])
    return f"{declared} declared, {one['members']:,} came out ({told or 'none'})"


def _tally(one: dict[str, Any]) -> str:
    held = "" if one["held"] is None else f" of {one['held']:,} that it holds"
    missing = f", {one['missing']:,} named and not there" if one["missing"] else ""
    return f"account  {one['taken']:,} {one['what']}{held} came out{missing}"


def _as_copy(document: dict[str, Any]) -> list[str]:
    gone, copy = document["destruction"], document["copy"]
    if gone is not None:
        return [f"destroyed {gone['decided_at']} with {gone['batch']}, ledger leaf {gone['position']}"]
    return [] if copy is None else [f"copy     {one}" for one in standing_lines(copy)]


def _text(document: dict[str, Any]) -> str:
    lines = [
        f"{document['id']}  {document['source'] or '-'}",
        f"{document['kind']}, {document['size']:,} bytes, handed in {document['received_at']}, {document['state']}",
        *([document["remark"]] if document["remark"] else []),
        _counts(document),
        *_as_copy(document),
    ]
    examined = ", ".join(f"{count:,} {name}" for name, count in sorted(document["examined"].items()))
    if examined:
        lines.append(f"examined: {examined}")
    lines += [f"FINDING  {one}" for one in document["findings"]]
    lines += [
        f"folder   {one['path'] or '(the top)'}: {one['declared']:,} declared, {one['members']:,} came out"
        for one in document["folders"]
    ]
    lines += [_tally(one) for one in document["tallies"]]
    overlap = document["overlap"]
    if overlap["parts"]:
        lines.append(
            f"overlap  {overlap['parts']:,} of {overlap['records']:,} records add to earlier ones: "
            f"{overlap['known']:,} messages were known, {overlap['changed']:,} changed, "
            f"{overlap['lacking']:,} of before are not in it"
        )
    if overlap["absent_days"]:
        lines.append(f"overlap  {overlap['absent_days']:,} days that other exports have are not in this one")
    lines += [f"remark   {one['text']}" + (f": {one['path']}" if one["path"] else "") for one in document["remarks"]]
    shown = document.get("manifest", document["problems"])
    lines += [
        f"{one['outcome']:<10} {one['source']}" + (f": {one['reason']}" if one["reason"] else "") for one in shown
    ]
    return "\n".join(lines)


COMMANDS = (container,)
