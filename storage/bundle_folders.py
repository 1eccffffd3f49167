"""Checking folders offline: an exported record, a folder of them, a BagIt bag (RFC 8493) of them.

Rule: every file is accounted for. A file that nothing names, or that is named and not there, is a fault; links and
special files are faults; no name leads out of the folder. A bag without `bagit.txt` was never finished.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from storage.bundle_documents import check_export, check_record
from storage.bundle_manifests import TAG_MANIFEST_512, check_sha512, read_manifest
from storage.bundle_proofs import LARGEST_NUMBER, Bytes, quoted
from storage.bundle_verdict import Verdict, identifier, open_regular, read_members, read_small
from storage.strict_json import Members, many, moment, number, refuse, sha256, string, string_or_none

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

_CHUNK = 1 << 20
_SHOWN = 1_000
_PROOF = "proof.json"
_METADATA = "metadata.json"
_ACCOUNT = "export.json"
_TAG_MANIFEST = "tagmanifest-sha256.txt"
_DECLARATION = re.compile(rb"BagIt-Version: 1\.0\r?\nTag-File-Character-Encoding: UTF-8\r?\n?")
_OXUM = re.compile(r"^Payload-Oxum:[ \t]*(\d{1,18})\.(\d{1,18})[ \t]*$", re.MULTILINE)


def digest_of(path: Path) -> Bytes:
    """Digest and size of a plain file, read in pieces.

    Raises:
        ValueError: it is a link, a special file, or cannot be read.
    """
    with open_regular(path) as file:
        return digest_of_open(file)


def digest_of_open(file: IO[bytes]) -> Bytes:
    """Digest and size of what can be read of an open file.

    Raises:
        ValueError: it cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    try:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    except OSError:
        refuse("a file that can be read")
    return Bytes(sha256=digest.hexdigest(), size=size)


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(one.name for one in entries)


def _listed(members: Members) -> dict[str, Bytes]:
    def one(value: object) -> tuple[str, Bytes]:
        if type(value) is not dict:
            refuse("files")
        name = string(value, "name")
        if name in {"", ".", "..", _PROOF} or "/" in name or "\x00" in name:
            refuse("the name of a file")
        return name, Bytes(sha256=sha256(value, "sha256"), size=number(value, "size", at_most=LARGEST_NUMBER))

    pairs = many(members, "files", one)
    if len(dict(pairs)) != len(pairs):
        refuse("files")
    return dict(pairs)


def check_record_folder(verdict: Verdict, folder: Path) -> dict[str, Bytes]:
    """Check the folder of one exported record; returns digest and size of each of its files, as they are."""
    subject = folder.name
    found: dict[str, Bytes] = {}
    listed: dict[str, Bytes] = {}
    try:
        content = read_small(folder / _PROOF, _PROOF)
        found[_PROOF] = Bytes(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        proof = read_members(content, _PROOF)
        subject = identifier(proof, "record")
        listed = _listed(proof)
        facts, deposit = check_record(verdict, proof)
    except ValueError as error:
        verdict.fault("form", subject, f"{_PROOF} is {error}")
        return found
    verdict.records += 1
    verdict.seen.add(subject)
    _check_files(verdict, folder, subject, listed, found)
    original = None if deposit is None else next((one for one in listed if listed[one] == deposit.bytes), None)
    if original is not None and found.get(original) == listed[original]:
        verdict.checks.append(f"{quoted(original)} is byte for byte what was handed in, as the ledger witnesses")
    if _METADATA in found:
        try:
            metadata = read_members(read_small(folder / _METADATA, _METADATA), _METADATA)
            _check_metadata(verdict, subject, metadata, facts, listed, None if deposit is None else deposit.bytes)
        except ValueError as error:
            verdict.fault("form", subject, f"{_METADATA} is {error}")
    return found


def _check_files(
    verdict: Verdict, folder: Path, subject: str, listed: dict[str, Bytes], found: dict[str, Bytes]
) -> None:
    """Digest what lies in the folder into `found`, and compare it with what the proof lists."""
    for name in _names(folder):
        if name == _PROOF:
            continue
        try:
            found[name] = digest_of(folder / name)
        except ValueError as error:
            verdict.fault("file", subject, f"{quoted(name)} is {error}")
            continue
        verdict.files += 1
        verdict.bytes += found[name].size
        verdict.expect(name in listed, "file", subject, f"{quoted(name)} does not belong to the export")
    for name, expected in listed.items():
        if name not in found:
            verdict.fault("file", subject, f"{quoted(name)} is missing")
        elif found[name] == expected:
            verdict.checks.append(f"{quoted(name)} is what was exported: SHA-256 {expected.sha256}")
        else:
            verdict.fault("file", subject, f"{quoted(name)} is not what was exported")


def _check_metadata(
    verdict: Verdict, subject: str, metadata: Members, facts: Members, listed: dict[str, Bytes], handed_in: Bytes | None
) -> None:
    """What the metadata says agrees with what the ledger binds, and each component has its file."""
    captured, provenance = metadata.get("captured"), metadata.get("provenance")
    if type(captured) is not dict or type(provenance) is not dict:
        refuse("captured")
    same = (
        metadata.get("id") == facts["id"]
        and metadata.get("kind") == facts["kind"]
        and captured.get("channel") == facts["channel"]
        and captured.get("submission") == facts["submission"]
        and moment(captured, "at") == moment(facts, "captured_at")
        and provenance.get("grade") == facts["grade"]
    )
    wrong = f"{_METADATA} and the captured facts differ"
    if handed_in is not None:
        said = Bytes(sha256=sha256(captured, "sha256"), size=number(captured, "size", at_most=LARGEST_NUMBER))
        same = same and said == handed_in
    verdict.expect(same, "facts", subject, wrong, f"{_METADATA} agrees with the captured facts")

    def component(value: object) -> tuple[str, Bytes]:
        if type(value) is not dict:
            refuse("components")
        string_or_none(value, "name")
        return string(value, "id"), Bytes(
            sha256=sha256(value, "sha256"), size=number(value, "size", at_most=LARGEST_NUMBER)
        )

    there = set(listed.values())
    for name, expected in many(metadata, "components", component):
        verdict.expect(expected in there, "component", subject, f"component {quoted(name)} has no file in the export")


def check_records_folder(verdict: Verdict, folder: Path) -> None:
    """Check a folder that holds a folder for each exported record."""
    for name in _names(folder):
        if not (folder / name / _PROOF).is_file() or (folder / name).is_symlink():
            verdict.fault("file", name[:100], "it is not the folder of an exported record")
            continue
        part = Verdict(kind="record", brought=verdict.brought)
        check_record_folder(part, folder / name)
        _take_record(verdict, part, name)
    said = f"{verdict.records:,} records, {verdict.files:,} files, {verdict.bytes:,} bytes were looked at"
    verdict.checks.append(f"{said}, each against its own proof")


def _take_record(verdict: Verdict, part: Verdict, name: str) -> None:
    """Add what checking one record found. All of them must be of one key, and no record is there twice."""
    if verdict.own is None:
        verdict.own, verdict.key_matches = part.own, part.key_matches
    verdict.expect(part.own in (None, verdict.own), "key", name, "it was made with another key than the others")
    for record in part.seen & verdict.seen:
        again = f"it holds the record {record} once more, under another name; take the copy away"
        verdict.fault("record", name[:100], again)
    verdict.seen |= part.seen
    verdict.files += part.files
    verdict.bytes += part.bytes
    verdict.take(part)


def check_bag(verdict: Verdict, folder: Path) -> None:
    """Check a bag: its declaration, manifests and payload (RFC 8493 §3), and each record in it by its own proof."""
    try:
        declared = _DECLARATION.fullmatch(read_small(folder / "bagit.txt", "bagit.txt"))
        verdict.expect(declared, "bag", "bagit.txt", "it does not declare a bag of version 1.0")
        tags = read_manifest(folder / _TAG_MANIFEST, "sha256")
        payload = read_manifest(folder / "manifest-sha256.txt", "sha256")
    except ValueError as error:
        verdict.fault("bag", "bagit.txt", f"the bag is not complete: {error}")
        return
    _check_tags(verdict, folder, tags)
    if not (folder / "data").is_dir():
        verdict.fault("bag", "data", "the bag has no payload folder")
        return
    for name in _names(folder / "data"):
        part = Verdict(kind="record", brought=verdict.brought)
        place = folder / "data" / name
        if place.is_symlink() or not place.is_dir():
            verdict.fault("file", name[:100], "it lies in the payload and belongs to no record")
            continue
        found = check_record_folder(part, place)
        _take_record(verdict, part, name)
        for file, actual in found.items():
            expected = payload.pop(f"data/{name}/{file}", None)
            right = expected == actual.sha256
            verdict.expect(right, "bag", name[:100], f"{quoted(file)} is not what the manifest of the bag names")
    for name in list(payload)[:_SHOWN]:
        verdict.fault("bag", "manifest-sha256.txt", f"{quoted(name)} is named and not there")
    verdict.checks.append(f"{verdict.records:,} records were checked, each against its own proof")
    check_sha512(verdict, folder)
    _check_oxum(verdict, folder)


def _check_tags(verdict: Verdict, folder: Path, tags: dict[str, str]) -> None:
    """Every file outside the payload is what the tag manifest names, and what the signed account binds.

    The account (`export.json`) binds the payload manifest, and by it every file of the payload.
    """
    try:
        bound = check_export(verdict, read_members(read_small(folder / _ACCOUNT, _ACCOUNT), _ACCOUNT))
    except ValueError as error:
        verdict.fault("form", _ACCOUNT, f"the account of the export is {error}")
        bound = {}
    there = {"bagit.txt", _ACCOUNT} | tags.keys() | bound.keys()
    for place, folders, files in os.walk(folder):
        if place == os.fspath(folder):
            folders[:] = [one for one in folders if one != "data"]
        there |= {os.path.relpath(os.path.join(place, one), folder) for one in files}  # noqa: PTH118 - names of os.walk
    for name in sorted(there - {_TAG_MANIFEST, TAG_MANIFEST_512}):
        try:
            actual = digest_of(folder / name).sha256
        except ValueError:
            verdict.fault("bag", _TAG_MANIFEST, f"{quoted(name)} is missing, or no plain file")
            continue
        verdict.expect(tags.get(name) == actual, "bag", _TAG_MANIFEST, f"{quoted(name)} is not what it names")
        if name not in {"bagit.txt", _ACCOUNT}:
            signed = bound.get(name) == actual
            verdict.expect(signed, "bag", _ACCOUNT, f"{quoted(name)} is not what the signed account names")


def _check_oxum(verdict: Verdict, folder: Path) -> None:
    try:
        match = _OXUM.search(read_small(folder / "bag-info.txt", "bag-info.txt").decode())
    except ValueError:
        match = None
    size, count = 0, 0
    for place, _, files in os.walk(folder / "data"):
        count += len(files)
        size += sum(os.lstat(os.path.join(place, one)).st_size for one in files)  # noqa: PTH118
    right = match is not None and (int(match[1]), int(match[2])) == (size, count)
    verdict.expect(right, "bag", "bag-info.txt", "the payload has other bytes or files than Payload-Oxum says")
