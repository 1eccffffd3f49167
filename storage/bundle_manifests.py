"""Manifests of bags (RFC 8493 §2.1.3, §2.2.1): read strictly, and those by SHA-512 compared with every file.

Rule: a manifest by another algorithm names exactly the same files, and every one of its lines is computed anew; tag
manifests name no tag manifest. No path leads out of the bag.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage.bundle_proofs import quoted
from storage.bundle_verdict import open_regular
from storage.strict_json import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.bundle_verdict import Verdict

TAG_MANIFEST_512: Final = "tagmanifest-sha512.txt"
_MANIFEST_512: Final = "manifest-sha512.txt"
_DIGITS: Final = {"sha256": 64, "sha512": 128}
_LONGEST_LINE: Final = 1 << 20
_SHOWN: Final = 1_000
_PIECE: Final = 1 << 20


def read_manifest(path: Path, algorithm: str) -> dict[str, str]:
    """The digests of a manifest by path; line feeds and per cents in names are written %0A, %0D, %25 (§2.1.3).

    Raises:
        ValueError: a line is none, a path leads out of the bag or stands twice.
    """
    form = re.compile(rf"([0-9a-f]{{{_DIGITS[algorithm]}}})[ \t]+\*?(.+)")
    found: dict[str, str] = {}
    with open_regular(path) as file:
        for line in _lines(file, path.name):
            match = form.fullmatch(line)
            if match is None:
                refuse(f"a line of {path.name}")
            name = re.sub("%(0[aAdD]|25)", lambda code: chr(int(code[1], 16)), match[2])
            if name.startswith(("/", "~")) or ".." in name.split("/") or name in found:
                refuse(f"a path in {path.name}")
            found[name] = match[1]
    return found


def _lines(file: Iterator[bytes], name: str) -> Iterator[str]:
    for line in file:
        if len(line) > _LONGEST_LINE:
            refuse(f"a line of {name}")
        yield line.decode().rstrip("\r\n")


def check_sha512(verdict: Verdict, folder: Path) -> None:
    """Compare the manifests by SHA-512, where the bag has them, with the files as they are."""
    there = [name for name in (_MANIFEST_512, TAG_MANIFEST_512) if (folder / name).exists()]
    if not there:
        return
    payload = {os.path.relpath(one, folder) for one in _files(folder / "data")}
    tags = {one.name for one in folder.iterdir() if one.is_file() and not one.name.startswith("tagmanifest-")}
    for name, wanted in ((_MANIFEST_512, payload), (TAG_MANIFEST_512, tags)):
        try:
            named = read_manifest(folder / name, "sha512")
        except ValueError as error:
            verdict.fault("bag", name, f"the manifest is not complete: {error}")
            continue
        for path in sorted(named.keys() ^ wanted)[:_SHOWN]:
            verdict.fault("bag", name, f"{quoted(path)} is not both named and there")
        for path in sorted(named.keys() & wanted):
            verdict.expect(
                _sha512_of(folder / path) == named[path], "bag", name, f"{quoted(path)} is not what it names"
            )
    verdict.checks.append("the manifests by SHA-512 name every file, each with the digest that it has")


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / one for one in names)


def _sha512_of(path: Path) -> str | None:
    digest = hashlib.sha512()
    try:
        with open_regular(path) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()
