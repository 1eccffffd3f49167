"""The poller against a real Dovecot, started here as ordinary processes on a loopback port."""

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_poller import ImapPoller
from ingest.channels.imap_settings import ImapAccount, TlsMode
from ingest.imap_cursors import SqlCursorStore
from tests.ingest.imap_rows import memory_rows
from tests.ingest.smtp_service import RememberingDepositor
from tests.ingest.test_smtp_tls import make_certificate

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
PASSWORD = "dovecot-test"

pytestmark = pytest.mark.system

CONFIGURATION = """
base_dir = {run}
state_dir = {state}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Dovecot:
    def __init__(self, folder) -> None:
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.certificate, key = make_certificate(folder)
        for name in ("run", "state", "home", "mail"):
            (folder / name).mkdir()
        root = os.geteuid() == 0
        # a mail process never runs as root
        mail_user = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        if root:
            for name in ("home", "mail"):
                os.chown(folder / name, mail_user.pw_uid, mail_user.pw_gid)
        me, mine = getpass.getuser(), grp.getgrgid(os.getegid()).gr_name
        users = {user.pw_name for user in pwd.getpwall()}
        (folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                run=folder / "run",
                state=folder / "state",
                folder=folder,
                certificate=self.certificate,
                key=key,
                user="dovecot" if root and "dovecot" in users else me,
                group="dovecot" if root and "dovecot" in users else mine,
                login="dovenull" if root and "dovenull" in users else me,
                uid=mail_user.pw_uid,
                gid=mail_user.pw_gid,
                password=PASSWORD,
                port=self.port,
                tls_port=self.tls_port,
            )
        )
        self._program = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def wait_until_up(self):
        for _ in range(200):
            if self._program.poll() is not None:
                pytest.skip(f"dovecot does not start here: {self._program.stderr.read().decode()[-300:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as probe:
                    if probe.recv(10).startswith(b"* OK"):
                        return
            except OSError:
                # a program that is starting offers no event to wait for
                time.sleep(0.05)
        pytest.skip("dovecot does not answer here")

    def stop(self):
        self._program.terminate()
        self._program.wait(30)
        self._program.stderr.close()

    def session(self, user="archive"):
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        client.login(user, PASSWORD)
        return client

    def account(self, **changes: Any) -> ImapAccount:
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        settings = {
            "name": "intake",
            "host": "127.0.0.1",
            "port": self.tls_port,
            "tls": TlsMode.IMPLICIT,
            "username": "archive",
            "password_file": secret,
            "certificate_authority": self.certificate,
            "timeout": 30.0,
        }
        return ImapAccount(**{**settings, **changes})


@pytest.fixture
def dovecot():
    if DOVECOT is None:
        pytest.skip("dovecot is not installed: the poller is tested against the scripted server only")
    # not pytest's folder: that is closed to the user who reads the mail, and its path is too long for a socket
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder:
        Path(folder).chmod(0o755)
        server = Dovecot(Path(folder))
        try:
            server.wait_until_up()
            yield server
        finally:
            server.stop()


BODIES = [
    b"Subject: plain\r\n\r\nbody\r\n",
    b"Subject: eight bit \xe4\r\n\r\n\xff\xfe \xe4\xb8\xad\r\n",
    b"Subject: long\r\n\r\n" + b"x" * 900_000 + b"\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n",
    b"no header\r\n",
]


def put(server, bodies):
    client = server.session()
    for body in bodies:
        assert client.append("INBOX", None, None, body)[0] == "OK"
    client.logout()


def poller_for(account):
    rows = memory_rows()
    depositor = RememberingDepositor()
    poller = ImapPoller(account, depositor, SqlCursorStore(rows), SqlHealthLog(rows), lambda: datetime.now(UTC))
    return poller, depositor


@pytest.mark.parametrize("mode", list(TlsMode))
def test_real_server_gives_every_mail_once_and_marks_it(dovecot, mode):
    put(dovecot, BODIES)
    port = dovecot.tls_port if mode is TlsMode.IMPLICIT else dovecot.port
    poller, depositor = poller_for(dovecot.account(tls=mode, port=port))
    assert poller.poll().deposited == len(BODIES)
    assert sorted(depositor.payloads) == sorted(BODIES)
    put(dovecot, [b"Subject: later\r\n\r\nmore\r\n"])
    assert poller.poll().deposited == 1
    assert poller.poll().deposited == 0
    client = dovecot.session()
    client.select("INBOX", readonly=True)
    assert client.search(None, "UNSEEN") == ("OK", [b""])
    client.logout()


def test_reading_without_a_mark_changes_nothing_in_the_mailbox(dovecot):
    put(dovecot, BODIES)
    poller, _ = poller_for(dovecot.account(mark=None))
    poller.poll()
    client = dovecot.session()
    client.select("INBOX", readonly=True)
    assert len(client.search(None, "UNSEEN")[1][0].split()) == len(BODIES)
    client.logout()


def test_folder_made_anew_is_read_anew(dovecot):
    client = dovecot.session()
    client.create("Intake")
    client.append("Intake", None, None, BODIES[0])
    poller, depositor = poller_for(dovecot.account(folders=("Intake",)))
    assert poller.poll().deposited == 1
    client.delete("Intake")
    # UIDVALIDITY is a time in seconds with this server: it must have moved on
    before = int(time.time())
    while int(time.time()) <= before + 1:
        time.sleep(0.05)
    client.create("Intake")
    client.append("Intake", None, None, BODIES[3])
    client.logout()
    report = poller.poll()
    assert (report.rescanned, report.deposited) == (1, 1)
    assert depositor.payloads == [BODIES[0], BODIES[3]]
