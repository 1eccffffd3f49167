from __future__ import annotations

import random
from datetime import date
from importlib.resources import files

import pytest

from retention.assignment import Policy, assign
from retention.checking import run_examples, try_facts
from retention.evaluation import Verdict
from retention.schedule import MAX_BYTES, Schedule, load_schedule
from retention.vocabulary import DISPOSITION_CODES, TRIGGER_CODES, Disposition, Trigger
from storage.errors import InvalidInput, NotFound
from storage.records import Channel, RecordKind
from tests.every_case import every_case
from tests.retention.builders import facts

HEAD = """format = 1
name = "t"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
"""
SERIES = '[[series]]\nid = "A-1"\ntitle = "A"\ncitation = "Act"\n'
SIMPLE = SERIES + 'minimum = { trigger = "created", period = 1, unit = "year" }\n'


def load(text: str) -> Schedule:
    return load_schedule(text.encode(), "t.toml")


def refused(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        load(text)
    assert caught.value.message.startswith("t.toml")
    assert "\n" not in caught.value.message
    return caught.value


def test_the_shipped_example_passes_its_own_examples():
    raw = files("retention").joinpath("schedules", "example-district.toml").read_bytes()
    schedule = load_schedule(raw, "example-district.toml")
    assert sum(len(series.examples) for series in schedule.series) >= 15
    assert run_examples(schedule) == ()


def test_there_are_27_triggers_beside_none_and_15_dispositions():
    assert len(Trigger) == 28
    assert TRIGGER_CODES["T0"] is Trigger.NONE
    assert TRIGGER_CODES["T27"] is Trigger.SUBJECT_REQUEST
    assert len(Disposition) == 15
    assert DISPOSITION_CODES["D15"] is Disposition.POST_THEN_DESTROY


def test_triggers_and_steps_may_be_written_by_their_codes():
    schedule = load(HEAD + SERIES + 'minimum = { trigger = "T11", period = 1, unit = "year" }\nsteps = ["D6", "D1"]\n')
    terms = schedule.series[0].rule.terms
    assert terms.minimum.trigger is Trigger.CLOSED
    assert [step.disposition for step in terms.steps] == [Disposition.ARCHIVAL_REVIEW, Disposition.DESTROY]


def test_an_error_names_file_line_and_series():
    error = refused(HEAD + SIMPLE + '\n[[series]]\nid = "B-2"\ntitle = "B"\ncitation = "Act"\nminimun = {}\n')
    assert error.fields == {"file": "t.toml", "line": 17, "series": "B-2"}


def test_a_toml_error_names_the_line():
    assert "line 2" in refused("format = 1\nname = = 1\n").message


@every_case(
    "text",
    [
        "",
        "format = 2\n" + HEAD[11:] + SIMPLE,
        HEAD,
        HEAD + SERIES,
        HEAD + SERIES + "permanent = false\n",
        HEAD + SERIES + 'minimum = { trigger = "sometime" }\n',
        HEAD + SERIES + 'minimum = { trigger = "none" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = 1 }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", unit = "year" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = -1, unit = "year" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = 1.5, unit = "year" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = true, unit = "year" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = 366001, unit = "day" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = 1, unit = "decade" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", periods = 1 }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", nth = 2 }\n',
        HEAD + SERIES + 'minimum = { trigger = "fixed_day" }\n',
        HEAD + SERIES + 'minimum = { trigger = "fixed_day", day = "02-30" }\n',
        HEAD + SERIES + 'minimum = { trigger = "age_reached" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", age = 3 }\n',
        HEAD + SERIES + 'minimum = { trigger = "fixed_day", day = "07-01", of = "closed" }\n',
        HEAD + SERIES + 'minimum = { trigger = "fixed_day", day = "07-01", of = "created", events = ["x"] }\n',
        HEAD + SERIES + 'minimum = { trigger = "closed", events = ["Case Closed"] }\n',
        HEAD + SERIES + 'minimum = { later_of = [{ trigger = "created" }] }\n',
        HEAD + SERIES + "minimum = { later_of = [], earlier_of = [] }\n",
        HEAD + SERIES + 'minimum = { earlier_of = [{ trigger = "created", if_any = "x" }, { trigger = "closed" }] }\n',
        HEAD + SERIES + "minimum = { whichever_applies = [] }\n",
        HEAD + SERIES + "minimum = []\n",
        HEAD + SERIES + "maximum = { permanent = true }\n",
        HEAD + SERIES + 'permanent = true\nminimum = { trigger = "created" }\n',
        HEAD + SERIES + 'permanent = true\nsteps = ["destroy"]\n',
        HEAD + SERIES + 'steps = ["destroy"]\n',
        HEAD + SIMPLE + 'steps = ["archival_review"]\n',
        HEAD + SIMPLE + 'steps = ["burn"]\n',
        HEAD + SIMPLE + 'family = "thread"\n',
        HEAD + SIMPLE + "steps = [3]\n",
        HEAD + SIMPLE + 'linked = "A-1"\n',
        HEAD + SERIES + 'linked = "A-1"\n',
        HEAD + SERIES + 'linked = "Z-9"\n',
        HEAD + SIMPLE + SIMPLE,
        HEAD + 'default_series = "Z-9"\n' + SIMPLE,
        HEAD + SIMPLE + '[[assign]]\nseries = "Z-9"\nkind = "email"\n',
        HEAD + SIMPLE + '[[assign]]\nseries = "A-1"\nkind = "fax"\n',
        HEAD + SIMPLE + '[[assign]]\nseries = "A-1"\n',
        HEAD + SIMPLE + "[[series.case]]\npermanent = true\n",
        HEAD + SIMPLE + "[[series.case]]\nwhen = { part = 1.5 }\npermanent = true\n",
        HEAD + SIMPLE + '[[series.example]]\ntoday = 2024-01-01\ndecision = "burn"\n',
        HEAD + SIMPLE + '[[series.example]]\ntoday = 2024-01-01\ndecision = "retain"\nfacts = { maid = 2024-01-01 }\n',
        HEAD + SIMPLE.replace("A-1", "A 1"),
        HEAD + SIMPLE.replace('title = "A"', 'title = "A\\u0000"'),
        HEAD + "effective = 2024-01-01\nexpires = 2023-01-01\n" + SIMPLE,
        HEAD + "expires = 2023-01-01T00:00:00Z\n" + SIMPLE,
        HEAD + '[calendars]\nfiscal_year_end = "13-01"\n' + SIMPLE,
        HEAD + '[calendars]\nleap_day = "02-27"\n' + SIMPLE,
        "series = 3\n" + HEAD + SIMPLE.replace("[[series]]", "[other]"),
        "a = " + "[" * 8_000 + "]" * 8_000,
        "a = " + "9" * 5_000,
        "a." * 8_000 + "a = 1",
        "a = '" + "x" * 20_000 + "'",
        HEAD + SERIES + "minimum = " + "{ longer_authorised = " * 9 + '{ trigger = "created" }' + " }" * 9 + "\n",
        HEAD + SERIES + "minimum = { later_of = [" + '{ trigger = "created" },' * 64 + "] }\n",
    ],
)
def test_what_cannot_be_carried_is_refused_in_one_sentence(text):
    refused(text)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"x" * (MAX_BYTES + 1), b"\x00"])
def test_bytes_that_are_no_schedule_are_refused(raw):
    with pytest.raises(InvalidInput):
        load_schedule(raw, "t.toml")


def test_a_damaged_file_is_refused_or_read_but_never_anything_else():
    raw = files("retention").joinpath("schedules", "example-district.toml").read_bytes()
    seed = 20240601
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    chance = random.Random(seed)
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(raw)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            damaged[at : at + chance.randint(0, 12)] = chance.randbytes(chance.randint(0, 3))
        try:
            run_examples(load_schedule(bytes(damaged), "t.toml"))
            outcomes.add("read")
        except InvalidInput as error:
            assert error.message.startswith("t.toml")  # noqa: PT017 - reading it is right as well
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


@every_case("value", ["3", "-1", "true", "1.5", '"x"', "[]", "{}", "[[]]", "[{}]", "2024-01-01", "nan"])
def test_a_value_of_the_wrong_type_is_refused_or_read_wherever_it_stands(value):
    raw = files("retention").joinpath("schedules", "example-district.toml").read_text()
    lines = raw.split("\n")
    for number, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if not equals or line.lstrip().startswith("{"):
            continue
        try:
            run_examples(load("\n".join([*lines[:number], f"{key} = {value}", *lines[number + 1 :]])))
        except InvalidInput as error:
            assert error.message.startswith("t.toml")  # noqa: PT017 - reading it is right as well


def test_a_link_takes_the_rule_of_the_other_series():
    schedule = load(HEAD + SIMPLE + SERIES.replace("A-1", "B-2") + 'linked = "A-1"\n')
    assert try_facts(schedule, "B-2", facts(created="2020-01-01"), _day("2024-01-01")).decision is Verdict.ELIGIBLE


def test_links_in_a_circle_are_refused():
    one = SERIES + 'linked = "B-2"\n'
    two = SERIES.replace("A-1", "B-2") + 'linked = "A-1"\n'
    assert "circle" in refused(HEAD + one + two).message


def test_correspondence_takes_the_period_of_the_series_that_its_facts_name():
    text = HEAD + SIMPLE + "linked_by_fact = true\n" + SERIES.replace("A-1", "B-2") + "permanent = true\n"
    schedule = load(text)
    today = _day("2024-01-01")
    assert try_facts(schedule, "A-1", facts(created="2020-01-01"), today).decision is Verdict.ELIGIBLE
    linked = facts(created="2020-01-01", linked_series="B-2")
    assert try_facts(schedule, "A-1", linked, today).decision is Verdict.PERMANENT


def test_the_first_case_whose_facts_hold_is_taken():
    text = (
        HEAD
        + SIMPLE
        + '[[series.case]]\nkind = "role"\nwhen = { role = ["superintendent", "board"] }\npermanent = true\n'
    )
    schedule = load(text)
    known = facts(created="2020-01-01", attributes={"role": "Board"})
    assert try_facts(schedule, "A-1", known, _day("2024-01-01")).decision is Verdict.PERMANENT


def test_an_example_that_fails_is_reported_with_what_came_out():
    example = '[[series.example]]\nfacts = { created = 2020-01-01 }\ntoday = 2020-06-01\ndecision = "eligible"\n'
    failures = run_examples(load(HEAD + SIMPLE + example))
    assert failures[0].failures == ("decision is retain, expected eligible",)
    assert failures[0].series_id == "A-1"


def test_a_series_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        try_facts(load(HEAD + SIMPLE), "Z-9", facts(), _day("2024-01-01"))


def test_assignment_takes_the_first_matching_rule_then_general_ones_then_the_default():
    text = (
        HEAD
        + 'default_series = "C-3"\n'
        + SIMPLE
        + "general = true\n"
        + SIMPLE.replace("A-1", "B-2")
        + SIMPLE.replace("A-1", "C-3")
        + '[[assign]]\nseries = "A-1"\nchannel = "smtp"\n'
        + '[[assign]]\nseries = "B-2"\nkind = ["email", "post"]\ncustodian = "cus_1"\n'
    )
    schedule = load(text)
    policy = Policy(
        schedule="t", rules=schedule.assignments, default_series=schedule.default_series, general=frozenset({"A-1"})
    )
    mail = (RecordKind.EMAIL, Channel.SMTP)
    assert assign(*mail, "cus_1", [policy]).series_id == "B-2"
    assert assign(*mail, "cus_2", [policy]).series_id == "A-1"
    assert assign(RecordKind.POST, Channel.CLI, "cus_2", [policy]).series_id == "C-3"
    assert assign(RecordKind.POST, Channel.CLI, "cus_2", []) is None


def _day(text: str) -> date:
    return date.fromisoformat(text)
