"""The steps of a destruction, for the tests of them."""

from __future__ import annotations

from sqlalchemy import func, select

from storage.destructions import BatchState, read_batch
from storage.rotation import Rotation
from tests.storage.archives import ACTOR


def decide(archive, shredder, ids, guard=None) -> str:
    with archive.store.write() as transaction:
        return shredder.decide(transaction, ids, ACTOR, {"rule": "GS-1"}, guard=guard)


def finish(archive, shredder, batch_id) -> int:
    shredder.erase(batch_id)
    Rotation(archive).roll(ACTOR)
    shredder.mark_rolled(batch_id)
    return shredder.confirm(batch_id, actor=ACTOR)


def state(archive, batch_id) -> BatchState:
    with archive.store.read() as connection:
        return read_batch(connection, batch_id).state


def count(archive, column, *values: object) -> int:
    with archive.store.read() as connection:
        return connection.execute(select(func.count()).where(column.in_(values))).scalar_one()


def describe(archive, *ids: str):
    with archive.store.read() as connection:
        return archive.catalogue.describe(connection, ids)


def kinds(archive, subject) -> list[str]:
    with archive.store.read() as connection:
        return [one.event.kind.value for one in archive.ledger.events_about(connection, [subject])]
