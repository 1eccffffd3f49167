"""Header decoding, address lists and dates, with the nonsense that real mail has in them."""

from __future__ import annotations

import pytest

from ingest.formats.addresses import parse_addresses
from ingest.formats.charsets import decode
from ingest.formats.dates import header_date, moment, printed_date
from ingest.formats.headers import content_fields, decode_words, letterhead, read_block
from tests.every_case import every_case


def _pairs(text: str) -> list[tuple[str | None, str | None]]:
    return [(party.name, party.address) for party in parse_addresses(text)]


@every_case(
    ("text", "meaning"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?ISO-8859-1?Q?caf=E9_au_lait?= today", "café au lait today"),
        ("=?utf-8?b?w7w=?= =?utf-8?b?w7w=?=", "üü"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?utf-8*en?q?a?=", "a"),
        ("=?utf-8?b?w7w?=", "ü"),
        ("=?no-such-set?q?plain?=", "plain"),
        ("=?iso-8859-1?Q?Frü?=", "Frü"),
        ("=?utf-8?q?open", "=?utf-8?q?open"),
        ("100% =? not a word ?=", "100% =? not a word ?="),
    ],
)
def test_encoded_words_are_decoded(text: str, meaning: str):
    assert decode_words(text) == meaning


@every_case(
    ("text", "parties"),
    [
        ("a@b.example", [(None, "a@b.example")]),
        ("Ann Lee <a@b.example>", [("Ann Lee", "a@b.example")]),
        ('"Lee, Ann" <a@b.example>, c@d.example', [("Lee, Ann", "a@b.example"), (None, "c@d.example")]),
        ("Lee, Ann <a@b.example>", [("Lee, Ann", "a@b.example")]),
        ("Lee, Ann; Poe, Bo", [("Lee, Ann", None), ("Poe, Bo", None)]),
        ("a@b.example; c@d.example", [(None, "a@b.example"), (None, "c@d.example")]),
        (
            "a@b.example, c@d.example; e@f.example",
            [(None, "a@b.example"), (None, "c@d.example"), (None, "e@f.example")],
        ),
        ("Ann [mailto:a@b.example]", [("Ann", "a@b.example")]),
        ("Ann (a@b.example)", [("Ann", "a@b.example")]),
        ("a@b.example (Ann Lee)", [("Ann Lee", "a@b.example")]),
        ("Ann <a@b.example<mailto:a@b.example>>; Bo <c@d.example>", [("Ann", "a@b.example"), ("Bo", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("Staff: a@b.example, Bo <c@d.example>;", [(None, "a@b.example"), ("Bo", "c@d.example")]),
        ("'a@b.example' <a@b.example>", [(None, "a@b.example")]),
        ("'Ann Lee' <a@b.example>", [("Ann Lee", "a@b.example")]),
        ("*Ann Lee* <a@b.example>", [("Ann Lee", "a@b.example")]),
        ('<Lee>,"Ann" </O=DIST/OU=NA/CN=ALEE>', [("Lee, Ann", "/O=DIST/OU=NA/CN=ALEE")]),
        ('"A \\"Q\\" Lee" <a@b.example>', [('A "Q" Lee', "a@b.example")]),
        ("Facilities Desk", [("Facilities Desk", None)]),
        ('"Ann Lee"@b.example', [(None, '"Ann Lee"@b.example')]),
        ('Ann <"a@x"@b.example>, "c;d"@[192.0.2.1]', [("Ann", '"a@x"@b.example'), (None, '"c;d"@[192.0.2.1]')]),
        ("Ann Lee (Principal) <a@b.example>", [("Ann Lee (Principal)", "a@b.example")]),
        ("<a@b.example> (Ann Lee)", [("Ann Lee", "a@b.example")]),
        ("Ann <a(home)@b(school).example>", [("Ann", "a@b.example")]),
        (r"Ann <a@b.example> (a nice \) person (indeed))", [("Ann (a nice ) person (indeed))", "a@b.example")]),
        ("a@b  . example", [(None, "a@b.example")]),
        ("gate!ann@host@b.example", [(None, "gate!ann@host@b.example")]),
        ("(unlisted)", []),
        ('"unclosed <a@b.example>', [("unclosed", "a@b.example")]),
        ("<>", []),
        (" , ,; ", []),
    ],
)
def test_address_lists_are_read_as_printed(text: str, parties: list[tuple[str | None, str | None]]):
    assert _pairs(text) == parties


@every_case("piece", ["(", '"', '"a"@', "((a)", "(a", '"\\"', "<", " .", "a@ "])
def test_a_list_of_nothing_but_openings_is_read_in_one_pass(piece: str):
    assert parse_addresses(piece * 200_000 + " ann@b.example") is not None


def test_of_several_message_ids_the_first_is_taken():
    assert letterhead(read_block(b"Message-ID: <1@a.example> <2@b.example>\n\n")).message_id == "<1@a.example>"
    assert letterhead(read_block(b"Message-ID: 1@a.example\n\n")).message_id == "1@a.example"


def test_blanks_around_the_slash_of_a_media_type_are_passed_over():
    assert content_fields(read_block(b"Content-Type: message / RFC822; x=y\n\n")).media_type == "message/rfc822"
    assert content_fields(read_block(b"Content-Type: message\n\n")).media_type == "text/plain"


def test_a_comma_inside_an_encoded_name_does_not_cut_the_list():
    head = letterhead(read_block(b"To: =?utf-8?q?Lee=2C_Ann?= <a@b.example>, Bo <c@d.example>\n\n"))
    assert [(p.name, p.address) for p in head.to] == [("Lee, Ann", "a@b.example"), ("Bo", "c@d.example")]


@every_case(
    ("text", "iso"),
    [
        ("Mon, 4 Mar 2024 09:15:00 -0800", "2024-03-04T09:15:00-08:00"),
        ("4 Mar 2024 09:15 GMT", "2024-03-04T09:15:00+00:00"),
        ("Mon, 4 Mar 2024 09:15:00 -0000 (UTC)", "2024-03-04T09:15:00+00:00"),
        ("4 Mar 99 09:15:00 EST", "1999-03-04T09:15:00-05:00"),
        ("4 Mar 24 09:15:00 +0530", "2024-03-04T09:15:00+05:30"),
        ("Sun, 30 Nov 0002 00:00:00 -0800", "0002-11-30T00:00:00-08:00"),
        ("Mon, 1 Jan 1899 00:00:00 +0000", "1899-01-01T00:00:00+00:00"),
        ("Fri, 31 Dec 9999 23:59:59 -1200", "9999-12-31T23:59:59-12:00"),
        ("Mon, 4 Mar 2024 09:15:60 +0000", "2024-03-04T09:15:59+00:00"),
        ("Mon, 4 Mar 2024 09:15:00", "2024-03-04T09:15:00"),
        ("Mon Mar  4 09:15:00 2024", "2024-03-04T09:15:00"),
        ("Mon, 4 Mar 2024 09:15:00 +9999", "2024-03-04T09:15:00"),
        ("Mon, 34 Mar 2024 09:15:00 +0000", None),
        ("Mon, 4 Mar 12024 09:15:00 +0000", None),
        ("by a.example with SMTP id 45c:2c; Mon, 4 Mar 2024 09:15:00 +0000", "2024-03-04T09:15:00+00:00"),
        ("yesterday", None),
        ("", None),
    ],
)
def test_header_dates_are_read_and_never_invented(text: str, iso: str | None):
    assert header_date(text) == iso


@every_case(
    ("text", "iso"),
    [
        ("Wed, Mar 6, 2024 at 2:05 PM", "2024-03-06T14:05:00"),
        ("Wednesday, March 6, 2024 2:05:09 PM", "2024-03-06T14:05:09"),
        ("6 March 2024 at 14:05:09 EET", "2024-03-06T14:05:09+02:00"),
        ("March 6, 2024 at 14:05:09 GMT+1", "2024-03-06T14:05:09+01:00"),
        ("Tuesday, March 5, 2024, 09:26:50 AM PST", "2024-03-05T09:26:50-08:00"),
        ("2024-03-06 14:05", "2024-03-06T14:05:00"),
        ("25/03/2024 14:05", "2024-03-25T14:05:00"),
        ("3/25/2024 2:05 PM", "2024-03-25T14:05:00"),
        ("03/06/2024 2:05 PM EST", "2024-03-06T14:05:00-05:00"),
        ("03/06/2024 2:05 PM", None),
        ("06.03.2024 14:05", "2024-03-06T14:05:00"),
        ("12:00 AM, 6 Mar 2024", "2024-03-06T00:00:00"),
        ("12:30 PM, 6 Mar 2024", "2024-03-06T12:30:00"),
        ("6 Mar 2024 14:05 IST", "2024-03-06T14:05:00"),
        ("6 March 2024", None),
        ("soon", None),
    ],
)
def test_printed_dates_keep_local_time_without_an_offset(text: str, iso: str | None):
    assert printed_date(text) == iso


def test_a_moment_needs_an_offset_and_a_year_that_time_can_hold():
    assert moment("2024-03-06T14:05:00") is None
    assert moment("0001-01-01T00:00:00+14:00") is None
    found = moment("2024-03-06T14:05:00-08:00")
    assert found is not None
    assert found.isoformat() == "2024-03-06T22:05:00+00:00"


def test_of_repeated_fields_the_first_counts_and_recipients_add_up():
    head = letterhead(read_block(b"Subject: one\nSubject: two\nTo: a@b.example\nTo: c@d.example\n\n"))
    assert head.subject == "one"
    assert [party.address for party in head.to] == ["a@b.example", "c@d.example"]


def test_raw_eight_bit_headers_are_utf8_else_the_charset_of_the_body():
    assert letterhead(read_block("Subject: Grüße\n\n".encode()), "iso-8859-1").subject == "Grüße"
    assert letterhead(read_block("Subject: Grüße\n\n".encode("latin-1")), "utf-8").subject == "Grüße"
    assert letterhead(read_block("Subject: Привет\n\n".encode("koi8-r")), "koi8-r").subject == "Привет"


def test_folded_headers_are_unfolded():
    head = letterhead(read_block(b"Subject: a long\r\n\tsubject\r\n line\r\nFrom: A\r\n <a@b.example>\r\n\r\n"))
    assert head.subject == "a long subject line"
    assert head.sender is not None
    assert head.sender.address == "a@b.example"


def test_a_line_that_is_no_field_ends_the_block_so_that_no_text_is_lost():
    raw = b"Subject: x\nthis is text\nTo: a@b.example\n"
    headers = read_block(raw)
    assert raw[headers.end :] == b"this is text\nTo: a@b.example\n"


def test_file_names_of_rfc_2231_are_joined_and_decoded():
    raw = b"Content-Disposition: attachment; filename*0*=utf-8''Pr%C3%BC; filename*1*=fung; filename*2=.txt\n\n"
    assert content_fields(read_block(raw)).name == "Prüfung.txt"


@pytest.mark.parametrize(
    "value",
    [
        b"attachment; filename*" + b"9" * 6000 + b"*=x",
        b"attachment; filename*0*=a''%; filename*0*=b; filename*0=c",
        b"attachment; filename*=nope''%ff%fe; filename*1*=x",
        b'attachment; filename="=?utf-8?b?////?="',
        b"attachment; " + b'a=";' * 50_000,
        b";;;;=;=;*=*;'''",
    ],
)
def test_parameters_of_nonsense_do_not_raise(value: bytes):
    name = content_fields(read_block(b"Content-Disposition: " + value + b"\n\n")).name
    assert name is None or name.encode()


@every_case("label", ["unknown-8bit", "iso-8859-99", "hex", "punycode", "", "\0", "é", "x" * 500, None])
def test_charset_names_of_nonsense_still_give_text(label: str | None):
    assert decode("Grüße".encode(), label) == "Grüße"
    assert decode("Grüße".encode("cp1252"), label) == "Grüße"


def test_text_never_holds_surrogates_or_nul():
    assert decode(b"a\0b") == "a\ufffdb"
    assert "\ud800" not in decode(b"+2AA-", "utf-7")
    decode(b"\xed\xa0\x80", "utf-8").encode()


def test_labels_for_less_than_what_was_written_are_widened():
    assert decode(b"\x93quoted\x94", "iso-8859-1") == "“quoted”"
    assert decode("漢字".encode("gb18030"), "gb2312") == "漢字"


@pytest.mark.parametrize("text", ["unlisted-recipients:; (no To-header on input)", "(only a comment)", "nobody:;"])
def test_a_comment_alone_is_nobody(text):
    assert parse_addresses(text) == ()
