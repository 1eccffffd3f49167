"""The manifest of an increment: what it consists of, what it follows, and the code that authenticates it.

Rule: an increment exists when its manifest is there, whole. It names every part file by digest, names the manifest
before it by digest, and carries HMAC-SHA-256 (RFC 2104) under a key that is derived from the backup key for this and
nothing else, so a place that others can write to can lose increments but cannot forge one.

A manifest is JSON, kept as ``manifest-<number>.json``; the code is taken over its canonical form (sorted keys, no
blanks, ASCII) without the member `mac`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storage.backup.parts import Part
from storage.errors import Corrupt, NewerFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.keys import Keyring

FORMAT = 1
LARGEST = 4 << 20
_LABEL = b"public-records-archive backup manifest v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One increment.

    `size` and `root` are the ledger's at the moment that the increment shows, `log` the number of that log.
    `catalogue_from` and `keys_from` are the numbers of the manifests at which the chains of part files begin that
    make up the catalogue and the keys as of this increment; `kept_from` is the oldest number that is still kept.
    `whole` are digests of the small tables as last carried. `keys_at` is when the oldest key part of the chain was
    made, `epochs` the epochs whose keys it carries. `objects` and `object_bytes` count what this one copied.
    `faults` are objects that no increment could copy yet; each further one tries them again.
    """

    archive: str
    archive_format: int
    program: str
    number: int
    previous: str | None
    made_at: datetime
    log: int
    size: int
    root: str
    catalogue: Part
    keys: Part
    catalogue_from: int
    keys_from: int
    kept_from: int
    keys_at: datetime
    epochs: tuple[int, ...]
    whole: Mapping[str, str]
    objects: int
    object_bytes: int
    chain_bytes: int
    base_bytes: int
    faults: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return manifest_name(self.number)

    @property
    def is_full(self) -> bool:
        """Whether it carries the whole catalogue."""
        return self.catalogue_from == self.number

    def encode(self, keyring: Keyring) -> bytes:
        """The file's bytes."""
        members = self.members()
        members["mac"] = _code(keyring, members)
        return json.dumps(members, sort_keys=True, indent=1).encode() + b"\n"

    def members(self) -> dict[str, Any]:
        """As JSON values, without the code."""
        members = asdict(self)
        members["format"] = FORMAT
        members["made_at"] = self.made_at.astimezone(UTC).isoformat()
        members["keys_at"] = self.keys_at.astimezone(UTC).isoformat()
        members["epochs"] = list(self.epochs)
        members["faults"] = list(self.faults)
        members["whole"] = dict(self.whole)
        return members


def manifest_name(number: int) -> str:
    """The name of the file of a manifest."""
    return f"manifest-{number}.json"


def _canonical(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _code(keyring: Keyring, members: Mapping[str, Any]) -> str:
    key = hmac.digest(keyring.backup_key, _LABEL, hashlib.sha256)
    return hmac.digest(key, _canonical(members), hashlib.sha256).hex()


def decode(content: bytes, number: int, keyring: Keyring) -> Manifest:
    """Read and authenticate a manifest.

    Raises:
        NewerFormat: a newer version of this program made it.
        Corrupt: it is damaged, forged, or another archive's or number's.
    """
    name = manifest_name(number)
    try:
        members = json.loads(content)
        code = members.pop("mac")
        genuine = isinstance(code, str) and hmac.compare_digest(code.encode(), _code(keyring, members).encode())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt(f"{name} of the backup is damaged; use another copy of the backup", number=number) from error
    if not genuine:
        raise Corrupt(f"{name} of the backup is damaged, or of another archive; use another copy", number=number)
    made_with = members.pop("format", None)
    if made_with != FORMAT:
        raise NewerFormat(f"{name} has backup format {made_with} and this program knows {FORMAT}; use the newer one")
    members["made_at"] = datetime.fromisoformat(members["made_at"])
    members["keys_at"] = datetime.fromisoformat(members["keys_at"])
    members["epochs"] = tuple(members["epochs"])
    members["faults"] = tuple(members.get("faults", ()))
    for part in ("catalogue", "keys"):
        members[part] = Part(**members[part])
    manifest = Manifest(**members)
    if manifest.number != number:
        raise Corrupt(f"{name} of the backup is another one's, renamed; use another copy", number=number)
    return manifest
