"""Custodian searches: an employee is asked to look through named accounts of his own, and declares what he did.

Rules:

- What an employee hands over or keeps back is decided by him, and his declaration stands for it; so it needs facts:
  what was searched, how, with which words, what was left out and why (Nissen v. Pierce County, 183 Wn.2d 863).
- A declaration is made once; who has more to say is asked again. That it satisfies is an officer's decision.
- The employee is told what he is asked and by when, and nothing else of the request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.asking_tables import custodian_searches
from search.disclosure.requests import Requests
from search.frozen_sets import about_digest
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from storage.transaction import Store, Transaction
    from storage.vault import HolderKey

FEWEST_WORDS: Final = 12
_MOST_ACCOUNTS: Final = 50
_LONGEST_ACCOUNT: Final = 320
_LONGEST_TEXT: Final = 20_000


class SearchResult(StrEnum):
    """What an employee says that he found: nothing, something that he handed in, only what is his own affair."""

    NONE = "none"
    SUBMITTED = "submitted"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an employee is asked: which accounts and devices, for what, and since when."""

    accounts: tuple[str, ...]
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodianSearch:
    """A search that was asked for, and its declaration if there is one."""

    request_id: str
    number: int
    custodian_id: str
    asked: Asked
    asked_at: datetime
    due: date | None
    position: int
    reminded: int
    result: SearchResult | None
    declaration: Mapping[str, Any] | None
    answered_at: datetime | None
    answered_by: str | None
    answered_position: int | None
    accepted_by: str | None


class CustodianSearches:
    """The custodian searches of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def seal(self, request_id: str, asked: Asked) -> bytes:
        """What is asked, checked and sealed, outside any transaction.

        Raises:
            NotFound: there is no such request.
            InvalidInput: it names no account, or says nothing to look for.
        """
        accounts = tuple(dict.fromkeys(" ".join(one.split()) for one in asked.accounts if one.strip()))
        if not accounts or len(accounts) > _MOST_ACCOUNTS or max(map(len, accounts)) > _LONGEST_ACCOUNT:
            raise InvalidInput(f"name 1 to {_MOST_ACCOUNTS} accounts or devices with --account, each in one line")
        if not asked.subject.strip() or len(asked.subject) > _LONGEST_TEXT:
            raise InvalidInput("say with --about what is to be looked for, in words that an employee understands")
        content = {"accounts": accounts, "subject": asked.subject.strip()}
        return self._seal(request_id, content)

    def ask_in(
        self, transaction: Transaction, request_id: str, custodian_id: str, sealed: bytes, due: date | None, actor: str
    ) -> int:
        """Ask an employee inside a transaction; the number of the search in its request.

        Raises:
            Conflict: the request is closed.
        """
        connection = transaction.connection
        self._requests.get_open(connection, request_id)
        last = select(func.max(custodian_searches.c.number)).where(custodian_searches.c.request_id == request_id)
        number = (connection.execute(last).scalar() or 0) + 1
        subjects = (request_id, custodian_id)
        position = transaction.append(EventKind.CUSTODIAN_ASKED, actor=actor, subjects=subjects)
        row = {
            "request_id": request_id,
            "number": number,
            "custodian_id": custodian_id,
            "asked_at": transaction.at,
            "due": due,
            "position": position,
            "reminded": 0,
            "sealed_asked": sealed,
        }
        connection.execute(insert(custodian_searches), [row])
        return number

    def remind_in(self, transaction: Transaction, one: CustodianSearch, actor: str) -> None:
        """Note that an employee was reminded, in the transaction of the letter."""
        subjects = (one.request_id, one.custodian_id)
        transaction.append(EventKind.CUSTODIAN_REMINDED, actor=actor, subjects=subjects)
        self._change(transaction.connection, one, reminded=one.reminded + 1)

    def declare(self, request_id: str, number: int, declaration: Mapping[str, Any], *, actor: str) -> CustodianSearch:
        """Write down what an employee declares of his search: `result`, `facts`, and what they are said of.

        Its leaf binds all of it by a digest, so that a signed copy can be checked against the ledger.

        Raises:
            NotFound: there is no such search.
            Conflict: it is declared already, or the request is closed.
            InvalidInput: the facts are none that anybody could rely on.
        """
        result, told = SearchResult(declaration["result"]), str(declaration["facts"]).strip()
        if len(told.split()) < FEWEST_WORDS or len(told) > _LONGEST_TEXT:
            raise InvalidInput(
                "say what was searched, how and with which words, what was found and what was left out and why, "
                f"in at least {FEWEST_WORDS} words: the declaration stands for the search"
            )
        whole = {**declaration, "facts": told}
        sealed = self._seal(request_id, whole)
        with self._store.write() as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            one = self.get(connection, request_id, number)
            if one.result is not None:
                raise Conflict("this search is declared already; what is to be added is asked for anew")
            payload = {"result": result.value, "facts": told, "sha256": about_digest(whole)}
            subjects = (request_id, one.custodian_id)
            position = transaction.append(EventKind.CUSTODIAN_DECLARED, actor=actor, subjects=subjects, payload=payload)
            self._change(
                connection,
                one,
                result=result.value,
                answered_at=transaction.at,
                answered_by=actor,
                answered_position=position,
                sealed_answer=sealed,
            )
            return self.get(connection, request_id, number)

    def accept(self, request_id: str, number: int, *, actor: str) -> CustodianSearch:
        """Say that a declaration satisfies.

        Raises:
            NotFound: there is no such search.
            Conflict: nothing is declared yet, or it was accepted already.
        """
        with self._store.write() as transaction:
            one = self.get(transaction.connection, request_id, number)
            if one.result is None:
                raise Conflict("nothing is declared yet, so there is nothing to accept")
            if one.accepted_by is not None:
                raise Conflict("this declaration was accepted already")
            subjects = (request_id, one.custodian_id)
            transaction.append(EventKind.DECLARATION_ACCEPTED, actor=actor, subjects=subjects)
            self._change(transaction.connection, one, accepted_by=actor)
            return self.get(transaction.connection, request_id, number)

    def get(self, connection: Connection, request_id: str, number: int) -> CustodianSearch:
        """One search.

        Raises:
            NotFound: there is none of this number.
        """
        found = [one for one in self.of_request(connection, request_id) if one.number == number]
        if not found:
            raise NotFound(f"this request has no custodian search {number}; see: archiver request searches")
        return found[0]

    def of_request(self, connection: Connection, request_id: str) -> list[CustodianSearch]:
        """The searches that were asked for, in order."""
        about = custodian_searches.c
        query = select(custodian_searches).where(about.request_id == request_id).order_by(about.number)
        return self._opened(connection, list(connection.execute(query)))

    def of_custodian(self, connection: Connection, custodian_id: str) -> list[CustodianSearch]:
        """The searches that an employee was asked for, in any request, in order."""
        about = custodian_searches.c
        query = select(custodian_searches).where(about.custodian_id == custodian_id).order_by(about.position)
        return self._opened(connection, list(connection.execute(query)))

    def unanswered(self, connection: Connection) -> list[CustodianSearch]:
        """The searches of open requests of which nothing is declared yet."""
        open_ones = {one.id for one in self._requests.all(connection, only_open=True)}
        query = select(custodian_searches).where(custodian_searches.c.result.is_(None))
        rows = [row for row in connection.execute(query) if row.request_id in open_ones]
        return self._opened(connection, rows)

    def _opened(self, connection: Connection, rows: Sequence[Any]) -> list[CustodianSearch]:
        keys: dict[str, HolderKey] = {}
        found = []
        for row in rows:
            key = keys.get(row.request_id) or keys.setdefault(
                row.request_id, self._requests.key(connection, row.request_id)
            )
            asked = self._unseal(key, row.request_id, row.sealed_asked)
            answer = None if row.sealed_answer is None else self._unseal(key, row.request_id, row.sealed_answer)
            found.append(
                CustodianSearch(
                    request_id=row.request_id,
                    number=row.number,
                    custodian_id=row.custodian_id,
                    asked=Asked(accounts=tuple(asked["accounts"]), subject=asked["subject"]),
                    asked_at=row.asked_at,
                    due=row.due,
                    position=row.position,
                    reminded=row.reminded,
                    result=None if row.result is None else SearchResult(row.result),
                    declaration=answer,
                    answered_at=row.answered_at,
                    answered_by=row.answered_by,
                    answered_position=row.answered_position,
                    accepted_by=row.accepted_by,
                )
            )
        return found

    def _seal(self, request_id: str, content: dict[str, Any]) -> bytes:
        with self._store.read() as connection:
            self._requests.get(connection, request_id)
            key = self._requests.key(connection, request_id)
        plain = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._store.vault.seal(key, SealKind.REQUEST, request_id, plain)

    def _unseal(self, key: HolderKey, request_id: str, sealed: bytes) -> dict[str, Any]:
        plain = self._store.vault.unseal(key, SealKind.REQUEST, request_id, sealed)
        content: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
        return content

    def _change(self, connection: Connection, one: CustodianSearch, **values: object) -> None:
        about = custodian_searches.c
        mine = (about.request_id == one.request_id, about.number == one.number)
        connection.execute(update(custodian_searches).where(*mine).values(values))
