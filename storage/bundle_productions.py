"""Checking a production offline: its leaf, its numbers, every file of its package, and where each record comes from.

Beyond the steps of the proof (`storage/bundle_proofs.py`): (5) the leaf witnesses a production of this request; (6)
salt and payload give the digest in the leaf; (7) the payload names the digest of all that the manifest says, with its
first and last page; (8) the whole is signed; (9) the documents' numbers follow each other from the first to the last
without a gap; (10) every file of the package has the size and digest that the manifest names, none is missing, and
there is none beside them; (11) of each document that is no sheet, the record was archived before it was produced.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from storage.bundle_certificates import SALT, as_object
from storage.bundle_folders import digest_of_open
from storage.bundle_proofs import LARGEST_NUMBER, Bytes, check_inclusion, own_key, quoted
from storage.bundle_verdict import Verdict, identifier, read_members, read_open
from storage.errors import Corrupt, NewerFormat
from storage.events import EventKind, payload_digest
from storage.statements import canonical, is_statement_of
from storage.strict_json import Members, many, number, refuse, sha256, string, string_or_none

if TYPE_CHECKING:
    from storage.bundle_places import PackageFiles

PRODUCTION: Final = "production"
PRODUCED: Final = "produced"
MANIFEST: Final = "manifest.json"
PROOFS: Final = "proofs.jsonl"
FORMAT: Final = 1
SHEET: Final = "slip_sheet"
_LEAVES: Final = frozenset({"whole", "redacted", SHEET})
_LONGEST_PATH: Final = 200
_LONGEST_PROOF: Final = 1 << 20
_SHOWN: Final = 1_000
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
_PATH: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)?")


def check_production(verdict: Verdict, document: Members) -> Members | None:
    """Check the manifest of a production, without its files; what it says, where its key could be read.

    Raises:
        ValueError: it is not in its form.
        NewerFormat: a newer version of this program signed it.
    """
    found = document.get("format")
    if type(found) is int and found > FORMAT:
        raise NewerFormat(f"this manifest has format {found} and this program checks {FORMAT}; use the newer program")
    subject = identifier(document, PRODUCTION)
    key = own_key(verdict, document, subject)
    if key is None:
        return None
    known = document.get("type") == PRODUCTION and found == FORMAT
    verdict.expect(known, "form", subject, f"it does not call itself the manifest of a production of format {FORMAT}")
    about = as_object(document.get(PRODUCED))
    proof = as_object(document.get("proof"))
    leaf = check_inclusion(verdict, proof, string(proof, "checkpoint"), key, subject)
    right = leaf.kind == EventKind.REQUEST_PRODUCED.value and leaf.subjects[:1] == (subject,)
    verdict.expect(right, "leaf", subject, "the leaf does not witness a production of this request")
    salt, payload = string(document, "salt"), string(document, "payload")
    if not SALT.fullmatch(salt):
        refuse("salt")
    bound = payload_digest(bytes.fromhex(salt), payload.encode("utf-8", "replace")) == leaf.digest
    if verdict.expect(bound, "payload", subject, "salt and payload are not those that the leaf binds"):
        _check_said(verdict, about, read_members(payload.encode(), "the payload"), subject)
    if about.get("test_archive") is not False:
        verdict.checks.append("the archive was made for tests: in it days are what its users say")
    _check_numbers(verdict, about, subject)
    verdict.expect(
        is_statement_of(document, key),
        "signature",
        subject,
        "the signature is not over what the manifest says",
        f"the whole manifest is signed: agency {quoted(string(document, 'agency'))}",
    )
    return about


def _check_said(verdict: Verdict, about: Members, said: Members, subject: str) -> None:
    """(7) The digest binds all; the rest is compared too, so that the leaf can be read alone."""
    same = said.get("sha256") == hashlib.sha256(canonical(about)).hexdigest()
    right = "the ledger binds all that the manifest says, and with it every file"
    verdict.expect(same, "payload", subject, "what the manifest says is not what the ledger binds", right)
    names = ("production", "prefix", "first_page", "last_page", "documents")
    told = dict(about) | {"documents": len(many(about, "documents", as_object))}
    same = all(said.get(one) == told.get(one) for one in names)
    verdict.expect(same, "payload", subject, "the ledger names other pages than the manifest")


def _check_numbers(verdict: Verdict, about: Members, subject: str) -> None:
    """(9) Each document begins with the page behind the one before."""
    prefix = string(about, "prefix")
    if not _PREFIX.fullmatch(prefix):
        refuse("prefix")
    page = first = number(about, "first_page", at_most=LARGEST_NUMBER)
    gaps = 0
    for one in many(about, "documents", as_object):
        begins, ends = (number(one, name, at_most=LARGEST_NUMBER) for name in ("first_page", "last_page"))
        named = (string(one, "first"), string(one, "last")) == (f"{prefix}-{begins:06d}", f"{prefix}-{ends:06d}")
        if string(one, "leaves") not in _LEAVES:
            refuse("leaves")
        gaps += not (begins == page <= ends and named)
        page = ends + 1
    last = number(about, "last_page", at_most=LARGEST_NUMBER)
    right = f"pages {prefix}-{first:06d} to {prefix}-{last:06d} are numbered without a gap"
    verdict.expect(not gaps and page - 1 == last >= first, "numbers", subject, "the page numbers have a gap", right)


def check_package(verdict: Verdict, package: PackageFiles) -> None:
    """Check a package with all its files, as `archiver request produce` wrote it: a folder, or the same in a ZIP file.

    Raises:
        NewerFormat: a newer version of this program signed it.
    """
    subject = PRODUCTION
    try:
        with package.open(MANIFEST) as file:
            document = read_members(read_open(file, "the manifest"), "the manifest")
        about = check_production(verdict, document)
        if about is None:
            return
        subject = identifier(document, PRODUCTION)
        verdict.files += 1
        listed = _listed(about)
        _check_files(verdict, package, listed)
        _check_documents(verdict, about, listed, subject)
        _check_records(verdict, package, about, string(document, "key"))
    except NewerFormat:
        raise
    except (ValueError, Corrupt) as error:
        verdict.fault("form", subject, f"the package is not in its form ({error})")


def _listed(about: Members) -> dict[str, Bytes]:
    def one(value: object) -> tuple[str, Bytes]:
        members = as_object(value)
        name = string(members, "name")
        if len(name) > _LONGEST_PATH or not _PATH.fullmatch(name) or name == MANIFEST:
            refuse("the name of a file")
        return name, Bytes(sha256=sha256(members, "sha256"), size=number(members, "size", at_most=LARGEST_NUMBER))

    pairs = many(about, "files", one)
    if len(dict(pairs)) != len(pairs):
        refuse("files")
    return dict(pairs)


def _check_files(verdict: Verdict, package: PackageFiles, listed: dict[str, Bytes]) -> None:
    """(10) Whatever lies in the package, links included, is one of the files that the manifest names."""
    for name in sorted(package.names() - listed.keys() - {MANIFEST})[:_SHOWN]:
        verdict.fault("file", name[:100], f"{quoted(name)} does not belong to the production")
    wrong = 0
    for name, expected in listed.items():
        try:
            with package.open(name) as file:
                actual = digest_of_open(file)
        except ValueError:
            verdict.fault("file", name, f"{quoted(name)} is missing, or no plain file that can be read")
            wrong += 1
            continue
        verdict.files += 1
        verdict.bytes += actual.size
        wrong += not verdict.expect(actual == expected, "file", name, f"{quoted(name)} is not what was produced")
    if not wrong:
        verdict.checks.append(f"{len(listed):,} files are, byte for byte, what was produced")


def _check_documents(verdict: Verdict, about: Members, listed: dict[str, Bytes], subject: str) -> None:
    """Each document has its files, and no two of them the same."""
    named: list[str] = []
    for one in many(about, "documents", as_object):
        for kind in ("pdf", "text", "native"):
            path = string_or_none(one, kind)
            if path is not None:
                named.append(path)
    same = listed.keys() >= set(named) and len(set(named)) == len(named)
    verdict.expect(same, "file", subject, "a document has no file, or that of another")


def _check_records(verdict: Verdict, package: PackageFiles, about: Members, key: str) -> None:
    """(11) Of each document that is given, whole or in part, the proof shows that its record was archived."""
    wanted = {identifier(one, "record") for one in many(about, "documents", as_object) if one.get("leaves") != SHEET}
    proved: set[str] = set()
    with package.open(PROOFS) as file:
        while line := file.readline(_LONGEST_PROOF):
            one = read_members(line, "a proof")
            record = identifier(one, "subject")
            alone = Verdict(kind="proof", brought=verdict.brought)
            leaf = check_inclusion(alone, one, string(one, "checkpoint"), key, record)
            right = leaf.kind == EventKind.RECORD_ARCHIVED.value and leaf.subjects[:1] == (record,)
            alone.expect(right, "leaf", record, "the leaf is not that of this record")
            verdict.take(alone)
            proved.add(record)
    verdict.records += len(proved)
    wrong = "not every record of the production has its proof, or there are proofs of others"
    shown = f"{len(proved):,} records were archived as the ledger says"
    verdict.expect(proved == wanted, "proof", PROOFS, wrong, shown)
