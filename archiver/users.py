"""Users, their tokens and their web sessions.

Rules:

- A token of 256 random bits is shown once and kept as SHA-256; it is looked up by its digest, so that no comparison can
  be timed. A session is another such token with an end.
- A user is never removed, since the ledger names him. Where his token is taken away, a keyed digest that no token has
  stands in its place, and sessions and grants end in the same commit.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, update

from archiver.access import Principal, RestrictedClass, Role
from archiver.tables import users, web_sessions
from storage.access_tables import class_grants
from storage.errors import Conflict, Denied, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind

if TYPE_CHECKING:
    from storage.archive import Archive

_TOKEN_PREFIX = "pra_"
_TOKEN_BYTES = 32
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user with a token just made; it is shown now and never again."""

    id: str
    name: str
    role: Role
    token: str


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Users:
    """The users of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def _tag(self, name: str) -> bytes:
        message = b"user-name\x00" + name.casefold().encode("utf-8", "surrogatepass")
        return hmac.digest(self._archive.keyring.digest_key, message, hashlib.sha256)

    def add(self, name: str, role: Role, *, actor: str, custodian_id: str | None = None) -> NewUser:
        """Add a user and make his token.

        Raises:
            InvalidInput: no usable name, or an employee without a custodian.
            Conflict: the name is taken.
        """
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InvalidInput("a user's name has 1 to 100 printable characters")
        if role is Role.OPERATOR:
            raise InvalidInput("operator is no role of a user; it is whoever runs a command without --as")
        if role is Role.EMPLOYEE and custodian_id is None:
            raise InvalidInput("an employee needs --custodian ADDRESS, since he sees only his own records")
        archive = self._archive
        user_id, token = new_id(Prefix.USER), _TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        key = archive.store.vault.fresh(user_id)
        sealed = archive.store.vault.seal(key, SealKind.USER, user_id, name.encode())
        wrapped = archive.store.vault.wrap(key, archive.store.current_epoch())
        with archive.store.write() as transaction:
            taken = select(users.c.id).where(users.c.name_tag == self._tag(name))
            if transaction.connection.execute(taken).first() is not None:
                raise Conflict(f"there is already a user named {name}")
            transaction.keep_key(wrapped)
            row = {
                "id": user_id,
                "role": role.value,
                "custodian_id": custodian_id,
                "created_at": transaction.at,
                "name_tag": self._tag(name),
                "sealed_name": sealed,
                "token_digest": _digest(token),
            }
            transaction.connection.execute(insert(users), [row])
            subjects = (user_id,) if custodian_id is None else (user_id, custodian_id)
            transaction.append(EventKind.USER_ADDED, actor=actor, subjects=subjects, payload={"role": role.value})
        return NewUser(id=user_id, name=name, role=role, token=token)

    def _no_token(self, user_id: str) -> bytes:
        message = b"user-without-token\x00" + user_id.encode()
        return hmac.digest(self._archive.keyring.digest_key, message, hashlib.sha256)

    def renew_token(self, name: str, *, actor: str) -> NewUser:
        """Make a user's token anew: the one before, and every session, end with it. Lets who was closed in again.

        Raises:
            NotFound: there is no such user.
        """
        found, token = self.find(name), _TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        self._replace_token(found.actor, _digest(token), EventKind.USER_TOKEN_RENEWED, actor)
        return NewUser(id=found.actor, name=found.name, role=found.role, token=token)

    def close(self, name: str, *, actor: str) -> Principal:
        """Take a user's token, sessions and grants away; what he did stays under his name.

        Raises:
            NotFound: there is no such user.
            Conflict: he has no token already.
        """
        found = self.find(name)
        if found.is_closed:
            raise Conflict(f"{found.name} is closed already; a new token opens it again: archiver user token NAME")
        self._replace_token(found.actor, self._no_token(found.actor), EventKind.USER_CLOSED, actor)
        return self.find(name)

    def _replace_token(self, user_id: str, digest: bytes, kind: EventKind, actor: str) -> None:
        with self._archive.store.write() as transaction:
            connection = transaction.connection
            connection.execute(update(users).where(users.c.id == user_id).values(token_digest=digest))
            connection.execute(delete(web_sessions).where(web_sessions.c.user_id == user_id))
            if kind is EventKind.USER_CLOSED:
                connection.execute(delete(class_grants).where(class_grants.c.user_id == user_id))
            transaction.append(kind, actor=actor, subjects=(user_id,))

    def _principal(self, connection: Connection, user_id: str) -> Principal:
        row = connection.execute(select(users).where(users.c.id == user_id)).one()
        key = self._archive.store.holder_keys(connection, [user_id])[user_id]
        name = self._archive.store.vault.unseal(key, SealKind.USER, user_id, row.sealed_name).decode()
        about, now = class_grants.c, self._archive.store.clock()
        granted = connection.execute(select(about["class"], about.until).where(about.user_id == user_id))
        grants = frozenset(RestrictedClass(one) for one, until in granted if until is None or now < until)
        return Principal(
            actor=user_id,
            name=name,
            role=Role(row.role),
            custodian_id=row.custodian_id,
            grants=grants,
            is_closed=hmac.compare_digest(row.token_digest, self._no_token(user_id)),
        )

    def by_token(self, token: str) -> Principal:
        """The user whose token this is.

        Raises:
            Denied: nobody's.
        """
        with self._archive.store.read() as connection:
            user_id = connection.execute(select(users.c.id).where(users.c.token_digest == _digest(token))).scalar()
            if user_id is None:
                raise Denied("this token belongs to no user; check it, or ask the administrator for a new one")
            return self._principal(connection, user_id)

    def named(self, name: str, token: str) -> Principal:
        """The user that a command names with `--as`, proved by his token.

        Raises:
            Denied: the token is not that user's.
        """
        principal = self.by_token(token)
        if principal.name.casefold() != name.strip().casefold():
            raise Denied(f"the token given is not the one of {name}")
        return principal

    def find(self, name: str) -> Principal:
        """A user by his name, however it is written.

        Raises:
            NotFound: there is none.
        """
        with self._archive.store.read() as connection:
            user_id = connection.execute(select(users.c.id).where(users.c.name_tag == self._tag(name.strip()))).scalar()
            if user_id is None:
                raise NotFound("there is no user of this name; see: archiver user list")
            return self._principal(connection, user_id)

    def list(self) -> list[Principal]:
        """All users, oldest first."""
        with self._archive.store.read() as connection:
            ids = connection.execute(select(users.c.id).order_by(users.c.id)).scalars().all()
            return [self._principal(connection, one) for one in ids]

    def open_session(self, principal: Principal, hours: float) -> str:
        """Start a web session and return its secret."""
        secret = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._archive.store.write() as transaction:
            at = transaction.at
            transaction.connection.execute(delete(web_sessions).where(web_sessions.c.expires_at <= at))
            row = {
                "digest": _digest(secret),
                "user_id": principal.actor,
                "created_at": at,
                "expires_at": at + timedelta(hours=hours),
            }
            transaction.connection.execute(insert(web_sessions), [row])
            transaction.append(EventKind.SIGNED_IN, actor=principal.actor, subjects=(principal.actor,))
        return secret

    def by_session(self, secret: str) -> Principal | None:
        """The user of a session that has not ended."""
        with self._archive.store.read() as connection:
            query = select(web_sessions).where(web_sessions.c.digest == _digest(secret))
            row = connection.execute(query).first()
            if row is None or row.expires_at <= self._archive.store.clock():
                return None
            return self._principal(connection, row.user_id)

    def close_session(self, secret: str) -> None:
        """End a session."""
        with self._archive.store.write() as transaction:
            transaction.connection.execute(delete(web_sessions).where(web_sessions.c.digest == _digest(secret)))
