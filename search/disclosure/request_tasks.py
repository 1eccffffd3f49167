"""What is to be done for a request, by whom and until when; each added and finished with its leaf.

Rule: what is to be done is sealed under the request's key, as whatever is written about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.requests import Requests, refuse_closed
from search.disclosure.tables import request_tasks
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.sealing import SealKind

if TYPE_CHECKING:
    from datetime import date, datetime

    from storage.transaction import Store

_LONGEST_TEXT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTask:
    """Something to be done for a request."""

    number: int
    user_id: str | None
    due: date | None
    done_at: datetime | None
    text: str


class RequestTasks:
    """The tasks of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def add(self, request_id: str, text: str, *, user_id: str | None, due: date | None, actor: str) -> RequestTask:
        """Put something to be done beside a request.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: nothing is said.
        """
        if not text.strip() or len(text) > _LONGEST_TEXT:
            raise InvalidInput("say what is to be done, in a sentence")
        with self._store.read() as connection:
            found = self._requests.get(connection, request_id)
            key = self._requests.key(connection, found.id)
        sealed = self._store.vault.seal(key, SealKind.REQUEST, found.id, text.strip().encode("utf-8", "surrogatepass"))
        with self._store.write() as transaction:
            refuse_closed(self._requests.get(transaction.connection, found.id))
            last = select(func.max(request_tasks.c.number)).where(request_tasks.c.request_id == found.id)
            number = (transaction.connection.execute(last).scalar() or 0) + 1
            subjects = (found.id, *(() if user_id is None else (user_id,)))
            transaction.append(EventKind.REQUEST_TASK_ADDED, actor=actor, subjects=subjects)
            row = {"request_id": found.id, "number": number, "user_id": user_id, "due": due, "sealed_text": sealed}
            transaction.connection.execute(insert(request_tasks), [row])
        return RequestTask(number=number, user_id=user_id, due=due, done_at=None, text=text.strip())

    def finish(self, request_id: str, number: int, *, actor: str) -> None:
        """Say that a task is done.

        Raises:
            NotFound: there is no such request or task.
            Conflict: it is done already.
        """
        with self._store.write() as transaction:
            found = self._requests.get(transaction.connection, request_id)
            about = request_tasks.c
            mine = (about.request_id == found.id, about.number == number)
            row = transaction.connection.execute(select(about.done_at).where(*mine)).first()
            if row is None:
                raise NotFound(f"request {found.number} has no task {number}; see: archiver request show")
            if row.done_at is not None:
                raise Conflict(f"task {number} of request {found.number} is done already")
            transaction.append(EventKind.REQUEST_TASK_DONE, actor=actor, subjects=(found.id,))
            transaction.connection.execute(update(request_tasks).where(*mine).values(done_at=transaction.at))

    def of(self, connection: Connection, request_id: str) -> list[RequestTask]:
        """What is and was to be done for a request."""
        query = select(request_tasks).where(request_tasks.c.request_id == request_id).order_by(request_tasks.c.number)
        rows = list(connection.execute(query))
        key = self._requests.key(connection, request_id) if rows else None
        found = []
        for row in rows:
            assert key is not None
            plain = self._store.vault.unseal(key, SealKind.REQUEST, request_id, row.sealed_text)
            text = plain.decode("utf-8", "surrogatepass")
            found.append(
                RequestTask(number=row.number, user_id=row.user_id, due=row.due, done_at=row.done_at, text=text)
            )
        return found
