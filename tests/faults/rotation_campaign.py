"""The program that rotates the keys is killed at each of its steps, and another one goes on.

It dies at a call that touches the disk, the database or a key, before it or after it took effect; what it had open is
given back as the kernel does. Then another program opens the archive, reads everything, deposits, and finishes the
rotation, being killed once or twice more at times.

After each: every acknowledged submission opens with its bytes, no key file is gone that a row needs, and the finished
rotation leaves one epoch, whose key is the only one there.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import traceback
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from storage import files
from storage.keys import Keyring
from storage.rotation import Rotation
from storage.transaction import Store, Transaction
from storage.vault import Vault
from tests.faults.campaign import Campaign, Counts
from tests.faults.rotation_programs import (
    another_program,
    check_finished,
    check_readable,
    commit,
    filled,
    prepare,
)
from tests.storage.archives import ACTOR, open_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.rotation_programs import Known

_PAGES = (1, 2, 100)
_STEPS = ("resume", "roll")


class Killed(BaseException):
    """The program ends here; nothing of it runs any more."""


class Killer:
    """Counts calls and ends the program at one of them; after that every call ends it again."""

    def __init__(self, at: int, *, before: bool) -> None:
        self.calls = 0
        self._thread = threading.current_thread()
        self._at = at
        self._before = before

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            if threading.current_thread() is not self._thread:
                return call(*arguments, **options)
            self.calls += 1
            if self.calls > self._at or (self.calls == self._at and self._before):
                raise Killed
            answer = call(*arguments, **options)
            if self.calls >= self._at:
                raise Killed
            return answer

        return counted

    def around_write(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """A transaction: the call before it begins, and the call after it is committed."""
        pass_by = self.around(lambda: None)

        @contextmanager
        def counted(store: Store) -> Iterator[Transaction]:
            pass_by()
            with write(store) as transaction:
                yield transaction
            pass_by()

        return counted


@contextmanager
def killing(killer: Killer) -> Iterator[None]:
    """Every call of a rotation that changes something, or that opens or makes a key, may be its last."""
    watched = (
        (files.os, "write"),
        (files.os, "fsync"),
        (Path, "rename"),
        (Path, "unlink"),
        (Transaction, "flush"),
        (Vault, "unwrap"),
        (Vault, "wrap_row"),
        (Keyring, "create_epoch"),
        (Keyring, "destroy_epoch"),
    )
    with ExitStack() as patched:
        for owner, name in watched:
            patched.enter_context(mock.patch.object(owner, name, killer.around(getattr(owner, name))))
        patched.enter_context(mock.patch.object(Store, "write", killer.around_write(Store.write)))
        yield


def _calls_of_one(folder: Path, page: int) -> int:
    """How many calls a rotation makes that may be its last."""
    killer = Killer(1 << 30, before=True)
    archive = open_again(folder)
    with killing(killer):
        Rotation(archive, page=page).roll(ACTOR)
    archive.close()
    return killer.calls


def run(seed: int, count: int) -> Counts:
    """Kill at least `count` rotations."""
    notes: Counter[str] = Counter()
    failures = []
    with tempfile.TemporaryDirectory(prefix="rotation-") as place:
        template, known = filled(Path(place) / "template")
        template.close()
        trial = Path(place) / "trial"
        longest = {}
        for page in _PAGES:
            shutil.copytree(template.folder, trial)
            longest[page] = _calls_of_one(trial, page)
            shutil.rmtree(trial)
        number = 0
        while notes["killed"] < count:
            number += 1
            chance = random.Random(f"{seed}/{number}")
            page = chance.choice(_PAGES)
            shutil.copytree(template.folder, trial)
            try:
                _one_trial(trial, known.copy(), page, longest[page], chance, notes)
            except Exception:  # noqa: BLE001 - a failure is told, and the others still run
                failures.append(f"trial {number} of seed {seed}:\n{traceback.format_exc()}")
                notes["killed"] += 1
            shutil.rmtree(trial)
    return Counts(run=notes["killed"], failures=tuple(failures), notes=notes)


def _one_trial(folder: Path, known: Known, page: int, calls: int, chance: random.Random, notes: Counter[str]) -> None:
    for act in ("roll", *chance.choices(_STEPS, k=chance.randrange(3))):
        archive = open_again(folder)
        killer = Killer(chance.randint(1, calls), before=chance.random() < 0.5)
        try:
            with killing(killer):
                getattr(Rotation(archive, page=page), act)(ACTOR)
        except Killed:
            notes["killed"] += 1
        else:
            notes["ended before its kill"] += 1
        archive.close()
        archive = open_again(folder)
        check_readable(archive, known)
        notes["submissions read after a kill"] += len(known.contents)
        payload = chance.randbytes(16)
        commit(archive, known, prepare(archive, known, payload, archive.store.current_epoch()), payload)
        archive.close()
    archive = open_again(folder)
    notes["left unfinished"] += Rotation(archive).unfinished()
    notes["rows moved by resuming"] += Rotation(archive, page=page).resume(ACTOR).rewrapped
    assert not Rotation(archive).unfinished()
    assert Rotation(archive).resume(ACTOR).rewrapped == 0
    another = another_program(archive)
    check_readable(another, known)
    another.close()
    Rotation(archive, page=page).roll(ACTOR)
    check_readable(archive, known)
    check_finished(archive)
    archive.close()


CAMPAIGN = Campaign(name="rotation killed at each step", requires=500, quick=10, run=run)
