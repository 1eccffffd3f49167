"""The table of an agency's own exemptions: which it has beside those of the shipped laws, version by version.

Rule: ids, codes, citations and moments only; a citation of law is no content. What an exemption says in words stands in
the payload of its leaf. Rows are only added, so that every wording that ever held can be told.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table

from storage.columns import CarriedBy, Id, Moment, Position, carried, metadata

# One version of an exemption; the last one holds. `profile` is whose law it belongs to, null for every law. One that is
# `retired` is offered no more, and still explains what was decided with it.
own_exemptions = Table(
    "own_exemptions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("code", String(40), nullable=False),
    Column("profile", String(16), nullable=True),
    Column("citation", String(200), nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("position", Position, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Id, nullable=False),
    info=carried(CarriedBy.POSITION, "position"),
)
