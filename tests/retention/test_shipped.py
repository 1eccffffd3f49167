"""The schedules that come with the program are examples: inactive, verified, sourced and right."""

from __future__ import annotations

from datetime import date

from retention.checking import run_examples
from retention.evaluation import barriers
from retention.schedule import Schedule, load_schedule
from retention.schedules import EXAMPLE, read_example, read_shipped, shipped_names
from retention.series import Confidence
from tests.every_case import every_case

MADE_UP = EXAMPLE.removesuffix(".toml")
OWN = (MADE_UP, "transport-copies")
PUBLISHED = tuple(name for name in shipped_names() if name not in OWN)
SUPERSEDED = {"new-york-ed1-superseded", "texas-local-2003-superseded"}


def _load(name: str) -> Schedule:
    return load_schedule(read_shipped(name) or b"", name)


def test_the_issuers_are_those_that_could_be_read():
    places = {"washington", "florida", "new-york", "illinois", "wisconsin", "massachusetts", "texas", "federal"}
    assert {place for place in places if any(name.startswith(place) for name in PUBLISHED)} == places


@every_case("name", shipped_names())
def test_every_example_comes_out(name):
    assert run_examples(_load(name)) == ()


@every_case("name", PUBLISHED)
def test_every_entry_is_verified_and_has_edition_source_and_two_examples(name):
    schedule = _load(name)
    assert schedule.edition
    assert schedule.source
    assert [one.id for one in schedule.series if one.confidence is not Confidence.VERIFIED or one.unwritten] == []
    assert [one.id for one in schedule.series if len(one.examples) < 2] == []


@every_case("name", PUBLISHED)
def test_none_is_in_force_and_none_takes_a_record_by_itself(name):
    schedule = _load(name)
    assert schedule.authority.inactive
    assert schedule.authority.adopted_on is None
    assert barriers(schedule.authority, date(2026, 1, 1))
    assert (schedule.assignments, schedule.default_series) == ((), None)


@every_case("name", PUBLISHED)
def test_what_was_superseded_is_marked(name):
    assert _load(name).authority.superseded is (name in SUPERSEDED)


def test_no_series_stands_in_two_of_them():
    ids = [series.id for name in shipped_names() for series in _load(name).series]
    assert len(ids) == len(set(ids))
    print(f"{len(PUBLISHED)} published schedules, {len(ids)} series with the made-up ones")  # noqa: T201 - asked for


def test_a_name_that_is_none_of_them_reads_no_file():
    assert read_shipped("../schedules/florida") is None
    assert read_shipped("florida.toml") is None
    assert read_shipped(MADE_UP) == read_example()
