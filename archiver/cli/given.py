"""What people give a command beside its options' own types: moments, amounts of money, words out of a file.

Rule: nothing that is given is believed before it is looked at: a file is a plain file of bounded size; moments and
amounts are read by `archiver.given_words`. What is not is refused, and how to write it is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archiver.given_words import read_cents, read_moment, read_near_day
from storage.bundle_verdict import open_regular
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_BYTES", "decoded", "read_cents", "read_moment", "read_near_day", "read_words"]

MOST_BYTES: Final = 1 << 20
"""What a file with words may have."""


def read_words(path: Path) -> str:
    """The words of a plain text file of at most 1 MiB.

    Raises:
        InvalidInput: it is something else, or no text in UTF-8.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read; name a plain file that you may read") from error
    return decoded(content, str(path))


def decoded(content: bytes, source: str) -> str:
    """Words that were read from a file or from standard input; at most `MOST_BYTES`.

    Raises:
        InvalidInput: they are more, or no text in UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"{source} has more than {MOST_BYTES >> 20} MiB; hand it in as a record, and name that")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{source} is no text in UTF-8; save it as plain text") from error
