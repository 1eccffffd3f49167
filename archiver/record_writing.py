"""One exported record as files: its components byte for byte, its metadata, and a signed proof that names them all.

Rule: `proof.json` is written last and lists digest and size of every other file, so a folder without it is not a whole
record, and nothing in a whole one can be changed, taken out or added unseen. It carries the leaf of the record and
that of the deposit, both under one signed head, so that what was handed in is bound to the ledger too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from archiver.reading import file_name
from archiver.signing import as_json, heading, present_key, sign_statement
from storage.catalogue import captured_facts
from storage.files import write_pieces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from archiver.reading import ComponentSource
    from archiver.wiring import Installation
    from storage.records import DescribedRecord

METADATA = "metadata.json"
PROOF = "proof.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """One file of an exported record; `component` is the id of the component that it is, if it is one."""

    name: str
    size: int
    sha256: str
    component: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A further file that describes the record; `make` gets the components' files."""

    name: str
    make: Callable[[DescribedRecord, tuple[WrittenFile, ...]], bytes]


def write_record(
    installation: Installation,
    source: ComponentSource,
    described: DescribedRecord,
    document: dict[str, Any],
    folder: Path,
    *,
    durable: bool,
    extra: Extra | None = None,
) -> tuple[WrittenFile, ...]:
    """Write a record into a folder; returns its files, the proof last.

    Args:
        installation: the archive.
        source: where the components' bytes come from.
        described: the record, opened.
        document: its `record show` document.
        folder: where to; made if it is not there.
        durable: whether each file is durable on return; else the caller makes all of them so.
        extra: a further file to write.

    Raises:
        Corrupt: a component is not what was described.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[WrittenFile] = []
    for number, component in enumerate(described.description.components, start=1):
        name = file_name(component, number)
        size = write_pieces(folder / name, source.pieces(described, component), durable=durable)
        written.append(WrittenFile(name=name, size=size, sha256=component.sha256, component=component.id))

    def add(name: str, content: bytes) -> None:
        write_pieces(folder / name, [content], durable=durable)
        written.append(WrittenFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest()))

    add(METADATA, as_json(document))
    if extra is not None:
        add(extra.name, extra.make(described, tuple(one for one in written if one.component is not None)))
    add(PROOF, as_json(record_proof(installation, described, tuple(written))))
    return tuple(written)


def record_proof(
    installation: Installation, described: DescribedRecord, files: tuple[WrittenFile, ...]
) -> dict[str, Any]:
    """The signed proof of an exported record and its files."""
    archive, record = installation.archive, described.record
    with archive.store.read() as connection:
        key = present_key(installation, connection)
        proof = archive.ledger.prove(connection, record.position).to_json()
        deposit = _deposit(installation, connection, record.submission_id)
    document = {
        **heading(installation, "record"),
        "record": record.id,
        "exported_at": archive.store.clock().astimezone(UTC).isoformat(),
        "facts": captured_facts(record),
        **proof,
        "deposit": deposit,
        "files": [
            {"name": one.name, "size": one.size, "sha256": one.sha256, "component": one.component} for one in files
        ],
    }
    return sign_statement(installation, document, key)


def _deposit(installation: Installation, connection: Connection, submission_id: str) -> dict[str, Any] | None:
    """The leaf of the deposit and what it binds; None where that was destroyed."""
    archive = installation.archive
    position = archive.submissions.get(connection, submission_id).position
    salted = archive.ledger.salted_payload(connection, position)
    if salted is None:
        return None
    proof = archive.ledger.prove(connection, position)
    return {
        "submission": submission_id,
        "position": position,
        "leaf": proof.leaf.decode(),
        "path": [one.hex() for one in proof.path],
        "salt": salted[0].hex(),
        "payload": salted[1].decode(),
    }
