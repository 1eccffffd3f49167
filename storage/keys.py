"""The key hierarchy: slots open the master key, the master key opens keyring, epoch and index keys.

Rule zero: a key that must be destroyable is random and stored, never derived from one that survives. Epoch and
index keys are one file each under ``keys/``, sealed under the master key, never in the database.

A slot is a way to the master key: a passphrase (Argon2id) or a secret of 256 bits (the recovery key, a key
file), whose sealing key is HKDF of the secret. `slots.json` says which slots there are; it holds no secret.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import Conflict, Corrupt, Denied, NotFound
from storage.files import erase, write_whole
from storage.sealing import KEY_BYTES, SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    from pathlib import Path

SLOTS_FORMAT = 1
_RECOVERY_GROUP = 7
_ARGON2 = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}


class SlotKind(StrEnum):
    """How a slot is opened."""

    PASSPHRASE = "passphrase"
    RECOVERY = "recovery"
    KEY_FILE = "key-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What somebody brings to open a slot; never printed."""

    kind: SlotKind
    content: bytes

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Secret(kind={self.kind.value!r})"


def recovery_text(secret: bytes) -> str:
    """A recovery key as people copy it: base 32 in groups, without padding."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return "-".join(text[at : at + _RECOVERY_GROUP] for at in range(0, len(text), _RECOVERY_GROUP))


def read_recovery_text(text: str) -> bytes | None:
    """The 32 bytes of a recovery key as printed, or None if this is none; case and spacing do not matter."""
    compact = "".join(text.split()).replace("-", "").upper()
    try:
        secret = base64.b32decode(compact + "=" * (-len(compact) % 8))
    except ValueError:
        return None
    return secret if len(secret) == KEY_BYTES else None


def _slot_key(secret: Secret, salt: bytes, parameters: dict[str, int]) -> bytes:
    if secret.kind is SlotKind.PASSPHRASE:
        return hash_secret_raw(secret.content, salt, hash_len=KEY_BYTES, type=Type.ID, **parameters)
    return HKDF(SHA256(), KEY_BYTES, salt=salt, info=b"public-records-archive slot v1").derive(secret.content)


class Keyring:
    """The opened keys of one archive. Holding it means being able to read the archive."""

    def __init__(self, folder: Path, archive_id: str, master: bytes) -> None:
        self._folder = folder
        self.archive_id = archive_id
        self._master = master
        members = json.loads(self._open(folder / "keyring", SealKind.KEYRING, "keyring"))
        self.database_key = bytes.fromhex(members["database"])
        self.digest_key = bytes.fromhex(members["digest"])
        self.backup_key = bytes.fromhex(members["backup"])
        self.signing_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(members["signing"]))
        self._epochs: dict[int, bytes] = {}

    def __repr__(self) -> str:
        """Without keys."""
        return f"Keyring({self.archive_id!r})"

    @property
    def master(self) -> bytes:
        """The master key, for handing to a program of the same archive through a pipe."""
        return self._master

    def _open(self, path: Path, kind: SealKind, name: str) -> bytes:
        try:
            sealed = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"the key file keys/{name} is missing; restore it from the key backup", key=name) from error
        return unseal(self._master, archive_id=self.archive_id, kind=kind, object_id=name, sealed=sealed)

    def _create(self, path: Path, kind: SealKind, name: str) -> bytes:
        if path.exists():
            raise Conflict(f"the key file keys/{name} exists already", key=name)
        key = new_key()
        sealed = seal(self._master, archive_id=self.archive_id, kind=kind, object_id=name, plain=key)
        write_whole(path, sealed)
        return key

    def epoch_key(self, number: int) -> bytes:
        """The key of an epoch, read once.

        Raises:
            NotFound: the epoch was destroyed, or made by another program since; reload the keyring.
        """
        if number not in self._epochs:
            name = f"epoch/{number}"
            self._epochs[number] = self._open(self._folder / name, SealKind.EPOCH_KEY, name)
        return self._epochs[number]

    def create_epoch(self, number: int) -> None:
        """Make the key of a new epoch, durable before anything is wrapped under it."""
        name = f"epoch/{number}"
        self._epochs[number] = self._create(self._folder / name, SealKind.EPOCH_KEY, name)

    def index_key(self, number: int) -> bytes:
        """The key of an index generation."""
        name = f"index/{number}"
        return self._open(self._folder / name, SealKind.INDEX_KEY, name)

    def create_index_key(self, number: int) -> bytes:
        """Make the key of a new index generation."""
        name = f"index/{number}"
        return self._create(self._folder / name, SealKind.INDEX_KEY, name)

    def destroy_index_key(self, number: int) -> None:
        """Destroy the key of an index generation; harmless when it is gone already."""
        path = self._folder / "index" / str(number)
        if path.exists():
            erase(path)


def _seal_slot(archive_id: str, number: int, master: bytes, secret: Secret) -> dict[str, object]:
    salt = os.urandom(16)
    name = f"slot/{number}"
    key = _slot_key(secret, salt, _ARGON2)
    return {
        "number": number,
        "kind": secret.kind.value,
        "salt": salt.hex(),
        "argon2id": _ARGON2 if secret.kind is SlotKind.PASSPHRASE else None,
        "sealed": seal(key, archive_id=archive_id, kind=SealKind.MASTER_KEY, object_id=name, plain=master).hex(),
    }


def create_keys(folder: Path, archive_id: str, secrets: list[Secret]) -> Keyring:
    """Make all keys of a new archive, one slot a secret, and epoch 1 and the database's keys."""
    for part in (folder, folder / "epoch", folder / "index"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    master = new_key()
    members = {name: new_key().hex() for name in ("database", "digest", "backup", "signing")}
    plain = json.dumps(members).encode()
    keyring = seal(master, archive_id=archive_id, kind=SealKind.KEYRING, object_id="keyring", plain=plain)
    write_whole(folder / "keyring", keyring)
    slots = [_seal_slot(archive_id, number, master, secret) for number, secret in enumerate(secrets, start=1)]
    document = {"format": SLOTS_FORMAT, "archive": archive_id, "slots": slots}
    write_whole(folder / "slots.json", json.dumps(document, indent=2).encode())
    opened = Keyring(folder, archive_id, master)
    opened.create_epoch(1)
    return opened


def read_slots(folder: Path) -> dict[str, object]:
    """The document `slots.json`.

    Raises:
        NotFound: there is no archive here.
        Corrupt: the file is damaged.
    """
    try:
        document = json.loads((folder / "slots.json").read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"there is no archive in {folder.parent}; make one with: archiver init") from error
    except ValueError as error:
        raise Corrupt("keys/slots.json is damaged; restore it from the key backup") from error
    if not isinstance(document, dict) or document.get("format") != SLOTS_FORMAT:
        raise Corrupt("keys/slots.json has an unknown format; use the program version that wrote it")
    if not isinstance(document.get("archive"), str) or not isinstance(document.get("slots"), list):
        raise Corrupt("keys/slots.json is damaged; restore it from the key backup")
    return document


def unlock(folder: Path, secret: Secret) -> Keyring:
    """Open the keys with a secret; a passphrase that is a recovery key as printed opens that slot.

    Raises:
        Denied: no slot opens with it.
        NotFound, Corrupt: there are no slots, or a key file is missing or damaged.
    """
    document = read_slots(folder)
    archive_id = str(document["archive"])
    candidates = [secret]
    recovered = read_recovery_text(secret.content.decode("utf-8", "replace"))
    if recovered is not None:
        candidates.insert(0, Secret(kind=SlotKind.RECOVERY, content=recovered))
    slots = document["slots"]
    assert isinstance(slots, list)
    for candidate in candidates:
        for slot in slots:
            try:
                if slot["kind"] != candidate.kind.value:
                    continue
                key = _slot_key(candidate, bytes.fromhex(slot["salt"]), slot["argon2id"] or {})
                name = f"slot/{slot['number']}"
                sealed = bytes.fromhex(slot["sealed"])
            except (KeyError, TypeError, ValueError, HashingError) as error:
                raise Corrupt("keys/slots.json is damaged; restore it from the key backup") from error
            try:
                master = unseal(key, archive_id=archive_id, kind=SealKind.MASTER_KEY, object_id=name, sealed=sealed)
            except Corrupt:
                continue
            return Keyring(folder, archive_id, master)
    raise Denied("no key slot of this archive opens with that passphrase; check it, or use the recovery key")


def unlock_with_master(folder: Path, master: bytes) -> Keyring:
    """Open the keys in a program that its parent handed the master key to."""
    return Keyring(folder, str(read_slots(folder)["archive"]), master)
