"""What one peer, and all together, may cost: mails a minute, refusals, commands, time without a mail."""

from typing import Any

import pytest

from ingest.channels.recipients import Recipients, Route, spellings
from ingest.channels.smtp_data import DataCollector, Excess
from ingest.channels.smtp_limits import Allowance, Rate
from ingest.channels.smtp_settings import Oddity, SmtpSettings, is_among
from storage.errors import InvalidInput
from tests.every_case import every_case
from tests.ingest.smtp_service import INTAKE, JANE, running

MAIL = b"Subject: x\r\n\r\nbody\r\n"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def settings(**chosen: Any):
    return SmtpSettings(**{"hostname": "archive.example", "intake_addresses": (INTAKE,), **chosen})


def test_rate_gives_a_minutes_worth_at_once_and_then_as_time_goes_by():
    clock = Clock()
    rate = Rate(6, clock)
    assert [rate.take("a") for _ in range(7)] == [True] * 6 + [False]
    assert rate.take("b"), "each name has its own"
    clock.now += 10
    assert [rate.take("a") for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [rate.take("a") for _ in range(7)] == [True] * 6 + [False]


def test_rate_remembers_a_bounded_number_of_names():
    rate = Rate(1, Clock())
    for number in range(25_000):
        rate.take(str(number))
    assert len(rate._left) == 10_000
    assert not rate.take("24999")


def test_no_limit_is_no_limit():
    rate = Rate(0, Clock())
    assert all(rate.take("a") for _ in range(1000))


def test_mails_of_one_peer_are_limited_without_stopping_another():
    allowance = Allowance(settings(mails_per_minute_per_peer=2, mails_per_minute=3), Clock())
    assert [allowance.admit_mail("a") for _ in range(3)] == [True, True, False]
    assert [allowance.admit_mail("b") for _ in range(2)] == [True, False], "the third of all was the last"


def test_peer_that_sends_too_much_is_told_to_come_again():
    with running(mails_per_minute_per_peer=2) as service, service.client() as client:
        client.greet()
        assert client.deliver(MAIL).startswith("250")
        assert client.deliver(MAIL).startswith("250")
        assert client.ask(f"MAIL FROM:<{JANE}>").startswith("421 4.7.0")
        assert client.reply() == ""


def test_too_many_refusals_end_the_connection():
    with running(max_errors=5) as service, service.client() as client:
        client.greet()
        replies = [client.ask("RCPT TO:<x@y.example>")[:3] for _ in range(5)]
        assert replies == ["503"] * 5
        assert client.reply().startswith("421 4.7.0")
        assert client.reply() == ""


def test_what_was_sent_behind_the_last_refusal_is_not_done():
    with running(max_errors=5) as service, service.client() as client:
        client.greet()
        mail = f"MAIL FROM:<{JANE}>\r\nRCPT TO:<{INTAKE}>\r\nDATA\r\n".encode() + MAIL + b".\r\n"
        client.send(b"MAIL\r\n" * 5 + mail)
        while client.reply():
            pass
    assert service.depositor.payloads == []


def test_connection_that_brings_no_mail_for_long_is_closed():
    with running(idle_deadline=0.05, timeout=30.0) as service, service.client() as client:
        said = [client.reply()[:3]]
        while said[-1] in {"220", "250"}:
            said.append(client.ask("NOOP")[:3])
        assert said[-1] == "421"
        assert client.reply() == ""


@every_case(
    ("body", "bare"),
    [
        (b"a\r\nb\r\n", False),
        (b"", False),
        (b"a\nb\r\n", True),
        (b"a\rb\r\n", True),
        (b"a\r\r\nb\r\n", True),
        (b"a\r\n\nb\r\n", True),
        (b"a\r\n\rb\r\n", True),
        (b"\n", True),
        (b"a\n\rb\r\n", True),
    ],
)
def test_bare_line_end_is_seen_whatever_the_cut(body, bare):
    stream = body + (b"" if body.endswith(b"\r\n") or not body else b"\r\n") + b".\r\n"
    for at in range(len(stream)):
        for then in range(at, len(stream)):
            collector = DataCollector(max_size=1000, max_line=1000, refuse_bare=True)
            for block in (stream[:at], stream[at:then], stream[then:]):
                if block and not collector.finished:
                    collector.feed(block)
            assert collector.finished
            assert (collector.excess is Excess.BARE) == bare


@pytest.mark.parametrize(
    ("setting", "body"),
    [({"bare_line_ends": Oddity.REFUSE}, b"a\nb\r\n"), ({"nul_bytes": Oddity.REFUSE}, b"a\0b\r\n")],
    ids=["bare LF", "NUL"],
)
def test_what_the_setting_refuses_is_refused_and_the_session_goes_on(setting, body):
    with running(**setting) as service, service.client() as client:
        client.greet()
        assert client.deliver(body).startswith("554 5.6.0")
        assert client.deliver(MAIL).startswith("250")
    assert service.depositor.payloads == [MAIL]


@pytest.mark.parametrize(
    "wrong",
    [
        {"users_file": "users"},
        {"auth_required": True},
        {"journal_recipients": ("journal@agency.example",)},
        {"journal_recipients": ("journal@agency.example",), "journal_peers": ("exchange.example",)},
        {"max_errors": 0},
        {"mails_per_minute": -1},
        {"idle_deadline": 0.0},
    ],
    ids=repr,
)
def test_settings_that_cannot_work_are_refused_at_start(wrong):
    with pytest.raises(InvalidInput):
        settings(**wrong)


@pytest.mark.parametrize(
    ("peer", "among"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("fe80::1%eth0", False),
        ("local", True),
        ("nonsense", False),
    ],
)
def test_peers_are_known_by_address_network_or_as_local(peer, among):
    assert is_among(peer, ("192.0.2.0/24", "2001:db8::/32", "local")) == among


def test_address_in_any_script_is_known_in_both_spellings_of_its_domain():
    ours = Recipients.of(["archiv@b\u00fccher.example"], ["b\u00fccher.example"])
    for spelling in ("archiv@b\u00fccher.example", "ARCHIV@xn--bcher-kva.example", "archiv@bu\u0308cher.example"):
        assert ours.route(spelling) == Route(names_custodian=None)
    assert ours.route("j\u00fcrgen@b\u00fccher.example") == Route(names_custodian="j\u00fcrgen@xn--bcher-kva.example")


def test_directory_is_asked_for_every_spelling():
    assert spellings("jane@mail.example") == ("jane@mail.example",)
    assert "j@b\u00fccher.example" in spellings("J@xn--bcher-kva.example")
    assert "j@xn--bcher-kva.example" in spellings("j@B\u00fccher.example")


def test_international_recipient_names_a_custodian():
    with running(intake_domains=("b\u00fccher.example",)) as service, service.client() as client:
        service.directory.custodians["j\u00fcrgen@b\u00fccher.example"] = "cus_juergen"
        client.greet()
        assert client.ask(f"MAIL FROM:<{JANE}> SMTPUTF8").startswith("250")
        assert client.ask("RCPT TO:<j\u00fcrgen@b\u00fccher.example>").startswith("250")
        assert client.ask("DATA").startswith("354")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")
    assert [one.custodian_id for one in service.depositor.handovers] == ["cus_juergen"]
