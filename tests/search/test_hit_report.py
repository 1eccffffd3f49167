"""A report counts what each term finds, what it alone finds, and the families; lists are read as people write them."""

from __future__ import annotations

import pytest

from search.frozen_ids import unpacked
from search.hit_report import HitCount
from search.hit_report_terms import MOST_TERMS, read_terms, terms_of
from storage.errors import InvalidInput

A, B, C, D = (unpacked(bytes(15) + bytes([number])) for number in range(4))


def counted(*found: list[str]) -> HitCount:
    count = HitCount()
    for one in found:
        count.add(one)
    return count


def test_a_hit_that_one_term_alone_finds_is_unique_to_it():
    count = counted([A, B], [B, C], [])
    terms, everybody = count.by_term([{A: "cus_1", B: "cus_2"}, {C: "cus_1"}])
    assert [(one.hits, one.unique) for one in terms] == [(2, 1), (2, 1), (0, 0)]
    assert [dict(one.custodians) for one in terms] == [{"cus_1": 1, "cus_2": 1}, {"cus_2": 1, "cus_1": 1}, {}]
    assert (count.total, dict(everybody)) == (3, {"cus_1": 2, "cus_2": 1})


def test_a_record_that_a_term_finds_twice_counts_once():
    terms, _ = counted([A, A]).by_term([{A: "cus_1"}])
    assert (terms[0].hits, terms[0].unique) == (1, 1)


def test_families_are_the_records_of_the_threads_of_the_hits():
    count = counted([A], [C])
    marks = [(A, b"one"), (B, b"one"), (C, b""), (D, b"other")]
    found = count.in_families([marks[0], marks[2]], marks)
    assert (found.total, found.by_term) == (3, (2, 1))


def test_a_line_is_a_query_or_a_name_and_a_query():
    terms = read_terms(b"# the terms\n\nwalrus\r\nBudget  \t subject:budget \n#homecoming\n")
    assert [(one.line, one.name, one.query, one.fault) for one in terms] == [
        (3, "walrus", "walrus", None),
        (4, "Budget", "subject:budget", None),
        (5, "#homecoming", "#homecoming", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_that_a_spreadsheet_saved_is_read(encoding):
    (term,) = read_terms("Straße\tcustodian:müller\r\n".encode(encoding))
    assert (term.name, term.query) == ("Straße", "custodian:müller")


def test_a_line_that_is_no_text_is_told_and_the_others_stand():
    terms = read_terms(b"walrus\n\xff\xfezz\nroof\n")
    assert [one.fault is None for one in terms] == [True, False, True]
    assert terms[2].line == 3


def test_a_name_without_a_query_is_told():
    (term,) = read_terms(b"name\t \n")
    assert term.fault is not None


@pytest.mark.parametrize("content", [b"", b"\n \n# nothing\n", b"\xef\xbb\xbf"])
def test_a_list_without_a_search_is_refused(content):
    with pytest.raises(InvalidInput, match="no search"):
        read_terms(content)


def test_too_many_terms_are_refused_and_never_cut():
    with pytest.raises(InvalidInput, match="10,001"):
        read_terms(b"x\n" * (MOST_TERMS + 1))


def test_an_odd_end_of_utf_16_is_refused_or_read_and_never_a_fault():
    (term,) = read_terms(b"\xff\xfew\x00a\x00")
    assert term.query == "wa"
    with pytest.raises(InvalidInput):
        read_terms(b"\xff\xfew\x00a")


def test_terms_that_were_given_one_by_one_are_numbered():
    assert [(one.line, one.query) for one in terms_of(("a", "b"))] == [(1, "a"), (2, "b")]
