"""Rows of comma-separated files: RFC 4180, and what files do instead."""

from __future__ import annotations

import io
import random

import pytest

from ingest.formats.chats import csv_rows
from ingest.formats.chats.csv_rows import CUT, TOO_LARGE, UNCLOSED, Row, rows


def read(content: bytes, **named: object) -> list[Row]:
    return list(rows(io.BytesIO(content), **named))  # type: ignore[arg-type]


def test_a_line_feed_inside_quotes_stays_in_its_cell_and_its_row() -> None:
    found = read(b'a,b\r\n1,"x\r\ny ""q"""\r\n2,z\r\n')
    assert [row.cells for row in found] == [["a", "b"], ["1", 'x\r\ny "q"'], ["2", "z"]]
    assert [row.raw for row in found] == [b"a,b", b'1,"x\r\ny ""q"""', b"2,z"]
    assert [row.number for row in found] == [1, 2, 3]
    assert not any(row.problem for row in found)


def test_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    assert [row.cells for row in read(b'a,b\n5" pipe,x\n6,y\n')] == [["a", "b"], ['5" pipe', "x"], ["6", "y"]]


def test_a_file_that_ends_inside_quotes_gives_its_last_row_with_a_problem() -> None:
    found = read(b'a,b\n1,"cut of')
    assert (found[-1].cells, found[-1].problem) == (["1", "cut of"], CUT)


def test_lines_under_a_quote_that_is_never_closed_are_rows_of_their_own() -> None:
    content = b'a,b\n1,"open\n' + b"".join(b"%d,x\n" % number for number in range(2, 200))
    found = read(content, limit=300)
    assert found[1].problem == UNCLOSED
    assert found[1].raw == b'1,"open'
    assert [row.cells[0] for row in found[1:]] == [str(number) for number in range(1, 200)]
    assert found[-1].problem is None


def test_quotes_that_open_at_every_line_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    as_it_is = csv_rows.decode

    def counted(raw: bytes, label: str | None = None) -> str:
        decoded.append(raw)
        return as_it_is(raw, label)

    monkeypatch.setattr(csv_rows, "decode", counted)
    assert read(b'a","b\n' * 4_000, limit=1 << 10)
    assert len(decoded) < 4_100  # each line once, and the first ones once more for the delimiter


def test_a_row_over_the_limit_is_counted_and_not_kept() -> None:
    found = read(b"a,b\n" + b"x" * 500_000 + b",1\n2,y\n", limit=200_000)
    assert [(row.cells, row.problem) for row in found] == [(["a", "b"], None), ([], TOO_LARGE), (["2", "y"], None)]


def test_a_large_row_under_the_limit_comes_whole() -> None:
    large = "é" * 200_000
    found = read(f'a,b\n"{large}\n{large}",1\n'.encode())
    assert found[1].cells == [f"{large}\n{large}", "1"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-8", "cp1252"])
def test_encodings_are_found_by_their_bytes(codec: str) -> None:
    content = 'name,said\r\nZoë,"ein\r\nÄrger"\r\nb,c\r\n'.encode(codec)
    found = read(content)
    assert [row.cells for row in found] == [["name", "said"], ["Zoë", "ein\r\nÄrger"], ["b", "c"]]
    end = 4 if codec.startswith("utf-16") else 2
    rebuilt = b"".join(row.raw + "\r\n".encode("utf-16-be" if codec.endswith("be") else codec)[-end:] for row in found)
    assert rebuilt == content


def test_utf_16_is_cut_at_characters_and_not_between_them() -> None:
    text = "a,b\n\u0a05\u0100,\u000a00\n".replace("\u000a00", "x")
    assert [row.cells for row in read(text.encode("utf-16-le"), encoding="utf-16-le")] == [
        ["a", "b"],
        ["\u0a05\u0100", "x"],
    ]


def test_lines_of_another_encoding_in_the_same_file_are_read_too() -> None:
    found = read("a,b\nÄ,1\n".encode() + "Ö,2\n".encode("cp1252"))
    assert [row.cells[0] for row in found] == ["a", "Ä", "Ö"]


def test_a_nul_is_replaced_and_stays_in_the_bytes() -> None:
    found = read(b'a,b\nx\x00y,"1\x00"\n')
    assert found[1].cells == ["x\ufffdy", "1\ufffd"]
    assert found[1].raw == b'x\x00y,"1\x00"'


def test_carriage_returns_alone_end_rows_only_where_there_is_no_line_feed() -> None:
    assert [row.cells for row in read(b"a,b\r1,2\r")] == [["a", "b"], ["1", "2"]]
    assert [row.cells for row in read(b'a,b\nx\ry,"2"\n')] == [["a", "b"], ["x\ry", "2"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_fits_the_first_rows(delimiter: str) -> None:
    content = f"id{delimiter}text\n1{delimiter}well, then; so\n2{delimiter}no\n".encode()
    assert [row.cells for row in read(content)][2] == ["2", "no"]
    assert read(content)[1].cells[0] == "1"


def test_blank_lines_are_no_rows_and_an_empty_file_has_none() -> None:
    assert read(b"") == []
    assert [(row.number, row.cells) for row in read(b"\r\n\na,b\n\n1,2\n\n")] == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_any_bytes_end_in_rows_and_lose_nothing() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 - shown where the test fails
    chosen = random.Random(seed)
    for _ in range(300):
        content = bytes(chosen.choices(b'a",;\r\n\x00\xff\xfe\xc3\xa4', k=chosen.randrange(200)))
        found = read(content, limit=60)
        for row in found:
            assert row.problem == TOO_LARGE or row.raw in content
