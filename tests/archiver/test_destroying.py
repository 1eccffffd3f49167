"""Destruction over all floors: what searches, pages and exports say meanwhile, and that a kill anywhere is made up."""

from __future__ import annotations

import fcntl
import json
import threading
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from archiver.access import operator
from archiver.backing_up import back_up
from archiver.chores import chores_of
from archiver.destroying import Destroying
from archiver.destruction_facts import destruction_facts
from archiver.exporting import export_record
from archiver.reading import custody, show_record
from archiver.searching import search_ids, search_records
from archiver.wiring import open_installation
from retention.ports import Absence
from search import fts_engine, fts_export, index_turns
from search.current_index import CurrentIndex
from search.follower import Follower
from storage.backup.account import place_tag
from storage.database import open_encrypted
from storage.destructions import BatchState, read_batch
from storage.errors import Conflict, StorageFull, TemporarilyUnavailable
from storage.fixity import FixityCheck
from storage.keys import unlock
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.tables import wrapped_keys
from tests.storage.archives import ACTOR, RECOVERY, custodian, file_one, make_archive
from tests.tiers import few

WHO = operator("test")
CLOCK = "service:clock"
WORDS = ("zanzibarfahrt", "quetzalcoatl", "xylophonist", "wolfeschlegel", "yggdrasil", "kwashiorkor")


@pytest.fixture
def house(tmp_path):
    make_archive(tmp_path / "archive").close()
    opened = open_installation(tmp_path / "archive", unlock(tmp_path / "archive" / "keys", RECOVERY))
    yield opened
    opened.close()


@pytest.fixture
def filed(house):
    owner = custodian(house.archive)
    made = [
        file_one(house.archive, owner, b"mail %d" % number, f"the heron {word} flies")
        for number, word in enumerate(WORDS)
    ]
    house.follower().catch_up()
    return made


def found(house, text: str) -> set[str]:
    return set(search_ids(house, WHO, text)[1])


def state(house, batch_id) -> BatchState:
    with house.archive.store.read() as connection:
        return read_batch(connection, batch_id).state


def index_bytes(house) -> bytes:
    """What stands in the segments of the index, deciphered: removed words too, which no query shows."""
    number = house.generations.current()
    connection = open_encrypted(house.generations.path(number), house.archive.keyring.index_key(number))
    try:
        return b"\n".join(row[0] for row in connection.execute("SELECT block FROM words_data"))
    finally:
        connection.close()


def has_word(house, word: str) -> bool:
    # a segment stores a word without the beginning that it shares with the word before it
    return word[3:].encode() in index_bytes(house)


def test_a_destroyed_record_is_in_no_search_from_the_decision_on(house, filed):
    gone = filed[0].record_id
    assert found(house, WORDS[0]) == {gone}
    house.destroying().destroy([gone], actor=ACTOR)
    assert found(house, WORDS[0]) == set()
    assert found(house, "heron") == {one.record_id for one in filed[1:]}


def test_the_coverage_of_a_search_stays_right(house, filed):
    house.destroying().destroy([filed[0].record_id], actor=ACTOR)
    coverage = search_records(house, WHO, "heron")["coverage"]
    assert (coverage["records"], coverage["indexed"], coverage["complete"]) == (5, 5, True)


def test_a_follower_that_had_opened_the_record_does_not_bring_it_back(house, filed, monkeypatch):
    gone = filed[0].record_id
    house.generations.rebuild(actor=ACTOR)
    late = file_one(house.archive, custodian(house.archive, "ben@district.example"), b"late", "a late quokkaberg")
    opened, proceed = threading.Event(), threading.Event()
    read = Follower._open

    def slow(the_follower, ids) -> list[object]:
        documents = read(the_follower, ids)
        opened.set()
        assert proceed.wait(30)
        return documents

    monkeypatch.setattr(Follower, "_open", slow)

    def flock(descriptor, how) -> None:
        if how == fcntl.LOCK_EX:
            proceed.set()  # the decision is committed, and the step holds what it read before
        fcntl.flock(descriptor, how)

    remove = CurrentIndex.remove

    def remove_then(index, *arguments: object) -> None:
        remove(index, *arguments)
        proceed.set()

    locks = SimpleNamespace(flock=flock, LOCK_EX=fcntl.LOCK_EX, LOCK_NB=fcntl.LOCK_NB)
    monkeypatch.setattr(index_turns, "fcntl", locks)
    monkeypatch.setattr(CurrentIndex, "remove", remove_then)
    step = threading.Thread(target=house.follower().follow_some)
    step.start()
    assert opened.wait(30)
    house.destroying().destroy([late.record_id, gone], actor=ACTOR)
    step.join()
    monkeypatch.undo()
    with house.archive.store.read() as connection:
        assert house.archive.catalogue.describe(connection, [late.record_id]) == []
    assert house.index.counts().indexed == 5
    house.destroying().advance(actor=CLOCK, at_once=True)
    assert not has_word(house, "quokkaberg")


def test_what_recovery_erased_leaves_the_index_before_the_roll(house, filed):
    shredder = Shredder(house.archive)
    with house.archive.store.write() as transaction:
        batch_id = shredder.decide(transaction, [filed[0].record_id], ACTOR)
    shredder.erase(batch_id)
    assert house.index.counts().indexed == 6
    assert house.destroying().advance(actor=CLOCK) == ()
    assert house.index.counts().indexed == 5


def test_what_is_left_of_it_is_shown(house, filed):
    gone = filed[0]
    batch_id = house.destroying().destroy([gone.record_id], actor=ACTOR)
    before = show_record(house, WHO, filed[1].record_id)
    document = show_record(house, WHO, gone.record_id)
    assert document.keys() == before.keys()
    assert document["state"] == "destroyed"
    assert document["captured"].keys() == before["captured"].keys()
    assert document["captured"]["sha256"] is None
    assert document["original"] == {"from": None, "to": [], "cc": [], "date": None, "subject": None, "message_id": None}
    assert document["components"] == []
    assert document["text"] == ""
    assert document["destruction"]["batch"] == batch_id
    assert before["destruction"] is None
    assert "Bus route" not in json.dumps(document)


def test_its_custody_goes_on_to_its_destruction_and_the_confirmation(house, filed):
    destroying = house.destroying()
    destroying.destroy([filed[0].record_id, filed[1].record_id], actor=ACTOR)
    destroying.advance(actor=CLOCK, at_once=True)
    kinds = [one["kind"] for one in custody(house, WHO, filed[0].record_id)]
    assert kinds == [
        "submission.deposited",
        "record.archived",
        "destruction.decided",
        "record.destroyed",
        "destruction.confirmed",
    ]


def test_it_is_not_exported(house, filed, tmp_path):
    house.destroying().destroy([filed[0].record_id], actor=ACTOR)
    with pytest.raises(Conflict, match="was destroyed"):
        export_record(house, WHO, filed[0].record_id, tmp_path / "out")


def test_it_is_not_evaluated(house, filed):
    house.destroying().destroy([filed[0].record_id], actor=ACTOR)
    evaluation = house.retention.evaluate(house.retention.today(), actor=ACTOR)
    assert sum(evaluation.counts().values()) == 5


def test_a_rebuilt_index_has_no_destroyed_record(house, filed):
    house.destroying().destroy([filed[0].record_id], actor=ACTOR)
    assert house.generations.rebuild(actor=ACTOR).complete
    assert not has_word(house, WORDS[0])
    assert has_word(house, WORDS[1])


def test_the_archive_verifies_at_every_step(house, filed):
    destroying = house.destroying()
    destroying.destroy([filed[0].record_id], actor=ACTOR)
    assert FixityCheck(house.archive).run().faults == []
    destroying.advance(actor=CLOCK, at_once=True)
    assert FixityCheck(house.archive).run().faults == []


def test_the_epoch_is_rolled_once_a_day_for_all_batches(house, filed, monkeypatch):
    destroying = house.destroying()
    first = destroying.destroy([filed[0].record_id], actor=ACTOR)
    second = destroying.destroy([filed[1].record_id], actor=ACTOR)
    assert destroying.advance(actor=CLOCK) == ()
    assert [state(house, one) for one in (first, second)] == [BatchState.ERASED, BatchState.ERASED]
    assert house.archive.keyring.epoch_files() == (1,)
    later = house.archive.store.clock() + timedelta(days=1)
    monkeypatch.setattr(house.archive.store, "clock", lambda: later)
    assert destroying.advance(actor=CLOCK) == (first, second)
    assert house.archive.keyring.epoch_files() == (2,)
    third = destroying.destroy([filed[2].record_id], actor=ACTOR)
    assert destroying.advance(actor=CLOCK) == ()
    assert state(house, third) is BatchState.ERASED


def test_a_rotation_since_the_decision_is_taken_for_the_roll(house, filed):
    destroying = house.destroying()
    batch_id = destroying.destroy([filed[0].record_id], actor=ACTOR)
    Rotation(house.archive).roll(ACTOR)
    assert destroying.advance(actor=CLOCK, at_once=True) == (batch_id,)
    assert house.archive.keyring.epoch_files() == (2,)


def test_the_index_is_written_anew_without_a_word_of_it_and_the_old_key_dies(house, filed):
    destroying = house.destroying()
    destroying.destroy([filed[0].record_id], actor=ACTOR)
    old = house.generations.current()
    assert has_word(house, WORDS[0])  # removed rows leave their words, which is why it is written anew
    destroying.advance(actor=CLOCK, at_once=True)
    new = house.generations.current()
    assert new > old
    assert not house.generations.path(old).exists()
    assert not (house.archive.folder / "keys" / "index" / str(old)).exists()
    assert [has_word(house, word) for word in WORDS] == [False, True, True, True, True, True]
    assert found(house, WORDS[5]) == {filed[5].record_id}


def test_what_is_archived_while_the_index_is_written_anew_is_found(house, filed, monkeypatch):
    made = []
    export = fts_engine.export_without

    def export_then_archive(*arguments: object) -> None:
        export(*arguments)
        made.append(file_one(house.archive, custodian(house.archive, "ben@district.example"), b"new", "a quokka"))
        house.follower().catch_up()

    monkeypatch.setattr(fts_engine, "export_without", export_then_archive)
    destroying = house.destroying()
    destroying.destroy([filed[0].record_id], actor=ACTOR)
    destroying.advance(actor=CLOCK, at_once=True)
    assert found(house, "quokka") == {made[0].record_id}


def test_a_damaged_index_is_built_anew_and_the_destruction_ends(house, filed):
    house.index.close()
    house.generations.path(house.generations.current()).write_bytes(b"damaged" * 1000)
    destroying = house.destroying()
    batch_id = destroying.destroy([filed[0].record_id], actor=ACTOR)
    assert destroying.advance(actor=CLOCK, at_once=True) == (batch_id,)
    assert found(house, "heron") == {one.record_id for one in filed[1:]}


def test_without_space_for_a_second_index_nothing_is_rolled_and_it_is_tried_again(house, filed, monkeypatch):
    destroying = house.destroying()
    batch_id = destroying.destroy([filed[0].record_id], actor=ACTOR)
    full = SimpleNamespace(free=0)

    monkeypatch.setattr(fts_export.shutil, "disk_usage", lambda _: full)
    with pytest.raises(StorageFull):
        destroying.advance(actor=CLOCK, at_once=True)
    assert state(house, batch_id) is BatchState.ERASED
    assert found(house, "heron") == {one.record_id for one in filed[1:]}
    monkeypatch.undo()
    assert destroying.advance(actor=CLOCK, at_once=True) == (batch_id,)


STEPS = (
    ("search.traces.IndexTraces", "forget"),
    ("storage.shredding.Shredder", "erase"),
    ("storage.shredding.Shredder", "_advance"),
    ("search.traces.IndexTraces", "erase"),
    ("search.generations.Generations", "_begin"),
    ("search.generations.Generations", "_switch"),
    ("storage.transaction.Store", "truncate_log"),
    ("storage.rotation.Rotation", "roll"),
    ("storage.rotation.Rotation", "_retire"),
    ("storage.keys.Keyring", "destroy_epoch"),
    ("storage.shredding.Shredder", "mark_rolled"),
    ("search.traces.IndexTraces", "confirm"),
    ("storage.shredding.Shredder", "confirm"),
)


KILLS = [(*one, when) for one in STEPS for when in ("before", "after")]


@pytest.mark.parametrize(("owner", "step", "when"), few(KILLS, quick=[*KILLS[::4], *KILLS[3::4]]))
def test_a_kill_before_or_after_any_step_is_made_up(house, filed, monkeypatch, owner, step, when):
    gone = filed[0].record_id
    wanted = getattr(_load(owner), step)

    def killed(*arguments: object, **options: object) -> object:
        if when == "after":
            wanted(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{owner}.{step}", killed)
    with pytest.raises(KeyboardInterrupt):
        _destroy_at_once(house, gone)
    monkeypatch.undo()
    folder = house.archive.folder
    again = open_installation(folder, unlock(folder / "keys", RECOVERY))
    try:
        with again.archive.store.read() as connection:
            assert again.archive.catalogue.describe(connection, [gone]) == []
        again.destroying().advance(actor=CLOCK, at_once=True)
        assert again.destroying()._shredder.unfinished() == []
        assert found(again, "heron") == {one.record_id for one in filed[1:]}
        assert not has_word(again, WORDS[0])
        assert again.generations.only_present_left()
        assert FixityCheck(again.archive).run().faults == []
        with again.archive.store.read() as connection:
            kinds = [one.event.kind.value for one in again.archive.ledger.events_after(connection, -1)]
        assert kinds.count("record.destroyed") == 1
        assert kinds.count("destruction.confirmed") == 1
    finally:
        again.close()


def _destroy_at_once(house, record_id: str) -> None:
    house.destroying().destroy([record_id], actor=ACTOR)
    house.destroying().advance(actor=CLOCK, at_once=True)


def _load(owner: str) -> object:
    module, name = owner.rsplit(".", 1)
    return getattr(__import__(module, fromlist=[name]), name)


class Renditions:
    """An owner that keeps what it should have erased."""

    owner = "renditions"

    def forget(self, record_ids) -> None:
        pass

    def erase(self, record_ids, *, actor) -> None:
        pass

    def confirm(self, record_ids) -> tuple[Absence, ...]:
        return tuple(Absence(owner=self.owner, record_id=one, absent=False, detail="one is left") for one in record_ids)


def test_nothing_is_confirmed_while_an_owner_of_derived_bytes_has_some(house, filed):
    destroying = Destroying(
        house.archive, (Renditions(),), Rotation(house.archive), index_generation=house.generations.current
    )
    batch_id = destroying.destroy([filed[0].record_id], actor=ACTOR)
    with pytest.raises(Conflict, match=r"renditions says of record .*: one is left"):
        destroying.advance(actor=CLOCK, at_once=True)
    assert state(house, batch_id) is BatchState.ROLLED


def test_the_clock_brings_destructions_to_their_end(house, filed, monkeypatch):
    batch_id = house.destroying().destroy([filed[0].record_id], actor=ACTOR)
    later = house.archive.store.clock() + timedelta(days=1)
    monkeypatch.setattr(house.archive.store, "clock", lambda: later)
    (chore,) = [one for one in chores_of(house) if one.name == "destruction"]
    chore.step()
    assert state(house, batch_id) is BatchState.CONFIRMED


def test_the_facts_of_a_destruction_are_stated_with_their_limits(house, filed):
    destroying = house.destroying()
    gone = [one.record_id for one in filed[:2]]
    batch_id = destroying.destroy(gone, actor=ACTOR, payload={"rule": "GS-1"})
    destroying.advance(actor=CLOCK, at_once=True)
    facts = destruction_facts(house.archive, batch_id).to_json()
    facts = json.loads(json.dumps(facts))
    assert [one["id"] for one in facts["records"]] == gone
    assert facts["epoch_destroyed"] == 1
    assert facts["index_generation"] == house.generations.current()
    with house.archive.store.read() as connection:
        for one in facts["records"]:
            leaf = house.archive.ledger.event_at(connection, one["position"]).event
            assert leaf.kind.value == "record.destroyed"
            assert leaf.subjects[0] == one["id"]
        confirmed = house.archive.ledger.event_at(connection, facts["confirmed"]["position"]).event
        batch = read_batch(connection, batch_id)
    assert confirmed.kind.value == "destruction.confirmed"
    assert facts["keys_gone_by"] == batch.confirmed_at.date().isoformat()
    assert facts["backup_places"] == []
    assert "knows of no backup place" in facts["limits"][0]


def test_the_facts_name_the_backup_places_that_may_hold_keys_of_before(house, filed, tmp_path):
    left, used = tmp_path / "left", tmp_path / "used"
    for place in (left, used):
        back_up(house.archive, place, key_days=30, actor=ACTOR)
    destroying = house.destroying()
    batch_id = destroying.destroy([filed[0].record_id], actor=ACTOR)
    destroying.advance(actor=CLOCK, at_once=True)
    back_up(house.archive, used, key_days=30, actor=ACTOR)
    facts = destruction_facts(house.archive, batch_id).to_json()
    pending = {one["tag"] for one in facts["backup_places"] if one["cleared_at"] is None}
    assert pending == {place_tag(house.archive, left).hex()}
    assert facts["keys_gone_by"] is None
    assert all(tag in facts["limits"][0] for tag in pending)
    assert place_tag(house.archive, used).hex() not in facts["limits"][0]
    back_up(house.archive, left, key_days=30, actor=ACTOR)
    facts = destruction_facts(house.archive, batch_id).to_json()
    last = max(datetime.fromisoformat(one["cleared_at"]) for one in facts["backup_places"])
    assert facts["keys_gone_by"] == last.date().isoformat()
    assert facts["keys_gone_by"] in facts["limits"][0]


def test_a_long_reader_does_not_have_the_index_written_anew_at_every_try(house, filed, monkeypatch):
    store, before = house.archive.store, house.generations.current()
    destroying = house.destroying()
    batch_id = destroying.destroy([filed[0].record_id], actor=ACTOR)
    monkeypatch.setattr(store, "truncate_log", partial(store.truncate_log, attempts=1))
    with store.read() as connection:
        connection.execute(select(wrapped_keys.c.holder).limit(1)).all()
        house.archive.custodians.add("new@district.example", name="N", actor=ACTOR)
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable, match="long reader"):
                destroying.advance(actor=CLOCK, at_once=True)
    assert house.generations.current() == before
    assert destroying.advance(actor=CLOCK, at_once=True) == (batch_id,)


def test_nothing_is_stated_of_a_destruction_that_is_not_confirmed(house, filed):
    batch_id = house.destroying().destroy([filed[0].record_id], actor=ACTOR)
    with pytest.raises(Conflict, match="it proves nothing before it is confirmed"):
        destruction_facts(house.archive, batch_id)


def test_a_large_batch_leaves_no_key_of_it(house):
    owner = custodian(house.archive)
    filed = [file_one(house.archive, owner, b"mail %d" % number) for number in range(60)]
    batch_id = house.destroying().destroy([one.record_id for one in filed[::2]], actor=ACTOR)
    assert house.destroying().advance(actor=CLOCK, at_once=True) == (batch_id,)
    with house.archive.store.read() as connection:
        left = set(connection.execute(select(wrapped_keys.c.holder)).scalars())
    assert left.isdisjoint(one.submission_id for one in filed[::2])
    assert left >= {one.submission_id for one in filed[1::2]}
