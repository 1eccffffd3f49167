"""The composition root: every part of an archive made and joined by hand, in one place.

Rule: parts are made here and nowhere else; what must point upwards in the house is a port, and its
implementation is handed down here.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archiver.config import Settings, load_settings
from archiver.destroying import Destroying
from archiver.dns_wiring import asker_of
from archiver.known_people import KnownPeople
from archiver.users import Users
from archiver.visible_records import Visible
from ingest.depositor import GroupDepositor
from ingest.drafts import Drafts
from ingest.examiner import Examiner
from ingest.sandbox import READER_MODULE, SandboxedReader
from ingest.sandbox_process import Limits
from retention.assignment import Policy, assign
from retention.hold_judging import Judging
from retention.hold_sets import HeldRecords
from retention.hold_standing import HoldStanding
from retention.hold_traces import HoldTraces
from retention.holds import Holds
from retention.library import ScheduleLibrary
from retention.linking import LinkTraces
from retention.record_opening import RecordOpening
from retention.rule_assigning import RuleAssigning
from retention.rule_judging import RuleJudging
from retention.service import RetentionService
from retention.transport_copies import TransportCopies
from search.index_keeping import IndexKeeper
from search.index_set import Indexes
from search.matching import Matcher
from search.reconciliation import Reconciliation
from search.rule_matching import RuleMatcher
from search.traces import IndexTraces
from storage.archive import Archive, open_archive
from storage.errors import Conflict
from storage.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from search.current_index import CurrentIndex
    from search.follower import Follower
    from search.generations import Generations
    from storage.keys import Keyring
    from storage.records import Description, Record

SERVICE_ACTOR = "service"
_POLICY_SECONDS = 2.0


class ScheduleAssigner:
    """Gives a new record the series that the loaded schedules' rules name; a `SeriesAssigner` of the examiner.

    The rules are read again every two seconds. A record that just misses a new schedule, or of which a rule asks for
    more than its plain columns, gets its series right after, from what assigns whatever has none.
    """

    def __init__(self, archive: Archive, library: ScheduleLibrary) -> None:
        self._archive = archive
        self._library = library
        self._policies: tuple[Policy, ...] = ()
        self._read_at = float("-inf")

    def series_for(self, record: Record, description: Description) -> str | None:
        """The series, or None."""
        del description  # a rule that asks for it is judged by who assigns whatever has no series
        if time.monotonic() - self._read_at > _POLICY_SECONDS:
            with self._archive.store.read() as connection:
                self._policies = tuple(self._library.book(connection).policies)
            self._read_at = time.monotonic()
        found = assign(record.kind, record.channel, record.custodian_id, self._policies)
        return None if found is None else found.series_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An archive with its settings, and the parts of the upper floors on it."""

    settings: Settings
    archive: Archive
    users: Users
    library: ScheduleLibrary
    retention: RetentionService
    assigning: RuleAssigning
    holds: Holds
    indexes: Indexes
    visible: Visible = field(default_factory=Visible)

    @property
    def generations(self) -> Generations:
        """The generations of the engine that answers where none is named."""
        return self.indexes.generations()

    @property
    def index(self) -> CurrentIndex:
        """The index that answers where no engine is named."""
        return self.indexes.index()

    def depositor(self, actor: str) -> GroupDepositor:
        """The way in, for one program."""
        return GroupDepositor(self.archive, actor=actor)

    def reader(self) -> SandboxedReader:
        """A sandboxed reader with the limits of the settings."""
        section = self.settings.sandbox
        limits = Limits(
            memory=section.memory_mb << 20,
            seconds=section.seconds,
            # never less than before the setting was lowered: attachments of what was read then are taken out still
            input_bytes=max(Limits().input_bytes, section.largest_mb << 20),
        )
        module = f"{READER_MODULE}:{self.settings.pictures.pages}"
        return SandboxedReader(limits=limits, reader_module=module, allow_unconfined=section.allow_unconfined)

    @contextmanager
    def examiner(self) -> Iterator[Examiner]:
        """An examiner with a reader of its own."""
        with self.reader() as reader:
            yield Examiner(
                self.archive,
                reader,
                ScheduleAssigner(self.archive, self.library),
                actor=f"{SERVICE_ACTOR}:examiner",
                asker=asker_of(self.settings.dns, self.archive.store.clock),
                largest=self.settings.sandbox.largest_mb << 20,
            )

    def drafts(self) -> Drafts:
        """Uploads from which their submitters still choose; holds on a custodian keep all of them."""
        return Drafts(self.archive, self.holds)

    def rule_matcher(self) -> RuleMatcher:
        """What compares records with the rules of holds."""
        return RuleMatcher(self.archive.zone)

    def rule_judging(self) -> RuleJudging:
        """What tells which series the rules of schedules give a record; opens it where a rule asks."""
        return _rule_judging(self.archive)

    def judging(self) -> Judging:
        """What compares every record with every open hold."""
        people = KnownPeople(self.archive)
        return Judging(self.archive, self.holds, self.rule_matcher(), actor=f"{SERVICE_ACTOR}:holds", people=people)

    def follower(self, engine: str | None = None) -> Follower:
        """A follower of the current index, of this engine or of the one that answers where none is named.

        Raises:
            InvalidInput: this archive has no index of this engine.
        """
        return self.indexes.follower(engine)

    def index_keeper(self, stopping: Callable[[], bool]) -> IndexKeeper:
        """What builds indexes anew by itself, where they are damaged or of another version."""
        return IndexKeeper(
            self.archive,
            self.indexes,
            actor=f"{SERVICE_ACTOR}:index",
            per_second=self.settings.search.rebuild_per_second,
            stopping=stopping,
        )

    def reconciliation(self, engine: str | None = None) -> Reconciliation:
        """What compares the catalogue with an index.

        Raises:
            InvalidInput: this archive has no index of this engine.
        """
        return Reconciliation(self.archive, self.indexes.index(engine), self.follower(engine))

    def matcher(self) -> Matcher:
        """What links pictures to better evidence."""
        return Matcher(self.archive)

    def transport_copies(self) -> TransportCopies:
        """What judges whether containers may be destroyed."""
        return TransportCopies(self.holds, HoldStanding(), self.archive.zone)

    def destroying(self) -> Destroying:
        """What brings destructions to their end; that it may begin one is asked elsewhere."""
        return Destroying(
            self.archive,
            (
                IndexTraces(self.indexes),
                HoldTraces(self.archive.store),
                LinkTraces(self.archive.store),
            ),
            Rotation(self.archive),
            index_generation=self.generations.current,
        )

    def index_has_reached(self, position: int) -> bool:
        """Whether the index has read the ledger up to and with this position."""
        return self.index.position() >= position

    def close(self) -> None:
        """Close indexes and database."""
        self.indexes.close()
        self.archive.close()


def _rule_judging(archive: Archive) -> RuleJudging:
    opening = RecordOpening(archive, KnownPeople(archive))
    return RuleJudging(archive.store, archive.zone, opening, RuleMatcher(archive.zone))


def open_installation(folder: Path, keyring: Keyring, *, while_restricted: bool = False) -> Installation:
    """Open an archive and wire it.

    Raises:
        Conflict: it was restored without its newest leaves, and the caller is not one who may look all the same.
    """
    settings = load_settings(folder)
    archive = open_archive(folder, keyring)
    if not while_restricted:
        try:
            archive.store.refuse_if_restricted()
        except Conflict:
            archive.close()
            raise
    library = ScheduleLibrary(archive.store, RuleMatcher(archive.zone))
    assigning = RuleAssigning(archive.store, archive.catalogue, library, _rule_judging(archive))
    return Installation(
        settings=settings,
        archive=archive,
        users=Users(archive),
        library=library,
        retention=RetentionService(
            archive.store, archive.catalogue, library, archive.zone, HeldRecords(), assigning=assigning
        ),
        assigning=assigning,
        holds=Holds(archive.store),
        indexes=Indexes(archive, KnownPeople(archive), settings.search.engines),
    )
