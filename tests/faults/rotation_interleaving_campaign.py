"""Rotation against deposits, readers and destructions of other programs, interleaved as a seed says.

Between any two steps of one rotation, also while it holds the write lock and while a key file is overwritten and not
yet gone, other programs do steps of theirs: prepare a deposit under an epoch that they believe in, commit one that was
prepared long ago, read in old snapshots and new ones, forget their keys, destroy.

After each: every acknowledged submission opens with its bytes, what was destroyed stays so, and one epoch is left,
whose key is the only one there.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.campaign import Campaign, Counts
from tests.faults.rotation_programs import (
    Reader,
    another_program,
    check_finished,
    check_readable,
    commit,
    destroy,
    filled,
    gated_rotation,
    prepare,
)

if TYPE_CHECKING:
    from storage.archive import Archive
    from storage.submissions import PreparedSubmission
    from tests.faults.rotation_programs import Gate, Known

_ROUNDS_OF_ONE_ARCHIVE = 8
_STEPS = ("rotate",) * 4 + ("prepare", "commit") * 2 + ("destroy", "take", "read", "forget", "new")
_PAGES = (4, 9, 100)
_MOST_PREPARED = 8
_FEWEST_KEPT = 6


def run(seed: int, count: int) -> Counts:
    """Make `count` rotations, each interleaved with what other programs do."""
    notes: Counter[str] = Counter()
    failures = []
    begun = 0
    with tempfile.TemporaryDirectory(prefix="interleaved-") as place:
        while begun < count:
            rounds = min(_ROUNDS_OF_ONE_ARCHIVE, count - begun)
            folder = Path(place) / str(begun)
            archive, known = filled(folder)
            try:
                with ExitStack() as opened:
                    opened.callback(archive.close)
                    _Programs(archive, known, random.Random(f"{seed}/{begun}"), notes, opened).run(rounds)
            except Exception:  # noqa: BLE001 - a failure is told, and the others still run
                failures.append(f"rotations from {begun} on of seed {seed}:\n{traceback.format_exc()}")
            begun += rounds
            shutil.rmtree(folder)
    return Counts(run=notes["rotations"], failures=tuple(failures), notes=notes)


class _Programs:
    """The programs around one archive, and whose step is next."""

    def __init__(
        self, archive: Archive, known: Known, chance: random.Random, notes: Counter[str], opened: ExitStack
    ) -> None:
        self._archive = archive
        self._known = known
        self._chance = chance
        self._notes = notes
        programs = [another_program(archive) for _ in range(5)]
        for one in programs:
            opened.callback(one.close)
        self._depositor, self._destroyer, self._fresh, *reading = programs
        self._readers = [Reader(one, known, opened) for one in reading]
        self._believed = self._depositor.store.current_epoch()
        self._prepared: list[tuple[PreparedSubmission, bytes]] = []

    def run(self, rounds: int) -> None:
        """Rotate so many times; what is prepared in one round may be committed in a later one."""
        for _ in range(rounds):
            with gated_rotation(self._archive, self._chance.choice(_PAGES)) as gate:
                while not gate.done:
                    name = self._chance.choice(_STEPS)
                    self._notes[name] += getattr(self, f"_{name}")(gate)
            assert gate.error is None, gate.error
            for reader in self._readers:
                reader.let_go()
            self._new(gate)
            check_finished(self._archive)
            self._notes["rotations"] += 1

    def _rotate(self, gate: Gate) -> int:
        gate.let_go_on()
        return 1

    def _prepare(self, _gate: Gate) -> int:
        if len(self._prepared) >= _MOST_PREPARED:
            return 0
        payload = self._chance.randbytes(20)
        self._prepared.append((prepare(self._depositor, self._known, payload, self._believed), payload))
        return 1

    def _commit(self, gate: Gate) -> int:
        if gate.locked or not self._prepared:
            return 0
        chosen = self._prepared.pop(self._chance.randrange(len(self._prepared)))
        self._believed = commit(self._depositor, self._known, *chosen)
        return 1

    def _destroy(self, gate: Gate) -> int:
        if gate.locked or len(self._known.contents) <= _FEWEST_KEPT:
            return 0
        destroy(self._destroyer, self._known, self._chance.choice(list(self._known.contents)))
        return 1

    def _take(self, _gate: Gate) -> int:
        self._chance.choice(self._readers).take_snapshot()
        return 1

    def _read(self, _gate: Gate) -> int:
        return self._chance.choice(self._readers).read_in_snapshot()

    def _forget(self, _gate: Gate) -> int:
        self._chance.choice(self._readers).forget()
        self._depositor.keyring.forget_epochs_but(())
        return 1

    def _new(self, _gate: Gate) -> int:
        """A program that was just started reads everything."""
        self._fresh.keyring.forget_epochs_but(())
        check_readable(self._fresh, self._known)
        return 1


CAMPAIGN = Campaign(name="deposits against rotation, interleaved", requires=2_000, quick=4, run=run)
