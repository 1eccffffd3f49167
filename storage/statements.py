"""Signed statements: a JSON document that the archive's ledger key signs, so that every member of it is bound.

A ledger leaf binds what it names and no more; what a receipt says beside it (the agency, who handed in, what became
of it) is bound by this signature. The signed text is two lines: `public-records-archive statement v1`, and the
SHA-256 in hexadecimal of the document's canonical form without its member `signature`. The canonical form is
RFC 8785 (sorted names, no blanks, UTF-8); numbers are whole. The signature is a line of a C2SP signed note. The
first line keeps it apart from a checkpoint, whose first line is the log's origin, so neither passes for the other.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from storage.checkpoints import is_signed, read_verifier_key, signature_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE = "signature"
_TITLE = "public-records-archive statement v1"
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(document: Mapping[str, Any]) -> bytes:
    """The canonical form of a document (RFC 8785), its signature left out.

    Raises:
        ValueError: a string holds a lone surrogate, which has no bytes in UTF-8.
    """
    return _canonical({name: value for name, value in document.items() if name != SIGNATURE}).encode()


def _text(document: Mapping[str, Any]) -> str:
    return f"{_TITLE}\n{hashlib.sha256(canonical(document)).hexdigest()}\n"


def signed(document: Mapping[str, Any], key_line: str, private: Ed25519PrivateKey) -> dict[str, Any]:
    """The document with its signature as the last member; `key_line` is the verifier line of `private`."""
    name, _ = read_verifier_key(key_line)
    return {**document, SIGNATURE: signature_line(_text(document), name, private)}


def is_statement_of(document: Mapping[str, Any], key_line: str) -> bool:
    """Whether the key of this verifier line signed the document as it stands.

    Raises:
        Corrupt: `key_line` is no verifier line.
    """
    name, public = read_verifier_key(key_line)
    signature = document.get(SIGNATURE)
    if not isinstance(signature, str) or "\n" in signature:
        return False
    try:
        return is_signed(_text(document), signature, name, public)
    except ValueError:
        return False


def plain_text(text: str) -> str:
    """Text without lone surrogates, which a file name may hold and UTF-8 cannot say."""
    return text.encode("utf-8", "replace").decode()
