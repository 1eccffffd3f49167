"""The SMTP channel over real sockets: what is accepted, refused and promised."""

import contextlib
import errno
import logging
import smtplib
import socket
import sqlite3
import threading

import pytest

from ingest.channels.smtp_settings import SmtpSettings
from storage.errors import Corrupt, InvalidInput, StorageFull, TemporarilyUnavailable
from storage.records import Channel
from tests.ingest.smtp_service import INTAKE, JANE, running

MAIL = b"From: jane.doe@mail.example\r\nSubject: budget\r\n\r\nThe budget.\r\n"


@pytest.fixture
def service():
    with running() as started:
        yield started


def test_standard_client_delivers_and_is_told_the_submission_id(service):
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as client:
        client.ehlo("client.example")
        client.mail(JANE)
        client.rcpt(INTAKE)
        code, text = client.data(MAIL)
    assert (code, text) == (250, b"2.0.0 Deposited as sub_0000")
    assert service.depositor.payloads == [MAIL]


def test_handover_says_what_the_session_saw(service):
    with service.client() as client:
        client.greet()
        client.deliver(MAIL)
    (handover,) = service.depositor.handovers
    assert (handover.channel, handover.account, handover.custodian_id) == (Channel.SMTP, "smtp", "cus_jane")
    assert (handover.envelope.submitter, handover.envelope.recipient) == (JANE, INTAKE)
    seen = dict(handover.envelope.transport)
    assert seen["peer"].startswith("127.0.0.1:")
    assert (seen["helo"], seen["protocol"]) == ("client.example", "ESMTP")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no header at all\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\n...a\r\n.b\r\n",
        b"Subject: bare\r\n\r\nLF\nCR\rboth\n\r\r\n",
        b"Subject: nul\r\n\r\n\x00\x00a\x00\r\n",
        "Subject: 8 bit ä\r\n\r\n\u00e4\u4e2d\u6587\r\n".encode(),
        bytes(range(256)).replace(b"\r\n", b"") + b"\r\n",
        b"Subject: wrong UTF-8\r\n\r\n\xff\xfe\xc3\x28\r\n",
        b"Subject: trailing\r\n\r\n \t \r\n\r\n\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 900_000 + b"\r\nafter\r\n",
        b"Received: by nobody\r\n" * 2000 + b"\r\n",
        (b"." * 77 + b"\r\n") * 5000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_stored_bytes_are_those_that_the_client_had(service, body):
    with service.client() as client:
        client.greet()
        assert client.deliver(body).startswith("250")
    assert service.depositor.payloads == [body]


def test_250_comes_only_after_the_deposit_returned(service):
    service.depositor.gate = threading.Event()
    with service.client() as client:
        client.greet()
        client.open_data()
        client.send(MAIL + b".\r\n")
        assert service.depositor.entered.acquire(timeout=30)
        client.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.socket.recv(1)
        client.socket.settimeout(30)
        service.depositor.gate.set()
        assert client.reply().startswith("250")


@pytest.mark.parametrize(
    "failure",
    [
        TemporarilyUnavailable("secret"),
        Corrupt("secret"),
        ValueError("secret"),
        KeyError("secret"),
        RuntimeError("secret"),
        RecursionError("secret"),
        AssertionError("secret"),
        UnicodeDecodeError("utf-8", b"secret", 0, 1, "secret"),
        OSError(errno.EIO, "secret"),
        PermissionError(errno.EACCES, "secret"),
        sqlite3.OperationalError("secret"),
        TimeoutError("secret"),
        ConnectionResetError("secret"),
        StopIteration("secret"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_every_failure_of_the_deposit_is_answered_451_without_its_text(service, failure):
    service.depositor.failure = failure
    with service.client() as client:
        client.greet()
        reply = client.deliver(MAIL)
        assert reply.startswith("451 4.3.0")
        assert "secret" not in reply
        service.depositor.failure = None
        assert client.deliver(MAIL).startswith("250"), "the session goes on"


@pytest.mark.parametrize(
    "failure",
    [StorageFull("secret"), OSError(errno.ENOSPC, "secret"), OSError(errno.EDQUOT, "secret"), MemoryError("secret")],
    ids=repr,
)
def test_full_disk_is_answered_452(service, failure):
    service.depositor.failure = failure
    with service.client() as client:
        client.greet()
        reply = client.deliver(MAIL)
    assert reply.startswith("452 4.3.1")
    assert "secret" not in reply


def test_failing_directory_is_a_temporary_answer_at_data_and_at_rcpt():
    with running(intake_domains=("records.agency.example",)) as service, service.client() as client:
        service.directory.failure = RuntimeError("secret")
        client.greet()
        assert client.deliver(MAIL).startswith("451")
        client.ask(f"MAIL FROM:<{JANE}>")
        assert client.ask("RCPT TO:<jane@records.agency.example>").startswith("451")


def test_unlisted_recipient_is_refused_and_nothing_is_relayed(service):
    with service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        for address in ("somebody@elsewhere.example", "archive", "<>", f"{INTAKE}@elsewhere.example", "a b@c"):
            assert client.ask(f"RCPT TO:<{address}>")[:3] in {"550", "553"}
        assert client.ask("DATA").startswith("503")
    assert service.depositor.payloads == []


def test_one_unlisted_recipient_does_not_spoil_the_listed_one(service):
    with service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        assert client.ask("RCPT TO:<x@elsewhere.example>").startswith("550")
        assert client.ask(f"RCPT TO:<{INTAKE}>").startswith("250")
        assert client.ask("DATA").startswith("354")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")


def test_who_guesses_addresses_is_sent_away(service):
    with service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        replies = [client.ask(f"RCPT TO:<guess{number}@agency.example>") for number in range(51)]
        assert replies[-1].startswith("421")
        assert client.reply() == ""


@pytest.mark.parametrize("sender", ["stranger@elsewhere.example", "", "\udcff\udcfe@elsewhere.example"])
def test_unknown_sender_is_deposited_without_custodian(service, sender):
    with service.client() as client:
        client.greet()
        client.send(f"MAIL FROM:<{sender}>\r\n".encode("utf-8", "surrogateescape"))
        assert client.reply().startswith("250")
        client.ask(f"RCPT TO:<{INTAKE}>")
        client.ask("DATA")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")
    (handover,) = service.depositor.handovers
    assert handover.custodian_id is None
    assert (handover.envelope.submitter is None) == (sender == "")
    (handover.envelope.submitter or "").encode()


def test_personal_recipient_names_the_custodian_whoever_sends():
    aliases = (("omar.archive@agency.example", "omar@mail.example"),)
    with running(aliases=aliases) as service, service.client() as client:
        client.greet()
        client.deliver(MAIL, JANE, "omar.archive@agency.example")
    assert [handover.custodian_id for handover in service.depositor.handovers] == ["cus_omar"]


def test_recipients_of_different_custodians_make_a_deposit_each():
    with running(aliases=(("omar.archive@agency.example", "omar@mail.example"),)) as service:
        with service.client() as client:
            client.greet()
            reply = client.deliver(MAIL, JANE, INTAKE, "archive+omar=mail.example@agency.example", INTAKE)
        assert reply == "250 2.0.0 Deposited as sub_0000 sub_0001"
        assert {handover.custodian_id for handover in service.depositor.handovers} == {"cus_jane", "cus_omar"}
        of_jane = next(h for h in service.depositor.handovers if h.custodian_id == "cus_jane")
        assert ("recipient", INTAKE) in of_jane.envelope.transport


def test_alias_of_nobody_is_refused():
    with running(aliases=(("ghost@agency.example", "ghost@mail.example"),)) as service, service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        assert client.ask("RCPT TO:<ghost@agency.example>").startswith("550")


def test_too_many_recipients_are_a_temporary_answer(service):
    with service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        replies = [client.ask(f"RCPT TO:<archive+jane.doe=mail.example@agency.example>") for _ in range(101)]  # noqa: F541
        assert {reply[:3] for reply in replies[:100]} == {"250"}
        assert replies[100].startswith("452 4.5.3")


def test_size_is_announced_and_a_larger_one_declared_is_refused_at_once():
    with running(max_size=5000) as service, service.client() as client:
        assert "250-SIZE 5000" in client.greet().split("\r\n")
        assert client.ask(f"MAIL FROM:<{JANE}> SIZE=5001").startswith("552")


@pytest.mark.parametrize("declared", ["", " SIZE=10"])
def test_mail_above_the_size_is_refused_after_its_end_and_the_session_goes_on(declared):
    with running(max_size=5000) as service, service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>{declared}")
        client.ask(f"RCPT TO:<{INTAKE}>")
        client.ask("DATA")
        client.send((b"x" * 998 + b"\r\n") * 6 + b".\r\n")
        assert client.reply().startswith("552")
        assert client.deliver(MAIL).startswith("250")
    assert service.depositor.payloads == [MAIL]


def test_line_above_the_limit_is_refused_and_never_cut():
    with running(max_line=2000) as service, service.client() as client:
        client.greet()
        assert client.deliver(b"x" * 2001 + b"\r\n").startswith("500 5.6.0")
        assert client.deliver(b"x" * 2000 + b"\r\n").startswith("250")


def test_mail_without_end_is_cut_off():
    with running(max_size=1000) as service, service.client() as client:
        client.greet()
        client.open_data()
        with contextlib.suppress(ConnectionError):
            client.send(b"x" * 10_000_000)
            pytest.fail("ten thousand times the size was read")
        assert service.depositor.payloads == []


def test_memory_of_all_sessions_together_is_bounded():
    with running(max_size=100_000, max_buffered=100_000) as service:
        service.depositor.gate = threading.Event()
        with service.client() as first, service.client() as second:
            first.greet()
            first.open_data()
            first.send((b"x" * 98 + b"\r\n") * 900 + b".\r\n")
            assert service.depositor.entered.acquire(timeout=30)
            second.greet()
            second.open_data()
            second.send((b"y" * 98 + b"\r\n") * 200 + b".\r\n")
            assert second.reply().startswith("452")
            service.depositor.gate.set()
            assert first.reply().startswith("250")
            assert second.deliver(b"z" * 50_000 + b"\r\n").startswith("250"), "what was taken is given back"


def test_connections_above_the_limit_are_told_to_come_back():
    with running(max_connections=2) as service, service.client() as first:
        with service.client() as second:
            assert first.reply().startswith("220")
            assert second.reply().startswith("220")
            with service.client() as third:
                assert third.reply().startswith("421")
            assert second.ask("QUIT").startswith("221")
            assert second.reply() == ""
        for _ in range(1000):
            with service.client() as fourth:
                if fourth.reply().startswith("220"):
                    break
        else:
            pytest.fail("the place of a closed connection is never free again")


def test_one_peer_cannot_take_all_places():
    with running(max_connections=10, max_connections_per_peer=1) as service, service.client() as first:
        assert first.reply().startswith("220")
        with service.client() as second:
            assert second.reply().startswith("421")


def test_slow_client_and_slow_deposit_hold_nobody_up(service):
    service.depositor.gate = threading.Event()
    with service.client() as waiting, service.client() as slow, service.client() as quick:
        waiting.greet()
        waiting.open_data()
        waiting.send(MAIL + b".\r\n")
        assert service.depositor.entered.acquire(timeout=30)
        slow.greet()
        slow.open_data()
        slow.send(b"Subject: sl")
        gate, service.depositor.gate = service.depositor.gate, None
        quick.greet()
        assert quick.deliver(MAIL).startswith("250")
        gate.set()
        assert waiting.reply().startswith("250")


def test_silent_client_is_told_and_closed():
    with running(timeout=0.05) as service, service.client() as client:
        assert client.reply().startswith("220")
        assert client.reply().startswith("421 4.4.2")
        assert client.reply() == ""


def test_data_that_takes_too_long_is_closed():
    with running(data_deadline=0.05) as service, service.client() as client:
        client.greet()
        client.open_data()
        client.send(b"Subject: ")
        assert client.reply().startswith("421 4.4.2")
    assert service.depositor.payloads == []


@pytest.mark.parametrize("sent", [b"", b"half a mail\r\n", b"half a mail\r\n.", b"half a mail\r\n.\r"])
def test_mail_whose_end_never_came_is_not_deposited(service, sent):
    with service.client() as client:
        client.greet()
        client.open_data()
        client.send(sent)
        client.socket.shutdown(socket.SHUT_WR)
        assert client.reply() == ""
    assert service.depositor.payloads == []


def test_whole_mail_of_a_client_that_left_is_still_deposited(service):
    service.depositor.gate = threading.Event()
    with service.client() as client:
        client.greet()
        client.open_data()
        client.send(MAIL + b".\r\n")
        assert service.depositor.entered.acquire(timeout=30)
    service.depositor.gate.set()
    service.begin_stopping()
    service.join()
    assert service.depositor.payloads == [MAIL]


def test_auth_is_not_offered_and_not_done(service):
    with service.client() as client:
        assert "AUTH" not in client.greet()
        assert client.ask("AUTH PLAIN AGEAYg==").startswith("500")
        assert "AUTH" not in client.ask("HELP")


def test_verification_verifies_nothing(service):
    with service.client() as client:
        client.greet()
        assert client.ask(f"VRFY {INTAKE}") == client.ask("VRFY nobody@elsewhere.example")
        assert client.ask("VRFY").startswith("252")
        assert client.ask("EXPN list").startswith("502")


def test_old_greeting_works_too(service):
    with service.client() as client:
        client.reply()
        assert client.ask("HELO client.example").startswith("250")
        assert client.deliver(MAIL).startswith("250")
    assert dict(service.depositor.handovers[0].envelope.transport)["protocol"] == "SMTP"


def test_international_addresses_are_taken(service):
    with service.client() as client:
        client.greet()
        assert client.ask("MAIL FROM:<jürgen@mail.example> SMTPUTF8 BODY=8BITMIME").startswith("250")
        client.ask(f"RCPT TO:<{INTAKE}>")
        client.ask("DATA")
        client.send(MAIL + b".\r\n")
        assert client.reply().startswith("250")
    (handover,) = service.depositor.handovers
    assert handover.envelope.submitter == "jürgen@mail.example"
    assert dict(handover.envelope.transport)["protocol"] == "UTF8SMTP"


@pytest.mark.parametrize(
    "line",
    [
        "MAIL FROM:<" + "(" * 1500 + ">",
        'MAIL FROM:<"' + "\\" * 1500,
        "MAIL FROM:" + "<" * 1500,
        "MAIL FROM:<a@b\rRCPT TO:<x@y>",
        "MAIL FROM:<a\x00b@c>",
        "MAIL FROM:<@a,@b>",
        "MAIL FROM:",
        "MAIL",
        "RCPT TO:",
        "X" * 5000,
        "NOOP " + "x" * 100_000,
        "",
        "\x00",
        "DATA now",
        "DATA",
        "BDAT 10 LAST",
        "\u00e4HLO x",
    ],
    ids=lambda line: repr(line[:20]),
)
def test_nonsense_is_answered_and_the_session_goes_on(service, line):
    with service.client() as client:
        client.greet()
        assert client.ask(line)[:1] in {"2", "4", "5"}
        client.ask("RSET")
        assert client.deliver(MAIL).startswith("250")


def test_commands_sent_behind_the_mail_are_answered_in_order(service):
    with service.client() as client:
        client.greet()
        client.open_data()
        client.send(MAIL + b".\r\nNOOP\r\nMAIL FROM:<" + JANE.encode() + b">\r\nQUIT\r\n")
        assert [client.reply()[:3] for _ in range(4)] == ["250", "250", "250", "221"]


def test_acceptor_says_that_it_is_up_and_when_it_last_brought_something():
    with running() as service, service.client() as client:
        client.greet()
        client.deliver(MAIL)
        service.begin_stopping()
        service.join()
        last = service.health.notes[-1]
    assert (last.channel, last.account) == (Channel.SMTP, "smtp")
    assert last.last_worked is not None
    assert last.last_item is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"hostname": "two words"},
        {"hostname": "a\r\n250 b"},
        {"intake_addresses": ()},
        {"max_size": 0},
        {"max_buffered": 10},
        {"timeout": 0.0},
        {"certificate": "only.pem"},
    ],
    ids=repr,
)
def test_settings_that_cannot_work_are_refused_at_start(wrong):
    with pytest.raises(InvalidInput):
        SmtpSettings(**{"hostname": "archive.example", "intake_addresses": (INTAKE,), **wrong})


def test_no_address_and_no_word_of_a_mail_is_logged(service, caplog):
    caplog.set_level(logging.DEBUG)
    service.depositor.failure = ValueError("planted")
    with service.client() as client:
        client.greet()
        client.deliver(b"Subject: confidential\r\n\r\nconfidential\r\n")
        client.ask("RCPT TO:<confidential@elsewhere.example>")
        client.ask("confidential nonsense")
    assert "mail not taken: ValueError" in caplog.text
    assert not any(word in caplog.text for word in ("confidential", "CONFIDENTIAL", JANE, INTAKE))
