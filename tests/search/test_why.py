"""Why a record matches: by the naive matcher what matches, by the record's own words what stands there."""

from __future__ import annotations

from datetime import UTC, datetime

from search.leaf_text import said_leaf
from search.naive_matcher import matches
from search.projection import project
from search.why import reasons_for
from storage.records import Letterhead, Party
from tests.every_case import every_case
from tests.search.building import ASKED, ZONE, described, parse

ONE = described(
    original=Letterhead(
        sender=Party(name="Ana Ortiz", address="ana@z.example"),
        to=(Party(name="Dana Rivera", address="dana@district.example"),),
        subject="Roof of the school",
    ),
    text="The school boards met about the leaking roof.",
    names=("plan.pdf",),
    sent_at=datetime(2025, 3, 5, 12, tzinfo=UTC),
)


def why(query: str) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    found = reasons_for(parse(query), ONE, ONE.description, project(ONE), lambda leaf: leaf)
    return [
        (("" if one.wanted else "-") + said_leaf(one.leaf, ZONE), {each.place: each.words for each in one.standing})
        for one in found
    ]


@every_case(
    ("query", "expected"),
    [
        ("roof", [("roof", {"subject": ("Roof",), "text": ("roof",)})]),
        ("roof gutter", [("roof", {"subject": ("Roof",), "text": ("roof",)})]),
        ('"school board"', [('"school board"', {"text": ("school boards",)})]),
        ('"leaking met"~5', [('"leaking met"~5', {"text": ("met", "leaking")})]),
        ("from:ortiz", [("from:ortiz", {"from": ("Ortiz",)})]),
        ("ana", [("ana", {"from": ("Ana",)})]),
        ("participant:rivera", [("participant:rivera", {"to": ("Rivera",), "custodian": ("Rivera",)})]),
        ("filename:plan", [("filename:plan", {"filename": ("plan",)})]),
        ("le?king", [("le?king", {"text": ("leaking",)})]),
        ("has:attachment", [("has:attachment", {"has": ()})]),
        ("roof -gutter", [("roof", {"subject": ("Roof",), "text": ("roof",)}), ("-gutter", {})]),
        ("kind:email", [("kind:email", {"kind": ("email",)})]),
        ("sent:2025-03", [("sent:2025-03-01..2025-03-31", {"sent": ("2025-03-05T12:00:00+00:00",)})]),
        ("gutter", []),
    ],
)
def test_each_part_that_holds_is_told_with_the_words_that_stand_there(query, expected):
    told = why(query)
    assert [one for one, _ in told] == [one for one, _ in expected]
    for (_, found), (_, wanted) in zip(told, expected, strict=True):
        assert found == wanted


@every_case("query", dict.fromkeys(ASKED))
def test_a_record_that_matches_has_a_reason_and_one_that_does_not_has_none(query):
    asked = parse(query)
    told = reasons_for(asked, ONE, ONE.description, project(ONE), lambda leaf: leaf)
    assert bool(told) is matches(asked, project(ONE))
