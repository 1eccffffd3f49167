"""What an IMAP account proves itself with: a password, or an OAuth 2.0 access token (RFC 6750).

Rules: secrets stand in files, in the environment, or are printed by a command of the agency; never in the settings,
in a log, or in an error. The command is run without a shell, with a time limit, and sees no secret of the archive.
Files are read again each time, so that a changed secret is taken up; what a command printed is used until shortly
before it expires, where it says when that is.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from storage.errors import InvalidInput, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LONGEST_PASSWORD = 4_096
_LONGEST_TOKEN = 16_384
_COMMAND_SECONDS = 30.0
_EARLY_SECONDS = 60.0
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,16384}", re.ASCII)  # RFC 6750 §2.1, b64token, and room for padding
_OURS = "ARCHIVER_"


def password_of(file: Path | None, variable: str | None, account: str) -> str:
    """The password in a file or an environment variable.

    Raises:
        InvalidInput: it is absent, or is no single line.
    """
    secret = _file(file, "password", account) if file is not None else os.environ.get(variable or "", "")
    secret = secret.rstrip("\r\n")
    if not secret or len(secret) > _LONGEST_PASSWORD or any(mark in secret for mark in "\r\n\0"):
        raise InvalidInput("the IMAP password is missing, or is no single line", account=account)
    return secret


def _file(path: Path, what: str, account: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_TOKEN + 2).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the IMAP {what} file cannot be read", account=account) from error


class TokenSource:
    """Gives access tokens, from a file that something else renews, or from a command; any thread may ask.

    Args:
        account: the account's name, for errors.
        file: file that holds the token, or a JSON object with `access_token` and perhaps `expires_in` in seconds.
        command: absolute path and arguments of a program that prints the same.
        monotonic: the clock by which what was printed expires.
    """

    def __init__(
        self,
        account: str,
        *,
        file: Path | None = None,
        command: tuple[str, ...] = (),
        seconds: float = _COMMAND_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._path = file
        self._command = command
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: tuple[float, str] | None = None

    def token(self) -> str:
        """A token that should be good.

        Raises:
            InvalidInput: the file cannot be read, the command does not exist, or what they give is no token.
            TemporarilyUnavailable: the command failed, or took too long.
        """
        with self._lock:
            if self._kept is not None and self._monotonic() < self._kept[0]:
                return self._kept[1]
            if self._path is not None:
                token, _ = self._read(_file(self._path, "token", self._account))
                return token
            token, lasts = self._read(self._printed())
            if lasts is not None and lasts > _EARLY_SECONDS:
                self._kept = (self._monotonic() + lasts - _EARLY_SECONDS, token)
            return token

    def forget(self) -> bool:
        """Let go of a token that the server refused; whether another may be had by asking again."""
        with self._lock:
            had, self._kept = self._kept is not None, None
            return had

    def _read(self, text: str) -> tuple[str, float | None]:
        """The token in a text, and how many seconds it lasts where that is said."""
        text = text.strip()
        lasts: float | None = None
        if text.startswith("{"):
            try:
                members = json.loads(text)
                text = members["access_token"]
                lasts = float(members["expires_in"]) if "expires_in" in members else None
            except (ValueError, KeyError, TypeError, RecursionError):
                text = ""
        if not isinstance(text, str) or not _TOKEN.fullmatch(text):
            source = "file holds" if self._path is not None else "command prints"
            raise InvalidInput(f"the IMAP token {source} no access token", account=self._account)
        return text, lasts

    def _printed(self) -> str:
        """What the command prints; its standard error is not kept, because it may quote the token."""
        seen = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        try:
            program = subprocess.Popen(  # noqa: S603 - the agency's own program, no shell
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=seen,
                start_new_session=True,
            )
        except OSError as error:
            raise InvalidInput("the IMAP token command cannot be run", account=self._account) from error
        assert program.stdout is not None
        late = threading.Timer(self._seconds, _end, [program])
        late.start()
        try:
            with program.stdout as output:
                printed = output.read(_LONGEST_TOKEN + 2)
            if len(printed) > _LONGEST_TOKEN + 1:
                _end(program)
            status = program.wait()
        finally:
            late.cancel()
        if status != 0:
            raise TemporarilyUnavailable("the IMAP token command failed or took too long", account=self._account)
        return printed.decode("utf-8", "replace")


def _end(program: subprocess.Popen[bytes]) -> None:
    """End a program and what it started, which might hold its output open."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
