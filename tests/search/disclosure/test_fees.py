"""Fees: every line explained under its law, what is forbidden costs nothing, and the account follows from events."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.disclosure.fee_rules import UNITS, FeeSchedule, read_fees, shipped_fees
from search.disclosure.fees import (
    FeeAccount,
    account_of,
    check_deposit,
    check_payment,
    check_rate,
    check_waiver,
    estimate,
    money,
)
from search.disclosure.jurisdictions import RequesterClass, profile_ids
from search.disclosure.request_types import RequestEvent
from storage.errors import Conflict, InvalidInput, NotFound


def cents(profile: str, requester: RequesterClass = RequesterClass.GENERAL, **more: Any) -> int:
    options = {name: more.pop(name) for name in ("rates", "own_rates", "circumstances", "late_clocks") if name in more}
    counted = {unit: Fraction(count) for unit, count in more.items()}
    return estimate(shipped_fees(profile), counted, requester=requester, **options).cents


def account(**sums: int) -> FeeAccount:
    names = ("charged", "deposit_asked", "deposit_paid", "paid", "waived", "refunded")
    return FeeAccount(estimated=sums.get("estimated"), **{one: sums.get(one, 0) for one in names})


def event(kind: str, amount: int | None) -> RequestEvent:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    nothing = {"clock": None, "reason": None, "until": None}
    return RequestEvent(number=1, kind=kind, at=at, cents=amount, actor="usr_ann", position=1, **nothing)


@pytest.mark.parametrize(
    ("profile", "counted", "requester", "expected"),
    [
        ("WA", {"page": 20}, "general", 300),
        ("WA", {"file": 9}, "general", 15),
        ("WA", {"scan": 7, "gigabyte": 2}, "general", 90),
        ("WA", {"hour": 10, "redaction_hour": 3}, "general", 0),
        ("IL", {"page": 50}, "general", 0),
        ("IL", {"page": 60}, "general", 150),
        ("IL", {"hour": 10}, "general", 0),
        ("IL", {"hour": 10}, "commercial", 2000),
        ("MA", {"page": 10, "hour": 5}, "general", 7550),
        ("MA", {"hour": 2}, "general", 0),
        ("MA", {"hour": Fraction(5, 2)}, "general", 1250),
        ("NY", {"page": 4}, "general", 100),
        ("US", {"page": 700}, "media", 3000),
        ("US", {"page": 700}, "commercial", 3500),
        ("US", {"page": 200}, "general", 0),
        ("FERPA", {"hour": 4, "redaction_hour": 4}, "parent", 0),
        ("TX", {"page": 30, "media": 250}, "general", 550),
    ],
)
def test_what_a_law_lets_be_charged(profile: str, counted: dict[str, Any], requester: str, expected: int) -> None:
    assert cents(profile, RequesterClass(requester), **counted) == expected


def test_each_line_says_in_words_and_with_its_law_how_it_came_about() -> None:
    made = estimate(
        shipped_fees("IL"),
        {"page": Fraction(120), "redaction_hour": Fraction(2)},
        requester=RequesterClass.GENERAL,
    )
    page, redaction = made.lines
    assert page.words == "120 pages; the first 50 are free; 70 at 0.15 make 10.50."
    assert page.citation == "5 ILCS 140/6(b)"
    assert redaction.words == "nothing may be charged for it."
    assert "Together 10.50." in made.text()


def test_what_a_law_does_not_name_costs_nothing_and_that_is_said() -> None:
    made = estimate(shipped_fees("NY"), {"postage": Fraction(500)}, requester=RequesterClass.GENERAL)
    assert (made.cents, made.lines[0].cents) == (0, 0)
    assert "names no charge" in made.lines[0].words


def test_a_rate_that_the_law_leaves_to_the_agency_must_be_given_and_none_is_above_the_laws() -> None:
    with pytest.raises(InvalidInput, match="--rate page"):
        cents("OH", page=10)
    assert cents("OH", page=10, rates={"page": 7}) == 70
    assert cents("MA", hour=4, rates={"hour": 1800}) == 3600
    with pytest.raises(InvalidInput, match=r"at most 25\.00"):
        cents("MA", hour=4, rates={"hour": 2501})


def words(profile: str, **rates: Any) -> str:
    made = estimate(shipped_fees(profile), {"page": Fraction(10)}, requester=RequesterClass.GENERAL, **rates)
    return made.lines[0].words


def test_the_agencys_own_rate_counts_where_none_is_given_and_the_line_says_so() -> None:
    own = {"page": 4}
    assert words("OH", own_rates=own) == "10 pages; 10 at 0.04 (the agency's own rate) make 0.40."
    assert words("WA", own_rates=own) == "10 pages; 10 at 0.04 (the agency's own rate; the law allows 0.15) make 0.40."
    assert words("WA", own_rates=own, rates={"page": 7}) == "10 pages; 10 at 0.07 make 0.70."
    assert words("WA", own_rates={"page": 15}) == words("WA")
    assert cents("WA", page=10, hour=2, own_rates={"page": 4, "hour": 2000}) == 40  # forbidden stays forbidden


def test_where_another_law_allows_less_than_the_agencys_own_rate_that_law_counts() -> None:
    told = "10 pages; 10 at 0.15 (the law's highest; the agency's own is 0.25) make 1.50."
    assert words("WA", own_rates={"page": 25}) == told


def test_rates_that_a_law_does_not_let_an_agency_have_are_refused_with_the_law() -> None:
    check_rate(shipped_fees("WA"), "page", 15)
    check_rate(shipped_fees("OH"), "page", 500)
    with pytest.raises(InvalidInput, match=r"at most 0\.15 \(RCW 42\.56\.120"):
        check_rate(shipped_fees("WA"), "page", 16)
    with pytest.raises(InvalidInput, match=r"nothing may be charged for hour \(RCW"):
        check_rate(shipped_fees("WA"), "hour", 1)
    with pytest.raises(InvalidInput, match="NY names no charge for gigabyte"):
        check_rate(shipped_fees("NY"), "gigabyte", 1)


def test_circumstances_change_what_is_free_or_may_be_charged() -> None:
    assert cents("MA", hour=2, circumstances=frozenset({"at_most_20000_inhabitants"})) == 5000
    petition = frozenset({"redaction_required_by_law_or_petition_granted"})
    assert (cents("MA", redaction_hour=1), cents("MA", redaction_hour=1, circumstances=petition)) == (0, 2500)
    with pytest.raises(InvalidInput, match="knows no circumstance"):
        cents("MA", page=1, circumstances=frozenset({"full_moon"}))


def test_a_late_answer_costs_the_agency_what_the_law_says() -> None:
    late = frozenset({"response"})
    assert cents("MA", page=10, hour=5, media=300, late_clocks=late) == 0
    assert cents("IL", page=60, media=300, late_clocks=late) == 300
    assert cents("WA", page=20, late_clocks=late) == 300
    search = {"hour": 10, "rates": {"hour": 4000}}
    assert cents("US", **search) == 32_000
    assert cents("US", late_clocks=frozenset({"determination"}), **search) == 0


def test_below_the_smallest_sum_nothing_is_charged() -> None:
    made = estimate(shipped_fees("US"), {"page": Fraction(599)}, requester=RequesterClass.GENERAL)
    assert made.cents == 0
    assert "would be 24.95" in made.notes[-1]


@pytest.mark.parametrize("counted", [{"page": -1}, {"page": 20_000_000}, {"stamp": 1}])
def test_quantities_that_cannot_be_are_refused(counted: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        cents("WA", **counted)


@given(
    st.sampled_from([one for one in profile_ids() if one != "US"]),
    st.dictionaries(st.sampled_from(UNITS), st.integers(0, 1000)),
)
def test_more_never_costs_less_and_nothing_costs_nothing(profile: str, counted: dict[str, int]) -> None:
    rates = {one.id: one.cents or 30 for one in shipped_fees(profile).items}
    less = cents(profile, rates=rates, **counted)
    assert 0 <= less <= cents(profile, rates=rates, **{unit: count + 1 for unit, count in counted.items()})
    assert cents(profile, rates=rates) == 0


def test_every_profile_has_fees_with_citations() -> None:
    for one in profile_ids():
        schedule = shipped_fees(one)
        assert schedule.items
        assert all(item.citation and item.confidence for item in schedule.items)
    with pytest.raises(NotFound):
        shipped_fees("ZZ")


@pytest.mark.parametrize(
    "text", ["id = 1\nfees = 3", 'id = "X"\n[[fees.item]]\nid = "page"', "=", 'id = "X"\n[fees.late]\nclock = "a"']
)
def test_a_file_of_fees_that_cannot_be_read_says_where(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_fees(text)


def test_a_profile_without_fees_lets_nothing_be_charged() -> None:
    made = estimate(read_fees('id = "X"'), {"page": Fraction(9)}, requester=RequesterClass.GENERAL)
    assert made.cents == 0


def test_the_account_follows_from_the_events() -> None:
    told = [
        ("note", None),
        ("fee_estimated", 900),
        ("fee_estimated", 1000),
        ("deposit_asked", 100),
        ("deposit_paid", 100),
        ("fee_charged", 800),
        ("fee_waived", 200),
        ("fee_paid", 300),
    ]
    found = account_of([event(kind, amount) for kind, amount in told])
    assert (found.estimated, found.owed, found.credit, found.deposit_open) == (1000, 200, 0, 0)
    assert account_of([event("fee_paid", 500), event("fee_refunded", 200)]).credit == 300
    assert account(charged=100, waived=100, deposit_paid=40).credit == 40


def schedule(profile: str = "WA") -> FeeSchedule:
    return shipped_fees(profile)


def test_a_deposit_is_at_most_the_laws_part_of_the_estimate() -> None:
    check_deposit(schedule(), account(estimated=1000), 100)
    with pytest.raises(Conflict, match=r"at most 1\.00"):
        check_deposit(schedule(), account(estimated=1000), 101)
    with pytest.raises(Conflict, match=r"at most 0\.00"):
        check_deposit(schedule(), account(estimated=1000, deposit_asked=100), 1)
    with pytest.raises(Conflict, match="fee estimate"):
        check_deposit(schedule(), account(), 1)
    with pytest.raises(Conflict, match="names no deposit"):
        check_deposit(schedule("IL"), account(estimated=1000), 1)
    with pytest.raises(Conflict, match=r"up to 250\.00"):
        check_deposit(schedule("US"), account(estimated=25_000), 1)


def test_a_waiver_has_a_ground_of_the_law_and_is_of_what_there_is() -> None:
    check_waiver(schedule("IL"), account(charged=500), 500, "public_interest")
    check_waiver(schedule("IL"), account(estimated=500), 500, "public_interest")
    with pytest.raises(InvalidInput, match="public_interest"):
        check_waiver(schedule("IL"), account(charged=500), 100, "friend")
    with pytest.raises(Conflict, match=r"at most 3\.00"):
        check_waiver(schedule("IL"), account(charged=500, waived=200), 301, "public_interest")
    with pytest.raises(InvalidInput, match="none"):
        check_waiver(schedule("NY"), account(charged=500), 1, "public_interest")


@pytest.mark.parametrize("wrong", [0, -1, 101])
def test_no_more_is_booked_than_is_open(wrong: int) -> None:
    check_payment(100, 100, "is owed")
    with pytest.raises(Conflict, match=r"at most 1\.00 is owed"):
        check_payment(100, wrong, "is owed")


def test_amounts_are_written_for_people() -> None:
    assert (money(0), money(5), money(1_234_50)) == ("0.00", "0.05", "1,234.50")
