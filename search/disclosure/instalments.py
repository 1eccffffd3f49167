"""Instalments: parts of what is released, each planned for a day, produced, and fetched or left lying.

Rules:

- An instalment is done when a production says so, in the production's own transaction; nobody ticks it off by hand.
- One that nobody fetched within the days that the law names is marked as left, which an officer may close the request
  by; the mark closes nothing.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.fee_rules import profile_text
from search.disclosure.follow_tables import request_instalments
from search.disclosure.follow_words import FollowWords, a_text, the_numbered
from search.disclosure.request_types import NewEvent
from search.disclosure.requests import Requests
from storage.errors import Conflict

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

    from storage.transaction import Store, Transaction

PLANNED: Final = "instalment_planned"
PRODUCED: Final = "instalment_produced"
CLAIMED: Final = "instalment_claimed"
LEFT: Final = "instalment_left"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One instalment; `production` names the production that it left with."""

    request_id: str
    number: int
    due: date
    text: str
    produced_at: datetime | None
    production: str | None
    claimed_at: datetime | None
    abandoned_at: datetime | None

    @property
    def state(self) -> str:
        """``planned``, ``produced``, ``claimed`` or ``abandoned``."""
        if self.claimed_at is not None:
            return "claimed"
        if self.abandoned_at is not None:
            return "abandoned"
        return "planned" if self.produced_at is None else "produced"

    @property
    def clock(self) -> str:
        """What it is called beside the clocks of its request."""
        return f"instalment-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclaimedRule:
    """How long an instalment lies for the requester; `days` is None where the law names none."""

    days: int | None
    citation: str
    confidence: str


@lru_cache(maxsize=32)
def unclaimed_rule(profile_id: str) -> UnclaimedRule:
    """What a shipped profile says of instalments that nobody fetches.

    Raises:
        NotFound: there is no such profile.
    """
    stated = tomllib.loads(profile_text(profile_id)).get("instalments", {})
    return UnclaimedRule(
        days=stated.get("unclaimed_days"),
        citation=stated.get("citation", ""),
        confidence=stated.get("confidence", "U"),
    )


class Instalments:
    """The instalments of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)
        self._words = FollowWords(store, "instalment")

    def add(self, request_id: str, due: date, text: str, *, actor: str) -> int:
        """Plan an instalment of an open request; its number.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: nothing is said of what it has.
        """
        with self._store.read() as connection:
            found = self._requests.get_open(connection, request_id)
        sealed = self._words.seal(found.id, {"text": a_text(text, "what an instalment has")})
        with self._store.write() as transaction:
            mine = request_instalments.c.request_id == found.id
            last = transaction.connection.execute(select(func.max(request_instalments.c.number)).where(mine)).scalar()
            number = (last or 0) + 1
            event = NewEvent(kind=PLANNED, clock=f"instalment-{number}", until=due)
            noted = self._requests.note_in(transaction, found.id, event, actor=actor)
            row = {
                "request_id": found.id,
                "number": number,
                "due": due,
                "position": noted.position,
                "sealed_text": sealed,
            }
            transaction.connection.execute(insert(request_instalments), [row])
        return number

    def mark_produced(
        self, transaction: Transaction, request_id: str, number: int, production: str, *, actor: str
    ) -> None:
        """Say in a production's transaction that an instalment left with it.

        Raises:
            NotFound: the request has no such instalment.
            Conflict: it was produced before.
        """
        one = self.get(transaction.connection, request_id, number)
        if one.produced_at is not None:
            raise Conflict(f"instalment {number} was produced before; plan another: archiver request instalment add")
        self._note(transaction, one, PRODUCED, actor)
        self._change(transaction, one, produced_at=transaction.at, production=production)

    def claim(self, request_id: str, number: int, *, actor: str) -> None:
        """Say that the requester fetched an instalment, also one that lay for too long.

        Raises:
            NotFound: the request has no such instalment.
            Conflict: it is not produced yet, or was fetched before.
        """
        with self._store.write() as transaction:
            one = self.get(transaction.connection, request_id, number)
            if one.produced_at is None or one.claimed_at is not None:
                raise Conflict(f"instalment {number} is {one.state}; only what was produced can be fetched, once")
            self._note(transaction, one, CLAIMED, actor)
            self._change(transaction, one, claimed_at=transaction.at)

    def mark_left(self, request_id: str, number: int, *, actor: str) -> None:
        """Say that an instalment lay for longer than the law asks.

        Raises:
            NotFound: the request has no such instalment.
            Conflict: it does not lie to be fetched.
        """
        with self._store.write() as transaction:
            one = self.get(transaction.connection, request_id, number)
            if one.state != "produced":
                raise Conflict(f"instalment {number} is {one.state}; it does not lie to be fetched")
            self._note(transaction, one, LEFT, actor)
            self._change(transaction, one, abandoned_at=transaction.at)

    def get(self, connection: Connection, request_id: str, number: int) -> Instalment:
        """One instalment.

        Raises:
            NotFound: the request has none of this number.
        """
        return the_numbered(self.of(connection, request_id), number, "instalment", "list")

    def of(self, connection: Connection, request_id: str) -> list[Instalment]:
        """The instalments of a request, in order."""
        about = request_instalments.c
        query = select(request_instalments).where(about.request_id == request_id).order_by(about.number)
        rows = list(connection.execute(query))
        opened = self._words.opened(connection, request_id, [row.sealed_text for row in rows])
        return [_instalment(row, words["text"]) for row, words in zip(rows, opened, strict=True)]

    def lying(self, connection: Connection) -> list[str]:
        """The requests with instalments that were produced and neither fetched nor marked as left."""
        about = request_instalments.c
        there = (about.produced_at.is_not(None), about.claimed_at.is_(None), about.abandoned_at.is_(None))
        return list(connection.execute(select(about.request_id).where(*there).distinct()).scalars())

    def _note(self, transaction: Transaction, one: Instalment, kind: str, actor: str) -> None:
        event = NewEvent(kind=kind, clock=one.clock)
        self._requests.note_in(transaction, one.request_id, event, actor=actor, closed_too=True)

    def _change(self, transaction: Transaction, one: Instalment, **values: object) -> None:
        about = request_instalments.c
        mine = (about.request_id == one.request_id, about.number == one.number)
        transaction.connection.execute(update(request_instalments).where(*mine).values(values))


def lies_until(one: Instalment, rule: UnclaimedRule, zone: tzinfo) -> date | None:
    """The last day on which an instalment lies to be fetched; None where it does not, or the law names no days."""
    if one.state != "produced" or one.produced_at is None or rule.days is None:
        return None
    return one.produced_at.astimezone(zone).date() + rule.days * _DAY


def _instalment(row: Any, text: str) -> Instalment:
    return Instalment(
        request_id=row.request_id,
        number=row.number,
        due=row.due,
        text=text,
        produced_at=row.produced_at,
        production=row.production,
        claimed_at=row.claimed_at,
        abandoned_at=row.abandoned_at,
    )
