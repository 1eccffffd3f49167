"""The list of all records, by what their plain rows say: nothing is opened for it.

Rule: a part of a conversation's day is listed with the record that it adds to and how many messages it brought, so
that one that repeats what was there is not taken for an empty record; one in whose place another stands names that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.seeing import hidden_records
from retention.hold_standing import HoldStanding
from storage.conversation_tables import conversation_parts, superseded_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.records import Record

_PAGE = 500
HELD = "held"


def list_records(installation: Installation, who: Principal, *, state: str | None = None) -> Iterator[dict[str, Any]]:
    """Every record that `who` may see, in the order of their ids, which is that of their making.

    `state` narrows it to one state; an active record under a hold is `HELD`, except for an employee.

    Raises:
        Denied: this role may not read records.
    """
    authorize(who, Act.READ_RECORD)
    archive = installation.archive
    after: str | None = None
    while True:
        with archive.store.read() as connection:
            page = archive.catalogue.page_records(connection, after, _PAGE)
            beside = _beside(connection, [one.id for one in page])
            held = {} if who.sees_only is not None else HoldStanding().on(connection, [one.id for one in page])
            hidden = hidden_records(connection, who)
        if not page:
            return
        after = page[-1].id
        for one in page:
            shown = HELD if one.id in held else one.state.value
            is_seen = who.sees_only in (None, one.custodian_id) and one.id not in hidden
            if is_seen and state in (None, shown):
                yield _line(one, shown, beside.get(one.id, {}))


def as_text(one: dict[str, Any]) -> str:
    """A record as one line."""
    line = f"{one['id']}  {one['kind']:<13}{one['captured_at']}  {one['series'] or '-'}"
    if one["part_of"] is not None:
        brought = f"brought {one['brought']:,} messages" if one["brought"] else "brought nothing new"
        line += f"  part of {one['part_of']}, {brought}"
    return line + (f"  now in {one['superseded_by']}" if one["superseded_by"] is not None else "")


def _line(record: Record, state: str, beside: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record.id,
        "kind": record.kind.value,
        "state": state,
        "captured_at": record.captured_at.isoformat(),
        "series": record.series_id,
        "grade": record.grade.value,
        "part_of": beside.get("part_of"),
        "brought": beside.get("brought"),
        "superseded_by": beside.get("superseded_by"),
    }


def _beside(connection: Connection, ids: list[str]) -> dict[str, dict[str, Any]]:
    """What is known of these records beside their own rows."""
    found: dict[str, dict[str, Any]] = {}
    parts, rows = conversation_parts.c, superseded_records.c
    for row in connection.execute(select(conversation_parts).where(parts.record_id.in_(ids))):
        if row.root_id != row.record_id:
            found[row.record_id] = {"part_of": row.root_id, "brought": row.messages - row.known}
    for row in connection.execute(select(superseded_records).where(rows.record_id.in_(ids))):
        found.setdefault(row.record_id, {})["superseded_by"] = row.by_id
    return found
