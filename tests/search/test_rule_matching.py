"""A record is compared with a hold's rule by what it says; what cannot be told is never taken for a no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from retention.ports import ContentRule, MatchOutcome
from search.rule_matching import RuleMatcher
from storage.errors import InvalidInput
from storage.records import Conversation, Forward, ForwardMethod, Message, Party, RecordKind
from storage.transcriptions import StoredTranscription
from tests.every_case import every_case
from tests.search.building import CAPTURED, ZONE, described, mail
from tests.storage.transcribing import version

MATCH, NO_MATCH, CANNOT_TELL = MatchOutcome.MATCH, MatchOutcome.NO_MATCH, MatchOutcome.CANNOT_TELL
MATCHER = RuleMatcher(ZONE)
PAT = Party(name="Pat Roe", address="pat.roe@other.example")
DANA = Party(name="Dana Rivera", address="Dana@District.example")
UNREAD = ("the picture could not be read: it is damaged",)


def rule(**parts: object) -> ContentRule:
    return replace(ContentRule(id="hld_1", asked_on=date(2025, 4, 9)), **parts)


def outcome(record, read=None, **parts: object) -> MatchOutcome:
    return MATCHER.match(record, read, rule(**parts)).outcome


def talk(*names: str, owner: str | None = None, platform: str = "whatsapp", day: str = "2025-02-03", **more: object):
    conversation = Conversation(title="Team", participants=names, day=day, zone="UTC", owner=owner)
    return described(kind=RecordKind.CONVERSATION, conversation=conversation, platform=platform, **more)


@every_case(
    ("sought", "answer"),
    [
        ("pat.roe@other.example", MATCH),
        ("<PAT.ROE@other.example>", MATCH),
        ("Pat Roe", MATCH),
        ("Roe, Pat", MATCH),
        ("roe", MATCH),
        ("@other.example", MATCH),
        ("pat.roe@another.example", NO_MATCH),
        ("Pat Doe", NO_MATCH),
        ("@district.example", NO_MATCH),
        ("dana@district.example", NO_MATCH),
        ("Dana Rivera", NO_MATCH),
    ],
)
def test_a_correspondent_is_known_by_address_name_or_domain_and_never_the_custodian(sought, answer):
    record = described(original=mail("Roof", DANA, to=[PAT]))
    assert outcome(record, correspondents=(sought,)) is answer


def test_one_of_several_correspondents_is_enough():
    record = described(original=mail("Roof", PAT))
    assert outcome(record, correspondents=("kim@far.example", "Pat Roe")) is MATCH


def test_somebody_of_whom_only_a_name_is_told_may_have_any_address():
    record = described(original=mail("Roof", Party(name="Bob")))
    assert outcome(record, correspondents=("pat.roe@other.example",)) is CANNOT_TELL
    assert outcome(record, correspondents=("pat.roe@other.example", "Pat Roe")) is NO_MATCH
    assert outcome(record, correspondents=("bob",)) is MATCH


def test_carrier_and_forwarder_correspond_too():
    record = described(
        original=mail("Roof", DANA), carrier=mail("Fwd: Roof", PAT), forward=Forward(method=ForwardMethod.INLINE)
    )
    assert outcome(record, correspondents=("pat.roe@other.example",)) is MATCH


def test_people_of_a_conversation_are_compared_by_number_however_it_is_written():
    record = talk("Dana Rivera", "Kim <+1 (503) 555-0123>", "+44 20 7946 0000")
    assert outcome(record, correspondents=("+15035550123",)) is MATCH
    assert outcome(record, correspondents=("0044 20 7946 0000",)) is MATCH
    assert outcome(record, correspondents=("+1 503 555 0199",)) is NO_MATCH
    assert outcome(record, correspondents=("kim",)) is MATCH


def test_a_document_that_names_nobody_may_be_anybodys_letter():
    assert outcome(described(kind=RecordKind.DOCUMENT), correspondents=("kim",)) is CANNOT_TELL
    assert outcome(described(original=mail("Roof", DANA)), correspondents=("kim",)) is NO_MATCH


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        ("whatsapp:+15035550100", MATCH),
        ("+1 503 555 0100", MATCH),
        ("signal:+15035550100", NO_MATCH),
        ("+1 503 555 0101", NO_MATCH),
        ("whatsapp:Kim", MATCH),
    ],
)
def test_an_account_is_that_of_a_platform_where_one_is_given(account, answer):
    assert outcome(talk("+15035550100", "Kim <+15035550123>", owner="+15035550100"), accounts=(account,)) is answer


def test_an_export_that_does_not_say_whose_it_is_may_be_of_any_account_of_its_platform():
    record = talk("+15035550111", "+15035550123")
    assert outcome(record, accounts=("whatsapp:+15035550100",)) is CANNOT_TELL
    assert outcome(record, accounts=("signal:+15035550100",)) is NO_MATCH


def test_an_address_with_a_colon_is_no_platform():
    record = described(original=mail("Roof", PAT))
    assert outcome(record, accounts=("pat.roe@other.example",)) is MATCH
    assert outcome(record, accounts=("https://x.example/kim",)) is NO_MATCH


@pytest.mark.parametrize(
    ("since", "until", "answer"),
    [
        (date(2025, 2, 3), date(2025, 2, 3), MATCH),
        (date(2025, 2, 4), date(2025, 3, 31), NO_MATCH),
        (None, date(2025, 2, 2), NO_MATCH),
        (date(2025, 4, 1), None, MATCH),  # the day of capture
        (date(2025, 4, 2), None, NO_MATCH),
    ],
)
def test_one_day_of_a_record_within_the_holds_days_is_enough(since, until, answer):
    assert outcome(talk("Kim"), since=since, until=until) is answer


def test_days_are_those_of_the_archives_zone():
    record = described(sent_at=datetime(2025, 2, 4, 5, tzinfo=UTC))  # the evening of the 3rd in California
    assert outcome(record, until=date(2025, 2, 3)) is MATCH
    assert outcome(record, since=date(2025, 2, 4), until=date(2025, 2, 4)) is NO_MATCH


@pytest.mark.parametrize("sent_at", [None, datetime(1969, 5, 5, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)])
def test_without_a_date_that_can_be_used_no_day_before_capture_is_excluded(sent_at):
    record = described(sent_at=sent_at)
    assert outcome(record, until=date(2025, 2, 1)) is CANNOT_TELL
    assert outcome(record, since=date(2025, 4, 2)) is NO_MATCH
    assert outcome(record, query="before:2025-02-01") is CANNOT_TELL


def test_a_printed_day_counts_without_an_offset():
    record = described(original=replace(mail("Roof"), date="2025-02-03T10:00:00"))
    assert outcome(record, until=date(2025, 2, 28)) is MATCH
    assert outcome(record, until=date(2025, 1, 31)) is NO_MATCH
    assert outcome(record, query="on:2025-02-03") is MATCH


def test_all_parts_of_a_rule_must_match():
    record = described(original=mail("Roof", PAT), text="budget")
    assert outcome(record, correspondents=("pat roe",), query="budget") is MATCH
    assert outcome(record, correspondents=("pat roe",), query="school") is NO_MATCH
    assert outcome(record, correspondents=("kim",), query="budget") is NO_MATCH


def test_a_part_that_excludes_decides_over_one_that_cannot_be_told():
    record = described(original=mail("Roof", PAT), unsearchable=UNREAD)
    assert outcome(record, query="budget") is CANNOT_TELL
    assert outcome(record, query="budget", correspondents=("kim",)) is NO_MATCH
    assert outcome(record, query="budget", until=date(2020, 1, 1)) is CANNOT_TELL


def test_what_was_read_in_pictures_since_is_compared():
    record = described(kind=RecordKind.SCREENSHOT, unsearchable=UNREAD)
    read = StoredTranscription(transcription=version(record.record.id, text="the budget"), position=9)
    assert outcome(record, query="budget") is CANNOT_TELL
    assert outcome(record, read, query="budget") is MATCH


def test_relative_days_are_told_from_the_day_on_which_the_hold_was_placed():
    record = described(sent_at=datetime(2025, 3, 5, 12, tzinfo=UTC), captured_at=CAPTURED)
    assert outcome(record, query='on:"last month"') is MATCH
    assert outcome(record, query='on:"last month"', asked_on=date(2025, 6, 1)) is NO_MATCH


def test_a_query_that_a_version_does_not_understand_excludes_nothing():
    answer = MATCHER.match(described(), None, rule(query="a AND"))
    assert answer.outcome is CANNOT_TELL
    assert "does not understand" in answer.reason


@pytest.mark.parametrize(
    "parts", [{"query": "a AND"}, {"query": ""}, {"accounts": ("instagram:!!",)}, {"correspondents": ("--",)}]
)
def test_a_rule_that_cannot_be_understood_is_refused_before_it_is_one(parts):
    with pytest.raises(InvalidInput):
        MATCHER.refuse(rule(**parts))


def test_reasons_say_nothing_of_the_record():
    record = described(original=mail("Zanzibar", PAT), text="Zanzibar", messages=(Message("", "Zanzibar", "Zanzibar"),))
    for parts in ({"query": "zanzibar"}, {"query": "nothing"}, {"accounts": ("zanzibar",)}, {"correspondents": ("x",)}):
        reason = MATCHER.match(record, None, rule(**parts)).reason
        assert "zanzibar" not in reason.lower()
        assert "pat" not in reason.lower().split()
        assert len(reason) <= 64


@pytest.mark.parametrize("query", ["series:GS1", "bus OR hold:any", "NOT is:held", "request:req_1"])
def test_a_rule_cannot_ask_for_what_only_the_catalogue_knows(query):
    with pytest.raises(InvalidInput, match="which changes") as refused:
        MATCHER.refuse(rule(query=query))
    assert refused.value.fields["position"] == query.index(":") + 1


@pytest.mark.parametrize("query", ['on:"school year 2024-25"', 'bus NOT on:"last fiscal year"', "on:FY2025"])
def test_a_rule_cannot_rest_on_years_that_a_schedule_may_move(query):
    with pytest.raises(InvalidInput, match="school or fiscal year"):
        MATCHER.refuse(rule(query=query))


def test_a_rule_may_use_every_other_part_of_the_language():
    MATCHER.refuse(
        rule(query='"bus late"~5 b*s lat~ /b.s/ size:>1MB has:image is:unsearchable on:"last month" (206) 555-0142')
    )
