"""A real Dovecot for tests, started as ordinary processes on loopback ports, with a place that vouches for tokens."""

import contextlib
import getpass
import grp
import http.server
import imaplib
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from ingest.channels.imap_settings import ImapAccount, TlsMode
from tests.ingest.test_smtp_tls import make_certificate

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
PASSWORD = "dovecot-test"

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
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 3
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
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


class Vouching:
    """Says whose a token is: ``token-of-NAME`` is NAME's, and anything else nobody's."""

    def __init__(self) -> None:
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("token", [""])[0]
                known = token.startswith("token-of-")
                said = {"email": token.removeprefix("token-of-"), "expires_in": 3600} if known else {"error": "invalid"}
                body = json.dumps(said).encode()
                self.send_response(200 if known else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


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
        self._vouching = Vouching()
        (folder / "oauth2.conf").write_text(
            f"tokeninfo_url = http://127.0.0.1:{self._vouching.port}/?token=\nusername_attribute = email\n"
        )
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
        for _ in range(1_200):
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
        self._vouching.close()
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


@contextlib.contextmanager
def running_dovecot():
    """A Dovecot, or a skip that says why there is none."""
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
