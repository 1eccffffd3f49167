"""What the sessions of one acceptor may spend together: connections, memory, mails a minute, failed sign-ins.

Rule: what is spent is counted for all and for each peer, so that one peer cannot take everybody's share; what is
remembered of peers is bounded, however many there are. Used from the event loop only, so nothing here needs a lock.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ingest.channels.smtp_settings import SmtpSettings

_MOST_PEERS = 10_000
_MINUTE = 60.0
FAILURES_ALLOWED = 10
_FAILURES_FORGOTTEN = 900.0


class Rate:
    """So many a minute for each name, with as many at once after a minute of silence (a token bucket).

    `allowed` 0 is no limit. Of more than 10,000 names those that spent nothing for longest are forgotten.
    """

    def __init__(self, allowed: int, clock: Callable[[], float], *, seconds: float = _MINUTE) -> None:
        self._allowed = allowed
        self._clock = clock
        self._per_second = allowed / seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def has_some(self, name: str) -> bool:
        """Whether `take` would work now."""
        return not self._allowed or self._now(name) >= 1.0

    def take(self, name: str) -> bool:
        """Spend one, or say that there is none left now."""
        if not self._allowed:
            return True
        left = self._now(name)
        if left < 1.0:
            return False
        self._left[name] = (left - 1.0, self._clock())
        self._left.move_to_end(name)
        if len(self._left) > _MOST_PEERS:
            self._left.popitem(last=False)
        return True

    def _now(self, name: str) -> float:
        left, at = self._left.get(name, (float(self._allowed), 0.0))
        return min(float(self._allowed), left + max(0.0, self._clock() - at) * self._per_second)


class Allowance:
    """What the sessions of one acceptor share."""

    def __init__(self, settings: SmtpSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._peers: Counter[str] = Counter()
        self._mails = Rate(settings.mails_per_minute, clock)
        self._mails_of_peers = Rate(settings.mails_per_minute_per_peer, clock)
        self._failures = Rate(FAILURES_ALLOWED, clock, seconds=_FAILURES_FORGOTTEN)
        self.connections = 0
        self.buffered = 0
        self.most_buffered = 0

    def admit(self, peer: str) -> bool:
        """Count a connection in, or say that there are too many; each admitted one must `leave`."""
        if self.connections >= self._settings.max_connections:
            return False
        if self._peers[peer] >= self._settings.max_connections_per_peer:
            return False
        self.connections += 1
        self._peers[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Count an admitted connection out."""
        self.connections -= 1
        self._peers[peer] -= 1
        if self._peers[peer] <= 0:
            del self._peers[peer]

    def admit_mail(self, peer: str) -> bool:
        """Count a mail that begins, or say that this peer, or all together, have sent too many in a minute."""
        return self._mails.has_some("") and self._mails_of_peers.take(peer) and self._mails.take("")

    def may_sign_in(self, peer: str) -> bool:
        """Whether this peer may still try: ten failures, and one more every minute and a half after."""
        return self._failures.has_some(peer)

    def note_failure(self, peer: str) -> None:
        """Count a sign-in that failed."""
        self._failures.take(peer)

    def reserve(self, size: int) -> bool:
        """Take memory for `size` more bytes of mail, or say that there is none; each byte must be released."""
        if self.buffered + size > self._settings.max_buffered:
            return False
        self.buffered += size
        self.most_buffered = max(self.most_buffered, self.buffered)
        return True

    def release(self, size: int) -> None:
        """Give memory back."""
        self.buffered -= size


class Reservation:
    """The memory that one mail holds, until its deposit is done."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._size = 0
        self.lent = False

    def cover(self, size: int) -> bool:
        """Hold `size` bytes from now on, or say that there is no room for more."""
        if size > self._size:
            if not self._allowance.reserve(size - self._size):
                return False
        else:
            self._allowance.release(self._size - size)
        self._size = size
        return True

    def give_back(self, deposit: asyncio.Task[str] | None = None) -> None:
        """Release everything; also what runs when the deposit is done."""
        if deposit is not None and not deposit.cancelled():
            deposit.exception()  # retrieved: where the client left, nobody else asks for it
        self._allowance.release(self._size)
        self._size = 0
