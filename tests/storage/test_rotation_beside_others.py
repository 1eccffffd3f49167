"""Programs that deposit and read while the keys are rotated notice nothing of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from storage.epochs import live_epochs
from storage.rotation import Rotation
from storage.tables import epochs, wrapped_keys
from storage.transaction import Transaction
from storage.vault import NOT_WRAPPED, HolderKey
from tests.faults import rotation_campaign, rotation_interleaving_campaign
from tests.faults.rotation_programs import Known, another_program, check_finished, commit, prepare
from tests.storage.archives import ACTOR, custodian, file_one, open_again
from tests.storage.rotation_views import contents, rows

if TYPE_CHECKING:
    from collections.abc import Callable


def test_another_program_that_runs_on_reads_and_deposits_under_the_new_epoch(filled):
    archive, filed = filled
    other = open_again(archive.folder)
    contents(other, filed)
    Rotation(archive).roll(ACTOR)
    assert contents(other, filed)[0] == b"bytes 0"
    assert file_one(other, custodian(other, "bo@district.example"), b"later").submission_id
    assert {row.epoch for row in rows(other)} == {2}
    other.close()


def test_a_snapshot_of_before_the_rotation_reads_on(filled):
    archive, filed = filled
    other = another_program(archive)
    with other.store.read() as connection:
        assert live_epochs(connection)[0] == 1
        Rotation(archive).roll(ACTOR)
        assert other.submissions.content(connection, filed[0].submission_id) == b"bytes 0"
        assert live_epochs(connection)[0] == 1
    other.close()


def test_a_snapshot_of_before_does_not_bring_back_what_was_destroyed_since(filled):
    archive, filed = filled
    other = another_program(archive)
    chosen = filed[0].submission_id
    with other.store.read() as connection:
        connection.execute(select(epochs)).all()
        with archive.store.write() as transaction:
            transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == chosen))
        Rotation(archive).roll(ACTOR)
        assert other.store.holder_keys(connection, [chosen]) == {}
    other.close()


def test_a_deposit_prepared_under_a_destroyed_epoch_is_taken(filled):
    archive, _ = filled
    known = Known(owner=custodian(archive, "bo@district.example"))
    other = another_program(archive)
    early = prepare(other, known, b"early", 1)
    Rotation(archive).roll(ACTOR)
    late = prepare(other, known, b"late", 1)
    other.keyring.forget_epochs_but(())
    latest = prepare(other, known, b"latest", 1)
    assert latest.key.epoch == NOT_WRAPPED
    for prepared, payload in ((early, b"early"), (late, b"late"), (latest, b"latest")):
        commit(other, known, prepared, payload)
    other.close()
    with archive.store.read() as connection:
        for one, payload in known.contents.items():
            assert archive.submissions.content(connection, one) == payload
    check_finished(archive)


def test_a_running_program_forgets_the_destroyed_key_at_its_next_transaction(filled):
    archive, _ = filled
    other = another_program(archive)
    other.keyring.epoch_key(1)
    Rotation(archive).roll(ACTOR)
    assert 1 in other.keyring._epochs
    with other.store.write():
        pass
    assert 1 not in other.keyring._epochs
    other.close()


def test_a_program_that_only_reads_forgets_it_within_a_minute(filled, monkeypatch):
    archive, filed = filled
    other = another_program(archive)
    contents(other, filed)
    Rotation(archive).roll(ACTOR)
    other.store._look_again_at = 0.0
    contents(other, filed)
    assert set(other.keyring._epochs) == {2}
    other.close()


class Busy(threading.Thread):
    """Does one thing again and again until it is told to stop; what it raised is kept."""

    def __init__(self, step: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._step = step
        self._enough = threading.Event()
        self._error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            while not self._enough.is_set():
                self._step()
        except Exception as error:  # noqa: BLE001 - told to the test's own thread
            self._error = error

    def finish(self) -> None:
        self._enough.set()
        self.join()
        if self._error is not None:
            raise self._error


def test_threads_deposit_and_read_while_the_keys_are_rotated_again_and_again(filled):
    archive, filed = filled
    known = Known(owner=custodian(archive, "bo@district.example"))
    other = another_program(archive)

    def deposit() -> None:
        payload = b"threaded %d" % len(known.contents)
        commit(other, known, prepare(other, known, payload, 1), payload)

    def read() -> None:
        assert contents(other, filed[:2]) == [b"bytes 0", b"bytes 1"]

    busy = [Busy(deposit), Busy(read), Busy(read)]
    for _ in range(8):
        Rotation(archive, page=3).roll(ACTOR)
    for one in busy:
        one.finish()
    other.close()
    assert known.contents
    with archive.store.read() as connection:
        for one, payload in known.contents.items():
            assert archive.submissions.content(connection, one) == payload
    check_finished(archive)


def test_the_campaign_of_kills_catches_a_key_destroyed_before_its_retirement(monkeypatch):
    retire = Rotation._retire

    def early(self, number, actor) -> bool:
        self._keyring.destroy_epoch(number)
        return retire(self, number, actor)

    monkeypatch.setattr(Rotation, "_retire", early)
    assert rotation_campaign.run(7, 25).failures


def test_the_campaign_of_interleavings_catches_a_key_kept_under_an_old_epoch(monkeypatch):
    def careless(self, wrapped) -> None:
        if wrapped.epoch == NOT_WRAPPED:
            wrapped = self._vault.wrap_row(HolderKey(wrapped.holder, wrapped.opened), self.epoch)
        self._keys.append(wrapped)

    monkeypatch.setattr(Transaction, "keep_key", careless)
    assert rotation_interleaving_campaign.run(7, 4).failures
