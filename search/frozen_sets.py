"""Frozen results as rows: the ids that a search found at one moment, and everything that must be known to rely on them.

Rules:

- A set never changes and is never run again. What becomes of its records later is asked of the catalogue when the set
  is shown; a destroyed record stays in it by its id, which says nothing.
- Its leaf binds, by digests in its payload, the ids and all that is said about the set. Title, query and the rest are
  sealed under the set's own key, and so are the ids.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select

from search.frozen_ids import IdList, digest_of, ids_in
from search.saved_tables import frozen_pieces, frozen_sets
from storage.errors import Corrupt, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind
from storage.statements import canonical
from storage.strict_json import read_object, write_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from storage.ledger import Ledger
    from storage.transaction import Store
    from storage.vault import HolderKey

_PAGE: Final = 16
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSet:
    """A set as its plain columns have it, and what is said about it, as it was said."""

    id: str
    owner: str
    made_at: datetime
    position: int
    total: int
    ids_sha256: str
    about: Mapping[str, Any]


def about_digest(about: Mapping[str, Any]) -> str:
    """The digest by which a leaf binds what is said about a set or a report: SHA-256 of its canonical form."""
    return hashlib.sha256(canonical(about)).hexdigest()


class FrozenSets:
    """The frozen results of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def freeze(self, ids: IdList, about: Mapping[str, Any], *, owner: str) -> FrozenSet:
        """Keep a list of ids with what is said about it; `about` has only what JSON can say, whole numbers included."""
        store, set_id = self._store, new_id(Prefix.FROZEN_SET)
        key = store.vault.fresh(set_id)
        sealed = store.vault.seal(key, SealKind.SEARCH, set_id, write_object(dict(about)))
        pieces = [
            {
                "set_id": set_id,
                "number": number,
                "sealed_ids": store.vault.seal(key, SealKind.SEARCH, _name(set_id, number), piece),
            }
            for number, piece in enumerate(ids.pieces)
        ]
        wrapped = store.vault.wrap(key, store.current_epoch())
        payload = {"sha256": about_digest(about), "ids_sha256": ids.sha256, "total": ids.total}
        with store.write() as transaction:
            position = transaction.append(
                EventKind.SEARCH_FROZEN, actor=owner, subjects=(set_id,), payload=payload | {"query": about["query"]}
            )
            transaction.keep_key(wrapped)
            row = {
                "id": set_id,
                "owner": owner,
                "made_at": transaction.at,
                "position": position,
                "total": ids.total,
                "ids_sha256": ids.sha256,
                "sealed_about": sealed,
            }
            transaction.connection.execute(insert(frozen_sets), [row])
            if pieces:
                transaction.connection.execute(insert(frozen_pieces), pieces)
            made_at = transaction.at
        return FrozenSet(
            id=set_id,
            owner=owner,
            made_at=made_at,
            position=position,
            total=ids.total,
            ids_sha256=ids.sha256,
            about=about,
        )

    def get(self, connection: Connection, set_id: str) -> FrozenSet:
        """One set.

        Raises:
            NotFound: there is none of this id.
            Corrupt: it is not what was sealed, or its key is gone.
        """
        row = connection.execute(select(frozen_sets).where(frozen_sets.c.id == set_id)).first()
        if row is None:
            raise no_such_set()
        return self._opened(connection, [row])[0]

    def all(self, connection: Connection) -> list[FrozenSet]:
        """All sets, in the order in which they were made."""
        return self._opened(connection, connection.execute(select(frozen_sets).order_by(frozen_sets.c.id)).all())

    def _opened(self, connection: Connection, rows: Sequence[Any]) -> list[FrozenSet]:
        found = []
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            keys = self._store.holder_keys(connection, [row.id for row in some])
            for row in some:
                plain = self._store.vault.unseal(_of(keys, row.id), SealKind.SEARCH, row.id, row.sealed_about)
                about = read_object(plain, brackets=plain.count(b"[") + plain.count(b"{"))
                found.append(
                    FrozenSet(
                        id=row.id,
                        owner=row.owner,
                        made_at=row.made_at,
                        position=row.position,
                        total=row.total,
                        ids_sha256=row.ids_sha256,
                        about=about,
                    )
                )
        return found

    def ids(self, set_id: str) -> Iterator[str]:
        """The ids of a set, sorted, read some pieces at a time.

        Raises:
            Corrupt: a piece is not what was sealed, or the key is gone.
        """
        after = -1
        numbers = frozen_pieces.c.number
        while True:
            query = select(numbers, frozen_pieces.c.sealed_ids).where(frozen_pieces.c.set_id == set_id)
            with self._store.read() as connection:
                page = connection.execute(query.where(numbers > after).order_by(numbers).limit(_PAGE)).all()
                key = _of(self._store.holder_keys(connection, [set_id]), set_id)
            for row in page:
                yield from ids_in(self._store.vault.unseal(key, SealKind.SEARCH, _name(set_id, row.number), row[1]))
            if len(page) < _PAGE:
                return
            after = page[-1].number


def faults_of(sets: FrozenSets, ledger: Ledger, connection: Connection, one: FrozenSet) -> list[str]:
    """What of a set is not as the ledger says; none where all of it is.

    Where a restore lost the payload of the leaf, only the ids can be compared, with their digest in the row.
    """
    found = []
    try:
        total, digest = digest_of(sets.ids(one.id))
    except Corrupt as error:
        return [error.message]
    if (total, digest) != (one.total, one.ids_sha256):
        found.append("its ids are not those that were frozen")
    try:
        event = ledger.event_at(connection, one.position).event
        said = ledger.payload(connection, one.position)
    except (NotFound, Corrupt, ValueError):
        return [*found, "its leaf is not there or cannot be read"]
    if (event.kind, event.subjects, event.actor) != (EventKind.SEARCH_FROZEN, (one.id,), one.owner):
        return [*found, "it does not stand at the leaf that witnesses it"]
    if said is None:
        return found
    if (said.get("total"), said.get("ids_sha256")) != (one.total, one.ids_sha256):
        found.append("its ids are not those that the ledger names")
    if said.get("sha256") != about_digest(one.about):
        found.append("what is said about it is not what the ledger binds")
    return found


def no_such_set() -> NotFound:
    """The refusal for an id that is none, and for a set with records that one may not see."""
    return NotFound("there is no frozen result of this id; see: archiver frozen list")


def _name(set_id: str, number: int) -> str:
    return f"{set_id}/{number}"


def _of(keys: Mapping[str, HolderKey], set_id: str) -> HolderKey:
    if set_id not in keys:
        raise Corrupt("the key of a frozen result is missing; run: archiver verify", set=set_id)
    return keys[set_id]
