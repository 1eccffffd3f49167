"""Forwards of every client in every language, generated."""

from __future__ import annotations

import pytest

from ingest.formats.forwarded import InlineForward, find_forward
from tests.corpus.forward_grid import BODY, CLIENTS, RECIPIENTS, SENDER, SUBJECT, WHEN, Generated, generated
from tests.corpus.forward_words import PRINTED
from tests.every_case import every_case

GRID = {case.name: case for case in generated()}
COMMENT = "For the file, please.\n\nMaria\n--\nDistrict office"


def _parties(parties) -> tuple:
    return tuple((party.name, party.address) for party in parties)


def _read(case: Generated, text: str) -> InlineForward:
    found = find_forward(text, case.subject)
    assert found is not None
    return found


@every_case("name", GRID)
def test_the_letterhead_is_read_as_printed(name: str):
    case = GRID[name]
    head = _read(case, case.text).original
    assert _parties((head.sender,)) == (SENDER,)
    assert _parties(head.to) == case.to
    assert _parties(head.cc) == case.cc
    assert head.subject == SUBJECT
    assert head.date is not None
    assert head.date.startswith(case.date)


def test_the_comment_above_is_kept_apart_and_whole():
    for case in GRID.values():
        assert _read(case, f"{COMMENT}\n\n{case.text}").comment == COMMENT, case.name


def test_the_text_below_is_the_body():
    for case in GRID.values():
        assert _read(case, case.text).body == BODY, case.name


def test_invisible_marks_and_windows_line_ends_change_nothing():
    for case in GRID.values():
        marked = "\ufeff" + case.text.replace(": ", ":\u200e\xa0").replace("\n", "\r\n")
        head = _read(case, marked.replace("\r\n", "\n")).original
        assert (head.subject, head.date) == (SUBJECT.replace(": ", ": "), _read(case, case.text).original.date), (
            case.name
        )


def test_gmail_without_dashes_and_quoted_is_read_too():
    for case in GRID.values():
        if case.client != "thunderbird":
            quoted = "".join(f"> {line}\n" for line in case.text.split("\n"))
            assert _read(case, quoted).original == _read(case, case.text).original, case.name


@every_case("language", PRINTED)
def test_the_same_block_under_a_reply_is_no_forward(language: str):
    case = GRID[f"{language}, outlook, one address"]
    assert find_forward("Thanks!\n\n" + case.text, f"{PRINTED[language].prefix[1]}: {SUBJECT}") is None


@every_case("language", PRINTED)
def test_an_attribution_is_a_reply_and_under_a_forward_subject_the_letterhead(language: str):
    printed = PRINTED[language]
    line = printed.reply.format(who=f"{SENDER[0]} <{SENDER[1]}>")
    text = f"Thanks!\n\n{line}\n\n> {BODY}\n"
    assert find_forward(text, f"{printed.prefix[1]}: {SUBJECT}") is None
    found = find_forward(text, f"{printed.prefix[0]}: {SUBJECT}")
    assert found is not None
    assert _parties((found.original.sender,)) == (SENDER,)
    assert found.original.date == f"{WHEN}:00"
    assert (found.original.subject, found.comment) == (SUBJECT, "Thanks!")


@every_case("language", PRINTED)
def test_a_forward_in_the_quoted_text_of_a_reply_is_not_the_mails_own(language: str):
    printed = PRINTED[language]
    line = printed.reply.format(who="Lou Ames <lou@school.example>")
    inner = "".join(f"> {one}\n" for one in GRID[f"{language}, gmail, one address"].text.split("\n"))
    assert find_forward(f"Agreed.\n\n{line}\n\n{inner}", f"{printed.prefix[1]}: {SUBJECT}") is None


@pytest.mark.parametrize("client", CLIENTS)
def test_of_nested_forwards_the_chain_is_kept_outermost_first(client: str):
    kinds = list(RECIPIENTS)
    for language in PRINTED:
        outer, inner = GRID[f"{language}, gmail, {kinds[0]}"], GRID[f"{language}, {client}, {kinds[2]}"]
        text = outer.text.replace(BODY, f"See below.\n\n{inner.text}")
        found = _read(outer, f"Hello\n\n{text}")
        assert len(found.chain) == 2, (language, client)
        assert found.chain[0].letterhead == found.original
        assert (found.chain[0].comment, found.chain[1].comment) == ("Hello", "See below."), (language, client)
        assert _parties(found.chain[1].letterhead.to) == inner.to
