"""Notices: each holds the release for the law's days, which are explained, or until it is ended."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from search.disclosure.calendars import AgencyCalendar
from search.disclosure.jurisdictions import profile_ids
from search.disclosure.release_notices import NoticeEnd, ReleaseHold, ReleaseNotices, notice_hold, notice_rules
from storage.errors import Conflict, InvalidInput, NotFound
from tests.search.disclosure.follow_scene import ANN, ZONE, Followed, followed

if TYPE_CHECKING:
    from storage.archive import Archive

SENT = date(2026, 3, 6)


@pytest.fixture
def request_(archive: Archive) -> Followed:
    return followed(archive, "WI")


def send(one: Followed, kind: str = "wi-19.356", **more: Any) -> int:
    options: dict[str, Any] = {"person": "Pat Roe", "sent": SENT, "until": None} | more
    return ReleaseNotices(one.archive.store).send(one.id, kind, zone=ZONE, actor=ANN, **options)


def hold(one: Followed, number: int = 1) -> ReleaseHold:
    with one.archive.store.read() as connection:
        notice = ReleaseNotices(one.archive.store).of(connection, one.id)[number - 1]
    rules = notice_rules(one.stands.profile)
    return notice_hold(rules[notice.kind], notice, AgencyCalendar(zone=ZONE, state=one.stands.profile))


def test_a_wisconsin_notice_holds_for_12_days_and_says_how_they_are_counted(request_: Followed) -> None:
    assert send(request_) == 1
    found = hold(request_)
    assert found.until == date(2026, 3, 18)
    assert found.explanation[:2] == (
        "Notice 1 (wi-19.356) was sent on Fri 2026-03-06, which is not counted.",
        "12 calendar days end on Wed 2026-03-18.",
    )
    assert "Pat Roe" not in repr(found)
    assert [(one.kind, one.reason) for one in request_.events][-1] == ("subject_notified", "wi-19.356")


def test_business_days_pass_over_weekends_and_holidays_by_name(archive: Archive) -> None:
    one = followed(archive, "TX")
    one.at(30)
    send(one, "tx-552.305", sent=date(2026, 2, 26))
    found = hold(one)
    assert found.until == date(2026, 3, 13)
    assert "Texas Independence Day" in found.explanation[1]


def test_an_action_at_court_is_ended_by_no_day(request_: Followed) -> None:
    send(request_)
    notices = ReleaseNotices(request_.archive.store)
    notices.went_to_court(request_.id, 1, at=None, actor=ANN)
    assert hold(request_).until is None
    with pytest.raises(Conflict, match="already"):
        notices.went_to_court(request_.id, 1, at=None, actor=ANN)
    notices.end(request_.id, 1, NoticeEnd.COURT_ORDER, at=None, text="order 12", actor=ANN)
    with pytest.raises(Conflict, match="court_order"):
        notices.end(request_.id, 1, NoticeEnd.CONSENT, at=None, text=None, actor=ANN)
    with request_.archive.store.read() as connection:
        assert notices.running(connection) == []
    assert [one.kind for one in request_.events][-2:] == ["notice_action", "notice_ended"]


def test_a_notice_whose_law_names_no_days_names_its_last_one_itself(request_: Followed) -> None:
    with pytest.raises(InvalidInput, match="--until"):
        send(request_, "other")
    with pytest.raises(InvalidInput, match="leave out"):
        send(request_, until=date(2026, 4, 1))
    with pytest.raises(InvalidInput, match="before it was sent"):
        send(request_, "other", until=date(2026, 3, 1))
    send(request_, "ferpa-99.31", until=date(2026, 4, 1))
    assert hold(request_).until == date(2026, 4, 1)


def test_what_cannot_be_is_refused(request_: Followed) -> None:
    with pytest.raises(InvalidInput, match=r"wi-19\.356"):
        send(request_, "tx-552.305")
    with pytest.raises(InvalidInput, match="did not happen yet"):
        send(request_, sent=date(2026, 3, 12))
    with pytest.raises(InvalidInput):
        send(request_, person="")
    with pytest.raises(NotFound):
        ReleaseNotices(request_.archive.store).went_to_court(request_.id, 1, at=None, actor=ANN)
    request_.close()
    with pytest.raises(Conflict):
        send(request_)


def test_every_profile_has_notices_that_can_be_read() -> None:
    for one in profile_ids():
        assert {"ferpa-99.31", "other"} <= set(notice_rules(one))
