"""What a spreadsheet program would take for a formula stands in a table as text."""

from __future__ import annotations

import csv
import io

import pytest

from search.inert_cells import as_csv, inert
from tests.every_case import every_case

_SIGNS = "=+-@\t\r\n"
_WIDE = "".join(chr(ord(one) + 0xFEE0) for one in "=+-@")


@every_case("sign", [*_SIGNS, *_WIDE, "\N{MINUS SIGN}"])
@every_case("behind", ["", "1+1", "cmd|' /C calc'!A0"])
def test_a_cell_never_begins_with_an_active_sign(sign, behind):
    assert inert(f"{sign}{behind}") == f"'{sign}{behind}"


@pytest.mark.parametrize("text", ["  =1+1", "\N{NO-BREAK SPACE}@SUM(A1)", " \t+1", "\N{IDEOGRAPHIC SPACE}=1"])
def test_blanks_before_a_sign_do_not_hide_it(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["walrus", "a=b", '"field trip"~5', "'=1", ""])
def test_plain_text_stays_as_it_is(text):
    assert inert(text) == text


def test_numbers_stay_numbers_and_signs_that_steer_a_terminal_go():
    rows = list(csv.reader(io.StringIO(as_csv([("a\x1b[2J", 12, None, -3)]).decode("utf-8-sig"))))
    assert rows == [["a\N{REPLACEMENT CHARACTER}[2J", "12", "", "-3"]]


def test_quotes_separators_and_line_ends_stay_in_their_cell():
    rows = list(csv.reader(io.StringIO(as_csv([('x"; =1', "a,b", "a\r\n=1")]).decode("utf-8-sig"), newline="")))
    assert rows == [['x"; =1', "a,b", "a\r\n=1"]]


def test_half_characters_do_not_end_in_a_fault():
    assert as_csv([("\ud800",)]).endswith(b"\r\n")
