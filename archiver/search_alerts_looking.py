"""The chore of alerts: looks at what came in, writes down what is found, and puts letters into the outbox.

Rules:

- Looked at are records that were archived, and records whose pictures were read, behind the alert's position and up to
  where the index has read the ledger; so nothing is missed while an index is built anew, and nothing found twice.
- What an alert finds is what its owner finds at that moment with the same query: his rights are asked anew at each look
  and once more before a letter. An owner who may not search any more finds nothing and is told nothing.
- A letter is written at most once in the alert's period, for all that was found since the last one. It has a count and
  a link. Where letters are not sent, what was found waits.
- An alert whose query is not understood any more, or whose owner is gone, keeps the others from nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from archiver.access import Act, operator, permits
from archiver.search_alerts import KIND
from archiver.search_finding import find_among
from search.alerts import Alerts, AlertState, head_of
from storage.errors import Denied, InvalidInput
from storage.events import EventKind
from storage.outbox import Letter

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.alerts import Alert

log = structlog.get_logger()

LOOKED_AT: Final = (EventKind.RECORD_ARCHIVED, EventKind.RECORD_TRANSCRIBED)
_PAGE: Final = 500
_PAGES: Final = 20
_FAR: Final = 10_000
_OPERATOR: Final = "operator:"


class AlertLooking:
    """Looks for all alerts of one archive; `actor` is who the ledger says that looked."""

    def __init__(self, installation: Installation, *, actor: str) -> None:
        self._installation = installation
        self._archive = installation.archive
        self._alerts = Alerts(installation.archive.store)
        self._actor = actor

    def step(self) -> tuple[int, int]:
        """Look once for every alert; how many records were found, and how many letters written.

        Raises:
            Corrupt: the index is damaged; nothing is passed over.
            TemporarilyUnavailable, StorageFull: nothing was half-done; the next step goes on.
        """
        with self._archive.store.read() as connection:
            present = self._alerts.of_owner(connection)
        found = letters = 0
        for alert in present:
            if alert.state is not AlertState.ACTIVE:
                continue
            owner = self._owner(alert)
            if owner is None or not permits(owner, Act.SEARCH) or not permits(owner, Act.WORK_SEARCHES):
                log.warning("alert.owner", alert=alert.id)
                continue
            try:
                found += self._look(alert, owner)
                letters += self._tell(alert, owner)
            except (InvalidInput, Denied) as error:
                log.warning("alert.query", alert=alert.id, kind=error.kind)
        return found, letters

    def _owner(self, alert: Alert) -> Principal | None:
        if alert.owner.startswith(_OPERATOR):
            return operator(alert.owner.removeprefix(_OPERATOR))
        users = self._installation.users.list()
        return next((one for one in users if one.actor == alert.owner and not one.is_closed), None)

    def _look(self, alert: Alert, owner: Principal) -> int:
        """Go on from where the alert has looked up to, some pages at a step."""
        found = 0
        for _ in range(_PAGES):
            index = self._installation.index.present()  # all of a step from one generation: the next has come less far
            with self._archive.store.read() as connection:
                alert = self._alerts.get(connection, alert.id)
                reached = min(head_of(connection), index.position())
                if reached <= alert.position:
                    return found
                events = self._archive.ledger.events_after(connection, alert.position, kinds=LOOKED_AT, limit=_PAGE)
            is_full = len(events) == _PAGE
            events = [one for one in events if one.position <= reached]
            until = events[-1].position if is_full and events else reached
            ids = list(dict.fromkeys(one.event.subjects[0] for one in events if one.event.subjects))
            if not ids and until - alert.position < _FAR:
                return found  # nothing came in: moving over a few other leaves is not worth a transaction
            hits = find_among(self._installation, owner, alert.query, ids, index) if ids else []
            found += self._alerts.found(alert, hits, until, actor=self._actor)
            if until == reached:
                return found
        return found

    def _tell(self, alert: Alert, owner: Principal) -> int:
        """Write the letter of a period, if something was found and the period is over."""
        settings, now = self._installation.settings, self._archive.store.clock()
        addresses = (alert.to,) if alert.to is not None else settings.alerts.officers
        if not settings.mail.enabled or not addresses:
            return 0
        if alert.told_at is not None and timedelta(0) <= now - alert.told_at < timedelta(hours=alert.every_hours):
            return 0
        with self._archive.store.read() as connection:
            alert = self._alerts.get(connection, alert.id)
            waiting, until = self._alerts.waiting(connection, alert)
        index = self._installation.index.present()
        if not waiting or index.position() < alert.position:  # one that is built anew has not come so far yet
            return 0
        still = 0
        for start in range(0, len(waiting), _PAGE):
            still += len(find_among(self._installation, owner, alert.query, waiting[start : start + _PAGE], index))
        letters = [self._letter(alert, to, still) for to in addresses] if still else []
        told = self._alerts.tell(alert, letters, until, records=still, actor=self._actor)
        return len(letters) if told else 0

    def _letter(self, alert: Alert, to: str, records: int) -> Letter:
        settings = self._installation.settings
        counted = f"{records:,} {'record' if records == 1 else 'records'}"
        page = settings.answers.page.rstrip("/")
        lines = [
            f"{counted} came in, or could be read, that alert {alert.id} waits for.",
            "",
            f"Look at them: {page}/alerts/{alert.id}" if page else "Sign in to the records archive to look at them.",
            f"On the command line: archiver alert show {alert.id}",
            "",
            f"The records archive of {settings.agency.name}",
        ]
        text = "\n".join(lines).encode("utf-8", "replace").decode() + "\n"
        return Letter(
            kind=KIND, to=to, subject=f"Records archive: {counted} for an alert", text=text, about=(alert.id,)
        )
