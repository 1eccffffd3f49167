"""Custodians: the employees whose records these are, and every address and telephone number they are known by.

Rule: names and addresses are sealed under a key of the custodian's own; an address is found again by a keyed
digest of its normal form, so that the table says nothing to whoever reads it without the keys.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select, update

from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.records import Custodian, WorksAt
from storage.sealing import SealKind
from storage.tables import custodian_addresses, custodians
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.transaction import Store

_LONGEST_SCHOOL = 200
_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets


def normal_address(address: str) -> str:
    """An address as it is compared: without brackets and blanks, case folded; a telephone number as E.164 has it.

    RFC 5321 lets the local part be case-sensitive; no provider that employees use makes it so.
    """
    normal = address.strip().strip("<>").strip().casefold()
    return normal if "@" in normal else normal_number(normal) or normal


def check_address(address: str) -> str:
    """The normal form of an address that somebody typed.

    Raises:
        InvalidInput: it cannot be an address.
    """
    normal = normal_address(address)
    local, at, domain = normal.rpartition("@")
    unusable = not at or not local or not domain or len(normal) > _LONGEST_ADDRESS
    if unusable or any(character.isspace() or character in "<>,;" for character in normal):
        raise InvalidInput(f"{address!r} is not an e-mail address; write it like name@example.org")
    return normal


def check_further_address(address: str) -> str:
    """The normal form of an address or telephone number, whichever somebody typed.

    Raises:
        InvalidInput: it can be neither.
    """
    if "@" in address:
        return check_address(address)
    number = normal_number(address)
    if number is None:
        raise InvalidInput(
            f"{address!r} is neither an e-mail address nor a telephone number; write it like name@example.org, or "
            "like +1 503 555 0123"
        )
    return number


def _checked_school(name: str) -> str:
    school = " ".join(name.split())
    if not school or len(school) > _LONGEST_SCHOOL:
        raise InvalidInput(f"the name of a school has one letter at least, and {_LONGEST_SCHOOL} at most")
    return school


def _encoded(name: str, addresses: Sequence[str], schools: Sequence[WorksAt]) -> bytes:
    """What is sealed of a custodian; schools stand there only if somebody said one."""
    members: dict[str, object] = {"name": name, "addresses": list(addresses)}
    if schools:
        members["schools"] = [(one.school, None if one.since is None else one.since.isoformat()) for one in schools]
    return json.dumps(members).encode()


def _decoded(custodian_id: str, since: datetime, plain: bytes) -> Custodian:
    members = json.loads(plain)
    schools = [
        WorksAt(school, None if day is None else date.fromisoformat(day)) for school, day in members.get("schools", ())
    ]
    return Custodian(
        id=custodian_id,
        name=members["name"],
        addresses=tuple(members["addresses"]),
        since=since,
        schools=tuple(sorted(schools, key=lambda one: one.since or date.min)),
    )


class Custodians:
    """The custodians of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened: dict[str, tuple[bytes, Custodian]] = {}

    def tag(self, address: str) -> bytes:
        """The keyed digest by which an address is found."""
        message = b"custodian-address\x00" + normal_address(address).encode("utf-8", "surrogatepass")
        return hmac.digest(self._store.keyring.digest_key, message, hashlib.sha256)

    def add(
        self, address: str, *, name: str, also: Sequence[str] = (), school: str | None = None, actor: str
    ) -> Custodian:
        """Add a custodian; `address` names him, `also` are his other (personal) addresses and his telephone numbers.

        Raises:
            Conflict: one of the addresses is already somebody's.
            InvalidInput: the name of the school is empty or too long.
        """
        schools = () if school is None else (WorksAt(_checked_school(school)),)
        addresses = tuple(dict.fromkeys((check_address(address), *map(check_further_address, also))))
        custodian_id = new_id(Prefix.CUSTODIAN)
        key = self._store.vault.fresh(custodian_id)
        sealed = self._store.vault.seal(key, SealKind.CUSTODIAN, custodian_id, _encoded(name, addresses, schools))
        wrapped = self._store.vault.wrap(key, self._store.current_epoch())
        with self._store.write() as transaction:
            for one in addresses:
                if self.find(transaction.connection, one) is not None:
                    raise Conflict(f"{one} already belongs to a custodian; see: archiver custodian list")
            transaction.keep_key(wrapped)
            row = {"id": custodian_id, "since": transaction.at, "sealed_identity": sealed}
            transaction.connection.execute(insert(custodians), [row])
            tags = [{"tag": self.tag(one), "custodian_id": custodian_id} for one in addresses]
            transaction.connection.execute(insert(custodian_addresses), tags)
            transaction.append(EventKind.CUSTODIAN_ADDED, actor=actor, subjects=(custodian_id,))
            since = transaction.at
        return Custodian(id=custodian_id, name=name, addresses=addresses, since=since, schools=schools)

    def work_at(self, address: str, school: str, *, since: date | None, actor: str) -> Custodian:
        """Say where the custodian with this address works: from a day on, or at all times, whatever was said before.

        What was said of earlier days stays, since records of those days are found by it.

        Raises:
            InvalidInput: the name of the school is empty or too long.
            NotFound: nobody has this address.
            Conflict: he was changed by somebody else just now.
        """
        placed = WorksAt(_checked_school(school), since)
        with self._store.read() as connection:
            custodian_id = self.find(connection, address)
            if custodian_id is None:
                raise NotFound(f"{address!r} is no custodian's address; see: archiver custodian list")
            before = self.open(connection, [custodian_id])[custodian_id]
            was_sealed = self._opened[custodian_id][0]
            key = self._store.holder_keys(connection, [custodian_id])[custodian_id]
        schools = (*(one for one in before.schools if since is not None and one.since != since), placed)
        plain = _encoded(before.name, before.addresses, schools)
        sealed = self._store.vault.seal(key, SealKind.CUSTODIAN, custodian_id, plain)
        change = update(custodians).where(custodians.c.id == custodian_id, custodians.c.sealed_identity == was_sealed)
        with self._store.write() as transaction:
            if transaction.connection.execute(change.values(sealed_identity=sealed)).rowcount != 1:
                raise Conflict("the custodian was changed by somebody else just now; do it again")
            transaction.append(EventKind.CUSTODIAN_CHANGED, actor=actor, subjects=(custodian_id,))
        return replace(before, schools=schools)

    def find(self, connection: Connection, address: str) -> str | None:
        """The id of the custodian with this address, if any."""
        query = select(custodian_addresses.c.custodian_id).where(custodian_addresses.c.tag == self.tag(address))
        found: str | None = connection.execute(query).scalar()
        return found

    def prefixes(self, connection: Connection, size: int) -> dict[bytes, str]:
        """Whose address it is, by the first `size` bytes of the tag of each address that is known."""
        query = select(custodian_addresses.c.tag, custodian_addresses.c.custodian_id)
        return {row.tag[:size]: row.custodian_id for row in connection.execute(query)}

    def open(self, connection: Connection, ids: Sequence[str]) -> dict[str, Custodian]:
        """These custodians, opened; what was opened once is remembered until it changes.

        Raises:
            Corrupt: an identity is not what was sealed, or its key is gone.
        """
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), 500):
            chosen = wanted[start : start + 500]
            rows = connection.execute(select(custodians).where(custodians.c.id.in_(chosen))).all()
            fresh = [row for row in rows if self._opened.get(row.id, (None,))[0] != row.sealed_identity]
            keys = self._store.holder_keys(connection, [row.id for row in fresh])
            for row in fresh:
                if row.id not in keys:
                    raise Corrupt("the key of a custodian is missing; run: archiver verify", custodian=row.id)
                plain = self._store.vault.unseal(keys[row.id], SealKind.CUSTODIAN, row.id, row.sealed_identity)
                self._opened[row.id] = row.sealed_identity, _decoded(row.id, row.since, plain)
        return {one: self._opened[one][1] for one in ids if one in self._opened}

    def list(self, connection: Connection) -> list[Custodian]:
        """All custodians, oldest first."""
        ids = list(connection.execute(select(custodians.c.id).order_by(custodians.c.id)).scalars())
        opened = self.open(connection, ids)
        return [opened[one] for one in ids]
