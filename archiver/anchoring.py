"""Giving checkpoints away on a schedule, and asking those given away whether the archive is still the same.

Rule: a round happens when the last one is long enough ago and something but anchoring and its letters has happened
since; so anchoring does not make work for itself. Before a checkpoint is given away the log must begin with every one
that is seen, so that a place never gets two histories from us. A place that fails is told and tried again; the
others go on. Each round that brought something new is one event.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from storage.anchors import AnchorFinding, FileAnchor, FolderAnchor, Sighting, judge, survey
from storage.checkpoints import verify, verify_published
from storage.errors import ArchiveError, Corrupt, InvalidInput
from storage.events import Event, EventKind
from storage.outbox import Attachment, Letter, Outbox, WaitingLetter
from storage.tables import ledger_leaves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from storage.anchors import AnchorPlace, Judgement, Survey
    from storage.archive import Archive
    from storage.checkpoints import Checkpoint

log = structlog.get_logger()

LETTER_KIND = "anchor"
_OWN = (EventKind.CHECKPOINT_ANCHORED.value, EventKind.LETTER_SENT.value)
_MOST_LETTERS = 1_000
_OWN_PLACE = "ledger/checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round of anchoring did. `kept` are the places and addresses that got this checkpoint now."""

    checkpoint: Checkpoint
    kept: tuple[str, ...] = ()
    failed: tuple[AnchorFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is seen of earlier checkpoints, compared with the log."""

    judgements: tuple[Judgement, ...]
    survey: Survey
    damage: Corrupt | None = None  # of `ledger/checkpoint`

    def refuse_rollback(self) -> None:
        """Stop where an anchor is newer than the log, or of another history.

        Raises:
            Conflict: says which, and both sizes.
            Corrupt: `ledger/checkpoint` cannot be compared with.
        """
        for one in self.judgements:
            if one.conflict is not None:
                raise one.conflict
        if self.damage is not None:
            raise self.damage


def places_of(installation: Installation) -> tuple[AnchorPlace, ...]:
    """The files and folders of the settings; relative ones are below the archive's folder and thus refused.

    Raises:
        InvalidInput: one lies in the archive, where whoever rolls it back has it too.
    """
    folder = installation.archive.folder
    section = installation.settings.anchors
    places: list[AnchorPlace] = [FileAnchor(folder / one) for one in section.files]
    places += [FolderAnchor(folder / one) for one in section.folders]
    for one in places:
        if one.path.resolve().is_relative_to(folder.resolve()):
            raise InvalidInput(f"[anchors] names {one.path}, which lies in the archive; keep anchors elsewhere")
    return tuple(places)


def look_at_anchors(installation: Installation) -> Look:
    """Read every place, and compare what it holds with the log and with `ledger/checkpoint`.

    Raises:
        Corrupt: the declaration of a break is damaged.
        InvalidInput: the settings are impossible.
    """
    ledger = installation.archive.ledger
    places = places_of(installation)
    with installation.archive.store.read() as connection:
        keys = ledger.public_keys(connection)
    found = survey(places, keys)  # may wait for a slow place, so outside of any read
    damage = None
    if (published := ledger.published_checkpoint()) is not None:
        try:
            own = Sighting(place=_OWN_PLACE, checkpoint=verify_published(published, keys[-1]))
            found = replace(found, sightings=(*found.sightings, own))
        except Corrupt as error:
            damage = error
            odd = AnchorFinding(place=_OWN_PLACE, detail=f"is odd: {error.message}")
            found = replace(found, findings=(*found.findings, odd))
    with installation.archive.store.read() as connection:
        return Look(judgements=judge(connection, ledger, found), survey=found, damage=damage)


def refuse_rollback(installation: Installation) -> tuple[AnchorFinding, ...]:
    """What `serve` and `ingest` ask first; returns what is odd about places, which stops nothing.

    Raises:
        Conflict: the archive is older than a checkpoint that was given away, or another one.
        Corrupt: `ledger/checkpoint` is damaged.
    """
    look = look_at_anchors(installation)
    look.refuse_rollback()
    return look.survey.findings


def publish_or_tell(archive: Archive) -> bool:
    """Publish the head; a fault is told and stops nothing else, since mail must still be taken."""
    try:
        archive.ledger.publish_checkpoint()
    except ArchiveError as error:
        log.error("checkpoint.fault", kind=error.kind)  # noqa: TRY400 - a traceback may quote content
        return False
    return True


class Anchoring:
    """Rounds of anchoring for one archive."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._archive = installation.archive
        self._section = installation.settings.anchors
        self._outbox = Outbox(installation.archive.store)
        self._again: frozenset[str] = frozenset()

    @property
    def is_wanted(self) -> bool:
        """Whether the settings name any place or address."""
        section = self._section
        return bool(section.files or section.folders or section.mail)

    def step(self, *, actor: str) -> Round | None:
        """Do a round if one is due, else try again where the last one failed; None if there was nothing to do."""
        with self._archive.store.read() as connection:
            due = is_due(connection, self._archive.store.clock(), timedelta(minutes=self._section.every_minutes))
        if not due and not self._again:
            return None
        done = self.anchor(actor=actor, only=None if due else self._again)
        if done.kept:
            log.info("checkpoint.anchored", size=done.checkpoint.size, places=len(done.kept))
        if done.failed:
            log.warning("checkpoint.not_anchored", size=done.checkpoint.size, places=len(done.failed))
        return done

    def anchor(self, *, actor: str, only: frozenset[str] | None = None) -> Round:
        """Publish the head and give it to every place and address, or to those of `only`.

        Raises:
            Conflict: the log does not begin with what was given away before.
        """
        look = look_at_anchors(self._installation)
        look.refuse_rollback()
        ledger = self._archive.ledger
        note = ledger.publish_checkpoint()
        checkpoint = verify(note, ledger.public_key())
        kept: list[str] = []
        failed: list[AnchorFinding] = []
        for place in places_of(self._installation):
            name = str(place.path)
            if only is not None and name not in only:
                continue
            if look.survey.size_at(place, checkpoint.origin) == checkpoint.size:
                continue
            try:
                place.keep(note, checkpoint)
            except ArchiveError as error:
                failed.append(AnchorFinding(place=name, detail=error.message))
            else:
                kept.append(name)
        kept += self._witness(checkpoint, note, kept, actor, write=only is None)
        self._again = frozenset(one.place for one in failed)
        return Round(checkpoint=checkpoint, kept=tuple(kept), failed=tuple(failed))

    def _witness(
        self, checkpoint: Checkpoint, note: bytes, kept: Sequence[str], actor: str, *, write: bool
    ) -> list[str]:
        """The event of the round, with the letters of the same transaction; whom they go to."""
        written: list[str] = []
        prepared = []
        if write and self._section.mail and self._installation.settings.mail.enabled:
            with self._archive.store.read() as connection:
                waiting = self._outbox.waiting(connection, kind=LETTER_KIND, limit=_MOST_LETTERS)
            # one that still waits is sent first: a mail server that is away for a week is not owed 168 letters
            addressed = {one.letter.to for one in waiting if isinstance(one, WaitingLetter)}
            written = [to for to in dict.fromkeys(self._section.mail) if to not in addressed]
            at = self._archive.store.clock()
            prepared = [self._outbox.prepare(_letter(self._archive.id, checkpoint, note, to, at)) for to in written]
        if not kept and not written:
            return []
        facts = {"size": checkpoint.size, "root": checkpoint.root.hex(), "places": [*kept, *written]}
        with self._archive.store.write() as transaction:
            for letter in prepared:
                self._outbox.add(transaction, letter)
            transaction.append(EventKind.CHECKPOINT_ANCHORED, actor=actor, payload=facts)
        return written


def is_due(connection: Connection, now: datetime, every: timedelta) -> bool:
    """Whether the last round is long enough ago, and something but anchoring and letters has happened since."""
    place, kind = ledger_leaves.c.position, ledger_leaves.c.kind
    last = connection.execute(select(func.max(place)).where(kind == EventKind.CHECKPOINT_ANCHORED.value)).scalar()
    if last is None:
        return True
    news = select(place).where(place > last, kind.not_in(_OWN)).limit(1)
    if connection.execute(news).first() is None:
        return False
    at = last_anchored(connection)
    return at is None or not now - every < at <= now  # a clock that was set back must not stop it


def last_anchored(connection: Connection) -> datetime | None:
    """When the last round that brought something new was."""
    query = select(ledger_leaves.c.leaf).where(ledger_leaves.c.kind == EventKind.CHECKPOINT_ANCHORED.value)
    leaf = connection.execute(query.order_by(ledger_leaves.c.position.desc()).limit(1)).scalar()
    return None if leaf is None else Event.decode(bytes(leaf)).at


def _letter(archive_id: str, checkpoint: Checkpoint, note: bytes, to: str, at: datetime) -> Letter:
    moment = at.isoformat(timespec="minutes")
    text = (
        f"This is the signed head of the ledger of the archive {archive_id}: {checkpoint.size} events, {moment}.\n"
        "Keep this letter. Should the archive ever show fewer events, or another root at this size, its history was\n"
        "changed. The attached file is checked with: archiver verify bundle FILE --key PUBLIC-KEY-FILE\n\n"
    )
    return Letter(
        kind=LETTER_KIND,
        to=to,
        subject=f"Checkpoint of {archive_id}: {checkpoint.size} events, {moment}",
        text=text + note.decode(),
        attachment=Attachment(
            name=f"{checkpoint.size}.checkpoint", media_type="application/octet-stream", content=note
        ),
    )
