"""A service of which a test knows what deciding about every record says, and random acts on its records."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from retention.assigning import Assigning
from retention.evaluation import Verdict
from retention.fact_log import FactAbout, Standing, StatedFact, Target
from retention.library import ScheduleLibrary
from retention.linking import How
from retention.service import RetentionService
from retention.subjects import SubjectClass, SubjectFacts
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import records
from tests.retention.test_service import ACTOR, Hands, add_records

if TYPE_CHECKING:
    from storage.archive import Archive

SCHEDULE = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "{edition}"
default_series = "PLAIN"
[[series]]
id = "PLAIN"
title = "A"
citation = "Act 1"
minimum = {{ trigger = "created", period = {days}, unit = "day" }}
[[series]]
id = "GONE"
title = "B"
citation = "Act 2"
minimum = {{ trigger = "separated", period = 10, unit = "day" }}
maximum = {{ trigger = "created", period = 60, unit = "day" }}
[[series]]
id = "LEFT"
title = "C"
citation = "Act 3"
minimum = {{ trigger = "left_school", period = 5, unit = "day" }}
[[series]]
id = "AGED"
title = "D"
citation = "Act 4"
minimum = {{ trigger = "age_reached", age = 21 }}
[[series]]
id = "KEPT"
title = "E"
citation = "Act 5"
permanent = true
"""
SERIES = ("PLAIN", "GONE", "LEFT", "AGED", "KEPT", "NOBODY")
TODAY = date(2024, 6, 1)


class House:
    """A service, what acts on its records, and what deciding about each of them says."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.hands = archive.store.clock = Hands()
        self.library = ScheduleLibrary(archive.store)
        self.edition(days=30)
        self.assigning = Assigning(archive.store, archive.catalogue, self.library)
        self.service = self.another()
        self.ids: list[str] = []
        self.persons: list[str] = []
        self.facts: list[str] = []

    def another(self) -> RetentionService:
        """A service of another program."""
        library = ScheduleLibrary(self.archive.store)
        return RetentionService(self.archive.store, self.archive.catalogue, library, self.archive.zone)

    def edition(self, days: int) -> None:
        text = SCHEDULE.format(edition=f"{self.hands.moment:%Y%m%d%H%M%S}", days=days)
        self.library.load(text.encode(), "s.toml", actor=ACTOR)

    def add(self, number: int, **more: object) -> list[str]:
        """Records with the leaf that a record has."""
        made = add_records(self.archive, number, **more)
        with self.archive.store.write() as transaction:
            for one in made:
                transaction.append(EventKind.RECORD_ARCHIVED, actor=ACTOR, subjects=(one,))
        self.ids += made
        return made

    def end(self, record_id: str) -> None:
        """Destroy a record, as far as an evaluation sees."""
        with self.archive.store.write() as transaction:
            gone = update(records).where(records.c.id == record_id).values(state="destroyed")
            transaction.connection.execute(gone)
            transaction.append(EventKind.RECORD_DESTROYED, actor=ACTOR, subjects=(record_id,))
        self.ids.remove(record_id)

    def person(self, ref: str, **more: object) -> str:
        stated = SubjectFacts(about=SubjectClass.PERSON, kind="student", ref=ref, **more)
        return self.service.known.subjects.keep([stated], actor=ACTOR)[0][0]

    def tell(self, about: FactAbout, target: str, kind: str, day: date | None, standing=Standing.HAPPENED) -> str:
        named = Target(about=about, id=target)
        stated = StatedFact(target=named, kind=kind, day=day, source="a form", standing=standing)
        return self.service.known.log.add(stated, actor=ACTOR).id

    def each(self, day: date) -> dict[str, list[str]]:
        """What deciding about every record says."""
        found: dict[str, list[str]] = defaultdict(list)
        with self.archive.store.read() as connection:
            page = self.archive.catalogue.page_records(connection, None, 10_000)
            active = [one for one in page if one.state is RecordState.ACTIVE]
            decisions = self.service.decide_all(connection, active, day)
        for record, decision in zip(active, decisions, strict=True):
            found[decision.decision.value].append(record.id)
        return found

    def compare(self, day: date, service: RetentionService | None = None) -> None:
        """What a run says is what deciding about every record says, listed and counted."""
        asked = service or self.service
        said, counted = asked.evaluate(day, actor=ACTOR), asked.evaluate(day, actor=ACTOR, listed=False)
        each = self.each(day)
        kept = len(each["retain"]) + len(each["permanent"])
        for verdict in (Verdict.ELIGIBLE, Verdict.NEEDS_EVENT, Verdict.CONFLICT, Verdict.UNSCHEDULED):
            assert sorted(said.ids[verdict]) == sorted(each[verdict.value]), verdict
        assert said.counts() == counted.counts()
        assert said.not_due == kept


class Acts:
    """One random act after the other, of those that change a decision."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = random.Random(seed)

    def day(self) -> date:
        return self.house.service.today() + timedelta(days=self.random.randrange(-60, 20))

    def one(self) -> None:
        """Some of these are refused (the same event again, a link that is there), which changes nothing."""
        house, choice = self.house, self.random.choice
        acts = [self._add, self._edition, self._person, self._wait, self._back]
        if house.ids:
            acts += [self._assign, self._further, self._tell_record, self._tell_custodian, self._tell_series]
            acts += [self._withdraw, self._end, self._parent]
        if house.persons and house.ids:
            acts += [self._link, self._unlink, self._tell_person, self._employ, self._link, self._tell_person]
        with suppress(ArchiveError):
            choice(acts)()

    def _add(self) -> None:
        self.house.add(self.random.randrange(1, 4), day=self.day(), series_id=self.random.choice(SERIES))

    def _edition(self) -> None:
        self.house.hands.moment += timedelta(seconds=1)
        self.house.edition(days=self.random.randrange(1, 60))

    def _person(self) -> None:
        born = self.random.choice([None, TODAY - timedelta(days=21 * 365 + self.random.randrange(40))])
        self.house.persons.append(self.house.person(f"s{self.random.randrange(6)}", born=born))

    def _wait(self) -> None:
        self.house.hands.moment += timedelta(days=self.random.randrange(1, 15))

    def _back(self) -> None:
        self.house.hands.moment -= timedelta(days=self.random.randrange(1, 10))

    def _record(self) -> str:
        return self.random.choice(self.house.ids)

    def _custodian(self) -> str:
        with self.house.archive.store.read() as connection:
            return self.house.archive.catalogue.get(connection, self._record()).custodian_id

    def _assign(self) -> None:
        self.house.assigning.assign(self._record(), self.random.choice(SERIES), why="so", actor=ACTOR)

    def _further(self) -> None:
        self.house.assigning.assign(self._record(), self.random.choice(SERIES), why="so", actor=ACTOR, further=True)

    def _tell(self, about: FactAbout, target: str) -> None:
        kind = self.random.choice(["separated", "graduated", "closed"])
        standing = self.random.choice(list(Standing))
        day = None if standing is Standing.IMPOSSIBLE else self.day()
        self.house.facts.append(self.house.tell(about, target, kind, day, standing))

    def _tell_record(self) -> None:
        self._tell(FactAbout.RECORD, self._record())

    def _tell_custodian(self) -> None:
        self._tell(FactAbout.CUSTODIAN, self._custodian())

    def _tell_series(self) -> None:
        self._tell(FactAbout.SERIES, self.random.choice(SERIES))

    def _tell_person(self) -> None:
        self._tell(FactAbout.SUBJECT, self.random.choice(self.house.persons))

    def _withdraw(self) -> None:
        if self.house.facts:
            gone = self.house.facts.pop(self.random.randrange(len(self.house.facts)))
            self.house.service.known.log.withdraw(gone, why="wrong", actor=ACTOR)

    def _link(self) -> None:
        person = self.random.choice(self.house.persons)
        self.house.service.known.links.link(self._record(), person, "subject", how=How.PERSON, actor=ACTOR)

    def _unlink(self) -> None:
        person = self.random.choice(self.house.persons)
        self.house.service.known.links.unlink(self._record(), person, actor=ACTOR)

    def _employ(self) -> None:
        """A person is another custodian than before: what is told of him counts for other records."""
        self.house.person(f"s{self.random.randrange(6)}", custodian_id=self._custodian())

    def _end(self) -> None:
        self.house.end(self._record())

    def _parent(self) -> None:
        parents = self.house.service.known.parents
        if self.random.random() < 0.7:
            parents.add(self._record(), self._record(), actor=ACTOR)
        else:
            parents.take_back(self._record(), self._record(), actor=ACTOR)
