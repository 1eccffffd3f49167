"""The order of mail in (mailboxes, watched folder, containers, answers), broken on purpose; see `mutants.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archiver import answering
from archiver.answering import Answering
from ingest.channels import folder_files
from ingest.channels.folder import FolderWatcher
from ingest.channels.imap_poller import ImapPoller
from ingest.containers import Containers
from ingest.imap_cursors import SqlCursorStore
from ingest.unpacking import Unpacker
from storage.outbox import Outbox
from tests.faults.crash_replay.mutating import Mutant, Promise, patch


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


def _folders_not_synced(_: Promise) -> None:
    patch(folder_files, "_sync", lambda _descriptor: None)


def _members_counted_in_another_commit(_: Promise) -> None:
    real = Containers.write_members

    def write_members(self: Containers, transaction: Any, *rest: Any) -> None:
        _commit(transaction)
        real(self, transaction, *rest)

    patch(Containers, "write_members", write_members)


def _closed_before_its_last_members(_: Promise) -> None:
    begun: dict[int, Any] = {}
    real_begin, real_flush = Unpacker._begin, Unpacker._flush

    def begin(self: Unpacker, run: Any) -> None:
        real_begin(self, run)
        begun[id(run)] = run.declared

    def flush(self: Unpacker, run: Any) -> None:
        if run.declared is not begun[id(run)]:  # its reader has come to the end
            self._close(run.container, None, run.declared, run.remarks)
        real_flush(self, run)

    patch(Unpacker, "_begin", begin)
    patch(Unpacker, "_flush", flush)


def _letter_before_its_row(_: Promise) -> None:
    added: set[str] = set()
    real_settle, real_add = Answering._settle, Outbox.add

    def add(self: Outbox, transaction: Any, letter: Any) -> str:
        return letter.id if letter.id in added else real_add(self, transaction, letter)

    def settle(self: Answering, transaction: Any, one: Any) -> int:
        if one.letter is not None:
            self._outbox.add(transaction, one.letter)
            added.add(one.letter.id)
            _commit(transaction)
        return real_settle(self, transaction, one)

    patch(Outbox, "add", add)
    patch(Answering, "_settle", settle)


def _cursor_before_its_notes(_: Promise) -> None:
    late: list[Any] = []
    real, real_move = answering.rows.note, answering.rows.move_cursor

    def note(transaction: Any, asked: Any) -> None:
        late.append((transaction, asked))

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
    "folders of taken files not synced": Mutant("watch", _folders_not_synced),
    "members counted in another commit": Mutant("unpack", _members_counted_in_another_commit),
    "container closed before its last members": Mutant("unpack", _closed_before_its_last_members),
    "letter before its row": Mutant("answers", _letter_before_its_row),
    "cursor of answers before its notes": Mutant("answers", _cursor_before_its_notes),
}
