"""A user as a person: by what he is told from others, whatever names he has.

Rule: users are told apart by their tokens, their names and the custodians that they are; whoever shares one of these
with another is the same person. Kept are keyed digests, so that an act says for ever who acted, and names nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from archiver.tables import users
from retention.disposition_types import Signatory
from storage.errors import Denied

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation


def signatory(installation: Installation, connection: Connection, who: Principal) -> Signatory:
    """A user as a person, by what his row says now.

    Raises:
        Denied: it is no user; an operator proves nothing of who he is.
    """
    found = signatory_of(installation, connection, who.actor)
    if found is None:
        raise Denied("this is an act of a person; act as one with --as USER")
    return found


def signatory_of(installation: Installation, connection: Connection, user_id: str) -> Signatory | None:
    """The person of a user's id, by what his row says now; None where there is no such user."""
    row = connection.execute(select(users).where(users.c.id == user_id)).first()
    if row is None:
        return None
    told = {b"token": row.token_digest, b"name": row.name_tag}
    if row.custodian_id is not None:
        told[b"custodian"] = row.custodian_id.encode()
    key = installation.archive.keyring.digest_key
    marks = (hmac.digest(key, b"person\x00" + by + b"\x00" + what, hashlib.sha256) for by, what in told.items())
    return Signatory(actor=user_id, marks=frozenset(marks))
