"""`archiver search` as the command contract says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.searching import not_looked_into
from tests.archiver.commands import CUSTODIAN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office
    from tests.archiver.conftest import Filled

HIT_FIELDS = {
    "id",
    "kind",
    "sent_at",
    "captured_at",
    "from",
    "to",
    "subject",
    "custodian",
    "channel",
    "platform",
    "snippet",
}


def test_a_search_says_what_it_found_and_how_complete_it_was(filled: Filled):
    found = filled.office.json("search", "walrus")
    assert set(found) >= {"query", "total", "coverage", "hits"}
    assert found["query"] == "walrus"
    assert found["total"] == len(found["hits"]) == 1
    assert set(found["coverage"]) >= {"records", "indexed", "unsearchable"}
    assert found["coverage"]["records"] == found["coverage"]["indexed"] == 5


def test_a_hit_has_every_field_of_the_contract(filled: Filled):
    (hit,) = filled.office.json("search", "walrus")["hits"]
    assert set(hit) >= HIT_FIELDS
    assert (hit["kind"], hit["channel"], hit["subject"]) == ("email", "cli", "Walrus")
    assert "jane.doe@mail.example" in hit["from"]
    assert "walrus" in hit["snippet"]
    assert hit["custodian"] == "jane@agency.example"


def test_the_text_of_an_attachment_is_found(filled: Filled):
    assert filled.office.json("search", '"07 55"')["total"] == 1


def test_what_was_quarantined_is_not_found(filled: Filled):
    assert filled.office.json("search", "from:stranger")["total"] == 0


def test_the_total_is_exact_whatever_the_page(filled: Filled):
    found = filled.office.json("search", "subject:box", "--limit", "1", "--offset", "1")
    assert (found["total"], len(found["hits"])) == (3, 1)


def test_ids_are_printed_one_a_line_without_limit(filled: Filled):
    answer = filled.office.run("search", "--ids", "subject:box")
    listed = answer.out.splitlines()
    assert answer.status == 0
    assert len(listed) == len(set(listed)) == 3
    assert all(one.startswith("rec_") for one in listed)


def test_a_list_of_ids_says_beside_it_what_was_not_looked_into():
    coverage = {"records": 5_000, "indexed": 4_000, "unsearchable": 2, "complete": False}
    missing, unread = not_looked_into(coverage)
    assert missing.startswith("1,000 of 5,000 records are not indexed yet")
    assert unread.startswith("2 records have")
    assert not_looked_into({**coverage, "indexed": 5_000, "unsearchable": 0}) == []


def test_ids_of_an_archive_with_unread_parts_are_printed_with_a_note(office: Office, tmp_path: Path):
    (tmp_path / "sound.bin").write_bytes(bytes(range(256)))
    office.json("ingest", str(tmp_path / "sound.bin"), "--custodian", CUSTODIAN)
    answer = office.run("search", "--ids", "kind:document")
    assert answer.out.startswith("rec_")
    assert "1 record has parts whose text could not be read" in answer.err


@pytest.mark.parametrize("query", ["(walrus", 'a AND "', "", "AND", "before:yesterweek"])
def test_a_query_that_cannot_be_understood_is_a_usage_error(filled: Filled, query: str):
    answer = filled.office.run("search", query, "--json")
    assert answer.status == 2
    assert answer.error["kind"] == "invalid_input"


def test_a_query_with_an_error_says_where_it_is(filled: Filled):
    assert isinstance(filled.office.run("search", "(walrus", "--json").error["position"], int)


def test_an_unknown_engine_is_a_usage_error(filled: Filled):
    assert filled.office.run("search", "walrus", "--engine", "guess").status == 2


def test_the_number_alone_is_printed(filled: Filled):
    assert filled.office.run("search", "subject:box", "--count").out == "3\n"
    counted = filled.office.json("search", "subject:box", "--count")
    assert (set(counted), counted["total"]) == ({"query", "total", "coverage"}, 3)


def test_ids_are_written_to_a_new_file(filled: Filled, tmp_path: Path):
    file = tmp_path / "ids"
    written = filled.office.json("search", "subject:box", "--export-ids", str(file))
    assert written["total"] == len(file.read_text("ascii").splitlines()) == 3
    assert filled.office.run("search", "subject:box", "--export-ids", str(file)).status == 2
    assert filled.office.run("search", "subject:box", "--export-ids", str(tmp_path / "no" / "ids")).status == 2


def test_counts_reasons_and_groups_are_printed_for_people(filled: Filled):
    answer = filled.office.run("search", "walrus", "--facets=kind,custodian", "--why", "--group", "thread")
    assert "*Walrus*" in answer.out
    assert "because walrus:" in answer.out
    assert "custodian:jane@agency.example" in answer.out
    assert "1 group" in answer.out


def test_all_records_are_counted_without_a_query(filled: Filled):
    facets = filled.office.json("search", "--facets", "--limit", "0")["facets"]
    assert sum(one["count"] for one in facets["kind"]["values"]) == 5


@pytest.mark.parametrize("arguments", [(), ("--facets", "walrus"), ("walrus", "--facets=size"), ("--ids",)])
def test_what_is_wanted_has_to_be_said(filled: Filled, arguments: tuple[str, ...]):
    assert filled.office.run("search", *arguments).status == 2


def test_nothing_found_names_the_word_that_may_be_meant(filled: Filled):
    assert "walrus stands in 1" in filled.office.run("search", "walruss subject:walrus").out


def test_quiet_still_prints_the_result(filled: Filled):
    answer = filled.office.run("search", "walrus", "--quiet")
    assert "Walrus" in answer.out
    assert answer.err == ""


def test_the_folder_of_the_archive_can_come_from_the_environment(filled: Filled):
    from tests.archiver.commands import run  # noqa: PLC0415 - the only test without --data

    assert run("search", "walrus", "--json", ARCHIVER_DATA=str(filled.office.folder)).document["total"] == 1


def test_times_are_told_in_the_archives_zone(filled):
    line = next(one for one in filled.office.run("search", "walrus").out.splitlines() if one.startswith("rec_"))
    assert "  2026-03-02T10:00  " in line
