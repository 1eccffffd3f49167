"""What a search tells, to whom, and that it is an event before it is told."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from archiver.access import Principal, Role
from archiver.api.search import while_waited_for
from archiver.search_asking import Asked, understand
from archiver.search_facets import FACETS
from archiver.search_scope import scope_of
from archiver.search_view import HitView, Shown
from archiver.searching import left_out_of, search_coverage, search_ids, search_records
from search.stopping import SearchStopped, Stop
from storage.errors import Denied, InvalidInput
from storage.events import EventKind
from storage.records import Component, ComponentRole, Letterhead, Party
from storage.shredding import Shredder
from tests.archiver.web_site import OTHER, OWN, add_record, letter, make_installation

OFFICER = Principal(actor="user:officer", name="o", role=Role.OFFICER, grants=frozenset())
OPERATOR = Principal(actor="operator:test", name="test", role=Role.OPERATOR)
HOSTILE = '<b onload="x">heronry</b> \u202e\x1b[31m heronry'


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    installation = make_installation(tmp_path_factory.mktemp("house"))
    add = installation.archive.custodians.add
    owners = {one: add(one, name=name, actor="operator:test").id for one, name in ((OWN, "Dana Ito"), (OTHER, "Lee"))}
    for number in range(6):
        mail = letter(f"Minutes {number}", f"The board met about the heronry, {number}. " + "filler " * 80 + "heronry")
        add_record(installation, owners[OWN], mail)
    head = Letterhead(
        sender=Party(name="Ana Heron", address="ana@far.example"), to=(Party(address=OTHER),), subject="Gutters"
    )
    file = Component(
        id="cmp_f",
        role=ComponentRole.ATTACHMENT,
        media_type="text/plain",
        name="heron-plan.txt",
        size=1,
        sha256="0" * 64,
    )
    add_record(installation, owners[OTHER], letter("", "Nothing of it here.", original=head, components=(file,)))
    add_record(installation, owners[OTHER], letter(HOSTILE[:20], HOSTILE))
    installation.follower().catch_up()
    yield installation, owners
    installation.close()


def find(house: Any, text: str | None, who: Principal = OFFICER, **wishes: Any) -> dict[str, Any]:
    return search_records(house[0], who, text, **wishes)


def employee(house: Any) -> Principal:
    return Principal(actor="user:dana", name="Dana", role=Role.EMPLOYEE, custodian_id=house[1][OWN])


def searches(house: Any) -> list[Any]:
    archive = house[0].archive
    with archive.store.read() as connection:
        return archive.ledger.events_after(connection, -1, kinds=(EventKind.SEARCH_MADE,), limit=100_000)


def test_hits_in_text_come_in_as_many_pieces_as_are_wished(house):
    (one,) = find(house, 'heronry "minutes 3"', snippets=3)["hits"]
    assert [[run for run, hit in piece if hit] for piece in one["snippets"]] == [["heronry"], ["heronry"]]
    assert [run for run, hit in one["subject_parts"] if hit] == ["Minutes 3"]
    assert find(house, 'heronry "minutes 3"', snippets=0)["hits"][0]["snippets"] == []


def test_hits_in_names_of_people_and_files_are_told_beside_the_text(house):
    (one,) = find(house, "heron plan ana")["hits"]
    beside = {each["where"]: [run for run, hit in each["parts"] if hit] for each in one["beside"]}
    assert beside == {"from": ["Ana", "Heron", "ana"], "filename": ["heron", "plan"]}


def test_what_a_hostile_text_says_is_told_as_text_without_signs_that_steer(house):
    (one,) = find(house, "onload")["hits"]
    shown = "".join(run for run, _ in one["snippet_parts"])
    assert '<b onload="x">heronry</b>' in shown
    assert not {"\u202e", "\x1b"} & set(shown)


def test_why_names_the_parts_that_hold_and_the_words_that_stand_there(house):
    (one,) = find(house, "from:ana (heron* OR gutter OR walrus) -minutes", why=True)["hits"]
    told = {each["asked"]: {place["where"]: place["words"] for place in each["found"]} for each in one["why"]}
    assert told["from:ana"] == {"from": ["Ana", "ana"]} or told["from:ana"] == {"from": ["Ana"]}
    assert told["heron*"]["filename"] == ["heron"]
    assert told["gutter"] == {"subject": ["Gutters"]}
    assert "walrus" not in told
    assert told["-minutes"] == {}


def test_each_count_of_a_facet_is_what_its_clause_finds(house):
    facets = find(house, "heronry OR heron", facets=FACETS, limit=0)["facets"]
    assert list(facets) == list(FACETS)
    assert {one["label"]: one["count"] for one in facets["custodian"]["values"]} == {"Dana Ito": 6, "Lee": 2}
    for facet in facets.values():
        for one in facet["values"]:
            assert find(house, f"(heronry OR heron) {one['clause']}")["total"] == one["count"], one


def test_counts_of_all_records_need_no_query(house):
    assert find(house, None, facets=("kind",), limit=0)["facets"]["kind"]["values"][0]["count"] == 8


def test_facets_are_left_out_where_more_is_found_than_is_wished(house):
    assert "facets" not in find(house, "heronry", facets=FACETS, facets_up_to=3)
    assert "facets" in find(house, "heronry", facets=FACETS, facets_up_to=100)


def test_groups_have_their_own_total_beside_that_of_records(house):
    found = find(house, "heronry", group="thread", limit=1)
    assert found["total"] == 7
    assert found["groups"]["total"] <= 2
    assert found["hits"][0]["group"]["count"] >= 1
    every = find(house, "heronry", group="thread")["hits"]
    assert sum(one["group"]["count"] for one in every) == 7


def test_a_word_that_may_be_meant_is_suggested_with_the_query_that_it_makes(house):
    (one,) = find(house, "heronryy minutes")["suggestions"]
    assert (one["meant"], one["query"]) == ("heronry", "heronry minutes")


def test_who_may_see_only_some_records_gets_no_words_of_the_index(house):
    assert find(house, "gutterz", employee(house))["suggestions"] == []
    assert find(house, "gutterz")["suggestions"]


def test_the_parts_that_exclude_everything_are_named_with_what_there_is_without_them(house):
    found = find(house, "heronry minutes before:2001-01-01")
    assert found["excluding"] == [{"clause": "before:2001-01-01", "total": 6}]


def test_an_employee_is_told_of_nothing_but_his_own(house):
    who = employee(house)
    found = find(house, "heronry OR heron", who, facets=FACETS, group="duplicate", why=True)
    assert found["total"] == 6
    assert {one["custodian"] for one in found["hits"]} == {OWN}
    assert [one["value"] for one in found["facets"]["custodian"]["values"]] == [OWN]
    assert "series" not in found["facets"]
    assert found["coverage"]["records"] == found["coverage"]["indexed"] == 6
    assert len(list(search_ids(house[0], who, "heronry OR heron")[1])) == 6
    assert search_coverage(house[0], who)["records"] == 6
    assert find(house, "gutters", who)["excluding"] == []


@pytest.mark.parametrize("text", ["is:held", "hold:any", "series:none", "-is:eligible", "roof OR is:restricted"])
def test_an_employee_cannot_ask_for_what_he_is_not_told(house, text):
    with pytest.raises(Denied):
        find(house, text, employee(house))


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("heronry", {}),
        ("heronry", {"limit": 0}),
        ("heronry", {"limit": 0, "facets": ("kind",)}),
        ("heronryy", {}),
        ("heronry", {"group": "near"}),
        (None, {"facets": ("month",)}),
    ],
)
def test_every_search_is_an_event(house, text, wishes):
    before = len(searches(house))
    find(house, text, **wishes)
    assert len(searches(house)) == before + 1


def test_a_list_of_ids_is_an_event_before_its_first_id_is_told(house):
    before = len(searches(house))
    _, ids = search_ids(house[0], OFFICER, "heronry")
    assert len(searches(house)) == before + 1
    assert len(list(ids)) == 7


@pytest.mark.parametrize(
    "wishes",
    [
        {"sort": "size"},
        {"limit": 1_001},
        {"offset": -1},
        {"snippets": 21},
        {"group": "size"},
        {"facets": ("size",)},
        {"engine": "guess"},
    ],
)
def test_a_wish_that_cannot_be_is_refused(house, wishes):
    with pytest.raises(InvalidInput):
        find(house, "heronry", **wishes)


def test_a_search_that_was_stopped_tells_nothing_and_is_no_event(house):
    stop = Stop()
    stop.ask()
    before = len(searches(house))
    with pytest.raises(SearchStopped):
        find(house, "heronry", stop=stop)
    assert len(searches(house)) == before


def _no_time_for(monkeypatch, *names: str) -> None:
    """Let these steps find that the time is over."""

    def over(*arguments: Any, **_: Any) -> None:
        (asked,) = [one for one in arguments if isinstance(one, Asked)]
        asked.stop.ask()
        asked.stop.check()

    for name in names:
        monkeypatch.setattr(f"archiver.searching.{name}", over)


def test_an_answer_without_what_it_had_no_time_for_says_so_and_keeps_its_hits(house, monkeypatch):
    whole = find(house, "heronry", facets=("kind",))
    assert "left_out" not in whole
    _no_time_for(monkeypatch, "facet_documents", "suggestions")
    found = find(house, "heronry", facets=("kind",))
    assert found["left_out"] == ["facets"]
    assert (found["total"], found["hits"]) == (whole["total"], whole["hits"])
    nothing = find(house, "heronryy")
    assert (nothing["total"], nothing["left_out"], nothing["suggestions"]) == (0, ["hints"], [])
    assert len(left_out_of(nothing)) == len(left_out_of(found)) == 1


def test_hits_for_whose_marks_there_is_no_time_are_shown_without(house, monkeypatch):
    whole, view = find(house, "heronry"), HitView.hit
    assert len(whole["hits"]) > 1
    marked: list[Shown] = []

    def slow(self: HitView, one: Shown) -> dict[str, Any]:
        if self._seekers and marked:
            raise SearchStopped("over")
        marked.append(one)
        return view(self, one)

    monkeypatch.setattr(HitView, "hit", slow)
    found = find(house, "heronry")
    assert found["left_out"] == ["marks"]
    assert [one["id"] for one in found["hits"]] == [one["id"] for one in whole["hits"]]
    assert found["hits"][0] == whole["hits"][0]
    assert not [part for one in found["hits"][1:] for part in one["subject_parts"] + one["snippet_parts"] if part[1]]


def test_the_whole_search_is_refused_where_its_page_takes_too_much(house):
    class UsedUp(Stop):
        processor_seconds = property(lambda _: 0.0, lambda *_: None)  # type: ignore[assignment]

    before = len(searches(house))
    with pytest.raises(SearchStopped, match="more work than it may"):
        find(house, "heronry", stop=UsedUp())
    assert len(searches(house)) == before


def test_a_search_ends_when_the_other_side_hangs_up():
    class HungUp:
        async def is_disconnected(self) -> bool:
            return True

    def search(stop: Stop) -> None:
        asked = threading.Event()
        with stop.ending(asked.set):
            asked.wait()
        stop.check()

    with pytest.raises(SearchStopped):
        asyncio.run(while_waited_for(HungUp(), search))  # type: ignore[arg-type]


def test_what_is_destroyed_is_hidden_and_asked_of_the_index_until_that_has_gone_on(tmp_path):
    installation = make_installation(tmp_path)
    try:
        owner = installation.archive.custodians.add(OWN, name="Dana", actor="operator:test").id
        gone, kept = (add_record(installation, owner, letter("x", "heronry")).record for _ in range(2))
        assert search_coverage(installation, OPERATOR)["records"] == 2
        with installation.archive.store.write() as transaction:
            Shredder(installation.archive).decide(transaction, [gone], "operator:test")
        assert search_coverage(installation, OPERATOR)["records"] == 1
        behind = scope_of(installation, OPERATOR)
        assert behind.allowed.without == {gone}
        assert [one["id"] for one in search_records(installation, OPERATOR, "heronry")["hits"]] == [kept]
        installation.follower().catch_up()
        assert scope_of(installation, OPERATOR).allowed.without == {gone}
        installation.indexes.forget([gone])
        add_record(installation, owner, letter("y", "heronry"))
        installation.follower().catch_up()
        assert search_records(installation, OPERATOR, "heronry")["total"] == 2
    finally:
        installation.close()


def test_a_query_is_understood_in_the_archives_zone_and_years(house):
    assert understand(house[0], "on:2026-03-02") == understand(house[0], "on:2026-03-02..2026-03-02")
