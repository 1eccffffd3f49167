"""The manifest of a production: what it says, what binds it to the ledger, and the proofs of its records.

Rules:

- Everything that the manifest says is bound by the digest in the production's leaf, each file by its digest in it. It
  has no content: names of files are page numbers, what is withheld is counted by its ground.
- Proofs are of the ledger as long as it was when the production was planned, and of the production's own leaf as the
  last one, so that the same production gives the same bytes whenever it is written.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.frozen_sets import opened
from archiver.own_exemptions import law_in_force
from archiver.signing import STATEMENT_FORMAT, heading, present_key, sign_statement
from search.disclosure.asking import CustodianSearches
from search.disclosure.release_types import Leaves
from search.disclosure.review import Review
from search.disclosure.review_rows import chunks
from storage.bundle_productions import PRODUCED, PRODUCTION
from storage.checkpoints import Checkpoint, sign
from storage.errors import Conflict, NotFound
from storage.ledger_rows import stored_hashes
from storage.merkle import inclusion_proof, range_hash
from storage.tables import ledger_leaves, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.production_package import PackageFile
    from archiver.production_plan import Plan
    from archiver.production_terms import ProductionTerms
    from archiver.wiring import Installation
    from search.disclosure.production_types import NumberedDocument, Production
    from search.disclosure.release_types import ProducedDocument

WRITTEN_LAST: Final = ("last_page", "records", "counts", "natives", "documents", "files")
"""What a manifest says only when everything is written; the rest is known before."""
EXPLAINED: Final = "exemptions"
"""What the codes of a production mean, for who has nothing but its folder."""


def said_before(installation: Installation, who: Principal, plan: Plan, terms: ProductionTerms) -> dict[str, Any]:
    """What a manifest says of a production beside its documents and files; it never changes."""
    archive = installation.archive
    known = heading(installation, PRODUCTION)
    with archive.store.read() as connection:
        size = archive.ledger.head(connection).size
        sets = Review(archive.store).sets(connection, plan.request.id)
        asked = CustodianSearches(archive.store).of_request(connection, plan.request.id)
    law = law_in_force(installation, plan.request.profile, retired=True)
    citations = {one.code: one.citation for one in law.exemptions}
    searches = []
    for set_id, _ in sets:
        about = opened(installation, who, set_id).about
        told = ("total", "ids_sha256", "coverage", "made_at", "engine", "version")
        searches.append({"set": set_id, **{name: about.get(name) for name in told}})
    return {
        "product": known["product"],
        "agency": known["agency"],
        "request": plan.request.number,
        "production": terms.number,
        "profile": plan.request.profile,
        "made_at": terms.made_at.astimezone(UTC).isoformat(),
        "made_at_local": terms.made_at_local,
        "prefix": terms.prefix,
        "first_page": terms.first_page,
        "instalment": terms.instalment,
        "options": terms.options(),
        "reviewed": dict(sorted(plan.standing.items())),
        "later": plan.later,
        "withheld": [
            {"exemption": code, "citation": citations.get(code, ""), "records": count}
            for code, count in plan.withheld.items()
        ],
        EXPLAINED: [
            {"exemption": one.code, "title": one.title, "citation": one.citation, "source": one.source}
            for one in law.exemptions
        ],
        "searches": searches,
        "custodians": {"asked": len(asked), "declared": sum(one.result is not None for one in asked)},
        "ledger_size": size,
        "test_archive": archive.test_clock,
    }


def explained(said: Mapping[str, Any], produced: Sequence[ProducedDocument]) -> dict[str, Any]:
    """The same as `said`, with what the codes mean that stand in this production, and of no others.

    A production of a program that explained none is said as it was.
    """
    if EXPLAINED not in said:
        return dict(said)
    used = {code for one in produced for code in one.document.codes} | {one["exemption"] for one in said["withheld"]}
    return {**said, EXPLAINED: [one for one in said[EXPLAINED] if one["exemption"] in used]}


def whole_about(
    said: Mapping[str, Any],
    produced: Sequence[ProducedDocument],
    numbered: Sequence[NumberedDocument],
    replaced: Mapping[str, int],
    withheld: frozenset[str],
    files: Sequence[PackageFile],
    scanner: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """All that a manifest says: `said`, with the documents and files as they were written.

    Args:
        said: see `said_before`.
        produced: the documents.
        numbered: the same with their pages.
        replaced: by record, the production of this request that had it before.
        withheld: records for which a sheet stands; their ids are not told.
        files: every file but the manifest.
        scanner: what looked for viruses in the native files, None where nothing did.
    """
    documents = []
    for one, of in zip(produced, numbered, strict=True):
        documents.append(
            {
                "first": one.first,
                "last": one.last,
                "first_page": of.first_page,
                "last_page": of.last_page,
                "family_first": one.family_first,
                "record": None if of.record_id in withheld else of.record_id,
                "component": of.component,
                "leaves": of.leaves.value,
                "exemptions": list(one.document.codes),
                "pdf": one.pdf_path,
                "text": one.text_path,
                "native": one.native_path,
                "replaces": replaced.get(of.record_id),
            }
        )
    counts = {leaves.value: sum(one.leaves is leaves for one in numbered) for leaves in Leaves}
    return {
        **said,
        "last_page": numbered[-1].last_page,
        "records": len({one.record_id for one in numbered}),
        "counts": counts,
        "natives": {"files": sum(one.native_path is not None for one in produced), "scanner": scanner},
        "documents": documents,
        "files": [
            {"name": one.name, "size": one.size, "sha256": one.sha256}
            for one in sorted(files, key=lambda one: one.name)
        ],
    }


def manifest(installation: Installation, production: Production, about: Mapping[str, Any]) -> dict[str, Any]:
    """The signed manifest of a production that is in the ledger.

    Raises:
        Conflict: a restore lost what the ledger said of it.
    """
    archive = installation.archive
    with archive.store.read() as connection:
        key = present_key(installation, connection)
        salted = archive.ledger.salted_payload(connection, production.position)
        if salted is None:
            raise Conflict(
                "what the ledger said of this production was lost in a restore, so it cannot be signed; produce anew",
                request=production.request_id,
            )
        heads = _Heads(installation, connection, production.position + 1)
        proof = heads.prove(connection, production.position)
    document = {
        "type": PRODUCTION,
        "format": STATEMENT_FORMAT,
        "product": about["product"],
        "archive": archive.id,
        "agency": about["agency"],
        "zone": archive.zone.key,
        "issued_at": about["made_at"],
        PRODUCTION: production.request_id,
        PRODUCED: dict(about),
        "position": production.position,
        "salt": salted[0].hex(),
        "payload": salted[1].decode(),
        "proof": proof,
    }
    return sign_statement(installation, document, key)


def proof_lines(installation: Installation, record_ids: Sequence[str], size: int) -> Iterator[bytes]:
    """A line for each record: that it is in the ledger of `size` leaves.

    Raises:
        NotFound: one is not.
    """
    store = installation.archive.store
    with store.read() as connection:
        heads = _Heads(installation, connection, size)
    for some in chunks(record_ids):
        query = select(records.c.id, records.c.position).where(records.c.id.in_(some))
        with store.read() as connection:
            heads.read_by(connection)
            positions = {row.id: row.position for row in connection.execute(query)}
            for one in some:
                if one not in positions:
                    raise NotFound(f"there is no record {one}; decide anew without it", record=one)
                told = {"subject": one, **heads.prove(connection, positions[one])}
                yield json.dumps(told).encode() + b"\n"


class _Heads:
    """Inclusion proofs under the head of the log as long as it was at one moment."""

    def __init__(self, installation: Installation, connection: Connection, size: int) -> None:
        self._size = size
        self._hashes = stored_hashes(connection, size)
        root = range_hash(0, size, self._hashes.subtree)
        origin = present_key(installation, connection).split("+", 1)[0]
        head = Checkpoint(origin=origin, size=size, root=root)
        self._checkpoint = sign(head, installation.archive.keyring.signing_key).decode()

    def read_by(self, connection: Connection) -> None:
        """Read what is still missing over this connection."""
        self._hashes = stored_hashes(connection, self._size)

    def prove(self, connection: Connection, position: int) -> dict[str, Any]:
        """The proof of a leaf, as `storage.ledger.InclusionProof` has it."""
        query = select(ledger_leaves.c.leaf).where(ledger_leaves.c.position == position)
        leaf = bytes(connection.execute(query).scalar_one())
        path = inclusion_proof(position, self._size, self._hashes.subtree)
        return {
            "position": position,
            "tree_size": self._size,
            "leaf": leaf.decode(),
            "path": [one.hex() for one in path],
            "checkpoint": self._checkpoint,
        }
