"""A request that a program sends twice is opened once: it names the opening by a key of its own.

Rule: the same key for something else is refused, since one of the two would be lost. The archive keeps a keyed digest
of who sent it and the key, never the key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from search.disclosure.request_terms import check_terms
from search.disclosure.requests import Requests
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.request_terms import RequestTerms
    from search.disclosure.request_types import DisclosureRequest, Intake

_LONGEST_KEY: Final = 200


def opening_tag(installation: Installation, who: Principal, key: str | None) -> bytes | None:
    """What stands for a key of this person; None where he gives none.

    Raises:
        InvalidInput: the key is empty or too long.
    """
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST_KEY:
        raise InvalidInput(f"Idempotency-Key has 1 to {_LONGEST_KEY} characters")
    message = b"request\x00" + f"{who.actor}\x00{key}".encode("utf-8", "surrogatepass")
    return hmac.digest(installation.archive.keyring.digest_key, message, hashlib.sha256)


def opened_before(
    installation: Installation, connection: Connection, terms: RequestTerms, intake: Intake, received_at: object
) -> DisclosureRequest | None:
    """The request that was opened with the same tag; `received_at` is None where it was not given.

    Raises:
        Conflict: the tag stands for another request.
    """
    if intake.tag is None:
        return None
    requests = Requests(installation.archive.store)
    found = requests.opened_with(connection, intake.tag)
    if found is None:
        return None
    asked = (intake.profile, intake.how, intake.requester, intake.circumstances, received_at or found.received_at)
    stands = (found.profile, found.how, found.requester, found.circumstances, found.received_at)
    if asked != stands or requests.terms(connection, found.id) != check_terms(terms):
        raise Conflict("this Idempotency-Key opened another request; choose a new one", request=found.id)
    return found
