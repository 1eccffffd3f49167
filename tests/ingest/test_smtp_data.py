"""The body of DATA, without a socket: whatever the cut, the same mail."""

import random

import pytest

from ingest.channels.smtp_data import DataCollector, Excess
from tests.every_case import every_case

# the bytes between "first" and "second": only those with a true CRLF.CRLF end the mail
MARKS = (
    b"\r\n.\r\n",
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r.\n",
    b"\n.\r",
    b"\n\n.\n\n",
    b"\n\n.\r\n",
    b"\r\r.\r\r",
    b"\r\n.\r\r\n",
    b"\r\n.\n\r\n",
    b"\r\n.\r\n\r\n",
    b"\r\r\n.\r\n",
    b"\r\n..\r\n",
    b"\r\n...\r\n",
    b"\r\n. \r\n",
    b"\r\n .\r\n",
    b"\r\n.\t\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n\x00.\r\n",
    b"\x00\r\n.\x00\n",
    b"\r\x00\n.\r\n",
    b"\n\r.\r\n",
    b"\r\n\n.\r\n",
    b"\r\n\r.\r\n",
    b"\r\n.\x0b\r\n",
    b"\x85.\x85",
    b"\xe2\x80\xa8.\xe2\x80\xa8",
    b"\r\n.\r\n.\r\n",
    b"\r\n\r\n.\r\n",
    b"\r\n=2E\r\n",
    b"\r\n.\r\x00\n",
)


def by_lines(stream: bytes) -> tuple[bytes, bytes]:
    """The rule in its plainest form: CRLF lines up to a lone dot, one leading dot off each; and what follows."""
    body, place = b"", 0
    while True:
        end = stream.index(b"\r\n", place) + 2
        line, place = stream[place:end], end
        if line == b".\r\n":
            return body, stream[place:]
        body += line[1:] if line.startswith(b".") else line


def collect(blocks, *, max_size=10**9, max_line=10**9):
    collector = DataCollector(max_size=max_size, max_line=max_line)
    rest = b""
    for block in blocks:
        if collector.finished:
            rest += block
        else:
            rest = collector.feed(block)
    assert collector.finished
    return collector, rest


def cuts(stream):
    yield [stream]
    yield [stream[at : at + 1] for at in range(len(stream))]
    for at in range(1, len(stream)):
        yield [stream[:at], stream[at:]]


@every_case("mark", MARKS, ids=repr)
@every_case("before", [b"first", b"", b".", b"\r", b"x\r\n"], ids=repr)
def test_mail_ends_at_the_first_true_end_whatever_the_cut(before, mark):
    stream = before + mark + b"second\r\n.\r\nQUIT\r\n"
    expected, following = by_lines(stream)
    for blocks in cuts(stream):
        collector, rest = collect(blocks)
        assert (collector.body(), rest) == (expected, following)


def test_random_streams_of_dots_and_line_ends_agree_with_reading_by_lines():
    seed = 20260302
    chance = random.Random(seed)
    for _ in range(3000):
        stream = b"".join(chance.choices([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n."], k=chance.randrange(12)))
        stream += b"\r\n.\r\nNOOP\r\n"
        places = sorted(chance.randrange(len(stream)) for _ in range(chance.randrange(5)))
        blocks = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
        collector, rest = collect(blocks)
        assert (collector.body(), rest) == by_lines(stream), f"seed {seed}: {stream!r}"


def test_lone_dot_at_once_is_an_empty_mail():
    collector, rest = collect([b".\r\n"])
    assert (collector.body(), rest) == (b"", b"")


@pytest.mark.parametrize(("size", "excess"), [(100, None), (101, Excess.SIZE)])
def test_size_counts_the_mail_without_stuffed_dots(size, excess):
    body = b".\r\n" * 30 + b"a" * (size - 92) + b"\r\n"
    stream = body.replace(b".\r\n", b"..\r\n") + b".\r\n"
    for blocks in cuts(stream):
        collector, _ = collect(blocks, max_size=100)
        assert collector.excess == excess


@pytest.mark.parametrize(("length", "excess"), [(50, None), (51, Excess.LINE)])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_line_limit_holds_wherever_the_line_stands(place, length, excess):
    lines = {"first": [length, 3, 3], "middle": [3, length, 3], "last": [3, 3, length]}[place]
    stream = b"".join(b"x" * n + b"\r\n" for n in lines) + b".\r\n"
    for blocks in cuts(stream):
        collector, _ = collect(blocks, max_line=50)
        assert collector.excess == excess


def test_what_is_too_much_is_read_to_its_end_but_not_kept():
    collector = DataCollector(max_size=1000, max_line=10**9)
    for _ in range(100):
        collector.feed(b"x" * 1000 + b"\r\n")
        assert collector.kept <= 1000
    assert collector.feed(b".\r\nRSET\r\n") == b"RSET\r\n"
    assert collector.excess is Excess.SIZE


def test_first_limit_broken_is_the_one_that_is_told():
    collector = DataCollector(max_size=10**6, max_line=10)
    collector.feed(b"x" * 100 + b"\r\n")
    collector.discard(Excess.MEMORY)
    assert collector.excess is Excess.LINE


@pytest.mark.parametrize("filler", [b"\n", b"\r", b".", b"\r\n", b"\r\n.", b"\x00"], ids=repr)
def test_carry_stays_short_whatever_is_repeated(filler):
    collector = DataCollector(max_size=10**9, max_line=10**9)
    for _ in range(2000):
        for at in range(len(filler)):
            collector.feed(filler[at : at + 1])
        assert len(collector._carry) <= 8
