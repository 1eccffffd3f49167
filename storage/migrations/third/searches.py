"""Format 3, work with searches: saved ones, frozen results, alerts and what they found."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables."""
    position = sa.BigInteger().with_variant(sa.INTEGER(), "sqlite")
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("name_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_search", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("name_tag", name=op.f("uq_saved_searches_name_tag")),
    )
    op.create_index(op.f("ix_saved_searches_owner"), "saved_searches", ["owner"], unique=False)
    op.create_table(
        "frozen_sets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("ids_sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed_about", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_sets")),
    )
    op.create_table(
        "frozen_pieces",
        sa.Column("set_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_ids", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["frozen_sets.id"], name=op.f("fk_frozen_pieces_set_id_frozen_sets")),
        sa.PrimaryKeyConstraint("set_id", "number", name=op.f("pk_frozen_pieces")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("every_hours", sa.Float(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.Column("told_position", position, nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_alert", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'removed')", name=op.f("ck_alerts_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_table(
        "alert_hits",
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("position", position, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_hits_alert_id_alerts")),
        sa.PrimaryKeyConstraint("alert_id", "record_id", name=op.f("pk_alert_hits")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_alert_hits_position"), "alert_hits", ["position"], unique=False)
