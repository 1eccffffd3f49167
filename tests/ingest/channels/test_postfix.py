"""LMTP against a real Postfix, started here with its own configuration, queue and port; skipped where there is none."""

import shutil
import smtplib
import subprocess
import tempfile
from pathlib import Path

import pytest

from benchmarks import postfix
from storage.errors import TemporarilyUnavailable
from storage.records import Channel
from tests.ingest.smtp_service import INTAKE, JANE, running

OMAR = "archive+omar=mail.example@agency.example"
TEXT = b"\r\n\r\n.\r\n..dots\r\n" + b"x" * 5000 + b"\r\n\xe4\r\n"
MISSING = postfix.available()

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(MISSING is not None, reason=f"3 cases with a real Postfix not run: {MISSING}"),
]


@pytest.fixture
def place():
    """A folder that Postfix's own user can enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="archiver-postfix-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def send(port, *recipients: str):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        assert (
            client.sendmail(JANE, recipients, b"Subject: through Postfix" + TEXT, mail_options=["BODY=8BITMIME"]) == {}
        )


@pytest.mark.parametrize("way", ["port", "socket"])
def test_postfix_hands_its_mail_over(place, way):
    socket = None if way == "port" else place / "lmtp"
    with running(channel=Channel.LMTP, place=socket) as service:
        if socket is not None:
            socket.chmod(0o666)
        transport = f"lmtp:unix:{socket}" if socket is not None else f"lmtp:inet:127.0.0.1:{service.port}"
        with postfix.running(place / "postfix", "agency.example", transport) as (port, _):
            send(port, INTAKE, OMAR)
            for _ in range(2):
                assert service.depositor.entered.acquire(timeout=60)
        assert {one.custodian_id for one in service.depositor.handovers} == {"cus_jane", "cus_omar"}
        assert all(payload.endswith(TEXT) for payload in service.depositor.payloads), "Postfix added headers only"


def test_postfix_keeps_only_the_recipient_that_was_told_to_come_again(place):
    with running(channel=Channel.LMTP) as service:
        real = service.depositor.deposit

        def deposit(handover) -> object:
            if handover.custodian_id == "cus_omar":
                service.depositor.entered.release()
                raise TemporarilyUnavailable("not now")
            return real(handover)

        service.depositor.deposit = deposit
        transport = f"lmtp:inet:127.0.0.1:{service.port}"
        with postfix.running(place / "postfix", "agency.example", transport) as (port, _):
            send(port, INTAKE, OMAR)
            for _ in range(2):
                assert service.depositor.entered.acquire(timeout=60)
            queue = _deferred(place)
    assert [one.custodian_id for one in service.depositor.handovers] == ["cus_jane"]
    assert OMAR in queue


def _deferred(place) -> str:
    """The queue, once it says why one recipient is still there, and that the other is not."""
    command = ["postqueue", "-c", str(place / "postfix" / "etc"), "-p"]
    for _ in range(600):
        queue = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        if "451" in queue and f" {INTAKE}\n" not in queue:
            return queue
        subprocess.run(["sync", "-d", str(place)], check=False)  # gives the queue manager its turn
    pytest.fail("Postfix does not say that one recipient was deferred and the other not")
