"""Signed tree heads in C2SP tlog-checkpoint form: three lines of text and an Ed25519 signature line.

Rule: a checkpoint says origin, size and root, and anyone with the public key can check it without us.
Sources: C2SP tlog-checkpoint, C2SP signed-note (key id = first 4 bytes of SHA-256(name, 0x0A, 0x01, key)).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storage.errors import Corrupt
from storage.merkle import HASH_BYTES

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\x01"
_BODY_LINES = 3
_ID_BYTES = 4
_KEY_BYTES = 1 + 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree head: the log's origin, its number of leaves and its root hash."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The signed text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(archive_id: str, log: int = 1) -> str:
    """The origin line of an archive's log; each declared break begins a log of the next number."""
    return f"public-records-archive/{archive_id}" + (f"/{log}" if log > 1 else "")


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def verifier_key(name: str, private: Ed25519PrivateKey) -> str:
    """The public key as a signed-note verifier line: ``name+keyid+base64``."""
    public = private.public_key().public_bytes_raw()
    encoded = base64.b64encode(_ED25519 + public).decode()
    return f"{name}+{_key_id(name, public).hex()}+{encoded}"


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> bytes:
    """The checkpoint as a signed note, signed by its origin."""
    body = checkpoint.body()
    return f"{body}\n{signature_line(body, checkpoint.origin, private)}\n".encode()


def signature_line(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """The line of a signed note that signs `text`, without its line feed."""
    public = private.public_key().public_bytes_raw()
    signature = _key_id(name, public) + private.sign(text.encode())
    return f"\N{EM DASH} {name} {base64.b64encode(signature).decode()}"


def is_signed(text: str, signatures: str, name: str, public: bytes) -> bool:
    """Whether one of the signature lines is this key's over `text`; lines of other keys are passed over."""
    prefix = f"\N{EM DASH} {name} "
    for line in signatures.split("\n"):
        if not line.startswith(prefix):
            continue
        try:
            blob = base64.b64decode(line[len(prefix) :], validate=True)
            # one signature has one spelling: the decoder ignores the last bits before the padding
            if blob[:_ID_BYTES] != _key_id(name, public) or base64.b64encode(blob).decode() != line[len(prefix) :]:
                continue
            Ed25519PublicKey.from_public_bytes(public).verify(blob[_ID_BYTES:], text.encode())
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def read_verifier_key(line: str) -> tuple[str, bytes]:
    """Name and raw public key of a verifier line.

    Raises:
        Corrupt: not such a line.
    """
    try:
        name, identifier, encoded = line.strip().split("+", 2)
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Corrupt("this is not a public key line of the form name+id+key") from error
    if len(key) != _KEY_BYTES or key[:1] != _ED25519 or _key_id(name, key[1:]).hex() != identifier:
        raise Corrupt("the public key line does not match its own id")
    return name, key[1:]


def fingerprint(line: str) -> str:
    """The whole digest whose beginning is the key id of a verifier line, in hexadecimal: what two people compare.

    Raises:
        Corrupt: not such a line.
    """
    name, public = read_verifier_key(line)
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).hexdigest()


def stated_origin(note: bytes) -> str:
    """The origin that a note names on its first line, without any check; at most 200 characters."""
    return note.split(b"\n", 1)[0].decode("utf-8", "replace")[:200]


def read_note(note: bytes) -> tuple[Checkpoint, str]:
    """What a checkpoint says, and its signature lines, not yet checked.

    Raises:
        Corrupt: not a checkpoint.
    """
    try:
        body, signatures = note.decode().split("\n\n", 1)
        lines = body.split("\n")
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (ValueError, IndexError) as error:
        raise Corrupt("this is not a checkpoint") from error
    checkpoint = Checkpoint(origin=origin, size=size, root=root)
    well_formed = len(lines) == _BODY_LINES and size >= 0 and len(root) == HASH_BYTES
    lines = signatures.split("\n")
    signed = lines.pop() == "" and all(line.startswith("\N{EM DASH} ") for line in lines)
    if not well_formed or not signed or checkpoint.body() != body + "\n":
        raise Corrupt("the checkpoint is not in the form of tlog-checkpoint")
    return checkpoint, signatures


def verify(note: bytes, verifier: str) -> Checkpoint:
    """Check a signed checkpoint against a verifier line and return what it says.

    Raises:
        Corrupt: not a checkpoint, another log's, or the signature is wrong.
    """
    name, public = read_verifier_key(verifier)
    checkpoint, signatures = read_note(note)
    if checkpoint.origin != name:
        raise Corrupt("the checkpoint is not of this log")
    if is_signed(checkpoint.body(), signatures, name, public):
        return checkpoint
    raise Corrupt("the checkpoint is not signed by this key")


def verify_published(note: bytes, verifier: str) -> Checkpoint:
    """The archive's own ``ledger/checkpoint``, verified.

    Raises:
        Corrupt: it is damaged; says so with its name.
    """
    try:
        return verify(note, verifier)
    except Corrupt as error:
        raise Corrupt(f"ledger/checkpoint is damaged ({error.message}); see docs/operations.md") from error
