"""What a rotation is judged by: the rows of wrapped keys, and what the submissions say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables import wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from storage.archive import Archive


def rows(archive: Archive) -> Sequence[Any]:
    """All rows of wrapped keys, by holder."""
    with archive.store.read() as connection:
        return connection.execute(select(wrapped_keys).order_by(wrapped_keys.c.holder)).all()


def contents(archive: Archive, filed: Sequence[Any]) -> list[bytes]:
    """The plain bytes of these filed mails."""
    with archive.store.read() as connection:
        return [archive.submissions.content(connection, one.submission_id) for one in filed]
