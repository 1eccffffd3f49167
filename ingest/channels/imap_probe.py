"""Trying an IMAP account: what a connection can do and what it sees, with nothing taken and nothing changed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.channels.imap import Refused
from ingest.channels.imap_signing_in import connect
from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.channels.imap import ImapConnection
    from ingest.channels.imap_folders import Folder
    from ingest.channels.imap_settings import ImapAccount
    from ingest.imap_cursors import CursorStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedFolder:
    """A folder that would be read: its mails, those not taken yet, or why it cannot be opened."""

    name: str
    mails: int | None = None
    waiting: int | None = None
    problem: str | None = None


@dataclass(slots=True, kw_only=True)
class Probe:
    """What a try saw. `error` is why it ended early; `tls` the version of TLS, None without it."""

    account: str
    error: ArchiveError | None = None
    tls: str | None = None
    idles: bool = False
    moves: bool = False
    folders: list[ProbedFolder] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unreadable: int = 0

    @property
    def problems(self) -> list[str]:
        """One sentence for each thing that keeps mail from being taken."""
        found = [] if self.error is None else [self.error.message]
        found += [f"the folder {one.name} cannot be read: {one.problem}" for one in self.folders if one.problem]
        if self.error is None and not self.folders:
            found.append("the server has no folder as the settings ask for")
        if self.unreadable:
            found.append(f"{self.unreadable} folders have names that cannot be read, and are passed over")
        return found


def probe(
    account: ImapAccount,
    cursors: CursorStore,
    connector: Callable[[ImapAccount], ImapConnection] = connect,
) -> Probe:
    """Connect, sign in, list and open the folders; whatever goes wrong stands in the answer."""
    seen = Probe(account=account.name)
    connection: ImapConnection | None = None
    try:
        connection = connector(account)
        with contextlib.suppress(AttributeError):
            seen.tls = connection.client.socket().version()
        seen.idles = connection.can("IDLE")
        seen.moves = connection.can("MOVE") or connection.can("UIDPLUS")
        there, seen.unreadable = connection.folders()
        chosen = account.choice.among(there)
        names = {folder.name for folder in chosen}
        seen.others = sorted(folder.name for folder in there if folder.name not in names)
        seen.folders = [_look(connection, account, folder, cursors) for folder in chosen]
    except ArchiveError as error:
        seen.error = error
    finally:
        if connection is not None:
            connection.close()
    return seen


def _look(connection: ImapConnection, account: ImapAccount, folder: Folder, cursors: CursorStore) -> ProbedFolder:
    try:
        selected = connection.select(folder.wire, look_only=True)
        cursor = cursors.load(account.mailbox(folder.name))
        known = cursor is not None and cursor.uidvalidity == selected.uidvalidity
        waiting = connection.uids_after(cursor.last_uid if known and cursor is not None else 0, selected)
    except Refused:
        return ProbedFolder(name=folder.name, problem="the server refuses it, or does not have it")
    return ProbedFolder(name=folder.name, mails=selected.exists, waiting=len(waiting))
