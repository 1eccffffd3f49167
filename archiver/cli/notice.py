"""`archiver notice`: telling a correspondent that work matters do not belong on a private account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.notice_text import LARGEST_TEMPLATE, TEMPLATE
from archiver.notices import Notice, all_notices, notices_of, send_notice, show_notice
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("notice")
def notice() -> None:
    """Notices to correspondents: write to the work address, not to a private account."""


@notice.command("send")
@click.argument("record")
@click.option("--to-correspondent", is_flag=True, help="To whom the record names as the other side; the default.")
@click.option("--to", "address", metavar="ADDRESS", help="Which one, where the record names several.")
@click.option(
    "--template", type=click.Path(path_type=Path), help="Text of your own; begins as `notice template` prints."
)
@click.option("--again", is_flag=True, help="Although a notice about this record was sent before.")
@command
def send(
    session: Session,
    record: str,
    to_correspondent: bool,  # noqa: FBT001 - click passes options by name
    address: str | None,
    template: Path | None,
    again: bool,  # noqa: FBT001
) -> None:
    """Send a notice to the correspondent of a record; needs --as USER. It is queued, and the ledger says so."""
    who = session.principal(Act.NOTIFY)
    if to_correspondent and address is not None:
        raise InvalidInput("give --to-correspondent or --to ADDRESS, not both")
    text = TEMPLATE if template is None else _read(template)
    queued = send_notice(session.installation, who, record, template=text, to=address, again=again)
    session.show(queued.to_json(), f"{queued.letter}  to {queued.to}, ledger leaf {queued.position:,}; it is sent soon")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_TEMPLATE + 1).decode("utf-8")
    except OSError as error:
        raise InvalidInput(f"the template {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the template {path} is no text in UTF-8") from error


@notice.command("list")
@click.option("--record", metavar="ID", help="Only those about this record.")
@command
def list_notices(session: Session, record: str | None) -> None:
    """List the notices: about which record, to whom, when queued and when sent."""
    who = session.principal(Act.READ_RECORD)
    installation = session.installation
    found = list(all_notices(installation, who) if record is None else notices_of(installation, who, record))
    lines = [_line(one, session) for one in found]
    session.show({"notices": [one.to_json() for one in found]}, "\n".join(lines) or "No notices were sent.")


def _line(one: Notice, session: Session) -> str:
    zone = session.installation.archive.zone
    queued = one.at.astimezone(zone).isoformat(timespec="minutes")
    sent = "waits" if one.sent_at is None else f"sent {one.sent_at.astimezone(zone).isoformat(timespec='minutes')}"
    return f"{one.letter}  {one.record}  to {one.to or '(destroyed)'}  {queued} by {one.actor}, {sent}"


@notice.command("show")
@click.argument("letter")
@command
def show(session: Session, letter: str) -> None:
    """Show a notice as it was written; with --json with the proofs that its leaves are in the ledger."""
    who = session.principal(Act.READ_RECORD)
    found = show_notice(session.installation, who, letter)
    sent = f"sent {found['sent_at']}, leaf {found['sent_position']:,}" if found["sent_at"] else "not sent yet"
    lines = [
        f"To       {found['to'] or '(destroyed)'}",
        f"Record   {found['record']}",
        f"Queued   {found['at']} by {found['by']}, leaf {found['position']:,}",
        f"Sending  {sent}",
        f"Subject  {found['subject'] or '-'}",
        "",
        found["text"] or "(destroyed with its record)",
    ]
    session.show(found, "\n".join(lines).rstrip("\n"))


@notice.command("template")
@command
def template(session: Session) -> None:
    """Print the shipped text; change a copy of it and give it with --template."""
    session.show({"template": TEMPLATE}, TEMPLATE.rstrip("\n"))


COMMANDS = (notice,)
