"""What persons and services do to batches while others do so too: the programs of one round of dispositions.

Every program runs the product's own functions on an installation opened for it, and stops before each of its
transactions (`tests/faults/hold_programs.py`). What a person may not do, and what comes too late, is refused with an
error of the archive, and the next act is tried.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from archiver.access import Principal, Role
from archiver.certificates import certificate
from archiver.destroying import Destroying
from archiver.disposing import approve_batch, propose_batch, withdraw_batch
from archiver.disposition_executing import execute_batch, resume_executions
from archiver.holding import place_hold, release_hold
from archiver.supplying import add_event, withdraw_event
from archiver.tables import users
from archiver.wiring import Installation, open_installation
from retention.assigning import Assigning
from retention.disposition_types import State
from retention.dispositions import list_batches
from retention.hold_rules import HoldTerms
from retention.hold_traces import HoldTraces
from retention.linking import LinkTraces
from storage.errors import ArchiveError
from storage.keys import unlock
from storage.rotation import Rotation
from tests.storage.archives import ACTOR, RECOVERY, custodian, make_archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from retention.ports import ContentRule

PROGRAMS: Final = ("proposer", "rival", "approver", "twin", "executor", "successor", "holder", "keeper", "clock")
_ROLES: Final = {
    "olga": Role.OFFICER,
    "otto": Role.OFFICER,
    "kate": Role.OFFICER,
    "anna": Role.APPROVER,
    "ilsa": Role.APPROVER,
    "theo": Role.APPROVER,
}
_SCHEDULE: Final = b"""format = 1
name = "district"
title = "General records"
issuer = "Records Board"
jurisdiction = "J"
edition = "1"
adopted_on = 2000-01-01
default_series = "S"
[[series]]
id = "S"
title = "Routine letters"
citation = "Act 1"
minimum = { trigger = "created", period = 1, unit = "day" }
steps = ["destroy"]
[[series]]
id = "K"
title = "Letters that stay"
citation = "Act 2"
minimum = { trigger = "created", period = 100, unit = "year" }
steps = ["destroy"]
"""
AHEAD: Final = timedelta(days=3)
"""How far a clock jumps, and for what day a batch is proposed too early: the youngest record would be due then."""
_MOST_TRIES = 40


class Clock:
    """The clock that all programs share; it can be moved."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        """Now, as the moved clock has it."""
        return datetime.now(UTC) + self.offset


@dataclass(slots=True, kw_only=True)
class Round:
    """What a round has to do with, and what its programs note for those who look afterwards.

    Attributes:
        records: due, due, and due in some days.
        custodian_id: whose they are.
        before: the newest leaf when the round began.
        token_given_at: the newest leaf when theo was given the token of olga.
        certificates: each with the newest leaf after it was issued.
        doing: the programs that execute a batch at the moment.
        idle: the programs that found nothing to do when they looked last.
        over: nothing will come any more, so whoever waits for it goes home.
        ways: which programs there are and what they do, as drawn.
    """

    records: tuple[str, str, str]
    custodian_id: str
    before: int
    token_given_at: int | None = None
    certificates: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    doing: set[str] = field(default_factory=set)
    idle: set[str] = field(default_factory=set)
    over: bool = False
    ways: str = ""


class House:
    """One archive, opened by each of the programs and once more to look."""

    def __init__(self, folder: Path, approvals: int) -> None:
        make_archive(folder).close()
        (folder / "archiver.toml").write_text(f"[retention]\napprovals = {approvals}\n")
        self.clock = Clock()
        self.approvals = approvals
        self.installations = {
            name: open_installation(folder, unlock(folder / "keys", RECOVERY)) for name in (*PROGRAMS, "looker")
        }
        for one in self.installations.values():
            one.archive.store.clock = self.clock
        looker = self.looker
        looker.retention.watch.look()  # from now on a jump is told
        looker.library.load(_SCHEDULE, "schedule.toml", actor=ACTOR)
        olga = custodian(looker.archive, "olga@district.example")
        for name, role in _ROLES.items():
            # an officer and an approver who are one custodian are one person
            looker.users.add(name, role, actor=ACTOR, custodian_id=olga if name in {"olga", "ilsa"} else None)
        self.people = {one.name: one for one in looker.users.list()}

    @property
    def looker(self) -> Installation:
        """Who looks, when the programs have ended."""
        return self.installations["looker"]

    def head(self, connection: Connection) -> int:
        """The position of the newest leaf."""
        return self.looker.archive.ledger.head(connection).size - 1

    def close(self) -> None:
        """Close every archive."""
        for one in self.installations.values():
            one.close()


def destroying(house: Installation) -> Destroying:
    """What destroys, without a search index, which is not what is tried here."""
    traces = (HoldTraces(house.archive.store), LinkTraces(house.archive.store))
    return Destroying(house.archive, traces, Rotation(house.archive), index_generation=lambda: 1)


class Person:
    """A person at work in one program; what is refused is passed over."""

    def __init__(self, house: House, program: str, name: str, turn: Round) -> None:
        self.house, self.turn, self.program = house, turn, program
        self.installation = house.installations[program]
        self.who: Principal = house.people[name]

    def batches(self, *states: State) -> list[str]:
        """The batches of this round in one of these states."""
        with self.installation.archive.store.read() as connection:
            found = list_batches(connection)
        mine = [one.id for one in found if one.position > self.turn.before and one.state in states]
        (self.turn.idle.discard if mine else self.turn.idle.add)(self.program)
        return mine

    def wait_and(self, act: Callable[[], bool]) -> None:
        """Do something twice, as soon as there is something to do it with."""
        done = 0
        for _ in range(_MOST_TRIES):
            done += act()
            if done >= 2 or self.turn.over:  # what came meanwhile is found the second time
                break

    def propose(self, ahead: timedelta = timedelta()) -> None:
        """Propose what is due today, or what will be."""
        with suppress(ArchiveError):
            propose_batch(self.installation, self.who, self.installation.retention.today() + ahead)

    def approve(self) -> bool:
        """Approve whatever waits for it, own batches too; whether there was any."""
        found = self.batches(State.PROPOSED)
        for batch in found:
            with suppress(ArchiveError):
                approve_batch(self.installation, self.who, batch)
        return bool(found)

    def withdraw(self) -> None:
        """Withdraw the newest open batch."""
        for batch in self.batches(State.PROPOSED, State.APPROVED)[-1:]:
            with suppress(ArchiveError):
                withdraw_batch(self.installation, self.who, batch, reason="a mistake")

    def execute(self, *, at_once: bool) -> bool:
        """Execute what was approved; whether there was any."""
        found = self.batches(State.APPROVED)
        for batch in found:
            self.turn.doing.add(self.program)
            with suppress(ArchiveError):
                execute_batch(self.installation, self.who, batch, at_once=at_once)
            self.turn.doing.discard(self.program)
        return bool(found)

    def go_on(self) -> bool:
        """Go on as the service does, with what persons began; whether there may be something."""
        found = self.batches(State.APPROVED)
        with suppress(ArchiveError):
            resume_executions(self.installation, actor="service:clock", slices=1)
        return bool(found)

    def certify(self) -> None:
        """Issue every certificate that can be had."""
        for batch in self.batches(*State):
            with suppress(ArchiveError):
                document = certificate(self.installation, self.who, batch)
                with self.installation.archive.store.read() as connection:
                    self.turn.certificates.append((document, self.house.head(connection)))

    def take_token_of(self, other: str) -> None:
        """Come with the token that was another's until now."""
        store, mine = self.installation.archive.store, self.who.actor
        theirs = self.house.people[other].actor
        with store.write() as transaction:
            connection = transaction.connection
            token = connection.execute(select(users.c.token_digest).where(users.c.id == theirs)).scalar_one()
            for user_id, given in ((theirs, secrets.token_bytes(32)), (mine, token)):
                connection.execute(update(users).where(users.c.id == user_id).values(token_digest=given))
            self.turn.token_given_at = self.house.head(connection)

    def hold(self, rule: ContentRule, *, releases: bool) -> None:
        """Place a hold, and perhaps release it."""
        hold = place_hold(self.installation, self.who, HoldTerms(reason="a case", rule=rule))
        if releases:
            with suppress(ArchiveError):
                release_hold(self.installation, self.who, hold["id"], reason="settled")

    def assign(self, record_id: str, *series: str) -> None:
        """Put a record into one series after the other."""
        archive = self.installation.archive
        assigning = Assigning(archive.store, archive.catalogue, self.installation.library)
        for one in series:
            with suppress(ArchiveError):
                assigning.assign(record_id, one, why="looked at again", actor=self.who.actor)

    def confirm_date(self, record_id: str, *, withdraws: bool) -> None:
        """Say that a record was made today, so that it is not due; perhaps take it back."""
        day = self.installation.retention.today()
        with suppress(ArchiveError):
            fact = add_event(self.installation, self.who, about="record", ref=record_id, kind="created", day=day)
            if withdraws:
                withdraw_event(self.installation, self.who, fact["id"], why="a slip")

    def move_clock(self) -> None:
        """The clock jumps, is noticed, is set right, and is accepted."""
        watch, clock = self.installation.retention.watch, self.house.clock
        for offset in (AHEAD, timedelta()):
            clock.offset = offset
            watch.look()
        with suppress(ArchiveError):
            watch.accept(why="compared with the telephone", actor=self.who.actor)
