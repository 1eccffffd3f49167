"""`archiver imap`: the agency's mailboxes that are polled: added, removed, listed, tried."""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import func, select

from archiver.access import Act
from archiver.channel_wiring import imap_account
from archiver.cli.session import command, exit_with
from archiver.imap_accounts import add_account, declare_mailboxes, remove_account
from archiver.problems import Exit
from archiver.wiring import open_installation
from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_ownership import consumer_domain_of
from ingest.channels.imap_probe import Probe, probe
from ingest.channels.imap_settings import TlsMode
from ingest.imap_cursors import SqlCursorStore
from ingest.tables import imap_cursors, imap_misses
from storage.errors import ArchiveError, InvalidInput, NotFound
from storage.records import Channel

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.cli.session import Session
    from archiver.wiring import Installation
    from ingest.channel_health import Health

_NONE = "No mailbox is polled. Add one with: archiver imap add NAME --host HOST --username USER --password-file FILE"
_AT_A_TIME = 8
_SHOWN_FOLDERS = 20


@click.group("imap")
def imap() -> None:
    """Mailboxes of the agency that are polled."""


@imap.command("add")
@click.argument("name")
@click.option("--host", required=True, help="The mail server.")
@click.option("--username", required=True, help="Who signs in; often the mailbox's address.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File whose first line is the password.")
@click.option("--oauth-file", type=click.Path(path_type=Path), help="File with an OAuth2 token that something renews.")
@click.option("--oauth-command", metavar="COMMAND", help="Program, with arguments, that prints an OAuth2 token.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the server; 993 if left out, 143 with starttls.")
@click.option("--tls", type=click.Choice([mode.value for mode in TlsMode]), help="How the connection is protected.")
@click.option("--ca-file", type=click.Path(path_type=Path), help="PEM file to check the server by.")
@click.option("--folder", "folders", multiple=True, help="Folder or pattern to read; repeatable. INBOX if left out.")
@click.option("--exclude", multiple=True, help="What patterns leave out, such as Trash or \\Junk; repeatable.")
@click.option("--move-to", metavar="FOLDER", help="Move mail there when it is archived.")
@click.option("--custodian", metavar="ADDRESS", help="Whose records all mail of it is; else the sender's.")
@click.option("--agency-owned", is_flag=True, help="The agency owns this mailbox at a consumer provider.")
@click.option("--reason", help="Why it is there; stands in the ledger.")
@command
def add(session: Session, name: str, **chosen: Any) -> None:
    """Add a mailbox of the agency as NAME to archiver.toml, to be read from the next start of the services on.

    Never an employee's own mailbox: employees forward. A mailbox at a consumer provider (gmail.com, outlook.com and
    such) is refused unless the agency owns it, which --agency-owned says and --reason explains, as an event.
    """
    who = session.principal(Act.RUN)
    if chosen["agency_owned"] != bool(chosen["reason"]):
        raise InvalidInput("--agency-owned and --reason go together")
    values = _values(chosen)
    account = add_account(session.installation, name, values)
    _declare(session, who)
    document = {"name": name, "host": account.host, "port": account.port, "username": account.username}
    text = f"{name} is added; try it with: archiver imap check {name}\nIt is read when archiver serve is started anew."
    session.show(document, text)


def _declare(session: Session, who: Principal) -> None:
    """Put into the ledger what the changed settings say."""
    reopened = open_installation(session.folder, session.keyring)
    try:
        declare_mailboxes(reopened, actor=who.actor)
    finally:
        reopened.close()


@imap.command("remove")
@click.argument("name")
@command
def remove(session: Session, name: str) -> None:
    """Take the mailbox NAME out of archiver.toml: it is not read from the next start of the services on.

    What was taken from it stays in the archive, and its mail stays on the server. Added again under the same name, it
    goes on where it stopped. The file of its password stays where it is.
    """
    who = session.principal(Act.RUN)
    remove_account(session.installation, name)
    _declare(session, who)
    text = f"{name} is removed; it is read no more when archiver serve is started anew.\nWhat was taken from it stays."
    session.show({"removed": name}, text)


def _values(chosen: dict[str, Any]) -> dict[str, Any]:
    """The settings that the options say; what was not said keeps its default."""
    implied = 143 if chosen["tls"] == TlsMode.STARTTLS.value else None
    files = {
        key: None if chosen[option] is None else str(chosen[option].absolute())
        for key, option in (
            ("certificate_authority", "ca_file"),
            ("password_file", "password_file"),
            ("token_file", "oauth_file"),
        )
    }
    try:
        program = tuple(shlex.split(chosen["oauth_command"] or ""))
    except ValueError as error:
        raise InvalidInput(f"--oauth-command cannot be read: {error}") from error
    values = {
        "host": chosen["host"],
        "port": chosen["port"] or implied,
        "tls": chosen["tls"],
        "username": chosen["username"],
        **files,
        "token_command": program or None,
        "agency_owned": chosen["agency_owned"] or None,
        "agency_owned_reason": chosen["reason"],
        "folders": chosen["folders"] or None,
        "exclude": chosen["exclude"] or None,
        "move_to": chosen["move_to"],
        "custodian": chosen["custodian"],
    }
    return {key: value for key, value in values.items() if value is not None}


@imap.command("list")
@command
def list_accounts(session: Session) -> None:
    """List the mailboxes of the settings: when each was tried, worked, and brought something."""
    session.principal(Act.RUN)
    installation = session.installation
    archive = installation.archive
    health = {one.account: one for one in SqlHealthLog(archive.store).all() if one.channel is Channel.IMAP}
    joined = imap_cursors.join(imap_misses, imap_misses.c.mailbox == imap_cursors.c.mailbox)
    counted = select(imap_cursors.c.account, func.count()).select_from(joined).group_by(imap_cursors.c.account)
    with archive.store.read() as connection:
        missed = {row[0]: int(row[1]) for row in connection.execute(counted)}
    names = installation.settings.imap
    accounts = [_listed(installation, name, health.get(name), missed.get(name, 0)) for name in names]
    lines = [
        f"{one['name']}  {one['username']} at {one['host']}:{one['port']}  "
        f"last worked {one['last_worked'] or 'never'}, last mail {one['last_item'] or 'never'}"
        + (f", {one['missed']:,} mails cannot be had" if one["missed"] else "")
        + (f"\n    cannot be read: {one['problem']}" if one["problem"] else "")
        for one in accounts
    ]
    session.show(accounts, "\n".join(lines) or _NONE)


def _listed(installation: Installation, name: str, health: Health | None, missed: int) -> dict[str, Any]:
    section, zone = installation.settings.imap[name], installation.archive.zone
    problem = None
    try:
        imap_account(name, section, installation.archive)
    except ArchiveError as error:
        problem = error.message
    moments = {
        key: None if (moment := getattr(health, key, None)) is None else moment.astimezone(zone).isoformat()
        for key in ("last_tried", "last_worked", "last_item")
    }
    return {
        "name": name,
        "host": section.host,
        "port": section.port,
        "username": section.username,
        "folders": list(section.folders),
        "consumer_provider": consumer_domain_of(section.username, section.host),
        **moments,
        "missed": missed,
        "problem": problem,
    }


@imap.command("check")
@click.argument("name", required=False)
@command
def check(session: Session, name: str | None) -> None:
    """Try the connection of one mailbox, or of all: sign in, look at the folders; nothing is taken or changed.

    Exit status 6 where one cannot be read.
    """
    session.principal(Act.RUN)
    installation = session.installation
    names = list(installation.settings.imap) if name is None else [name]
    if not names:
        raise NotFound(_NONE)
    if name is not None and name not in installation.settings.imap:
        raise NotFound(f"there is no mailbox named {name}; archiver imap list shows those that there are")
    session.note("signing in ...")
    with ThreadPoolExecutor(min(_AT_A_TIME, len(names))) as pool:
        probes = list(pool.map(lambda one: _probed(installation, one), names))
    session.show([_document(one) for one in probes], "\n".join(_text(one) for one in probes))
    if any(one.problems for one in probes):
        exit_with(Exit.FINDINGS)


def _probed(installation: Installation, name: str) -> Probe:
    archive = installation.archive
    try:
        account = imap_account(name, installation.settings.imap[name], archive)
    except ArchiveError as error:
        return Probe(account=name, error=error)
    return probe(account, SqlCursorStore(archive.store))


def _document(one: Probe) -> dict[str, Any]:
    return {
        "name": one.account,
        "problems": one.problems,
        "kind": None if one.error is None else one.error.kind,
        "tls": one.tls,
        "idle": one.idles,
        "move": one.moves,
        "folders": [
            {"name": folder.name, "mails": folder.mails, "waiting": folder.waiting, "problem": folder.problem}
            for folder in one.folders
        ],
        "other_folders": one.others,
    }


def _text(one: Probe) -> str:
    lines = [f"{one.account}  {'cannot be read' if one.problems else 'can be read'}"]
    lines += [f"    {sentence}" for sentence in one.problems]
    if one.error is None:
        waits = "tells of new mail" if one.idles else "does not tell of new mail, and is polled"
        lines.append(f"    signed in, {one.tls or 'without TLS'}; the server {waits}")
    for folder in one.folders[:_SHOWN_FOLDERS]:
        if folder.problem is None:
            lines.append(f"    {folder.name}: {folder.mails:,} mails, {folder.waiting:,} not taken yet")
    hidden = len(one.folders) - _SHOWN_FOLDERS
    if hidden > 0:
        lines.append(f"    and {hidden:,} folders more")
    if one.others:
        shown = ", ".join(one.others[:_SHOWN_FOLDERS])
        lines.append(f"    not read: {shown}{' and more' if len(one.others) > _SHOWN_FOLDERS else ''}")
    return "\n".join(lines)


COMMANDS = (imap,)
