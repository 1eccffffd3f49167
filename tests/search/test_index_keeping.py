"""Indexes that are damaged or of another version are found out, and built anew by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from search import fts_index
from search.follower import AHEAD, Follower
from search.generation_rows import Cause, State
from search.index_condition import Fitness, look_at_index
from search.index_keeping import AGAIN_AFTER, IndexKeeper, refused
from search.index_set import Indexes
from storage.errors import Conflict, Corrupt
from storage.events import EventKind
from tests.search.building import parse

ACTOR = "operator:test"


@pytest.fixture
def indexes(archive, writer):
    opened = Indexes(archive)
    yield opened
    opened.close()


@pytest.fixture
def generations(indexes):
    return indexes.generations()


@pytest.fixture
def ids(writer, indexes):
    made = writer.archive_texts("roof one", "roof two", "roof three")
    indexes.follower().catch_up()
    return set(made)


@pytest.fixture
def keeper(archive, indexes):
    return IndexKeeper(archive, indexes, actor="service:index")


def found(indexes) -> set[str]:
    return set(indexes.index().ids(parse("roof")))


def look(archive, generations, *, thorough: bool = False):
    return look_at_index(archive, generations, thorough=thorough)


def rebuilt(archive) -> list[dict]:
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, -1, kinds=(EventKind.INDEX_REBUILT,))
        return [archive.ledger.payload(connection, one.position) for one in events]


def write_elsewhere(path, at: int) -> None:
    """Flip a bit, as a bad disk would."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_good_index_is_good_and_nothing_is_built(archive, generations, ids, keeper):
    assert look(archive, generations, thorough=True).fitness is Fitness.GOOD
    keeper.look()
    assert generations.current() == 1
    assert rebuilt(archive) == []


def test_a_missing_file_is_damage(archive, indexes, generations, ids):
    indexes.close()
    generations.path(1).unlink()
    condition = look(archive, generations)
    assert condition.fitness is Fitness.DAMAGED
    assert "run: archiver index rebuild" in condition.sentence


def test_a_missing_key_is_damage(archive, indexes, generations, ids):
    indexes.close()
    archive.keyring.destroy_index_key(1)
    assert look(archive, generations).fitness is Fitness.DAMAGED


def test_the_key_of_another_index_is_damage(archive, indexes, generations, ids):
    indexes.close()
    archive.keyring.create_index_key(7)
    other = Indexes(archive)
    archive.keyring.destroy_index_key(1)
    archive.keyring.create_index_key(1)
    assert look(archive, other.generations()).fitness is Fitness.DAMAGED


def test_damage_in_any_page_is_found_by_a_thorough_look(archive, indexes, generations, ids):
    indexes.close()
    path = generations.path(1)
    whole = path.read_bytes()
    missed = []
    for at in range(100, len(whole), 4096):
        write_elsewhere(path, at)
        if look(archive, generations, thorough=True).fitness is not Fitness.DAMAGED:
            missed.append(at)
        path.write_bytes(whole)
    assert missed == []


def test_an_index_that_is_ahead_of_the_ledger_is_damage_and_no_search_trusts_it(archive, indexes, generations, ids):
    indexes.index().add((), 1_000_000)
    condition = look(archive, generations)
    assert (condition.fitness, condition.sentence) == (Fitness.DAMAGED, AHEAD)
    with pytest.raises(Corrupt, match="ahead of the ledger"):
        indexes.follower().coverage()
    with pytest.raises(Corrupt, match="ahead of the ledger"):
        indexes.follower().follow_some()


def test_the_keeper_mends_damage_once_a_day_and_says_so_in_an_event(
    archive, indexes, generations, ids, keeper, monkeypatch
):
    indexes.close()
    generations.path(1).unlink()
    keeper.look()
    assert found(indexes) == ids
    (event,) = rebuilt(archive)
    assert (event["cause"], event["generation"]) == ("damage", 2)
    indexes.close()
    generations.path(2).unlink()
    keeper.look()
    assert generations.current() == 2
    assert refused(archive, look(archive, generations))
    later = archive.store.clock() + AGAIN_AFTER + timedelta(minutes=1)
    monkeypatch.setattr(archive.store, "clock", lambda: later)
    assert not refused(archive, look(archive, generations))
    keeper.look()
    assert found(indexes) == ids
    assert [one["cause"] for one in rebuilt(archive)] == ["damage", "damage"]


def test_what_is_not_mended_again_is_not_looked_at_again_before_its_turn(
    archive, indexes, generations, ids, monkeypatch
):
    generations.rebuild(actor=ACTOR, cause=Cause.DAMAGE)
    indexes.close()
    generations.path(2).unlink()
    generations.doubt(2)
    looks = []
    keeper = IndexKeeper(archive, indexes, actor="service:index", monotonic=lambda: 0.0)
    look = keeper.look
    monkeypatch.setattr(keeper, "look", lambda: (looks.append(1), look()))
    for _ in range(3):
        keeper.look_in_turn()
    assert len(looks) == 1


def test_while_a_damaged_index_is_built_anew_the_new_one_answers_as_far_as_it_has_come(
    archive, indexes, generations, ids
):
    indexes.close()
    generations.path(1).unlink()
    with pytest.raises(Corrupt):
        found(indexes)
    seen = []

    def stopping() -> bool:
        seen.append(found(indexes))
        return True

    coverage = generations.rebuild(actor=ACTOR, cause=Cause.DAMAGE, stopping=stopping)
    assert seen == [set()]
    assert (coverage.indexed, coverage.records, coverage.complete) == (0, 3, False)
    assert indexes.follower().catch_up().complete
    assert found(indexes) == ids


def test_what_was_being_built_takes_the_place_of_a_damaged_index(archive, indexes, generations, ids):
    generations.rebuild(actor=ACTOR, stopping=lambda: True)
    assert generations.building() == 2
    indexes.close()
    generations.path(1).unlink()
    generations.rebuild(actor=ACTOR, cause=Cause.DAMAGE)
    assert generations.current() == 2
    assert found(indexes) == ids
    assert generations.only_present_left()


def test_a_rebuild_that_was_broken_off_is_gone_on_with_by_the_keeper(archive, indexes, generations, ids, keeper):
    generations.rebuild(actor=ACTOR, stopping=lambda: True)
    keeper.look()
    assert (generations.current(), generations.building()) == (2, None)
    assert found(indexes) == ids
    assert rebuilt(archive)[0]["cause"] == "asked"


@pytest.mark.parametrize(("change", "answers"), [("fts/", False), (" projection/", True), (" analyser/", True)])
def test_an_index_of_another_version_is_built_anew_and_searched_meanwhile_if_it_can_be_read(
    archive, indexes, generations, ids, monkeypatch, change, answers
):
    indexes.close()
    monkeypatch.setattr(fts_index, "VERSION", fts_index.VERSION.replace(change, f"{change}9"))
    assert look(archive, generations).fitness is Fitness.OUTDATED
    if answers:
        assert found(indexes) == ids
        assert indexes.index().outdated
    else:
        with pytest.raises(Conflict, match="another version"):
            found(indexes)
    IndexKeeper(archive, indexes, actor="service:index").look()
    assert found(indexes) == ids
    assert not indexes.index().outdated
    assert [one["cause"] for one in rebuilt(archive)] == ["version"]


@pytest.mark.parametrize("opened", [False, True], ids=["at opening", "while it is open"])
def test_damage_that_a_search_meets_is_mended_at_once_and_not_at_the_next_turn(
    archive, indexes, generations, ids, keeper, opened
):
    keeper.look_in_turn()
    indexes.close()
    if opened:
        indexes.index().present()
    for path in (archive.folder / "index").glob("gen-1.db*"):
        path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    with pytest.raises(Corrupt):
        found(indexes)
    assert generations.doubted() == 1
    keeper.look_in_turn()
    assert found(indexes) == ids
    assert generations.doubted() is None


def test_a_doubt_that_was_nothing_is_forgotten(archive, generations, ids, keeper):
    generations.doubt(1)
    keeper.look()
    assert generations.doubted() is None
    assert generations.current() == 1


def test_generations_of_an_engine_that_the_settings_name_no_more_are_destroyed(archive, indexes, generations, ids):
    with archive.store.write() as transaction:
        transaction.connection.exec_driver_sql(
            "INSERT INTO index_generations (number, engine, state, created_at) VALUES (9, 'other', 'current', 0)"
        )
    archive.keyring.create_index_key(9)
    (archive.folder / "index" / "gen-9.other").mkdir()
    (archive.folder / "index" / "gen-9.other" / "segment").write_bytes(b"sealed")
    assert generations.only_present_left()
    indexes.retire_others()
    assert not (archive.folder / "index" / "gen-9.other").exists()
    assert not (archive.folder / "keys" / "index" / "9").exists()
    assert found(indexes) == ids


def test_a_second_rebuild_beside_one_is_left_to_the_first(archive, indexes, generations, ids, keeper):
    def other(*_: int) -> None:
        keeper.look()
        with pytest.raises(Conflict, match="being rebuilt already"):
            generations.rebuild(actor=ACTOR)

    generations.rebuild(actor=ACTOR, progress=other)
    assert generations.current() == 2
    assert len(rebuilt(archive)) == 1


def test_records_that_come_while_a_rebuild_is_held_back_are_found_after_it_at_once(
    archive, writer, indexes, generations, ids
):
    more: list[str] = []

    class Slow:
        def now(self) -> float:
            return 0.0

        def hold_back(self, began: float, records: int) -> None:
            del began, records
            if not more:
                more.extend(writer.archive_texts("roof four"))
                indexes.follower().catch_up()

    generations.rebuild(actor=ACTOR, pace=Slow())
    assert found(indexes) == ids | set(more)


def test_a_renewal_beside_a_rebuild_renews_what_is_being_built_too(archive, indexes, generations, ids):
    gone = min(ids)
    seen = []

    def destroy(*_: int) -> None:
        if not seen:
            indexes.renew_without([gone], actor=ACTOR)
            seen.extend((one.number, one.state) for one in generations.present())

    generations.rebuild(actor=ACTOR, progress=destroy)
    assert seen == [(4, State.CURRENT), (3, State.BUILDING)]
    assert generations.current() == 3
    assert generations.only_present_left()
    assert Follower(archive, indexes.index()).coverage().behind >= 0
    assert gone not in found(indexes)


def test_a_log_that_was_cut_off_anywhere_is_damage_that_is_said_or_loses_nothing(archive, writer, indexes):
    follower, wanted = indexes.follower(), []
    for number in range(4):
        wanted += writer.archive_texts(f"roof {number}")
        follower.catch_up()
    path = indexes.generations().path(1)
    main, log = path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes()
    assert log
    fitness = []
    for part in range(11):
        indexes.close()
        path.write_bytes(main)
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
        path.with_name(f"{path.name}-wal").write_bytes(log[: len(log) * part // 10])
        fitness.append(look(archive, indexes.generations()).fitness)
        if fitness[-1] is Fitness.GOOD:
            assert indexes.follower().catch_up().complete
            assert sorted(found(indexes)) == sorted(wanted)
        else:
            with pytest.raises(Corrupt):
                found(indexes)
    assert fitness.count(Fitness.GOOD) >= 3
