"""Mailboxes of many writers: who quotes, who declares lengths, who leaves out the empty line."""

from __future__ import annotations

import io
import random

import pytest

from ingest.formats.detect import MediaKind, detect
from ingest.formats.mbox import CUT_SHORT, NO_EMPTY_LINE, PASSED_OVER, split_mbox
from tests.every_case import every_case

SEPARATOR = b"From clerk@district.example Mon Mar  4 09:15:00 2024\n"
HEAD = b"From: a@b.example\nSubject: s\n"


def _found(content: bytes, **options: int) -> list[tuple[bytes, str | None]]:
    return [(message.raw, message.problem) for message in split_mbox(io.BytesIO(content), **options)]


def _with_length(body: bytes, length: int | None = None) -> bytes:
    return HEAD + b"Content-Length: %d\n\n" % (len(body) if length is None else length) + body


class _Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_file_with_one_bare_body_line_is_not_unquoted_anywhere():
    first = HEAD + b"\n>From the desk of\n"
    second = HEAD + b"\nFrom Monday on it is closed\n"
    assert _found(SEPARATOR + first + b"\n" + SEPARATOR + second + b"\n") == [(first, None), (second, None)]


def test_where_all_such_lines_are_quoted_one_mark_is_taken():
    content = SEPARATOR + HEAD + b"\n>From the desk of\n>>From him\n\n"
    assert _found(content) == [(HEAD + b"\nFrom the desk of\n>From him\n", None)]


def test_the_look_ahead_for_bare_lines_changes_neither_order_nor_bytes():
    first = HEAD + b"\n>From x\n"
    rest = [HEAD + b"\n%d\n" % number for number in range(200)]
    content = b"".join(SEPARATOR + one + b"\n" for one in (first, *rest))
    assert [raw for raw, _ in _found(content, block=100)] == [HEAD + b"\nFrom x\n", *rest]


def test_a_length_that_lands_on_a_separator_keeps_an_enclosed_mailbox_together():
    enclosed = b"see this:\n\n" + SEPARATOR + HEAD + b"\ninner\n"
    messages = [_with_length(enclosed), _with_length(b"plain\n")]
    content = b"".join(SEPARATOR + one + b"\n" for one in messages)
    for block in (64, 1 << 20):
        assert _found(content, block=block) == [(messages[0], PASSED_OVER), (messages[1], None)]


def test_lengths_are_not_believed_after_a_message_that_has_none():
    hiding = _with_length(b"mine\n\n" + SEPARATOR + HEAD + b"\nhidden\n")
    plain = HEAD + b"\nno length\n"
    content = b"".join(SEPARATOR + one + b"\n" for one in (plain, hiding, plain))
    assert len(_found(content)) == 4


def test_a_length_that_lands_nowhere_is_not_believed():
    for length in (3, 10_000, 999_999_999_999):
        messages = [_with_length(b"body\n", length), HEAD + b"\nx\n"]
        assert [raw for raw, _ in _found(b"".join(SEPARATOR + one + b"\n" for one in messages))] == messages


def test_two_lengths_that_differ_are_not_believed():
    message = HEAD + b"Content-Length: 5\nContent-Length: 6\n\nbody\n"
    assert _found(SEPARATOR + message + b"\n" + SEPARATOR + HEAD + b"\nx\n\n")[0] == (message, None)


def test_a_length_may_end_the_file():
    message = _with_length(b"one\n\nFrom here on\n")
    assert _found(SEPARATOR + message + b"\n") == [(message, None)]
    assert _found(SEPARATOR + message) == [(message, None)]


def test_lengths_beyond_the_buffer_are_looked_up_in_the_file():
    messages = [_with_length(b"y" * 5000 + b"\n\n" + SEPARATOR + HEAD + b"\n.\n"), _with_length(b"z\n")]
    content = b"".join(SEPARATOR + one + b"\n" for one in messages)
    assert [raw for raw, _ in _found(content, block=128)] == messages


def test_a_file_that_cannot_seek_is_cut_by_its_lines_alone():
    content = SEPARATOR + _with_length(b"x\n\n" + SEPARATOR + HEAD + b"\n.\n") + b"\n"
    assert len(list(split_mbox(_Pipe(content)))) == 2


def test_a_separator_without_an_empty_line_cuts_where_a_header_block_follows_and_says_so():
    one, two = HEAD + b"\nlast line\n", HEAD + b"\nsecond\n"
    for block in (32, 1 << 20):
        assert _found(SEPARATOR + one + SEPARATOR + two, block=block) == [(one, None), (two, NO_EMPTY_LINE)]


def test_a_quoted_separator_in_a_sentence_does_not_cut():
    body = HEAD + b"\nthe log said\n" + SEPARATOR + b"Subject matters are many\nand so on\n"
    assert _found(SEPARATOR + body + b"\n") == [(body, None)]


def test_crlf_mailboxes_keep_their_line_ends_whatever_variant_they_are():
    one, two = (HEAD + b"\nFrom x\n").replace(b"\n", b"\r\n"), (HEAD + b"\n>From y\n").replace(b"\n", b"\r\n")
    line = SEPARATOR.replace(b"\n", b"\r\n")
    assert _found(line + one + b"\r\n" + line + two + b"\r\n") == [(one, None), (two, None)]


def test_an_mmdf_file_is_cut_at_its_lines_of_control_a_and_nothing_is_unquoted():
    mark = b"\x01\x01\x01\x01\n"
    messages = [HEAD + b"\n>From one\n", HEAD + b"\nFrom two\n\n"]
    content = b"".join(mark + one + mark for one in messages)
    for block in (3, 1 << 20):
        assert _found(content, block=block) == [(one, None) for one in messages]
    assert detect(content).kind is MediaKind.MBOX


def test_an_mmdf_file_cut_short_says_so():
    assert _found(b"\x01\x01\x01\x01\n" + HEAD + b"\nhalf a li") == [(HEAD + b"\nhalf a li", CUT_SHORT)]


def test_an_mmdf_message_above_the_limit_is_passed_over():
    mark = b"\x01\x01\x01\x01\n"
    found = _found(mark + HEAD + b"y" * 9000 + b"\n" + mark + mark + HEAD + b"\nx\n" + mark, max_message=1000, block=64)
    assert [raw for raw, _ in found] == [b"", HEAD + b"\nx\n"]


@pytest.mark.parametrize(
    "line",
    [
        b"From 1844347792267117879@xxx\n",
        b"From 1234567890@xxx Wed Mar 01 12:00:00 +0000 2024\n",
        b"From ???@??? Sun Oct 08 13:20:04 2000\n",
        b"From - \n",
    ],
)
def test_mailboxes_of_google_eudora_and_mozilla_are_cut(line: bytes):
    messages = [HEAD + b"X-GM-THRID: 1\nX-Gmail-Labels: Inbox,Unread\n\n%d\n" % number for number in range(3)]
    assert [raw for raw, _ in _found(b"".join(line + one + b"\n" for one in messages))] == messages


def test_time_is_linear_in_lines_that_almost_separate():
    # 60,000 candidates: anything quadratic would not come back within the time that a test may take
    body = b"".join(b"From x\n" for _ in range(60_000)) + b"".join(b">From y\n" for _ in range(60_000))
    found = _found(SEPARATOR + HEAD + b"\n" + body + b"\n")
    assert found == [(HEAD + b"\n" + body, None)]


@every_case("seed", range(20))
def test_mutated_mailboxes_lose_no_bytes_and_cut_the_same_whatever_the_block(seed: int):
    chance = random.Random(seed)
    lines = [
        SEPARATOR,
        HEAD,
        b"\n",
        b"text\n",
        b"From x\n",
        b"\x01\x01\x01\x01\n",
        b"Content-Length: 5\n",
        b"\r\n",
        b"F",
    ]
    for _ in range(60):
        content = bytearray(b"".join(chance.choices(lines, k=chance.randint(0, 25))))
        for _ in range(chance.randint(0, 3) if content else 0):
            content[chance.randrange(len(content))] = chance.choice(b"\n\r >F:\x01\0")
        found = list(split_mbox(io.BytesIO(bytes(content))))
        small = list(split_mbox(io.BytesIO(bytes(content)), block=chance.choice([1, 5, 64])))
        assert found == small, f"seed {seed}"
        kept = b"".join(one.raw for one in found)
        for line in (b"text\n", b"Content-Length: 5\n"):
            assert kept.count(line) == bytes(content).count(line), f"seed {seed}"


@pytest.mark.parametrize("behind", [b"", SEPARATOR + HEAD + b"\nlast\n\n"])
@pytest.mark.parametrize("block", [64, 1 << 20])
def test_a_length_in_the_first_message_hides_nobody_elses(behind, block):
    others = b"".join(SEPARATOR + HEAD + b"\n%d\n\n" % number for number in range(3))
    first = _with_length(b"mine\n", length=len(b"mine\n\n" + others) - 1)
    found = _found(SEPARATOR + first + b"\n" + others + behind, block=block)
    assert len(found) == 4 + bool(behind)
    assert found[0][0] == first
