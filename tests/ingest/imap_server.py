"""A small IMAP server for tests: one user, a few folders, and every misbehaviour that a test asks for."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.channels.imap_settings import ImapAccount, TlsMode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSWORD = 'hunter2 \\ "quoted"'


@dataclass
class Folder:
    uidvalidity: int = 1000
    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    uidnext: int | None = None

    @property
    def next(self) -> int:
        return self.uidnext or max(self.mails, default=0) + 1


class ImapServer:
    """Serves `folders` on a loopback port. `spoil` maps a UID to a function that replaces its FETCH answer."""

    def __init__(self) -> None:
        self.folders = {"INBOX": Folder()}
        self.spoil: dict[int, Callable[[socket.socket, bytes], bool]] = {}
        self.commands: list[str] = []
        self.connections = 0
        self.store_answer = "OK"
        self.hide_uidnext = False
        self.size_of: Callable[[bytes], int] = len
        self.after_fetch: Callable[[], None] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def account(self, folder: Path, **changes: Any) -> ImapAccount:
        secret = folder / "imap-password"
        secret.write_text(PASSWORD + "\n")
        settings = {
            "name": "intake",
            "host": "127.0.0.1",
            "port": self.port,
            "username": "archive",
            "password_file": secret,
            "tls": TlsMode.NONE,
            "timeout": 10.0,
            **changes,
        }
        return ImapAccount(**settings)

    def close(self) -> None:
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._session, args=(connection,), daemon=True).start()

    def _session(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(b"* OK ready\r\n")
                selected: list[Folder] = []
                for line in lines:
                    tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
                    self.commands.append(rest if not rest.startswith("LOGIN") else "LOGIN")
                    if not self._answer(connection, tag, rest, selected):
                        return
            except OSError:
                return

    def _answer(  # noqa: C901 - one branch for each command
        self, out: socket.socket, tag: str, rest: str, selected: list[Folder]
    ) -> bool:
        def say(text: str) -> None:
            out.sendall(text.encode() + b"\r\n")

        upper = rest.upper()
        if upper.startswith("CAPABILITY"):
            say("* CAPABILITY IMAP4rev1")
        elif upper.startswith("LOGIN"):
            quoted = '"' + PASSWORD.replace("\\", "\\\\").replace('"', '\\"') + '"'
            if not rest.endswith(quoted):
                say(f"{tag} NO [AUTHENTICATIONFAILED] no")
                return True
        elif upper.startswith(("SELECT", "EXAMINE")):
            name = rest.split(" ", 1)[1].strip('"')
            if name not in self.folders:
                say(f"{tag} NO no such folder")
                return True
            folder = self.folders[name]
            selected[:] = [folder]
            say(f"* {len(folder.mails)} EXISTS")
            say(f"* OK [UIDVALIDITY {folder.uidvalidity}] valid")
            if not self.hide_uidnext:
                say(f"* OK [UIDNEXT {folder.next}] next")
        elif upper.startswith("UID SEARCH"):
            say("* SEARCH" + "".join(f" {uid}" for uid in self._found(selected[0], upper[11:])))
        elif upper.startswith("UID FETCH"):
            return self._fetch(out, say, tag, rest, selected[0])
        elif upper.startswith("UID STORE"):
            if self.store_answer != "OK":
                say(f"{tag} {self.store_answer} no")
                return True
            match = re.fullmatch(r"UID STORE (\S+) \+FLAGS\.SILENT \((.*)\)", rest)
            assert match is not None, rest
            for uid in expanded(match[1]):
                selected[0].flags.setdefault(uid, set()).add(match[2])
        elif upper.startswith("LOGOUT"):
            say("* BYE")
            say(f"{tag} OK")
            return False
        say(f"{tag} OK done")
        return True

    def _found(self, folder: Folder, criteria: str) -> list[int]:
        uids = sorted(folder.mails)
        if criteria.startswith("UID "):
            start = int(criteria[4:].partition(":")[0])
            # RFC 3501: "*" is the last message, whichever side of the colon it stands on
            return [uid for uid in uids if uid >= start] or uids[-1:]
        start, end = (int(part) for part in criteria.split(":"))
        return uids[start - 1 : end]

    def _fetch(self, out: socket.socket, say: Callable[[str], None], tag: str, rest: str, folder: Folder) -> bool:
        _, _, uid_set, asked = rest.split(" ", 3)
        order = sorted(folder.mails)
        for uid in expanded(uid_set):
            if uid not in folder.mails:
                continue
            body = folder.mails[uid]
            number = order.index(uid) + 1
            if "RFC822.SIZE" in asked:
                say(f"* {number} FETCH (UID {uid} RFC822.SIZE {self.size_of(body)})")
                continue
            assert asked == "(BODY.PEEK[])", asked
            spoiler = self.spoil.get(uid)
            if spoiler is not None:
                if not spoiler(out, tag.encode()):
                    return False
                continue
            out.sendall(f"* {number} FETCH (UID {uid} BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\n")
        if self.after_fetch is not None and "BODY" in asked:
            self.after_fetch()
        if not any(self.spoil.get(uid) is answer_no for uid in expanded(uid_set) if "BODY" in asked):
            say(f"{tag} OK done")
        return True


def expanded(uid_set: str) -> list[int]:
    """``1,3:5`` as numbers."""
    uids: list[int] = []
    for part in uid_set.split(","):
        start, _, end = part.partition(":")
        uids.extend(range(int(start), int(end or start) + 1))
    return uids


def answer_no(out: socket.socket, tag: bytes) -> bool:
    """This mail cannot be read, says the server, and so fails the whole command."""
    out.sendall(tag + b" NO [SERVERBUG] cannot read it\r\n")
    return True


def hang_up(out: socket.socket, tag: bytes) -> bool:
    """The server dies of this mail."""
    out.shutdown(socket.SHUT_RDWR)
    return False


def lie_about_length(out: socket.socket, tag: bytes) -> bool:
    """A literal of a size that nobody should reserve."""
    out.sendall(b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\nx")
    return True


def endless_lines(out: socket.socket, tag: bytes) -> bool:
    """Untagged lines without end."""
    line = b"* OK " + b"x" * 1000 + b"\r\n"
    for _ in range(300_000):
        out.sendall(line * 50)
    return True


def nonsense(out: socket.socket, tag: bytes) -> bool:
    """A FETCH response that nobody can parse."""
    out.sendall(b"* 1 FETCH (UID abc BODY[] ((((\r\n")
    return True


def no_body(out: socket.socket, tag: bytes) -> bool:
    """A FETCH response whose body is NIL; the UID is the one asked for in these tests."""
    out.sendall(b"* 2 FETCH (UID 2 BODY[] NIL)\r\n")
    return True
