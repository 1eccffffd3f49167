"""Tables of students in disclosure: which record of a request is about whom, on which ground it leaves, and who got it.

Rule: ids and codes only. Who a student is stands in the register of persons; to whom something went and why is sealed,
what is planned under the request's key, what was done under the student's own, beside whose records it is kept.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# A record of a request is about this student; a link that was taken back stays, with the place of its end.
student_links = Table(
    "student_links",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("student_id", Id, primary_key=True),
    Column("how", String(16), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("ended", Position, nullable=True),
    CheckConstraint("how IN ('person', 'suggestion')", name="how"),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_student_links_student_id", student_links.c.student_id)

# The ground of 34 CFR 99.30 or 99.31 on which a request gets records of a student; `student_id` is '' for all others.
student_grounds = Table(
    "student_grounds",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("student_id", Id, primary_key=True),
    Column("ground", String(24), nullable=False),
    Column("position", Position, nullable=False),
    Column("sealed_party", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# 34 CFR 99.32: each disclosure from a student's education records. `sealed_row` (the student's key) says to whom, with
# which interest and what; the row stays as long as the register knows the student.
student_disclosures = Table(
    "student_disclosures",
    metadata,
    Column("student_id", Id, primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("production", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("ground", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("sealed_row", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_student_disclosures_request_id", student_disclosures.c.request_id)
