"""`archiver hits` and `archiver batch`: many searches at once, counted, written for affidavits, checked offline."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pypdfium2
import pytest

from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.search_work_scene import OTHER, opened, user

TERMS = (
    "# terms of the parties\nwalrus\nBudget\tsubject:budget\n=cmd|x\tbudget\nbad\t(roof\n\nKrysha\tкрыша\nHan\t預算\n"
)


@pytest.fixture
def office(searched, tmp_path) -> Office:
    return Office(folder=shutil.copytree(searched, tmp_path / "archive"))


@pytest.fixture
def terms(tmp_path) -> str:
    path = tmp_path / "terms.txt"
    path.write_text(TERMS, "utf-8")
    return str(path)


def test_each_term_has_hits_unique_hits_and_custodians(office):
    found = office.json("hits", "walrus", "budget", "heffalump")
    assert [(one["query"], one["hits"], one["unique"]) for one in found["terms"]] == [
        ("walrus", 2, 1),
        ("budget", 2, 1),
        ("heffalump", 0, 0),
    ]
    assert found["total"] == 3
    assert found["terms"][1]["custodians"] == [
        {"custodian": OTHER, "name": "Bob Ray", "hits": 1},
        {"custodian": CUSTODIAN, "name": "Jane Doe", "hits": 1},
    ]
    assert [(one["custodian"], one["hits"]) for one in found["custodians"]] == [(CUSTODIAN, 2), (OTHER, 1)]
    assert (found["coverage"]["indexed"], found["families"]) == (4, None)


def test_families_are_counted_where_they_are_asked_for(office):
    found = office.json("hits", "walrus", "bus", "--family")
    assert [one["family"] >= one["hits"] for one in found["terms"]] == [True, True]
    assert found["families"] >= found["total"] == 3


def test_a_term_that_cannot_be_understood_keeps_no_other_from_being_counted(office, terms):
    found = office.json("hits", "--file", terms, status=6)
    problems = {one["name"]: (one["line"], one["place"]) for one in found["terms"] if one["problem"]}
    assert problems == {"bad": (5, 0)}
    assert [one["hits"] for one in found["terms"]] == [2, 1, 2, None, 0, 0]


def test_the_files_say_the_same_and_are_checked_offline(office, terms, tmp_path):
    folder = tmp_path / "report"
    found = office.json("hits", "--file", terms, "--to", str(folder), "--title", "Doe v. District", status=6)
    key = tmp_path / "key.txt"
    key.write_text(office.run("ledger", "key").out)
    assert office.json("verify", "bundle", str(folder / "hits.json"), "--key", str(key))["trusted"]
    signed = json.loads((folder / "hits.json").read_bytes())
    assert signed["report"]["terms"] == found["terms"]
    rows = list(csv.reader(io.StringIO((folder / "hits.csv").read_text("utf-8-sig"))))
    assert [row[:3] for row in rows[1:4]] == [
        ["2", "walrus", "walrus"],
        ["3", "Budget", "subject:budget"],
        ["4", "'=cmd|x", "budget"],
    ]
    assert rows[1][4:6] == ["2", "1"]
    rows = list(csv.reader(io.StringIO((folder / "hits-by-custodian.csv").read_text("utf-8-sig"))))
    assert ["2", "walrus", "walrus", CUSTODIAN, "Jane Doe", "2"] in rows
    signed["report"]["terms"][0]["hits"] = 3
    (folder / "hits.json").write_text(json.dumps(signed))
    assert office.json("verify", "bundle", str(folder / "hits.json"), status=6)["faults"]


def test_the_paper_shows_terms_counts_and_how_complete_the_search_was(office, terms, tmp_path):
    office.run("hits", "--file", terms, "--to", str(tmp_path / "report"), "--title", "Doe v. District")
    content = (tmp_path / "report" / "hits.pdf").read_bytes()
    pages = pypdfium2.PdfDocument(content)
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)
    for said in (
        "Doe v. District",
        "subject:budget",
        "=cmd|x",
        "Of 4 records that were to be searched, 4 were in the index",
        "1 of the terms could not be understood",
        "This archive was made for tests",
        "hits.json, SHA-256",
    ):
        assert said in text
    signed = json.loads((tmp_path / "report" / "hits.json").read_bytes())
    assert signed["fingerprint"] in text


def test_who_sees_less_counts_less(office):
    vera = user(office, "vera", "reviewer")
    (one,) = office.run("search", "roof", "--ids").out.split()
    office.json("restrict", "add", "--record", one, "--class", "personnel")
    found = office.json("hits", "budget", "roof", "--as", "vera", **vera)
    assert [one["hits"] for one in found["terms"]] == [1, 0]
    assert [each["custodian"] for each in found["custodians"]] == [CUSTODIAN]
    assert office.json("hits", "budget")["total"] == 2


def test_an_employee_makes_no_report_and_may_search_a_list(office, terms):
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    assert office.run("hits", "walrus", "--as", "jane", **jane).status == 4
    found = office.json("batch", terms, "--as", "jane", status=6, **jane)
    assert [one["total"] for one in found["answers"]] == [2, 1, 1, None, 0, 0]


def test_a_report_is_an_event_and_so_is_each_search(office):
    office.json("hits", "walrus", "budget")
    installation = opened(office)
    try:
        ledger = installation.archive.ledger
        with installation.archive.store.read() as connection:
            events = ledger.events_after(connection, ledger.head(connection).size - 4)
            payload = ledger.payload(connection, events[-1].position)
    finally:
        installation.close()
    assert [one.event.kind.value for one in events] == ["search.made", "search.made", "search.reported"]
    assert (payload["terms"], payload["total"]) == (2, 3)


@pytest.mark.parametrize(("words", "status"), [([], 2), (["x", "--file", "y"], 2), (["--file", "absent.txt"], 3)])
def test_what_is_no_list_of_terms_is_refused(office, words, status):
    assert office.run("hits", *words).status == status


def test_a_batch_tells_each_line_and_where_one_is_wrong(office, terms):
    found = office.json("batch", terms, status=6)
    assert [one["total"] for one in found["answers"]] == [2, 1, 2, None, 0, 0]
    assert (found["searches"], found["failed"]) == (6, 1)
    wrong = found["answers"][3]
    assert (wrong["line"], wrong["error"]["position"]) == (5, 0)
    assert "line 5, character 1" in office.run("batch", terms).out


def test_a_batch_writes_every_id_and_names_no_file_by_what_was_asked(office, terms, tmp_path):
    folder = tmp_path / "out"
    office.json("batch", terms, "--to", str(folder), status=6)
    assert sorted(one.name for one in folder.iterdir()) == [f"line-{line:05}.txt" for line in (2, 3, 4, 7, 8)]
    assert (folder / "line-00002.txt").read_text() == office.run("search", "walrus", "--ids").out


@pytest.mark.parametrize("content", [b"", b"# nothing\n"])
def test_a_list_without_a_search_is_refused(office, tmp_path, content):
    (tmp_path / "terms.txt").write_bytes(content)
    assert office.run("batch", str(tmp_path / "terms.txt")).status == 2
    assert office.run("batch", str(tmp_path)).status == 2
