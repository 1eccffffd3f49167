"""What a rule can say beside plain clocks: clocks after clocks, the second of several events, conditions, otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from retention.asking import asked_by
from retention.evaluation import Verdict, barriers
from retention.library import LoadedSchedule, RuleBook
from retention.reading import Place
from retention.rules import Authority
from retention.schedule import load_schedule
from retention.source_lines import NOWHERE, Block
from storage.errors import InvalidInput
from tests.every_case import every_case
from tests.retention.builders import AUTHORITY, clock, decide, facts, happened, rule
from tests.retention.test_schedule import HEAD, SERIES, SIMPLE, load, refused


def test_a_clock_may_start_where_another_ends():
    applied = rule({"after": clock("created", 2), "period": 6, "unit": "month"})
    assert decide(facts(created="2018-08-31"), applied, "2019-01-01").eligible_on == date(2021, 3, 1)


def test_a_clock_after_another_waits_for_what_that_one_waits_for():
    decision = decide(facts(), rule({"after": clock("closed"), "period": 1, "unit": "day"}), "2090-01-01")
    assert (decision.decision, decision.waits_for[0]) == (Verdict.NEEDS_EVENT, "closed")


def test_a_clock_after_a_permanent_one_never_ends():
    decision = decide(facts(), rule({"after": {"permanent": True}, "period": 1, "unit": "day"}), "2090-01-01")
    assert decision.decision is Verdict.PERMANENT


def test_a_maximum_that_runs_after_another_clock_lets_the_record_go_from_its_first_start():
    applied = rule(maximum={"after": clock("left_school", 1), "period": 90, "unit": "day"})
    decision = decide(facts(events=[happened("graduated", "2019-06-15")]), applied, "2019-06-16")
    assert (decision.decision, decision.latest_on) == (Verdict.ELIGIBLE, date(2020, 9, 13))


def test_a_clock_after_another_beyond_the_calendar_never_ends():
    applied = rule({"after": clock("created", 9000), "day": "07-01", "nth": 100, "period": 9000, "unit": "fiscal_year"})
    assert decide(facts(created="2000-01-01"), applied, "9999-12-31").decision is Verdict.RETAIN


def test_the_second_event_by_date_counts_whatever_their_order():
    applied = rule(clock("audits_released", occurrence=2))
    first, second = happened("audits_released", "2018-01-01"), happened("audits_released", "2019-01-01")
    assert decide(facts(events=[first]), applied, "2090-01-01").decision is Verdict.NEEDS_EVENT
    later = happened("audits_released", "2020-01-01")
    decision = decide(facts(events=[later, second, first]), applied, "2019-01-02")
    assert (decision.decision, decision.eligible_on) == (Verdict.ELIGIBLE, date(2019, 1, 2))


def test_only_events_on_a_later_day_than_the_other_follow_it():
    applied = rule(clock("closed", events=["inventory"], following=["retired"], occurrence=1))
    events = [happened("retired", "2018-05-05"), happened("inventory", "2018-05-05")]
    waiting = decide(facts(events=events), applied, "2090-01-01")
    assert (waiting.decision, waiting.waits_for) == (Verdict.NEEDS_EVENT, ("inventory",))
    events += [happened("inventory", "2019-05-05"), happened("inventory", "2020-05-05")]
    assert decide(facts(events=events), applied, "2019-05-06").decision is Verdict.ELIGIBLE


def test_what_must_follow_an_unknown_event_waits_for_that_one():
    applied = rule(clock("closed", events=["inventory"], following=["retired"]))
    decision = decide(facts(events=[happened("inventory", "2019-05-05")]), applied, "2090-01-01")
    assert decision.waits_for == ("retired",)


def test_what_depends_on_a_kept_record_is_kept_although_another_parent_is_gone():
    known = facts(parent_kept=True, events=[happened("parent_disposed", "2018-01-01")])
    assert decide(known, rule(clock("parent_disposed")), "2090-01-01").decision is Verdict.RETAIN


def test_a_later_of_says_what_is_sure_while_it_waits():
    decision = decide(
        facts(created="2020-01-01"), rule({"later_of": [clock("created", 6), clock("term_ended")]}), "2021-01-01"
    )
    assert decision.reasons[-1] == "by what is known, it is kept at least up to 2026-01-01"


def test_what_is_sure_of_one_branch_is_not_said_where_another_may_end_earlier():
    later = {"later_of": [clock("created", 6), clock("term_ended")]}
    decision = decide(facts(created="2020-01-01"), rule({"earlier_of": [later, clock("closed")]}), "2021-01-01")
    assert not any("at least" in reason for reason in decision.reasons)


def test_a_clock_may_count_other_years_than_the_agency():
    applied = rule(clock("created", 1, "fiscal_year", year_end="09-30"))
    assert decide(facts(created="2019-09-30"), applied, "2020-01-01").eligible_on == date(2020, 10, 1)
    moved = rule(clock("fiscal_year_end", year_end="08-31"))
    assert decide(facts(created="2019-09-01"), moved, "2020-01-01").eligible_on == date(2020, 9, 1)


def test_a_branch_with_otherwise_applies_where_no_other_does():
    applied = rule(
        {
            "whichever_applies": [
                {"when": {"result": "denied"}, **clock("created", 2)},
                {"otherwise": True, **clock("created")},
            ]
        }
    )
    denied = facts(created="2019-01-01", attributes={"result": "Denied"})
    assert decide(denied, applied, "2020-01-01").decision is Verdict.RETAIN
    assert decide(facts(created="2019-01-01"), applied, "2020-01-01").decision is Verdict.ELIGIBLE


def test_a_branch_whose_fact_holds_and_that_waits_is_not_overtaken_by_otherwise():
    applied = rule(
        {
            "whichever_applies": [
                {"when": {"online": True}, **clock("unpublished")},
                {"otherwise": True, **clock("created")},
            ]
        }
    )
    online = facts(created="2019-01-01", attributes={"online": True})
    assert decide(online, applied, "2090-01-01").decision is Verdict.NEEDS_EVENT


@pytest.mark.parametrize(("amount", "years"), [(9_999, 1), (10_000, 3), (10_001, 3), (-5, 1)])
def test_a_number_is_compared_with_bounds(amount, years):
    branches = [
        {"when": {"amount": {"at_least": 10_000}}, **clock("created", 3)},
        {"when": {"amount": {"less_than": 10_000}}, **clock("created", 1)},
    ]
    known = facts(created="2019-01-01", attributes={"amount": amount})
    decision = decide(known, rule({"whichever_applies": branches}), "2019-06-01")
    assert decision.eligible_on == date(2019 + years, 1, 2)


def test_a_number_that_is_none_or_not_known_holds_nothing():
    applied = rule({"whichever_applies": [{"when": {"amount": {"at_least": 1}}, **clock("created")}]})
    assert decide(facts(created="2019-01-01"), applied, "2090-01-01").waits_for == ("amount",)
    words = facts(created="2019-01-01", attributes={"amount": "many"})
    assert decide(words, applied, "2090-01-01").decision is Verdict.NEEDS_EVENT


@pytest.mark.parametrize(("made", "verdict"), [("1990-06-30", Verdict.PERMANENT), ("1990-07-01", Verdict.ELIGIBLE)])
def test_a_day_is_compared_with_bounds(made, verdict):
    case = '[[series.case]]\nkind = "applies"\nwhen = { created = { before = 1990-07-01 } }\npermanent = true\n'
    schedule = load(HEAD + SIMPLE + case)
    known = facts(created=made)
    assert decide(known, schedule.rule_for("A-1", known), "2020-01-01").decision is verdict


def test_the_day_of_an_event_or_of_birth_is_compared_as_well():
    branches = [
        {
            "when": {"separated": {"on_or_after": "2020-01-01"}, "birth_date": {"before": "2000-01-01"}},
            **clock("created"),
        }
    ]
    applied = rule({"whichever_applies": branches})
    known = facts(created="2019-01-01", birth_date="1999-12-31", events=[happened("separated", "2020-01-01")])
    assert decide(known, applied, "2090-01-01").decision is Verdict.ELIGIBLE
    earlier = facts(created="2019-01-01", birth_date="1999-12-31", events=[happened("separated", "2019-12-31")])
    assert decide(earlier, applied, "2090-01-01").decision is Verdict.NEEDS_EVENT


def test_a_stated_day_that_cannot_be_true_decides_no_condition():
    branches = [{"when": {"created": {"before": "1990-01-01"}}, **clock("created")}]
    known = facts(created="1969-01-01", captured="2020-01-01")
    assert decide(known, rule({"whichever_applies": branches}), "2090-01-01").decision is Verdict.NEEDS_EVENT


def test_one_of_several_roles_is_enough_and_cases_are_tried_in_order():
    cases = (
        '[[series.case]]\nkind = "role"\nwhen = { role = "superintendent" }\npermanent = true\n'
        '[[series.case]]\nkind = "role"\nwhen = { role = "teacher" }\nminimum = { trigger = "created" }\n'
    )
    schedule = load(HEAD + SIMPLE + cases)
    both = facts(created="2019-01-01", attributes={"role": ["teacher", "superintendent"]})
    assert decide(both, schedule.rule_for("A-1", both), "2090-01-01").decision is Verdict.PERMANENT


def test_a_case_may_be_free_of_the_permission_that_its_series_needs():
    case = (
        '[[series.case]]\nkind = "split"\nwhen = { part = "c" }\npermission_required = false\n'
        'minimum = { trigger = "created" }\n'
    )
    schedule = load(HEAD + "[permission]\nrequired = true\n" + SIMPLE + case)
    for part, needed in (("c", False), ("a", True)):
        known = facts(created="2019-01-01", attributes={"part": part})
        reasons = decide(known, schedule.rule_for("A-1", known), "2090-01-01").reasons
        assert any("permission" in reason for reason in reasons) is needed


def test_an_inactive_schedule_gives_dates_and_no_disposal():
    authority = Authority(edition="1", inactive=True)
    decision = decide(facts(created="2019-01-01"), rule(clock("created"), authority=authority), "2020-01-01")
    assert decision.decision is Verdict.ELIGIBLE
    assert any("no records officer has activated" in reason for reason in decision.reasons)
    assert barriers(authority, date(2020, 1, 1)) != ()
    assert barriers(AUTHORITY, date(2020, 1, 1)) == ()


def test_a_series_whose_rule_is_not_written_schedules_nothing():
    schedule = load(HEAD + SERIES + "unwritten = true\n")
    known = facts(created="1990-01-01")
    assert decide(known, schedule.rule_for("A-1", known), "2090-01-01").decision is Verdict.UNSCHEDULED


@every_case(
    "text",
    [
        HEAD + "inactive = true\nadopted_on = 2020-01-01\n" + SIMPLE,
        HEAD + SIMPLE + "unwritten = true\n",
        HEAD + SIMPLE + SERIES.replace("A-1", "B-2") + 'linked = "A-1"\nunwritten = true\n',
        HEAD + SERIES + 'minimum = { after = { trigger = "created" } }\n',
        HEAD + SERIES + 'minimum = { after = { trigger = "created" }, nth = 2, period = 1, unit = "day" }\n',
        HEAD + SERIES + 'minimum = { after = { trigger = "created" }, period = 1 }\n',
        HEAD + SERIES + 'minimum = { after = [], period = 1, unit = "day" }\n',
        HEAD + SERIES + 'minimum = { trigger = "closed", occurrence = 0 }\n',
        HEAD + SERIES + 'minimum = { trigger = "closed", occurrence = 2, pick = "latest" }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", occurrence = 2 }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", following = ["closed"] }\n',
        HEAD + SERIES + 'minimum = { trigger = "created", period = 1, unit = "year", year_end = "09-30" }\n',
        HEAD
        + SERIES
        + 'minimum = { whichever_applies = [{ otherwise = true, when = { a = 1 }, trigger = "created" }] }\n',
        HEAD + SERIES + 'minimum = { whichever_applies = [{ when = { a = {} }, trigger = "created" }] }\n',
        HEAD
        + SERIES
        + 'minimum = { whichever_applies = [{ when = { a = { at_least = "1" } }, trigger = "created" }] }\n',
        HEAD + SERIES + 'minimum = { whichever_applies = [{ when = { a = { over = 1 } }, trigger = "created" }] }\n',
        HEAD + SIMPLE + "[[series.case]]\nwhen = { a = { at_least = 1, before = 2020-01-01 } }\npermanent = true\n",
        HEAD + SIMPLE + "[[series.case]]\nwhen = { a = [] }\npermanent = true\n",
    ],
)
def test_what_the_language_does_not_have_is_refused_in_one_sentence(text):
    refused(text)


def test_a_refusal_names_the_line_of_the_case_or_example():
    text = HEAD + SIMPLE + '\n[[series.case]]\nkind = "split"\nwhen = { a = 1 }\nminimum = { trigger = "sometime" }\n'
    assert refused(text).fields == {"file": "t.toml", "line": 16, "series": "A-1"}
    text = HEAD + SIMPLE + '\n[[series.example]]\ntoday = 2020-01-01\ndecision = "burn"\n'
    assert refused(text).fields == {"file": "t.toml", "line": 15, "series": "A-1"}


@every_case(
    ("text", "line"),
    [
        (HEAD + "effective = 3\n" + SIMPLE, 7),
        (HEAD + "editon = 3\n" + SIMPLE, 7),
        (HEAD + "inactive = true\nadopted_on = 2020-01-01\n" + SIMPLE, 7),
        (HEAD + "\n[calendars]\n\nleap_day = 3\n" + SIMPLE, 10),
        (HEAD + "[permission]\nrequired = 3\n" + SIMPLE, 8),
        (HEAD + SIMPLE + '[[assign]]\nseries = "A-1"\nkind = "fax"\n', 14),
        (HEAD + SIMPLE + '[[assign]]\nseries = "A-1"\n', 12),
        (HEAD + "name = = 3\n", 7),
    ],
)
def test_a_refusal_outside_any_series_names_its_line_as_well(text, line):
    assert refused(text).fields == {"file": "t.toml", "line": line}


def test_headers_that_stand_in_a_text_give_no_wrong_line():
    error = refused(HEAD + SERIES + "scope = '''\n[[series]]\n'''\nminimum = 3\n")
    assert "line" not in error.fields


def test_a_place_without_a_line_stays_as_it_is():
    place = Place(file="t.toml", line=3)
    assert place.at(NOWHERE) == place
    assert place.at(Block(line=4)).line == 4
    assert place.of_key("nothing") == place


def test_a_file_of_a_million_headers_is_refused_in_time():
    with pytest.raises(InvalidInput):
        load_schedule(b"[[series]]\n" * 300_000, "t.toml")


def test_a_rule_says_which_events_and_facts_it_asks_for():
    text = (
        'minimum = { later_of = [{ trigger = "age_reached", age = 18 }, { trigger = "closed", events = ["case_closed"],'
        ' following = ["created", "retired"], if_any = "litigation" }, { after = { longer_authorised = { trigger ='
        ' "calendar_year_end" } }, day = "07-01" }] }\n'
        '[[series.case]]\nwhen = { part = "a", made = { before = 2020-01-01 } }\n'
        'maximum = { extended_by_consent = { trigger = "last_entry" } }\n'
    )
    rule_of = load(HEAD + SERIES + text).series[0].rule
    asked = asked_by(rule_of)
    assert asked.facts == ("birth_date", "created", "last_entry", "litigation", "made", "part")
    assert asked.events == (
        "case_closed", "consent_to_longer_retention", "last_activity", "last_contact", "last_entry",
        "longer_retention", "retired",
    )  # fmt: skip


def test_a_record_may_go_with_a_series_of_another_schedule():
    general = load(HEAD + SIMPLE + "linked_by_fact = true\n")
    other = load(HEAD.replace('"t"', '"u"') + SERIES.replace("A-1", "B-2") + "permanent = true\n")
    at = datetime(2024, 1, 1, tzinfo=UTC)
    book = RuleBook(
        tuple(LoadedSchedule(id=one.name, schedule=one, loaded_at=at, current=True) for one in (general, other))
    )
    for linked, verdict in (("B-2", Verdict.PERMANENT), ("C-3", Verdict.ELIGIBLE), (None, Verdict.ELIGIBLE)):
        known = facts(created="2019-01-01", linked_series=linked)
        assert decide(known, book.rule_for("A-1", known), "2090-01-01").decision is verdict
    assert book.rule_for("C-3", facts()) is None
