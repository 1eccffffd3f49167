"""Alerts as rows: searches that are asked again of whatever comes in, how far they have looked, and what they found.

Rules:

- How far an alert has looked is a ledger position in its row. It moves in the transaction that writes what was found up
  to there, so that a program killed anywhere misses nothing.
- A record is found once: its row keeps it from being found again. What was found and not told yet lies behind
  `told_position`, which moves in the transaction that puts the letter into the outbox.
- Of two programs that look at the same time the second one finds the row changed and writes nothing.
- Name, query and address are sealed under the alert's own key. A removed alert stays to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.saved_searches import checked_name
from search.saved_tables import alert_hits, alerts
from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.outbox import Letter, Outbox
from storage.sealing import SealKind
from storage.strict_json import read_object, string, string_or_none, write_object
from storage.tables import ledger_head

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.transaction import Store, Transaction

LONGEST_PAUSE_HOURS: Final = 744.0
SHORTEST_PAUSE_HOURS: Final = 0.25
_CHUNK: Final = 500


class AlertState(StrEnum):
    """Whether an alert looks."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert; `to` is None where its letters go to the officers of the settings. Hours are those between letters."""

    id: str
    owner: str
    state: AlertState
    every_hours: float
    created_at: datetime
    position: int
    told_position: int
    told_at: datetime | None
    name: str
    query: str
    to: str | None


class Alerts:
    """The alerts of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, query: str, *, to: str | None, every_hours: float, owner: str) -> Alert:
        """Add an alert on what comes in from now on; its query was understood before.

        Raises:
            InvalidInput: the name is not in order, or the time between letters is too short or too long.
        """
        name = checked_name(name)
        if not SHORTEST_PAUSE_HOURS <= every_hours <= LONGEST_PAUSE_HOURS:
            raise InvalidInput(
                f"an alert writes at most every {SHORTEST_PAUSE_HOURS} to {LONGEST_PAUSE_HOURS:.0f} hours"
            )
        alert_id, store = new_id(Prefix.ALERT), self._store
        key = store.vault.fresh(alert_id)
        members = {"name": name, "query": query, "to": to}
        sealed = store.vault.seal(key, SealKind.SEARCH, alert_id, write_object(dict(members)))
        wrapped = store.vault.wrap(key, store.current_epoch())
        with store.write() as transaction:
            position = transaction.append(EventKind.ALERT_ADDED, actor=owner, subjects=(alert_id,), payload=members)
            transaction.keep_key(wrapped)
            row = {
                "id": alert_id,
                "owner": owner,
                "state": AlertState.ACTIVE.value,
                "every_hours": every_hours,
                "created_at": transaction.at,
                "position": position,
                "told_position": position,
                "told_at": None,
                "sealed_alert": sealed,
            }
            transaction.connection.execute(insert(alerts), [row])
            made_at = transaction.at
        return Alert(
            id=alert_id,
            owner=owner,
            state=AlertState.ACTIVE,
            every_hours=every_hours,
            created_at=made_at,
            position=position,
            told_position=position,
            told_at=None,
            name=name,
            query=query,
            to=to,
        )

    def of_owner(self, connection: Connection, *, owner: str | None = None, removed: bool = False) -> list[Alert]:
        """The alerts of one owner or of all, in the order in which they were added."""
        query = select(alerts).order_by(alerts.c.id)
        if owner is not None:
            query = query.where(alerts.c.owner == owner)
        if not removed:
            query = query.where(alerts.c.state != AlertState.REMOVED.value)
        return self._opened(connection, connection.execute(query).all())

    def get(self, connection: Connection, alert_id: str) -> Alert:
        """One alert.

        Raises:
            NotFound: there is none of this id.
        """
        rows = connection.execute(select(alerts).where(alerts.c.id == alert_id)).all()
        if not rows:
            raise no_such_alert()
        return self._opened(connection, rows)[0]

    def _opened(self, connection: Connection, rows: Sequence[Any]) -> list[Alert]:
        found = []
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            keys = self._store.holder_keys(connection, [row.id for row in some])
            for row in some:
                if row.id not in keys:
                    raise Corrupt("the key of an alert is missing; run: archiver verify", alert=row.id)
                plain = self._store.vault.unseal(keys[row.id], SealKind.SEARCH, row.id, row.sealed_alert)
                found.append(_decoded(row, plain))
        return found

    def switch(self, alert: Alert, state: AlertState, *, actor: str) -> None:
        """Pause an alert, let it go on, or remove it. What came in while it was paused is looked at when it goes on.

        Raises:
            Conflict: it is so already, or removed.
        """
        kind = EventKind.ALERT_REMOVED if state is AlertState.REMOVED else EventKind.ALERT_CHANGED
        mine = (alerts.c.id == alert.id, alerts.c.state.not_in([state.value, AlertState.REMOVED.value]))
        with self._store.write() as transaction:
            changed = transaction.connection.execute(update(alerts).where(*mine).values(state=state.value))
            if not changed.rowcount:
                raise Conflict(f"alert {alert.id} is {state.value} already, or removed", alert=alert.id)
            transaction.append(kind, actor=actor, subjects=(alert.id,), payload={"state": state.value})

    def found(self, alert: Alert, record_ids: Sequence[str], until: int, *, actor: str) -> int:
        """Write down what an alert found up to a ledger position, and that it has looked so far; how much is new."""
        with self._store.write() as transaction:
            connection = transaction.connection
            mine = (alerts.c.id == alert.id, alerts.c.position == alert.position)
            looks = alerts.c.state == AlertState.ACTIVE.value
            if not connection.execute(update(alerts).where(*mine, looks).values(position=until)).rowcount:
                return 0
            fresh = _new_ones(connection, alert.id, record_ids)
            if fresh:
                position = transaction.append(
                    EventKind.ALERT_FOUND, actor=actor, subjects=(alert.id,), payload={"records": len(fresh)}
                )
                rows = [{"alert_id": alert.id, "record_id": one, "position": position} for one in fresh]
                connection.execute(insert(alert_hits), rows)
            return len(fresh)

    def waiting(self, connection: Connection, alert: Alert) -> tuple[list[str], int]:
        """The records that were found and not told yet, and the position of the last finding."""
        rows = connection.execute(
            select(alert_hits.c.record_id, alert_hits.c.position)
            .where(alert_hits.c.alert_id == alert.id, alert_hits.c.position > alert.told_position)
            .order_by(alert_hits.c.record_id)
        ).all()
        return [row.record_id for row in rows], max((row.position for row in rows), default=alert.told_position)

    def counts(self, connection: Connection) -> dict[str, int]:
        """How many records each alert has found, by its id."""
        query = select(alert_hits.c.alert_id, func.count()).group_by(alert_hits.c.alert_id)
        return {row[0]: row[1] for row in connection.execute(query)}

    def hits(self, connection: Connection, alert_id: str) -> list[str]:
        """All records that an alert ever found, in the order of their ids."""
        query = select(alert_hits.c.record_id).where(alert_hits.c.alert_id == alert_id)
        return list(connection.execute(query.order_by(alert_hits.c.record_id)).scalars())

    def tell(self, alert: Alert, letters: Sequence[Letter], until: int, *, records: int, actor: str) -> bool:
        """Put letters into the outbox and note that everything up to a finding is told; whether it was so before.

        Without a letter nothing is told: what was found is gone since, or not to be seen by its owner any more.
        """
        outbox = Outbox(self._store)
        prepared = [outbox.prepare(one) for one in letters]
        with self._store.write() as transaction:
            mine = (alerts.c.id == alert.id, alerts.c.told_position == alert.told_position)
            values: dict[str, Any] = {"told_position": until}
            if letters:
                values["told_at"] = transaction.at
            if not transaction.connection.execute(update(alerts).where(*mine).values(values)).rowcount:
                return False
            ids = [outbox.add(transaction, one) for one in prepared]
            _told(transaction, alert.id, {"records": records, "letters": ids}, actor)
        return True


def _told(transaction: Transaction, alert_id: str, payload: Mapping[str, Any], actor: str) -> None:
    transaction.append(EventKind.ALERT_TOLD, actor=actor, subjects=(alert_id,), payload=payload)


def _new_ones(connection: Connection, alert_id: str, record_ids: Sequence[str]) -> list[str]:
    """Those of the records that the alert has not found before."""
    known: set[str] = set()
    ids = list(dict.fromkeys(record_ids))
    for start in range(0, len(ids), _CHUNK):
        same = (alert_hits.c.alert_id == alert_id, alert_hits.c.record_id.in_(ids[start : start + _CHUNK]))
        known.update(connection.execute(select(alert_hits.c.record_id).where(*same)).scalars())
    return [one for one in ids if one not in known]


def head_of(connection: Connection) -> int:
    """The position of the ledger's last leaf; -1 where there is none."""
    size: int = connection.execute(select(ledger_head.c.size)).scalar_one()
    return size - 1


def no_such_alert() -> NotFound:
    """The refusal for an id that is none, and for somebody else's alert."""
    return NotFound("there is no alert of this id; see: archiver alert list")


def _decoded(row: Any, plain: bytes) -> Alert:
    members = read_object(plain, brackets=plain.count(b"[") + plain.count(b"{"))
    return Alert(
        id=row.id,
        owner=row.owner,
        state=AlertState(row.state),
        every_hours=row.every_hours,
        created_at=row.created_at,
        position=row.position,
        told_position=row.told_position,
        told_at=row.told_at,
        name=string(members, "name"),
        query=string(members, "query"),
        to=string_or_none(members, "to"),
    )
