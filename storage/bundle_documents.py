"""Checking what the archive signs offline: a receipt, the proof of an exported record, the account of an export.

Beyond the steps of its proof (`storage/bundle_proofs.py`), of a receipt: (5) the leaf is the deposit of this submission
at this time; (6) salt and payload give the digest in the leaf, (7) and say the digest, size, channel and time that the
receipt states; (8) the signature over the whole receipt holds; (9) the file that the verifier brought has that digest.
Of an exported record: (5) the leaf is this record's; (6) its captured facts are those in the leaf; (7) the deposit that
it came with stands in the same tree; (8) the signature over the list of its files holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.bundle_proofs import LARGEST_NUMBER, Bytes, Leaf, check_inclusion, own_key, quoted
from storage.bundle_verdict import identifier, read_members
from storage.checkpoints import read_verifier_key, verify
from storage.errors import Corrupt, NewerFormat
from storage.events import EventKind, digest_of_facts, payload_digest
from storage.statements import is_statement_of
from storage.strict_json import Members, many, moment, number, refuse, sha256, string, string_or_none, strings

if TYPE_CHECKING:
    from datetime import datetime

    from storage.bundle_verdict import Verdict

_FORMAT = 1
_LONGEST_NAME = 255
_SALT = re.compile(r"[0-9a-f]{32}")
_FACTS = frozenset({"id", "kind", "submission", "custodian", "channel", "captured_at", "sent_at", "grade"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """What the ledger binds about bytes that were handed in."""

    submission: str
    received_at: datetime
    channel: str
    bytes: Bytes


def object_of(members: Members, name: str) -> Members:
    """The member of that name, which is an object.

    Raises:
        ValueError: it is none.
    """
    value = members.get(name)
    if type(value) is not dict:
        refuse(name)
    return value


def _check_form(verdict: Verdict, document: Members, kind: str, subject: str) -> None:
    known = document.get("type") == kind and document.get("format") == _FORMAT
    verdict.expect(known, "form", subject, f"it does not call itself a {kind} of format 1, the one that is known")


def refuse_newer(document: Members, kind: str) -> None:
    """What a newer version signed may hold what this one does not look at, so it is not checked at all.

    Raises:
        NewerFormat: it says that it is of a later format.
    """
    found = document.get("format")
    if type(found) is int and found > _FORMAT:
        raise NewerFormat(f"this {kind} has format {found} and this program checks {_FORMAT}; use the newer program")


def _check_statement(verdict: Verdict, document: Members, key: str, subject: str, right: str) -> None:
    """(8) Whatever the ledger does not bind, such as names and what became of it, this does."""
    whole = is_statement_of(document, key)
    verdict.expect(whole, "signature", subject, "the signature is not over what the document says", right)


def check_deposit(verdict: Verdict, document: Members, leaf: Leaf, subject: str) -> Deposit | None:
    """Whether the leaf is a deposit, and what its salted payload, which it binds, says.

    Raises:
        ValueError: not in its form.
    """
    submission = identifier(document, "submission")
    right = leaf.kind == EventKind.SUBMISSION_DEPOSITED.value and leaf.subjects == (submission,)
    verdict.expect(right, "leaf", subject, "the leaf is not the deposit of this submission")
    if document.get("salt") is None or document.get("payload") is None:
        verdict.fault("payload", subject, "what binds the digest of the bytes to the leaf was left out")
        return None
    salt, payload = string(document, "salt"), string(document, "payload")
    if not _SALT.fullmatch(salt):
        refuse("salt")
    bound = payload_digest(bytes.fromhex(salt), payload.encode("utf-8", "replace")) == leaf.digest
    if not verdict.expect(bound, "payload", subject, "salt and payload are not those that the leaf binds"):
        return None
    said = read_members(payload.encode(), "the payload")
    received_at = moment(said, "received_at")
    verdict.expect(received_at == leaf.at, "leaf", subject, "the leaf names another time than the payload")
    return Deposit(
        submission=submission,
        received_at=received_at,
        channel=identifier(said, "channel"),
        bytes=Bytes(sha256=sha256(said, "sha256"), size=number(said, "size", at_most=LARGEST_NUMBER)),
    )


def check_receipt(verdict: Verdict, document: Members, original: Bytes | None = None) -> None:
    """Check the receipt of a deposit; `original` are the bytes that the verifier has kept.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    refuse_newer(document, "receipt")
    subject = identifier(document, "submission")
    key = own_key(verdict, document, subject)
    if key is None:
        return
    _check_form(verdict, document, "receipt", subject)
    proof = object_of(document, "proof")
    checkpoint = string(proof, "checkpoint")
    leaf = check_inclusion(verdict, proof, checkpoint, key, subject)
    place = document.get("position") == proof["position"]
    verdict.expect(place, "proof", subject, "the receipt names another place in the ledger than its proof")
    deposit = check_deposit(verdict, document, leaf, subject)
    stated = Bytes(sha256=sha256(document, "sha256"), size=number(document, "size", at_most=LARGEST_NUMBER))
    received_at = moment(document, "received_at")
    if deposit is not None:
        same = deposit.bytes == stated and deposit.channel == document.get("channel")
        same = same and deposit.received_at == received_at
        verdict.expect(
            same,
            "payload",
            subject,
            "digest, size, channel or time is not what the ledger binds",
            f"the bytes with SHA-256 {stated.sha256} ({stated.size:,} bytes) were received on "
            f"{received_at.isoformat()} over {deposit.channel} as {subject}",
        )
    local = moment(document, "received_at_local") == received_at
    verdict.expect(local, "form", subject, "the local time is another moment than the time in UTC")
    about = read_verifier_key(key)[0].split("/")[1:2] == [document.get("archive")]
    verdict.expect(about, "form", subject, "the receipt names another archive than its ledger")
    agency, outcome = quoted(string(document, "agency")), string_or_none(document, "outcome")
    became = f"{outcome}, {len(strings(document, 'records')):,} records" if outcome else "waiting for examination"
    right = f"the whole receipt is signed: agency {agency}, outcome {quoted(became)}"
    _check_statement(verdict, document, key, subject, right)
    if original is not None:  # (9)
        wrong, right = (
            "the file given is not what was handed in",
            "the file given is, byte for byte, what was handed in",
        )
        verdict.expect(original == stated, "file", subject, wrong, right)


def check_record(verdict: Verdict, document: Members) -> tuple[Members, Deposit | None]:
    """Check `proof.json` of an exported record, without the files; returns the record's facts and its deposit.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    refuse_newer(document, "record")
    subject = identifier(document, "record")
    key = own_key(verdict, document, subject)
    facts = object_of(document, "facts")
    if facts.keys() != _FACTS or any(value is not None and type(value) is not str for value in facts.values()):
        refuse("facts")
    if key is None:
        return facts, None
    _check_form(verdict, document, "record", subject)
    checkpoint = string(document, "checkpoint")
    leaf = check_inclusion(verdict, document, checkpoint, key, subject)
    about = leaf.kind == EventKind.RECORD_ARCHIVED.value and leaf.subjects[:1] == (subject,)
    about = about and facts["submission"] in leaf.subjects[1:]
    verdict.expect(about, "leaf", subject, "the leaf is not that of this record")
    bound = facts["id"] == subject and digest_of_facts(facts) == leaf.facts
    said = (
        f"record {subject} was captured on {moment(facts, 'captured_at').isoformat()} over {quoted(facts['channel'])}"
    )
    verdict.expect(bound, "facts", subject, "the captured facts are not those that the leaf names", said)
    deposit = None
    if document.get("deposit") is not None:
        inner = object_of(document, "deposit")
        inner = {**inner, "tree_size": document["tree_size"]}
        deposited = check_inclusion(verdict, inner, checkpoint, key, subject)
        deposit = check_deposit(verdict, inner, deposited, subject)
        same = inner["submission"] == facts["submission"]
        verdict.expect(same, "leaf", subject, "the deposit is not the one that the record was made of")
    _check_statement(verdict, document, key, subject, "the list of its files and their digests is signed")
    return facts, deposit


def check_export(verdict: Verdict, document: Members) -> dict[str, str]:
    """Check `export.json` of a bag; returns the SHA-256 of each tag file that it binds, the manifest's too.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    refuse_newer(document, "export")
    key = own_key(verdict, document, "export.json")
    tags = object_of(document, "tag_files")
    if any(len(name) > _LONGEST_NAME for name in tags):
        refuse("tag_files")
    bound = {name: sha256(tags, name) for name in tags} | {"manifest-sha256.txt": sha256(document, "manifest_sha256")}
    if key is None:
        return bound
    _check_form(verdict, document, "export", "export.json")
    try:
        verify(string(document, "checkpoint").encode("utf-8", "replace"), key)
    except Corrupt as error:
        verdict.fault("checkpoint", "export.json", error.message)
    records = number(document, "records", at_most=LARGEST_NUMBER)
    left_out = len(many(document, "failed", lambda one: one))
    right = f"the export's account is signed: {records:,} records, {left_out:,} that could not be exported"
    _check_statement(verdict, document, key, "export.json", right)
    return bound
