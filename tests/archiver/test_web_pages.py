"""What people see: the search page and its pager, records, receipts; and the pure parts behind them."""

from __future__ import annotations

import html
import re

import pytest

from archiver.access import Role
from archiver.web.paging import Pager, read_page
from archiver.web.sentences import (
    coverage_sentences,
    employee_coverage_sentences,
    query_place,
    searchable_sentences,
)
from storage.records import Forward, ForwardMethod
from tests.archiver.web_site import OWN, add_record, letter, running_site
from tests.every_case import every_case


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        for number in range(45):
            add_record(
                running.installation, running.custodians[OWN], letter(f"Minutes {number}", "paging board minutes")
            )
        running.installation.follower().catch_up()
        yield running


PAGES = ["/", "/sign-in", "/search", "/search?q=route", "/search?q=(", "/quarantine", "/nonrecords", "/nope"]


@every_case("path", PAGES)
def test_every_page_has_language_title_one_heading_and_landmarks(site, path):
    page = site.get(path).text

    assert '<html lang="en">' in page
    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert '<a class="skip" href="#main">' in page
    assert re.search(r"<title>\S.* · Unnamed agency records archive</title>", page)
    assert "<script" not in page
    assert "style=" not in page


def test_titles_tell_pages_apart(site):
    paths = [*PAGES, f"/records/{site.own.record}", f"/receipts/{site.own.submission}"]
    titles = [re.search(r"<title>(.*?)</title>", site.get(path).text)[1] for path in paths]

    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/search?q=route"])
def test_every_field_that_is_shown_has_a_label(site, path):
    page = site.get(path).text
    labels = set(re.findall(r'<label for="([^"]+)"', page))
    fields = {
        re.search(r'id="([^"]+)"', tag)[1]
        for tag in re.findall(r"<(?:input|select)[^>]*>", page)
        if 'type="hidden"' not in tag
    }

    assert fields
    assert fields == labels


def test_the_box_keeps_the_query_and_hits_are_marked(site):
    page = site.get('/search?q="late again"&sort=relevance').text

    assert 'value="&#34;late again&#34;"' in page
    assert "<mark>late again</mark>" in page
    assert '<option value="relevance" selected>' in page


def test_a_result_says_how_many_there_are_and_what_was_searched(site):
    page = site.get("/search?q=paging").text

    assert "45 records" in page
    assert "showing 1–20" in page
    assert "Searched all 47 records." in page


def test_the_pager_reaches_every_hit_once(site):
    seen: list[str] = []
    for number in (1, 2, 3):
        page = site.get(f"/search?q=paging&page={number}").text
        seen += re.findall(r'<h3><a href="/records/(\w+)"', page)

    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "٣", "9" * 30])
def test_a_page_number_that_is_none_is_the_first(site, number):
    assert "showing 1–20" in site.get(f"/search?q=paging&page={number}").text


def test_a_page_beyond_the_last_leads_back(site):
    page = site.get("/search?q=paging&page=400").text

    assert "There is no such page" in page
    assert "page=3" in page


def test_an_error_in_the_query_shows_its_place_and_keeps_the_query(site):
    answer = site.get("/search?q=bus+(route")

    assert answer.status_code == 422
    assert "at character 5" in answer.text
    assert 'bus <mark class="wrong">(</mark>route' in answer.text
    assert 'value="bus (route"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_an_empty_search_shows_examples_that_work(site):
    page = site.get("/search").text
    examples = re.findall(r'<dt><a href="(/search\?q=[^"]+)"', page)

    assert len(examples) == 12
    assert {site.get(example).status_code for example in examples} == {200}


def test_nothing_found_says_so_and_helps(site):
    page = site.get("/search?q=zeppelin").text

    assert "Nothing found" in page
    assert "Searched all 47 records." in page
    assert "budget*" in page


def test_a_record_shows_headers_text_provenance_retention_and_custody(site):
    forward = Forward(method=ForwardMethod.INLINE, by="dana@mail.example", comment="for the file")
    description = letter(
        "Lights", "first line\n  second line", forward=forward, asserted=("printed by a mail program",)
    )
    made = add_record(site.installation, site.custodians[OWN], description)
    page = site.get(f"/records/{made.record}").text

    assert "Pat Rivera" in page
    assert "Mar 2, 2026, 2:05 PM PST" in page
    assert re.search(r'<pre class="mail"[^>]*>first line\n  second line</pre>', page)
    assert "for the file" in page
    assert page.index("Verified: we measured it") < page.index("Asserted: somebody says so")
    assert "printed by a mail program" in page[page.index("Asserted: somebody says so") :]
    assert "Unscheduled" in page
    assert "record.archived" in page
    assert "record.viewed" in page
    assert f"/receipts/{made.submission}" in page


def test_a_receipt_names_digest_size_outcome_and_records(site):
    page = site.get(f"/receipts/{site.own.submission}").text
    document = site.get(f"/api/v1/submissions/{site.own.submission}/receipt").json()

    assert document["sha256"] in page
    assert f"{document['size']} bytes" in page
    assert "archived" in page
    assert f"/records/{site.own.record}" in page


def test_a_receipt_s_page_says_every_fact_and_leads_to_the_proof(site):
    path = f"/api/v1/submissions/{site.own.submission}/receipt"
    page = html.unescape(site.get(f"/receipts/{site.own.submission}").text)
    document = site.get(path).json()

    named = ("agency", "archive", "received_at", "channel", "submitter", "fingerprint", "key")
    assert [name for name in named if document[name] not in page] == []
    assert document["custodian"]["address"] in page
    assert f'href="{path}"' in page


def test_a_record_that_is_not_there_is_a_page_that_leads_on(site):
    answer = site.get("/records/rec_none")

    assert answer.status_code == 404
    assert 'href="/"' in answer.text


def test_looking_at_a_page_of_a_record_is_an_event(site):
    def views() -> int:
        return site.get(f"/records/{site.other.record}", Role.OFFICER).text.count("record.viewed")

    assert views() + 1 == views()


@every_case(
    ("page", "total", "offered"),
    [
        (1, 0, (1,)),
        (1, 20, (1,)),
        (1, 21, (1, 2)),
        (5, 200, (1, None, 3, 4, 5, 6, 7, None, 10)),
        (1, 20_000, (1, 2, 3, None, 1000)),
        (1000, 20_000, (1, None, 998, 999, 1000)),
        (4, 140, (1, 2, 3, 4, 5, 6, 7)),
        (50, 40, (1, 2)),
    ],
)
def test_a_pager_offers_first_last_and_what_is_near(page, total, offered):
    assert Pager(page=page, total=total).offered == offered


def test_a_pager_counts_hits_from_one():
    last = Pager(page=3, total=45)

    assert (last.offset, last.first_hit, last.last_hit, last.last) == (40, 41, 45, 3)
    assert read_page("12") == 12


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ((0, 0, 0), ("The archive holds no records yet.",)),
        ((1, 1, 0), ("Searched the only record.",)),
        ((20_000, 20_000, 0), ("Searched all 20,000 records.",)),
        (
            (3, 3, 1),
            (
                "Searched all 3 records.",
                "1 of them has a part whose text could not be read and cannot be found by its words.",
            ),
        ),
        (
            (3, 2, 0),
            ("Searched 2 of 3 records: 1 record was not searched yet and may be missing here; try again in a moment.",),
        ),
    ],
)
def test_coverage_is_said_in_sentences(counts, says):
    coverage = dict(zip(("records", "indexed", "unsearchable"), counts, strict=True))

    assert coverage_sentences(coverage) == says


def test_an_employee_is_told_of_gaps_without_counts():
    behind = employee_coverage_sentences({"records": 7_777, "indexed": 7_000, "unsearchable": 55})

    assert "not searched yet" in behind[0]
    assert not any(character.isdigit() for character in "".join(behind))


def test_the_home_page_says_when_the_index_is_behind():
    assert "2 records cannot" in searchable_sentences({"records": 5, "indexed": 3, "unsearchable": 0})[0]
    assert searchable_sentences({"records": 0, "indexed": 0, "unsearchable": 0}) == ()


def test_the_place_of_an_error_is_shown_only_where_it_is_inside():
    assert query_place("abc", 1) == ("a", "b", "c")
    assert query_place("abc", 3) == ("abc", "", "")
    assert query_place("abc", 4) is None
    assert query_place("abc", None) is None


def test_a_record_that_cannot_be_opened_is_not_said_to_come_in_a_moment():
    coverage = {"records": 4, "indexed": 3, "unsearchable": 0, "unreadable": 1}
    first, *further = coverage_sentences(coverage)
    assert first == "Searched 3 of 4 records."
    assert "cannot be opened" in further[0]


def test_an_index_of_another_version_is_told_unless_it_is_being_built_anew():
    coverage = {"records": 2, "indexed": 2, "unsearchable": 0, "outdated": True}
    assert any("Another version" in one for one in coverage_sentences(coverage))
    building = coverage | {"rebuild": {"indexed": 1, "records": 2}}
    assert not any("Another version" in one for one in coverage_sentences(building))
