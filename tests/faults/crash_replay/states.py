"""Which crash states of a recording to look at: the telling ones first, then single losses, then drawn ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.crash_replay.disk import Harm, Kind, Operation, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DRAWN = 6
_HARMS = (Harm.TORN_END, Harm.TORN_START, Harm.ZEROS)
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class CrashState:
    """The first `length` operations, with harm to some that were not durable."""

    length: int
    harm: Mapping[int, Harm] = field(default_factory=dict)

    def told(self, recording: Recording) -> str:
        """The state in words, for a report."""
        said = ", ".join(f"{recording.operations[at]}: {harm.value}" for at, harm in sorted(self.harm.items())[:6])
        more = f" and {len(self.harm) - 6} more" if len(self.harm) > 6 else ""
        return f"after {self.length} of {len(recording.operations)} [{said}{more}]"


def crash_states(recording: Recording, seed: int) -> Iterator[CrashState]:
    """Crash states in the order in which they are worth a look; the same for the same seed.

    First, for every instant: nothing that could be lost is lost, and all of it is. Then, shuffled: each operation lost
    alone and kept alone, everything after it lost (a journal cut short), one file's data lost under its name, large
    writes torn, names lost and data kept and the other way round, and subsets by the seed.
    """
    chance = random.Random(seed)
    instants = range(len(recording.operations) + 1)
    pending = {length: recording.pending(length) for length in instants}
    for length in reversed(instants):
        yield CrashState(length, dict.fromkeys(pending[length], Harm.LOST))
    for length in instants:
        yield CrashState(length)
    rest = [(length, number) for length in instants for number in range(_variants(recording, pending[length]))]
    chance.shuffle(rest)
    for length, number in rest:
        harm = _variant(recording, pending[length], number, chance)
        if harm:
            yield CrashState(length, harm)


def _variants(recording: Recording, pending: list[int]) -> int:
    return 0 if not pending else len(_SINGLE) * len(pending) + 2 + _DRAWN + len(_files(recording, pending))


def _files(recording: Recording, pending: list[int]) -> list[int]:
    written = (recording.operations[at].inode for at in pending if recording.operations[at].kind is Kind.WRITE)
    return sorted(set(written))


def _variant(recording: Recording, pending: list[int], number: int, chance: random.Random) -> dict[int, Harm]:
    way, which = divmod(number, len(pending))
    if way < len(_SINGLE):
        return _SINGLE[way](recording, pending, pending[which], chance)
    number -= len(_SINGLE) * len(pending)
    names = {at for at in pending if recording.operations[at].kind not in {Kind.WRITE, Kind.TRUNCATE}}
    if number < 2:
        return {at: Harm.LOST for at in pending if (at in names) == (number == 0)}
    if number < 2 + _DRAWN:
        share = chance.random()
        return {at: _harm(recording, at, chance) for at in pending if chance.random() < share}
    inode = _files(recording, pending)[number - 2 - _DRAWN]
    writes = [at for at in pending if at not in names and recording.operations[at].inode == inode]
    return dict.fromkeys(writes, Harm.ZEROS)


def _lost(_: Recording, __: list[int], one: int, ___: random.Random) -> dict[int, Harm]:
    return {one: Harm.LOST}


def _kept_alone(_: Recording, pending: list[int], one: int, __: random.Random) -> dict[int, Harm]:
    return {at: Harm.LOST for at in pending if at != one}


def _cut_short(_: Recording, pending: list[int], one: int, __: random.Random) -> dict[int, Harm]:
    return {at: Harm.LOST for at in pending if at >= one}


def _torn(recording: Recording, pending: list[int], one: int, chance: random.Random) -> dict[int, Harm]:
    if not _is_large(recording.operations[one]):
        return {}
    after = {at: Harm.LOST for at in pending if at > one} if chance.random() < 0.5 else {}
    return {**after, one: chance.choice(_HARMS)}


_SINGLE = (_lost, _kept_alone, _cut_short, _torn)


def _harm(recording: Recording, at: int, chance: random.Random) -> Harm:
    if _is_large(recording.operations[at]) and chance.random() < 0.3:
        return chance.choice(_HARMS)
    return Harm.LOST


def _is_large(operation: Operation) -> bool:
    return operation.kind is Kind.WRITE and len(operation.content) > _SECTOR
