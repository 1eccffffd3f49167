"""`archiver key`: the slots that open the archive, and the rotation of the key that wraps all record keys."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.unlocking import find_new_passphrase, read_key_file
from storage.errors import InvalidInput
from storage.keys import Secret, SlotKind, recovery_text
from storage.rotation import Rotation
from storage.sealing import new_key
from storage.slots import Slots, list_slots

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from storage.slots import Slot


@click.group("key")
def key() -> None:
    """The keys: who can open the archive, and rotation."""


@key.group("slot")
def slot() -> None:
    """The ways to open the archive: passphrases, key files, recovery keys."""


@slot.command("list")
@command
def list_all(session: Session) -> None:
    """List the slots; needs no passphrase."""
    session.principal(Act.CHANGE_KEYS)
    found = list_slots(session.folder / "keys")
    lines = [f"{one.number}  {one.kind.value:<10}  {one.added_at or 'made with the archive'}" for one in found]
    session.show({"slots": [_slot_json(one) for one in found]}, "\n".join(lines))


@slot.command("add")
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), help="Add the passphrase in this file.")
@click.option("--new-key-file", type=click.Path(path_type=Path), help="Add this key file (32 random bytes or more).")
@click.option("--recovery", is_flag=True, help="Make a new recovery key, add it, and print it once.")
@command
def add(session: Session, new_passphrase_file: Path | None, new_key_file: Path | None, *, recovery: bool) -> None:
    """Add a slot: a passphrase (asked for unless a file is given), a key file or a recovery key.

    To change the passphrase, add the new one, then remove the old one's slot while opening with the new one:
    archiver key slot add --new-passphrase-file next.txt; archiver key slot remove 1 --passphrase-file next.txt
    """
    who = session.principal(Act.CHANGE_KEYS)
    if sum((new_passphrase_file is not None, new_key_file is not None, recovery)) > 1:
        raise InvalidInput("give one of --new-passphrase-file, --new-key-file and --recovery")
    slots = Slots(session.installation.archive)
    printed: str | None = None
    if recovery:
        made = new_key()
        printed = recovery_text(made)
        secret = Secret(kind=SlotKind.RECOVERY, content=made)
    elif new_key_file is not None:
        secret = read_key_file(new_key_file)
    else:
        secret = find_new_passphrase(new_passphrase_file, os.environ)
    added = slots.add(secret, actor=who.actor)
    document = _slot_json(added)
    text = f"Slot {added.number} ({added.kind.value}) opens the archive, too."
    if printed is not None:
        document["recovery_key"] = printed
        text += f"\n\nRecovery key (shown now and never again; write it down and keep it apart):\n\n    {printed}"
    session.show(document, text)


@slot.command("remove")
@click.argument("number", metavar="N", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def remove(session: Session, number: int, *, yes: bool) -> None:
    """Remove a slot: its secret opens the archive no more.

    Two slots stay at least, one of them a recovery key; the slot that opens the archive for this command stays,
    too. Whoever opened the archive before may have kept its master key, which this does not change.
    """
    who = session.principal(Act.CHANGE_KEYS)
    slots = Slots(session.installation.archive)
    chosen = slots.check_removal(number)
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidInput(f"slot {number} ({chosen.kind.value}) would open nothing any more; confirm with --yes")
        click.confirm(
            f"Remove slot {number} ({chosen.kind.value})? Its secret opens nothing then.", abort=True, err=True
        )
    removed = slots.remove(number, actor=who.actor)
    left = list_slots(session.folder / "keys")
    document = {"removed": _slot_json(removed), "slots": [_slot_json(one) for one in left]}
    session.show(document, f"Slot {number} ({removed.kind.value}) is removed; {len(left)} are left.")


@key.command("rotate")
@command
def rotate(session: Session) -> None:
    """Give every record key a new wrapping, and destroy the key that wrapped them before.

    Services may run meanwhile. A rotation that was interrupted is finished by the next one. Status 6 where rows
    do not open; their old key is then kept.
    """
    who = session.principal(Act.CHANGE_KEYS)
    rotation = Rotation(session.installation.archive)
    began = time.monotonic()
    with counting(session, "Rotating keys") as progress:
        done = rotation.roll(who.actor, progress)
    document = {
        "epoch": done.epoch,
        "rewrapped": done.rewrapped,
        "retired": list(done.retired),
        "destroyed": list(done.destroyed),
        "unreadable": done.unreadable,
        "seconds": round(time.monotonic() - began, 3),
    }
    text = f"Epoch {done.epoch} wraps all keys now: {done.rewrapped:,} were rewrapped"
    if done.destroyed:
        text += f", and the key of epoch {', '.join(str(one) for one in done.destroyed)} is destroyed"
    if done.unreadable:
        text += f".\n{done.unreadable:,} keys do not open and hold their old epoch back; run: archiver verify --all"
    session.show(document, text + ".")
    if done.unreadable:
        exit_with(Exit.FINDINGS)


def _slot_json(one: Slot) -> dict[str, Any]:
    return {"number": one.number, "kind": one.kind.value, "added_at": one.added_at}


COMMANDS = (key,)
