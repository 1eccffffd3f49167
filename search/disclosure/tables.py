"""Tables of disclosure requests: ids, codes, moments and counts; who asks, for what, and every text is sealed.

Rule as in `storage.tables`: what stands here in the clear names nobody. What somebody wrote with an event stands in the
payload of its leaf.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# `number` is what people call it by, as in 2026-0014. `circumstances` are names of a profile's clocks that apply,
# joined by commas. `sealed_terms` is who asks, how to reach him, and for what (`search.disclosure.request_terms`).
# `opening_tag` is a keyed digest of what a program named its opening by, so that one sent twice opens one request.
disclosure_requests = Table(
    "disclosure_requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False, index=True),
    Column("profile", String(16), nullable=False),
    Column("requester", String(16), nullable=False),
    Column("circumstances", String(200), nullable=False),
    Column("how", String(16), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("position", Position, nullable=False),
    Column("assigned_to", Id, nullable=True, index=True),
    Column("closed_at", Moment, nullable=True),
    Column("closing", String(24), nullable=True),
    Column("sealed_terms", LargeBinary, nullable=False),
    Column("opening_tag", LargeBinary, nullable=True, unique=True),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    info=carried(CarriedBy.SUBJECT, "id"),
)

# What happened to a request, in the order in which it was written down; `at` is when it happened.
request_events = Table(
    "request_events",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    Column("clock", String(24), nullable=True),
    Column("reason", String(32), nullable=True),
    Column("until", Date, nullable=True),
    Column("cents", BigInteger, nullable=True),
    Column("actor", Id, nullable=False),
    Column("position", Position, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)

# Who has to do what for a request, and by when. `sealed_text` is under the request's key.
request_tasks = Table(
    "request_tasks",
    metadata,
    Column("request_id", Id, ForeignKey("disclosure_requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("user_id", Id, nullable=True),
    Column("due", Date, nullable=True),
    Column("done_at", Moment, nullable=True),
    Column("sealed_text", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=carried(CarriedBy.SUBJECT, "request_id"),
)
Index("ix_request_tasks_user_id", request_tasks.c.user_id)
