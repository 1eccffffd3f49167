"""Two editions side by side: which series changed, in what, and what a record's first day does."""

from __future__ import annotations

from datetime import date

import pytest

from retention.comparing import Change, DateChange, compare_schedules, date_change, same_rule
from retention.evaluation import Decision, Verdict
from retention.facts import Facts
from retention.schedule import Schedule, load_schedule

HEAD = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
"""
LETTERS = """[[series]]
id = "LETTERS"
title = "Letters"
citation = "Act 1"
minimum = { trigger = "created", period = 2, unit = "fiscal_year" }
steps = ["destroy"]
"""
COPIES = """[[series]]
id = "COPIES"
title = "Copies of letters"
citation = "Act 2"
linked = "LETTERS"
"""


def schedule(text: str = HEAD + LETTERS + COPIES, **replaced: str) -> Schedule:
    for old, new in replaced.items():
        assert OLD[old] in text
        text = text.replace(OLD[old], new)
    return load_schedule(text.encode(), "s.toml")


OLD = {
    "edition": 'edition = "1"\n',
    "years": "period = 2",
    "unit": 'unit = "fiscal_year"',
    "title": 'title = "Letters"',
    "steps": 'steps = ["destroy"]',
    "letters": LETTERS,
    "copies": COPIES,
}


def changed(**replaced: str) -> dict[str, tuple[Change, tuple[str, ...], bool]]:
    found = compare_schedules(schedule(), schedule(**replaced))
    return {one.id: (one.change, one.parts, one.moves_dates) for one in found.series}


def test_the_same_file_changes_nothing():
    found = compare_schedules(schedule(), schedule())
    assert (found.series, found.head, found.counts()["unchanged"]) == ((), (), 2)


def test_without_an_earlier_edition_every_series_is_added_with_its_words():
    found = compare_schedules(None, schedule())
    assert found.counts() == {"added": 2, "removed": 0, "changed": 0, "unchanged": 0}
    assert found.series[0].after == ("keep 2 fiscal years after the day it was made or sent; then destroy",)


def test_a_changed_period_is_told_in_words_before_and_after():
    found = compare_schedules(schedule(), schedule(years="period = 7"))
    (letters, copies) = found.series
    assert (letters.before, letters.after) == (
        ("keep 2 fiscal years after the day it was made or sent; then destroy",),
        ("keep 7 fiscal years after the day it was made or sent; then destroy",),
    )
    assert copies.after[0] == "takes the rule of series LETTERS"


def test_a_series_changes_with_the_one_that_it_takes_its_rule_from():
    assert changed(years="period = 7") == {
        "LETTERS": (Change.CHANGED, ("rule",), True),
        "COPIES": (Change.CHANGED, ("rule",), True),
    }


def test_a_series_that_is_taken_out_is_removed_and_a_new_one_added():
    other = COPIES.replace("COPIES", "DRAFTS")
    assert changed(copies=other) == {"DRAFTS": (Change.ADDED, (), True), "COPIES": (Change.REMOVED, (), True)}


def test_another_title_moves_no_date():
    assert changed(title='title = "Letters and notes"') == {"LETTERS": (Change.CHANGED, ("title",), False)}


def test_other_steps_are_another_rule():
    assert changed(steps='steps = ["archival_review", "destroy"]')["LETTERS"][1] == ("rule",)


def test_another_end_of_the_fiscal_year_is_told_with_the_calendars():
    later = HEAD + '[calendars]\nfiscal_year_end = "08-31"\n' + LETTERS
    found = compare_schedules(schedule(HEAD + LETTERS), schedule(later))
    (one,) = found.series
    assert (one.parts, one.moves_dates) == (("calendars",), True)
    assert "08-31" in one.after[-1]
    assert [what for what, _, _ in found.head] == ["calendars"]


def test_a_permission_that_is_needed_now_is_told():
    later = HEAD + '[permission]\nrequired = true\nfrom = "Board"\n' + LETTERS
    (one,) = compare_schedules(schedule(HEAD + LETTERS), schedule(later)).series
    assert (one.parts, one.moves_dates) == (("permission",), False)


def test_the_head_tells_adoption_expiry_and_who_is_given_what_by_rule():
    later = HEAD.replace('"1"', '"2"') + 'adopted_on = 2026-01-01\nexpires = 2030-12-31\ndefault_series = "LETTERS"\n'
    later += '[[assign]]\nseries = "COPIES"\nkind = "page"\n' + LETTERS + COPIES
    head = {what: (before, after) for what, before, after in compare_schedules(schedule(), schedule(later)).head}
    assert head == {
        "edition": ("1", "2"),
        "adopted_on": (None, "2026-01-01"),
        "expires": (None, "2030-12-31"),
        "default_series": (None, "LETTERS"),
        "assign": ("0 rules", "1 rules, not the same"),
    }


def test_remarks_of_whoever_wrote_the_file_change_nothing():
    later = LETTERS + 'words = "Keep two years."\nsource = "page 4"\nconfidence = "V"\n'
    assert compare_schedules(schedule(HEAD + LETTERS), schedule(HEAD + later)).series == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("2027-07-01", "2027-07-01", DateChange.SAME),
        ("2027-07-01", "2027-06-30", DateChange.EARLIER),
        ("2027-07-01", "2029-07-01", DateChange.LATER),
        (None, "2029-07-01", DateChange.DATED),
        ("2027-07-01", None, DateChange.UNDATED),
        (None, None, DateChange.SAME),
    ],
)
def test_what_a_first_day_does(before, after, expected):
    assert date_change(_decision(before), _decision(after)) is expected


def _decision(day: str | None) -> Decision:
    return Decision(decision=Verdict.RETAIN, eligible_on=None if day is None else date.fromisoformat(day))


def test_rules_of_two_editions_that_say_the_same_are_the_same():
    first, second = (one.rule_for("LETTERS", Facts()) for one in (schedule(), schedule(edition='edition = "2"\n')))
    assert first != second
    assert same_rule(first, second)


@pytest.mark.parametrize(
    "replaced",
    [
        {"years": "period = 3"},
        {"unit": 'unit = "year"'},
        {"steps": 'steps = ["archival_review", "destroy"]'},
        {"edition": 'edition = "2"\nexpires = 2027-01-01\n'},
        {"edition": 'edition = "2"\nadopted_on = 2027-01-01\n'},
    ],
)
def test_rules_that_decide_otherwise_on_some_day_are_not_the_same(replaced):
    first, second = (one.rule_for("LETTERS", Facts()) for one in (schedule(), schedule(**replaced)))
    assert not same_rule(first, second)


def test_no_rule_is_the_same_as_no_rule_only():
    one = schedule().rule_for("LETTERS", Facts())
    assert same_rule(None, None)
    assert not same_rule(one, None)
    assert not same_rule(None, one)
