"""What the archive signs about searches: frozen results and reports of hits.

Rule: the signed document says what was found and how, proves by an inclusion proof and the payload of a leaf that
it was said then, and is checked offline by `archiver verify bundle` (`storage/bundle_searches.py`).
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from archiver.signing import heading, present_key, sign_statement
from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.wiring import Installation


def search_statement(
    installation: Installation, kind: str, subject: str, part: str, about: Mapping[str, Any], position: int
) -> dict[str, Any]:
    """The signed document of a set or a report; `part` is the member that says all of the search.

    Raises:
        Conflict: a restore lost what the ledger said of it.
    """
    archive = installation.archive
    with archive.store.read() as connection:
        key = present_key(installation, connection)
        salted = archive.ledger.salted_payload(connection, position)
        if salted is None:
            raise Conflict(
                "what the ledger said of this search was lost in a restore, so it cannot be signed; make it anew",
                subject=subject,
            )
        proof = archive.ledger.prove(connection, position).to_json()
    whole = {
        **heading(installation, kind),
        "issued_at": archive.store.clock().astimezone(UTC).isoformat(),
        kind: subject,
        part: dict(about),
        "position": position,
        "salt": salted[0].hex(),
        "payload": salted[1].decode(),
        "proof": proof,
    }
    return sign_statement(installation, whole, key)
