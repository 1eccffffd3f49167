"""Backups carry the work with searches: saved ones, frozen results, alerts and what they found."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from search.alerts import Alerts
from search.frozen_ids import PIECE, listed, unpacked
from search.frozen_sets import FrozenSets, faults_of
from search.saved_searches import SavedSearches

if TYPE_CHECKING:
    from tests.storage.backup.scenes import Scene

ANN = "usr_ann"
ABOUT = {"query": "walrus", "title": None}


def ids_of(count: int) -> list[str]:
    drawn = random.Random(7)
    return sorted(unpacked(drawn.randbytes(16)) for _ in range(count))


def test_all_of_it_comes_back_and_what_was_removed_stays_gone(scene: Scene):
    archive = scene.archive
    sets = FrozenSets(archive.store)
    saved, alerts = SavedSearches(archive.store), Alerts(archive.store)
    kept = saved.add("Trips", "walrus", note="n", shared=True, owner=ANN)
    gone = saved.add("Gone", "walrus", note=None, shared=False, owner=ANN)
    alert = alerts.add("Trips", "walrus", to="ann@agency.example", every_hours=1.0, owner=ANN)
    before = sets.freeze(listed(ids_of(PIECE + 5)), ABOUT, owner=ANN)
    scene.back_up()
    after = sets.freeze(listed(ids_of(9)), ABOUT, owner=ANN)
    saved.remove(gone, actor=ANN)
    alerts.found(alert, ids_of(3), alert.position + 2, actor=ANN)
    scene.back_up()
    assert scene.restore().fixity.faults == []
    restored = scene.opened()
    try:
        again = FrozenSets(restored.store)
        for one in (before, after):
            assert list(again.ids(one.id)) == list(sets.ids(one.id))
            with restored.store.read() as connection:
                stored = again.get(connection, one.id)
                assert stored == one
                assert faults_of(again, restored.ledger, connection, stored) == []
        with restored.store.read() as connection:
            assert SavedSearches(restored.store).of_owner(connection, ANN) == [kept]
            assert Alerts(restored.store).hits(connection, alert.id) == ids_of(3)
            assert Alerts(restored.store).get(connection, alert.id).position == alert.position + 2
    finally:
        restored.close()
