"""The slots of an archive, listed and changed: each is one way to the master key.

Rules:

- There are always two slots or more, and one of them is a recovery key, so that one lost secret loses no archive.
- `slots.json` is read, changed and written whole under one lock, so that two programs lose nothing of each other.
- A new slot is witnessed in the ledger before it opens anything; a removed one opens nothing any more before its
  removal is witnessed. A kill in between leaves an event too many or too few, never an unwitnessed way in.

What removing does not do: whoever opened the archive before may have kept the master key, and an old copy of
`slots.json` still opens with the removed secret. A passphrase is changed by adding one and removing the other.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage.errors import Conflict, Corrupt, NotFound
from storage.events import EventKind
from storage.files import write_whole
from storage.keys import Secret, SlotKind, find_slot, read_slots, seal_slot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.archive import Archive

FEWEST = 2
MOST = 32  # each passphrase slot costs a fifth of a second where a wrong passphrase is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One slot as `slots.json` says it; `added_at` is ISO 8601, None for those that were made with the archive."""

    number: int
    kind: SlotKind
    added_at: str | None = None


def list_slots(folder: Path) -> tuple[Slot, ...]:
    """The slots in `folder` (the archive's ``keys/``), in order; needs no secret.

    Raises:
        NotFound: there is no archive here.
        Corrupt: the file is damaged.
    """
    return tuple(sorted(_slots(read_slots(folder)), key=lambda one: one.number))


def _slots(document: dict[str, Any]) -> list[Slot]:
    try:
        found = [
            Slot(number=int(one["number"]), kind=SlotKind(one["kind"]), added_at=one.get("added_at"))
            for one in document["slots"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Corrupt("keys/slots.json is damaged; restore it from the key backup") from error
    if len({one.number for one in found}) != len(found):
        raise Corrupt("keys/slots.json has two slots of one number; restore it from the key backup")
    return found


class Slots:
    """Changes the slots of one opened archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._folder = archive.folder / "keys"

    def add(self, secret: Secret, *, actor: str) -> Slot:
        """Add a slot that opens with this secret.

        Raises:
            Conflict: a slot opens with it already, or there are too many.
            Corrupt: `slots.json` is damaged.
            StorageFull, TemporarilyUnavailable: nothing was added.
        """
        archive = self._archive
        with self._changing() as document:
            taken = _slots(document)
            if len(taken) >= MOST:
                raise Conflict(f"there are {len(taken)} slots, which is the most; remove one first")
            known = find_slot(document, secret)
            if known is not None:
                raise Conflict(f"slot {known[0]} opens with that secret already", slot=known[0])
            added = Slot(
                number=max((one.number for one in taken), default=0) + 1,
                kind=secret.kind,
                added_at=archive.store.clock().isoformat(timespec="seconds"),
            )
            entry = seal_slot(archive.id, added.number, archive.keyring.master, secret)
            document["slots"].append({**entry, "added_at": added.added_at})
            self._witness(EventKind.KEY_SLOT_ADDED, added, actor)
            self._write(document)
        return added

    def check_removal(self, number: int) -> Slot:
        """The slot of this number, if it may be removed.

        Raises:
            NotFound: there is no such slot.
            Conflict: it is the last recovery key, one of the last two, or the one that opened this program's keys.
        """
        return self._removable(read_slots(self._folder), number)

    def _removable(self, document: dict[str, Any], number: int) -> Slot:
        slots = _slots(document)
        chosen = next((one for one in slots if one.number == number), None)
        if chosen is None:
            raise NotFound(f"there is no slot {number}; see: archiver key slot list", slot=number)
        if chosen.kind is SlotKind.RECOVERY and sum(one.kind is SlotKind.RECOVERY for one in slots) == 1:
            raise Conflict(
                f"slot {number} is the last recovery key; add another first: archiver key slot add --recovery",
                slot=number,
            )
        if len(slots) <= FEWEST:
            raise Conflict(f"an archive keeps at least {FEWEST} slots; add another before slot {number} is removed")
        if number == self._archive.keyring.slot:
            raise Conflict(
                f"slot {number} opened the archive for this command; use another secret, to show that it works",
                slot=number,
            )
        return chosen

    def remove(self, number: int, *, actor: str) -> Slot:
        """Remove a slot; its secret opens this archive no more.

        Raises:
            NotFound, Conflict: as `check_removal`.
            StorageFull, TemporarilyUnavailable: it was not removed, or its removal could not be witnessed.
        """
        with self._changing() as document:
            removed = self._removable(document, number)
            document["slots"] = [one for one in document["slots"] if int(one["number"]) != number]
            self._write(document)
            self._witness(EventKind.KEY_SLOT_REMOVED, removed, actor)
        return removed

    def _write(self, document: dict[str, Any]) -> None:
        write_whole(self._folder / "slots.json", json.dumps(document, indent=2).encode())

    def _witness(self, kind: EventKind, slot: Slot, actor: str) -> None:
        facts = {"slot": slot.number, "kind": slot.kind.value}
        with self._archive.store.write() as transaction:
            transaction.append(kind, actor=actor, subjects=(self._archive.id,), payload=facts)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """The document, for whoever is alone with it.

        A lock of its own, because a passphrase takes its time to be stretched and no writer shall wait for that.
        """
        path = self._archive.folder / "tmp" / "slots.lock"
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield read_slots(self._folder)
        finally:
            os.close(descriptor)
