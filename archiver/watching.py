"""What is wrong with an archive and may not be overlooked: channels that fail or fell silent, work that stands; pure.

Rule: one function says what is wrong, and all that tells of it (letters, `doctor`, `/readyz`, the page) asks that
function, so that they never differ. A finding's public name holds no content and no account: it may be told to anybody
who asks. Its sentence may name an account of the settings and says what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


UNPACKS = timedelta(hours=24)
"""A mailbox file or archive is taken apart within that time, however large it is, or somebody must look."""


class Severity(StrEnum):
    """Whether an archive with this finding does its work."""

    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `public` is its name for those who have not signed in: the kind, without an account."""

    name: str
    public: str
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """The last moments of one account of a channel; `account` is None where the channel has only one."""

    channel: str
    account: str | None
    last_tried: datetime | None
    last_worked: datetime | None
    last_item: datetime | None

    @property
    def name(self) -> str:
        """The channel as the settings of `[watch]` name it."""
        return self.channel if self.account is None else f"{self.channel}.{self.account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFacts:
    """The place that the settings name: when the last backup there was made, and whether anything changed since.

    Where they name none it is the last backup anywhere. `reachable` is whether the place answers and can be written.
    """

    made_at: datetime | None
    changed: bool
    reachable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchFacts:
    """An archive at one moment; counts, times and bytes. `stopped` are services, None where no supervisor runs.

    `unindexed_since` is when the oldest record was archived that the index has not read, `unexamined_since` when the
    oldest submission came that was not examined, `undelivered_since` when the oldest waiting letter was written; each
    None where there is none. `unpacking_since` is when the oldest mailbox file or archive came that is not taken apart
    to its end, None where there is none. `index_faults` are sentences on indexes that are damaged or lack records.
    `backup` is None where the settings name no place and none was made anywhere.
    """

    now: datetime
    created_at: datetime
    channels: tuple[ChannelFacts, ...]
    stopped: tuple[str, ...] | None
    letters_stuck: int
    undelivered_since: datetime | None
    unexamined_since: datetime | None
    unindexed_since: datetime | None
    backup: BackupFacts | None
    fixity_faults: int
    free_bytes: int
    unpacking_since: datetime | None = None
    index_faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLimits:
    """How long each thing may stand before it is told; `silence` by the names of channels."""

    failing: timedelta
    silence: Mapping[str, timedelta]
    examination: timedelta
    index: timedelta
    letters: timedelta
    backup: timedelta
    free_bytes: int


def evaluate(facts: WatchFacts, limits: WatchLimits) -> tuple[Finding, ...]:
    """All that is wrong, in order of names."""
    found = [*_channels(facts, limits), *_standing(facts, limits), *_stored(facts, limits)]
    return tuple(sorted(found, key=lambda one: one.name))


def _channels(facts: WatchFacts, limits: WatchLimits) -> Iterator[Finding]:
    for one in facts.channels:
        name, public = f"channel {one.name}", f"channel {one.channel}"
        # where nothing is started, that is said once, and not by every channel
        failing = Severity.WARNING if facts.stopped is None else Severity.FAULT
        if one.last_tried is None:
            yield Finding(name=name, public=public, severity=Severity.WARNING, sentence=f"{one.name} was never tried")
        elif facts.now - (one.last_worked or facts.created_at) > limits.failing:
            since = "never worked" if one.last_worked is None else f"has not worked since {_at(one.last_worked)}"
            todo = "see the log of the services, and check the account and its server"
            yield Finding(name=name, public=public, severity=failing, sentence=f"{one.name} {since}; {todo}")
        allowed = limits.silence.get(one.name, limits.silence.get(one.channel))
        if allowed is not None and facts.now - (one.last_item or facts.created_at) > allowed:
            since = "brought nothing yet" if one.last_item is None else f"brought nothing since {_at(one.last_item)}"
            todo = "send a mail through it, and ask why nobody does"
            yield Finding(
                name=f"silence {one.name}",
                public=f"silence {one.channel}",
                severity=Severity.FAULT,
                sentence=f"{one.name} {since}; {todo}",
            )


def _standing(facts: WatchFacts, limits: WatchLimits) -> Iterator[Finding]:
    """Work that does not go on."""
    if facts.stopped:
        yield _fault("services", f"not running: {', '.join(facts.stopped)}; see the log of the services")
    if facts.unexamined_since is not None and facts.now - facts.unexamined_since > limits.examination:
        sentence = (
            f"what came {_at(facts.unexamined_since)} is not examined yet; let the services run, and see their log"
        )
        yield _fault("examination", sentence)
    if facts.unpacking_since is not None and facts.now - facts.unpacking_since > UNPACKS:
        sentence = f"a mailbox or archive of {_at(facts.unpacking_since)} is not taken apart yet; let the services run"
        sentence += ", see their log, and: archiver container list"
        yield _fault("unpacking", sentence)
    if facts.unindexed_since is not None and facts.now - facts.unindexed_since > limits.index:
        sentence = (
            f"records of {_at(facts.unindexed_since)} cannot be found yet; let the services run, and see their log"
        )
        yield _fault("index", sentence)
    if facts.index_faults:
        yield _fault("index faults", "; ".join(facts.index_faults))
    late = facts.undelivered_since is not None and facts.now - facts.undelivered_since > limits.letters
    if facts.letters_stuck or late:
        counted = f"{facts.letters_stuck:,} letters failed often" if facts.letters_stuck else "letters wait for long"
        yield _fault("outbox", f"{counted}; see: archiver outbox list")


def _stored(facts: WatchFacts, limits: WatchLimits) -> Iterator[Finding]:
    """What the archive stands on."""
    if facts.backup is not None and not facts.backup.reachable:
        todo = "see that its disk is there and may be written, then run: archiver backup create"
        yield _fault("backup place", f"the place of backups cannot be reached or written; {todo}")
    if facts.backup is not None:
        made = facts.backup.made_at
        old = facts.now - (made or facts.created_at) > limits.backup
        if old and (made is None or facts.backup.changed):
            since = "no backup was made yet" if made is None else f"the last backup is of {_at(made)}"
            yield _fault("backup", f"{since}; check its place, then run: archiver backup create")
    if facts.fixity_faults:
        yield _fault("fixity", f"{facts.fixity_faults:,} faults of stored bytes are known; see: archiver verify --last")
    if facts.free_bytes < limits.free_bytes:
        yield _fault("disk", f"{facts.free_bytes >> 20:,} MiB are free; nothing is taken in once the disk is full")


def _fault(name: str, sentence: str) -> Finding:
    return Finding(name=name, public=name, severity=Severity.FAULT, sentence=sentence)


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is remembered of a finding: since when it stands, and when somebody was told last, if at all."""

    since: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be told now: what began, what still stands, and the names of what ended."""

    begun: tuple[Finding, ...]
    standing: tuple[Finding, ...]
    ended: tuple[str, ...]


SETTLES = timedelta(minutes=5)
"""A finding must stand that long before a letter tells of it: a service that is started again is no news."""
APART = timedelta(minutes=15)
"""Letters are at least so far apart, whatever comes and goes meanwhile."""


def due_report(
    known: Mapping[str, Told],
    findings: tuple[Finding, ...],
    now: datetime,
    *,
    reminder: timedelta,
    last_letter: datetime | None,
) -> Report | None:
    """The letter that is due: once for each change of state, and again every `reminder` while something stands."""
    if last_letter is not None and now - last_letter < APART:
        return None
    present = {one.name: one for one in findings}
    told = {name: one.told_at for name, one in known.items() if one.told_at is not None}
    begun = tuple(
        one
        for name, one in present.items()
        if name in known and name not in told and now - known[name].since >= SETTLES
    )
    standing = tuple(one for name, one in present.items() if name in told)
    ended = tuple(sorted(name for name in told if name not in present))
    late = any(now - told[one.name] >= reminder for one in standing)
    return Report(begun=begun, standing=standing, ended=ended) if begun or ended or late else None
