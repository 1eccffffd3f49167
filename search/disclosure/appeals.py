"""Appeals against what was decided of a request: opened, decided, and what the decision changes.

Rules:

- While an appeal is pending nothing that was held for the request is let go; after a decision the days of the profile
  begin anew.
- A decision that reverses something opens a closed request again, in the same transaction; what was written before
  stays. A late appeal is taken: whether it is too late is for the body that decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.deadlines import ClockEventKind
from search.disclosure.follow_tables import request_appeals
from search.disclosure.follow_words import FollowWords, a_line, a_text, the_numbered
from search.disclosure.request_types import NewEvent
from search.disclosure.requests import Requests
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from storage.transaction import Store


class AppealOutcome(StrEnum):
    """What was decided of an appeal."""

    UPHELD = "upheld"
    REVERSED = "reversed"
    IN_PART = "in_part"
    WITHDRAWN = "withdrawn"
    DISMISSED = "dismissed"


_CHANGING = frozenset({AppealOutcome.REVERSED, AppealOutcome.IN_PART})


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """One appeal; `decision` and `changes` are None while it is pending."""

    request_id: str
    number: int
    received_at: datetime
    body: str
    ground: str
    decided_at: datetime | None
    outcome: AppealOutcome | None
    decision: str | None
    changes: str | None


class Appeals:
    """The appeals of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)
        self._words = FollowWords(store, "appeal")
        self._decisions = FollowWords(store, "appeal decision")

    def open(self, request_id: str, *, body: str, ground: str, received_at: datetime | None, actor: str) -> int:
        """Write down that a request, open or closed, is appealed; the number of the appeal.

        Raises:
            NotFound: there is no such request.
            Conflict: another appeal to the same body is pending.
            InvalidInput: body or ground are not said, or the day lies ahead.
        """
        with self._store.read() as connection:
            found = self._requests.get(connection, request_id)
            pending = [one for one in self.of(connection, found.id) if one.outcome is None]
        terms = {"body": a_line(body, "the body that decides"), "ground": a_text(ground, "the ground")}
        if any(one.body.casefold() == terms["body"].casefold() for one in pending):
            raise Conflict("an appeal to this body is pending; decide it first: archiver request appeal decide")
        sealed = self._words.seal(found.id, terms)
        with self._store.write() as transaction:
            event = NewEvent(kind=ClockEventKind.APPEALED.value, at=received_at)
            noted = self._requests.note_in(transaction, found.id, event, actor=actor, closed_too=True)
            mine = request_appeals.c.request_id == found.id
            last = transaction.connection.execute(select(func.max(request_appeals.c.number)).where(mine)).scalar()
            row = {
                "request_id": found.id,
                "number": (last or 0) + 1,
                "received_at": noted.at,
                "position": noted.position,
                "sealed_appeal": sealed,
            }
            transaction.connection.execute(insert(request_appeals), [row])
        return (last or 0) + 1

    def decide(
        self,
        request_id: str,
        number: int,
        outcome: AppealOutcome,
        *,
        decision: str,
        changes: str | None,
        decided_at: datetime | None,
        actor: str,
    ) -> bool:
        """Write down what was decided; whether the request was opened again by it.

        Raises:
            NotFound: there is no such request or appeal.
            Conflict: it is decided already.
            InvalidInput: what is decided, or what a reversal changes, is not said; or the day cannot be.
        """
        if outcome in _CHANGING and not (changes or "").strip():
            raise InvalidInput("say with --changes what is to be done otherwise now")
        words = {
            "decision": a_text(decision, "the decision"),
            "changes": None if changes is None else a_text(changes, "what changes"),
        }
        with self._store.read() as connection:
            found = self._requests.get(connection, request_id)
        sealed = self._decisions.seal(found.id, words)
        with self._store.write() as transaction:
            one = self.get(transaction.connection, found.id, number)
            if one.outcome is not None:
                raise Conflict(f"appeal {number} is decided already; what comes after it is another appeal")
            if decided_at is not None and decided_at < one.received_at:
                raise InvalidInput("an appeal cannot be decided before it came; check --at")
            event = NewEvent(kind=ClockEventKind.APPEAL_DECIDED.value, at=decided_at, reason=outcome.value)
            noted = self._requests.note_in(transaction, found.id, event, actor=actor, closed_too=True)
            mine = (request_appeals.c.request_id == found.id, request_appeals.c.number == number)
            change = update(request_appeals).where(*mine)
            values = {"decided_at": noted.at, "outcome": outcome.value, "sealed_decision": sealed}
            transaction.connection.execute(change.values(values))
            again = outcome in _CHANGING and not self._requests.get(transaction.connection, found.id).open
            if again:
                self._requests.reopen_in(transaction, found.id, actor=actor)
        return again

    def get(self, connection: Connection, request_id: str, number: int) -> Appeal:
        """One appeal.

        Raises:
            NotFound: the request has none of this number.
        """
        return the_numbered(self.of(connection, request_id), number, "appeal", "show")

    def of(self, connection: Connection, request_id: str) -> list[Appeal]:
        """The appeals of a request, in order."""
        about = request_appeals.c
        query = select(request_appeals).where(about.request_id == request_id).order_by(about.number)
        rows = list(connection.execute(query))
        words = self._words.opened(connection, request_id, [row.sealed_appeal for row in rows])
        decided = self._decisions.opened(connection, request_id, [row.sealed_decision for row in rows])
        return [_appeal(*one) for one in zip(rows, words, decided, strict=True)]


def last_change(connection: Connection, request_id: str, closed_at: datetime) -> datetime | None:
    """From when the days after the outcome of a closed request count: its closing, or the last decision of an appeal.

    None while an appeal is pending.
    """
    about = request_appeals.c
    query = select(about.outcome, about.decided_at).where(about.request_id == request_id)
    latest = closed_at
    for row in connection.execute(query):
        if row.outcome is None:
            return None
        latest = max(latest, row.decided_at)
    return latest


def _appeal(row: Any, words: dict[str, Any], decision: dict[str, Any]) -> Appeal:
    return Appeal(
        request_id=row.request_id,
        number=row.number,
        received_at=row.received_at,
        body=words["body"],
        ground=words["ground"],
        decided_at=row.decided_at,
        outcome=None if row.outcome is None else AppealOutcome(row.outcome),
        decision=decision.get("decision"),
        changes=decision.get("changes"),
    )
