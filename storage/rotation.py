"""Rotation: every holder's key moves under a new epoch key, and the old epoch key is destroyed.

The steps, each of which may be the last before a kill:

1. the file ``keys/epoch/N+1`` is durable;
2. one transaction makes N+1 current and what was current draining, with the leaf `epoch.opened`;
3. page by page the rows of draining epochs are unwrapped and wrapped again outside the write lock, and under it
   only written, each where it still lies under the epoch it was read from: what was destroyed meanwhile stays so;
4. one transaction counts zero rows of a draining epoch and makes it retired, with the leaf `epoch.retired`;
5. only after that commit the key file of the retired epoch is destroyed.

Deposits and readers go on all the while (`storage.epochs`, `Transaction.keep_key`). NIST SP 800-57 part 1, §5.3.4
and §8.3.4: a key is destroyed when nothing is protected by it any more.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from storage.epochs import CURRENT, DRAINING, RETIRED, live_epochs
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import EventKind
from storage.tables import epochs, wrapped_keys
from storage.vault import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.archive import Archive

PAGE = 2_000  # rows of one transaction; what a depositor waits for the lock is the writing of so many


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationReport:
    """What a rotation came to.

    `rewrapped` counts rows of `wrapped_keys`, `unreadable` those that do not open under their epoch's key; while
    there are any, their epoch goes on draining and its key stays. `busy` says that another program is at it.
    """

    epoch: int
    rewrapped: int = 0
    retired: tuple[int, ...] = ()
    destroyed: tuple[int, ...] = ()
    unreadable: int = 0
    busy: bool = False


class Rotation:
    """Rotates the epoch key of one archive; one rotation at a time over all programs."""

    def __init__(self, archive: Archive, *, page: int = PAGE) -> None:
        self._store = archive.store
        self._keyring = archive.keyring
        self._lock_path = archive.folder / "tmp" / "rotation.lock"
        self._page = page

    def roll(self, actor: str, progress: Callable[[int, int], None] | None = None) -> RotationReport:
        """Open a new epoch, move every row under it, retire and destroy every older one.

        What an interrupted rotation left open is finished with it. When this returns with no row unreadable, no
        key that was wrapped before the call opens with a copy of the database taken before it and the keys left.

        Args:
            actor: who asked, for the ledger.
            progress: told how many rows are rewrapped, of how many.

        Raises:
            Conflict: another program is rotating.
            StorageFull, TemporarilyUnavailable: it stopped on its way; `resume` goes on.
            Corrupt: the key file of an epoch that lives is missing or damaged; nothing was done.
        """
        with self._rolling() as mine:
            if not mine:
                raise Conflict("the keys are being rotated already; wait until that has ended")
            self._check_keys()
            self._open(actor)
            return self._drain(actor, progress)

    def resume(self, actor: str, progress: Callable[[int, int], None] | None = None) -> RotationReport:
        """Finish what an interrupted rotation left; cheap where nothing is open.

        Raises:
            StorageFull, TemporarilyUnavailable: it stopped on its way again.
            Corrupt: the key file of an epoch that lives is missing or damaged; nothing was done.
        """
        if not self.unfinished():
            return RotationReport(epoch=self._store.current_epoch())
        with self._rolling() as mine:
            if not mine:
                return RotationReport(epoch=self._store.current_epoch(), busy=True)
            self._check_keys()
            return self._drain(actor, progress)

    def unfinished(self) -> bool:
        """Whether an epoch drains, or a key file lies there whose epoch is retired."""
        with self._store.read() as connection:
            _, live = live_epochs(connection)
            files = self._keyring.epoch_files()
            return len(live) > 1 or any(number < min(live) for number in files)

    def destroyed_through(self) -> int:
        """The highest epoch such that its key and all older ones are destroyed; 0 if none is."""
        with self._store.read() as connection:
            _, live = live_epochs(connection)
        return min(live | set(self._keyring.epoch_files())) - 1

    def _check_keys(self) -> None:
        with self._store.read() as connection:
            _, live = live_epochs(connection)
        for number in sorted(live):
            try:
                self._keyring.epoch_key(number)
            except NotFound as error:
                raise Corrupt(error.message, **error.fields) from error

    def _open(self, actor: str) -> None:
        """Steps 1 and 2."""
        with self._store.read() as connection:
            number = connection.execute(select(func.max(epochs.c.number))).scalar_one() + 1
        # a file of this number is of a rotation that was killed between the steps; nothing was wrapped under it
        self._keyring.ensure_epoch(number)
        with self._store.write() as transaction:
            connection = transaction.connection
            connection.execute(update(epochs).where(epochs.c.state == CURRENT).values(state=DRAINING))
            row = {"number": number, "state": CURRENT, "created_at": transaction.at}
            connection.execute(insert(epochs), [row])
            transaction.append(EventKind.EPOCH_OPENED, actor=actor, subjects=(_subject(number),))

    def _drain(self, actor: str, progress: Callable[[int, int], None] | None) -> RotationReport:
        """Steps 3 to 5, for every epoch that drains; then what a kill left of retired ones."""
        with self._store.read() as connection:
            current, live = live_epochs(connection)
            older = sorted(live - {current})
            rows = select(func.count()).select_from(wrapped_keys).where(wrapped_keys.c.epoch.in_(older))
            total = connection.execute(rows).scalar_one()
        done = unreadable = 0
        retired = []
        for number in older:
            for moved, failed in self._rewrap(number, current):
                done += moved
                unreadable += failed
                if progress is not None:
                    progress(done, max(total, done))
            if self._retire(number, actor):
                retired.append(number)
        return RotationReport(
            epoch=current,
            rewrapped=done,
            retired=tuple(retired),
            destroyed=tuple(self._destroy_retired()),
            unreadable=unreadable,
        )

    def _rewrap(self, old: int, new: int) -> Iterator[tuple[int, int]]:
        """Step 3: move the rows of one epoch; gives for each page how many moved and how many do not open."""
        vault = self._store.vault
        change = update(wrapped_keys).where(
            wrapped_keys.c.holder == bindparam("whose"), wrapped_keys.c.epoch == bindparam("old")
        )
        change = change.values(epoch=bindparam("new"), wrapped=bindparam("again"))
        after = ""
        while page := self._read_page(old, after):
            after = page[-1].holder
            ready = []
            for one in page:
                with suppress(Corrupt):
                    again = vault.wrap_row(vault.unwrap(one), new)
                    ready.append({"whose": one.holder, "old": old, "new": new, "again": again.wrapped})
            if ready:
                with self._store.write() as transaction:
                    transaction.connection.execute(change, ready)
            yield len(ready), len(page) - len(ready)

    def _read_page(self, epoch: int, after: str) -> list[WrappedKey]:
        """Rows of an epoch in the order of their holders; no snapshot is held beyond."""
        query = select(wrapped_keys).where(wrapped_keys.c.epoch == epoch, wrapped_keys.c.holder > after)
        with self._store.read() as connection:
            rows = connection.execute(query.order_by(wrapped_keys.c.holder).limit(self._page)).all()
        return [WrappedKey(row.holder, row.epoch, row.wrapped) for row in rows]

    def _retire(self, number: int, actor: str) -> bool:
        """Step 4; False where a row still needs the epoch."""
        with self._store.write() as transaction:
            needed = select(wrapped_keys.c.holder).where(wrapped_keys.c.epoch == number).limit(1)
            if transaction.connection.execute(needed).first() is not None:
                return False
            transaction.connection.execute(update(epochs).where(epochs.c.number == number).values(state=RETIRED))
            transaction.append(EventKind.EPOCH_RETIRED, actor=actor, subjects=(_subject(number),))
        return True

    def _destroy_retired(self) -> Iterator[int]:
        """Step 5, also for what was retired before a kill."""
        with self._store.read() as connection:
            gone = set(connection.execute(select(epochs.c.number).where(epochs.c.state == RETIRED)).scalars())
        for number in self._keyring.epoch_files():
            if number in gone:
                self._keyring.destroy_epoch(number)
                yield number

    @contextmanager
    def _rolling(self) -> Iterator[bool]:
        """The right to rotate; the kernel gives it back when a program dies."""
        descriptor = os.open(self._lock_path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)


def _subject(number: int) -> str:
    return f"epoch:{number}"
