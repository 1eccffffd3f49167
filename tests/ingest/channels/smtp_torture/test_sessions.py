"""What needs more than a stream: TLS, signing in, silence, memory, LMTP."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.channels.smtp_accounts import line_for
from storage.records import Channel
from tests.every_case import every_case
from tests.ingest.channels.smtp_torture.cases import ENDS, ENVELOPE, INTAKE, MAIL, SENDER, SMUGGLED, WAYS, cut, mails_in
from tests.ingest.smtp_service import Client, running
from tests.ingest.test_smtp_tls import make_certificate, secured

ROOT = Path(__file__).parents[4]
PASSWORD = b"a long password"
WHOLE = ENVELOPE + MAIL + b"injected\r\n.\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("torture-tls"))


@pytest.fixture(scope="module")
def secure(certificate, tmp_path_factory):
    users = tmp_path_factory.mktemp("torture-users") / "users"
    users.write_text(line_for("gateway", PASSWORD) + "\n")
    users.chmod(0o600)
    settings = {"certificate": certificate[0], "certificate_key": certificate[1], "users_file": users}
    with running(max_connections_per_peer=200, **settings) as service:
        yield service


@every_case("way", WAYS)
@every_case(
    "behind", [WHOLE, b"EHLO evil\r\n" + WHOLE, b"AUTH PLAIN AGEAYg==\r\n" + WHOLE, b"\r\n", b"STARTTLS\r\n" + WHOLE]
)
def test_nothing_that_was_said_before_the_handshake_is_done(secure, certificate, behind, way):
    before = len(secure.depositor.payloads)
    with secure.client() as client:
        client.greet()
        stream = b"STARTTLS\r\n" + behind
        # what arrives after the server began its handshake is no handshake, which ends the connection: as good
        for segment in cut(stream, way):
            try:
                client.send(segment)
            except OSError:
                break
        if client.reply().startswith("220"):
            try:
                secured(client, certificate)
                client.ask("DATA")
                client.send(b"QUIT\r\n")
            except OSError:
                pass
    assert secure.depositor.payloads[before:] == []


@pytest.mark.parametrize("garbage", [b"x" * 100_000, b"\x16\x03\x01" + b"\x00" * 5000, b"\x80\x2e\x01\x00\x02", b""])
def test_broken_handshake_stores_nothing_and_stops_nobody(secure, garbage):
    with secure.client() as client:
        client.greet()
        client.ask("STARTTLS")
        try:
            client.send(garbage)
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        while client.reply():
            pass
    with secure.client() as client:
        client.greet()
        assert client.deliver(MAIL).startswith("250")


@pytest.mark.parametrize(
    ("before", "sent"),
    [
        ((), b""),
        ((), b"EHLO sl"),
        (("EHLO x",), b"MAIL FROM:<"),
        (("EHLO x", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{INTAKE}>", "DATA"), b""),
        (("EHLO x", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{INTAKE}>", "DATA"), b"Subject: slow"),
        (("EHLO x", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{INTAKE}>", "DATA"), b"Subject: slow\r\n\r\nx\r\n."),
    ],
)
def test_client_that_falls_silent_is_closed_and_frees_its_place(before, sent):
    # on a busy machine the client itself may be too slow for the shorter times
    assert any(closed_for_silence(timeout, before, sent) for timeout in (0.1, 1.0, 30.0))


def closed_for_silence(timeout: float, before: tuple[str, ...], sent: bytes) -> bool:
    """False where the time was over before the client had said its part."""
    with running(timeout=timeout, max_connections=1) as service:
        with service.client() as client:
            client.reply()
            try:
                in_time = all(client.ask(line)[:3] in {"250", "354"} for line in before)
                client.send(sent)
            except OSError:
                in_time = False
            if in_time:
                client.socket.settimeout(60)
                in_time = client.reply().startswith("421")
            closed = client.reply() == ""
        assert service.depositor.payloads == []
        with service.client() as another:
            assert another.reply().startswith("220")
    assert closed
    return in_time


def test_client_that_drips_is_closed_at_the_deadline():
    with running(data_deadline=0.2) as service, service.client() as client:
        client.greet()
        client.open_data()
        client.socket.settimeout(0.01)
        said = ""
        for _ in range(10_000):
            try:
                client.send(b"x")
                said = client.reply()
                break
            except TimeoutError:
                continue
            except OSError:
                break
        assert said.startswith("421") or said == ""
        assert service.depositor.payloads == []


@every_case("way", WAYS)
@every_case("mark", ENDS, ids=repr)
def test_lmtp_ends_a_mail_as_strictly_as_smtp(mark, way):
    stream = MAIL + b"first" + mark + SMUGGLED
    with running(channel=Channel.LMTP) as service, service.client() as client:
        client.greet()
        client.open_data()
        for segment in cut(stream, way):
            client.send(segment)
        client.send(b"QUIT\r\n")
        while client.reply():
            pass
    assert tuple(service.depositor.payloads) == mails_in(stream)


def test_memory_of_an_acceptor_stays_bounded(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    command = [sys.executable, "-m", "tests.ingest.acceptor_program", str(listener.fileno()), str(tmp_path)]
    program = subprocess.Popen(command, pass_fds=(listener.fileno(),), cwd=ROOT)
    port = listener.getsockname()[1]
    try:
        with Client(port) as client:
            client.greet()
            client.deliver(MAIL)
        at_rest = _highest(program.pid)
        block = b"x" * 1_000_000
        for _ in range(3):
            with Client(port) as client:
                client.greet()
                client.open_data()
                for _ in range(60):
                    client.send(block)  # one line of 60 MB: above the line limit, and above the size
                client.send(b"\r\n.\r\n")
                assert client.reply()[:3] in {"500", "552"}
        with Client(port) as client:
            client.greet()
            client.ask(f"MAIL FROM:<{SENDER}>")
            try:
                for _ in range(100):
                    client.send(b"RCPT TO:<x@elsewhere.example>\r\n" * 100)
            except OSError:
                pass
        assert _highest(program.pid) - at_rest < 40 << 20
    finally:
        listener.close()
        program.kill()
        program.wait(120)


def _highest(process: int) -> int:
    """The most memory that the process has had resident, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
