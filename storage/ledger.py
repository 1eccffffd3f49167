"""Reading the ledger: events by position, payloads, tree heads, proofs, and the walk that checks it all.

Rule: the root is always computed from leaves; a stored hash is a convenience that the walk compares.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from storage.checkpoints import Checkpoint, origin_of, sign, verifier_key, verify_published
from storage.errors import Conflict, Corrupt, NotFound, TemporarilyUnavailable
from storage.events import SALT_BYTES, Event, EventKind, payload_digest
from storage.files import write_whole
from storage.ledger_rows import CommittedRows, stored_hashes
from storage.merkle import ROW_LEVELS, Frontier, consistency_proof, inclusion_proof, leaf_hash, range_hash
from storage.sealing import SealKind
from storage.tables import ledger_head, ledger_leaves, ledger_nodes, ledger_payloads, ledger_subjects
from storage.tiles import Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from storage.transaction import Store

_PAGE = 2_000
_place = ledger_leaves.c.position


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """An event at its place."""

    position: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """What shows that a leaf is in the log: the leaf, its place, the tree head, and the hashes between."""

    position: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: bytes

    def to_json(self) -> dict[str, Any]:
        """As written into receipts and exports; hashes in hexadecimal."""
        return {
            "position": self.position,
            "tree_size": self.size,
            "leaf": self.leaf.decode(),
            "path": [one.hex() for one in self.path],
            "checkpoint": self.checkpoint.decode(),
        }


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """One thing that is wrong with the ledger, and where."""

    position: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredBreak:
    """A loss that somebody accepted: the log that ended, and the head of it that could still be restored."""

    origin: str
    size: int
    root: bytes


class Ledger:
    """The append-only log of one archive, for reading; `Transaction` writes it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self.folder = folder

    @property
    def origin(self) -> str:
        """The origin line of this log: the archive, and from the second log on the log's number."""
        with self._store.read() as connection:
            return self._origin(connection)

    def _origin(self, connection: Connection) -> str:
        return origin_of(self._store.keyring.archive_id, self._log(connection))

    @staticmethod
    def _log(connection: Connection) -> int:
        number: int = connection.execute(select(ledger_head.c.log)).scalar_one()
        return number

    def public_key(self) -> str:
        """The verifier line that checks this log's checkpoints."""
        return verifier_key(self.origin, self._store.keyring.signing_key)

    def public_keys(self, connection: Connection) -> tuple[str, ...]:
        """The verifier lines of this log and of those that ended before it by a declared break, this one last."""
        keyring = self._store.keyring
        numbers = range(1, self._log(connection) + 1)
        return tuple(verifier_key(origin_of(keyring.archive_id, one), keyring.signing_key) for one in numbers)

    def declared_breaks(self, connection: Connection) -> tuple[DeclaredBreak, ...]:
        """What was accepted as lost; read from the leaves, because a payload may be gone."""
        found: list[DeclaredBreak] = []
        for one in self.events_after(connection, -1, kinds=[EventKind.LOSS_ACCEPTED]):
            try:
                said = dict(subject.rsplit("-", 1) for subject in one.event.subjects[1:])
                origin = origin_of(one.event.subjects[0], int(said["log"]))
                root = bytes.fromhex(one.event.facts or "")
                found.append(DeclaredBreak(origin=origin, size=int(said["size"]), root=root))
            except (IndexError, KeyError, ValueError) as error:
                raise Corrupt(
                    "the declaration of a break of the ledger cannot be read", position=one.position
                ) from error
        return tuple(found)

    def head(self, connection: Connection) -> Frontier:
        """The present tree head."""
        row = connection.execute(select(ledger_head.c.size, ledger_head.c.frontier)).one()
        try:
            return Frontier.decode(row.size, row.frontier)
        except ValueError as error:
            raise Corrupt("the ledger's head is damaged") from error

    def events_after(
        self, connection: Connection, position: int, *, kinds: Sequence[EventKind] = (), limit: int = 500
    ) -> list[LedgerEvent]:
        """Events at places greater than `position` (-1 for all), in order, at most `limit`."""
        query = select(ledger_leaves.c.position, ledger_leaves.c.leaf).where(ledger_leaves.c.position > position)
        if kinds:
            query = query.where(ledger_leaves.c.kind.in_([kind.value for kind in kinds]))
        rows = connection.execute(query.order_by(ledger_leaves.c.position).limit(limit))
        return [LedgerEvent(row.position, Event.decode(row.leaf)) for row in rows]

    def events_about(self, connection: Connection, subjects: Sequence[str]) -> list[LedgerEvent]:
        """Every event that one of these ids is a subject of, in order."""
        about = select(ledger_subjects.c.position).where(ledger_subjects.c.subject.in_(subjects)).distinct()
        query = select(ledger_leaves.c.position, ledger_leaves.c.leaf).where(ledger_leaves.c.position.in_(about))
        rows = connection.execute(query.order_by(ledger_leaves.c.position))
        return [LedgerEvent(row.position, Event.decode(row.leaf)) for row in rows]

    def event_at(self, connection: Connection, position: int) -> LedgerEvent:
        """The event at a place.

        Raises:
            NotFound: the log is shorter.
        """
        found = self.events_after(connection, position - 1, limit=1)
        if not found or found[0].position != position:
            raise NotFound(f"the ledger has no leaf {position}", position=position)
        return found[0]

    def payload(self, connection: Connection, position: int) -> dict[str, Any] | None:
        """The payload of the event at a place, checked against its leaf; None if it has none or was destroyed."""
        opened = self.salted_payload(connection, position)
        return None if opened is None else json.loads(opened[1])

    def salted_payload(self, connection: Connection, position: int) -> tuple[bytes, bytes] | None:
        """Salt and payload bytes, which together give the digest that stands in the leaf."""
        row = connection.execute(select(ledger_payloads).where(ledger_payloads.c.position == position)).first()
        if row is None:
            return None
        key = self._store.holder_keys(connection, [row.event_id]).get(row.event_id)
        if key is None:
            return None
        plain = self._store.vault.unseal(key, SealKind.EVENT_PAYLOAD, row.event_id, row.sealed_payload)
        salt, payload = plain[:SALT_BYTES], plain[SALT_BYTES:]
        if self.event_at(connection, position).event.digest != payload_digest(salt, payload):
            raise Corrupt("an event's payload is not the one that its leaf names", position=position)
        return salt, payload

    def prove(self, connection: Connection, position: int) -> InclusionProof:
        """Prove that the leaf at a place is under the present head, signed.

        Raises:
            NotFound: the log is shorter.
        """
        leaf = connection.execute(select(ledger_leaves.c.leaf).where(ledger_leaves.c.position == position)).scalar()
        head = self.head(connection)
        if leaf is None:
            raise NotFound(f"the ledger has no leaf {position}", position=position)
        path = inclusion_proof(position, head.size, stored_hashes(connection, head.size).subtree)
        return InclusionProof(
            position=position,
            size=head.size,
            leaf=bytes(leaf),
            path=tuple(path),
            checkpoint=self._sign(connection, head),
        )

    def consistency(self, connection: Connection, old: int, size: int) -> list[bytes]:
        """The hashes that show the tree of `old` leaves to be a prefix of that of `size`."""
        return consistency_proof(old, size, stored_hashes(connection, size).subtree)

    def _sign(self, connection: Connection, head: Frontier) -> bytes:
        checkpoint = Checkpoint(origin=self._origin(connection), size=head.size, root=head.root())
        return sign(checkpoint, self._store.keyring.signing_key)

    def publish_checkpoint(self, *, whole: bool = False) -> bytes:
        """Write the tiles of the present head, sign it, and write it to ``ledger/checkpoint``.

        Args:
            whole: compare every tile with the database, and write again what is missing or differs.

        Raises:
            Conflict: the log does not begin with the checkpoint last published.
            Corrupt: the leaves do not give the root of the head, or the published checkpoint is not of this log.
            StorageFull, TemporarilyUnavailable: the files cannot be written; the checkpoint before still stands.
        """
        with self._publishing():
            with self._store.read() as connection:
                head = self.head(connection)
                note = self._sign(connection, head)
                before = self.published_checkpoint()
                old = 0
                if before is not None:
                    published = verify_published(before, self.public_key())
                    self.must_extend(connection, published, "ledger/checkpoint")
                    old = published.size
            Tiles(self.folder).publish(CommittedRows(self._store), old, head.size, head.root(), whole=whole)
            if note != before:
                write_whole(self.folder / "checkpoint", note)
        return note

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """One publisher at a time, over all programs, beside the write lock: depositors do not wait for these files.

        A head is read under this lock, so of two publishers the later one has the later head.
        """
        try:
            descriptor = os.open(self.folder / "publish.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise TemporarilyUnavailable(f"ledger/publish.lock cannot be opened: {reason}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def must_extend(self, connection: Connection, checkpoint: Checkpoint, where: str) -> None:
        """A checkpoint of this log that was given away is never taken back: the log must still begin with it.

        Raises:
            Conflict: it does not; `where` is said.
        """
        head = self.head(connection)
        if checkpoint.size > head.size:
            raise Conflict(
                f"the ledger has {head.size} leaves and does not begin with the {checkpoint.size} that {where} names: "
                "an older database was put back; keep both and see docs/operations.md",
                leaves=head.size,
                published=checkpoint.size,
            )
        hashes = stored_hashes(connection, head.size)
        if checkpoint.size and range_hash(0, checkpoint.size, hashes.subtree) != checkpoint.root:
            raise Conflict(
                f"the ledger of {head.size} leaves does not begin with the {checkpoint.size} that {where} names: "
                "its history is another one; keep both and see docs/operations.md",
                leaves=head.size,
                published=checkpoint.size,
            )

    def published_checkpoint(self) -> bytes | None:
        """The checkpoint last written, if any."""
        try:
            return (self.folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def check(self) -> tuple[Frontier, list[LedgerFault]]:
        """Recompute the tree from all leaves, in pages, and compare with every stored hash and both heads."""
        faults: list[LedgerFault] = []
        published = self._read_published(faults)
        frontier, published_root = Frontier(), None
        with self._store.read() as connection:
            head = self.head(connection)
            beyond = connection.execute(select(func.min(ledger_leaves.c.position)).where(_place >= head.size)).scalar()
        if beyond is not None:
            faults.append(LedgerFault(beyond, "there is a leaf that the head does not count"))
        for page in self._pages(head.size):
            hashes: list[bytes] = []
            for position, leaf, stored in page:
                expected = frontier.size + len(hashes)
                if position != expected:
                    faults.append(LedgerFault(expected, "a leaf is missing"))
                    return frontier, faults
                hashed = leaf_hash(leaf)
                if hashed != stored:
                    faults.append(LedgerFault(position, "the leaf is not the one that was hashed"))
                hashes.append(hashed)
            if published is not None and frontier.size < published.size <= frontier.size + len(hashes):
                published_root = frontier.append(hashes[: published.size - frontier.size])[0].root()
            frontier, completed = frontier.append(hashes)
            faults += self._wrong_nodes(completed)
        if frontier != head:
            faults.append(LedgerFault(frontier.size, "the leaves do not give the root that the head names"))
        if published is not None and published.size > 0 and published_root != published.root:
            detail = "the published checkpoint names more leaves than there are, or another root"
            faults.append(LedgerFault(published.size, detail))
        return frontier, faults

    def _wrong_nodes(self, completed: Sequence[tuple[int, int, bytes]]) -> Iterator[LedgerFault]:
        """Stored hashes of subtrees, which proofs are made of, that are not what the leaves give."""
        expected = {(level, number): hashed for level, number, hashed in completed if level % ROW_LEVELS == 0}
        with self._store.read() as connection:
            for (level, number), hashed in expected.items():
                where = (ledger_nodes.c.level == level, ledger_nodes.c.number == number)
                if connection.execute(select(ledger_nodes.c.hash).where(*where)).scalar() != hashed:
                    yield LedgerFault(number << level, f"the stored hash of {1 << level} leaves is not theirs")

    def _read_published(self, faults: list[LedgerFault]) -> Checkpoint | None:
        note = self.published_checkpoint()
        if note is None:
            return None
        try:
            return verify_published(note, self.public_key())
        except Corrupt as error:
            faults.append(LedgerFault(0, error.message))
            return None

    def _pages(self, size: int) -> Iterator[list[tuple[int, bytes, bytes]]]:
        position = -1
        while position + 1 < size:
            with self._store.read() as connection:
                query = (
                    select(ledger_leaves.c.position, ledger_leaves.c.leaf, ledger_leaves.c.hash)
                    .where(ledger_leaves.c.position > position, ledger_leaves.c.position < size)
                    .order_by(ledger_leaves.c.position)
                    .limit(_PAGE)
                )
                page = [(row.position, bytes(row.leaf), bytes(row.hash)) for row in connection.execute(query)]
            if not page:
                return
            position = page[-1][0]
            yield page
