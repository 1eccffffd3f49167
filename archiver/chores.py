"""Work that comes round: anchors, fixity slices, backups, letters; done one after the other in a thread of the clock.

Rule: what is due is asked of the archive, never remembered by a timer, so a restart neither skips nor repeats it;
a chore that fails is told and tried again at its next turn, and the others go on.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from archiver.anchoring import Anchoring
from archiver.answering import Answering
from archiver.backing_up import ScheduledBackup
from archiver.checking import ScheduledFixity
from archiver.disposition_executing import resume_executions
from archiver.index_checking import NightlyReconciliation
from archiver.letters import LetterSender
from archiver.request_reminders import step_requests
from archiver.search_alerts_looking import AlertLooking
from archiver.sender_proof import CheckedSender
from archiver.watchman import Watchman
from archiver.wiring import SERVICE_ACTOR
from ingest.uploads import Uploads
from storage.errors import ArchiveError
from storage.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archiver.wiring import Installation

log = structlog.get_logger()

_PAUSE_SECONDS = 5.0
_ANCHOR_SECONDS = 30.0
_LETTER_SECONDS = 15.0
_ROTATION_SECONDS = 600.0
_DESTRUCTION_SECONDS = 60.0
_SLICES = 20
_HOLD_SECONDS = 30.0
_SERIES_SECONDS = 30.0
_DRAFT_SECONDS = 600.0
_WATCH_SECONDS = 60.0
_ALERT_SECONDS = 60.0
_REQUEST_SECONDS = 600.0
_FIXITY_SECONDS = 30.0
_BACKUP_SECONDS = 30.0
_INDEX_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do every so often. `step` looks for itself whether anything is due, and does one piece of it."""

    name: str
    every_seconds: float
    step: Callable[[], None]


class Chores:
    """Runs chores when their time has come; `monotonic` is the clock that counts the seconds between turns."""

    def __init__(self, chores: Sequence[Chore], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._chores = tuple(chores)
        self._monotonic = monotonic
        self._next = dict.fromkeys((chore.name for chore in self._chores), float("-inf"))

    def run_due(self) -> None:
        """Run every chore whose turn it is, once."""
        for chore in self._chores:
            if self._monotonic() < self._next[chore.name]:
                continue
            try:
                chore.step()
            except ArchiveError as error:
                log.error("chore.fault", chore=chore.name, kind=error.kind)  # noqa: TRY400 - may quote content
            except OSError as error:
                log.error("chore.fault", chore=chore.name, kind="os", code=error.errno)  # noqa: TRY400 - the same
            self._next[chore.name] = self._monotonic() + chore.every_seconds


@contextmanager
def in_a_thread(chores: Chores, wait: Callable[[float], bool]) -> Iterator[Callable[[], None]]:
    """Do chores in a thread beside the block, which goes on however long one of them takes (a first backup: hours).

    Args:
        chores: what to do; nothing else may run them.
        wait: waits so many seconds at most, and says whether it is time to stop.

    Yields a function that raises what ended the thread, if anything did. The end of the block waits for its chore.
    """
    left = threading.Event()
    failures: list[Exception] = []

    def work() -> None:
        try:
            while not left.is_set():
                chores.run_due()
                if wait(_PAUSE_SECONDS):
                    return
        except Exception as error:  # noqa: BLE001 - raised again where somebody sees it
            failures.append(error)

    def check() -> None:
        if failures:
            raise failures[0]

    thread = threading.Thread(target=work, name="chores")
    thread.start()
    try:
        yield check
    finally:
        left.set()
        thread.join()


def chores_of(installation: Installation) -> tuple[Chore, ...]:
    """The chores that an archive's settings ask for."""
    return (
        *_anchors_and_letters(installation),
        _rotation(installation),
        _holds(installation),
        _executions(installation),
        _series(installation),
        _destruction(installation),
        _drafts(installation),
        _uploads(installation),
        _watch(installation),
        _alerts(installation),
        _requests(installation),
        *_fixity(installation),
        _reconciliation(installation),
        *_backup(installation),
    )


def _anchors_and_letters(installation: Installation) -> tuple[Chore, ...]:
    """Give checkpoints away, and send the letters of the outbox; where the settings ask for it."""
    actor = f"{SERVICE_ACTOR}:clock"
    chosen: list[Chore] = []
    section = installation.settings.anchors
    if section.files or section.folders or section.mail:
        anchoring = Anchoring(installation)

        def anchor() -> None:
            anchoring.step(actor=actor)

        chosen.append(Chore(name="anchors", every_seconds=_ANCHOR_SECONDS, step=anchor))
    if installation.settings.mail.enabled:
        sender = LetterSender(installation.archive, installation.settings.mail)

        def send() -> None:
            done = sender.send_due(actor=actor)
            if done.sent or done.failed:
                log.info("letters.tried", sent=done.sent, failed=done.failed, damaged=done.damaged)

        if installation.settings.answers.enabled:
            chosen.append(Chore(name="answers", every_seconds=_LETTER_SECONDS, step=_answers(installation)))
        chosen.append(Chore(name="letters", every_seconds=_LETTER_SECONDS, step=send))
    return tuple(chosen)


def _answers(installation: Installation) -> Callable[[], None]:
    """Answer mail that was handed in."""
    answering = Answering(installation, CheckedSender(installation))

    def answer() -> None:
        done = answering.step()
        if done.looked_at or done.letters:
            log.info("answers.written", submissions=done.looked_at, letters=done.letters)

    return answer


def _rotation(installation: Installation) -> Chore:
    """Finish a rotation that was killed, so that the old epoch key does not outlive it for long."""
    rotation = Rotation(installation.archive)

    def step() -> None:
        rotation.resume(f"{SERVICE_ACTOR}:clock")

    return Chore(name="rotation", every_seconds=_ROTATION_SECONDS, step=step)


def _holds(installation: Installation) -> Chore:
    """Compare what came in with the open holds; until then it counts as held.

    The first step looks at every record, since a restore brings no verdicts back and nothing else would miss them.
    """
    judging = installation.judging()
    thoroughly = True

    def step() -> None:
        nonlocal thoroughly
        judged = judging.catch_up(thoroughly=thoroughly)
        thoroughly = False
        if judged:
            log.info("holds.judged", verdicts=judged)

    return Chore(name="holds", every_seconds=_HOLD_SECONDS, step=step)


def _executions(installation: Installation) -> Chore:
    """Go on with batches that a person began to execute, some slices at a turn; he need not say so again."""

    def step() -> None:
        done = resume_executions(installation, actor=f"{SERVICE_ACTOR}:clock", slices=_SLICES)
        if done:
            log.info("dispositions.resumed", records=done)

    return Chore(name="executions", every_seconds=_DESTRUCTION_SECONDS, step=step)


def _series(installation: Installation) -> Chore:
    """Give records their series by rules that ask for more than a record's plain columns."""

    def step() -> None:
        assigned = installation.assigning.assign_asked(actor=f"{SERVICE_ACTOR}:series")
        if assigned:
            log.info("series.assigned", records=assigned)

    return Chore(name="series", every_seconds=_SERIES_SECONDS, step=step)


def _destruction(installation: Installation) -> Chore:
    """Bring decided destructions further, as far as the daily roll allows."""
    destroying = installation.destroying()

    def step() -> None:
        destroying.advance(actor=f"{SERVICE_ACTOR}:clock")

    return Chore(name="destruction", every_seconds=_DESTRUCTION_SECONDS, step=step)


def _requests(installation: Installation) -> Chore:
    """Remind of due days, and let go what was held for requests that are over."""

    def step() -> None:
        reminded, released = step_requests(installation)
        if reminded or released:
            log.info("requests.stepped", reminded=reminded, released=released)

    return Chore(name="requests", every_seconds=_REQUEST_SECONDS, step=step)


def _drafts(installation: Installation) -> Chore:
    """Destroy drafts whose days are over, and what interrupted commands left of others."""
    drafts = installation.drafts()

    def step() -> None:
        expired = drafts.tidy(f"{SERVICE_ACTOR}:clock")
        if expired:
            log.info("drafts.expired", drafts=expired)

    return Chore(name="drafts", every_seconds=_DRAFT_SECONDS, step=step)


def _uploads(installation: Installation) -> Chore:
    """Remove uploads that were not finished in time, and what killed programs left of others."""
    uploads = Uploads(installation.archive)

    def step() -> None:
        expired = uploads.tidy()
        if expired:
            log.info("uploads.expired", uploads=expired)

    return Chore(name="uploads", every_seconds=_DRAFT_SECONDS, step=step)


def _watch(installation: Installation) -> Chore:
    """Look for what is wrong, and tell it."""
    watchman = Watchman(installation)

    def step() -> None:
        letters = watchman.step()
        if letters:
            log.info("watch.told", letters=letters)

    return Chore(name="watch", every_seconds=_WATCH_SECONDS, step=step)


def _alerts(installation: Installation) -> Chore:
    """Look at what came in for who waits for it, and write him letters."""
    looking = AlertLooking(installation, actor=f"{SERVICE_ACTOR}:clock")

    def step() -> None:
        found, letters = looking.step()
        if found or letters:
            log.info("alerts.looked", records=found, letters=letters)

    return Chore(name="alerts", every_seconds=_ALERT_SECONDS, step=step)


def _fixity(installation: Installation) -> tuple[Chore, ...]:
    """A slice of the scheduled check of everything, where the settings ask for one."""
    days = installation.settings.fixity.days
    if not days:
        return ()
    fixity = ScheduledFixity(installation.archive, days=days, actor=f"{SERVICE_ACTOR}:clock")
    return (Chore(name="fixity", every_seconds=_FIXITY_SECONDS, step=fixity.step),)


def _reconciliation(installation: Installation) -> Chore:
    """The nightly comparison of catalogue and index."""
    nightly = NightlyReconciliation(installation, actor=f"{SERVICE_ACTOR}:clock")
    return Chore(name="index", every_seconds=_INDEX_SECONDS, step=nightly.step)


def _backup(installation: Installation) -> tuple[Chore, ...]:
    """A backup when one is due, where the settings name a place; last, because the first one takes long."""
    section = installation.settings.backup
    if section.to is None:
        return ()
    backup = ScheduledBackup(installation.archive, section, actor=f"{SERVICE_ACTOR}:clock")
    return (Chore(name="backup", every_seconds=_BACKUP_SECONDS, step=backup.step),)
