"""A small IMAP server for tests: one user, a few folders, and every misbehaviour that a test asks for."""

# ruff: noqa: ARG002 - every command is called alike

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.channels.imap_settings import ImapAccount, TlsMode
from tests.ingest import imap_spoilers

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
    attributes: str = "\\HasNoChildren"

    @property
    def next(self) -> int:
        return self.uidnext or max(self.mails, default=0) + 1


@dataclass
class Session:
    """What one connection is at; `told` is how many mails it knows of."""

    folder: Folder | None = None
    idling: bytes | None = None
    told: int = 0


class ImapServer:
    """Serves `folders` (by their names on the wire) on a loopback port.

    `spoil` maps a UID to a function that replaces its FETCH answer; `busy` answers every sign-in with NO.
    """

    def __init__(self, capabilities: str = "") -> None:
        self.folders = {"INBOX": Folder()}
        self.capabilities = f"IMAP4rev1 {capabilities}".rstrip()
        self.spoil: dict[int, Callable[[socket.socket, bytes], bool]] = {}
        self.commands: list[str] = []
        self.connections = 0
        self.store_answer = "OK"
        self.hide_uidnext = False
        self.size_of: Callable[[bytes], int] = len
        self.after_fetch: Callable[[], None] | None = None
        self.greeting = b"* OK ready\r\n"
        self.only_greets = False
        self.busy = ""
        self.token = "token-1"
        self.challenges: list[bytes] = []
        self.read_only = False
        self.longest_piece = 1 << 40
        self.before_idle: Callable[[], None] | None = None
        self.idling = threading.Event()
        self.finished_idles = 0
        self._open: list[socket.socket] = []
        self._wake = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def deliver(self, folder: str, uid: int, mail: bytes) -> None:
        """A new mail; who idles is told of it."""
        with self._wake:
            self.folders[folder].mails[uid] = mail
            self._wake.notify_all()

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
            "timeout": 60.0,  # nothing here waits so long for an answer that comes
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

    def hang_up_all(self) -> None:
        """End every connection, as a router or a restart does."""
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _session(self, connection: socket.socket) -> None:
        self._open.append(connection)
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(self.greeting)
                if self.only_greets:
                    return
                session = Session()
                for line in lines:
                    tag, _, rest = line.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
                    self.commands.append(rest if not rest.startswith("LOGIN") else "LOGIN")
                    if not self._answer(connection, tag, rest, session, lines):
                        return
            except OSError:
                return

    def _answer(self, out: socket.socket, tag: str, rest: str, session: Session, lines: Any) -> bool:
        def say(text: str) -> None:
            out.sendall(text.encode() + b"\r\n")

        word = rest.upper().removeprefix("UID ").partition(" ")[0]
        if word == "LOGOUT":
            say("* BYE")
            say(f"{tag} OK")
            return False
        if word == "FETCH":
            assert session.folder is not None
            return self._fetch(out, say, tag, rest, session.folder)
        command = getattr(self, f"_do_{word.lower()}", None)
        refusal = "BAD unknown" if command is None else command(say, rest, session, tag, lines)
        say(f"{tag} {refusal or 'OK done'}")
        return True

    def _do_capability(self, say: Any, *_: Any) -> None:
        say(f"* CAPABILITY {self.capabilities}")

    def _do_noop(self, *_: Any) -> None:
        pass

    def _do_login(self, say: Any, rest: str, *_: Any) -> str | None:
        quoted = '"' + PASSWORD.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return self.busy or (None if rest.endswith(quoted) else "NO [AUTHENTICATIONFAILED] no")

    def _do_authenticate(self, say: Any, rest: str, session: Session, tag: str, lines: Any) -> str | None:
        say("+ ")
        given = base64.b64decode(lines.readline())
        self.challenges.append(given)
        if f"Bearer {self.token}\1".encode() in given:
            return self.busy or None
        say("+ " + base64.b64encode(b'{"status":"401"}').decode())
        self.challenges.append(base64.b64decode(lines.readline()))
        return "NO [AUTHENTICATIONFAILED] " + given.decode().replace("\1", " ")

    def _do_list(self, say: Any, *_: Any) -> None:
        for name, folder in self.folders.items():
            say(f'* LIST ({folder.attributes}) "/" "{name}"')

    def _do_create(self, say: Any, rest: str, *_: Any) -> str | None:
        name = named(rest)
        if name in self.folders:
            return "NO [ALREADYEXISTS] there"
        self.folders[name] = Folder()
        return None

    def _do_select(self, say: Any, rest: str, session: Session, *_: Any) -> str | None:
        folder = self.folders.get(named(rest))
        if folder is None:
            return "NO no such folder"
        session.folder, session.told = folder, len(folder.mails)
        say(f"* {len(folder.mails)} EXISTS")
        say(f"* OK [UIDVALIDITY {folder.uidvalidity}] valid")
        if not self.hide_uidnext:
            say(f"* OK [UIDNEXT {folder.next}] next")
        return "OK [READ-ONLY] done" if self.read_only else None

    _do_examine = _do_select

    def _do_search(self, say: Any, rest: str, session: Session, *_: Any) -> None:
        assert session.folder is not None
        say("* SEARCH" + "".join(f" {uid}" for uid in self._found(session.folder, rest.upper()[11:])))

    def _do_store(self, say: Any, rest: str, session: Session, *_: Any) -> str | None:
        if self.store_answer != "OK":
            return f"{self.store_answer} no"
        match = re.fullmatch(r"UID STORE (\S+) \+FLAGS\.SILENT \((.*)\)", rest)
        assert match is not None, rest
        assert session.folder is not None
        for uid in expanded(match[1]):
            session.folder.flags.setdefault(uid, set()).add(match[2])
        return None

    def _do_copy(self, say: Any, rest: str, session: Session, *_: Any) -> str | None:
        target = self.folders.get(named(rest))
        if target is None:
            return "NO [TRYCREATE] no such folder"
        assert session.folder is not None
        for uid in expanded(rest.split(" ")[2]):
            target.mails[target.next] = session.folder.mails[uid]
        return None

    def _do_move(self, say: Any, rest: str, session: Session, *_: Any) -> str | None:
        refusal = self._do_copy(say, rest, session)
        for uid in expanded(rest.split(" ")[2]) if refusal is None else ():
            assert session.folder is not None
            session.folder.uidnext = max(session.folder.next, uid + 1)
            del session.folder.mails[uid]
            say("* 1 EXPUNGE")
        return refusal

    def _do_expunge(self, say: Any, rest: str, session: Session, *_: Any) -> None:
        assert session.folder is not None
        assert rest.startswith("UID "), "this would expunge what others marked"
        for uid in expanded(rest.split(" ")[2]):
            if "\\Deleted" in session.folder.flags.get(uid, ()):
                session.folder.uidnext = max(session.folder.next, uid + 1)
                del session.folder.mails[uid]

    def _do_idle(self, say: Any, rest: str, session: Session, tag: str, lines: Any) -> str | None:
        folder = session.folder
        assert folder is not None
        if self.before_idle is not None:
            self.before_idle()
        if len(folder.mails) > session.told:
            session.told = len(folder.mails)
            say(f"* {session.told} EXISTS")  # allowed before the "+", too
        say("+ idling")
        done = threading.Event()

        def tell() -> None:
            with self._wake, contextlib.suppress(OSError):
                self.idling.set()
                while self._wake.wait_for(lambda: done.is_set() or len(folder.mails) > session.told):
                    if done.is_set():
                        return
                    session.told = len(folder.mails)
                    say(f"* {session.told} EXISTS")

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        said = lines.readline()
        self.idling.clear()
        with self._wake:
            done.set()
            self._wake.notify_all()
        teller.join()
        self.finished_idles += said == b"DONE\r\n"
        return None if said == b"DONE\r\n" else "BAD what"

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
            part = re.fullmatch(r"\(BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?\)", asked)
            assert part is not None, asked
            spoiler = self.spoil.get(uid)
            if spoiler is not None:
                if not spoiler(out, tag.encode()):
                    return False
                continue
            key = "BODY[]"
            if part[1] is not None:
                start, most = int(part[1]), min(int(part[2]), self.longest_piece)
                key, body = f"BODY[]<{start}>", body[start : start + most]
            out.sendall(f"* {number} FETCH (UID {uid} {key} {{{len(body)}}}\r\n".encode() + body + b")\r\n")
        if self.after_fetch is not None and "BODY" in asked:
            self.after_fetch()
        if not any(self.spoil.get(uid) is imap_spoilers.answer_no for uid in expanded(uid_set) if "BODY" in asked):
            say(f"{tag} OK done")
        return True


def named(rest: str) -> str:
    """The folder that a command ends with."""
    return (
        re.sub(r"\\(.)", r"\1", rest[rest.index('"') + 1 : rest.rindex('"')])
        if '"' in rest
        else rest.rpartition(" ")[2]
    )


def expanded(uid_set: str) -> list[int]:
    """``1,3:5`` as numbers."""
    uids: list[int] = []
    for part in uid_set.split(","):
        start, _, end = part.partition(":")
        uids.extend(range(int(start), int(end or start) + 1))
    return uids
