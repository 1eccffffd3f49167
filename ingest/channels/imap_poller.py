"""The polling of one IMAP account: what is new is deposited, then marked, then the cursor moves.

Rules:

- a cursor moves only past what is deposited, gone from the server, or written down as a miss to be tried again;
- a flag is set only after the deposit's commit; the cursor, not the flag, says what is still to come;
- another UIDVALIDITY starts the folder over: the depositor knows again what it has;
- one mail that cannot be had stops neither its folder nor its account.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ingest.channel_health import Health, HealthLog
from ingest.channels.imap import ConnectionLost, ImapConnection, Refused, connect
from ingest.imap_cursors import Cursor, CursorStore
from ingest.submission import Deposited, Depositor, Handover
from storage.errors import TemporarilyUnavailable
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ingest.channels.imap import Selected
    from ingest.channels.imap_settings import ImapAccount

log = logging.getLogger(__name__)

_MAX_MISSES = 1_000
_MAX_LOST = 3  # so many mails in a row that end the connection are the connection's fault, not theirs
_LONGEST_PAUSE = 900.0


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
    """What a poll did, in numbers: `gone` were removed by others between listing and fetching."""

    deposited: int = 0
    duplicates: int = 0
    missed: int = 0
    gone: int = 0
    rescanned: int = 0
    unmarked: int = 0


@dataclass(slots=True, kw_only=True)
class _Batch:
    """One batch on its way: what came of each UID so far."""

    had: dict[int, Deposited] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    missed: dict[int, str] = field(default_factory=dict)
    postponed: TemporarilyUnavailable | None = None
    first_open: int | None = None


class ImapPoller:
    """Polls one account; `run` in a thread of its own, or `poll` once."""

    def __init__(
        self,
        account: ImapAccount,
        depositor: Depositor,
        cursors: CursorStore,
        health: HealthLog,
        clock: Callable[[], datetime],
        *,
        connector: Callable[[ImapAccount], ImapConnection] = connect,
    ) -> None:
        self._account = account
        self._depositor = depositor
        self._cursors = cursors
        self._health = health
        self._clock = clock
        self._connector = connector
        self._connection: ImapConnection | None = None

    def run(self, stop: Stopping) -> None:
        """Poll until `stop`, pausing longer after each failure in a row; no error ends it."""
        failures = 0
        while not stop.is_set():
            try:
                self.poll(stop)
                failures = 0
            except Exception as error:  # noqa: BLE001 - the poller outlives everything; health shows that it does not work
                failures += 1
                log.warning("IMAP account %s not polled: %s", self._account.name, type(error).__name__)
            stop.wait(pause_after(self._account.interval, failures))

    def poll(self, stop: Stopping | None = None) -> PollReport:
        """Read every folder of the account once.

        Raises:
            TemporarilyUnavailable: the server or the archive cannot go on now; what was done stays done.
            Denied, InvalidInput: the account's settings do not work.
        """
        report = PollReport()
        self._health.note(Health(channel=Channel.IMAP, account=self._account.name, last_tried=self._clock()))
        try:
            for folder in self._account.folders:
                self._poll_folder(folder, report, stop)
        finally:
            self._disconnect()
            moment = self._clock()
            if report.deposited:
                self._health.note(Health(channel=Channel.IMAP, account=self._account.name, last_item=moment))
        self._health.note(Health(channel=Channel.IMAP, account=self._account.name, last_worked=moment))
        return report

    def _connected(self) -> ImapConnection:
        if self._connection is None:
            self._connection = self._connector(self._account)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _poll_folder(self, folder: str, report: PollReport, stop: Stopping | None) -> None:
        selected = self._connected().select(folder)
        cursor = self._cursor(folder, selected, report)
        fresh = self._connected().uids_after(cursor.last_uid, selected)
        for uids in (fresh, list(cursor.due(self._clock()))):
            for start in range(0, len(uids), self._account.batch):
                if stop is not None and stop.is_set():
                    return
                cursor = self._take(folder, cursor, uids[start : start + self._account.batch], report)

    def _cursor(self, folder: str, selected: Selected, report: PollReport) -> Cursor:
        mailbox = self._account.mailbox(folder)
        cursor = self._cursors.load(mailbox)
        if cursor is not None and cursor.uidvalidity == selected.uidvalidity:
            return cursor
        if cursor is not None:
            log.warning("IMAP account %s: UIDVALIDITY changed, the folder is read anew", self._account.name)
            report.rescanned += 1
        return Cursor(mailbox=mailbox, account=self._account.name, uidvalidity=selected.uidvalidity)

    def _take(self, folder: str, cursor: Cursor, uids: Sequence[int], report: PollReport) -> Cursor:
        """Deposit one batch, mark it, save the cursor; in this order, so that a crash repeats and never skips."""
        batch = _Batch()
        lost: ConnectionLost | None = None
        try:
            self._bring_in(folder, cursor, uids, batch)
        except ConnectionLost as error:
            lost = error
        except TemporarilyUnavailable as error:
            batch.postponed = error
        settled = {*batch.had, *batch.gone, *batch.missed}
        still_open = [uid for uid in uids if uid not in settled]
        last = max((uid for uid in uids if not still_open or uid < still_open[0]), default=0)
        if lost is None:
            lost = self._mark(batch, report)
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
            raise TemporarilyUnavailable(
                "too many mails of this IMAP account cannot be had", account=self._account.name
            )
        return advanced

    def _bring_in(self, folder: str, cursor: Cursor, uids: Sequence[int], batch: _Batch) -> None:
        try:
            sizes = self._connected().sizes(uids)
        except Refused:
            sizes = {}
        wanted = []
        for uid in uids:
            if sizes.get(uid, 0) > self._account.max_size:
                batch.missed[uid] = "too_large"
            else:
                wanted.append(uid)
        with ThreadPoolExecutor(self._account.parallel_deposits, thread_name_prefix="imap-deposit") as pool:
            for group in groups(wanted, sizes, self._account.batch_size):
                bodies = self._fetch(folder, cursor, group, batch)
                self._deposit(folder, cursor, bodies, batch, pool)
                if batch.postponed is not None:
                    return

    def _fetch(self, folder: str, cursor: Cursor, group: Sequence[int], batch: _Batch) -> dict[int, bytes]:
        """The mails of a group; where that fails together, one by one, so that only the bad one is missed."""
        try:
            return self._received(group, self._connected().fetch(group), batch)
        except Refused:
            pass
        except ConnectionLost:
            self._reconnect(folder, cursor)
        bodies: dict[int, bytes] = {}
        lost_in_a_row = 0
        for uid in group:
            try:
                bodies.update(self._received([uid], self._connected().fetch([uid]), batch))
                lost_in_a_row = 0
            except Refused:
                batch.missed[uid] = "refused"
            except ConnectionLost:
                lost_in_a_row += 1
                if lost_in_a_row >= _MAX_LOST:
                    raise
                self._reconnect(folder, cursor)
                batch.missed[uid] = "connection_lost"
        return bodies

    def _received(self, asked: Sequence[int], answer: dict[int, bytes | None], batch: _Batch) -> dict[int, bytes]:
        bodies: dict[int, bytes] = {}
        for uid in asked:
            if uid not in answer:
                batch.gone.append(uid)
                continue
            body = answer[uid]
            if body is None:
                batch.missed[uid] = "no_body"
            elif len(body) > self._account.max_size:
                batch.missed[uid] = "too_large"
            else:
                bodies[uid] = body
        return bodies

    def _reconnect(self, folder: str, cursor: Cursor) -> None:
        self._disconnect()
        if self._connected().select(folder).uidvalidity != cursor.uidvalidity:
            raise ConnectionLost("the folder was replaced while it was read", account=self._account.name)

    def _deposit(
        self, folder: str, cursor: Cursor, bodies: dict[int, bytes], batch: _Batch, pool: ThreadPoolExecutor
    ) -> None:
        futures = {
            uid: pool.submit(self._depositor.deposit, self._handover(folder, cursor, uid, body))
            for uid, body in bodies.items()
        }
        for uid, future in futures.items():
            error = future.exception()
            if error is None:
                batch.had[uid] = future.result()
            elif isinstance(error, TemporarilyUnavailable):
                batch.postponed = error
            else:
                log.warning("IMAP account %s: a mail was not taken: %s", self._account.name, type(error).__name__)
                batch.missed[uid] = "deposit_failed"

    def _handover(self, folder: str, cursor: Cursor, uid: int, body: bytes) -> Handover:
        envelope = Envelope(
            recipient=self._account.username,
            source=f"{folder};UIDVALIDITY={cursor.uidvalidity};UID={uid}",
            transport=(("server", f"{self._account.host}:{self._account.port}"), ("tls", self._account.tls.value)),
        )
        return Handover(
            channel=Channel.IMAP,
            account=self._account.name,
            custodian_id=self._account.custodian_id,
            envelope=envelope,
            payload=body,
        )

    def _mark(self, batch: _Batch, report: PollReport) -> ConnectionLost | None:
        """Set the flag on what is deposited; that it cannot be set is reported, and costs nothing but the flag."""
        if self._account.mark is None or not batch.had:
            return None
        try:
            self._connected().mark(sorted(batch.had), self._account.mark)
        except Refused:
            report.unmarked += len(batch.had)
        except ConnectionLost as error:
            report.unmarked += len(batch.had)
            return error
        return None


def groups(uids: Sequence[int], sizes: dict[int, int], limit: int) -> Iterator[list[int]]:
    """Cut UIDs into runs of at most `limit` bytes; a mail that is larger, or of unknown size, goes alone."""
    group: list[int] = []
    filled = 0
    for uid in uids:
        size = sizes.get(uid, limit)
        if group and filled + size > limit:
            yield group
            group, filled = [], 0
        group.append(uid)
        filled += size
    if group:
        yield group


def pause_after(interval: float, failures: int) -> float:
    """Seconds until the next poll: the interval, doubled for each failure in a row, a quarter of an hour at most."""
    return interval if failures == 0 else max(interval, min(interval * 2.0 ** min(failures, 16), _LONGEST_PAUSE))
