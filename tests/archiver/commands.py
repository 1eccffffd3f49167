"""Commands run in this program, with what they print caught as bytes, as a shell would see them."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import structlog

from archiver.cli import main as command_line

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE = "correct horse battery staple"
CUSTODIAN = "jane@agency.example"
PERSONAL = "jane.doe@mail.example"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        return self.document["error"]


def run(*arguments: str, passphrase: str | None = PASSPHRASE, **environment: str) -> Answer:
    """Run `archiver ARGUMENTS`."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    cleared = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVER_")}
    if passphrase is not None:
        cleared["ARCHIVER_PASSPHRASE"] = passphrase
    before = os.umask(0o077)
    status = 0
    try:
        with (
            mock.patch.dict(os.environ, {**cleared, **environment}, clear=True),
            mock.patch.object(command_line, "make_undumpable"),
            mock.patch("sys.stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                command_line.main([str(one) for one in arguments])
            except SystemExit as left:
                status = int(left.code or 0)
    finally:
        os.umask(before)
        structlog.reset_defaults()
    texts = [one.buffer.getvalue().decode() for one in (out, err)]
    return Answer(status=status, out=texts[0], err=texts[1])


@dataclass(frozen=True, kw_only=True)
class Office:
    """An archive in a folder, and its commands."""

    folder: Path

    def run(self, *arguments: str, **options: Any) -> Answer:
        return run(*arguments, "--data", str(self.folder), **options)

    def json(self, *arguments: str, status: int = 0, **options: Any) -> Any:
        """Run with `--json`, check the status, return the document."""
        answer = self.run(*arguments, "--json", **options)
        assert answer.status == status, answer.err
        return answer.document


def new_office(folder: Path, *, zone: str = "America/Los_Angeles") -> Office:
    """A new archive with one custodian, who has a personal address too."""
    office = Office(folder=folder)
    office.json("init", "--zone", zone, "--test-clock")
    office.json("custodian", "add", CUSTODIAN, "--name", "Jane Doe", "--also", PERSONAL)
    return office


def a_mail(subject: str, text: str, *, sender: str = PERSONAL, date: str = "Mon, 2 Mar 2026 10:00:00 -0800") -> bytes:
    head = f"From: Jane Doe <{sender}>\r\nTo: Pat Roe <pat.roe@other.example>\r\nSubject: {subject}\r\nDate: {date}\r\n"
    local = subject.casefold().replace(" ", ".")
    return f"{head}Message-ID: <{local}@mail.example>\r\n\r\n{text}\r\n".encode()
