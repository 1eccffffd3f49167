"""Appeals: also after the closing; while one is pending nothing is let go; a reversal opens the request again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from search.disclosure.appeals import AppealOutcome, Appeals, last_change
from storage.errors import Conflict, InvalidInput, NotFound
from tests.search.disclosure.follow_scene import ANN, Followed, followed

if TYPE_CHECKING:
    from storage.archive import Archive


@pytest.fixture
def request_(archive: Archive) -> Followed:
    return followed(archive, "NY")


def appeal(one: Followed, **more: Any) -> int:
    options = {"body": "Appeals officer", "ground": "Too much is left out.", "received_at": None} | more
    return Appeals(one.archive.store).open(one.id, actor=ANN, **options)


def decide(one: Followed, outcome: AppealOutcome, number: int = 1, **more: Any) -> bool:
    options = {"decision": "As said.", "changes": None, "decided_at": None} | more
    return Appeals(one.archive.store).decide(one.id, number, outcome, actor=ANN, **options)


def counts_from(one: Followed) -> datetime | None:
    closed = one.stands.closed_at
    assert closed is not None
    with one.archive.store.read() as connection:
        return last_change(connection, one.id, closed)


def test_a_closed_request_is_appealed_and_the_clocks_know_of_it(request_: Followed) -> None:
    request_.close()
    came = datetime(2026, 3, 9, 19, tzinfo=UTC)
    request_.at(12)
    assert appeal(request_, received_at=came) == 1
    assert [(one.kind, one.at) for one in request_.events][-1] == ("appealed", came)
    with request_.archive.store.read() as connection:
        (one,) = Appeals(request_.archive.store).of(connection, request_.id)
    assert (one.body, one.ground, one.outcome) == ("Appeals officer", "Too much is left out.", None)


def test_while_an_appeal_is_pending_the_days_after_the_outcome_do_not_run(request_: Followed) -> None:
    request_.close()
    closed = request_.stands.closed_at
    assert counts_from(request_) == closed
    appeal(request_)
    assert counts_from(request_) is None
    decided = request_.at(30)
    assert not decide(request_, AppealOutcome.UPHELD)
    assert counts_from(request_) == decided
    assert not request_.stands.open


@pytest.mark.parametrize("outcome", [AppealOutcome.REVERSED, AppealOutcome.IN_PART])
def test_a_reversal_says_what_changes_and_opens_a_closed_request_again(
    request_: Followed, outcome: AppealOutcome
) -> None:
    request_.close()
    appeal(request_)
    with pytest.raises(InvalidInput, match="--changes"):
        decide(request_, outcome)
    assert decide(request_, outcome, changes="Give the minutes.")
    assert (request_.stands.open, request_.stands.closing, request_.stands.closed_at) == (True, None, None)
    assert [one.kind for one in request_.events][-2:] == ["appeal_decided", "reopened"]
    request_.close()
    assert not request_.stands.open


def test_a_reversal_of_an_open_request_leaves_it_open(request_: Followed) -> None:
    appeal(request_)
    assert not decide(request_, AppealOutcome.REVERSED, changes="Give more time.")
    assert request_.stands.open


def test_one_body_decides_one_appeal_at_a_time_and_each_once(request_: Followed) -> None:
    appeal(request_)
    with pytest.raises(Conflict, match="pending"):
        appeal(request_, body="appeals  OFFICER")
    assert appeal(request_, body="Court") == 2
    decide(request_, AppealOutcome.DISMISSED)
    with pytest.raises(Conflict, match="already"):
        decide(request_, AppealOutcome.UPHELD)
    assert appeal(request_) == 3
    with pytest.raises(NotFound):
        decide(request_, AppealOutcome.UPHELD, 9)


def test_what_cannot_be_is_refused(request_: Followed) -> None:
    now = request_.at(12)
    with pytest.raises(InvalidInput):
        appeal(request_, received_at=now.replace(day=13))
    with pytest.raises(InvalidInput):
        appeal(request_, ground=" ")
    with pytest.raises(InvalidInput):
        appeal(request_, body="two\x00lines")
    appeal(request_, received_at=now)
    with pytest.raises(InvalidInput, match="before it came"):
        decide(request_, AppealOutcome.UPHELD, decided_at=now.replace(day=11))
    with pytest.raises(Conflict, match="nothing to open"), request_.archive.store.write() as transaction:
        request_.requests.reopen_in(transaction, request_.id, actor=ANN)
