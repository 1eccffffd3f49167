"""The words and values of dispositions: how far a batch is, what is done to it, who acted, why a record is in it. Pure.

Rules:

- Words stand in rows and in leaves, so they are added to and never renamed.
- A person is told by marks: two acts that have a mark in common are acts of one person, whatever names stand there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from storage.events import EventKind

if TYPE_CHECKING:
    from datetime import date, datetime

MARK_BYTES: Final = 32


class State(StrEnum):
    """How far a batch has come; `executed` says that nothing of it is left to destroy."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    EXECUTED = "executed"


class BatchAction(StrEnum):
    """What is done to all that a batch lists: `destroy_copies` are containers whose records stand alone."""

    DESTROY = "destroy"
    TRANSFER = "transfer"
    DESTROY_COPIES = "destroy_copies"


OPEN: Final = (State.PROPOSED, State.APPROVED)


class ActKind(StrEnum):
    """What somebody did to a batch. `begin` is the word to execute it, `execute` that nothing of it is left to do."""

    PROPOSE = "propose"
    STEP = "step"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    EXECUTE = "execute"
    BEGIN = "begin"
    PACKAGE = "package"
    ANSWER = "answer"


class Answer(StrEnum):
    """What the recipient of a transfer said of a record."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


KINDS: Final = {
    ActKind.PROPOSE: EventKind.DISPOSITION_PROPOSED,
    ActKind.STEP: EventKind.DISPOSITION_STEP_DONE,
    ActKind.APPROVE: EventKind.DISPOSITION_APPROVED,
    ActKind.WITHDRAW: EventKind.DISPOSITION_WITHDRAWN,
    ActKind.EXECUTE: EventKind.DISPOSITION_EXECUTED,
    ActKind.BEGIN: EventKind.DISPOSITION_BEGUN,
    ActKind.PACKAGE: EventKind.DISPOSITION_PACKAGED,
    ActKind.ANSWER: EventKind.DISPOSITION_ANSWERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A person who acts; `marks` are what he is told by, each `MARK_BYTES` long."""

    actor: str
    marks: frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionBatch:
    """A batch as its row has it; `today` is the day for which it was proposed."""

    id: str
    action: BatchAction
    state: State
    today: date
    forecast: bool
    series_id: str | None
    list_sha256: str
    proposed_at: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A step to record before approval; `wait_days` pass after it. `ordered`: it follows the one before it."""

    name: str
    wait_days: int = 0
    ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why records are in a batch: the series of a schedule as loaded, the dates, the reasons, and what must be done."""

    series_id: str
    schedule_id: str
    eligible_on: date
    latest_on: date | None
    citation: str
    action: str
    reasons: tuple[str, ...]
    requirements: tuple[Requirement, ...]

    def account(self) -> str:
        """What stands in the column `account`."""
        members = {
            "citation": self.citation,
            "action": self.action,
            "reasons": self.reasons,
            "requirements": [[one.name, one.wait_days, one.ordered] for one in self.requirements],
        }
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A record for a batch; `size` is that of its bytes as captured, of all its components.

    What has the same `family` goes together or not at all (`retention.disposition_families`).
    """

    record_id: str
    family: str
    size: int
    ground: Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalAct:
    """What somebody did; `step` and `done_on` where it was to record a step."""

    kind: ActKind
    signatory: Signatory
    step: str | None
    done_on: date | None
    at: datetime
    position: int
