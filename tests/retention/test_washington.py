from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.schedule import load_schedule
from retention.sentences import read_sentence
from retention.toml_text import toml_value
from retention.washington import ImportedSchedule, import_washington
from storage.errors import InvalidInput
from tests.every_case import every_case
from tests.retention.builders import decide, facts

PLAIN = "Retain for 2 years after communication received or provided, whichever is later then Destroy."


def entry(number: str = "GS1", sentence: Any = PLAIN, **more: Any) -> dict[str, Any]:
    return {
        "seriesID": 1,
        "dispositionAuthorityNumber": number,
        "seriesTitleDescription": "Letters\nLetters of everybody.",
        "primaryCopyRetention": sentence,
        "archival": "Non-Archival",
        "category": {"categoryName": "Administration"},
        **more,
    }


def reply(*entries: Any) -> bytes:
    inner = {"scheduleID": 3, "scheduleName": "CORE", "isActive": True, "localSchedules": list(entries)}
    return json.dumps({"validationErrors": {}, "isValid": True, "returnValue": inner}).encode()


def imported(raw: bytes) -> ImportedSchedule:
    return import_washington(raw, name="wa", edition="4.2", source="reply.json")


def test_a_reply_becomes_a_schedule_that_can_be_loaded_and_is_inactive():
    schedule = load_schedule(imported(reply(entry())).text.encode(), "wa.toml")
    assert (schedule.title, schedule.edition, schedule.authority.inactive) == ("CORE", "4.2", True)
    series = schedule.find("GS1")
    assert (series.title, series.scope) == ("Letters", "Letters of everybody. (category: Administration)")
    assert (series.words, series.designation) == (PLAIN, "Non-Archival")
    known = facts(received="2018-01-10", provided="2018-02-28")
    assert decide(known, series.rule, "2020-02-29").eligible_on.isoformat() == "2020-02-29"


def test_a_sentence_that_is_not_understood_is_kept_without_a_rule():
    made = imported(reply(entry("GS1", "Retain as the court says."), entry("GS2")))
    assert (made.unwritten, made.written) == (("GS1",), ("GS2",))
    series = load_schedule(made.text.encode(), "wa.toml").find("GS1")
    assert (series.unwritten, series.words, series.rule) == (True, "Retain as the court says.", None)


def test_series_that_are_no_longer_active_are_left_out_and_counted():
    made = imported(reply(entry("GS1"), entry("GS2", isActive=False)))
    assert (made.written, made.left_out) == (("GS1",), 1)


def test_a_number_with_blanks_becomes_an_identifier_and_stays_as_citation():
    series = load_schedule(imported(reply(entry("GS50-01-12 Rev. 3"))).text.encode(), "wa.toml").series[0]
    assert (series.id, series.citation) == ("GS50-01-12-Rev.-3", "GS50-01-12 Rev. 3")


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: {"localSchedules": one}])
def test_the_list_alone_is_read_as_well(wrap):
    assert imported(json.dumps(wrap([entry()])).encode()).written == ("GS1",)


@every_case(
    "raw",
    [
        b"",
        b"[" * 100_000,
        b"{}",
        b"[]",
        b"3",
        b'{"returnValue": 3}',
        b'{"returnValue": {"localSchedules": {}}}',
        b"[3]",
        b"[{}]",
        b'[{"dispositionAuthorityNumber": "..."}]',
        reply(entry(), entry()),
        reply(entry(isActive=False)),
        b"[" + b" " * 16_000_001 + b"]",
    ],
)
def test_a_reply_that_is_none_is_refused(raw):
    with pytest.raises(InvalidInput):
        imported(raw)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "dispositionAuthorityNumber": st.text(max_size=80),
            "seriesTitleDescription": st.text(max_size=200),
            "primaryCopyRetention": st.text(max_size=200),
            "archival": st.text(max_size=50),
            "category": st.none() | st.fixed_dictionaries({"categoryName": st.text(max_size=50)}),
        },
    )
)
def test_whatever_words_a_reply_has_the_file_can_be_loaded_or_the_reply_is_refused(members):
    try:
        made = imported(reply(members))
    except InvalidInput:
        return
    assert len(load_schedule(made.text.encode(), "wa.toml").series) == 1


@given(st.recursive(st.text() | st.integers() | st.booleans() | st.dates(), lambda inner: st.lists(inner, max_size=3)))
def test_what_is_written_as_toml_is_read_back(value):
    assert tomllib.loads(f"a = {toml_value(value)}")["a"] == value


def test_a_value_that_toml_does_not_have_is_refused():
    with pytest.raises(TypeError):
        toml_value(None)


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        (PLAIN, {"minimum": {"trigger": "received_or_provided", "period": 2, "unit": "year"}, "steps": ["destroy"]}),
        (
            "Retain until no longer needed for agency business then Destroy.",
            {"minimum": {"trigger": "value_ended"}, "steps": ["destroy"]},
        ),
        (
            "Retain for 6 years after end of fiscal year then Destroy.",
            {"minimum": {"trigger": "fiscal_year_end", "period": 6, "unit": "year"}, "steps": ["destroy"]},
        ),
        (
            "Retain for 3 school years after completion of project",
            {"minimum": {"trigger": "closed", "events": ["completion_of_project"], "period": 3, "unit": "school_year"}},
        ),
        (
            "Retain until completion of project or end of school year, whichever is sooner then Destroy.",
            {
                "minimum": {
                    "earlier_of": [
                        {"trigger": "closed", "events": ["completion_of_project"]},
                        {"trigger": "school_year_end"},
                    ]
                },
                "steps": ["destroy"],
            },
        ),
        (
            (
                "Retain for 1 year after superseded then Transfer to Washington State Archives for appraisal and"
                " selective retention."
            ),
            {
                "minimum": {"trigger": "superseded", "events": ["superseded"], "period": 1, "unit": "year"},
                "steps": ["transfer_for_appraisal"],
            },
        ),
        ("Retain for the life of the agency.", {"permanent": True, "steps": ["keep_permanently"]}),
    ],
)
def test_a_plain_sentence_is_understood(sentence, rule):
    assert read_sentence(sentence) == rule


@every_case(
    "sentence",
    [
        "",
        "Destroy.",
        "Retain for 2 years then Destroy.",
        "Retain for two years after superseded then Destroy.",
        "Retain for 2 years after completion of project, unless sued then Destroy.",
        "Retain for 2 years after project completed or cancelled then Destroy.",
        "Retain for 2 years after project completed and audit released then Destroy.",
        "Retain for 2 years after communication received or provided then Destroy.",
        "Retain for 2 years after communication received or provided, whichever is sooner then Destroy.",
        "Retain for 2 years after superseded then burn.",
        "Retain until completion, whichever is later then Destroy.",
        "Retain until completion or transfer, whichever is later, if needed then Destroy.",
        "Permanent then Destroy.",
        "Retain for 2 years after " + "x" * 3_000,
        "Retain until a, whichever is later, whichever is later" * 30,
    ],
)
def test_a_sentence_with_anything_more_stays_unread(sentence):
    assert read_sentence(sentence) is None
