"""Roles that persons held, as a roster has them and as commands print them.

Rule: a role is a word with a first and a last day, both included; a day that is not given is not made up.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from retention.roles import HeldRole, checked_role
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping


def role_document(held: HeldRole) -> dict[str, Any]:
    """A role as commands print it; null where it has no first or last day."""
    since, until = (None if day is None else day.isoformat() for day in (held.since, held.until))
    return {"role": held.role, "since": since, "until": until}


def role_text(one: dict[str, Any]) -> str:
    """A role as one line."""
    return f"role    {one['role']}  {one['since'] or 'always'} to {one['until'] or 'now'}"


def role_of(cells: Mapping[str, str]) -> HeldRole | None:
    """The role that a line of a roster says, with its days; None where it says none.

    Raises:
        InvalidInput: it has days and no role, or they are no days.
    """
    if "role" not in cells:
        if "since" in cells or "until" in cells:
            raise InvalidInput("the line has days of a role, and no role")
        return None
    try:
        since, until = (date.fromisoformat(cells[key]) if key in cells else None for key in ("since", "until"))
    except ValueError as error:
        raise InvalidInput("the days of a role are not written like 2024-08-01") from error
    role = "_".join(cells["role"].casefold().split())
    return checked_role(HeldRole(role=role, since=since, until=until))
