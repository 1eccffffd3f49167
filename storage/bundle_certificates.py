"""Checking a certificate of destruction offline: its proofs, what they bind, and its signature.

Beyond the steps of each proof (`storage/bundle_proofs.py`): (5) each leaf is the confirmation of the destruction that
the certificate names, at its time; (6) salt and payload give the digest in the leaf, (7) and the payloads count as many
records as the certificate lists; (8) persons who approved are others than who proposed; (9) the whole is signed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storage.bundle_proofs import LARGEST_NUMBER, check_inclusion, own_key, quoted
from storage.bundle_verdict import identifier, read_members
from storage.errors import NewerFormat
from storage.events import EventKind, payload_digest
from storage.statements import is_statement_of
from storage.strict_json import Members, many, moment, number, refuse, string

if TYPE_CHECKING:
    from storage.bundle_verdict import Verdict

FORMAT = 1
SALT = re.compile(r"[0-9a-f]{32}")


def as_object(value: object) -> Members:
    """The value, which is an object.

    Raises:
        ValueError: it is none.
    """
    if type(value) is not dict:
        refuse("a list of objects")
    return value


def refuse_newer(found: object) -> None:
    """Refuse a certificate of a format behind this one.

    Raises:
        NewerFormat: a newer version of this program signed it.
    """
    if type(found) is int and found > FORMAT:
        raise NewerFormat(
            f"this certificate has format {found} and this program checks {FORMAT}; use the newer program"
        )


def check_signed(verdict: Verdict, document: Members, key: str, subject: str) -> None:
    """Check the signature over a whole certificate, and tell whether its archive was made for tests."""
    agency = quoted(string(document, "agency"))
    verdict.expect(
        is_statement_of(document, key),
        "signature",
        subject,
        "the signature is not over what the document says",
        f"the whole certificate is signed: agency {agency}",
    )
    if document.get("test_archive") is not False:
        verdict.checks.append("the archive was made for tests: in it days are what its users say")


def check_certificate(verdict: Verdict, document: Members) -> None:
    """Check a certificate of destruction.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    found = document.get("format")
    refuse_newer(found)
    subject = identifier(document, "disposition")
    key = own_key(verdict, document, subject)
    if key is None:
        return
    known = document.get("type") == "certificate" and found == FORMAT
    verdict.expect(known, "form", subject, "it does not call itself a certificate of format 1")
    confirmed = sum(check_destruction(verdict, one, key) for one in many(document, "destructions", as_object))
    records = many(document, "records", as_object)
    ids = {identifier(one, "id") for one in records}
    counted = number(document, "count", at_most=LARGEST_NUMBER)
    same = len(ids) == len(records) == counted == confirmed and counted > 0
    wrong = "it counts other records than it lists, or than the ledger confirms"
    verdict.expect(same, "payload", subject, wrong, f"the ledger confirms the destruction of {confirmed:,} records")
    verdict.seen |= ids
    verdict.records += len(records)
    _check_persons(verdict, document, subject)
    check_signed(verdict, document, key, subject)


def check_destruction(verdict: Verdict, one: Members, key: str) -> int:
    """Check the proof of a confirmation; how many records it confirms, 0 where it proves nothing."""
    subject = identifier(one, "id")
    proof = as_object(one.get("proof"))
    leaf = check_inclusion(verdict, proof, string(proof, "checkpoint"), key, subject)
    right = leaf.kind == EventKind.DESTRUCTION_CONFIRMED.value and leaf.subjects == (subject,)
    verdict.expect(right, "leaf", subject, "the leaf is not the confirmation of this destruction")
    same = leaf.at == moment(one, "confirmed_at")
    verdict.expect(same, "leaf", subject, "the leaf names another time than the certificate")
    salt, payload = string(one, "salt"), string(one, "payload")
    if not SALT.fullmatch(salt):
        refuse("salt")
    bound = payload_digest(bytes.fromhex(salt), payload.encode("utf-8", "replace")) == leaf.digest
    if not verdict.expect(bound, "payload", subject, "salt and payload are not those that the leaf binds"):
        return 0
    said = read_members(payload.encode(), "the payload")
    return number(said, "records", at_most=LARGEST_NUMBER)


def _check_persons(verdict: Verdict, document: Members, subject: str) -> None:
    proposed = {identifier(one, "by") for one in many(document, "persons", as_object) if one.get("act") == "propose"}
    approved = [identifier(one, "by") for one in many(document, "approvals", as_object)]
    others = bool(approved) and len(set(approved)) == len(approved) and not proposed.intersection(approved)
    wrong = "it was not approved by a person other than who proposed it"
    verdict.expect(
        others and proposed, "form", subject, wrong, f"{len(approved)} persons other than who proposed it approved"
    )
