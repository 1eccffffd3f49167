"""The programs that are recorded: ``python -m tests.faults.crash_replay.workloads NAME FOLDER SEED``.

Each opens an archive that was made before and closed, works on it, and says one line of JSON on standard output after
each act that has been acknowledged to somebody. What it says is what must be true after any crash from then on.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import archiver.backing_up  # noqa: F401 - a backup carries the tables of every floor
from archiver.destroying import Destroying
from ingest.depositor import GroupDepositor
from storage.backup.creating import create_backup
from storage.backup.restoring import restore
from storage.keys import Secret, SlotKind
from storage.records import Channel
from storage.rotation import Rotation
from storage.slots import Slots
from tests.faults.crash_replay.saying import DROP, acknowledge, handover, payload, say
from tests.storage.archives import ACTOR, RECOVERY, custodian, file_one, make_archive, open_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.archive import Archive

MUTANT = "FAULT_MUTANT"
RESTORED = "restored beside"
_PIECE = 4_000


def deposit_singly(archive: Archive, chance: random.Random, count: int = 7) -> None:
    """One session after the other: each object synced alone, each commit its own."""
    depositor = GroupDepositor(archive, actor="service:smtp")
    sent = [payload(chance) for _ in range(count)]
    for content in [*sent, sent[0]]:
        acknowledge(depositor.deposit(handover(content)))


def deposit_together(archive: Archive, chance: random.Random) -> None:
    """Threads that share syncs and commits."""
    depositor = GroupDepositor(archive, actor="service:smtp")

    def work(own: list[bytes]) -> None:
        for content in own:
            acknowledge(depositor.deposit(handover(content)))

    shares = [[payload(chance) for _ in range(2)] for _ in range(6)]
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def upload(archive: Archive, chance: random.Random) -> None:
    """Batches, as an upload and a command hand them in: one `syncfs`, one commit, a duplicate among them."""
    depositor = GroupDepositor(archive, actor="service:web")
    for count in (5, 2, 9):
        batch = [handover(payload(chance), Channel.UPLOAD) for _ in range(count)]
        for answer in depositor.deposit_many([*batch, batch[0]]):
            if isinstance(answer, Exception):
                raise answer
            acknowledge(answer)


def checkpoint(archive: Archive, chance: random.Random) -> None:
    """Deposits with checkpoints between them, and a second opening, which begins the write-ahead log anew."""
    for _ in range(2):
        opened = open_again(archive.folder)
        for _ in range(3):
            deposit_singly(opened, chance, 1)
            note = opened.ledger.publish_checkpoint()
            say(checkpoint=note.decode())
        opened.close()


def examine(archive: Archive, chance: random.Random) -> None:
    """Deposits that become records, as the examiner concludes them."""
    owner = custodian(archive, f"{chance.getrandbits(32)}@district.example")
    say(custodian=owner)
    for _ in range(4):
        filed = file_one(archive, owner, payload(chance))
        say(record=filed.record_id)
    archive.ledger.publish_checkpoint()


@dataclass(frozen=True, slots=True)
class Pieces:
    """Content that is handed over in pieces, as a large upload is."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), _PIECE):
            yield self.content[start : start + _PIECE]


def stream(archive: Archive, chance: random.Random) -> None:
    """Objects that come in pieces: parts that are synced and then named."""
    depositor = GroupDepositor(archive, actor="service:web")
    for _ in range(4):
        acknowledge(depositor.deposit(replace(handover(b"", Channel.UPLOAD), payload=Pieces(payload(chance) * 3))))


def rotate(archive: Archive, chance: random.Random) -> None:
    """Two rotations with deposits before, between and after."""
    for _ in range(2):
        deposit_singly(archive, chance, 2)
        report = Rotation(archive, page=4).roll(ACTOR)
        say(rotated=report.epoch, destroyed=report.destroyed)
    deposit_singly(archive, chance, 1)


def destroy(archive: Archive, chance: random.Random) -> None:
    """Two destructions brought to their end, among records and deposits that stay."""
    owner = custodian(archive, f"{chance.getrandbits(32)}@district.example")
    filed = [file_one(archive, owner, payload(chance)) for _ in range(5)]
    for one in filed[3:]:
        say(record=one.record_id)
    destroying = Destroying(archive, (), Rotation(archive, page=4), index_generation=lambda: 1)
    for chosen in (filed[:2], filed[2:3]):
        ids = [one.record_id for one in chosen]
        say(doomed=ids)
        batch = destroying.destroy(ids, actor=ACTOR, payload={"reason": "due"})
        say(decided=batch, records=ids)
        deposit_singly(archive, chance, 1)
        for done in destroying.advance(actor=ACTOR, at_once=True):
            say(confirmed=done)


def back_up(archive: Archive, chance: random.Random) -> None:
    """Three increments, one after a rotation, with deposits between; the first is too small for `syncfs`."""
    place = archive.folder.parent / "backup"
    for turn in range(3):
        if turn:
            deposit_singly(archive, chance, 2)
        if turn == 1:
            Rotation(archive, page=4).roll(ACTOR)
        report = create_backup(archive, place, key_days=30, actor=ACTOR)
        say(backup=report.manifest.number)


def change_slots(archive: Archive, chance: random.Random) -> None:
    """Ways in that are added and taken away; each is said when it is."""
    slots = Slots(archive)
    for turn in range(4):
        secret = Secret(kind=SlotKind.KEY_FILE, content=chance.randbytes(32))
        added = slots.add(secret, actor=ACTOR)
        say(slot=added.number, opens=secret.content.hex())
        if turn % 2:
            say(leaving_slot=added.number)
            slots.remove(added.number, actor=ACTOR)
            say(removed_slot=added.number)


def restore_beside(archive: Archive, chance: random.Random) -> None:
    """A backup, deposits that only the ledger's copy in the next one tells of, and a restore into a folder beside."""
    place, beside = archive.folder.parent / "backup", archive.folder.parent / RESTORED
    for _ in range(2):
        deposit_singly(archive, chance, 2)
        report = create_backup(archive, place, key_days=30, actor=ACTOR)
        say(backup=report.manifest.number)
    restored = restore(place, beside, RECOVERY, actor=ACTOR)
    say(restored=restored.manifest.number)


def _of_mail(name: str) -> Callable[[Archive, random.Random], None]:
    def work(archive: Archive, chance: random.Random) -> None:
        from tests.faults.crash_replay.workloads_of_mail import WORKLOADS_OF_MAIL  # noqa: PLC0415 - only these pay for it

        WORKLOADS_OF_MAIL[name](archive, chance)

    return work


WORKLOADS: dict[str, Callable[[Archive, random.Random], None]] = {
    "single": deposit_singly,
    "group": deposit_together,
    "upload": upload,
    "checkpoint": checkpoint,
    "examine": examine,
    "stream": stream,
    "rotate": rotate,
    "destroy": destroy,
    "back up": back_up,
    "slots": change_slots,
    "restore": restore_beside,
    **{name: _of_mail(name) for name in ("poll", "watch", "unpack", "answers")},
}


def make_base(folder: Path, seed: int) -> None:
    """The archive that a workload finds: a few records, closed, nothing in the write-ahead log; beside it a folder."""
    chance = random.Random(seed)
    archive = make_archive(folder)
    owner = custodian(archive)
    for _ in range(3):
        file_one(archive, owner, payload(chance))
    archive.ledger.publish_checkpoint()
    archive.close()
    (folder.parent / DROP).mkdir()


def main() -> None:
    name, folder, seed = sys.argv[1:]
    if mutant := os.environ.get(MUTANT):
        from tests.faults.crash_replay.mutants import mutate  # noqa: PLC0415 - only a mutant pays for it

        mutate(mutant, say)
    archive = open_again(Path(folder))
    WORKLOADS[name](archive, random.Random(int(seed)))
    archive.close()


if __name__ == "__main__":
    main()
