"""Forwards that the reader was not developed with, and the causes of what it misread of them."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.accuracy import TARGET, outcome
from benchmarks.accuracy_held_out import held_out_cases, held_out_section
from ingest.formats.addresses import parse_addresses
from ingest.formats.forwarded import InlineForward, find_forward
from ingest.formats.html_text import html_to_text
from ingest.formats.printed_dates import read_date
from storage.records import Party

LETTERHEAD = "From: Jo Day <jo@far.example>\nSent: Wednesday, April 6, 2022 10:23 AM\nTo: a@near.example\n"
NOT_READ = {("second_round: Vietnamese words, vi", "from"), ("second_round: Vietnamese words, vi", "date")}


def _found(text: str, subject: str = "Fwd: Boiler") -> InlineForward:
    found = find_forward(text, subject)
    assert found is not None
    return found


def _sender(value: str) -> Party | None:
    return _found(LETTERHEAD.replace("Jo Day <jo@far.example>", value) + "Subject: Boiler\n\nBody\n").original.sender


def test_every_fact_but_those_known_to_be_missing_is_right():
    cases = list(held_out_cases())
    not_right = {(case.name, fact.name) for case in cases for fact in case.facts if outcome(fact) != "right"}
    assert not_right == NOT_READ
    assert len(cases) >= 300


def test_nothing_is_invented_and_the_target_is_kept():
    counts = Counter(outcome(fact) for case in held_out_cases() for fact in case.facts)
    assert counts["invented"] == 0
    assert counts["right"] / counts.total() >= TARGET


def test_the_report_sets_the_first_run_beside_this_one():
    lines = held_out_section(list(held_out_cases()), outcome)
    assert any(line.startswith("| **first round** | 257 | 1905 | 1802 | 28 | 68 | 7 | 94.6% | ") for line in lines)


def test_a_report_with_other_cases_than_those_of_the_first_run_is_refused():
    with pytest.raises(ValueError, match="other cases"):
        held_out_section(list(held_out_cases())[1:], outcome)


def test_an_indented_body_that_was_html_does_not_run_into_the_subject():
    markup = f"<div>{LETTERHEAD.replace('<', '&lt;').replace(chr(10), '<br>')}Subject: Boiler</div>"
    found = _found(html_to_text(f"<body>{markup}<div><blockquote>The whole body.<br>More.</blockquote></div>")[0])
    assert found.original.subject == "Boiler"
    assert found.body == "The whole body.\nMore."


@pytest.mark.parametrize("fold", ["\t", " "])
def test_a_folded_subject_is_joined(fold: str):
    assert _found(f"{LETTERHEAD}Subject: Boiler and\n{fold}keys\n\nBody\n").original.subject == "Boiler and keys"


@pytest.mark.parametrize(
    "value",
    [
        "list@far.example [mailto:list@far.example] On Behalf Of Jo Day",
        "list@far.example [mailto:list@far.example] *On Behalf Of *Jo Day",
        "List <list@far.example> im Auftrag von Jo Day",
        "list@far.example <list@far.example> En nombre de Jo Day",
    ],
)
def test_who_a_mail_was_sent_for_is_its_sender(value: str):
    assert _sender(value) == Party(name="Jo Day")


def test_a_name_that_speaks_of_behalf_is_left_alone():
    assert _sender("Office on behalf of Jo <o@far.example>") == Party(
        name="Office on behalf of Jo", address="o@far.example"
    )


def test_an_address_cut_behind_its_hyphen_is_joined_without_a_blank():
    text = (
        LETTERHEAD.replace("a@near.example", "b@near.example; all-\nstaff@near.example") + "Subject: Boiler\n\nBody\n"
    )
    assert [party.address for party in _found(text).original.to] == ["b@near.example", "all-staff@near.example"]


def test_a_marker_broken_over_two_lines_is_no_comment():
    found = _found(
        f"----- Forwarded message from Jo Day\n<jo@far.example> -----\n\n{LETTERHEAD}Subject: Boiler\n\nBody\n"
    )
    assert found.comment is None


def test_labels_without_colons_are_read_below_a_marker():
    head = _found('------ Forwarded Message ------\nFrom "Jo Day" <jo@far.example>\nTo a@b.example\nSubject Boiler\n')
    assert (head.original.sender, head.original.subject) == (Party(name="Jo Day", address="jo@far.example"), "Boiler")


def test_prose_below_a_marker_is_no_letterhead():
    assert find_forward("------ Forwarded Message ------\nFrom here it is\nTo the gym\nSubject to rain\n", "x") is None


@pytest.mark.parametrize(
    "text",
    [
        "Neue Anfrage\n\nVon: Sam\nE-Mail: sam@far.example\nBetreff: Frage\nDatum: heute\nAn: Schule\n",
        "From: 2 pm\nTo: 3 pm\nDate: next term\nSubject: chess\n",
    ],
)
def test_labels_of_a_form_or_notice_are_no_forward(text: str):
    assert find_forward(text, "Notice") is None


def test_a_name_of_notes_is_no_address():
    assert parse_addresses("Jo Day/North/District@District") == (Party(name="Jo Day/North/District@District"),)


def test_a_comment_in_a_name_is_kept_as_printed():
    assert parse_addresses("Day, Jo(South) <jo@far.example>; Kit (x)") == (
        Party(name="Day, Jo(South)", address="jo@far.example"),
        Party(name="Kit (x)"),
    )


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("26/3/5 오후 2:07 (GMT+09:00)", "ko", "2026-03-05T14:07:00+09:00"),
        ("٥ مارس ٢٠٢٦ في ٢:٠٧:٣٢ م غرينتش+٣", "ar", "2026-03-05T14:07:32+03:00"),
        ("чт, 5.03.2026 г. в 14:07 ч.", "bg", "2026-03-05T14:07:00"),
        ("יום ה׳, 5 במרץ 2026 ב-14:07", "he", "2026-03-05T14:07:00"),
        ("3/5/2026 2:07:32 PM", "en", None),
    ],
)
def test_a_date_is_read_as_its_language_prints_it(text: str, language: str, expected: str | None):
    assert read_date(text, [language]) == expected
