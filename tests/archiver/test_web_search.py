"""The search page and the API beside it: narrowing, groups, reasons, coverage, and lists without a limit."""

from __future__ import annotations

import html
import json
import re

import pytest

from archiver.access import Role
from archiver.web.search_page import PageAsked, asked_from
from tests.archiver.web_site import OTHER, OWN, add_record, letter, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        for number in range(23):
            owner = running.custodians[OWN if number % 3 else OTHER]
            add_record(running.installation, owner, letter(f"Minutes {number}", "the board about the heronry"))
        unread = letter("A scan", "heronry too", unsearchable=("the attachment is encrypted",))
        add_record(running.installation, running.custodians[OTHER], unread)
        running.installation.follower().catch_up()
        yield running


def narrowing(page: str) -> list[tuple[str, int]]:
    links = re.findall(r'<li><a href="(/search\?[^"]+)"><bdi>.*?</bdi></a> <span class="tally">([\d,]+)</span>', page)
    return [(html.unescape(link), int(count.replace(",", ""))) for link, count in links]


def test_each_count_leads_to_the_records_that_it_counted(site):
    links = narrowing(site.get("/search?q=heronry+OR+late").text)
    assert len(links) >= 2
    for link, count in links:
        page = site.get(link).text
        assert f">{count} record{'' if count == 1 else 's'}" in page, link


def test_the_choices_of_an_address_are_those_of_its_links():
    asked = PageAsked(text="a b", page=3, sort="relevance", group="near", why=True, counts=True, superseded=True)
    pairs = [tuple(one.split("=")) for one in asked.address(page=3).removeprefix("/search?").split("&")]
    assert asked_from([(name, value.replace("+", " ")) for name, value in pairs]) == asked
    assert PageAsked(text="x", page=3).address(sort="relevance") == "/search?q=x&sort=relevance"
    assert asked_from([("sort", "x"), ("group", "y"), ("page", "z"), ("why", "1"), ("w", "v")]) == PageAsked()


def test_a_thread_is_shown_once_with_the_way_to_all_of_it(site):
    page = site.get("/search?q=heronry&group=thread").text
    assert re.search(r"24 records in \d+ groups?", page)
    link = html.unescape(re.search(r'<a href="(/search\?q=id[^"]+)">All (\d+) in this thread', page)[1])
    count = int(re.search(r">All (\d+) in this thread", page)[1])
    assert f"{count} records" in site.get(link).text


def test_the_page_says_why_where_that_is_asked_for(site):
    assert "It matches because of" not in site.get("/search?q=heronry").text
    page = site.get("/search?q=heronry+from:rivera&why=yes").text
    assert "<code>from:rivera</code>: <bdi>Rivera</bdi> (from)" in page
    assert '<input type="hidden" name="why" value="yes">' in page


def test_a_mistyped_word_is_suggested_as_a_link(site):
    page = site.get("/search?q=heronryx").text
    assert '<a href="/search?q=heronry"><code>heronry</code></a>' in page


def test_a_part_that_excludes_everything_is_named(site):
    page = site.get("/search?q=heronry+before:2001").text
    assert "Without <code>before:2001-01-01</code> there are 24 records." in page


def test_what_could_not_be_searched_is_listed_by_reason(site):
    assert '<a href="/search/coverage">' in site.get("/search?q=heronry").text
    page = site.get("/search/coverage").text
    assert "25 of 26 records" not in page
    link = html.unescape(re.search(r'<a href="(/search/coverage\?reason=encrypted)"', page)[1])
    assert re.search(r'<a href="/records/rec_\w+">', site.get(link).text)


def test_an_employee_is_told_of_no_gap_of_others(site):
    page = site.get("/search/coverage", Role.EMPLOYEE).text
    assert "reason=encrypted" not in page
    assert site.get("/search/coverage?reason=encrypted", Role.EMPLOYEE).text.count("/records/") == 0


@pytest.mark.parametrize("reason", ["nonsense", "<b>"])
def test_a_reason_that_is_none_is_refused(site, reason):
    assert site.get(f"/search/coverage?reason={reason}").status_code == 422


def test_every_id_is_listed_as_text_and_as_objects_with_an_end(site):
    plain = site.get("/api/v1/search/ids?q=heronry")
    assert plain.headers["content-type"].startswith("text/plain")
    ids = plain.text.splitlines()
    assert len(set(ids)) == len(ids) == 24
    lines = [json.loads(one) for one in site.get("/api/v1/search/ids?q=heronry&form=ndjson").text.splitlines()]
    assert [one["id"] for one in lines[:-1]] == ids
    assert lines[-1]["total"] == 24
    assert lines[-1]["coverage"]["records"] == 26


def test_a_list_of_ids_of_a_query_that_is_none_is_a_problem(site):
    answer = site.get("/api/v1/search/ids?q=(heronry")
    assert answer.status_code == 422
    assert answer.json()["position"] == 0


def test_a_hit_has_only_the_fields_that_are_wanted(site):
    (one,) = site.get("/api/v1/search?q=heronry&limit=1&fields=subject,why&why=true").json()["hits"]
    assert set(one) == {"id", "subject", "why"}
    assert site.get("/api/v1/search?q=heronry&fields=body").status_code == 422


def test_counts_of_everything_need_no_query_but_hits_do(site):
    assert site.get("/api/v1/search?facets=all&limit=0").json()["facets"]["kind"]["values"][0]["count"] == 26
    assert site.get("/api/v1/search").json()["parameter"] == "q"


def test_the_coverage_is_that_of_who_asks(site):
    assert site.get("/api/v1/search/coverage").json()["unread"] == {"encrypted": 1}
    assert site.get("/api/v1/search/coverage", Role.EMPLOYEE).json()["unread"] == {}
