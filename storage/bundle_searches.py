"""Checking a frozen result and a report of hits offline: the proof, what it binds, the list of ids, the signature.

Beyond the steps of the proof (`storage/bundle_proofs.py`): (5) the leaf witnesses this set or report; (6) salt and
payload give the digest in the leaf; (7) the payload names the digest of all that the document says of the search, and
of a set the number of ids and their digest; (8) the whole is signed; (9) the list of ids beside a set has that
number and that digest; (10) each proof of a record beside it is of a record in that list, as it was archived.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.bundle_certificates import SALT, as_object
from storage.bundle_proofs import LARGEST_NUMBER, check_inclusion, own_key, quoted
from storage.bundle_verdict import Verdict, identifier, open_regular, read_members, read_small
from storage.errors import Corrupt, NewerFormat
from storage.events import EventKind, payload_digest
from storage.statements import canonical, is_statement_of
from storage.strict_json import Members, number, refuse, sha256, string

if TYPE_CHECKING:
    from pathlib import Path

FROZEN: Final = "frozen"
REPORT: Final = "hit_report"
DECLARATION: Final = "declaration"
DOCUMENT: Final = "set.json"
IDS: Final = "ids.txt"
PROOFS: Final = "proofs.jsonl"
_FORMAT: Final = 1
_PARTS: Final = {
    FROZEN: ("set", EventKind.SEARCH_FROZEN),
    REPORT: ("report", EventKind.HITS_REPORTED),
    DECLARATION: ("declared", EventKind.CUSTODIAN_DECLARED),
}
_LONGEST_LINE: Final = 64
_LONGEST_PROOF: Final = 1 << 20
_MOST_LINES: Final = 20_000_000


def check_search(verdict: Verdict, document: Members) -> Members | None:
    """Check a frozen result or a report; what it says of the search, where its key could be read.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    kind = next((one for one in (FROZEN, DECLARATION) if one in document), REPORT)
    part, witnessed = _PARTS[kind]
    found = document.get("format")
    if type(found) is int and found > _FORMAT:
        raise NewerFormat(f"this document has format {found} and this program checks {_FORMAT}; use the newer program")
    subject = identifier(document, kind)
    key = own_key(verdict, document, subject)
    if key is None:
        return None
    known = document.get("type") == kind and found == _FORMAT
    verdict.expect(known, "form", subject, f"it does not call itself a document {kind} of format {_FORMAT}")
    about = as_object(document.get(part))
    proof = as_object(document.get("proof"))
    leaf = check_inclusion(verdict, proof, string(proof, "checkpoint"), key, subject)
    right = leaf.kind == witnessed.value and leaf.subjects[:1] == (subject,)
    verdict.expect(right, "leaf", subject, f"the leaf does not witness this {part}")
    salt, payload = string(document, "salt"), string(document, "payload")
    if not SALT.fullmatch(salt):
        refuse("salt")
    bound = payload_digest(bytes.fromhex(salt), payload.encode("utf-8", "replace")) == leaf.digest
    if verdict.expect(bound, "payload", subject, "salt and payload are not those that the leaf binds"):
        _check_said(verdict, kind, about, read_members(payload.encode(), "the payload"), subject)
    if about.get("test_archive") is not False:
        verdict.checks.append("the archive was made for tests: in it days are what its users say")
    verdict.expect(
        is_statement_of(document, key),
        "signature",
        subject,
        "the signature is not over what the document says",
        f"the whole document is signed: agency {quoted(string(document, 'agency'))}",
    )
    return about


def _check_said(verdict: Verdict, kind: str, about: Members, said: Members, subject: str) -> None:
    same = said.get("sha256") == hashlib.sha256(canonical(about)).hexdigest()
    right = "the ledger binds all that it says of the search"
    verdict.expect(same, "payload", subject, "what it says of the search is not what the ledger binds", right)
    if kind == DECLARATION:
        return
    total = number(about, "total", at_most=LARGEST_NUMBER)
    if kind == FROZEN:
        named = (said.get("ids_sha256"), said.get("total"))
        same = named == (sha256(about, "ids_sha256"), total)
        wrong = "the ledger names another list of ids"
        verdict.expect(same, "payload", subject, wrong, f"the ledger names the list of {total:,} ids by its digest")
    verdict.records += total


def check_frozen_folder(verdict: Verdict, folder: Path) -> None:
    """Check a set with the list of its ids, as `archiver frozen export` wrote them.

    Raises:
        NewerFormat: a newer version of this program signed it.
    """
    subject = FROZEN
    try:
        document = read_members(read_small(folder / DOCUMENT, "the document"), "the document")
        about = check_search(verdict, document)
        if about is None:
            return
        subject = identifier(document, FROZEN)
        total, digest = number(about, "total", at_most=LARGEST_NUMBER), sha256(about, "ids_sha256")
        ids = _read_ids(folder / IDS, wanted=(folder / PROOFS).exists())
        verdict.files += 1
        same = (ids.total, ids.sha256) == (total, digest)
        right = f"{IDS} is the list of {total:,} ids that was frozen"
        verdict.expect(same, "payload", subject, f"{IDS} is not the list that was frozen", right)
        if (folder / PROOFS).exists():
            _check_proofs(verdict, folder / PROOFS, ids.ids, string(document, "key"))
    except NewerFormat:
        raise
    except (ValueError, Corrupt) as error:
        verdict.fault("form", subject, f"the folder is not in its form ({error})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ids:
    total: int
    sha256: str
    ids: frozenset[str]


def _read_ids(path: Path, *, wanted: bool) -> _Ids:
    digest, total, kept = hashlib.sha256(), 0, set()
    with open_regular(path) as file:
        while line := file.readline(_LONGEST_LINE):
            total += 1
            if total > _MOST_LINES or not line.endswith(b"\n"):
                refuse(f"a line of {IDS}")
            digest.update(line)
            if wanted:
                kept.add(line[:-1].decode("ascii", "replace"))
    return _Ids(total=total, sha256=digest.hexdigest(), ids=frozenset(kept))


def _check_proofs(verdict: Verdict, path: Path, ids: frozenset[str], key: str) -> None:
    """(10) Each line is the proof that a record of the list was archived."""
    proved: set[str] = set()
    with open_regular(path) as file:
        while line := file.readline(_LONGEST_PROOF):
            one = read_members(line, "a proof")
            record = identifier(one, "subject")
            alone = Verdict(kind="proof", brought=verdict.brought)
            leaf = check_inclusion(alone, one, string(one, "checkpoint"), key, record)
            right = leaf.kind == EventKind.RECORD_ARCHIVED.value and leaf.subjects[:1] == (record,)
            alone.expect(right, "leaf", record, "the leaf is not that of this record")
            alone.expect(record in ids, "proof", record, f"there is a proof of it, and it is not in {IDS}")
            verdict.take(alone)
            proved.add(record)
    verdict.files += 1
    wrong = "not every record of the list has a proof"
    verdict.expect(proved >= ids, "proof", PROOFS, wrong, f"{len(proved):,} records were archived as the ledger says")
