"""LMTP (RFC 2033) over real sockets: an answer for each recipient, and the same care as SMTP."""

import smtplib
import threading
from unittest import mock

import pytest

from ingest.submission import Deposited
from storage.errors import StorageFull, TemporarilyUnavailable
from storage.records import Channel
from tests.ingest.smtp_service import INTAKE, JANE, running

MAIL = b"From: jane.doe@mail.example\r\nSubject: budget\r\n\r\nThe budget.\r\n"
OMAR = "archive+omar=mail.example@agency.example"


@pytest.fixture
def service():
    with running(channel=Channel.LMTP) as started:
        yield started


def test_standard_client_delivers_over_tcp(service):
    with smtplib.LMTP("127.0.0.1", service.port, timeout=30) as client:
        assert client.sendmail(JANE, [INTAKE], MAIL) == {}
    assert service.depositor.payloads == [MAIL]


def test_standard_client_delivers_over_a_unix_socket(tmp_path):
    place = tmp_path / "lmtp"
    with running(channel=Channel.LMTP, place=place) as service:
        with smtplib.LMTP(str(place)) as client:
            assert client.sendmail(JANE, [OMAR], MAIL) == {}
        assert [one.custodian_id for one in service.depositor.handovers] == ["cus_omar"]
    assert dict(service.depositor.handovers[0].envelope.transport)["peer"] == "local"


def test_handover_says_that_it_came_by_lmtp(service):
    with service.client() as client:
        client.greet()
        client.deliver(MAIL)
    (handover,) = service.depositor.handovers
    assert (handover.channel, handover.account) == (Channel.LMTP, "lmtp")
    assert dict(handover.envelope.transport)["protocol"] == "LMTP"


def test_each_recipient_has_a_reply_in_the_order_of_rcpt(service):
    with service.client() as client:
        client.greet()
        client.open_data(JANE, OMAR, INTAKE, OMAR)
        client.send(MAIL + b".\r\n")
        replies = [client.reply() for _ in range(3)]
    assert [reply[:3] for reply in replies] == ["250", "250", "250"]
    assert replies[0] == replies[2]
    assert replies[0] != replies[1]
    assert len(service.depositor.payloads) == 2


def test_only_the_recipients_whose_deposit_failed_are_told_to_come_again(service):
    real = service.depositor.deposit

    def deposit(handover) -> Deposited:
        if handover.custodian_id == "cus_omar":
            raise TemporarilyUnavailable("secret")
        return real(handover)

    service.depositor.deposit = deposit
    with service.client() as client:
        client.greet()
        client.open_data(JANE, OMAR, INTAKE)
        client.send(MAIL + b".\r\n")
        assert [client.reply()[:9] for _ in range(2)] == ["451 4.3.0", "250 2.0.0"]
        assert client.ask("NOOP").startswith("250"), "no reply too many"


def test_full_disk_is_said_to_each_recipient(service):
    service.depositor.failure = StorageFull("secret")
    with service.client() as client:
        client.greet()
        client.open_data(JANE, OMAR, INTAKE)
        client.send(MAIL + b".\r\n")
        assert [client.reply()[:3] for _ in range(2)] == ["452", "452"]


def test_failing_directory_is_said_to_each_recipient(service):
    with service.client() as client:
        client.greet()
        client.open_data(JANE, INTAKE, INTAKE)
        service.directory.failure = RuntimeError("secret")
        client.send(MAIL + b".\r\n")
        assert [client.reply()[:3] for _ in range(2)] == ["451", "451"]


def test_mail_above_the_size_is_refused_once_for_each_recipient():
    with running(channel=Channel.LMTP, max_size=1000) as service, service.client() as client:
        client.greet()
        client.open_data(JANE, OMAR, INTAKE)
        client.send((b"x" * 98 + b"\r\n") * 20 + b".\r\n")
        assert [client.reply()[:3] for _ in range(2)] == ["552", "552"]
        assert client.ask("NOOP").startswith("250")
    assert service.depositor.payloads == []


@pytest.mark.parametrize("greeting", ["HELO", "EHLO"])
def test_greetings_of_smtp_are_refused(service, greeting):
    with service.client() as client:
        client.reply()
        assert client.ask(f"{greeting} client.example").startswith("500")
        assert client.ask(f"MAIL FROM:<{JANE}>").startswith("503")
        assert client.ask("LHLO client.example").startswith("250")


def test_lhlo_is_unknown_to_the_smtp_receiver():
    with running() as service, service.client() as client:
        client.reply()
        assert client.ask("LHLO client.example").startswith("500")


def test_data_without_a_recipient_is_refused_once(service):
    with service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        client.ask("RCPT TO:<nobody@elsewhere.example>")
        assert client.ask("DATA").startswith("503")


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


def test_health_is_noted_under_lmtp(service):
    service.begin_stopping()
    service.join()
    assert {(one.channel, one.account) for one in service.health.notes} == {(Channel.LMTP, "lmtp")}


def test_an_error_that_nobody_thought_of_is_said_to_each_recipient(service, monkeypatch):
    monkeypatch.setattr("ingest.channels.smtp_receiver.testimony", mock.Mock(side_effect=RuntimeError("secret")))
    with service.client() as client:
        client.greet()
        client.open_data(JANE, OMAR, INTAKE)
        client.send(MAIL + b".\r\n")
        assert [client.reply()[:3] for _ in range(2)] == ["451", "451"]
        assert client.ask("NOOP").startswith("250"), "no reply too many"
