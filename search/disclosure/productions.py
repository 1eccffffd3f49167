"""Productions as rows: pages numbered without a gap, what was given where, and what was asked back.

Rules:

- Numbers are given in the transaction that writes the production's leaf, and only where they go on from the last page
  of their prefix: whoever laid pages out for other numbers lays them out anew. A production that fails takes none.
- The leaf binds, by a digest in its payload, all that the production's manifest says, and with it every file.
- Nothing is taken back: what is asked back keeps its numbers, and what takes its place has numbers of its own.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Connection, func, insert, select, update

from search.disclosure.production_tables import production_clawbacks, production_documents, productions
from search.disclosure.production_types import (
    Clawback,
    Given,
    NumberedDocument,
    Production,
    check_prefix,
    document_of,
    production_of,
)
from search.disclosure.requests import Requests
from search.disclosure.review_rows import chunks
from search.frozen_sets import about_digest
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.sealing import SealKind
from storage.strict_json import read_object, write_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.transaction import Store, Transaction

_LONGEST_REASON: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduction:
    """A production that is laid out: its documents in order, and what its manifest says (whole numbers only)."""

    request_id: str
    number: int
    prefix: str
    instalment: int | None
    made_at: datetime
    documents: Sequence[NumberedDocument]
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedProduction:
    """What a production says and the papers that went with it, sealed."""

    about: bytes
    papers: bytes


class Productions:
    """The productions of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def next_page(self, connection: Connection, prefix: str) -> int:
        """The page with which the next production of this prefix begins.

        Raises:
            InvalidInput: it is no prefix.
        """
        query = select(func.max(productions.c.last_page)).where(productions.c.prefix == check_prefix(prefix))
        return (connection.execute(query).scalar() or 0) + 1

    def next_number(self, connection: Connection, request_id: str) -> int:
        """The number of the request's next production, from 1."""
        query = select(func.max(productions.c.number)).where(productions.c.request_id == request_id)
        return (connection.execute(query).scalar() or 0) + 1

    def seal(self, new: NewProduction, papers: Mapping[str, bytes]) -> SealedProduction:
        """What a production says, sealed under the request's key; done before the transaction, for it may be long."""
        with self._store.read() as connection:
            key = self._requests.key(connection, new.request_id)
        told = {name: base64.b64encode(content).decode() for name, content in papers.items()}
        vault, request_id = self._store.vault, new.request_id
        about, kept = (
            vault.seal(key, SealKind.REQUEST, request_id, write_object(one)) for one in (dict(new.about), told)
        )
        return SealedProduction(about=about, papers=kept)

    def record_in(
        self, transaction: Transaction, new: NewProduction, sealed: SealedProduction, *, actor: str
    ) -> Production:
        """Write a production with its numbers and leaves.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed, or its pages were laid out for numbers that another production took meanwhile.
        """
        connection = transaction.connection
        self._requests.get_open(connection, new.request_id)
        first, last = new.documents[0].first_page, new.documents[-1].last_page
        taken = self.next_page(connection, new.prefix) != first
        if taken or self.next_number(connection, new.request_id) != new.number:
            raise Conflict("another production took these numbers meanwhile; run the command again")
        _refuse_gaps(new.documents)
        digest = about_digest(new.about)
        record_ids = list(dict.fromkeys(one.record_id for one in new.documents))
        payload = {
            "production": new.number,
            "prefix": new.prefix,
            "first_page": first,
            "last_page": last,
            "documents": len(new.documents),
            "records": len(record_ids),
            "sha256": digest,
        }
        position = transaction.append(
            EventKind.REQUEST_PRODUCED, actor=actor, subjects=(new.request_id,), payload=payload
        )
        row = {
            "request_id": new.request_id,
            "number": new.number,
            "prefix": new.prefix,
            "first_page": first,
            "last_page": last,
            "documents": len(new.documents),
            "records": len(record_ids),
            "instalment": new.instalment,
            "made_at": new.made_at,
            "actor": actor,
            "position": position,
            "sha256": digest,
            "sealed_about": sealed.about,
            "sealed_papers": sealed.papers,
        }
        connection.execute(insert(productions), [row])
        for some in chunks(record_ids):
            subjects, payload = (new.request_id, *some), {"production": new.number}
            transaction.append(EventKind.RECORDS_PRODUCED, actor=actor, subjects=subjects, payload=payload)
        rows = [
            {
                "request_id": new.request_id,
                "production": new.number,
                "place": place,
                "record_id": one.record_id,
                "component": one.component,
                "leaves": one.leaves.value,
                "first_page": one.first_page,
                "last_page": one.last_page,
                "state": one.state,
            }
            for place, one in enumerate(new.documents)
        ]
        connection.execute(insert(production_documents), rows)
        return self.get(connection, new.request_id, new.number)

    def all_of(self, connection: Connection, request_id: str) -> list[Production]:
        """The productions of a request, in order."""
        query = select(*_PLAIN).where(productions.c.request_id == request_id).order_by(productions.c.number)
        return [production_of(row) for row in connection.execute(query)]

    def get(self, connection: Connection, request_id: str, number: int) -> Production:
        """One production.

        Raises:
            NotFound: there is none.
        """
        about = productions.c
        row = connection.execute(select(*_PLAIN).where(about.request_id == request_id, about.number == number)).first()
        if row is None:
            raise NotFound(f"there is no production {number} of this request; see: archiver request produced")
        return production_of(row)

    def about(self, connection: Connection, production: Production) -> dict[str, Any]:
        """What the manifest of a production says.

        Raises:
            Corrupt: it is not what was sealed, or the request's key is gone.
        """
        return self._opened(connection, production, productions.c.sealed_about)

    def papers(self, connection: Connection, production: Production) -> dict[str, bytes]:
        """The letter and the log of exemptions that went with a production, by the names of their files.

        Raises:
            Corrupt: they are not what was sealed, or the request's key is gone.
        """
        told = self._opened(connection, production, productions.c.sealed_papers)
        return {name: base64.b64decode(content) for name, content in told.items()}

    def _opened(self, connection: Connection, production: Production, column: Column[bytes]) -> dict[str, Any]:
        mine = (productions.c.request_id == production.request_id, productions.c.number == production.number)
        sealed = connection.execute(select(column).where(*mine)).scalar_one()
        key = self._requests.key(connection, production.request_id)
        plain = self._store.vault.unseal(key, SealKind.REQUEST, production.request_id, sealed)
        return read_object(plain, brackets=plain.count(b"[") + plain.count(b"{"))

    def documents(self, connection: Connection, request_id: str, number: int) -> list[NumberedDocument]:
        """The documents of a production, in the order of their pages."""
        about = production_documents.c
        query = select(production_documents).where(about.request_id == request_id, about.production == number)
        return [document_of(row) for row in connection.execute(query.order_by(about.place))]

    def given(self, connection: Connection, request_id: str) -> dict[str, Given]:
        """How each record of a request that was given before was given last, by its id; sheets for others left out."""
        about = production_documents.c
        query = select(production_documents).where(about.request_id == request_id, about.component.is_(None))
        found: dict[str, Given] = {}
        for row in connection.execute(query.order_by(about.production)):
            one = document_of(row)
            found[one.record_id] = Given(
                production=row.production,
                state=one.state,
                clawed_back=one.clawback is not None,
                leaves=one.leaves,
            )
        return found

    def of_record(self, connection: Connection, record_id: str) -> list[tuple[Production, NumberedDocument]]:
        """Where a record and its attachments stand, in whichever productions of whichever requests."""
        about = production_documents.c
        query = select(production_documents).where(about.record_id == record_id)
        rows = connection.execute(query.order_by(about.request_id, about.production, about.place)).all()
        return [(self.get(connection, row.request_id, row.production), document_of(row)) for row in rows]

    def of_page(self, connection: Connection, prefix: str, page: int) -> tuple[Production, NumberedDocument]:
        """The production and document that a page is of.

        Raises:
            NotFound: no page has this number.
        """
        where = (productions.c.prefix == prefix, productions.c.first_page <= page, productions.c.last_page >= page)
        found = connection.execute(select(*_PLAIN).where(*where)).first()
        if found is None:
            raise NotFound("no page that was produced has this number; see: archiver request produced")
        about = production_documents.c
        mine = (about.request_id == found.request_id, about.production == found.number)
        inside = (about.first_page <= page, about.last_page >= page)
        row = connection.execute(select(production_documents).where(*mine, *inside)).one()
        return production_of(found), document_of(row)

    def written_in(self, transaction: Transaction, production: Production, sha256: str, *, actor: str) -> None:
        """Note that a production's files were written; `sha256` is that of its manifest's file."""
        payload = {"production": production.number, "sha256": sha256}
        subjects = (production.request_id,)
        transaction.append(EventKind.PRODUCTION_WRITTEN, actor=actor, subjects=subjects, payload=payload)

    def claw_back(
        self, request_id: str, documents: Sequence[tuple[int, NumberedDocument]], reason: str, *, actor: str
    ) -> Clawback:
        """Ask documents back, each told with the number of its production.

        Raises:
            InvalidInput: no reason is given, it is too long, or no document is named.
            Conflict: one was asked back before.
        """
        text = reason.strip()
        if not text or len(text) > _LONGEST_REASON or not documents:
            raise InvalidInput(f"say which pages are asked back, and why in at most {_LONGEST_REASON:,} characters")
        with self._store.read() as connection:
            key = self._requests.key(connection, request_id)
        sealed = self._store.vault.seal(key, SealKind.REQUEST, request_id, text.encode("utf-8", "surrogatepass"))
        about = production_documents.c
        with self._store.write() as transaction:
            connection = transaction.connection
            last = select(func.max(production_clawbacks.c.number))
            number = connection.execute(last.where(production_clawbacks.c.request_id == request_id)).scalar() or 0
            told = [[production, one.first_page, one.last_page] for production, one in documents]
            record_ids = tuple(dict.fromkeys(one.record_id for _, one in documents))
            position = 0
            for some in chunks(record_ids):
                position = transaction.append(
                    EventKind.REQUEST_CLAWED_BACK,
                    actor=actor,
                    subjects=(request_id, *some),
                    payload={"clawback": number + 1, "pages": told},
                )
            row = {
                "request_id": request_id,
                "number": number + 1,
                "at": transaction.at,
                "actor": actor,
                "position": position,
                "sealed_reason": sealed,
            }
            connection.execute(insert(production_clawbacks), [row])
            for production, one in documents:
                mine = (about.request_id == request_id, about.production == production)
                change = update(production_documents).where(*mine, about.first_page == one.first_page)
                changed = connection.execute(change.where(about.clawback.is_(None)).values(clawback=number + 1))
                if changed.rowcount != 1:
                    raise Conflict("some of these pages were asked back before; see: archiver request produced")
            at = transaction.at
        return Clawback(number=number + 1, at=at, actor=actor, position=position, reason=text)

    def clawbacks(self, connection: Connection, request_id: str) -> list[Clawback]:
        """What was asked back of a request's productions, in order."""
        about = production_clawbacks.c
        query = select(production_clawbacks).where(about.request_id == request_id).order_by(about.number)
        rows = connection.execute(query).all()
        key = self._requests.key(connection, request_id) if rows else None
        found = []
        for row in rows:
            plain = b"" if key is None else self._store.vault.unseal(key, SealKind.REQUEST, request_id, row[-1])
            reason = plain.decode("utf-8", "surrogatepass")
            found.append(Clawback(number=row.number, at=row.at, actor=row.actor, position=row.position, reason=reason))
        return found


_PLAIN: Final = [column for column in productions.c if not column.name.startswith("sealed_")]


def _refuse_gaps(documents: Sequence[NumberedDocument]) -> None:
    """What is laid out wrongly must not be numbered."""
    page = documents[0].first_page
    for one in documents:
        if one.first_page != page or one.last_page < page:
            raise Conflict("the pages of this production have a gap; nothing was numbered")
        page = one.last_page + 1
