"""Holds against destruction, interleaved transaction by transaction as a seed says.

Beside each other run: an officer who places a hold, a program that compares records with it, one that destroys three
records of the custodian whatever it knows of holds, one that reads pictures and so changes what a record says, and an
officer who frees what cannot be told, renews the hold or releases it. Each stops before each of its transactions.

Afterwards only the ledger and what was really written in the records are asked, and not one row of verdicts: a record
that was destroyed was destroyed before the hold, and the hold says so; or after its release; or it did not match by
what it said then; or nobody could tell, and an officer had freed it by what it said then. Everything else can be read.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archiver.destroying import Destroying
from retention.hold_decisions import Decision, decide
from retention.hold_judging import Judging
from retention.hold_listing import destroyed_before
from retention.hold_rules import HoldTerms
from retention.holds import Holds
from retention.ports import ContentRule
from search.rule_matching import RuleMatcher
from storage.errors import Conflict, NotFound
from storage.events import EventKind
from storage.rotation import Rotation
from storage.transcription import NOT_READ_YET
from tests.faults.campaign import Campaign, Counts
from tests.faults.hold_programs import Turns
from tests.retention.held_records import ACTOR, keep, mail
from tests.storage.archives import custodian, make_archive, open_again
from tests.storage.transcribing import add_version, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.archive import Archive
    from storage.ledger import LedgerEvent

_ROUNDS_OF_ONE_ARCHIVE = 25
_PROGRAMS = ("officer", "judge", "destroyer", "reader", "second")
_BEGINNINGS = ((), ("officer",), ("officer", "judge"), ("officer", "judge", "second"), ("officer", "judge", "reader"))
"""Programs that come so far before the others begin; what chance alone would bring about too seldom."""
_WORD = "budget"
_NEVER = 1 << 60
_UNREAD = f"picture 1: {NOT_READ_YET}"


def run(seed: int, count: int) -> Counts:
    """Run `count` interleavings, in archives of some dozen each."""
    notes: Counter[str] = Counter()
    failures: list[str] = []
    traces: set[tuple[str, ...]] = set()
    memory = Path("/dev/shm")  # syncing is not what is tried here
    where = memory if memory.is_dir() else None
    done = 0
    with tempfile.TemporaryDirectory(prefix="holds-", dir=where) as place:
        while len(traces) < count:
            house = _House(Path(place) / str(done))
            try:
                for _ in range(min(_ROUNDS_OF_ONE_ARCHIVE, count - len(traces))):
                    chance = random.Random(f"{seed}/{done}")
                    failures += [f"round {done} of seed {seed}: {one}" for one in house.round(chance, notes)]
                    traces.add(house.trace)
                    done += 1
            finally:
                house.close()
    return Counts(run=done, distinct=len(traces), failures=tuple(failures), notes=notes)


class _House:
    """An archive opened by each of the programs, and once more to look."""

    def __init__(self, folder: Path) -> None:
        self.archive = make_archive(folder)
        self._opened = {name: open_again(folder) for name in _PROGRAMS}
        self._custodians = 0
        self.trace: tuple[str, ...] = ()

    def close(self) -> None:
        for one in (*self._opened.values(), self.archive):
            one.close()

    def round(self, chance: random.Random, notes: Counter[str]) -> Iterator[str]:
        """One interleaving; every promise that was broken."""
        archive = self.archive
        self._custodians += 1
        owner = custodian(archive, f"c{self._custodians}@district.example")
        picture = replace(mail("a picture"), unsearchable=(_UNREAD,))
        said = {keep(archive, owner, mail(f"the {_WORD}")): f"the {_WORD}"}
        roof = keep(archive, owner, mail("the roof"))
        said[roof] = "the roof"
        unread = keep(archive, owner, picture)
        said[unread] = ""
        before = self._head()
        rule = ContentRule(id="", custodian_ids=(owner,), query=_WORD)
        turns = Turns()
        doomed = list(said)
        chance.shuffle(doomed)
        read = chance.choice((f"it shows the {_WORD}", "it shows a roof"))
        changed = chance.choice((unread, unread, roof))
        way = chance.choice(("free", "free", "free and renew", "release"))
        acts = {
            "officer": lambda one: Holds(one.store).place(HoldTerms(reason="a case", rule=rule), actor=ACTOR).id,
            "judge": _judge,
            "destroyer": lambda one: _destroy(one, doomed),
            "reader": lambda one: _read(one, changed, read),
            "second": lambda one: _second(one, way, unread),
        }
        for name, act in acts.items():
            turns.begin(name, self._opened[name], act)
        for name in chance.choice(_BEGINNINGS):
            for _ in range(chance.randint(3, 20)):
                if name in turns.waiting:
                    turns.let(name)
        pace = {name: chance.choice((1, 3, 9)) for name in acts}  # so that each comes far before the others, too
        while waiting := turns.waiting:
            turns.let(chance.choices(waiting, [pace[name] for name in waiting])[0])
        self.trace = (way, read, str(changed == roof), *(str(list(said).index(one)) for one in doomed), *turns.trace)
        notes[f"second officer: {way}"] += 1
        yield from _broken(archive, before, said, unread, (changed, read), notes)
        with archive.store.read() as connection:
            left = [hold.id for hold in Holds(archive.store).list(connection, only_open=True)]
        for hold_id in left:
            Holds(archive.store).release(hold_id, reason="the round is over", actor=ACTOR)

    def _head(self) -> int:
        with self.archive.store.read() as connection:
            return self.archive.ledger.head(connection).size - 1


def _judge(archive: Archive) -> int:
    """Compare, again and again, as the clock does."""
    judging = Judging(archive, Holds(archive.store), RuleMatcher(archive.zone), actor=ACTOR)
    return sum(judging.catch_up() for _ in range(3))


def _destroy(archive: Archive, doomed: list[str]) -> list[str]:
    destroying = Destroying(archive, (), Rotation(archive), index_generation=lambda: 1)
    gone = []
    for record_id in [*doomed, *doomed]:
        try:
            destroying.destroy([record_id], actor=ACTOR)
        except Conflict:
            continue
        gone.append(record_id)
    return gone


def _read(archive: Archive, record_id: str, text: str) -> None:
    try:
        add_version(archive, version(record_id, 1, text))
    except (Conflict, NotFound):
        return  # it was destroyed before


def _second(archive: Archive, way: str, unread: str) -> None:
    """Act on the newest hold, as soon as there is one; what is refused is tried again."""
    holds = Holds(archive.store)
    for _ in range(9):
        with archive.store.read() as connection:
            standing = holds.list(connection, only_open=True)
        if not standing:
            continue
        hold_id = standing[-1].id
        try:
            if way == "release":
                holds.release(hold_id, reason="settled", actor="usr_1")
                return
            decide(archive.store, holds, hold_id, [unread], Decision.FREE, reason="I read it", actor="usr_1")
            if way == "free and renew":
                holds.renew(hold_id, reason="again", actor="usr_1")
        except (Conflict, NotFound):
            continue
        return


def _broken(
    archive: Archive, before: int, said: dict[str, str], unread: str, read: tuple[str, str], notes: Counter[str]
) -> Iterator[str]:
    """Every promise that the ledger and the records together say was broken."""
    holds = Holds(archive.store)
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, before)
        opened = {one.record.id for one in archive.catalogue.describe(connection, list(said))}
    history = _History(events)
    for record_id, text in said.items():
        if (record_id in history.destroyed) is (record_id in opened):
            yield "a record was destroyed and can be read, or was not and cannot"
        if record_id in history.destroyed:
            added = read[1] if record_id == read[0] else None
            why = history.why(record_id, text, added, unread=record_id == unread)
            notes[why] += 1
            if why in _BROKEN:
                yield f"leaf {history.destroyed[record_id]}: {why}, which was placed in leaf {history.placed}"
    notes["held to the end"] += len(opened)
    with archive.store.read() as connection:
        hold = holds.get(connection, history.hold_id)
        _, untold = destroyed_before(connection, hold, holds.terms(connection, hold).rule)
    told = sum(position < history.placed for position in history.destroyed.values())
    if untold != told:
        yield f"the hold says that {untold} records were destroyed before it, and {told} were"


_UNDER = "destroyed under the hold"
_UNTOLD = "destroyed though nobody could tell whether it was under the hold"
_BROKEN = (_UNDER, _UNTOLD)


class _History:
    """What the ledger says of one round."""

    def __init__(self, events: Sequence[LedgerEvent]) -> None:
        at: defaultdict[EventKind, list[int]] = defaultdict(list)
        self.destroyed: dict[str, int] = {}
        self.hold_id = ""
        for one in events:
            at[one.event.kind].append(one.position)
            if one.event.kind is EventKind.RECORD_DESTROYED:
                self.destroyed[one.event.subjects[0]] = one.position
            if one.event.kind is EventKind.HOLD_PLACED:
                self.hold_id = one.event.subjects[0]
        (self.placed,) = at[EventKind.HOLD_PLACED]
        self._released = min(at[EventKind.HOLD_RELEASED], default=_NEVER)
        self._read = min(at[EventKind.RECORD_TRANSCRIBED], default=_NEVER)
        self._decided, self._renewed = at[EventKind.HOLD_DECIDED], at[EventKind.HOLD_RENEWED]

    def why(self, record_id: str, text: str, added: str | None, *, unread: bool) -> str:
        """Why a record could be destroyed when it was, or that it could not."""
        position = self.destroyed[record_id]
        if position < self.placed:
            return "destroyed before the hold"
        if position > self._released:
            return "destroyed after its release"
        is_read = added is not None and position > self._read
        if unread and not is_read:
            freed = max((one for one in self._decided if one < position), default=-1)
            renewed = max((one for one in self._renewed if one < position), default=-1)
            return "freed by an officer, then destroyed" if freed > renewed else _UNTOLD
        said = f"{text} {added}" if is_read else text
        return _UNDER if _WORD in said else "compared, not held, then destroyed"


CAMPAIGN = Campaign(name="holds against destruction, interleaved", requires=10_000, quick=15, run=run)
