"""Random real operations on an archive, drawn from a seed, and the dump by which two archives are compared."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from archiver.backing_up import CARRIED
from ingest.tables import channel_health
from storage.backup.rows import carriage
from storage.columns import CarriedBy, metadata
from storage.events import EventKind
from storage.outbox import Letter, Outbox
from storage.records import Channel, Envelope, Outcome
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.submissions import Conclusion
from storage.tables import ledger_subjects, outbox, records, submissions, wrapped_keys
from storage.transaction import prepare
from tests.storage.archives import ACTOR, NOON, custodian, file_one

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from storage.archive import Archive

assert CARRIED  # every floor's tables, as a program has them that carries rows

_UNLIKE = {"backups"}  # the row of a backup is written after what the backup shows


def dump(archive: Archive) -> dict[str, list[Any]]:
    """All rows that a backup carries or makes again, by table."""
    found: dict[str, list[Any]] = {}
    with archive.store.read() as connection:
        for table in metadata.sorted_tables:
            by = carriage(table).by
            if (by is CarriedBy.NOT and table.name not in {"awaiting_examination", "ledger_nodes"}) or (
                table.name in _UNLIKE
            ):
                continue
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            found[table.name] = [tuple(row) for row in rows]
        rows = connection.execute(select(ledger_subjects).order_by(*ledger_subjects.primary_key.columns)).all()
        found["ledger_subjects"] = [tuple(row) for row in rows]
    return found


class Operations:
    """Does one thing after the other, as the programs of the upper floors do them."""

    def __init__(self, archive: Archive, draw: random.Random) -> None:
        self.archive = archive
        self.draw = draw
        self.destroyed: list[str] = []
        self._files = 0
        self._custodians = [custodian(archive, "first@district.example")]

    def run(self, count: int) -> None:
        acts: list[tuple[int, Callable[[], None]]] = [
            (8, self.file),
            (3, self.leave_waiting),
            (2, self.quarantine),
            (2, self.examine_waiting),
            (3, self.assign),
            (2, self.add_custodian),
            (2, self.repeat),
            (3, self.look),
            (2, self.write_letter),
            (2, self.send_letter),
            (2, self.touch_channel),
            (2, self.destroy),
            (1, self.advance_destructions),
            (1, self.rotate),
        ]
        weights = [weight for weight, _ in acts]
        for _, act in self.draw.choices(acts, weights, k=count):
            act()

    def _bytes(self) -> bytes:
        self._files += 1
        return f"mail {self._files}".encode() * self.draw.randint(1, 60)

    def file(self) -> None:
        file_one(self.archive, self.draw.choice(self._custodians), self._bytes())

    def leave_waiting(self) -> None:
        archive = self.archive
        prepared = archive.submissions.prepare(
            channel=Channel.SMTP,
            account="smtp",
            custodian_id=self.draw.choice([*self._custodians, None]),
            envelope=Envelope(submitter="somebody@home.example"),
            kind=None,
            payload=self._bytes(),
            epoch=archive.store.current_epoch(),
            received_at=NOON,
            actor=ACTOR,
        )
        archive.blobs.write([prepared.sealed])
        with archive.store.write() as transaction:
            archive.submissions.add(transaction, [prepared])

    def _waiting(self) -> str | None:
        with self.archive.store.read() as connection:
            waiting = self.archive.submissions.awaiting(connection, limit=50)
        return self.draw.choice(waiting) if waiting else None

    def quarantine(self) -> None:
        self._conclude(Outcome.QUARANTINED, None)

    def examine_waiting(self) -> None:
        self._conclude(Outcome.FAILED, self.draw.choice(self._custodians))

    def _conclude(self, outcome: Outcome, whose: str | None) -> None:
        one = self._waiting()
        if one is None:
            return
        store = self.archive.store
        facts = {"outcome": outcome.value, "reason": "drawn"}
        kind = EventKind.SUBMISSION_EXAMINED
        event = prepare(store.vault, store.current_epoch(), kind, store.clock(), ACTOR, (one,), facts)
        concluded = Conclusion(submission_id=one, outcome=outcome, reason="drawn", custodian_id=whose)
        with store.write() as transaction:
            transaction.append_prepared(event)
            self.archive.submissions.conclude(transaction, [concluded])

    def _records(self) -> list[str]:
        with self.archive.store.read() as connection:
            query = select(records.c.id).where(records.c.state == "active").order_by(records.c.id)
            return list(connection.execute(query).scalars())

    def assign(self) -> None:
        if chosen := self._records():
            with self.archive.store.write() as transaction:
                series = f"series-{self.draw.randint(1, 5)}"
                self.archive.catalogue.assign_series(
                    transaction, self.draw.choice(chosen), series, actor=ACTOR, why="drawn"
                )

    def add_custodian(self) -> None:
        self._custodians.append(custodian(self.archive, f"c{len(self._custodians)}@district.example"))

    def repeat(self) -> None:
        with self.archive.store.read() as connection:
            one = connection.execute(select(submissions.c.id).order_by(func.random()).limit(1)).scalar()
        if one is not None:
            with self.archive.store.write() as transaction:
                transaction.append(EventKind.SUBMISSION_DUPLICATE, actor=ACTOR, subjects=(one,))

    def look(self) -> None:
        chosen = self._records()
        with self.archive.store.write() as transaction:
            if chosen:
                transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(self.draw.choice(chosen),))
            transaction.append(EventKind.SEARCH_MADE, actor=ACTOR, payload={"query": "drawn"})

    def write_letter(self) -> None:
        letters = Outbox(self.archive.store)
        ready = letters.prepare(Letter(kind="test", to="clerk@district.example", subject="Drawn", text="Drawn."))
        with self.archive.store.write() as transaction:
            letters.add(transaction, ready)

    def send_letter(self) -> None:
        with self.archive.store.write() as transaction:
            one = transaction.connection.execute(select(outbox.c.id).limit(1)).scalar()
            if one is not None:
                transaction.connection.execute(delete(outbox).where(outbox.c.id == one))
                transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == one))
                transaction.append(EventKind.LETTER_SENT, actor=ACTOR, subjects=(one,), payload={"kind": "test"})

    def touch_channel(self) -> None:
        """A change that leaves no leaf, in a table that travels whole."""
        with self.archive.store.write() as transaction:
            transaction.connection.execute(delete(channel_health))
            row = {"channel": "imap", "account": f"box {self.draw.randint(1, 9)}", "last_tried": transaction.at}
            transaction.connection.execute(insert(channel_health), [row])

    def destroy(self, count: int = 1) -> None:
        chosen = self._records()
        if len(chosen) > count:
            doomed = self.draw.sample(chosen, count)
            with self.archive.store.write() as transaction:
                Shredder(self.archive).decide(transaction, doomed, ACTOR, {"reason": "drawn"})
            self.destroyed += doomed

    def advance_destructions(self) -> None:
        shredder = Shredder(self.archive)
        for batch in shredder.unfinished():
            if self.draw.random() < 0.6:
                shredder.erase(batch.id)

    def rotate(self) -> None:
        Rotation(self.archive).roll(ACTOR)
        shredder = Shredder(self.archive)
        for batch in shredder.unfinished():
            if batch.state.value == "erased":
                shredder.mark_rolled(batch.id)
                if not shredder.remains(batch.id):
                    shredder.confirm(batch.id, actor=ACTOR)


def readable(archive: Archive) -> dict[str, str]:
    """What can be opened: SHA-256 of the bytes of each submission that has a key."""
    found: dict[str, str] = {}
    with archive.store.read() as connection:
        for one in connection.execute(select(submissions.c.id)).scalars().all():
            if archive.store.holder_keys(connection, [one]):
                found[one] = hashlib.sha256(archive.submissions.content(connection, one)).hexdigest()
    return found
