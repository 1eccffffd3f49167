"""Checking a certificate of release as not a record offline: its proofs, what they bind, and its signature.

Beyond the steps of each proof (`storage/bundle_proofs.py`): (5) one leaf is the decision to release, the other the
confirmation of the destruction that the certificate names; (6) salt and payload give the digest in the leaf; (7) the
decision names this claim, reason and persons, and the confirmation counts as many records as the certificate lists;
(8) who agreed is another than who asked; (9) the whole is signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.bundle_certificates import FORMAT, SALT, as_object, check_destruction, check_signed, refuse_newer
from storage.bundle_proofs import LARGEST_NUMBER, check_inclusion, own_key
from storage.bundle_verdict import identifier, read_members
from storage.events import EventKind, payload_digest
from storage.strict_json import Members, many, number, refuse, string

if TYPE_CHECKING:
    from storage.bundle_verdict import Verdict


def check_release(verdict: Verdict, document: Members) -> None:
    """Check a certificate of release.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    found = document.get("format")
    refuse_newer(found)
    subject = identifier(document, "nonrecord")
    key = own_key(verdict, document, subject)
    if key is None:
        return
    known = document.get("type") == "release" and found == FORMAT
    verdict.expect(known, "form", subject, "it does not call itself a certificate of release of format 1")
    destructions = many(document, "destructions", as_object)
    confirmed = sum(check_destruction(verdict, one, key) for one in destructions)
    records = many(document, "records", as_object)
    ids = {identifier(one, "id") for one in records}
    counted = number(document, "count", at_most=LARGEST_NUMBER)
    same = len(destructions) == 1 and len(ids) == len(records) == counted == confirmed and counted > 0
    wrong = "it counts other records than it lists, or than the ledger confirms"
    verdict.expect(same, "payload", subject, wrong, f"the ledger confirms the destruction of {confirmed:,} records")
    verdict.seen |= ids
    verdict.records += len(records)
    _check_decision(verdict, document, key, subject)
    check_signed(verdict, document, key, subject)


def _check_decision(verdict: Verdict, document: Members, key: str, subject: str) -> None:
    asked, agreed, reason, decision = (
        as_object(document.get(one)) for one in ("asked", "agreed", "reason", "decision")
    )
    proof = as_object(decision.get("proof"))
    leaf = check_inclusion(verdict, proof, string(proof, "checkpoint"), key, subject)
    batches = {identifier(one, "id") for one in many(document, "destructions", as_object)}
    right = leaf.kind == EventKind.RELEASE_DECIDED.value and batches == set(leaf.subjects)
    verdict.expect(right, "leaf", subject, "the leaf is not the decision to release what was destroyed")
    persons = identifier(asked, "by"), identifier(agreed, "by")
    wrong = "nobody other than who asked agreed"
    verdict.expect(persons[0] != persons[1], "form", subject, wrong, "another person than who asked agreed")
    salt, payload = string(decision, "salt"), string(decision, "payload")
    if not SALT.fullmatch(salt):
        refuse("salt")
    bound = payload_digest(bytes.fromhex(salt), payload.encode("utf-8", "replace")) == leaf.digest
    if not verdict.expect(bound, "payload", subject, "salt and payload are not those that the leaf binds"):
        return
    said = read_members(payload.encode(), "the payload")
    told = (said.get("nonrecord"), said.get("reason"), said.get("asked_by"), said.get("agreed_by"))
    code = string(reason, "code")
    wrong = "the decision in the ledger names another claim, reason or person"
    verdict.expect(told == (subject, code, *persons), "payload", subject, wrong, f"released for the reason {code}")
