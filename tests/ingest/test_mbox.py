"""The mailbox splitter: bytes in, bytes out, at line starts only."""

from __future__ import annotations

import io
import random

import pytest

from ingest.formats.mbox import CUT_SHORT, FOREIGN_START, is_separator, split_mbox
from tests.every_case import every_case

SEPARATOR = b"From clerk@district.example Mon Mar  4 09:15:00 2024\n"


def _mailbox(*messages: bytes, line_end: bytes = b"\n") -> bytes:
    pieces = []
    for message in messages:
        quoted = b"".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line
            for line in message.splitlines(keepends=True)
        )
        pieces.append(SEPARATOR.replace(b"\n", line_end) + quoted + line_end)
    return b"".join(pieces)


def _raws(content: bytes, **options: int) -> list[bytes]:
    return [message.raw for message in split_mbox(io.BytesIO(content), **options)]


def test_messages_come_back_byte_for_byte_without_the_empty_line_between_them():
    messages = [b"Subject: one\n\nfirst\n", b"Subject: two\n\nsecond\n\n"]
    assert _raws(_mailbox(*messages)) == messages


def test_one_quote_mark_is_taken_from_quoted_from_lines_and_no_other():
    message = b"Subject: q\n\nFrom here\n>From there\n>>From far\n> From apart\n>Fromage\n"
    assert _raws(_mailbox(message)) == [message]


def test_crlf_mailboxes_are_cut_at_the_same_places():
    messages = [b"Subject: one\r\n\r\nfirst\r\n", b"Subject: two\r\n\r\nsecond\r\n"]
    assert _raws(_mailbox(*messages, line_end=b"\r\n")) == messages


def test_a_body_line_that_begins_with_from_and_is_no_separator_stays_in_its_message():
    body = b"Subject: s\n\nDear all,\n\nFrom Monday on the gate is closed.\n\nFrom here to 2024 nothing changes\n"
    assert _raws(SEPARATOR + body + b"\n" + SEPARATOR + b"Subject: t\n\nx\n\n") == [body, b"Subject: t\n\nx\n"]


PATCH_LINE = b"From " + b"0123456789" * 4 + b" Mon Sep 17 00:00:00 2001\n"


def test_a_patch_in_a_mail_does_not_begin_a_message():
    body = b"Subject: s\n\n--cut\n\n" + PATCH_LINE + b"From: A <a@b.example>\n\ndiff\n"
    assert _raws(SEPARATOR + body + b"\n") == [body]


def test_a_file_of_patches_is_cut_at_its_patch_lines():
    assert _raws((PATCH_LINE + b"Subject: p\n\ndiff\n\n") * 3) == [b"Subject: p\n\ndiff\n"] * 3


def test_a_separator_that_follows_no_empty_line_is_text():
    body = b"Subject: s\n\nthe log said\n" + SEPARATOR + b"and stopped\n"
    assert _raws(SEPARATOR + body + b"\n") == [body]


def test_a_message_of_no_bytes_is_a_message():
    assert _raws(SEPARATOR + b"\n" + SEPARATOR + b"Subject: t\n\nx\n\n") == [b"", b"Subject: t\n\nx\n"]


def test_an_empty_file_has_no_messages():
    assert _raws(b"") == []


def test_a_mailbox_cut_inside_a_line_gives_what_is_there_and_says_so():
    found = list(split_mbox(io.BytesIO(_mailbox(b"Subject: one\n\nx\n") + SEPARATOR + b"Subject: two\n\nhalf a li")))
    assert [(message.raw, message.problem) for message in found] == [
        (b"Subject: one\n\nx\n", None),
        (b"Subject: two\n\nhalf a li", CUT_SHORT),
    ]


def test_a_mailbox_cut_inside_a_separator_keeps_the_bytes():
    found = list(split_mbox(io.BytesIO(SEPARATOR + b"Subject: one\n\nx\n\nFrom cle")))
    assert found[0].raw == b"Subject: one\n\nx\n\nFrom cle"
    assert found[0].problem == CUT_SHORT


def test_bytes_before_the_first_separator_are_given_as_number_zero():
    found = list(split_mbox(io.BytesIO(b"junk\n\n" + SEPARATOR + b"Subject: t\n\nx\n\n")))
    assert [(message.number, message.problem) for message in found] == [(0, FOREIGN_START), (1, None)]
    assert found[0].raw == b"junk\n"


def test_a_byte_order_mark_before_the_first_separator_is_passed_over():
    found = list(split_mbox(io.BytesIO(b"\xef\xbb\xbf" + SEPARATOR + b"Subject: t\n\nx\n\n")))
    assert [(message.number, message.offset, message.raw) for message in found] == [(1, 3, b"Subject: t\n\nx\n")]


def test_offsets_are_those_of_the_separator_lines():
    content = _mailbox(b"a: 1\n\nx\n", b"b: 2\n\nFrom y\n", b"c: 3\n\nz\n")
    found = list(split_mbox(io.BytesIO(content), block=7))
    assert [message.number for message in found] == [1, 2, 3]
    assert all(content[message.offset :].startswith(SEPARATOR) for message in found)


def test_a_message_above_the_limit_is_reported_and_the_rest_goes_on():
    content = _mailbox(b"a: 1\n\nx\n", b"b: 2\n\n" + b"y" * 5000 + b"\n", b"c: 3\n\nz\n")
    for block in (64, 1 << 20):
        found = list(split_mbox(io.BytesIO(content), max_message=1000, block=block))
        assert [message.raw for message in found] == [b"a: 1\n\nx\n", b"", b"c: 3\n\nz\n"]
        assert found[1].problem is not None
        assert "1000 bytes" in found[1].problem
        assert content[found[2].offset :].startswith(SEPARATOR + b"c: 3")


def test_memory_stays_with_one_message_however_long_the_file_is():
    source = io.BytesIO(_mailbox(*[b"Subject: x\n\nbody\n"] * 10_000))
    splitter = split_mbox(source, block=4096)
    for _ in range(3):
        next(splitter)
    assert source.tell() <= 3 * 4096  # reading does not run ahead of what is asked for


@every_case("seed", range(20))
def test_any_messages_survive_any_block_size(seed: int):
    chance = random.Random(seed)
    lines = [
        b"From x\n",
        b">From y\n",
        b"\n",
        b"text\n",
        SEPARATOR,
        b">" + SEPARATOR,
        b"\0\xff\n",
        b"From\n",
        b"> From z\n",
    ]
    messages = [
        b"S: x\n" + b"".join(chance.choices(lines, k=chance.randint(0, 12))) + b"end\n"
        for _ in range(chance.randint(1, 9))
    ]
    assert _raws(_mailbox(*messages), block=chance.choice([1, 3, 17, 64, 1000])) == messages, f"seed {seed}"


@every_case(
    "line",
    [
        b"From mboxrd@z Thu Jan  1 00:00:00 1970\n",
        b"From - Sat May 13 09:42:09 2023\r\n",
        b"From ???@??? Sun Oct 08 13:20:04 2000\n",
        b"From 1234567890@xxx Wed Mar 01 12:00:00 +0000 2024\n",
        b"From a@b.example Tue, 5 Mar 2024 10:00:00 +0000\n",
        b"From - \n",
        b"From 1844347792267117879@xxx\n",
        b'From "A Clerk"@b.example Tue Mar  5 10:00 2024\n',
    ],
)
def test_separators_of_many_programs_are_known(line: bytes):
    assert is_separator(line)


@pytest.mark.parametrize(
    "line", [b"From Tuesday on\n", b"From a@b\n", b"From the desk of Mon Jan Smith\n", b"From \n", b"From"]
)
def test_sentences_are_no_separators(line: bytes):
    assert not is_separator(line)
