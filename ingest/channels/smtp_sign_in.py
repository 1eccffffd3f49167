"""The dialogue of AUTH (RFC 4954) on one connection: when it may be tried, how often, and what is answered.

Rule: nobody is asked for a password without TLS, nobody may guess for long (three failures end a connection, ten of
one address stop it for a while), and no name is ever logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ingest.channels.smtp_accounts import converse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ingest.channels.smtp_accounts import Credentials
    from ingest.channels.smtp_limits import Allowance

_MOST_FAILURES = 3


class Line(Protocol):
    """The connection, as far as the dialogue needs it."""

    async def push(self, status: str) -> None:
        """Send a reply."""
        ...

    async def challenge(self, text: str) -> bytes | None:
        """Send a challenge and give the client's line, None where it is too long."""
        ...

    def end(self, reply: str) -> None:
        """Send a last reply and close."""
        ...


class SignIn:
    """What one connection has tried. `check` says whether credentials are a user's."""

    def __init__(self, allowance: Allowance, peer: str, check: Callable[[Credentials], Awaitable[bool]]) -> None:
        self._allowance = allowance
        self._peer = peer
        self._check = check
        self._failures = 0

    async def attempt(self, line: Line, arg: str, *, secured: bool, out_of_turn: bool) -> str | None:
        """One AUTH command; the name of who signed in, else None. Every reply is sent here."""
        if not secured:
            await line.push("538 5.7.11 Signing in needs TLS; begin with STARTTLS")
        elif out_of_turn:
            await line.push("503 5.5.1 Greet first; sign in once, and not within a mail")
        elif not self._allowance.may_sign_in(self._peer):
            line.end("421 4.7.0 Too many failed sign-ins, please try again later")
        else:
            found = await converse(arg, line.challenge)
            if isinstance(found, str):
                await self._refuse(line, found)
            elif await self._check(found):
                await line.push("235 2.7.0 Signed in")
                return found.name
            else:
                self._allowance.note_failure(self._peer)
                await self._refuse(line, "535 5.7.8 Name or password is wrong")
        return None

    async def _refuse(self, line: Line, reply: str) -> None:
        await line.push(reply)
        self._failures += 1
        if self._failures >= _MOST_FAILURES:
            line.end("421 4.7.0 Too many failed sign-ins, closing the connection")
