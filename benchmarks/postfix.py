"""A private Postfix for comparison: own configuration, queue and port on loopback, delivering into a Maildir.

It answers 250 when the mail is fsynced in its queue, and delivers afterwards; so what it promises is what we promise.
The system's own Postfix, if one runs, is not touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DELIVER_AS = "nobody"
_START_SECONDS = 15.0
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
relay_transport = error:nothing leaves this machine
default_transport = error:nothing leaves this machine
virtual_transport = {transport}
lmtp_line_length_limit = 0
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:archive/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = permit_mynetworks, reject
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def available() -> str | None:
    """None where Postfix can be run here, else why not."""
    if shutil.which("postfix") is None and not os.access("/usr/sbin/postfix", os.X_OK):
        return "postfix is not installed"
    if os.geteuid() != 0:
        return "postfix can only be started by root"
    return None


def version() -> str:
    """Its version."""
    said = subprocess.run(["postconf", "-d", "-h", "mail_version"], capture_output=True, text=True, check=False).stdout
    return f"Postfix {said.strip()}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            return client.recv(3) == b"220"
    except OSError:
        return False


@contextmanager
def running(folder: Path, domain: str, transport: str = "virtual") -> Iterator[tuple[int, Path]]:
    """Run it; gives its port and the folder where delivered mails appear.

    `transport` is where mail of the domain goes: into that folder, or to another server such as
    ``lmtp:inet:127.0.0.1:8024``.

    Raises:
        RuntimeError: it does not start.
    """
    user = pwd.getpwnam(_DELIVER_AS)
    port = _free_port()
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", user.pw_uid, user.pw_gid)
    values = {"transport": transport, "folder": folder, "domain": domain, "uid": user.pw_uid, "gid": user.pw_gid}
    (folder / "etc" / "main.cf").write_text(_MAIN.format(**values), "utf-8")
    (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port), "utf-8")
    for name in ("dynamicmaps.cf", "postfix-files"):
        if os.path.exists(f"/etc/postfix/{name}"):  # noqa: PTH110 - a file of the package, not of ours
            shutil.copy(f"/etc/postfix/{name}", folder / "etc")
    command = ["postfix", "-c", str(folder / "etc")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True, check=False)
    until = time.monotonic() + _START_SECONDS
    while not _greets(port):
        if time.monotonic() > until:
            subprocess.run([*command, "stop"], capture_output=True, check=False)
            log = folder / "log"
            detail = log.read_text("utf-8", "replace")[-1000:] if log.exists() else ""
            message = f"postfix does not start: {started.stderr[-1000:]} {detail}"
            raise RuntimeError(message)
        time.sleep(0.1)
    try:
        yield port, folder / "mail" / "archive" / "new"
    finally:
        subprocess.run([*command, "stop"], capture_output=True, check=False)
