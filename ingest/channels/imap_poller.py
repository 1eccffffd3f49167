"""One round of an IMAP account: what is new is deposited, then marked or moved, then the cursor goes on.

Rules:

- mail is followed by UID and never by date, so that what is moved in later, however old, is still taken;
- a cursor moves only past what is deposited, gone from the server, or written down as a miss to be tried again;
- a flag is set, and a mail moved, only after the deposit's commit; the cursor, not the flag, says what is to come;
- another UIDVALIDITY, or UIDs that went backwards, start the folder over: the depositor knows again what it has;
- one mail that cannot be had stops neither its folder nor its account, one folder none of the others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ingest.channel_health import Health, HealthLog
from ingest.channels.imap import ConnectionLost, ImapConnection, Refused
from ingest.channels.imap_fetching import Batch, BatchFetcher, Place
from ingest.channels.imap_folders import encoded
from ingest.channels.imap_idle import wait_for_news
from ingest.channels.imap_signing_in import Connector
from ingest.imap_cursors import Cursor, CursorStore
from storage.errors import TemporarilyUnavailable
from storage.records import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ingest.channels.imap import Selected
    from ingest.channels.imap_folders import Folder
    from ingest.channels.imap_settings import ImapAccount
    from ingest.submission import Depositor

log = logging.getLogger(__name__)

_MAX_MISSES = 1_000


class Stopping(Protocol):
    """A flag that can be waited for; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it at most so many seconds."""
        ...


@dataclass(slots=True, kw_only=True)
class PollReport:
    """What a round did, in numbers: `gone` were removed by others between listing and fetching.

    `unmarked` and `unmoved` are deposited, and stand in the mailbox as they did; `closed` folders could not be opened.
    """

    deposited: int = 0
    duplicates: int = 0
    missed: int = 0
    gone: int = 0
    rescanned: int = 0
    unmarked: int = 0
    unmoved: int = 0
    closed: int = 0

    @property
    def seen(self) -> int:
        """How many mails the round met that it had not settled before."""
        return self.deposited + self.duplicates + self.missed + self.gone


class ImapPoller:
    """Reads one account; `imap_watcher.ImapWatcher` runs it, one thread at a time."""

    def __init__(
        self,
        account: ImapAccount,
        depositor: Depositor,
        cursors: CursorStore,
        health: HealthLog,
        clock: Callable[[], datetime],
        *,
        connector: Callable[[ImapAccount], ImapConnection] | None = None,
    ) -> None:
        self.account = account
        self._cursors = cursors
        self._health = health
        self._clock = clock
        self._connector = Connector(account) if connector is None else connector
        self._connection: ImapConnection | None = None
        self._fetcher = BatchFetcher(account, depositor, self._connected, self._reconnect)
        self._first: Folder | None = None  # of the last round; it is the one that IDLE listens to
        self._wires: dict[str, str] = {}  # by name, as the server writes them

    def poll(self, stop: Stopping | None = None) -> PollReport:
        """Read every folder of the account once, and hang up. Raises as `read_all`."""
        try:
            return self.read_all(stop)
        finally:
            self.hang_up()

    def read_all(self, stop: Stopping | None = None) -> PollReport:
        """Read every folder of the account once; the connection stays.

        Raises:
            TemporarilyUnavailable: the server or the archive cannot go on now; what was done stays done.
            Denied, InvalidInput: the account's settings do not work.
        """
        report = PollReport()
        self._note(last_tried=self._clock())
        closed: Refused | None = None
        try:
            folders = self._folders()
            self._first = folders[0] if folders else None
            for folder in folders:
                try:
                    self._read_folder(folder, report, stop)
                except Refused as error:
                    closed = closed or error
                    report.closed += 1
        finally:
            moment = self._clock()
            if report.deposited:
                self._note(last_item=moment)
        if closed is not None:
            log.warning("IMAP account %s: %d folders could not be read", self.account.name, report.closed)
            raise closed
        if stop is None or not stop.is_set():
            self._note(last_worked=moment)
        return report

    def wait_for_news(self, seconds: float, stop: Stopping) -> bool | None:
        """Wait at most so long for new mail in the first folder, and say whether there is; None: it cannot be told.

        Raises:
            ConnectionLost, Refused: the connection ended, or the folder cannot be opened any more.
        """
        if self._first is None or not self._connected().can("IDLE"):
            return None
        selected = self._connected().select(self._first.wire)
        cursor = self._cursor(self._first.name, selected, PollReport())
        return wait_for_news(self._connected(), cursor.last_uid, seconds, stop.is_set)

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _note(self, **moments: datetime) -> None:
        self._health.note(Health(channel=Channel.IMAP, account=self.account.name, **moments))

    def _connected(self) -> ImapConnection:
        if self._connection is None:
            self._connection = self._connector(self.account)
        return self._connection

    def _reconnect(self, place: Place) -> None:
        self.hang_up()
        selected = self._connected().select(self._wires.get(place.folder) or encoded(place.folder))
        if selected.uidvalidity != place.uidvalidity:
            raise ConnectionLost("the folder was replaced while it was read", account=self.account.name)

    def _folders(self) -> list[Folder]:
        """The folders to read: as named, or those of the server that the patterns choose."""
        choice = self.account.choice
        if not choice.asks_server:
            folders = choice.named()
        else:
            listed, unreadable = self._connected().folders()
            if unreadable:
                log.warning("IMAP account %s: %d folders have no readable name", self.account.name, unreadable)
            folders = choice.among(listed)
            if not folders:
                raise Refused("the IMAP account has no folder as the settings ask for", account=self.account.name)
        self._wires = {folder.name: folder.wire for folder in folders}
        return folders

    def _read_folder(self, folder: Folder, report: PollReport, stop: Stopping | None) -> None:
        selected = self._connected().select(folder.wire)
        cursor = self._cursor(folder.name, selected, report)
        fresh = self._connected().uids_after(cursor.last_uid, selected)
        for uids, singly in ((fresh, False), (list(cursor.due(self._clock())), True)):
            for start in range(0, len(uids), self.account.batch):
                if stop is not None and stop.is_set():
                    return
                chosen = uids[start : start + self.account.batch]
                cursor = self._take(folder.name, cursor, chosen, report, singly=singly)

    def _cursor(self, folder: str, selected: Selected, report: PollReport) -> Cursor:
        mailbox = self.account.mailbox(folder)
        cursor = self._cursors.load(mailbox)
        fresh = Cursor(mailbox=mailbox, account=self.account.name, uidvalidity=selected.uidvalidity)
        if cursor is None:
            return fresh
        if cursor.uidvalidity != selected.uidvalidity:
            log.warning("IMAP account %s: UIDVALIDITY changed, the folder is read anew", self.account.name)
        elif selected.uidnext is not None and selected.uidnext <= cursor.last_uid:
            # a server restored from a copy forgets what it gave away, against RFC 9051 §2.3.1.1
            log.warning("IMAP account %s: UIDs went backwards, the folder is read anew", self.account.name)
        else:
            return cursor
        report.rescanned += 1
        return fresh

    def _take(self, folder: str, cursor: Cursor, uids: Sequence[int], report: PollReport, *, singly: bool) -> Cursor:
        """Deposit one batch, mark and move it, save the cursor; in this order: a crash repeats and never skips."""
        batch = Batch()
        lost: ConnectionLost | None = None
        place = Place(folder=folder, uidvalidity=cursor.uidvalidity)
        try:
            self._fetcher.bring_in(place, uids, batch, singly=singly)
        except ConnectionLost as error:
            lost = error
        except TemporarilyUnavailable as error:
            batch.postponed = error
        settled = {*batch.had, *batch.gone, *batch.missed}
        still_open = [uid for uid in uids if uid not in settled]
        last = max((uid for uid in uids if not still_open or uid < still_open[0]), default=0)
        if lost is None and batch.had:
            lost = self._mark(batch, report) or self._move(batch, report)
        now = self._clock()
        advanced = cursor.advanced(last_uid=last, had=[*batch.had, *batch.gone], missed=batch.missed, now=now)
        # misses above the cursor would be listed again anyway
        self._cursors.save(advanced, now)
        duplicates = sum(deposited.duplicate_of is not None for deposited in batch.had.values())
        report.duplicates += duplicates
        report.deposited += len(batch.had) - duplicates
        report.missed += len(batch.missed)
        report.gone += len(batch.gone)
        trouble = lost or batch.postponed
        if trouble is not None:
            raise trouble
        if len(advanced.misses) > _MAX_MISSES:
            raise TemporarilyUnavailable("too many mails of this IMAP account cannot be had", account=self.account.name)
        return advanced

    def _mark(self, batch: Batch, report: PollReport) -> ConnectionLost | None:
        """Set the flag on what is deposited; that it cannot be set is reported, and costs nothing but the flag."""
        if self.account.mark is None:
            return None
        try:
            self._connected().mark(sorted(batch.had), self.account.mark)
        except Refused:
            report.unmarked += len(batch.had)
        except ConnectionLost as error:
            report.unmarked += len(batch.had)
            return error
        return None

    def _move(self, batch: Batch, report: PollReport) -> ConnectionLost | None:
        """Move what is deposited; into a folder that is made where the server lacks it."""
        target = self.account.move_to
        if target is None:
            return None
        uids = sorted(batch.had)
        try:
            try:
                self._connected().move(uids, target)
            except Refused:
                self._connected().create(target)
                self._connected().move(uids, target)
        except Refused:
            log.warning("IMAP account %s: %d mails could not be moved", self.account.name, len(uids))
            report.unmoved += len(uids)
        except ConnectionLost as error:
            report.unmoved += len(uids)
            return error
        return None
