"""The tables of the retention floor: schedules as loaded, who was put into which series, every run, and holds.

Rule as in `storage.tables`: plain columns hold ids, dates, states and counts. A schedule's text is a public rule
of the agency and stands plainly, with whatever accounts and correspondents its assignment rules name; why a record was
assigned stands in the payload of its ledger event. What a hold is about, and why, is sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

# whoever asks for the tables of this floor gets all of them
import retention.assignment_tables
import retention.copy_tables
import retention.due_tables
import retention.nonrecord_tables
import retention.transfer_tables  # noqa: F401
from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

schedules = Table(
    "schedules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("edition", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("adopted", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    CheckConstraint("state IN ('current', 'superseded')", name="state"),
    info=carried(CarriedBy.WHOLE),
)
Index("ix_schedules_state_name", schedules.c.state, schedules.c.name)

# The history of what series a record was in: by rule, by a person, by a suggestion that a person took.
series_assignments = Table(
    "series_assignments",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Id, nullable=False),
    Column("schedule_id", Id, ForeignKey("schedules.id"), nullable=True),
    Column("how", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("how IN ('rule', 'person', 'suggestion')", name="how"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# One row for each completed evaluation; a run that did not end leaves none, and its day is made up.
retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("today", Date, nullable=False),
    Column("forecast", Boolean, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("eligible", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("needs_event", BigInteger, nullable=False),
    Column("conflict", BigInteger, nullable=False),
    Column("unscheduled", BigInteger, nullable=False),
    Column("not_due", BigInteger, nullable=False),
    UniqueConstraint("position"),
    info=carried(CarriedBy.WHOLE),
)
Index("ix_retention_runs_forecast_today", retention_runs.c.forecast, retention_runs.c.today)

# Holds, open and released. `number` is what verdicts name it by; `version` goes up where every record is to be judged
# anew, and voids verdicts and decisions of before; `origin_id` is the request that placed it, null for an officer's.
holds = Table(
    "holds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("origin", String(16), nullable=False),
    Column("origin_id", Id, nullable=True),
    Column("placed_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("released_at", Moment, nullable=True),
    Column("released_position", Position, nullable=True),
    Column("sealed_rule", LargeBinary, nullable=False),
    CheckConstraint("state IN ('open', 'released')", name="state"),
    CheckConstraint("origin IN ('officer', 'request')", name="origin"),
    info=carried(CarriedBy.WHOLE),
)

LONGEST_REASON = 64

# What a record was found to be under a hold's rule; `position` is that of the newest leaf that says what the record
# says. A missing row counts as held, so a lost one frees nothing, and no backup has to carry them.
hold_verdicts = Table(
    "hold_verdicts",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("hold", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("position", Position, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(LONGEST_REASON), nullable=False),
    CheckConstraint("outcome IN ('match', 'no_match', 'cannot_tell')", name="outcome"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.NOT),
)
# Few of very many, and what a list of held records reads.
NOT_FREE = text("outcome IN ('match', 'cannot_tell')")
Index(
    "ix_hold_verdicts_not_free",
    hold_verdicts.c.hold,
    hold_verdicts.c.record_id,
    sqlite_where=NOT_FREE,
    postgresql_where=NOT_FREE,
)

# How far in the ledger all records were judged under a hold: says where to go on, and is no answer to anything.
hold_cursors = Table(
    "hold_cursors",
    metadata,
    Column("hold", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("position", Position, nullable=False),
    info=carried(CarriedBy.NOT),
)

# What an officer said of a record that nobody else could tell about.
hold_decisions = Table(
    "hold_decisions",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("hold_id", Id, ForeignKey("holds.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("position", Position, nullable=False),
    Column("decision", String(16), nullable=False),
    CheckConstraint("decision IN ('held', 'free')", name="decision"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# Batches proposed for destruction. `forecast`: proposed for a day that was still to come. A batch in which every
# record was destroyed or dropped is executed.
dispositions = Table(
    "dispositions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("action", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("today", Date, nullable=False),
    Column("forecast", Boolean, nullable=False),
    Column("series_id", Id, nullable=True),
    Column("list_sha256", String(64), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    CheckConstraint("action IN ('destroy', 'transfer', 'destroy_copies')", name="action"),
    CheckConstraint("state IN ('proposed', 'approved', 'withdrawn', 'executed')", name="state"),
    info=carried(CarriedBy.WHOLE),
)

# Why records of a batch are in it: those with the same series, edition, dates and reasons share a row. `account` is
# JSON of the citation, the reasons, the steps and whose permission is needed: what the schedule says, of no record.
disposition_grounds = Table(
    "disposition_grounds",
    metadata,
    Column("disposition_id", Id, ForeignKey("dispositions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Id, nullable=False),
    Column("schedule_id", Id, ForeignKey("schedules.id"), nullable=False),
    Column("eligible_on", Date, nullable=False),
    Column("latest_on", Date, nullable=True),
    Column("account", Text, nullable=False),
    info=carried(CarriedBy.SUBJECT, "disposition_id"),
)

LONGEST_DROP_REASON = 300

# The frozen list; records of one family stand next to each other and go together. A dropped record says why, in words
# without content; that one was destroyed stands in `destructions`.
disposition_records = Table(
    "disposition_records",
    metadata,
    Column("disposition_id", Id, ForeignKey("dispositions.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("record_id", Id, ForeignKey("records.id"), nullable=False, index=True),
    Column("ground", Integer, nullable=False),
    Column("family", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("dropped", String(LONGEST_DROP_REASON), nullable=True),
    info=carried(CarriedBy.SUBJECT, "disposition_id"),
)

# Who did what to a batch. `marks` are keyed digests (32 bytes each) of what tells a person: his token, his name, the
# custodian that he is; two acts with a mark in common are acts of one person. What he wrote is the leaf's payload.
disposition_acts = Table(
    "disposition_acts",
    metadata,
    Column("disposition_id", Id, ForeignKey("dispositions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("step", Text, nullable=True),
    Column("done_on", Date, nullable=True),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    CheckConstraint(
        "act IN ('propose', 'step', 'approve', 'withdraw', 'begin', 'package', 'answer', 'execute')", name="act"
    ),
    info=carried(CarriedBy.SUBJECT, "disposition_id"),
)

# Persons, cases and accounts that records are about; `tag` is a keyed digest of class and reference.
subjects = Table(
    "subjects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("about", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("tag", LargeBinary(32), nullable=False, unique=True),
    Column("custodian_id", Id, ForeignKey("custodians.id"), nullable=True, index=True),
    Column("since", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("sealed_subject", LargeBinary, nullable=False),
    CheckConstraint("about IN ('person', 'case', 'account')", name="about"),
    info=carried(CarriedBy.SUBJECT, "id"),
)

# Which record is about whom, in which role; a link that was taken back stays, with the position of its end.
record_links = Table(
    "record_links",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("subject_id", Id, ForeignKey("subjects.id"), primary_key=True, index=True),
    Column("role", String(32), primary_key=True),
    Column("how", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("ended", Position, nullable=True),
    CheckConstraint("how IN ('person', 'suggestion')", name="how"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "record_id"),
)

# What somebody said happened, or is so: then `value` is the word that was said. Never deleted, only withdrawn. The
# source stands in the payload of its leaf.
fact_events = Table(
    "fact_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("about", String(16), nullable=False),
    Column("target_id", Id, nullable=False, index=True),
    Column("kind", String(64), nullable=False),
    Column("standing", String(16), nullable=False),
    Column("value", String(64), nullable=True),
    Column("day", Date, nullable=True),
    Column("until", Date, nullable=True),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("withdrawn", Position, nullable=True),
    CheckConstraint("about IN ('record', 'series', 'subject', 'custodian')", name="about"),
    CheckConstraint("standing IN ('happened', 'projected', 'impossible', 'stated')", name="standing"),
    info=carried(CarriedBy.SUBJECT, "id"),
)

# Series that a record is in beside its own; the longest minimum of all of them keeps it.
further_series = Table(
    "further_series",
    metadata,
    Column("record_id", Id, ForeignKey("records.id"), primary_key=True),
    Column("series_id", Id, primary_key=True),
    Column("position", Position, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.WHOLE),
)

# What the clock showed when it was last looked at, beside the machine's own count of seconds, which nobody sets.
clock_looks = Table(
    "clock_looks",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("boot", String(64), nullable=False),
    Column("base_at", Moment, nullable=False),
    Column("base_seconds", BigInteger, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("frozen_at", Moment, nullable=True),
    Column("reason", String(16), nullable=True),
    CheckConstraint("one = 1", name="single"),
    CheckConstraint("reason IN ('back', 'forward')", name="reason"),
    info=carried(CarriedBy.NOT),
)
