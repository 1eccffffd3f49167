"""Checking a receipt, a proof or an export with nothing but a public key: no archive, no passphrase, no network.

Rule: this file and what it imports need Python and the package `cryptography` only, so that a stranger can run it
from a copy of the folder `storage`:

    python -m storage.bundle_check PATH [--key FILE] [--file ORIGINAL] [--json]

Exit status as in docs/commands.md: 0 no fault, 2 nothing that could be checked, 3 not there, 6 faults.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage.bundle_certificates import check_certificate
from storage.bundle_documents import check_export, check_receipt, check_record
from storage.bundle_folders import check_bag, check_record_folder, check_records_folder, digest_of
from storage.bundle_places import ZIP_START, FolderFiles, ZippedFiles
from storage.bundle_productions import MANIFEST, PRODUCED, PRODUCTION, check_package, check_production
from storage.bundle_proofs import check_checkpoint, check_consistency, check_proof
from storage.bundle_releases import check_release
from storage.bundle_searches import DECLARATION, DOCUMENT, FROZEN, REPORT, check_frozen_folder, check_search
from storage.bundle_verdict import LARGEST_DOCUMENT, Verdict, read_key, read_members
from storage.errors import Corrupt, InvalidInput, NewerFormat, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from storage.bundle_proofs import Bytes
    from storage.strict_json import Members

_NOTHING = "it is no receipt, certificate, proof, record, search, production, bag, account of consistency or checkpoint"
_TOLD_BY: Final = (
    ("record", ({"files", "facts"},)),
    ("export", ({"manifest_sha256"},)),
    ("release", ({"nonrecord"},)),
    (PRODUCTION, ({PRODUCTION, PRODUCED},)),
    (FROZEN, ({"frozen", "set"},)),
    (REPORT, ({"hit_report", "report"},)),
    (DECLARATION, ({"declaration", "declared"},)),
    ("certificate", ({"disposition"}, {"destructions"})),
    ("receipt", ({"proof"}, {"payload"})),
    ("proof", ({"leaf"},)),
    ("consistency", ({"old", "new"},)),
)
_BAG_FILES = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "export.json", "unfinished.json")


def check_bundle(path: Path, key: str | None = None, original: Path | None = None) -> Verdict:
    """Check whatever lies at `path`.

    Args:
        path: a document, the folder of an exported record or of a production, a folder of such folders, a bag, or a
            production as one ZIP file.
        key: the verifier line that the verifier brings (see `read_key`); without it nothing is trusted.
        original: a file that the verifier has kept, to compare with a receipt.

    Raises:
        NotFound: there is nothing at a path.
        InvalidInput: it is nothing that could be checked.
    """
    if not path.exists():
        raise NotFound(f"{path} does not exist; give a receipt, a proof, or the folder of an export")
    kept = None if original is None else _kept(original)
    if not path.is_dir():
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_DOCUMENT + 1)
                if content.startswith(ZIP_START) and file.seekable():
                    _refuse_kept(kept)
                    return _check_zip(path, file, key)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror or 'not a file'}") from error
        try:
            return check_document(content, key, kept)
        except InvalidInput as error:
            raise InvalidInput(f"{path}: {error.message}") from error
    _refuse_kept(kept)
    return _check_folder(path, key)


def _refuse_kept(kept: Bytes | None) -> None:
    if kept is not None:
        raise InvalidInput("--file compares a file with a receipt; give the receipt as PATH")


def _kept(original: Path) -> Bytes:
    if not original.exists():
        raise NotFound(f"{original} does not exist; --file names your own copy of what was handed in")
    try:
        return digest_of(original.resolve())
    except ValueError as error:
        raise InvalidInput(f"{original} cannot be read; --file names a plain file") from error


def _check_folder(path: Path, key: str | None) -> Verdict:
    if (path / "proof.json").is_file():
        verdict = Verdict(kind="record", brought=key)
        check_record_folder(verdict, path)
    elif (path / DOCUMENT).is_file():
        verdict = Verdict(kind=FROZEN, brought=key)
        check_frozen_folder(verdict, path)
    elif (path / MANIFEST).is_file():
        verdict = Verdict(kind=PRODUCTION, brought=key)
        check_package(verdict, FolderFiles(path))
    elif any((path / one).exists() for one in _BAG_FILES):
        verdict = Verdict(kind="bag", brought=key)
        check_bag(verdict, path)
    elif any((one / "proof.json").is_file() for one in path.iterdir()):
        verdict = Verdict(kind="records", brought=key)
        check_records_folder(verdict, path)
    else:
        raise InvalidInput(f"{path}: {_NOTHING}")
    return verdict


def _check_zip(path: Path, file: BinaryIO, key: str | None) -> Verdict:
    verdict = Verdict(kind=PRODUCTION, brought=key)
    try:
        package = ZippedFiles(file)
        named = package.names()
    except ValueError as error:
        verdict.fault("form", PRODUCTION, f"the package is not in its form ({error})")
        return verdict
    if MANIFEST not in named:
        raise InvalidInput(f"{path}: this ZIP file holds no production; unpack it, and give its folder")
    check_package(verdict, package)
    return verdict


def check_document(content: bytes, key: str | None = None, original: Bytes | None = None) -> Verdict:
    """Check one document; `content` is what stands in its file.

    Raises:
        InvalidInput: it is nothing that could be checked.
        NewerFormat: a newer version of this program made it.
    """
    if content.lstrip()[:1] != b"{":
        if content.startswith(b"public-records-archive/") and len(content) <= LARGEST_DOCUMENT:
            verdict = Verdict(kind="checkpoint", brought=key)
            check_checkpoint(verdict, content)
            return verdict
        raise InvalidInput(_NOTHING)
    try:
        document = read_members(content, "the document")
    except ValueError as error:
        raise InvalidInput(f"this is no JSON that could be checked: {error}") from error
    verdict = Verdict(kind=_kind_of(document), brought=key)
    if original is not None and verdict.kind != "receipt":
        raise InvalidInput("--file compares a file with a receipt; give the receipt as PATH")
    try:
        _check_kind(verdict, document, original)
    except NewerFormat:
        raise
    except (ValueError, Corrupt) as error:
        verdict.fault("form", verdict.kind, f"the document is not in its form ({error})")
    return verdict


def _kind_of(document: Members) -> str:
    """What a document is, by its members: what it calls itself may be a lie like anything else in it."""
    for kind, any_of in _TOLD_BY:
        if any(names <= document.keys() for names in any_of):
            return kind
    raise InvalidInput(_NOTHING)


def _check_kind(verdict: Verdict, document: Members, original: Bytes | None) -> None:
    # what was signed as more must not pass as less when a part of it is cut away
    same = document.get("type", verdict.kind) == verdict.kind
    verdict.expect(same, "form", verdict.kind, "it calls itself something else than what it is")
    if verdict.kind == "receipt":
        check_receipt(verdict, document, original)
    elif verdict.kind == "certificate":
        check_certificate(verdict, document)
    elif verdict.kind == "release":
        check_release(verdict, document)
    elif verdict.kind == PRODUCTION:
        check_production(verdict, document)
        verdict.checks.append("the files of the production were not looked at; give its folder for that")
    elif verdict.kind in {FROZEN, REPORT, DECLARATION}:
        check_search(verdict, document)
        if verdict.kind == FROZEN:
            verdict.checks.append("the list of ids was not looked at; give its folder for that")
    elif verdict.kind == "record":
        check_record(verdict, document)
        verdict.checks.append("the record's files were not looked at; give their folder for that")
    elif verdict.kind == "export":
        check_export(verdict, document)
    elif verdict.kind == "consistency":
        check_consistency(verdict, document)
    else:
        check_proof(verdict, document)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; returns its exit status."""
    parser = argparse.ArgumentParser(prog="bundle_check", description="Check a receipt, a proof or an export offline.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--key", help="file with the archive's public key line, or the line itself")
    parser.add_argument("--file", type=Path, help="your own copy of what a receipt is for")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        verdict = check_bundle(given.path, None if given.key is None else read_key(given.key), given.file)
    except (InvalidInput, NotFound) as error:
        sys.stderr.write(f"bundle_check: {error.message}\n")
        return 3 if isinstance(error, NotFound) else 2
    except NewerFormat as error:
        sys.stderr.write(f"bundle_check: {error.message}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"bundle_check: {error.filename}: {error.strerror}\n")
        return 1
    text = json.dumps(verdict.to_json()) if given.json else verdict.as_text()
    sys.stdout.write("".join(one if one == "\n" or one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text))
    sys.stdout.write("\n")
    return 6 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
