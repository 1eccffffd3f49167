"""Which containers go together, in which order, and which series is theirs."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from itertools import pairwise

from retention.disposition_types import Ground
from retention.library import LoadedSchedule, RuleBook
from retention.schedule import load_schedule
from retention.schedules import read_shipped
from retention.transport_accounts import CopyAccount
from retention.transport_copies import NO_SERIES, CopyStanding, choose_copies, series_of_copies
from tests.every_case import every_case

DAY = date(2026, 4, 1)
AT = datetime(2026, 3, 1, tzinfo=UTC)
GROUND = Ground(
    series_id="C",
    schedule_id="sch_1",
    eligible_on=DAY,
    latest_on=None,
    citation="Act 1",
    action="destroy",
    reasons=("because",),
    requirements=(),
)
SHIPPED = (read_shipped("transport-copies") or b"").decode()
ADOPTED = SHIPPED.replace("inactive = true\n", "adopted_on = 2020-01-01\n")


def standing(name: str, *outer: str, kept: str | None = None, aside: int = 0) -> CopyStanding:
    account = CopyAccount(
        id=name,
        custodian_id="cus_1",
        size=1,
        received_at=AT,
        members=1,
        aside=aside,
        within=(name,),
        closed_at=AT,
        open_because=None,
    )
    return CopyStanding(
        account=account, decision=None, ground=GROUND, kept_by=() if kept is None else (kept,), outer=outer
    )


def chosen(*standings: CopyStanding, with_aside: bool = False) -> tuple[list[str], dict[str, str]]:
    found, refused = choose_copies({one.account.id: one for one in standings}, with_aside=with_aside)
    return [one.account.id for one in found], refused


def book(*texts: str) -> RuleBook:
    loaded = [load_schedule(text.encode(), f"{number}.toml") for number, text in enumerate(texts)]
    return RuleBook(
        tuple(
            LoadedSchedule(id=f"sch_{number}", schedule=one, loaded_at=AT, current=True)
            for number, one in enumerate(loaded)
        )
    )


def test_the_outer_comes_before_the_inner_whatever_the_order_in_which_they_stand():
    found, refused = chosen(standing("c", "b"), standing("b", "a"), standing("a"))
    assert (found, refused) == (["a", "b", "c"], {})


def test_what_stands_in_one_that_stays_stays_too_down_to_the_deepest():
    found, refused = chosen(standing("c", "b"), standing("b", "a"), standing("a", kept="held"), standing("d"))
    assert found == ["d"]
    assert refused == {
        "a": "held",
        "b": "it stands in a, which is not destroyed",
        "c": "it stands in b, which is not destroyed",
    }


def test_an_outer_one_that_nobody_judged_keeps_what_is_in_it():
    found, refused = chosen(standing("b", "mail"))
    assert found == []
    assert refused == {"b": "it stands in mail, which is not destroyed"}


def test_containers_in_a_ring_are_chosen_together():
    found, _ = chosen(standing("a", "b"), standing("b", "a"), standing("c"))
    assert found[0] == "c"
    assert set(found) == {"a", "b", "c"}


def test_files_that_make_no_record_are_told_in_what_is_frozen():
    assert chosen(standing("a", aside=2))[0] == []
    (one,), refused = choose_copies({"a": standing("a", aside=2)}, with_aside=True)
    assert refused == {}
    assert one.ground is not None
    assert one.ground.reasons == ("because", "2 files in it make no record and are destroyed with it")


@every_case("seed", range(20))
def test_no_inner_one_is_chosen_before_or_without_what_it_stands_in(seed):
    rng = random.Random(seed)
    names = [f"n{number}" for number in range(30)]
    around = {name: rng.sample(names[:place], k=min(place, rng.randrange(3))) for place, name in enumerate(names)}
    kept = {name for name in names if rng.random() < 0.1}
    standings = [standing(name, *around[name], kept="held" if name in kept else None) for name in names]
    rng.shuffle(standings)
    found, refused = chosen(*standings)
    places = {name: place for place, name in enumerate(found)}
    assert set(found) | set(refused) == set(names)
    for name in found:
        assert all(places[outer] < places[name] for outer in around[name])
    for name in set(refused) - kept:
        assert any(outer in refused for outer in around[name])


def test_a_shipped_series_gives_dates_and_no_permission():
    series_id, _ = series_of_copies(book(SHIPPED), DAY)
    assert series_id == "INTAKE-TRANSPORT-COPIES"
    assert series_of_copies(book(), DAY) == (None, NO_SERIES)


def test_of_several_marked_series_the_one_in_force_counts_and_two_in_force_are_none():
    own = ADOPTED.replace('"INTAKE-TRANSPORT-COPIES"', '"OWN"').replace('"transport-copies"', '"own"')
    assert series_of_copies(book(SHIPPED, own), DAY)[0] == "OWN"
    assert series_of_copies(book(ADOPTED, own), DAY)[0] is None
    twice = ADOPTED + ADOPTED[ADOPTED.index("[[series]]") :].replace('"INTAKE-TRANSPORT-COPIES"', '"SECOND"')
    assert "several" in series_of_copies(book(twice), DAY)[1]


def test_pairs_of_the_order_are_stable():
    found, _ = chosen(*(standing(f"n{number}") for number in range(9)))
    assert all(first < second for first, second in pairwise(found))
