"""Nobody waits long for a DNS that is not there, and what is recorded is what was answered."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest

from ingest.dns import Known, is_domain, may_be_asked, split_server
from ingest.dns_asking import Asker
from ingest.dns_resolving import NetworkResolver
from storage.provenance import DnsAnswer, DnsKind, DnsStatus
from tests.every_case import every_case
from tests.ingest.spoof.signing import StubResolver

AT = datetime(2026, 3, 2, tzinfo=UTC)
TXT = DnsKind.TXT


class Ticks:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> Any:
        return self.now


def asker(table, **more: Any):
    resolver = StubResolver(table)
    return resolver, Asker(resolver, clock=lambda: AT, **more)


def names(count):
    return [(f"n{number}.example", TXT) for number in range(count)]


def test_an_answer_has_its_text_and_its_time():
    _, asks = asker({("a.example", TXT): ["one", "two"]})
    answer = asks.ask([("a.example", TXT)])[("a.example", TXT)]
    assert (answer.status, answer.values, answer.at) == (DnsStatus.OK, ("one", "two"), AT)


def test_a_question_is_asked_once_in_five_minutes():
    ticks = Ticks()
    resolver, asks = asker({("a.example", TXT): ["one"]}, ticks=ticks)
    for _ in range(3):
        asks.ask([("a.example", TXT)] * 2)
    assert len(resolver.asked) == 1
    ticks.now += 301
    asks.ask([("a.example", TXT)])
    assert len(resolver.asked) == 2


def test_twenty_thousand_questions_to_nobody_are_three_handfuls():
    everything = dict.fromkeys(names(20000), DnsStatus.UNAVAILABLE)
    resolver, asks = asker(everything)
    found = asks.ask(names(20_000))
    assert {one.status for one in found.values()} == {DnsStatus.UNAVAILABLE}
    assert len(found) == 20_000
    assert len(resolver.asked) <= 8
    assert asks.is_broken


def test_after_a_while_one_question_tries_again_and_the_rest_follow_if_it_is_answered():
    ticks = Ticks()
    table = dict.fromkeys(names(20), DnsStatus.UNAVAILABLE)
    resolver, asks = asker(table, ticks=ticks)
    asks.ask(names(20))
    asked = len(resolver.asked)
    ticks.now += 61
    asks.ask(names(20))
    assert len(resolver.asked) == asked + 1
    table.update({question: ["there"] for question in names(20)})
    ticks.now += 61
    assert {one.status for one in asks.ask(names(20)).values()} == {DnsStatus.OK}


def test_a_failing_name_does_not_break_the_circuit():
    _, asks = asker(dict.fromkeys(names(30), DnsStatus.TEMPFAIL))
    assert {one.status for one in asks.ask(names(30)).values()} == {DnsStatus.TEMPFAIL}
    assert not asks.is_broken


def test_what_takes_longer_than_is_allowed_is_left_out():
    ticks = Ticks()

    class Slow(StubResolver):
        def query(self, name, kind) -> Any:
            ticks.now += 5
            return super().query(name, kind)

    asks = Asker(Slow({question: ["x"] for question in names(100)}), clock=lambda: AT, seconds=60, ticks=ticks)
    found = asks.ask(names(100)).values()
    assert {one.status for one in found} == {DnsStatus.OK, DnsStatus.UNAVAILABLE}


def test_a_resolver_that_falls_is_one_that_did_not_answer():
    class Falling:
        def query(self, name, _kind) -> Any:
            raise RuntimeError(name)

    found = Asker(Falling(), clock=lambda: AT).ask(names(1))
    assert found[names(1)[0]].status is DnsStatus.UNAVAILABLE


@pytest.mark.parametrize("values", [["x" * 9_000], ["x"] * 60, ["x" * 8_000] * 3])
def test_an_answer_out_of_bounds_is_told_by_its_status_alone(values):
    _, asks = asker({("a.example", TXT): values})
    answer = asks.ask([("a.example", TXT)])[("a.example", TXT)]
    assert (answer.status, answer.values) == (DnsStatus.OVERSIZE, ())


@every_case(
    "name",
    [
        "",
        "a",
        "localhost",
        "printer.local",
        "a b.example",
        "a.example/x",
        "ä.example",
        "a..example",
        "x" * 64 + ".example",
        "*.example",
        "a.example\n",
        "intranet.lan",
        "db.internal",
        ".".join(["abcdefghi"] * 30),
    ],
)
def test_a_name_that_is_none_of_the_public_dns_is_not_asked(name):
    resolver, asks = asker({})
    asks.ask([(name, TXT)])
    assert resolver.asked == []
    assert not may_be_asked(name)


def test_names_with_underscores_are_asked():
    assert is_domain("sel._domainkey.a.example")
    assert may_be_asked("_dmarc.a.example")


def test_one_mail_has_a_bound_of_questions():
    known = Known(most=5)
    statuses = [known.answer(name, kind).status for name, kind in names(10)]
    assert statuses == [DnsStatus.UNASKED] * 5 + [DnsStatus.UNAVAILABLE] * 5
    assert len(known.used()) == 5


def test_hints_are_asked_only_while_something_is_missing():
    known = Known([DnsAnswer(name="a.example", kind=TXT, status=DnsStatus.EMPTY)])
    known.hint("b.example", TXT)
    known.answer("a.example", TXT)
    assert [one.name for one in known.used()] == ["a.example"]
    known.answer("c.example", TXT)
    assert [one.name for one in known.used()] == ["a.example", "c.example", "b.example"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]:54", ("::1", 54)),
        ("[::1]", ("::1", 53)),
    ],
)
def test_a_server_is_read_from_the_settings(text, place):
    assert split_server(text) == place


@pytest.mark.parametrize("text", ["", "dns.example", "9.9.9.9:x", "9.9.9.9:0", "9.9.9.9:70000", "[::1"])
def test_what_is_no_server_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        split_server(text)


@pytest.fixture
def server():
    """A DNS server on this machine that answers a few names, and nobody's others."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            packet, peer = listener.recvfrom(4_096)
            if packet == b"end":
                return
            question = dns.message.from_wire(packet)
            name = question.question[0].name.to_text()
            answer = dns.message.make_response(question)
            if name == "key.example.":
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", '"v=DKIM1; " "p=AAAA"', '"other"'))
            elif name == "mail.example.":
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "MX", "10 MX.example."))
            elif name == "fails.example.":
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif name != "empty.example.":
                answer.set_rcode(dns.rcode.NXDOMAIN)
            listener.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    host, port = listener.getsockname()
    yield f"{host}:{port}"
    listener.sendto(b"end", (host, port))
    thread.join()
    listener.close()


@pytest.mark.parametrize(
    ("name", "kind", "status", "values"),
    [
        ("key.example", TXT, DnsStatus.OK, {"v=DKIM1; p=AAAA", "other"}),
        ("mail.example", DnsKind.MX, DnsStatus.OK, {"10 mx.example"}),
        ("empty.example", TXT, DnsStatus.EMPTY, set()),
        ("none.example", TXT, DnsStatus.NXDOMAIN, set()),
        ("fails.example", TXT, DnsStatus.TEMPFAIL, set()),
    ],
)
def test_the_networks_resolver_tells_what_a_server_says(server, name, kind, status, values):
    answer = NetworkResolver(servers=[server], timeout=60).query(name, kind)
    assert (answer.status, set(answer.values)) == (status, values)


def test_the_networks_resolver_tells_that_nobody_is_there():
    assert NetworkResolver(servers=["127.0.0.1:9"], timeout=0.4).query("a.example", TXT).status is DnsStatus.UNAVAILABLE
