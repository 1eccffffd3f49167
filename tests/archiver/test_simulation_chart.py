"""The chart of a simulation: an SVG that is well-formed, says in words what it draws, and needs no colour."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

import pytest

from archiver.simulation_chart import chart
from archiver.simulation_text import simulation_text, size_text
from retention.evaluation import Decision, Verdict
from retention.simulating import FREE, Foresight, Horizon, Kept, difference

SVG = "{http://www.w3.org/2000/svg}"
TODAY = date(2026, 11, 21)
HOSTILE = 'Letters <script>alert("x")</script> & "so" \x1b[2J\x07'


def horizon(years: int = 10) -> Horizon:
    return Horizon(today=TODAY, years=years)


def counted(taken: list[tuple[str, str, Kept]], years: int = 10) -> dict:
    sight = Foresight(horizon(years))
    for group, day, kept in taken:
        sight.take(group, Decision(decision=Verdict.RETAIN, eligible_on=date.fromisoformat(day)), kept, 1_500)
    return sight.to_json()


def document(present: dict, proposed: dict | None = None, *, name: str | None = "Letters") -> dict:
    def named(side: dict | None) -> dict | None:
        groups = [] if side is None else [{"id": one, "name": name, **told} for one, told in side["groups"].items()]
        return None if side is None else {**side, "groups": groups}

    return {
        "today": "2026-11-21",
        "until": "2036-11-21",
        "years": 10,
        "by": "series",
        "present": named(present),
        "proposed": named(proposed),
        "difference": None if proposed is None else named(difference(present, proposed)),
        "dates": None if proposed is None else {"earlier": 0, "later": 1, "dated": 0, "undated": 0, "same": 2},
    }


TAKEN = [("A", "2027-07-01", FREE), ("A", "2027-07-09", FREE), ("B", "2028-01-01", Kept(held=True))]


def drawn(one: dict, years: int = 10) -> ET.Element:
    return ET.fromstring(chart(one, horizon(years).months()))


def texts(root: ET.Element, tag: str = "text") -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}{tag}")]


def bars(root: ET.Element) -> list[ET.Element]:
    return [one for one in root.iter(f"{SVG}rect") if one.find(f"{SVG}title") is not None]


def test_it_has_a_title_and_a_description_that_name_it():
    root = drawn(document(counted(TAKEN)))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert root[0].text == "Records that become eligible from 2026-11-21 to 2036-11-21, by series"
    assert "3 records; 2 eligible, 1 held, 1 under hold" in (root[1].text or "")


def test_every_group_and_month_with_records_has_a_bar_that_says_how_many():
    said = [one.find(f"{SVG}title").text for one in bars(drawn(document(counted(TAKEN))))]
    assert said == ["A Letters, 2027-07: 2", "kept by a hold, 2028-01: 1"]


def test_the_present_stands_above_the_proposal_on_one_scale():
    root = drawn(document(counted(TAKEN), counted([("A", "2029-07-01", FREE)])))
    heads = [one for one in texts(root) if one.startswith(("Present:", "Proposal:"))]
    assert heads == ["Present: 2 become eligible, 1 kept by holds", "Proposal: 1 become eligible"]
    tall = {one.find(f"{SVG}title").text: float(one.get("height")) for one in bars(root)}
    assert tall["A Letters, 2027-07: 2"] == pytest.approx(2 * tall["A Letters, 2029-07: 1"])


def test_groups_are_told_apart_without_colour():
    root = drawn(document(counted([(f"S{number}", "2027-07-01", FREE) for number in range(7)])))
    hatchings = [
        None if (path := pattern.find(f"{SVG}path")) is None else path.get("d")
        for pattern in root.iter(f"{SVG}pattern")
    ]
    assert len(hatchings) == len(set(hatchings)) == 7


def test_what_is_held_is_outlined_and_not_filled():
    held = bars(drawn(document(counted(TAKEN))))[-1]
    assert (held.get("fill"), held.get("stroke-dasharray")) == ("#ffffff", "4,2")


def test_small_groups_are_drawn_together():
    root = drawn(document(counted([(f"S{number:02d}", "2027-07-01", FREE) for number in range(20)])))
    assert "13 others" in texts(root)
    assert len(bars(root)) == 8
    assert bars(root)[-1].find(f"{SVG}title").text == "13 others, 2027-07: 13"


def test_a_series_that_is_called_as_a_layer_is_drawn_as_itself():
    root = drawn(document(counted([("held", "2027-07-01", FREE), ("expected", "2027-07-01", FREE)])))
    assert [one.get("fill") for one in bars(root)] == ["url(#p0)", "url(#p1)"]


def test_hostile_names_are_text_and_nothing_else():
    made = chart(document(counted(TAKEN), name=HOSTILE), horizon().months())
    root = ET.fromstring(made)
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg", "title", "desc", "defs", "pattern", "rect", "path", "text", "g", "line",
    }  # fmt: skip
    assert any(one.startswith("A Letters <script>") for one in texts(root))
    assert not any(name.lower().startswith("on") or "href" in name for one in root.iter() for name in one.attrib)
    assert b"\x1b" not in made
    assert b"<script" not in made


def test_more_months_than_fit_are_drawn_as_years():
    root = drawn(document(counted([("A", "2027-07-01", FREE), ("A", "2027-12-01", FREE)], years=40)), years=40)
    assert [one.find(f"{SVG}title").text for one in bars(root)] == ["A Letters, 2027: 2"]
    assert "records a year; eligible is not yet destroyed" in texts(root)


def test_nothing_to_draw_is_a_chart_too():
    root = drawn(document(counted([]), counted([])))
    assert bars(root) == []


def test_no_bar_leaves_its_panel():
    root = drawn(document(counted([("A", "2027-07-01", FREE)] * 1_037 + [("B", "2027-07-01", Kept(held=True))] * 9)))
    assert min(float(one.get("y")) for one in bars(root)) >= 76
    assert "1,250" in texts(root)


def test_a_table_tells_present_proposal_and_difference():
    told = simulation_text(document(counted(TAKEN), counted([("A", "2029-07-01", FREE)])))
    rows = [line.split() for line in told.splitlines()]
    assert ["become", "eligible", "2", "3.0", "kB", "1", "1.5", "kB", "-1"] in rows
    assert ["A", "Letters", "2027", "eligible", "2", "0", "-2"] in rows
    assert ["2029", "eligible", "0", "1", "+1"] in rows


def test_a_table_of_months_names_each_month():
    rows = [line.split() for line in simulation_text(document(counted(TAKEN)), by_month=True).splitlines()]
    assert ["A", "Letters", "2027-07", "eligible", "2"] in rows
    assert ["B", "Letters", "2028-01", "held", "1"] in rows


def test_a_custodian_is_shown_by_his_address_alone():
    told = simulation_text({**document(counted(TAKEN), name="kim@agency.example"), "by": "custodian"})
    assert ["kim@agency.example", "become", "eligible", "2"] in [line.split() for line in told.splitlines()]


def test_a_table_of_nothing_says_so():
    assert "Nothing becomes eligible" in simulation_text(document(counted([])))


@pytest.mark.parametrize(
    ("size", "expected"), [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2_500_000, "2.5 MB"), (10**18, "1,000.0 PB")]
)
def test_sizes_are_told_in_decimal_units(size, expected):
    assert size_text(size) == expected
