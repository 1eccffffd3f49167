"""The programs that meet in the campaigns on rotation: one that rotates, depositors, readers, one that destroys.

Each has an `Archive` of its own on the same folder, so that it shares with the others what programs share: files,
locks and committed rows. What was acknowledged is written down in `Known`.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from sqlalchemy import delete, select

from storage.archive import open_archive
from storage.epochs import live_epochs
from storage.keys import unlock_with_master
from storage.records import Channel, Envelope
from storage.rotation import Rotation
from storage.tables import wrapped_keys
from tests.storage.archives import ACTOR, NOON, custodian, make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from storage.archive import Archive
    from storage.submissions import PreparedSubmission

_PATIENCE = 60.0
_SUBMISSIONS = 5
_OPENED = 2  # the newest: what was wrapped while the keys were rotated


@dataclass(kw_only=True)
class Known:
    """What was acknowledged and must be readable from then on, and what was destroyed and must not."""

    owner: str
    contents: dict[str, bytes] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)

    def copy(self) -> Known:
        """The same, to go on by itself with a copy of the archive."""
        return Known(owner=self.owner, contents=dict(self.contents), destroyed=set(self.destroyed))


def filled(folder: Path) -> tuple[Archive, Known]:
    """A new archive with a few submissions."""
    archive = make_archive(folder)
    known = Known(owner=custodian(archive))
    for number in range(_SUBMISSIONS):
        payload = b"submission %d" % number
        commit(archive, known, prepare(archive, known, payload, 1), payload)
    return archive, known


def another_program(archive: Archive) -> Archive:
    """The same archive, opened as a program does that was handed the master key."""
    return open_archive(archive.folder, unlock_with_master(archive.folder / "keys", archive.keyring.master))


def prepare(archive: Archive, known: Known, payload: bytes, epoch: int) -> PreparedSubmission:
    return archive.submissions.prepare(
        channel=Channel.CLI,
        account="cli",
        custodian_id=known.owner,
        envelope=Envelope(source="one.eml"),
        kind="email",
        payload=payload,
        epoch=epoch,
        received_at=NOON,
        actor=ACTOR,
    )


def commit(archive: Archive, known: Known, prepared: PreparedSubmission, payload: bytes) -> int:
    """Deposit; returns the epoch that this program believes in from then on."""
    archive.blobs.write([prepared.sealed])
    with archive.store.write() as transaction:
        archive.submissions.add(transaction, [prepared])
        epoch = transaction.epoch
    known.contents[prepared.submission.id] = payload
    return epoch


def destroy(archive: Archive, known: Known, submission_id: str) -> None:
    """What matters here of a destruction: its wrapped key is gone."""
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == submission_id))
    del known.contents[submission_id]
    known.destroyed.add(submission_id)


def check_readable(archive: Archive, known: Known) -> None:
    """Every key of what was acknowledged opens, some of the content too, and no key is gone that a row needs."""
    with archive.store.read() as connection:
        for submission_id in sorted(known.contents)[-_OPENED:]:
            assert archive.submissions.content(connection, submission_id) == known.contents[submission_id]
        rows = connection.execute(select(wrapped_keys.c.holder, wrapped_keys.c.epoch)).all()
        current, live = live_epochs(connection)
        opened = archive.store.holder_keys(connection, [row.holder for row in rows])
        # in one snapshot, so that a rotation that goes on meanwhile does not count
        assert {row.epoch for row in rows} <= live
    assert current == max(live)
    assert opened.keys() == {row.holder for row in rows}
    assert known.contents.keys() <= opened.keys()
    assert known.destroyed.isdisjoint(opened)


def check_finished(archive: Archive) -> None:
    """One epoch lives, all rows lie under it, and its key is the only one there."""
    with archive.store.read() as connection:
        current, live = live_epochs(connection)
        used = set(connection.execute(select(wrapped_keys.c.epoch).distinct()).scalars())
    assert (live, used) == ({current}, {current})
    assert [path.name for path in (archive.folder / "keys" / "epoch").iterdir()] == [str(current)]
    assert archive.ledger.check()[1] == []


class Reader:
    """A program that reads, some of it in snapshots that it took long ago."""

    def __init__(self, archive: Archive, known: Known, opened: ExitStack) -> None:
        self.archive = archive
        self._known = known
        self._opened = opened
        self._snapshot: tuple[Any, Any, dict[str, bytes]] | None = None

    def take_snapshot(self) -> None:
        """Begin to read, and remember what must be readable in it."""
        self.let_go()
        context = self.archive.store.read()
        connection = context.__enter__()
        connection.execute(select(wrapped_keys.c.holder).limit(1)).all()  # SQLite's snapshot begins with a read
        self._snapshot = (context, connection, dict(self._known.contents))
        self._opened.callback(self.let_go)

    def read_in_snapshot(self) -> int:
        """Read all that was known when the snapshot was taken and is not destroyed by now."""
        if self._snapshot is None:
            return 0
        _, connection, contents = self._snapshot
        chosen = [one for one in contents if one not in self._known.destroyed]
        keys = self.archive.store.holder_keys(connection, chosen)
        assert keys.keys() == set(chosen)
        for one in chosen[:1]:
            assert self.archive.submissions.content(connection, one) == contents[one]
        return len(chosen)

    def forget(self) -> None:
        """Lose every opened epoch key, as a program does that was just started."""
        self.archive.keyring.forget_epochs_but(())

    def let_go(self) -> None:
        if self._snapshot is not None:
            self._snapshot[0].__exit__(None, None, None)
            self._snapshot = None


class Gate:
    """Stops the thread that rotates at each of its steps until the scheduler lets it take the next."""

    def __init__(self) -> None:
        self._turn = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self.locked = False
        self.done = False
        self.error: BaseException | None = None

    def stop(self, *, locked: bool = False) -> None:
        """Called by the rotating thread: wait for the next turn; `locked` says that it holds the write lock."""
        self.locked = locked
        self._stopped.release()
        assert self._turn.acquire(timeout=_PATIENCE)

    def let_go_on(self) -> None:
        """Called by the scheduler: one step of the rotating thread."""
        self._turn.release()
        assert self._stopped.acquire(timeout=_PATIENCE)

    def run(self, archive: Archive, page: int) -> None:
        """What the rotating thread does."""
        assert self._turn.acquire(timeout=_PATIENCE)
        try:
            Rotation(archive, page=page).roll(ACTOR)
        except BaseException as error:  # noqa: BLE001 - told to the scheduler's thread, which fails the test
            self.error = error
        self.done, self.locked = True, False
        self._stopped.release()


@contextmanager
def gated_rotation(archive: Archive, page: int) -> Iterator[Gate]:
    """A rotation in a thread of its own that stops around and inside each transaction, and while it erases."""
    gate = Gate()
    write, unlink, ensure = archive.store.write, Path.unlink, archive.keyring.ensure_epoch
    thread = threading.Thread(target=gate.run, args=(archive, page), daemon=True)

    @contextmanager
    def stopping_write() -> Iterator[Any]:
        gate.stop()
        with write() as transaction:
            yield transaction
            gate.stop(locked=True)
        gate.stop()

    def stopping_unlink(path: Path, **options: Any) -> None:
        if threading.current_thread() is thread:
            gate.stop()  # overwritten, not yet gone
        unlink(path, **options)

    def stopping_ensure(number: int) -> None:
        ensure(number)
        gate.stop()

    with (
        mock.patch.object(archive.store, "write", stopping_write),
        mock.patch.object(archive.keyring, "ensure_epoch", stopping_ensure),
        mock.patch.object(Path, "unlink", stopping_unlink),
    ):
        thread.start()
        yield gate
        while not gate.done:
            gate.let_go_on()
        thread.join(_PATIENCE)
