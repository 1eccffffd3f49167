"""STARTTLS (RFC 3207): offered with a certificate, and nothing said before it counts after it."""

import datetime as dt
import ipaddress
import smtplib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest.channels.smtp import tls_context_for
from ingest.channels.smtp_settings import SmtpSettings
from storage.errors import InvalidInput
from tests.ingest.smtp_service import INTAKE, JANE, running


def make_certificate(folder):
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "archive.agency.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def service(certificate):
    with running(certificate=certificate[0], certificate_key=certificate[1]) as started:
        yield started


def secured(client, certificate):
    context = ssl.create_default_context(cafile=str(certificate[0]))
    client.socket = context.wrap_socket(client.socket, server_hostname="127.0.0.1")
    client._pending = b""


def test_mail_over_tls_is_deposited_and_says_so(service, certificate):
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as client:
        client.ehlo("client.example")
        assert client.has_extn("starttls")
        client.starttls(context=ssl.create_default_context(cafile=str(certificate[0])))
        client.ehlo("client.example")
        assert not client.has_extn("starttls")
        assert not client.has_extn("auth")
        client.sendmail(JANE, [INTAKE], b"Subject: x\r\n\r\nover TLS\r\n")
    seen = dict(service.depositor.handovers[0].envelope.transport)
    assert seen["protocol"] == "ESMTPS"
    assert seen["tls"].startswith("TLSv1.")


def test_commands_sent_before_the_handshake_are_thrown_away(service, certificate):
    with service.client() as client:
        client.greet()
        client.send(f"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<{JANE}>\r\nRCPT TO:<{INTAKE}>\r\n".encode())
        assert client.reply().startswith("220")
        secured(client, certificate)
        assert client.ask("NOOP") == "250 OK"
        assert client.ask("DATA").startswith("503")
        client.ask("EHLO client.example")
        assert client.ask("DATA").startswith("503")


def test_greeting_and_sender_of_before_are_forgotten(service, certificate):
    with service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        client.ask("STARTTLS")
        secured(client, certificate)
        assert client.ask(f"RCPT TO:<{INTAKE}>").startswith("503")


def test_broken_handshake_ends_the_connection_and_frees_its_place(certificate):
    with running(certificate=certificate[0], certificate_key=certificate[1], max_connections=1) as service:
        with service.client() as client:
            client.greet()
            client.ask("STARTTLS")
            client.send(b"this is not a handshake\r\n" * 10)
            while client.reply():
                pass
        for _ in range(1000):
            with service.client() as second:
                if second.reply().startswith("220"):
                    return
        pytest.fail("the place is never free again")


def test_without_a_certificate_it_is_not_offered():
    with running() as service, service.client() as client:
        assert "STARTTLS" not in client.greet()
        assert client.ask("STARTTLS").startswith("454")


def test_certificate_that_cannot_be_read_is_refused_at_start(tmp_path):
    settings = SmtpSettings(
        hostname="archive.example",
        intake_addresses=(INTAKE,),
        certificate=tmp_path / "absent.pem",
        certificate_key=tmp_path / "absent.key",
    )
    with pytest.raises(InvalidInput):
        tls_context_for(settings)
