"""Questions to the DNS and their answers, as examination sees them: a port, a name that may be asked, what is known.

Rule: whoever wrote a mail chose the names that are asked for it. So a name is asked only where it is a plain host
name of letters, digits, hyphens and underscores (RFC 1035 §2.3.1, RFC 8552), their number is bounded for each mail,
and nobody waits for an answer here: `Known` gives what is known already and keeps the list of what still has to be
asked.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from storage.provenance import DnsAnswer, DnsKind, DnsStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_QUESTIONS: Final = 64
"""How many names one mail may make us ask."""

Question = tuple[str, DnsKind]

NOTHING: Final[dict[Question, DnsAnswer]] = {}
_PORT: Final = 53
_HIGHEST_PORT: Final = 65_535
_NAME = re.compile(r"(?=.{3,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NOT_PUBLIC = re.compile(r"(?:\A|\.)(?:local|localhost|localdomain|internal|lan|home|onion|home\.arpa)\Z")


class Resolver(Protocol):
    """Answers one question; may be asked from several threads at once."""

    def query(self, name: str, kind: DnsKind) -> DnsAnswer:
        """The answer, `UNAVAILABLE` where nobody answers, `TEMPFAIL` where somebody says that it fails.

        Blocks for as long as its settings allow; never raises for what a name or an answer holds.
        """
        ...


def is_domain(name: str) -> bool:
    """Whether this is a host name in ASCII and lower case, of two labels or more, without the last dot."""
    return _NAME.fullmatch(name) is not None


@lru_cache(maxsize=500)  # most mails of a mailbox name the same few
def may_be_asked(name: str) -> bool:
    """Whether a name is one of the public DNS; names of local networks are nobody's business."""
    return is_domain(name) and _NOT_PUBLIC.search(name) is None


class Known:
    """The answers known so far, and the questions that came up without one.

    Not safe for threads. What is asked and known is `used`, what is not known is used too, as `UNASKED`. `remembered`
    are answers of earlier mails, which hold where `answers` has none; they are only looked at.
    """

    def __init__(
        self,
        answers: Iterable[DnsAnswer] = (),
        *,
        remembered: Mapping[Question, DnsAnswer] = NOTHING,
        most: int = MAX_QUESTIONS,
    ) -> None:
        self._answers = {(one.name, one.kind): one for one in answers}
        self._remembered = remembered
        self._used: dict[Question, DnsAnswer] = {}
        self._hints: dict[Question, DnsAnswer] = {}
        self._most = most

    def answer(self, name: str, kind: DnsKind) -> DnsAnswer:
        """What is known; `UNASKED` where that is nothing yet, `UNAVAILABLE` beyond the bound of one mail.

        A name that nobody may ask does not exist (`NXDOMAIN`), and is not among what was used.
        """
        name = name.lower().rstrip(".")
        if not may_be_asked(name):
            return DnsAnswer(name=name[:253], kind=kind, status=DnsStatus.NXDOMAIN)
        asked = (name, kind)
        if asked not in self._used and len(self._used) >= self._most:
            return DnsAnswer(name=name, kind=kind, status=DnsStatus.UNAVAILABLE)
        found = self._answers.get(asked) or self._remembered.get(asked)
        if found is None:
            found = DnsAnswer(name=name, kind=kind, status=DnsStatus.UNASKED)
        self._used[asked] = found
        return found

    def hint(self, name: str, kind: DnsKind) -> None:
        """A question that may come up later; it is asked together with the next ones, to save a round."""
        name = name.lower().rstrip(".")
        asked = (name, kind)
        if asked not in self._answers and asked not in self._remembered and may_be_asked(name):
            self._hints[asked] = DnsAnswer(name=name, kind=kind, status=DnsStatus.UNASKED)

    def used(self) -> tuple[DnsAnswer, ...]:
        """What was used, in its order; while something is missing, the hints follow as far as there is room."""
        missing = any(one.status is DnsStatus.UNASKED for one in self._used.values())
        found = {**self._used}
        if missing:
            for asked, one in self._hints.items():
                if len(found) >= self._most:
                    break
                found.setdefault(asked, one)
        return tuple(found.values())


def split_server(text: str) -> tuple[str, int]:
    """Address and port of a DNS server as settings name it: ``address``, ``address:port`` or ``[address]:port``.

    Raises:
        ValueError: it is no IP address, or the port is none.
    """
    address, port = text, _PORT
    if text.startswith("["):
        address, closed, rest = text[1:].partition("]")
        address = address if closed else ""
        port = int(rest.removeprefix(":")) if rest else _PORT
    elif text.count(":") == 1:
        address, _, rest = text.partition(":")
        port = int(rest)
    if not 1 <= port <= _HIGHEST_PORT:
        raise ValueError("a DNS server's port is a number from 1 to 65535")
    return str(ipaddress.ip_address(address)), port
