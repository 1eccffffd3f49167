"""The list of a batch of containers: mailbox files, exports and archives that are copies of the records out of them.

Rule: as `disposition_records` lists records. The list is frozen; a container is only ever dropped from it, in words
without content, and that it was destroyed stands in `destructions` under the id of its submission.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from storage.columns import CarriedBy, Id, carried, metadata

LONGEST_COPY_REASON = 300

disposition_copies = Table(
    "disposition_copies",
    metadata,
    Column("disposition_id", Id, ForeignKey("dispositions.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("container_id", Id, ForeignKey("containers.id"), nullable=False, index=True),
    Column("ground", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("dropped", String(LONGEST_COPY_REASON), nullable=True),
    info=carried(CarriedBy.SUBJECT, "disposition_id"),
)
