"""Checking proofs offline: that a leaf is in the log, that a log is the beginning of another, who signed its head.

The steps of an inclusion proof: (1) the key in the document is the one that the verifier brought; (2) its signature on
the checkpoint holds (C2SP tlog-checkpoint); (3) the checkpoint counts as many leaves as the proof says; (4) the path
leads from the leaf's hash to the checkpoint's root (RFC 9162 §2.1.3.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage.bundle_verdict import read_members
from storage.checkpoints import fingerprint, read_note, verify
from storage.errors import Corrupt
from storage.events import refuse_newer_leaf
from storage.merkle import leaf_hash, verify_consistency, verify_inclusion
from storage.strict_json import Members, many, moment, number, refuse, string, string_or_none, strings

if TYPE_CHECKING:
    from datetime import datetime

    from storage.bundle_verdict import Verdict

LARGEST_NUMBER = (1 << 53) - 1
_LONGEST_PATH = 128
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """The digest and size of bytes that the verifier has."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The leaf of a ledger as its text says."""

    kind: str
    at: datetime
    subjects: tuple[str, ...]
    facts: str | None
    digest: str | None


def _hashes(members: Members, name: str) -> tuple[bytes, ...]:
    def one(value: object) -> bytes:
        if type(value) is not str or not _HASH.fullmatch(value):
            refuse(name)
        return bytes.fromhex(value)

    found = many(members, name, one)
    if len(found) > _LONGEST_PATH:
        refuse(name)
    return found


def read_leaf(text: str) -> Leaf:
    """Read a leaf.

    Raises:
        ValueError: this is none.
        NewerLeaf: a `ValueError` that names a version beyond ours.
    """
    members = read_members(text.encode("utf-8", "replace"), "the leaf")
    refuse_newer_leaf(members)
    return Leaf(
        kind=string(members, "kind"),
        at=moment(members, "at"),
        subjects=strings(members, "subjects"),
        facts=string_or_none(members, "facts"),
        digest=string_or_none(members, "digest"),
    )


def own_key(verdict: Verdict, document: Members, subject: str) -> str | None:
    """(1) The key line by which the document is checked: its own, or the one brought where it carries none."""
    if "key" not in document and verdict.brought is not None:
        verdict.accept_key(verdict.brought, subject)
        return verdict.brought
    key = string(document, "key")
    if not verdict.accept_key(key, subject):
        return None
    if "fingerprint" in document:
        same = document["fingerprint"] == fingerprint(key)
        verdict.expect(same, "key", subject, "the fingerprint is not that of its key")
    return key


def check_inclusion(verdict: Verdict, document: Members, checkpoint: str, key: str, subject: str) -> Leaf:
    """(2) to (4): the leaf of a proof is in the log that the checkpoint heads.

    Raises:
        ValueError: the proof is not in its form.
    """
    position, size = (
        number(document, "position", at_most=LARGEST_NUMBER),
        number(document, "tree_size", at_most=LARGEST_NUMBER),
    )
    text, path = string(document, "leaf"), _hashes(document, "path")
    leaf = read_leaf(text)
    try:
        head = verify(checkpoint.encode("utf-8", "replace"), key)
    except Corrupt as error:
        verdict.fault("checkpoint", subject, error.message)
        return leaf
    verdict.checks.append(f"the checkpoint of {head.size:,} leaves is signed by the key of {quoted(head.origin)}")
    if verdict.expect(head.size == size, "checkpoint", subject, "the checkpoint counts other leaves than the proof"):
        included = verify_inclusion(leaf_hash(text.encode("utf-8", "replace")), position, size, path, head.root)
        wrong = "the path does not lead from the leaf to the checkpoint"
        right = f"leaf {position:,} of {size:,} is in the ledger: {quoted(leaf.kind)}"
        verdict.expect(included, "proof", subject, wrong, right)
    return leaf


def check_proof(verdict: Verdict, document: Members) -> None:
    """Check a bare inclusion proof.

    Raises:
        ValueError: it is not in its form.
    """
    key = own_key(verdict, document, "proof")
    if key is None:
        return
    leaf = check_inclusion(verdict, document, string(document, "checkpoint"), key, "proof")
    if "subject" in document:
        about = leaf.subjects[:1] == (document["subject"],)
        verdict.expect(about, "leaf", "proof", "the leaf is about something else than the proof says")
    named = ", ".join(one for one in leaf.subjects[:5])
    verdict.checks.append(f"the leaf says: {quoted(leaf.kind)} at {leaf.at.isoformat()} about {quoted(named)}")


def check_consistency(verdict: Verdict, document: Members) -> None:
    """Check that the log of an older checkpoint is the beginning of that of a newer one (RFC 9162 §2.1.4.2).

    Raises:
        ValueError: it is not in its form.
    """
    key = own_key(verdict, document, "consistency")
    if key is None:
        return
    old, new = number(document, "old", at_most=LARGEST_NUMBER), number(document, "new", at_most=LARGEST_NUMBER)
    path = _hashes(document, "path")
    try:
        older, newer = (verify(string(document, f"{one}_checkpoint").encode(), key) for one in ("old", "new"))
    except Corrupt as error:
        verdict.fault("checkpoint", "consistency", error.message)
        return
    verdict.checks.append(f"both checkpoints, of {older.size:,} and of {newer.size:,} leaves, are signed by the key")
    same = (older.size, newer.size) == (old, new)
    if verdict.expect(same, "checkpoint", "consistency", "the checkpoints count other leaves than the document says"):
        holds = verify_consistency(old, new, path, older.root, newer.root)
        right = f"nothing of the first {old:,} leaves was changed or taken out in the log of {new:,}"
        verdict.expect(holds, "proof", "consistency", "the older log is not the beginning of the newer one", right)


def check_checkpoint(verdict: Verdict, note: bytes) -> None:
    """Check a checkpoint by itself; it carries no key, so without one only its form can be looked at."""
    try:
        head = read_note(note)[0] if verdict.brought is None else verify(note, verdict.brought)
    except Corrupt as error:
        verdict.fault("checkpoint", "checkpoint", error.message)
        return
    if verdict.brought is not None:
        verdict.accept_key(verdict.brought, "checkpoint")
    signed = "signed by the key" if verdict.brought is not None else "in its form; its signature needs --key"
    verdict.checks.append(f"the checkpoint of {head.size:,} leaves with root {head.root.hex()} is {signed}")


def quoted(text: Any) -> str:
    """Text of others in one of our sentences: short, and on one line."""
    shown = " ".join(str(text).split())
    return f'"{shown[:100]}"'
