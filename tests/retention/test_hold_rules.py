"""What a hold's rule may be, how it is kept, and what plain columns answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.hold_rules import HoldTerms, check_terms, decode_terms, encode_terms, is_plain, plainly
from retention.ports import ContentRule, MatchOutcome
from storage.errors import Corrupt, InvalidInput
from storage.records import Channel, Grade, Record, RecordKind, RecordState
from tests.every_case import every_case

ZONE = ZoneInfo("America/Los_Angeles")
FULL = ContentRule(
    id="hld_1",
    version=3,
    custodian_ids=("cus_1", "cus_2"),
    accounts=("instagram:coach_kim",),
    correspondents=("Pat Roe", "@far.example"),
    since=date(2025, 1, 1),
    until=date(2025, 6, 30),
    query="budget OR café",
    asked_on=date(2026, 1, 2),
)


def record(record_id: str = "rec_1", custodian_id: str = "cus_1", captured: str = "2026-03-10T20:00") -> Record:
    return Record(
        id=record_id,
        kind=RecordKind.EMAIL,
        submission_id="sub_1",
        custodian_id=custodian_id,
        channel=Channel.CLI,
        captured_at=datetime.fromisoformat(captured).replace(tzinfo=UTC),
        sent_at=None,
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.B,
        position=1,
    )


def rule(**parts: object) -> ContentRule:
    return replace(ContentRule(id="hld_1"), **parts)


def test_terms_are_read_as_they_were_written():
    terms = HoldTerms(reason="Doe v. District", matter="26-CV-1", rule=FULL)
    assert decode_terms(encode_terms(terms), "hld_1", 3) == terms


@pytest.mark.parametrize("sealed", [b"", b"[]", b"{}", b'{"v":2}', b'{"v":1,"records":[1]}', b"\xff"])
def test_what_is_no_terms_is_damage(sealed):
    with pytest.raises(Corrupt):
        decode_terms(sealed, "hld_1", 1)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "say what is held"),
        ({"records": ("rec_1",), "query": "a"}, "names records or describes them"),
        ({"records": ("rec_1",), "since": date(2025, 1, 1)}, "names records or describes them"),
        ({"since": date(2025, 2, 1), "until": date(2025, 1, 1)}, "ends before it begins"),
        ({"accounts": ("  ",)}, "value of --account"),
        ({"correspondents": ("a\x00b",)}, "value of --correspondent"),
        ({"records": ("rec_1",) * 1_001}, "takes 1000 of --record"),
    ],
)
def test_a_rule_that_reaches_nothing_or_everything_by_mistake_is_refused(parts, said):
    with pytest.raises(InvalidInput, match=said):
        check_terms(HoldTerms(reason="an audit", rule=rule(**parts)))


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 4_001, "a\x07b"])
def test_a_hold_without_a_reason_is_refused(reason):
    with pytest.raises(InvalidInput, match="the reason of a hold"):
        check_terms(HoldTerms(reason=reason, rule=FULL))


def test_days_alone_are_a_rule():
    assert check_terms(HoldTerms(reason="an audit", rule=rule(since=date(2025, 1, 1)))).rule.since == date(2025, 1, 1)


@every_case(
    ("parts", "outcome"),
    [
        ({"records": ("rec_1", "rec_2")}, MatchOutcome.MATCH),
        ({"records": ("rec_2",)}, MatchOutcome.NO_MATCH),
        ({"custodian_ids": ("cus_1",)}, MatchOutcome.MATCH),
        ({"custodian_ids": ("cus_2",)}, MatchOutcome.NO_MATCH),
        ({"custodian_ids": ("cus_2",), "query": "a"}, MatchOutcome.NO_MATCH),
        ({"custodian_ids": ("cus_1",), "query": "a"}, None),
        ({"custodian_ids": ("cus_1",), "since": date(2026, 3, 11)}, MatchOutcome.NO_MATCH),
        ({"custodian_ids": ("cus_1",), "since": date(2026, 3, 10)}, None),
        ({"custodian_ids": ("cus_1",), "until": date(2020, 1, 1)}, None),
        ({"accounts": ("x",)}, None),
        ({"correspondents": ("x",)}, None),
    ],
)
def test_plain_columns_answer_where_they_can(parts, outcome):
    answer = plainly(record(), rule(**parts), ZONE)
    assert (None if answer is None else answer.outcome) == outcome


def test_the_day_of_capture_is_that_of_the_archives_zone():
    late = record(captured="2026-03-11T05:00")  # the evening of the 10th in Los Angeles
    assert plainly(late, rule(query="a", since=date(2026, 3, 11)), ZONE).outcome is MatchOutcome.NO_MATCH
    assert plainly(late, rule(query="a", since=date(2026, 3, 11)), ZoneInfo("UTC")) is None


def test_a_rule_is_plain_where_it_needs_no_record_opened():
    assert is_plain(rule(records=("rec_1",)))
    assert is_plain(rule(custodian_ids=("cus_1",)))
    assert not is_plain(rule(custodian_ids=("cus_1",), until=date(2025, 1, 1)))
    assert not is_plain(FULL)
