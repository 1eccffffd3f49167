"""What people give a command beside its options' own types: moments, amounts of money, words out of a file.

Rule: nothing that is given is believed before it is looked at: a file is a plain file of bounded size, a moment lies in
years that any calendar of the agency has, an amount is money. What is not is refused, and how to write it is said.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from storage.bundle_verdict import open_regular
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2999
_MOST_BYTES: Final = 1 << 20
_MONEY: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)


def read_moment(text: str, zone: tzinfo) -> datetime:
    """A moment as typed, in UTC; without an offset it is the zone's.

    Raises:
        InvalidInput: it is none, or lies in a year that nobody can mean.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text[:64]!r} is no moment; write it like 2026-03-31T14:05 or 2026-03-31") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise InvalidInput(f"a moment lies in the years {_FIRST_YEAR} to {_LAST_YEAR}; check the year")
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def read_cents(text: str) -> int:
    """An amount of money in cents.

    Raises:
        InvalidInput: it is none.
    """
    found = _MONEY.fullmatch(text.strip())
    if found is None:
        raise InvalidInput("an amount is written like 12.50, without a sign and without a currency")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def read_words(path: Path) -> str:
    """The words of a plain text file of at most 1 MiB.

    Raises:
        InvalidInput: it is something else, or no text in UTF-8.
    """
    try:
        with open_regular(path) as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read; name a plain file that you may read") from error
    if len(content) > _MOST_BYTES:
        raise InvalidInput(f"{path} has more than {_MOST_BYTES >> 20} MiB; hand it in as a record, and name that")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is no text in UTF-8; save it as plain text") from error
