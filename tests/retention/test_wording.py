from __future__ import annotations

from retention.expressions import read_expression
from retention.reading import Place
from retention.rules import DEFAULT_CALENDARS
from retention.schedule import load_schedule
from retention.schedules import read_shipped, shipped_names
from retention.wording import calendars_in_words, in_words, rule_in_words
from tests.every_case import every_case
from tests.retention.builders import clock


@every_case(
    ("tree", "words"),
    [
        (clock("created", 3, "fiscal_year"), "3 fiscal years after the day it was made or sent"),
        (clock("closed", 1, events=["case_closed"]), "1 year after case closed"),
        (clock("value_ended"), "until value ended"),
        (clock("age_reached", age=21, unit="school_year"), "to the end of the school year of the day the person is 21"),
        (
            clock("fiscal_year_end", 5, of="received"),
            "5 years after the end of the fiscal year of the day it was received",
        ),
        (clock("fixed_day", day="07-01", nth=2), "until the second 07-01 after the day it was made or sent"),
        (clock("closed", events=["a"], following=["b"], occurrence=4), "until the 4th a after b"),
        (clock("closed", events=["a"], pick="earliest"), "until the earliest a"),
        (clock("closed", events=["a"], if_any="c"), "until a (only where any c is known)"),
        (
            clock("created", 1, "fiscal_year", year_end="09-30"),
            "1 fiscal year after the day it was made or sent (years that end on 09-30)",
        ),
        ({"later_of": [clock("value_ended"), clock("immediate")]}, "the later of (until value ended; until receipt)"),
        (
            {"earlier_of": [clock("value_ended"), clock("immediate")]},
            "the earlier of (until value ended; until receipt)",
        ),
        (
            {"all_of": [clock("value_ended"), clock("immediate")]},
            "until value ended, provided that also (until receipt)",
        ),
        (
            {"after": clock("value_ended"), "period": 1, "unit": "day", "day": "01-01"},
            "until value ended, then to the first 01-01 after that, then 1 day",
        ),
        (
            {"after": clock("value_ended"), "period": 0, "unit": "calendar_month"},
            "until value ended, then to the end of that calendar month",
        ),
        ({"longer_authorised": clock("value_ended")}, "until value ended, longer where longer retention says so"),
        ({"extended_by_consent": clock("value_ended")}, "until value ended, longer with consent to longer retention"),
        ({"permanent": True}, "permanently"),
        (
            {
                "whichever_applies": [
                    {"when": {"a": ["x", "y"], "b": {"at_least": 1, "less_than": 5}}, **clock("value_ended")},
                    {"otherwise": True, **clock("immediate")},
                ]
            },
            (
                "whichever applies of (where a is x or y and b is at least 1 and less than 5 until value ended;"
                " otherwise until receipt)"
            ),
        ),
    ],
)
def test_every_kind_of_tree_has_words(tree, words):
    assert in_words(read_expression(tree, Place(file="t"), "minimum")) == words


def test_every_rule_that_came_with_the_program_has_words():
    for name in shipped_names():
        for series in load_schedule(read_shipped(name), name).series:
            assert series.rule is None or all(rule_in_words(series.rule))


def test_the_years_of_the_agency_have_words():
    assert "06-30" in calendars_in_words(DEFAULT_CALENDARS)
