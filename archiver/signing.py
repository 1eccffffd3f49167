"""What the archive signs for others: who says it, with which product, at what time, and with which key.

Rule: every statement begins with its type and format number and ends with key, fingerprint and signature; the key line
is that of the log whose checkpoint stands in it.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
from typing import TYPE_CHECKING, Any

from storage.checkpoints import Checkpoint, fingerprint, sign
from storage.ledger_rows import stored_hashes
from storage.merkle import range_hash
from storage.statements import plain_text, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from archiver.wiring import Installation

PRODUCT = "public-records-archiver"
STATEMENT_FORMAT = 1


@functools.cache  # the package's metadata is a file, read anew at each call
def product_version() -> str:
    """The version of this program."""
    return importlib.metadata.version(PRODUCT)


def heading(installation: Installation, kind: str) -> dict[str, Any]:
    """The first members of a statement."""
    return {
        "type": kind,
        "format": STATEMENT_FORMAT,
        "product": {"name": PRODUCT, "version": product_version()},
        "archive": installation.archive.id,
        "agency": plain_text(installation.settings.agency.name),
        "zone": installation.archive.zone.key,
    }


def present_key(installation: Installation, connection: Connection) -> str:
    """The verifier line of the log that this connection sees."""
    return installation.archive.ledger.public_keys(connection)[-1]


def sign_statement(installation: Installation, document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The document with key, fingerprint and signature as its last members."""
    whole = {**document, "key": key, "fingerprint": fingerprint(key)}
    return signed(whole, key, installation.archive.keyring.signing_key)


def proof_document(installation: Installation, connection: Connection, subject: str, position: int) -> dict[str, Any]:
    """The inclusion proof of a leaf, with the key that checks it.

    Raises:
        NotFound: the log is shorter.
    """
    key = present_key(installation, connection)
    proof = installation.archive.ledger.prove(connection, position).to_json()
    return {"type": "proof", "subject": subject, **proof, "key": key, "fingerprint": fingerprint(key)}


def consistency_document(installation: Installation, connection: Connection, old: int, new: int) -> dict[str, Any]:
    """The proof that the log of `old` leaves is the beginning of that of `new`, 0 < old <= new <= the present size.

    Both heads are signed as they were: the same leaves give the same bytes as were published then.
    """
    archive = installation.archive
    key = present_key(installation, connection)
    notes = []
    for size in (old, new):
        root = range_hash(0, size, stored_hashes(connection, size).subtree)
        head = Checkpoint(origin=key.split("+", 1)[0], size=size, root=root)
        notes.append(sign(head, archive.keyring.signing_key).decode())
    return {
        "type": "consistency",
        "old": old,
        "new": new,
        "path": [one.hex() for one in archive.ledger.consistency(connection, old, new)],
        "old_checkpoint": notes[0],
        "new_checkpoint": notes[1],
        "key": key,
        "fingerprint": fingerprint(key),
    }


def as_json(document: Mapping[str, Any]) -> bytes:
    """A document as a file: indented, members in their order, in UTF-8."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"
