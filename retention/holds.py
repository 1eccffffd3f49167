"""Legal holds: placed, renewed and released, each as one short transaction with its leaf.

Rules:

- From the commit that places a hold on, every record without a verdict under it counts as held; so placing takes one
  row, whatever it reaches. Placing and destroying both hold the write lock: one of them is first, and the ledger says
  which (FRCP 37(e); the destroying transaction asks `retention.hold_standing`).
- An open request places its hold with `place_in`, inside the transaction that opens it, and such a hold ends with the
  request and not by itself.
- What a hold is for and what it reaches is sealed under a key of its own. A released hold stays to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select, update

from retention.hold_rules import HoldTerms, Origin, check_terms, decode_terms, encode_terms
from retention.tables import holds
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from storage.transaction import Store, Transaction
    from storage.vault import HolderKey, WrappedKey

OPEN = "open"
RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as its plain columns have it."""

    id: str
    number: int
    version: int
    open: bool
    origin: Origin
    origin_id: str | None
    placed_at: datetime
    position: int
    released_at: datetime | None
    released_position: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedHold:
    """A hold sealed and ready to be placed."""

    id: str
    terms: HoldTerms
    origin: Origin
    origin_id: str | None
    sealed: bytes
    key: WrappedKey


class Holds:
    """The holds of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened: dict[tuple[str, int], HoldTerms] = {}

    def prepare(
        self, terms: HoldTerms, *, origin: Origin = Origin.OFFICER, origin_id: str | None = None
    ) -> PreparedHold:
        """Seal what a hold says, outside any transaction.

        Args:
            terms: why, and what it reaches; the id of the rule is given here.
            origin: who places it.
            origin_id: the request that places it.

        Raises:
            InvalidInput: the terms are not those of a hold.
        """
        hold_id = new_id(Prefix.HOLD)
        checked = check_terms(terms)
        checked = replace(checked, rule=replace(checked.rule, id=hold_id, version=1))
        key = self._store.vault.fresh(hold_id)
        sealed = self._store.vault.seal(key, SealKind.HOLD, hold_id, encode_terms(checked))
        wrapped = self._store.vault.wrap(key, self._store.current_epoch())
        return PreparedHold(id=hold_id, terms=checked, origin=origin, origin_id=origin_id, sealed=sealed, key=wrapped)

    def place(self, terms: HoldTerms, *, actor: str) -> Hold:
        """Place an officer's hold.

        Raises:
            InvalidInput: the terms are not those of a hold.
        """
        prepared = self.prepare(terms)
        with self._store.write() as transaction:
            return self.place_in(transaction, prepared, actor=actor)

    def place_in(self, transaction: Transaction, prepared: PreparedHold, *, actor: str) -> Hold:
        """Place a hold inside a transaction; from its commit on it holds."""
        connection = transaction.connection
        last = connection.execute(select(func.max(holds.c.number))).scalar_one()
        subjects = [prepared.id, *(one for one in (prepared.origin_id,) if one is not None)]
        payload = {"reason": prepared.terms.reason, "matter": prepared.terms.matter, "origin": prepared.origin.value}
        position = transaction.append(EventKind.HOLD_PLACED, actor=actor, subjects=subjects, payload=payload)
        transaction.keep_key(prepared.key)
        hold = Hold(
            id=prepared.id,
            number=(last or 0) + 1,
            version=1,
            open=True,
            origin=prepared.origin,
            origin_id=prepared.origin_id,
            placed_at=transaction.at,
            position=position,
            released_at=None,
            released_position=None,
        )
        row = {
            "id": hold.id,
            "number": hold.number,
            "version": hold.version,
            "state": OPEN,
            "origin": hold.origin.value,
            "origin_id": hold.origin_id,
            "placed_at": hold.placed_at,
            "position": position,
            "sealed_rule": prepared.sealed,
        }
        connection.execute(insert(holds), [row])
        return hold

    def release(self, hold_id: str, *, reason: str | None, actor: str, counts: Mapping[str, Any] | None = None) -> Hold:
        """Release an officer's hold; what no other hold holds is free from its commit on.

        Where no reason is given, the event says that there is none.

        Raises:
            NotFound: there is no such hold.
            Conflict: it is released already, or it is a request's and ends with that.
        """
        with self._store.write() as transaction:
            hold = self.get(transaction.connection, hold_id)
            if hold.origin is not Origin.OFFICER:
                raise Conflict(f"hold {hold_id} is that of a request and ends with it", hold=hold_id)
            return self.release_in(transaction, hold_id, reason=reason, actor=actor, counts=counts)

    def release_in(
        self,
        transaction: Transaction,
        hold_id: str,
        *,
        reason: str | None,
        actor: str,
        counts: Mapping[str, Any] | None = None,
    ) -> Hold:
        """Release a hold inside a transaction; for whoever placed it.

        Raises:
            NotFound: there is no such hold.
            Conflict: it is released already.
        """
        hold = self.get(transaction.connection, hold_id)
        refuse_released(hold)
        payload = {"reason": reason, **(counts or {})}
        position = transaction.append(EventKind.HOLD_RELEASED, actor=actor, subjects=(hold_id,), payload=payload)
        values = {"state": RELEASED, "released_at": transaction.at, "released_position": position}
        transaction.connection.execute(update(holds).where(holds.c.id == hold_id).values(values))
        return replace(hold, open=False, released_at=transaction.at, released_position=position)

    def renew(self, hold_id: str, *, reason: str, actor: str) -> Hold:
        """Void every verdict and decision under a hold: all records count as held until they are judged anew.

        Raises:
            NotFound: there is no such hold.
            Conflict: it is released.
        """
        with self._store.write() as transaction:
            hold = self.get(transaction.connection, hold_id)
            refuse_released(hold)
            version = hold.version + 1
            payload = {"reason": reason, "version": version}
            transaction.append(EventKind.HOLD_RENEWED, actor=actor, subjects=(hold_id,), payload=payload)
            change = update(holds).where(holds.c.id == hold_id).values(version=version)
            transaction.connection.execute(change)
        return replace(hold, version=version)

    def get(self, connection: Connection, hold_id: str) -> Hold:
        """One hold.

        Raises:
            NotFound: there is none with this id.
        """
        row = connection.execute(select(holds).where(holds.c.id == hold_id)).first()
        if row is None:
            raise NotFound(f"there is no hold {hold_id[:64]!r}; see: archiver hold list")
        return hold_of(row)

    def list(self, connection: Connection, *, only_open: bool = False) -> list[Hold]:
        """All holds, or the open ones, in the order in which they were placed."""
        return open_holds(connection) if only_open else [hold_of(row) for row in _rows(connection)]

    def terms(self, connection: Connection, hold: Hold) -> HoldTerms:
        """What a hold says; remembered, since it never changes.

        Raises:
            Corrupt: it is not what was sealed, or its key is gone.
        """
        known = self._opened.get((hold.id, hold.version))
        if known is not None:
            return known
        key: HolderKey | None = self._store.holder_keys(connection, [hold.id]).get(hold.id)
        if key is None:
            raise Corrupt("the key of a hold is missing; run: archiver verify", hold=hold.id)
        sealed = connection.execute(select(holds.c.sealed_rule).where(holds.c.id == hold.id)).scalar_one()
        plain = self._store.vault.unseal(key, SealKind.HOLD, hold.id, sealed)
        terms = self._opened[hold.id, hold.version] = decode_terms(plain, hold.id, hold.version)
        return terms

    def must_keep(self, connection: Connection, custodian_id: str) -> bool:
        """Whether an open hold names this custodian, so that nothing handed in for him may be left out.

        Asked before an upload is examined, when nobody can tell what else a rule would say of it.
        """
        return any(custodian_id in self.terms(connection, hold).rule.custodian_ids for hold in open_holds(connection))


def open_holds(connection: Connection) -> list[Hold]:
    """The open holds, in the order in which they were placed."""
    return [hold_of(row) for row in _rows(connection, OPEN)]


def _rows(connection: Connection, state: str | None = None) -> list[Any]:
    columns = [column for column in holds.c if column is not holds.c.sealed_rule]
    query = select(*columns).order_by(holds.c.number)
    if state is not None:
        query = query.where(holds.c.state == state)
    return list(connection.execute(query))


def refuse_released(hold: Hold) -> None:
    """Refuse an act on a hold that holds no more.

    Raises:
        Conflict: it was released.
    """
    if not hold.open:
        raise Conflict(f"hold {hold.id} was released already; see: archiver hold show {hold.id}", hold=hold.id)


def hold_of(row: Any) -> Hold:
    """A row of `holds` as a hold."""
    return Hold(
        id=row.id,
        number=row.number,
        version=row.version,
        open=row.state == OPEN,
        origin=Origin(row.origin),
        origin_id=row.origin_id,
        placed_at=row.placed_at,
        position=row.position,
        released_at=row.released_at,
        released_position=row.released_position,
    )
