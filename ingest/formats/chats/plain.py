"""Values of a JSON document that somebody else wrote, taken as what they should be and as nothing where they are not.

Rule kept: hostile types cost a reader no branch and no exception. A number where a text is due is its digits, a list
where an object is due is an empty object; what was there stays in the exact bytes.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.formats.charsets import storable

_LONGEST_NUMBER: Final = 1 << 200  # Python refuses to print integers of more than 4300 digits


def words(value: object) -> str:
    """A text, or the digits of a number; "" for everything else."""
    if type(value) is str:
        return storable(value)
    if type(value) is int:
        return str(value) if -_LONGEST_NUMBER < value < _LONGEST_NUMBER else ""
    return repr(value) if type(value) is float else ""


def named(value: object) -> str | None:
    """The same without spaces around it, None where nothing is left."""
    return words(value).strip() or None


def members(value: object) -> dict[str, Any]:
    """An object; an empty one for everything else."""
    return value if type(value) is dict else {}


def entries(value: object) -> list[Any]:
    """An array; an empty one for everything else."""
    return value if type(value) is list else []
