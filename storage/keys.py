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
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import Conflict, Corrupt, Denied, NewerFormat, NotFound
from storage.files import erase, sync_folder, write_whole
from storage.sealing import KEY_BYTES, SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SLOTS_FORMAT = 1
_RECOVERY_GROUP = 7
_ARGON2 = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}
_MOST_ARGON2 = {"time_cost": 64, "memory_cost": 4 << 20, "parallelism": 64}  # a damaged file must not stop a program


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
        if any(not 0 < int(parameters[name]) <= most for name, most in _MOST_ARGON2.items()):
            raise ValueError("impossible parameters")
        return hash_secret_raw(secret.content, salt, hash_len=KEY_BYTES, type=Type.ID, **parameters)
    return HKDF(SHA256(), KEY_BYTES, salt=salt, info=b"public-records-archive slot v1").derive(secret.content)


class Keyring:
    """The opened keys of one archive. Holding it means being able to read the archive.

    `slot` is the number of the slot that opened it, None where the master key was handed over by a program.
    """

    def __init__(self, folder: Path, archive_id: str, master: bytes, slot: int | None = None) -> None:
        self._folder = folder
        self.archive_id = archive_id
        self._master = master
        members = json.loads(self._open(folder / "keyring", SealKind.KEYRING, "keyring"))
        self.database_key = bytes.fromhex(members["database"])
        self.digest_key = bytes.fromhex(members["digest"])
        self.backup_key = bytes.fromhex(members["backup"])
        self.signing_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(members["signing"]))
        self.slot = slot
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
        try:
            return unseal(self._master, archive_id=self.archive_id, kind=kind, object_id=name, sealed=sealed)
        except NewerFormat:
            raise
        except Corrupt as error:
            message = f"the key file keys/{name} is damaged ({error.message}); restore it from the key backup"
            raise Corrupt(message, key=name) from error

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
            Corrupt: the file is damaged, or being overwritten at this moment.
        """
        key = self._epochs.get(number)
        if key is None:
            name = f"epoch/{number}"
            key = self._epochs[number] = self._open(self._folder / name, SealKind.EPOCH_KEY, name)
        return key

    def create_epoch(self, number: int) -> None:
        """Make the key of a new epoch, durable before anything is wrapped under it."""
        name = f"epoch/{number}"
        self._epochs[number] = self._create(self._folder / name, SealKind.EPOCH_KEY, name)

    def ensure_epoch(self, number: int) -> None:
        """Make the key of a new epoch, or take the one that a killed rotation made and never used.

        Only for a number that no epoch has: nothing is wrapped under such a key, so a damaged one is made anew.
        """
        try:
            self.epoch_key(number)
            sync_folder(self._folder / "epoch")  # it may have been killed between the name and the folder's sync
        except NotFound:
            self.create_epoch(number)
        except Corrupt:
            self.destroy_epoch(number)
            self.create_epoch(number)

    def epoch_files(self) -> tuple[int, ...]:
        """The epochs whose key files lie there, in order; whether they open is not asked."""
        return tuple(sorted(int(path.name) for path in self._epoch_paths() if path.name.isdecimal()))

    def forget_epochs_but(self, numbers: Collection[int]) -> None:
        """Drop opened epoch keys; Python cannot overwrite them, the memory is free for reuse from then on."""
        for number in list(self._epochs):  # a copy, since other threads may be reading keys meanwhile
            if number not in numbers:
                self._epochs.pop(number, None)

    def destroy_epoch(self, number: int) -> bool:
        """Destroy the key of an epoch and what a killed program left of it; False where nothing lay there.

        Only for an epoch whose retirement is committed: no row needs its key any more.
        """
        self._epochs.pop(number, None)
        found = False
        for path in self._epoch_paths():
            if path.name in {str(number), f"{number}.new"}:
                erase(path)
                found = True
        return found

    def _epoch_paths(self) -> list[Path]:
        return list((self._folder / "epoch").iterdir())

    def index_key(self, number: int) -> bytes:
        """The key of an index generation."""
        name = f"index/{number}"
        return self._open(self._folder / name, SealKind.INDEX_KEY, name)

    def create_index_key(self, number: int) -> bytes:
        """Make the key of a new index generation."""
        name = f"index/{number}"
        return self._create(self._folder / name, SealKind.INDEX_KEY, name)

    def destroy_index_key(self, number: int) -> None:
        """Destroy the key of an index generation, and what a killed program left of it; harmless when it is gone."""
        for name in (str(number), f"{number}.new"):
            path = self._folder / "index" / name
            if path.exists():
                erase(path)


def seal_slot(archive_id: str, number: int, master: bytes, secret: Secret) -> dict[str, object]:
    """The entry of a new slot in `slots.json`: the master key sealed under a key made from the secret."""
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
    slots = [seal_slot(archive_id, number, master, secret) for number, secret in enumerate(secrets, start=1)]
    document = {"format": SLOTS_FORMAT, "archive": archive_id, "slots": slots}
    write_whole(folder / "slots.json", json.dumps(document, indent=2).encode())
    opened = Keyring(folder, archive_id, master)
    opened.create_epoch(1)
    return opened


def read_slots(folder: Path) -> dict[str, Any]:
    """The document `slots.json`.

    Raises:
        NotFound: there is no archive here.
        NewerFormat: a newer version of this program wrote it.
        Corrupt: the file is damaged.
    """
    try:
        document = json.loads((folder / "slots.json").read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"there is no archive in {folder.parent}; make one with: archiver init") from error
    except (ValueError, RecursionError) as error:
        raise Corrupt("keys/slots.json is damaged; restore it from the key backup") from error
    if not isinstance(document, dict):
        raise Corrupt("keys/slots.json is damaged; restore it from the key backup")
    found = document.get("format")
    if type(found) is int and found > SLOTS_FORMAT:
        raise NewerFormat(
            f"keys/slots.json has format {found} and this program knows {SLOTS_FORMAT}; use the newer program"
        )
    if found != SLOTS_FORMAT:
        raise Corrupt("keys/slots.json has an unknown format; use the program version that wrote it")
    if not isinstance(document.get("archive"), str) or not isinstance(document.get("slots"), list):
        raise Corrupt("keys/slots.json is damaged; restore it from the key backup")
    return document


def _candidates(secret: Secret) -> list[Secret]:
    """A secret as it may have been meant: a recovery key is often typed where a passphrase is asked for."""
    candidates = [secret]
    recovered = read_recovery_text(secret.content.decode("utf-8", "replace"))
    if recovered is not None:
        candidates.insert(0, Secret(kind=SlotKind.RECOVERY, content=recovered))
    if secret.kind is SlotKind.KEY_FILE:  # version 0.1 took only the first line of a key file
        candidates.append(Secret(kind=SlotKind.KEY_FILE, content=secret.content.split(b"\n", 1)[0].strip()))
    return candidates


def find_slot(document: dict[str, Any], secret: Secret) -> tuple[int, bytes] | None:
    """The number of the slot that opens with a secret, and the master key; None if none does.

    Raises:
        Corrupt: a slot is damaged.
    """
    for candidate in _candidates(secret):
        for slot in document["slots"]:
            try:
                if slot["kind"] != candidate.kind.value:
                    continue
                number = int(slot["number"])
                key = _slot_key(candidate, bytes.fromhex(slot["salt"]), slot["argon2id"] or {})
                sealed = bytes.fromhex(slot["sealed"])
            except (KeyError, TypeError, ValueError, HashingError) as error:
                raise Corrupt("keys/slots.json is damaged; restore it from the key backup") from error
            name = f"slot/{number}"
            with suppress(Corrupt):
                return number, unseal(
                    key, archive_id=document["archive"], kind=SealKind.MASTER_KEY, object_id=name, sealed=sealed
                )
    return None


def unlock(folder: Path, secret: Secret) -> Keyring:
    """Open the keys with a secret; a passphrase that is a recovery key as printed opens that slot.

    Raises:
        Denied: no slot opens with it.
        NotFound, Corrupt: there are no slots, or a key file is missing or damaged.
    """
    document = read_slots(folder)
    found = find_slot(document, secret)
    if found is None:
        what = "key file" if secret.kind is SlotKind.KEY_FILE else "passphrase"
        raise Denied(f"no key slot of this archive opens with that {what}; check it, or use the recovery key")
    number, master = found
    return Keyring(folder, document["archive"], master, number)


def unlock_with_master(folder: Path, master: bytes) -> Keyring:
    """Open the keys in a program that its parent handed the master key to."""
    return Keyring(folder, read_slots(folder)["archive"], master)
