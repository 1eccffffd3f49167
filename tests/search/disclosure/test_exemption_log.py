"""The log of what is kept back says what the law asks for, and never what was left out."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from search.disclosure.exemption_log import (
    IN_FULL,
    IN_PART,
    NOT_NUMBERED,
    Decided,
    cells_of,
    exemption_log,
    log_csv,
    log_text,
    title_of,
)
from search.disclosure.jurisdictions import profile_ids, shipped_profile
from storage.errors import Corrupt, InvalidInput

TAKEN = ("Marigold Featherstone", "555-12-3456", "(206) 555-0142", "Zoe")


def decided(**about: Any):
    given = {
        "record": "rec_1",
        "in_full": False,
        "codes": ("7(1)(b)",),
        "note": "A private number of an employee stands in it.",
        "day": "2026-03-02",
        "kind": "email",
        "numbers": (("LAKE-000001", "LAKE-000003"),),
        "decided_by": ("Rick Roe", "reviewer"),
        "decided_on": "2026-04-01",
        "taken": TAKEN,
    }
    return Decided(**(given | about))


def log_of(*rows: Decided, profile: str = "IL", words: dict[str, str] | None = None):
    return exemption_log(rows, shipped_profile(profile), words or {})


def everything(log):
    return "\n".join([log_text(log), log_csv(log).decode("utf-8-sig"), json.dumps(log.document(), ensure_ascii=False)])


def test_a_row_has_number_day_kind_ground_law_basis_and_who_decided():
    log = log_of(decided(), decided(record="rec_2", in_full=True, numbers=(), codes=("7(1)(m)", "7(1)(f)")))
    first, second = log.rows
    assert (first.numbers, first.treatment) == ("LAKE-000001 to LAKE-000003", IN_PART)
    assert first.citations == ("5 ILCS 140/7(1)(b)",)
    assert first.basis == "A private number of an employee stands in it."
    assert (second.numbers, second.treatment) == (IN_FULL, IN_FULL)
    assert len(second.citations) == 2
    assert log_of(decided(numbers=())).rows[0].numbers == NOT_NUMBERED


def test_who_is_responsible_is_named_only_where_the_law_wants_it():
    assert log_of(decided()).rows[0].decided_by == "Rick Roe, reviewer"
    assert log_of(decided(codes=("230-3",)), profile="WA").rows[0].decided_by == "reviewer"
    confirmed = decided(codes=("230-3",), confirmed_by=("Olive Oak", "officer"))
    assert log_of(confirmed, profile="WA").rows[0].confirmed_by == "officer"


@pytest.mark.parametrize(
    "note",
    [
        "names Marigold Featherstone",
        "names F e a t h e r s t o n e, marigold",
        "has 555-12-3456",
        "has 555123456 in it",
        "call 206.555.0142",
        "another number 414-55-0199 which nobody marked",
        "write to jane@home.example",
        "the mother of Zoe",
        "Ms. Featherstone's home",
        "dlogiraM enotsrehtaeF, denotsrehtaef dlogiram",
    ],
)
def test_words_that_say_what_was_left_out_give_way_to_those_of_the_ground(note):
    log = log_of(decided(note="fine"), decided(note=note))
    assert log.reworded == (2,)
    assert log.rows[1].basis == "It is of the kind that the law names: Private information."
    told = everything(log)
    assert not any(one in told for one in (*TAKEN, "Featherstone", "Marigold", "414-55-0199", "jane@home"))


def test_what_was_left_out_of_one_record_does_not_stand_in_the_row_of_another():
    log = log_of(decided(taken=TAKEN), decided(record="rec_2", taken=(), note="a mail of marigold featherstone"))
    assert log.reworded == (2,)


def test_the_agency_may_word_a_ground_but_not_with_what_was_left_out():
    words = {"7(1)(b)": "A home address, which section 2(c-5) calls private."}
    assert log_of(decided(note=None), words=words).rows[0].basis == words["7(1)(b)"]
    with pytest.raises(InvalidInput, match="row 1"):
        log_of(decided(note=None), words={"7(1)(b)": "about Marigold Featherstone"})


def test_parties_stand_there_only_where_nobody_left_them_out():
    assert log_of(decided(parties="Jane Doe to Pat Roe")).rows[0].parties == "Jane Doe to Pat Roe"
    assert log_of(decided(parties="Marigold Featherstone to Pat Roe")).rows[0].parties == ""


def test_the_table_has_no_formula_and_reads_back():
    log = log_of(decided(note="=cmd|' /C calc'!A0"), decided(note="@SUM(1)", in_full=True, pages_withheld=3))
    rows = list(csv.DictReader(io.StringIO(log_csv(log).decode("utf-8-sig"), newline="")))
    assert [one["factual basis"][0] for one in rows] == ["'", "'"]
    assert (rows[1]["pages withheld"], rows[0]["pages withheld"]) == ("3", "")
    assert rows[0]["law"] == "5 ILCS 140/7(1)(b)"


def test_it_says_what_the_law_asks_for_and_what_is_not_verified():
    log = log_of(decided(codes=("230-3",)), profile="WA")
    assert log.citation == "RCW 42.56.210(3)"
    assert log.unverified == ("RCW 42.56.230(3)", "RCW 42.56.210(3)")
    assert "ask counsel: RCW 42.56.230(3); RCW 42.56.210(3)" in log_text(log)
    assert "names and titles of who is responsible" in log_of(decided()).asked


def test_every_profile_makes_a_log_of_every_ground_of_its_own():
    for profile in map(shipped_profile, profile_ids()):
        rows = [decided(codes=(one.code,), note=None) for one in profile.exemptions]
        log = exemption_log(rows, profile, {})
        assert len(log.rows) == len(profile.exemptions)
        assert all(one.citations and one.basis for one in log.rows)


def test_an_unknown_ground_is_damage_and_no_row():
    with pytest.raises(Corrupt, match="ground"):
        log_of(decided(codes=("99",)))


def test_nothing_kept_back_is_said():
    assert log_text(log_of()) == "Nothing of this request is kept back."


def test_columns_have_titles():
    row = log_of(decided()).rows[0]
    assert cells_of(row, ("numbers", "redactions", "codes")) == ["LAKE-000001 to LAKE-000003", "", "7(1)(b)"]
    assert title_of("basis") == "factual basis"
