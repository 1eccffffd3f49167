"""AUTH (RFC 4954): over TLS only, for the users of a file, and not for who guesses."""

import base64
import logging
import smtplib
import ssl

import pytest

from ingest.channels.smtp_accounts import Accounts, Credentials, line_for
from storage.errors import InvalidInput
from tests.ingest.smtp_service import INTAKE, JANE, running
from tests.ingest.test_smtp_tls import make_certificate, secured

PASSWORD = b"a long password"
MAIL = b"Subject: x\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("auth")


@pytest.fixture(scope="module")
def certificate(place):
    return make_certificate(place)


@pytest.fixture(scope="module")
def users(place):
    file = place / "users"
    file.write_text("# who may send\n\n" + line_for("gateway", PASSWORD) + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def service(certificate, users):
    with running(certificate=certificate[0], certificate_key=certificate[1], users_file=users) as started:
        yield started


@pytest.fixture
def client(service, certificate):
    with service.client() as made:
        made.greet()
        made.ask("STARTTLS")
        secured(made, certificate)
        made.offers = made.ask("EHLO client.example")
        yield made


def plain(name="gateway", password=PASSWORD, authority=b""):
    return base64.b64encode(authority + b"\0" + name.encode() + b"\0" + password).decode()


def test_auth_is_offered_over_tls_and_not_before(service, certificate, client):
    assert "250-AUTH PLAIN LOGIN" in client.offers.split("\r\n")
    with service.client() as open_one:
        assert "AUTH" not in open_one.greet()
        assert open_one.ask(f"AUTH PLAIN {plain()}").startswith("538 5.7.11")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_standard_client_signs_in(service, certificate, mechanism):
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as standard:
        standard.starttls(context=ssl.create_default_context(cafile=str(certificate[0])))
        standard.ehlo("client.example")
        standard.user, standard.password = "gateway", PASSWORD.decode()
        method = standard.auth_plain if mechanism == "PLAIN" else standard.auth_login
        assert standard.auth(mechanism, method)[0] == 235
        standard.sendmail(JANE, [INTAKE], MAIL)
    seen = dict(service.depositor.handovers[0].envelope.transport)
    assert (seen["protocol"], seen["signed in"]) == ("ESMTPSA", "gateway")


def test_initial_response_of_login_is_the_name(client):
    client.send(b"AUTH LOGIN " + base64.b64encode(b"gateway") + b"\r\n")
    assert client.reply() == "334 " + base64.b64encode(b"Password:").decode()
    assert client.ask(base64.b64encode(PASSWORD).decode()).startswith("235")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("AUTH", "501"),
        ("AUTH PLAIN a b", "501"),
        ("AUTH CRAM-MD5", "504"),
        ("AUTH EXTERNAL =", "504"),
        ("AUTH PLAIN !!!!", "501"),
        ("AUTH PLAIN =", "501"),
        ("AUTH PLAIN AAAA", "501"),
        ("AUTH PLAIN *", "501"),
        (f"AUTH PLAIN {plain(authority=b'root')}", "501"),
        (f"AUTH PLAIN {plain(password=b'')}", "501"),
        (f"AUTH PLAIN {plain(name='')}", "501"),
        (f"AUTH PLAIN {plain(password=b'wrong password')}", "535"),
        (f"AUTH PLAIN {plain(name='nobody')}", "535"),
        (f"AUTH PLAIN {plain(password=b'x' * 1100)}", "501"),
        (f"AUTH PLAIN {base64.b64encode(b'a' + bytes([0, 255]) + b'b' + bytes(1) + b'c').decode()}", "501"),
    ],
)
def test_what_is_wrong_is_refused_and_nobody_is_signed_in(client, line, code):
    assert client.ask(line).startswith(code)
    assert client.ask(f"AUTH PLAIN {plain()}").startswith("235"), "the session goes on, and was not signed in"


def test_dialogue_can_be_cancelled(client):
    assert client.ask("AUTH PLAIN").startswith("334")
    assert client.ask("*").startswith("501 5.7.0")
    assert client.ask("NOOP").startswith("250")


def test_line_that_is_too_long_is_refused(client):
    assert client.ask("AUTH PLAIN").startswith("334")
    assert client.ask("A" * 13_000).startswith("500 5.5.6")


def test_endless_line_ends_the_connection(client):
    client.ask("AUTH PLAIN")
    client.send(b"A" * 200_000)
    assert client.reply().startswith("421")


def test_second_sign_in_and_one_within_a_mail_are_out_of_turn(client):
    client.ask(f"MAIL FROM:<{JANE}>")
    assert client.ask(f"AUTH PLAIN {plain()}").startswith("503")
    client.ask("RSET")
    assert client.ask(f"AUTH PLAIN {plain()}").startswith("235")
    assert client.ask(f"AUTH PLAIN {plain()}").startswith("503")


def test_third_failure_ends_the_connection(client):
    replies = [client.ask(f"AUTH PLAIN {plain(password=b'wrong password')}") for _ in range(3)]
    assert {reply[:3] for reply in replies} == {"535"}
    assert client.reply().startswith("421")
    assert client.reply() == ""


def test_address_that_failed_ten_times_is_stopped_for_a_while(service, certificate):
    tries = 0
    for _ in range(5):
        with service.client() as guessing:
            guessing.greet()
            guessing.ask("STARTTLS")
            secured(guessing, certificate)
            guessing.ask("EHLO client.example")
            for _ in range(3):
                reply = guessing.ask(f"AUTH PLAIN {plain(password=b'wrong password')}")
                if reply.startswith("421"):
                    assert tries == 10
                    assert guessing.reply() == ""
                    return
                tries += 1
    pytest.fail("guessing goes on for ever")


def test_signing_in_opens_no_recipient(client):
    client.ask(f"AUTH PLAIN {plain()}")
    client.ask(f"MAIL FROM:<{JANE}>")
    assert client.ask("RCPT TO:<somebody@elsewhere.example>").startswith("550")


def test_where_it_is_required_nobody_sends_without(certificate, users):
    settings = {"certificate": certificate[0], "certificate_key": certificate[1], "users_file": users}
    with running(auth_required=True, **settings) as service, service.client() as client:
        client.greet()
        assert client.ask(f"MAIL FROM:<{JANE}>").startswith("530")
        client.ask("STARTTLS")
        secured(client, certificate)
        client.ask("EHLO client.example")
        assert client.ask(f"MAIL FROM:<{JANE}>").startswith("530")
        client.ask(f"AUTH PLAIN {plain()}")
        assert client.deliver(MAIL).startswith("250")


def test_no_name_and_no_password_is_logged(client, caplog):
    caplog.set_level(logging.DEBUG)
    client.ask(f"AUTH PLAIN {plain(name='confidential-name', password=b'confidential-word')}")
    client.ask("AUTH LOGIN")
    client.ask(base64.b64encode(b"confidential-name").decode())
    client.ask(base64.b64encode(b"confidential-word").decode())
    for secret in ("confidential", plain(name="confidential-name"), base64.b64encode(b"confidential-word").decode()):
        assert secret not in caplog.text


def test_second_starttls_is_refused(client):
    assert client.ask("STARTTLS").startswith("503")


@pytest.mark.parametrize(
    "content", ["gateway", "gateway:secret", "gateway:$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAA", ":x", "a:$argon2id$"]
)
def test_file_with_a_line_that_is_none_is_refused_with_its_number(place, content):
    file = place / "wrong"
    file.write_text(f"# comment\n{content}\n")
    file.chmod(0o600)
    with pytest.raises(InvalidInput, match="line 2"):
        Accounts.read(file)


def test_file_that_others_may_read_is_refused(place, users):
    file = place / "open"
    file.write_bytes(users.read_bytes())
    file.chmod(0o644)
    with pytest.raises(InvalidInput, match="chmod 640"):
        Accounts.read(file)


def test_missing_file_is_refused(place):
    with pytest.raises(InvalidInput):
        Accounts.read(place / "absent")


def test_file_without_users_lets_nobody_in(place):
    file = place / "empty"
    file.write_text("")
    file.chmod(0o600)
    assert not Accounts.read(file).admits(Credentials(name="x", password=b"nobody signs in with this"))


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), ("a:b", PASSWORD), ("#a", PASSWORD), ("a", b"short")])
def test_line_is_made_of_what_can_be_read_back_only(name, password):
    with pytest.raises(InvalidInput):
        line_for(name, password)
