"""How far a review has come is right whoever made the last step, and is not counted anew for each."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.redaction import Part, Pattern, Place
from search.disclosure.redactions import NewRedaction, Redactions
from search.disclosure.request_terms import Received, RequestTerms
from search.disclosure.request_types import Intake
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_progress import progress_of
from search.disclosure.review_rows import Decision, Standing, change_records, standing_of
from storage.errors import ArchiveError
from storage.transaction import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.archive import Archive

IDS = [f"rec_{number:04d}" for number in range(12)]
LAW = shipped_profile("IL")
SEED = 41
MARK = NewRedaction(place=Place(part=Part.TEXT), where=Pattern(words=("lamp",)), codes=("7(1)(b)",))


@pytest.fixture
def request_id(archive: Archive) -> str:
    requests = Requests(archive.store)
    intake = Intake(
        profile="IL", received_at=datetime(2026, 3, 9, tzinfo=UTC), how=Received.EMAIL, zone=ZoneInfo("UTC")
    )
    prepared = requests.prepare(RequestTerms(text="Everything", title=""), intake)
    with archive.store.write() as transaction:
        found = requests.open_in(transaction, prepared, actor="usr_ann").id
    Review(archive.store).add(found, IDS[:8], actor="usr_ann")
    return found


@pytest.fixture
def beside(archive: Archive) -> Iterator[Store]:
    """The same archive as another program has it."""
    store = Store(archive.folder, archive.keyring)
    yield store
    store.close()


def counted(store: Store, request_id: str) -> dict[str, int]:
    """The same counts from the rows themselves."""
    with store.read() as connection:
        rows = Review(store).page(connection, request_id, limit=100)
    stands = Counter("undecided" if one.decision is None else one.decision.value for one in rows)
    names = (*(one.value for one in Decision), "undecided")
    confirmed = sum(one.confirmed_by is not None for one in rows)
    return {name: stands[name] for name in names} | {"confirmed": confirmed, "records": len(rows)}


def told(store: Store, request_id: str) -> dict[str, int]:
    with store.read() as connection:
        return Review(store).progress(connection, request_id)


def a_step(store: Store, request_id: str, chance: random.Random) -> None:
    """Some step, by this program; one that is refused changes nothing."""
    review, some = Review(store), chance.sample(IDS, chance.randint(1, 5))
    whose = chance.choice(["usr_ann", "usr_bob"])
    decision = chance.choice([Decision.RELEASE, Decision.NOT_RESPONSIVE])
    acts = (
        lambda: review.add(request_id, some, actor=whose),
        lambda: review.decide(request_id, some, decision, profile=LAW, actor=whose),
        lambda: review.decide(request_id, some[:1], decision, profile=LAW, actor=whose),
        lambda: review.confirm(request_id, some[:1], actor=whose),
        lambda: review.give(request_id, some, 3, actor=whose),
        lambda: review.undo(request_id, chance.randint(1, 12), actor=whose),
        lambda: Redactions(store).add(request_id, {some[0]: [MARK]}, profile=LAW, actor=whose, final=True),
    )
    try:
        chance.choice(acts)()
    except ArchiveError:
        return


def test_after_any_steps_of_any_program_it_is_what_the_rows_say(
    archive: Archive, beside: Store, request_id: str
) -> None:
    chance = random.Random(SEED)
    confirmed = 0
    for number in range(60):
        a_step(chance.choice([archive.store, archive.store, beside]), request_id, chance)
        for store in (archive.store, beside):
            expected = counted(store, request_id)
            assert told(store, request_id) == expected, (SEED, number)
            confirmed += expected["confirmed"]
    assert confirmed


def test_a_step_that_was_not_committed_counts_for_nothing(archive: Archive, request_id: str) -> None:
    before = told(archive.store, request_id)
    with archive.store.read() as connection:
        standing = standing_of(connection, request_id, IDS[:2])
    released = Standing(decision=Decision.RELEASE, codes="", step=99, by="usr_ann")

    def broken_off() -> None:
        with progress_of(archive.store).carried(archive.store, request_id, IDS[:2]) as transaction:
            change_records(transaction.connection, request_id, 99, standing, dict.fromkeys(IDS[:2], released))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert told(archive.store, request_id) == before
    Review(archive.store).decide(request_id, IDS[:2], Decision.RELEASE, profile=LAW, actor="usr_ann")
    assert told(archive.store, request_id)["release"] == 2


def test_steps_of_few_records_do_not_count_all_of_them_again(archive: Archive, request_id: str) -> None:
    told(archive.store, request_id)
    asked: list[str] = []
    with archive.store.read() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    review = Review(archive.store)
    step = review.decide(request_id, IDS[:3], Decision.RELEASE, profile=LAW, actor="usr_ann").number
    review.confirm(request_id, IDS[:2], actor="usr_bob")
    assert told(archive.store, request_id) == counted(archive.store, request_id)
    review.undo(request_id, step, actor="usr_ann")
    assert told(archive.store, request_id)["undecided"] == 8
    assert not [one for one in asked if "count(" in one and "review_records" in one]


def test_who_reads_an_earlier_state_gets_the_counts_of_his(archive: Archive, beside: Store, request_id: str) -> None:
    with archive.store.read() as connection:
        Requests(archive.store).get(connection, request_id)  # the state is that of the first read
        Review(beside).decide(request_id, IDS[:2], Decision.RELEASE, profile=LAW, actor="usr_ann")
        assert told(archive.store, request_id)["release"] == 2
        assert Review(archive.store).progress(connection, request_id)["release"] == 0
    assert told(archive.store, request_id)["release"] == 2


def test_a_final_mark_takes_a_confirmation_away_and_that_is_told(archive: Archive, request_id: str) -> None:
    review = Review(archive.store)
    review.decide(request_id, IDS[:2], Decision.RELEASE, profile=LAW, actor="usr_ann")
    review.confirm(request_id, IDS[:2], actor="usr_bob")
    assert told(archive.store, request_id)["confirmed"] == 2
    marks = {IDS[0]: [MARK]}
    Redactions(archive.store).add(request_id, marks, profile=LAW, actor="usr_ann", final=True)
    assert told(archive.store, request_id)["confirmed"] == 1
