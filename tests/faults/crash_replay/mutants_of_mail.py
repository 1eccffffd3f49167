"""The order of mail in, broken on purpose: polled mailboxes, the watched folder, containers, answers; see `mutants.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archiver import answering
from archiver.answering import Answering
from ingest.channels.folder import FolderWatcher
from ingest.channels.imap_poller import ImapPoller
from ingest.containers import Containers
from ingest.imap_cursors import SqlCursorStore
from storage.outbox import Outbox
from tests.faults.crash_replay.mail_parts import DROP
from tests.faults.crash_replay.mutating import Mutant, Promise, patch, unsynced


def _commit(transaction: Any) -> None:
    """End the transaction of a caller in its middle, and begin another."""
    transaction.flush()
    transaction.connection.exec_driver_sql("COMMIT")
    transaction.connection.exec_driver_sql("BEGIN IMMEDIATE")


def _cursor_before_the_deposit(_: Promise) -> None:
    real = ImapPoller._take

    def take(self: ImapPoller, folder: str, cursor: Any, uids: Any, *rest: Any, **options: Any) -> Any:
        early = cursor.advanced(last_uid=max(uids), had=uids, missed={}, now=self._clock())
        self._cursors.save(early, self._clock())
        return real(self, folder, cursor, uids, *rest, **options)

    patch(ImapPoller, "_take", take)


def _misses_after_their_cursor(_: Promise) -> None:
    real = SqlCursorStore.save

    def save(self: SqlCursorStore, cursor: Any, at: Any) -> None:
        real(self, replace(cursor, misses=()), at)
        real(self, cursor, at)

    patch(SqlCursorStore, "save", save)


def _moved_before_the_deposit(_: Promise) -> None:
    real = ImapPoller._take

    def take(self: ImapPoller, folder: str, cursor: Any, uids: Any, *rest: Any, **options: Any) -> Any:
        if self.account.move_to is not None:
            bodies = self._connected().fetch(uids)
            patch(self._connected(), "sizes", lambda some: dict.fromkeys(some, 1))
            patch(self._connected(), "fetch", lambda some: {uid: bodies[uid] for uid in some})
            self._connected().move(sorted(uids), self.account.move_to)
        return real(self, folder, cursor, uids, *rest, **options)

    patch(ImapPoller, "_take", take)
    patch(ImapPoller, "_move", lambda *_: None)


def _put_away_before_the_deposit(_: Promise) -> None:
    real = FolderWatcher._take

    def take(self: FolderWatcher, batch: Any) -> int:
        for one in batch:
            self._put_away(one.place, one.reason)
        real(self, batch)
        return len(batch)

    patch(FolderWatcher, "_take", take)


def _members_counted_in_another_commit(_: Promise) -> None:
    real = Containers.write_members

    def write_members(self: Containers, transaction: Any, *rest: Any) -> None:
        _commit(transaction)
        real(self, transaction, *rest)

    patch(Containers, "write_members", write_members)


def _inner_container_closed_with_its_root(_: Promise) -> None:
    """A container is closed before the last of its members is counted."""
    from ingest.unpacking import Unpacker  # noqa: PLC0415

    real_flush = Unpacker._flush

    def flush(self: Unpacker, run: Any) -> None:
        if len(run.waiting) < 3:
            held = run.waiting
            run.waiting = []
            self._close(run.container, None, run.declared, run.remarks)
            run.waiting = held
        real_flush(self, run)

    patch(Unpacker, "_flush", flush)


def _letter_before_its_row(_: Promise) -> None:
    real = Answering._settle

    def settle(self: Answering, transaction: Any, one: Any) -> int:
        if one.letter is None:
            return real(self, transaction, one)
        self._outbox.add(transaction, one.letter)
        _commit(transaction)
        patch(Outbox, "add", lambda *_: "")
        return real(self, transaction, one)

    patch(Answering, "_settle", settle)


def _cursor_before_its_notes(_: Promise) -> None:
    real = answering.rows.note

    def note(transaction: Any, asked: Any) -> None:
        late.append((transaction, asked))

    real_move = answering.rows.move_cursor
    late: list[Any] = []

    def move_cursor(transaction: Any, position: int) -> None:
        real_move(transaction, position)
        _commit(transaction)
        while late:
            real(*late.pop())

    patch(answering.rows, "note", note)
    patch(answering.rows, "move_cursor", move_cursor)


MUTANTS_OF_MAIL: dict[str, Mutant] = {
    "mailbox's cursor saved before the deposit": Mutant("poll", _cursor_before_the_deposit),
    "misses written after their cursor": Mutant("poll", _misses_after_their_cursor),
    "mail moved before its deposit": Mutant("poll", _moved_before_the_deposit),
    "file put away before its deposit": Mutant("watch", _put_away_before_the_deposit),
    "folders of taken files not synced": Mutant("watch", unsynced(lambda path: DROP in path.parts[-3:])),
    "members counted in another commit": Mutant("unpack", _members_counted_in_another_commit),
    "container closed before its last members": Mutant("unpack", _inner_container_closed_with_its_root),
    "letter before its row": Mutant("answers", _letter_before_its_row),
    "cursor of answers before its notes": Mutant("answers", _cursor_before_its_notes),
}
