"""Signing in: tokens are renewed and never repeated, nothing said before TLS counts, busy servers are no refusal."""

import logging
import socket
import ssl
import threading

import pytest

from ingest.channels.imap import ConnectionLost
from ingest.channels.imap_settings import TlsMode
from ingest.channels.imap_signing_in import Connector, connect
from storage.errors import Denied, InvalidInput
from tests.ingest.imap_bench import WAIT, Bench, mail, mails
from tests.ingest.imap_server import ImapServer
from tests.ingest.test_smtp_tls import make_certificate


@pytest.fixture
def server():
    started = ImapServer("AUTH=XOAUTH2 SASL-IR")
    started.folders["INBOX"].mails[1] = mail(1)
    yield started
    started.close()


def by_token(folder, token):
    (folder / "token").write_text(token)
    return {"password_file": None, "token_file": folder / "token"}


def test_token_signs_in_by_xoauth2(server, tmp_path):
    bench = Bench(server, tmp_path)
    bench.poll(**by_token(tmp_path, "token-1"))
    assert bench.got == mails(1)
    assert server.challenges == [b"user=archive\1auth=Bearer token-1\1\1"]


def test_token_signs_in_by_oauthbearer_where_only_that_is_offered(server, tmp_path):
    server.capabilities = "IMAP4rev1 AUTH=OAUTHBEARER"
    connect(server.account(tmp_path, **by_token(tmp_path, "token-1"))).close()
    assert server.challenges == [b"n,a=archive,\1auth=Bearer token-1\1\1"]


@pytest.mark.parametrize(("mechanism", "end"), [("XOAUTH2", b""), ("OAUTHBEARER", b"\1")])
def test_refused_token_is_not_sent_again_and_stands_nowhere(server, tmp_path, caplog, mechanism, end):
    caplog.set_level(logging.DEBUG)
    server.capabilities = f"IMAP4rev1 AUTH={mechanism}"
    with pytest.raises(Denied) as caught:
        connect(server.account(tmp_path, **by_token(tmp_path, "stale-secret")))
    assert server.challenges[1:] == [end]
    assert "stale-secret" not in str(caught.value)
    assert "stale-secret" not in caplog.text


def test_token_that_expired_is_got_anew_from_the_command(server, tmp_path):
    script = tmp_path / "give-token"
    script.write_text('#!/bin/sh\nprintf \'{"access_token": "%s", "expires_in": 3600}\' "$(cat "$1")"\n')
    script.chmod(0o700)
    (tmp_path / "now").write_text("token-1")
    account = server.account(
        tmp_path, password_file=None, token_command=(str(script), str(tmp_path / "now")), timeout=WAIT
    )
    connector = Connector(account)
    connector(account).close()
    server.token = "token-2"
    (tmp_path / "now").write_text("token-2")
    connector(account).close()
    assert [b"token-1" in one for one in server.challenges if b"Bearer" in one] == [True, True, False]


def test_command_is_named_by_its_path_and_only_one_secret_is_given(server, tmp_path):
    with pytest.raises(InvalidInput):
        server.account(tmp_path, password_file=None, token_command=("give-token",))
    with pytest.raises(InvalidInput):
        server.account(tmp_path, token_file=tmp_path / "t")


@pytest.mark.parametrize(
    "answer",
    [
        "NO [UNAVAILABLE] later",
        "NO [ALERT] Too many simultaneous connections. (Failure)",
        "NO [INUSE] elsewhere",
        "NO Maximum number of connections from user+IP exceeded",
    ],
)
def test_server_without_room_is_no_wrong_password(server, tmp_path, answer):
    server.busy = answer
    with pytest.raises(ConnectionLost):
        connect(server.account(tmp_path))


def test_server_that_lets_everybody_in_is_refused(server, tmp_path):
    server.greeting = b"* PREAUTH welcome\r\n"
    with pytest.raises(ConnectionLost, match="PREAUTH"):
        connect(server.account(tmp_path))
    assert not any(command.startswith("LOGIN") for command in server.commands)


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        (b"* BYE Too many connections for jane\r\n", "takes no connection now"),
        (b"* BYE [UNAVAILABLE]\r\n", "takes no connection now"),
        (b"", "hung up before anybody was signed in"),
        (b"220 mail.example ESMTP\r\n", "does not answer as an IMAP server does"),
    ],
)
def test_what_meets_us_at_the_door_is_told_in_a_sentence_that_quotes_nothing(server, tmp_path, greeting, says):
    server.greeting, server.only_greets = greeting, True
    with pytest.raises(ConnectionLost, match=says) as refused:
        connect(server.account(tmp_path))
    assert "jane" not in refused.value.message
    assert server.commands == []


def test_server_without_starttls_gets_no_password(server, tmp_path):
    with pytest.raises(ConnectionLost):
        connect(server.account(tmp_path, tls=TlsMode.STARTTLS))
    assert not any(command.startswith("LOGIN") for command in server.commands)


def test_reason_of_a_failed_connection_is_told(server, tmp_path):
    with pytest.raises(ConnectionLost, match=r"TLS could not be agreed on|answer in time|not answer as"):
        connect(server.account(tmp_path, tls=TlsMode.IMPLICIT, timeout=2.0))
    server.close()
    with pytest.raises(ConnectionLost, match="refused"):
        connect(server.account(tmp_path))


class StartTlsServer:
    """Speaks STARTTLS, and more in the same breath than it may; `inside` is what it does under TLS."""

    def __init__(self, folder, before=b"", after=b"") -> None:
        self.certificate, self.key = make_certificate(folder)
        self._before, self._after = before, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.inside = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        sock, _ = self._listener.accept()
        lines = sock.makefile("rb")
        sock.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n")
        try:
            while True:
                tag, _, rest = lines.readline().partition(b" ")
                if rest.startswith(b"STARTTLS"):
                    sock.sendall(self._before + tag + b" OK go\r\n" + self._after)
                    break
                sock.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key)
            with context.wrap_socket(sock, server_side=True) as safe, safe.makefile("rb") as words:
                for line in words:
                    tag, _, rest = line.partition(b" ")
                    self.inside.append(rest.split(b" ")[0].strip())
                    if rest.startswith(b"CAPABILITY"):
                        safe.sendall(b"* CAPABILITY IMAP4rev1\r\n")
                    if rest.startswith(b"LIST"):
                        safe.sendall(b'* LIST () "/" INBOX\r\n')
                    safe.sendall(tag + b" OK done\r\n")
        except OSError:
            pass
        finally:
            lines.close()
            sock.close()

    def close(self) -> None:
        self._thread.join(WAIT)
        self._listener.close()


def test_what_was_said_before_tls_is_forgotten_after_it(server, tmp_path):
    injected = b'* LIST () "/" Injected\r\n* CAPABILITY IMAP4rev1 IDLE MOVE\r\n'
    secure = StartTlsServer(tmp_path, before=injected)
    account = server.account(tmp_path, port=secure.port, tls=TlsMode.STARTTLS, certificate_authority=secure.certificate)
    connection = connect(account)
    assert [folder.name for folder in connection.folders()[0]] == ["INBOX"]
    assert not connection.can("IDLE")
    connection.close()
    secure.close()


def test_what_follows_the_word_for_tls_in_one_breath_is_not_read(server, tmp_path):
    secure = StartTlsServer(tmp_path, after=b"* PREAUTH welcome\r\n* BYE\r\n")
    account = server.account(tmp_path, port=secure.port, tls=TlsMode.STARTTLS, certificate_authority=secure.certificate)
    try:
        connection = connect(account)
    except ConnectionLost:
        assert b"LOGIN" not in secure.inside  # the bytes went into the handshake, which failed
    else:
        assert b"LOGIN" in secure.inside
        connection.close()
    secure.close()


def test_certificate_that_nobody_vouches_for_gets_no_password(server, tmp_path):
    secure = StartTlsServer(tmp_path)
    with pytest.raises(ConnectionLost, match="certificate is not good"):
        connect(server.account(tmp_path, port=secure.port, tls=TlsMode.STARTTLS))
    secure.close()
    assert b"LOGIN" not in secure.inside
