"""Exports as a bag: BagIt 1.0 (RFC 8493) with metadata, PREMIS events and a signed proof for each record.

Rule: `bagit.txt` is written last, when everything else is durable, so what is not finished is not a bag. Until then
`unfinished.json` names the archive; the same command on such a folder goes on: what is whole by its own proof stays.
A record that cannot be exported is named in `export.json`, which is signed and binds the payload manifest, and by it
every file of the payload. A bag that is a transfer has manifests by SHA-512 too (§2.4 recommends it).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from archiver.access import Act, Principal, authorize
from archiver.exporting import ExportReport, export_each, refuse_full
from archiver.premis import PremisFacts, premis_document
from archiver.reading import ComponentSource
from archiver.record_writing import PROOF, Extra, WrittenFile, write_record
from archiver.signing import PRODUCT, as_json, heading, present_key, product_version, sign_statement
from storage.bundle_folders import check_record_folder
from storage.bundle_verdict import Verdict, read_members, read_small
from storage.errors import Corrupt, NotFound
from storage.files import sync_folder, write_whole
from storage.fixity_history import read_history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from archiver.wiring import Installation
    from storage.ledger import LedgerEvent
    from storage.records import DescribedRecord

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MARK = "unfinished.json"
_MANIFEST = "manifest-sha256.txt"
_TAG_MANIFEST = "tagmanifest-sha256.txt"
_MANIFEST_512 = "manifest-sha512.txt"
_TAG_MANIFEST_512 = "tagmanifest-sha512.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What makes a bag a transfer.

    Attributes:
        batch: id of the batch, under which the recipient knows it.
        about: what it is, in a line of `bag-info.txt`.
        tag_files: further files beside the payload, by name, made when the payload is written.
        note: told the report when all but the declaration is written; what it writes down is there before the bag is.
    """

    batch: str
    about: str
    tag_files: Callable[[ExportReport], Mapping[str, bytes]]
    note: Callable[[ExportReport], None]


def export_bag(
    installation: Installation,
    principal: Principal,
    ids: Iterable[str],
    folder: Path,
    progress: Callable[[int], None],
    *,
    shipment: Shipment | None = None,
) -> ExportReport:
    """Write these records as a bag into a new or empty folder, or go on with one that was not finished there.

    Raises:
        Conflict: the folder holds something else.
        NotFound: there was no record to export.
        Denied: this role may not export.
        TemporarilyUnavailable: the disk is full, or busy; the same command goes on later.
    """
    authorize(principal, Act.EXPORT)
    _begin(installation, folder, shipment)
    report = ExportReport(folder=os.fspath(folder))
    names = [_MANIFEST] if shipment is None else [_MANIFEST, _MANIFEST_512]
    with ExitStack() as stack:
        source = stack.enter_context(ComponentSource(installation))
        manifests = [
            stack.enter_context((folder / f"{name}.new").open("w", encoding="utf-8", newline="\n")) for name in names
        ]
        bag = _Bag(installation, source, folder, manifests)
        export_each(installation, principal, ids, report, bag.write, progress)
        for manifest in manifests:
            manifest.flush()
            os.fsync(manifest.fileno())
    if not report.exported and not report.failed:
        shutil.rmtree(folder)
        raise NotFound("there is no record to export")
    bag.drop_strangers()
    for name in names:
        (folder / f"{name}.new").rename(folder / name)
    _finish(installation, folder, report, bag, shipment)
    return report


def _begin(installation: Installation, folder: Path, shipment: Shipment | None) -> None:
    """Mark the folder as ours and unfinished.

    Raises:
        Conflict: it holds something else, or the unfinished bag of another archive.
    """
    of = {"archive": installation.archive.id, "transfer": None if shipment is None else shipment.batch}
    mark = as_json({**of, "unfinished": "the export was interrupted; run it again"})
    try:
        found = read_members(read_small(folder / _MARK, _MARK), _MARK)
        ours = {name: found.get(name) for name in of} == of
    except ValueError:
        ours = False
    if not ours:
        refuse_full(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _MARK, mark)
    (folder / "bagit.txt").unlink(missing_ok=True)
    (folder / "data").mkdir(exist_ok=True)


class _Bag:
    """The payload of one bag, as it is written."""

    def __init__(
        self, installation: Installation, source: ComponentSource, folder: Path, manifests: Sequence[TextIO]
    ) -> None:
        self._installation = installation
        self._source = source
        self._payload = folder / "data"
        self._manifest, *self._further = manifests
        self._fixity, self._damaged = _last_fixity(installation)
        self._there: set[str] = set()
        self.files = 0
        self.bytes = 0
        with installation.archive.store.read() as connection:
            self._key = present_key(installation, connection)

    def write(self, described: DescribedRecord, document: dict[str, Any]) -> tuple[WrittenFile, ...]:
        """Write one record, or keep it where it is whole already; and note its files in the manifest."""
        place = self._payload / described.record.id
        kept = self._kept(place, described)
        written = kept if kept is not None else self._write_new(place, described, document)
        self._there.add(place.name)
        for one in written:
            named = encoded(f"data/{place.name}/{one.name}")
            self._manifest.write(f"{one.sha256}  {named}\n")
            for manifest in self._further:
                manifest.write(f"{_sha512_of(place / one.name)}  {named}\n")
            self.files += 1
            self.bytes += one.size
        return written

    def _write_new(self, place: Path, described: DescribedRecord, document: dict[str, Any]) -> tuple[WrittenFile, ...]:
        extra = Extra(name="premis.xml", make=self._premis)
        try:
            written = write_record(
                self._installation, self._source, described, document, place, durable=False, extra=extra
            )
        except Corrupt:
            shutil.rmtree(place)
            raise
        return written

    def _kept(self, place: Path, described: DescribedRecord) -> tuple[WrittenFile, ...] | None:
        """The files of a record that an interrupted run left whole; what it left half is taken away."""
        if not place.exists():
            return None
        verdict = Verdict(kind="record", brought=self._key)
        found = check_record_folder(verdict, place)
        if not verdict.trusted or described.record.id != place.name or PROOF not in found:
            shutil.rmtree(place)
            return None
        components = {one.sha256: one.id for one in described.description.components}
        return tuple(
            WrittenFile(name=name, size=one.size, sha256=one.sha256, component=components.get(one.sha256))
            for name, one in found.items()
        )

    def _premis(self, described: DescribedRecord, files: tuple[WrittenFile, ...]) -> bytes:
        archive, record = self._installation.archive, described.record
        with archive.store.read() as connection:
            events = archive.ledger.events_about(connection, [record.id, record.submission_id])
        facts = PremisFacts(
            archive=archive.id,
            events=events,
            fixity=self._fixity,
            fixity_passed=self._damaged.isdisjoint((record.id, record.submission_id)),
            product={"name": PRODUCT, "version": product_version()},
            exported_at=archive.store.clock().astimezone(UTC),
        )
        return premis_document(described, files, facts)

    def drop_strangers(self) -> None:
        """Take away what an interrupted run left for records that are not in this one."""
        for one in self._payload.iterdir():
            if one.name not in self._there:
                shutil.rmtree(one)


def _sha512_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest()


def _last_fixity(installation: Installation) -> tuple[LedgerEvent | None, frozenset[str]]:
    """The event of the last check of the whole archive, and the ids of what is known to be damaged."""
    archive = installation.archive
    history = read_history(archive)
    damaged = frozenset(one for fault in history.faults for one in (fault.id, fault.record) if one is not None)
    if history.whole is None:
        return None, damaged
    with archive.store.read() as connection:
        return archive.ledger.event_at(connection, history.whole.position), damaged


def encoded(path: str) -> str:
    """A path as a manifest names it: per cent, line feed and carriage return are written %25, %0A, %0D (§2.1.3)."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _finish(
    installation: Installation, folder: Path, report: ExportReport, bag: _Bag, shipment: Shipment | None
) -> None:
    """Write the tag files, make everything durable, and only then declare the bag."""
    archive = installation.archive
    with (folder / _MANIFEST).open("rb") as file:
        report.manifest_sha256 = manifest = hashlib.file_digest(file, "sha256").hexdigest()
    now = archive.store.clock()
    checkpoint = archive.ledger.publish_checkpoint().decode()
    with archive.store.read() as connection:
        key = present_key(installation, connection)
    info = [
        ("Source-Organization", installation.settings.agency.name),
        ("External-Identifier", archive.id if shipment is None else shipment.batch),
        ("External-Description", f"{report.exported} public records, each with metadata, PREMIS events and a proof"),
        *([] if shipment is None else [("Bag-Group-Identifier", archive.id), ("Transfer", shipment.about)]),
        ("Bagging-Date", now.astimezone(archive.zone).date().isoformat()),
        ("Bag-Software-Agent", f"{PRODUCT} {product_version()}"),
        ("Payload-Oxum", f"{bag.bytes}.{bag.files}"),
        ("Internal-Sender-Description", f"{len(report.failed)} records could not be exported; export.json names them"),
    ]
    lines = "".join(f"{name}: {' '.join(value.split())}\n" for name, value in info)
    tags = {
        "bag-info.txt": lines.encode("utf-8", "replace"),
        "ledger-checkpoint.txt": checkpoint.encode(),
        "ledger-key.txt": f"{key}\n".encode(),
    }
    bound = {}
    if shipment is not None:
        tags |= shipment.tag_files(report)
        with (folder / _MANIFEST_512).open("rb") as file:
            bound[_MANIFEST_512] = hashlib.file_digest(file, "sha256").hexdigest()
    account = {
        **heading(installation, "export"),
        "exported_at": now.astimezone(UTC).isoformat(),
        "records": report.exported,
        "files": report.files,
        "bytes": report.bytes,
        "failed": report.failed,
        "manifest_sha256": manifest,
        "tag_files": bound | {name: hashlib.sha256(content).hexdigest() for name, content in tags.items()},
        "checkpoint": checkpoint,
    }
    tags["export.json"] = as_json(sign_statement(installation, account, key))
    for name, content in tags.items():
        write_whole(folder / name, content)
    named = [*tags, "bagit.txt", _MANIFEST, *bound]
    write_whole(folder / _TAG_MANIFEST, _tag_manifest(folder, named, "sha256"))
    if shipment is not None:
        write_whole(folder / _TAG_MANIFEST_512, _tag_manifest(folder, named, "sha512"))
    os.sync()  # once for the whole payload
    if shipment is not None:
        shipment.note(report)
    write_whole(folder / "bagit.txt", DECLARATION)
    (folder / _MARK).unlink()
    sync_folder(folder)


def _tag_manifest(folder: Path, names: Sequence[str], algorithm: str) -> bytes:
    """The lines of a tag manifest; `bagit.txt`, which is written last, is named as it will be."""
    lines = []
    for name in sorted(names):
        if name == "bagit.txt":
            digest = hashlib.new(algorithm, DECLARATION)
        else:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, algorithm)
        lines.append(f"{digest.hexdigest()}  {name}\n")
    return "".join(lines).encode()
