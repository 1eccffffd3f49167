"""Instalments: planned for a day, done by a production, fetched or left lying for as long as the law says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from search.disclosure.instalments import Instalments, lies_until, unclaimed_rule
from storage.errors import Conflict, InvalidInput, NotFound
from tests.search.disclosure.follow_scene import ANN, ZONE, Followed, followed

if TYPE_CHECKING:
    from search.disclosure.instalments import Instalment
    from storage.archive import Archive

DUE = date(2026, 3, 20)


@pytest.fixture
def request_(archive: Archive) -> Followed:
    made = followed(archive, "WA")
    Instalments(archive.store).add(made.id, DUE, "  mail of March  ", actor=ANN)
    return made


def read(one: Followed) -> list[Instalment]:
    with one.archive.store.read() as connection:
        return Instalments(one.archive.store).of(connection, one.id)


def produce(one: Followed, number: int = 1) -> None:
    with one.archive.store.write() as transaction:
        instalments = Instalments(one.archive.store)
        instalments.mark_produced(transaction, one.id, number, "1", actor=ANN)


def test_an_instalment_is_planned_and_is_an_event(request_: Followed) -> None:
    (one,) = read(request_)
    assert (one.number, one.due, one.text, one.state) == (1, DUE, "mail of March", "planned")
    assert [(event.kind, event.until) for event in request_.events][-1] == ("instalment_planned", DUE)
    assert Instalments(request_.archive.store).add(request_.id, DUE, "the rest", actor=ANN) == 2


def test_what_it_has_stands_nowhere_in_the_clear(request_: Followed) -> None:
    with request_.archive.store.read() as connection:
        row = connection.exec_driver_sql("SELECT sealed_text FROM request_instalments").scalar_one()
    assert b"March" not in row


def test_a_production_does_it_once_in_its_own_transaction(request_: Followed) -> None:
    produce(request_)
    assert (read(request_)[0].state, read(request_)[0].production) == ("produced", "1")
    with pytest.raises(Conflict, match="plan another"):
        produce(request_)
    with pytest.raises(NotFound):
        produce(request_, 7)


def test_what_is_not_produced_is_not_fetched_and_what_is_fetched_is_fetched_once(request_: Followed) -> None:
    instalments = Instalments(request_.archive.store)
    with pytest.raises(Conflict, match="planned"):
        instalments.claim(request_.id, 1, actor=ANN)
    produce(request_)
    instalments.claim(request_.id, 1, actor=ANN)
    assert read(request_)[0].state == "claimed"
    with pytest.raises(Conflict):
        instalments.claim(request_.id, 1, actor=ANN)
    with pytest.raises(Conflict):
        instalments.mark_left(request_.id, 1, actor=ANN)


def test_it_lies_for_the_days_of_the_law_and_can_still_be_fetched_after_them(request_: Followed) -> None:
    instalments, rule = Instalments(request_.archive.store), unclaimed_rule("WA")
    assert lies_until(read(request_)[0], rule, ZONE) is None
    produce(request_)
    assert lies_until(read(request_)[0], rule, ZONE) == date(2026, 4, 8)
    assert lies_until(read(request_)[0], unclaimed_rule("IL"), ZONE) is None
    with request_.archive.store.read() as connection:
        assert instalments.lying(connection) == [request_.id]
    instalments.mark_left(request_.id, 1, actor=ANN)
    assert read(request_)[0].state == "abandoned"
    with request_.archive.store.read() as connection:
        assert instalments.lying(connection) == []
    instalments.claim(request_.id, 1, actor=ANN)
    assert read(request_)[0].state == "claimed"


def test_a_closed_request_gets_no_instalment_and_an_empty_one_is_none(request_: Followed) -> None:
    with pytest.raises(InvalidInput):
        Instalments(request_.archive.store).add(request_.id, DUE, "  ", actor=ANN)
    request_.close()
    with pytest.raises(Conflict):
        Instalments(request_.archive.store).add(request_.id, DUE, "more", actor=ANN)
