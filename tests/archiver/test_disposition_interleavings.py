"""Officers who propose, approve, withdraw, execute and hold at the same time, each transaction as a seed says.

Afterwards the ledger is asked: whatever was destroyed was in one batch, which another person than its proposer had
approved before, and was under no hold that stood then; what was withdrawn before is not destroyed.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from archiver.access import Role
from archiver.destroying import Destroying
from archiver.disposing import approve_batch, list_dispositions, propose_batch, withdraw_batch
from archiver.disposition_executing import execute_batch
from archiver.holding import place_hold, release_hold
from archiver.wiring import Installation, open_installation
from retention.disposition_reading import read_acts
from retention.dispositions import ActKind
from retention.hold_rules import HoldTerms
from retention.hold_traces import HoldTraces
from retention.ports import ContentRule
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.keys import unlock
from storage.rotation import Rotation
from tests.archiver.test_disposition_commands import SCHEDULE
from tests.faults.hold_programs import Turns
from tests.retention.held_records import keep, mail
from tests.storage.archives import ACTOR, RECOVERY, custodian, make_archive

SEED = 20261122
ROUNDS = 6
PROGRAMS = {"olga": "olga", "otto": "otto", "anna": "anna", "olga again": "olga", "holder": "otto"}
SOON = SCHEDULE.replace("STEPS", '"destroy"').replace('unit = "year"', 'unit = "day"')


@pytest.fixture
def houses(tmp_path, monkeypatch):
    """The archive as each program opens it, and once more to look."""
    folder = tmp_path / "archive"
    make_archive(folder).close()
    found = {name: open_installation(folder, unlock(folder / "keys", RECOVERY)) for name in (*PROGRAMS, "looker")}

    def destroying(house: Installation) -> Destroying:  # the index is not what is tried here
        traces = (HoldTraces(house.archive.store),)
        return Destroying(house.archive, traces, Rotation(house.archive), index_generation=lambda: 1)

    monkeypatch.setattr(Installation, "destroying", destroying)
    looker = found["looker"]
    looker.library.load(SOON.encode(), "schedule.toml", actor=ACTOR)
    for name, role in (("olga", Role.OFFICER), ("otto", Role.OFFICER), ("anna", Role.APPROVER)):
        looker.users.add(name, role, actor=ACTOR)
    yield found
    for one in found.values():
        one.close()


def attempt(act) -> str:
    try:
        act()
    except ArchiveError as error:
        return error.kind
    return "done"


class Officer:
    """What a person does in one program: whatever he may, to whatever batches there are."""

    def __init__(self, house: Installation, name: str, chance: random.Random, held: str) -> None:
        self.house = house
        self.who = next(one for one in house.users.list() if one.name == name)
        self.chance = random.Random(chance.random())
        self.held = held

    def batches(self) -> list[str]:
        return [one["id"] for one in list_dispositions(self.house, self.who) if one["state"] != "withdrawn"]

    def propose(self) -> None:
        day = self.house.retention.today()
        attempt(lambda: propose_batch(self.house, self.who, day))
        self.approve_and_execute()

    def approve_and_execute(self) -> None:
        for _ in range(2):
            for batch in self.batches():
                attempt(lambda batch=batch: approve_batch(self.house, self.who, batch))
                if self.chance.random() < 0.2:
                    attempt(lambda batch=batch: withdraw_batch(self.house, self.who, batch, reason="a mistake"))
                attempt(lambda batch=batch: execute_batch(self.house, self.who, batch))

    def hold(self) -> None:
        rule = ContentRule(id="", records=(self.held,))
        hold = place_hold(self.house, self.who, HoldTerms(reason="a case", rule=rule))
        if self.chance.random() < 0.5:
            attempt(lambda: release_hold(self.house, self.who, hold["id"], reason="settled"))


def acts_of(officer: Officer, name: str):
    if name == "holder":
        return officer.hold
    return officer.propose if name in {"olga", "otto"} else officer.approve_and_execute


def broken(house: Installation, mine: list[str], held: str, before: int, notes: Counter[str]) -> list[str]:
    ledger = house.archive.ledger
    found = []
    with house.archive.store.read() as connection:
        events = ledger.events_after(connection, before)
        decided = {
            one.event.subjects[0]: (ledger.payload(connection, one.position) or {}).get("disposition")
            for one in events
            if one.event.kind is EventKind.DESTRUCTION_DECIDED
        }
        placed = [one.position for one in events if one.event.kind is EventKind.HOLD_PLACED]
        released = [one.position for one in events if one.event.kind is EventKind.HOLD_RELEASED]
        gone = [one for one in events if one.event.kind is EventKind.RECORD_DESTROYED]
        for one in gone:
            record_id, _, destruction = one.event.subjects
            batch = decided[destruction]
            if batch is None or record_id not in mine:
                found.append("a record was destroyed by no batch")
                continue
            acts = read_acts(connection, batch)
            proposer = next(each.signatory.actor for each in acts if each.kind is ActKind.PROPOSE)
            approved = {
                each.signatory.actor for each in acts if each.kind is ActKind.APPROVE and each.position < one.position
            }
            if not approved - {proposer} or proposer in approved:
                found.append("a record was destroyed without the approval of another person")
            if any(each.kind is ActKind.WITHDRAW and each.position < one.position for each in acts):
                found.append("a record was destroyed after its batch was withdrawn")
            stood = placed and placed[0] < one.position and not (released and released[0] < one.position)
            if record_id == held and stood:
                found.append("a held record was destroyed")
        if len({one.event.subjects[0] for one in gone}) != len(gone):
            found.append("a record was destroyed twice")
        notes["destroyed"] += len(gone)
        notes["held was destroyed"] += any(one.event.subjects[0] == held for one in gone)
        notes["held was kept"] += bool(placed) and all(one.event.subjects[0] != held for one in gone)
    return found


def play(houses, seed: str, notes: Counter[str]) -> list[str]:
    """One round; every promise that was broken."""
    chance = random.Random(seed)
    looker = houses["looker"]
    owner = custodian(looker.archive, f"c{seed.replace('/', '-')}@district.example")
    mine = [keep(looker.archive, owner, mail(f"letter {number}")) for number in range(3)]
    held = chance.choice(mine)
    with looker.archive.store.read() as connection:
        before = looker.archive.ledger.head(connection).size - 1
    turns = Turns()
    for program, person in PROGRAMS.items():
        act = acts_of(Officer(houses[program], person, chance, held), program)
        turns.begin(program, houses[program].archive, lambda _archive, act=act: act())
    pace = {name: chance.choice((1, 3, 9)) for name in PROGRAMS}
    while waiting := turns.waiting:
        turns.let(chance.choices(waiting, [pace[name] for name in waiting])[0])
    found = broken(looker, mine, held, before, notes)
    clear(looker)
    return found


def clear(looker: Installation) -> None:
    """Nothing of a round is left for the next: no open batch, no hold, no record that could be proposed."""
    people = {one.name: one for one in looker.users.list()}
    for name in ("olga", "otto"):
        for one in list_dispositions(looker, people[name]):
            if one["state"] in {"proposed", "approved"}:
                attempt(lambda one=one, name=name: withdraw_batch(looker, people[name], one["id"], reason="over"))
    with looker.archive.store.read() as connection:
        left = [one.id for one in looker.holds.list(connection, only_open=True)]
    for hold_id in left:
        looker.holds.release(hold_id, reason="over", actor=ACTOR)
    attempt(lambda: rest(looker, people))


def rest(looker: Installation, people) -> None:
    batch = propose_batch(looker, people["olga"], looker.retention.today())["id"]
    approve_batch(looker, people["anna"], batch)
    execute_batch(looker, people["olga"], batch)


@pytest.mark.timeout(600)
def test_in_every_order_of_their_transactions_what_is_destroyed_was_approved_by_another_and_not_held(houses):
    notes: Counter[str] = Counter()
    failures = [one for number in range(ROUNDS) for one in play(houses, f"{SEED}/{number}", notes)]
    assert failures == [], f"seed {SEED}"
    # the rounds are worth something only where both ends come about
    assert notes["destroyed"] > 0, f"seed {SEED}"
    assert notes["held was kept"] > 0, f"seed {SEED}"
