"""Reading the ledger: events by position, payloads, tree heads, proofs, and the walk that checks it all.

Rule: the root is always computed from leaves; a stored hash is a convenience that the walk compares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from storage.checkpoints import Checkpoint, sign, verifier_key, verify
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import SALT_BYTES, Event, EventKind, payload_digest
from storage.files import write_whole
from storage.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash, node_hash, range_hash
from storage.sealing import SealKind
from storage.tables import ledger_head, ledger_leaves, ledger_nodes, ledger_payloads, ledger_subjects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from storage.transaction import Store

_LEVELS = 8
_ROW = 1 << _LEVELS
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


class _StoredHashes:
    """Hashes of complete subtrees of a tree of `size` leaves, each row of 256 read once from the database."""

    def __init__(self, connection: Connection, size: int) -> None:
        self._connection = connection
        self._size = size
        self._rows: dict[tuple[int, int], list[bytes]] = {}

    def subtree(self, level: int, number: int) -> bytes:
        """See `storage.merkle.SubtreeHash`."""
        if level and level % _LEVELS == 0:
            return self._row(level, number >> _LEVELS)[number & _ROW - 1]
        below = level - level % _LEVELS
        first, count = number << (level - below), 1 << (level - below)
        row = self._row(below, first >> _LEVELS)[first & _ROW - 1 :][:count]
        if len(row) != count:
            raise Corrupt("the ledger lacks leaves that its head counts", position=first << below)
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    def _row(self, level: int, number: int) -> list[bytes]:
        """The stored hashes [256 * number, 256 * number + 256) of a level, as far as the tree has them."""
        if (level, number) not in self._rows:
            first = number << _LEVELS
            expected = min(_ROW, (self._size >> level) - first)
            place = ledger_leaves.c.position if level == 0 else ledger_nodes.c.number
            query = select(ledger_leaves.c.hash) if level == 0 else select(ledger_nodes.c.hash)
            if level:
                query = query.where(ledger_nodes.c.level == level)
            query = query.where(place >= first, place < first + expected).order_by(place)
            row = [bytes(one) for one in self._connection.execute(query).scalars()]
            if len(row) != expected:
                raise Corrupt("the ledger lacks leaves that its head counts", position=first << level)
            self._rows[level, number] = row
        return self._rows[level, number]


class Ledger:
    """The append-only log of one archive, for reading; `Transaction` writes it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self.origin = f"public-records-archive/{store.keyring.archive_id}"

    def public_key(self) -> str:
        """The verifier line that checks this log's checkpoints."""
        return verifier_key(self.origin, self._store.keyring.signing_key)

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
        path = inclusion_proof(position, head.size, _StoredHashes(connection, head.size).subtree)
        return InclusionProof(
            position=position, size=head.size, leaf=bytes(leaf), path=tuple(path), checkpoint=self._sign(head)
        )

    def consistency(self, connection: Connection, old: int, size: int) -> list[bytes]:
        """The hashes that show the tree of `old` leaves to be a prefix of that of `size`."""
        return consistency_proof(old, size, _StoredHashes(connection, size).subtree)

    def _sign(self, head: Frontier) -> bytes:
        checkpoint = Checkpoint(origin=self.origin, size=head.size, root=head.root())
        return sign(checkpoint, self._store.keyring.signing_key)

    def publish_checkpoint(self) -> bytes:
        """Sign the present head and write it to ``ledger/checkpoint``, outside the database."""
        # under the write lock, so that of two programs the later head is the one that stays
        with self._store.write() as transaction:
            head = self.head(transaction.connection)
            self._refuse_rollback(transaction.connection, head)
            note = self._sign(head)
            write_whole(self._folder / "checkpoint", note)
        return note

    def _refuse_rollback(self, connection: Connection, head: Frontier) -> None:
        """A checkpoint that was published is never taken back: the log must still begin with what it named."""
        note = self.published_checkpoint()
        if note is None:
            return
        published = verify(note, self.public_key())
        same = published.size <= head.size and (
            published.size == 0
            or range_hash(0, published.size, _StoredHashes(connection, head.size).subtree) == published.root
        )
        if not same:
            raise Conflict(
                f"the ledger has {head.size} leaves and does not begin with the {published.size} that "
                "ledger/checkpoint names: an older database was put back; keep both and see docs/operations.md",
                leaves=head.size,
                published=published.size,
            )

    def published_checkpoint(self) -> bytes | None:
        """The checkpoint last written, if any."""
        try:
            return (self._folder / "checkpoint").read_bytes()
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
        expected = {(level, number): hashed for level, number, hashed in completed if level % _LEVELS == 0}
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
            return verify(note, self.public_key())
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
