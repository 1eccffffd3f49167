"""What the first run is judged by, written apart from the product: a splitter, a mail reader, a sender that insists.

Rule: nothing here imports how the product reads mail, so that one mistake cannot hide itself; nothing of a
message's content leaves it but digests, counts and whether two things are equal.
"""

from __future__ import annotations

import email
import email.header
import email.utils
import hashlib
import os
import re
import smtplib
import threading
from datetime import UTC, datetime
from email.policy import compat32
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.memory import family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_QUOTED = re.compile(rb"^>(>*From )")


def split_mboxrd(path: Path) -> Iterator[bytes]:
    """The messages of an mboxrd file, line by line (every line of a body that begins with ``From `` is quoted)."""
    lines: list[bytes] | None = None
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"From "):
                if lines is not None:
                    yield _joined(lines)
                lines = []
            elif lines is not None:
                lines.append(_QUOTED.sub(rb"\1", line))
    if lines is not None:
        yield _joined(lines)


def _joined(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in {b"\n", b"\r\n"}:
        lines.pop()
    return b"".join(lines)


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def what_email_says(raw: bytes) -> dict[str, Any]:
    """Sender, recipients, subject, date and message id, as the standard library reads them."""
    message = email.message_from_bytes(raw, policy=compat32)
    senders = _addresses(message, "From")
    return {
        "from": senders[0] if senders else None,
        "to": _addresses(message, "To"),
        "cc": _addresses(message, "Cc"),
        "subject": _text(message["Subject"]),
        "date": _moment(message["Date"]),
        "message_id": _text(message["Message-ID"]) or None,
    }


def what_record_says(document: dict[str, Any]) -> dict[str, Any]:
    """The same facts of a `record show` document, in the same form: of the mail itself where it forwards another."""
    head = document["original"] if document["forward"]["method"] == "none" else document["captured"]["headers"]

    def party(one: dict[str, Any] | None) -> tuple[str, str] | None:
        return None if one is None else _named(one["name"] or "", one["address"] or "")

    date = head["date"]
    return {
        "from": party(head["from"]),
        "to": [party(one) for one in head["to"]],
        "cc": [party(one) for one in head["cc"]],
        "subject": _plain(head["subject"] or ""),
        "date": None if date is None else _utc(datetime.fromisoformat(date)),
        "message_id": head["message_id"],
    }


def _addresses(message: Any, name: str) -> list[tuple[str, str]]:
    fields = [str(value) for value in message.get_all(name, [])]
    return [_named(_text(shown), address) for shown, address in email.utils.getaddresses(fields) if address]


def _named(name: str, address: str) -> tuple[str, str]:
    """A name that only repeats the address counts as none."""
    shown = _plain(name)
    return ("" if shown.casefold() == address.casefold() else shown, address.casefold())


def _text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return _plain(str(email.header.make_header(email.header.decode_header(str(value)))))
    except (LookupError, UnicodeError, email.errors.HeaderParseError):
        return _plain(str(value))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _moment(value: Any) -> str | None:
    try:
        return None if value is None else _utc(email.utils.parsedate_to_datetime(str(value)))
    except (TypeError, ValueError, IndexError):
        return None


def _utc(moment: Any) -> str:
    return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def synthetic_mail(number: int, size: int, sender: str, recipient: str) -> bytes:
    """A mail of about `size` bytes that no other number has."""
    head = (
        f"From: Jane Doe <{sender}>\r\nTo: {recipient}\r\nSubject: First run {number}\r\n"
        f"Date: Mon, 2 Mar 2026 10:00:00 -0600\r\nMessage-ID: <{number}@first-run.example>\r\n\r\n"
    )
    line = f"Line of letter {number}, about nothing in particular and nobody at all.\r\n"
    return (head + line * max(1, (size - len(head)) // len(line))).encode()


class Senders:
    """Sessions that send a set of mails until each was answered with 250, reconnecting as often as it takes."""

    def __init__(self, mails: list[bytes], address: Callable[[], tuple[str, int]], sender: str, recipient: str) -> None:
        self._waiting = list(reversed(mails))
        self._address = address
        self._sender = sender
        self._recipient = recipient
        self._lock = threading.Lock()
        self._going = threading.Event()
        self._going.set()
        self.accepted: list[str] = []
        self.unanswered = 0

    def run(self, sessions: int) -> list[threading.Thread]:
        """Start so many sessions."""
        threads = [threading.Thread(target=self._one_session, daemon=True) for _ in range(sessions)]
        for thread in threads:
            thread.start()
        return threads

    def pause(self) -> None:
        """Wait before a next attempt after a failure."""
        self._going.clear()

    def go_on(self) -> None:
        """Try again."""
        self._going.set()

    def _one_session(self) -> None:
        client: smtplib.SMTP | None = None
        while True:
            with self._lock:
                mail = self._waiting.pop() if self._waiting else None
            if mail is None:
                break
            try:
                if client is None:
                    host, port = self._address()
                    client = smtplib.SMTP(host, port, local_hostname="first-run.example", timeout=60)
                client.sendmail(self._sender, [self._recipient], mail)
            except (smtplib.SMTPException, OSError):
                if client is not None:
                    client.close()
                client = None
                with self._lock:
                    self._waiting.append(mail)
                    self.unanswered += 1
                self._going.wait(60)
                continue
            with self._lock:
                self.accepted.append(digest(mail))
        if client is not None:
            client.close()


def kill_family(process: int) -> int:
    """SIGKILL a program and all that it started, at once; how many."""
    members = family(process)
    for one in members:
        try:
            os.kill(one, 9)
        except ProcessLookupError:
            continue
    return len(members)


def exported_originals(folder: Path) -> dict[str, Path]:
    """The exported original of each record, by the record's id."""
    found: dict[str, Path] = {}
    for entry in os.scandir(folder):
        for name in ("001-original.eml", "001-original.bin"):
            path = Path(entry.path, name)
            if path.is_file():
                found[entry.name] = path
    return found
