"""Runs the reading of one IMAP account for as long as the service runs.

Rules: no error ends it, health shows that it does not work; each failure in a row makes the next pause longer, and
each pause is stretched by chance, so that many accounts do not come back to a mended server in the same second; a
secret that is refused is not tried again for a while, since providers lock accounts for that. Where the server can
tell of new mail (IDLE) its word is waited for, and the folders are looked at all the same after a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.channels.imap import Refused
from storage.errors import Denied, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.channels.imap_poller import ImapPoller, Stopping

_LONGEST_PAUSE = 900.0
_LEAST_AFTER_DENIAL = 300.0
_LONGEST_AFTER_DENIAL = 3_600.0
_BREATH_SECONDS = 0.25  # between two looks that the server's word asks for; doubled while its word was empty
_STRETCH = 0.25


class ImapWatcher:
    """Watches one account; `run` in a thread of its own.

    Args:
        poller: reads the account.
        chance: a number from 0 up to 1, anew each time; it stretches the pauses by up to a quarter.
        told: is called with each error, and how many there were in a row.
    """

    def __init__(
        self,
        poller: ImapPoller,
        *,
        chance: Callable[[], float] = lambda: 0.0,
        told: Callable[[Exception, int], None] = lambda _error, _failures: None,
    ) -> None:
        self._poller = poller
        self._chance = chance
        self._told = told

    def run(self, stop: Stopping) -> None:
        """Read until `stop`."""
        failures = empty = 0
        account = self._poller.account
        while not stop.is_set():
            denied = False
            try:
                empty = 0 if self._poller.read_all(stop).seen else empty + 1
                failures = 0
                news = self._news(stop)
                if news is not None:
                    stop.wait(min(account.interval, _BREATH_SECONDS * 2.0 ** min(empty, 16)) if news else 0)
                    continue
            except Exception as error:  # noqa: BLE001 - the watcher outlives everything
                failures += 1
                denied = isinstance(error, (Denied, InvalidInput))
                self._told(error, failures)
            self._poller.hang_up()
            pause = pause_after(account.interval, failures, denied=denied)
            stop.wait(pause * (1 + _STRETCH * self._chance()))
        self._poller.hang_up()

    def _news(self, stop: Stopping) -> bool | None:
        """Wait for the server's word and say whether it came; None where it gives none, or shall not be asked."""
        account = self._poller.account
        if not account.idle_seconds or stop.is_set():
            return None
        seconds = account.idle_seconds
        if account.choice.asks_server or len(account.folders) > 1:
            seconds = min(seconds, account.interval)  # of the other folders nothing is told
        try:
            return self._poller.wait_for_news(seconds, stop)
        except Refused:
            return None


def pause_after(interval: float, failures: int, *, denied: bool = False) -> float:
    """Seconds until the next look: the interval, doubled for each failure in a row, a quarter of an hour at most.

    After a refused secret: five minutes at least, an hour at most.
    """
    if failures == 0:
        return interval
    doubled = interval * 2.0 ** min(failures, 16)
    if denied:
        return max(interval, min(max(doubled, _LEAST_AFTER_DENIAL), _LONGEST_AFTER_DENIAL))
    return max(interval, min(doubled, _LONGEST_PAUSE))
