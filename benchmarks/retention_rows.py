"""Rows of very many records for the benchmarks of retention, in the shape in which the product writes them.

Rule: submissions and records have every column that evaluation reads, filled as an examination fills it, and so have
custodians and events of persons. There are no keys, no objects and no descriptions: an evaluation opens no record, and
a million sealed ones would take an hour. Of the ledger there are the leaves of the events alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from retention.fact_log import FactAbout, FactLog, StatedFact, Target
from storage.identifiers import Prefix, new_id
from storage.many_rows import ManyRows
from storage.tables import custodians, records, submissions

if TYPE_CHECKING:
    from storage.archive import Archive

ACTOR = "operator:bench"
CUSTODIANS = 400
_TOGETHER = 5_000
_SUBMISSIONS = ManyRows(insert(submissions), *submissions.c.keys())
_RECORDS = ManyRows(insert(records), *records.c.keys())
_SHARES = (("MAIL", 60), ("PUPIL", 25), ("LATER", 10), ("KEPT", 5))  # of a hundred records; see `schedule`

_SCHEDULE = """format = 1
name = "bench"
title = "A schedule for benchmarks"
issuer = "Nobody"
jurisdiction = "Nowhere"
edition = "{edition}"
adopted_on = 2020-01-01
[[series]]
id = "MAIL"
title = "Correspondence"
citation = "Bench 1"
minimum = {{ trigger = "created", period = {years}, unit = "year" }}
steps = ["destroy"]
[[series]]
id = "PUPIL"
title = "Records of pupils"
citation = "Bench 2"
minimum = {{ trigger = "left_school", period = 3, unit = "school_year" }}
steps = ["destroy"]
[[series]]
id = "LATER"
title = "Agreements"
citation = "Bench 3"
steps = ["destroy"]
[series.minimum]
later_of = [
    {{ trigger = "created", period = 20, unit = "fiscal_year" }},
    {{ trigger = "term_ended", period = 6, unit = "year" }},
]
[[series]]
id = "KEPT"
title = "Minutes"
citation = "Bench 4"
permanent = true
"""


def schedule(edition: str, years: int) -> bytes:
    """Four series: by a date, by an event of the custodian, the later of two, and permanent."""
    return _SCHEDULE.format(edition=edition, years=years).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many records, and so many of them captured on a day of their own, which nobody else has."""

    count: int
    due: int
    due_day: date
    before: date
    span: int = 1_500
    """The others were captured within so many days before `before`."""


def add_rows(archive: Archive, plan: Plan, *, seed: int = 7) -> None:
    """Write the rows of a plan; those captured on its day are in series MAIL."""
    chosen = random.Random(seed)  # noqa: S311 - which day a row has
    since = datetime(2019, 1, 1, tzinfo=UTC)
    owners = [new_id(Prefix.CUSTODIAN) for _ in range(CUSTODIANS)]
    with archive.store.write() as transaction:
        rows = [{"id": one, "since": since, "sealed_identity": b""} for one in owners]
        transaction.connection.execute(insert(custodians), rows)
    names, weights = [name for name, _ in _SHARES], [share for _, share in _SHARES]
    special = set(chosen.sample(range(plan.count), plan.due))
    for first in range(0, plan.count, _TOGETHER):
        made = []
        for number in range(first, min(first + _TOGETHER, plan.count)):
            if number in special:
                day, series = plan.due_day, "MAIL"
            else:
                day = plan.before - timedelta(days=chosen.randrange(1, plan.span))
                series = chosen.choices(names, weights)[0]
            moment = datetime.combine(day, time(19, chosen.randrange(60), chosen.randrange(60)), UTC)
            made.append((new_id(Prefix.RECORD), new_id(Prefix.SUBMISSION), chosen.choice(owners), moment, series))
        with archive.store.write() as transaction:
            connection = transaction.connection
            _SUBMISSIONS.execute(connection, [_submission(*one) for one in made])
            _RECORDS.execute(connection, [_record(*one) for one in made])
    _tell(archive, owners[: CUSTODIANS // 10])


def _submission(_record_id: str, submission_id: str, owner: str, moment: datetime, _series: str) -> tuple[Any, ...]:
    return (submission_id, "smtp", owner, moment, 20_000, "0" * 64, 0, "archived", None, b"")


def _record(record_id: str, submission_id: str, owner: str, moment: datetime, series: str) -> tuple[Any, ...]:
    sent = moment - timedelta(minutes=2)
    state = (series, "active", "B", 0, submission_id)
    return (record_id, "email", submission_id, owner, "smtp", moment, sent, *state)


def _tell(archive: Archive, owners: list[str]) -> None:
    """Of one custodian in ten something is known that the rules ask for."""
    log = FactLog(archive.store)
    for owner in owners:
        target = Target(about=FactAbout.CUSTODIAN, id=owner)
        told = StatedFact(target=target, kind="contract_ended", day=date(2015, 6, 30), source="bench")
        log.add(told, actor=ACTOR)
