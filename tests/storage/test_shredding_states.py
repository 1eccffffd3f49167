"""What a record is after its destruction is told by the leaf that decided it, so it outlives a restore."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.records import RecordState
from storage.tables import records
from tests.storage.archives import ACTOR
from tests.storage.shredding_steps import finish
from tests.storage.test_shredding_forward import bring_back, save

_ENDS = [RecordState.DESTROYED, RecordState.TRANSFERRED, RecordState.RELEASED]


def state_of(archive, record_id: str) -> str:
    with archive.store.read() as connection:
        return connection.execute(select(records.c.state).where(records.c.id == record_id)).scalar_one()


@pytest.mark.parametrize("end", _ENDS)
def test_a_record_is_what_its_destruction_led_to_also_after_a_restore(archive, shredder, filed, end):
    gone = filed[0]
    saved = save(archive, gone)
    with archive.store.write() as transaction:
        batch_id = shredder.decide(transaction, [gone.record_id], ACTOR, leads_to=end)
    assert state_of(archive, gone.record_id) == end.value
    shredder.erase(batch_id)
    bring_back(archive, gone, saved)
    with archive.store.write() as transaction:
        transaction.connection.execute(
            records.update().where(records.c.id == gone.record_id).values(state=RecordState.ACTIVE.value)
        )
        shredder.replay(transaction, [gone.record_id])
    assert state_of(archive, gone.record_id) == end.value
    finish(archive, shredder, batch_id)
    assert shredder.remains(batch_id) == ()
