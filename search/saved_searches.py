"""Searches that somebody saved under a name, as rows: made, changed, removed, each with its leaf.

Rules:

- Name, query and note are content: they are sealed under a key of their own, which goes with the row.
- A query is kept as it was typed and understood anew at each run: days that it tells from today move on with today.
- A search is its owner's. A shared one may be run by everybody who may search, and each finds what he may see.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, insert, or_, select, update

from search.saved_tables import saved_searches
from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind
from storage.statements import plain_text
from storage.strict_json import read_object, string, string_or_none, write_object
from storage.tables import wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.transaction import Store

LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 4_000
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search under a name; `owner` is the actor who saved it."""

    id: str
    owner: str
    shared: bool
    created_at: datetime
    changed_at: datetime
    name: str
    query: str
    note: str | None


def checked_name(name: str) -> str:
    """A name in one line.

    Raises:
        InvalidInput: it is empty, too long, or has signs that cannot be printed.
    """
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise InvalidInput(f"a name is printable and has 1 to {LONGEST_NAME} characters")
    return cleaned


def checked_note(note: str | None) -> str | None:
    """A note as it is kept; None where it says nothing.

    Raises:
        InvalidInput: it is too long.
    """
    cleaned = plain_text(note or "").strip()
    if len(cleaned) > LONGEST_NOTE:
        raise InvalidInput(f"a note has at most {LONGEST_NOTE} characters")
    return cleaned or None


class SavedSearches:
    """The saved searches of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, query: str, *, note: str | None, shared: bool, owner: str) -> SavedSearch:
        """Save a query that was understood before.

        Raises:
            Conflict: this owner has a search of that name.
            InvalidInput: name or note are not in order.
        """
        search_id = new_id(Prefix.SAVED_SEARCH)
        now = self._store.clock()
        made = SavedSearch(
            id=search_id,
            owner=owner,
            shared=shared,
            created_at=now,
            changed_at=now,
            name=checked_name(name),
            query=query,
            note=checked_note(note),
        )
        key = self._store.vault.fresh(search_id)
        sealed = self._store.vault.seal(key, SealKind.SEARCH, search_id, _encoded(made))
        wrapped = self._store.vault.wrap(key, self._store.current_epoch())
        with self._store.write() as transaction:
            self._refuse_taken(transaction.connection, made)
            row = {
                "id": search_id,
                "owner": owner,
                "shared": shared,
                "created_at": now,
                "changed_at": now,
                "name_tag": self._tag(owner, made.name),
                "sealed_search": sealed,
            }
            transaction.connection.execute(insert(saved_searches), [row])
            transaction.keep_key(wrapped)
            transaction.append(EventKind.SEARCH_SAVED, actor=owner, subjects=(search_id,), payload=_told(made))
        return made

    def change(self, search: SavedSearch, *, actor: str, **changes: Any) -> SavedSearch:
        """Keep a search with another `name`, `query`, `note` or `shared`.

        Raises:
            Conflict: this owner has another search of that name.
            NotFound: it was removed meanwhile.
            InvalidInput: name or note are not in order.
        """
        changed = replace(search, **changes, changed_at=self._store.clock())
        changed = replace(changed, name=checked_name(changed.name), note=checked_note(changed.note))
        with self._store.read() as connection:
            key = self._store.holder_keys(connection, [search.id]).get(search.id)
        if key is None:
            raise _unknown()
        sealed = self._store.vault.seal(key, SealKind.SEARCH, search.id, _encoded(changed))
        values = {
            "shared": changed.shared,
            "changed_at": changed.changed_at,
            "name_tag": self._tag(changed.owner, changed.name),
            "sealed_search": sealed,
        }
        with self._store.write() as transaction:
            self._refuse_taken(transaction.connection, changed)
            mine = saved_searches.c.id == search.id
            if not transaction.connection.execute(update(saved_searches).where(mine).values(values)).rowcount:
                raise _unknown()
            transaction.append(EventKind.SEARCH_CHANGED, actor=actor, subjects=(search.id,), payload=_told(changed))
        return changed

    def remove(self, search: SavedSearch, *, actor: str) -> None:
        """Remove a search and its key.

        Raises:
            NotFound: it was removed meanwhile.
        """
        with self._store.write() as transaction:
            gone = delete(saved_searches).where(saved_searches.c.id == search.id)
            if not transaction.connection.execute(gone).rowcount:
                raise _unknown()
            transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == search.id))
            transaction.append(EventKind.SEARCH_REMOVED, actor=actor, subjects=(search.id,))

    def of_owner(self, connection: Connection, owner: str) -> list[SavedSearch]:
        """What this owner saved, and what others share, in the order in which they were saved."""
        mine = or_(saved_searches.c.owner == owner, saved_searches.c.shared)
        rows = connection.execute(select(saved_searches).where(mine).order_by(saved_searches.c.id)).all()
        return self._opened(connection, rows)

    def named(self, connection: Connection, owner: str, name: str) -> SavedSearch:
        """The search of this name or id: this owner's own, else one that is shared.

        Raises:
            NotFound: there is none that he may run.
            Conflict: several share the name.
        """
        tagged = saved_searches.c.name_tag == self._tag(owner, " ".join(name.split()))
        mine = connection.execute(select(saved_searches).where(or_(tagged, saved_searches.c.id == name))).all()
        found = self._opened(connection, [row for row in mine if row.owner == owner or row.shared])
        if not found:
            wanted = " ".join(name.split()).casefold()
            found = [one for one in self.of_owner(connection, owner) if one.name.casefold() == wanted]
        if len(found) > 1:
            raise Conflict("several shared searches have this name; give its id, see: archiver saved list")
        if not found:
            raise _unknown()
        return found[0]

    def _opened(self, connection: Connection, rows: Sequence[Any]) -> list[SavedSearch]:
        found = []
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            keys = self._store.holder_keys(connection, [row.id for row in some])
            for row in some:
                if row.id not in keys:
                    raise Corrupt("the key of a saved search is missing; run: archiver verify", search=row.id)
                plain = self._store.vault.unseal(keys[row.id], SealKind.SEARCH, row.id, row.sealed_search)
                found.append(_decoded(row, plain))
        return found

    def _tag(self, owner: str, name: str) -> bytes:
        message = b"saved-search\x00" + owner.encode() + b"\x00" + plain_text(name).casefold().encode()
        return hmac.digest(self._store.keyring.digest_key, message, hashlib.sha256)

    def _refuse_taken(self, connection: Connection, search: SavedSearch) -> None:
        same = saved_searches.c.name_tag == self._tag(search.owner, search.name)
        taken = connection.execute(select(saved_searches.c.id).where(same, saved_searches.c.id != search.id)).first()
        if taken is not None:
            raise Conflict("there is a saved search of this name already; see: archiver saved list")


def _unknown() -> NotFound:
    return NotFound("there is no saved search of this name or id; see: archiver saved list")


def _encoded(search: SavedSearch) -> bytes:
    return write_object({"name": search.name, "query": search.query, "note": search.note})


def _decoded(row: Any, plain: bytes) -> SavedSearch:
    members = read_object(plain, brackets=plain.count(b"[") + plain.count(b"{"))
    return SavedSearch(
        id=row.id,
        owner=row.owner,
        shared=bool(row.shared),
        created_at=row.created_at,
        changed_at=row.changed_at,
        name=string(members, "name"),
        query=string(members, "query"),
        note=string_or_none(members, "note"),
    )


def _told(search: SavedSearch) -> dict[str, Any]:
    return {"name": search.name, "query": search.query, "note": search.note, "shared": search.shared}
