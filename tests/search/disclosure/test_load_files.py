"""Load files are read back by readers of our own that know only the convention, whatever a value holds."""

from __future__ import annotations

import csv
import io

import pytest

from search.disclosure.edrm_xml import edrm_pieces
from search.disclosure.load_files import FIELDS, dat_pieces, date_and_time, opt_pieces, page_numbers
from search.disclosure.production_csv import index_pieces
from search.disclosure.release_types import Leaves
from storage.errors import InvalidInput
from tests.search.disclosure.produced import HOSTILE, produced


def read_dat(content: bytes) -> list[dict[str, str]]:
    """A reader of DAT files, sign by sign: quotes double where they are meant."""
    text = content.decode("utf-8-sig")
    rows: list[list[str]] = []
    values: list[str] = []
    at = 0
    while at < len(text):
        assert text[at] == "\xfe", "a value begins with its quote"
        value, at = "", at + 1
        while not (text[at] == "\xfe" and text[at + 1 : at + 2] != "\xfe"):
            step = 2 if text[at] == "\xfe" else 1
            assert text[at] not in "\r\n", "a value does not leave its row"
            value, at = value + text[at], at + step
        values.append(value)
        at += 1
        if text[at] == "\x14":
            at += 1
            continue
        assert text[at : at + 2] == "\r\n"
        rows.append(values)
        values, at = [], at + 2
    return [dict(zip(rows[0], one, strict=True)) for one in rows[1:]]


def test_a_document_is_a_row_with_the_fields_of_the_convention():
    one = produced(
        17,
        3,
        sent="2026-03-02T10:00:00-08:00",
        subject="Lights",
        file_name="Plan.PDF",
        leaves=Leaves.REDACTED,
        codes=("230-3", "280"),
        native_path="native/LAKE-000017.eml",
        **{"from": "Jane Doe"},
    )
    row = read_dat(b"".join(dat_pieces([one])))[0]
    assert tuple(row) == FIELDS
    assert (row["BEGDOC"], row["ENDDOC"], row["PAGECOUNT"]) == ("LAKE-000017", "LAKE-000019", "3")
    assert (row["DATESENT"], row["TIMESENT"]) == ("2026-03-02", "10:00:00-08:00")
    assert (row["FROM"], row["SUBJECT"], row["FILEEXT"]) == ("Jane Doe", "Lights", "pdf")
    assert (row["REDACTED"], row["EXEMPTIONS"]) == ("Yes", "230-3; 280")
    assert row["NATIVELINK"] == "native\\LAKE-000017.eml"
    assert row["SHA256"] == "ab" * 32


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_breaks_its_row(value):
    documents = [produced(1, subject=value, custodian=value), produced(2, subject="next")]
    rows = read_dat(b"".join(dat_pieces(documents)))
    assert [one["BEGDOC"] for one in rows] == ["LAKE-000001", "LAKE-000002"]
    assert rows[1]["SUBJECT"] == "next"
    read = rows[0]["SUBJECT"]
    assert not any(one < " " or "\x7f" <= one <= "\x9f" or "\ud800" <= one <= "\udfff" for one in read)
    assert rows[0]["CUSTODIAN"] == read


def test_what_a_value_says_survives_but_for_signs_that_the_form_has_no_room_for():
    rows = read_dat(b"".join(dat_pieces([produced(subject=one) for one in HOSTILE])))
    said = [one["SUBJECT"] for one in rows]
    assert said[0] == "Gu\xf0\xfeór \xfe, \ufffd (R)"
    assert said[1] == "two\xaelines\xaeand\xaemore" + "\xae" * 5
    assert said[5] == HOSTILE[5]
    assert said[7] == HOSTILE[7]
    assert said[8] == "smile \U0001f600 and half \ufffd"


def test_the_mark_and_the_order_of_fields_are_the_receivers_choice():
    plain = b"".join(dat_pieces([produced()], fields=("ENDDOC", "BEGDOC"), mark=False))
    assert plain == "\xfeENDDOC\xfe\x14\xfeBEGDOC\xfe\r\n\xfeLAKE-000001\xfe\x14\xfeLAKE-000001\xfe\r\n".encode()
    assert b"".join(dat_pieces([])).startswith(b"\xef\xbb\xbf")
    for fields in (("NOTES",), ()):
        with pytest.raises(InvalidInput, match="BEGDOC"):
            list(dat_pieces([], fields=fields))


def test_paths_have_the_slashes_that_are_asked_for():
    row = read_dat(b"".join(dat_pieces([produced(subject="and/or")], backslashes=False)))[0]
    assert (row["PDFLINK"], row["SUBJECT"]) == ("pdf/LAKE-000001.pdf", "and/or")


def test_every_page_is_a_row_and_the_first_of_a_document_says_so():
    content = b"".join(opt_pieces([produced(1, 2), produced(3, 1)], "VOL001")).decode()
    rows = [one.split(",") for one in content.split("\r\n")[:-1]]
    assert rows == [
        ["LAKE-000001", "VOL001", "pdf\\LAKE-000001.pdf", "Y", "", "", "2"],
        ["LAKE-000002", "VOL001", "pdf\\LAKE-000001.pdf", "", "", "", ""],
        ["LAKE-000003", "VOL001", "pdf\\LAKE-000003.pdf", "Y", "", "", "1"],
    ]
    by_document = b"".join(opt_pieces([produced(1, 2)], "V", by_page=False, backslashes=False)).decode()
    assert by_document == "LAKE-000001,V,pdf/LAKE-000001.pdf,Y,,,2\r\n"


def test_an_opt_file_refuses_what_would_break_its_row():
    for wrong in ("a,b", 'a"b', "a\nb", "a\u2028b"):
        with pytest.raises(InvalidInput, match="OPT"):
            list(opt_pieces([produced()], wrong))
        with pytest.raises(InvalidInput, match="OPT"):
            list(opt_pieces([produced(pdf_path=f"pdf/{wrong}.pdf")], "V"))


def test_pages_are_counted_on_to_the_last_number():
    assert page_numbers("A-099", 3) == ["A-099", "A-100", "A-101"]
    assert page_numbers("A-999", 2) == ["A-999", "A-1000"]
    with pytest.raises(InvalidInput, match="digits"):
        page_numbers("A", 1)
    broken = produced(1, 2)
    object.__setattr__(broken, "last", "LAKE-000009")
    with pytest.raises(InvalidInput, match="number the production again"):
        list(opt_pieces([broken], "V"))


def test_a_moment_that_is_none_stays_as_it_is_written():
    assert date_and_time("[230-3]") == ("[230-3]", "")
    assert date_and_time("2026-03-02 10:00:00 -0800") == ("2026-03-02", "10:00:00-08:00")
    assert date_and_time("2026-03-02 10:00:00") == ("2026-03-02", "10:00:00")
    assert date_and_time("2026-03-02") == ("2026-03-02", "")
    assert date_and_time("") == ("", "")


@pytest.mark.parametrize("value", HOSTILE)
def test_the_index_is_read_by_spreadsheet_programs_and_has_no_formula(value):
    content = b"".join(index_pieces([produced(1, 12, subject=value, custodian=value)]))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    row = dict(zip(rows[0], rows[1], strict=True))
    assert (len(rows), row["PAGECOUNT"], row["PDFLINK"]) == (2, "12", "pdf/LAKE-000001.pdf")
    assert row["SUBJECT"][0] not in "=+-@\t\r\n"
    assert row["SUBJECT"] == row["CUSTODIAN"]


def test_days_are_those_that_are_printed_and_conversations_have_theirs():
    both = {"date": "2026-03-02 20:00:00 -0800", "sent": "2026-03-03T04:00:00+00:00"}
    chat = {"title": "Coaches", "participants": "Jane; Pat", "platform": "sms", "day": "2026-03-04"}
    mail, talk = read_dat(b"".join(dat_pieces([produced(fields=both), produced(2, fields=chat)])))
    assert (mail["DATESENT"], mail["TIMESENT"]) == ("2026-03-02", "20:00:00-08:00")
    assert (talk["SUBJECT"], talk["PARTICIPANTS"], talk["PLATFORM"]) == ("Coaches", "Jane; Pat", "sms")
    assert (talk["DATESENT"], talk["TIMESENT"]) == ("2026-03-04", "")


def test_families_are_told_by_their_first_and_last_page():
    rows = read_dat(b"".join(dat_pieces([produced(1, 2, family=(1, 5)), produced(3, 3, family=(1, 5), component="c")])))
    assert {(one["BEGATTACH"], one["ENDATTACH"]) for one in rows} == {("LAKE-000001", "LAKE-000005")}


def test_every_piece_is_a_row():
    documents = [produced(1, 2), produced(3, 1)]
    assert [one[:6] for one in list(dat_pieces(documents))[2:]] == [b"\xc3\xbeLAKE"] * 2
    assert len(list(opt_pieces(documents, "V"))) == 3
    assert [one[:11] for one in list(index_pieces(documents))[2:]] == [b"LAKE-000001", b"LAKE-000003"]
    assert [one[10:18] for one in list(edrm_pieces(documents, "x"))[3:5]] == [b'DocID="L'] * 2
