"""What a reader does not model: the names of fields that stay in the exact bytes and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

_LONGEST = 100
_MOST = 50
_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


def unmapped(value: Mapping[str, Any], known: AbstractSet[str], prefix: str = "") -> tuple[str, ...]:
    """Names of members that are not known and not empty, sorted, behind `prefix`; long and many ones are cut."""
    if value.keys() <= known:
        return ()
    found = sorted(name for name in value if name not in known and value[name] not in _EMPTY)
    return tuple(f"{prefix}{name[:_LONGEST]}" for name in found[:_MOST])
