"""Facts of exports that are not held against the readers, each with the reason; they are counted and printed.

Rule kept: as in `disputed`. A row says too how what is stated must differ from what is read, so that it excuses that
one difference and no other reading.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _but_for_line_ends(stated: Any, read: Any) -> bool:
    return isinstance(read, str) and "\n" in read and stated.split() == read.split()


_ONE_LINE: Final = "the source joins the lines of a message with a blank; here a line end stays one"

# format, case, fact (regular expressions that match in full), what sets both apart, reason
_ROWS: Final[tuple[tuple[str, str, str, Callable[[Any, Any], bool], str], ...]] = (
    ("whatsapp", r"joweich__chat-miner/test_.*\.txt", "text", _but_for_line_ends, _ONE_LINE),
)


def reason_for(kind: str, name: str, fact_name: str, stated: Any, read: Any) -> str:
    """Why a fact of an export that is not read as stated is disputed, or nothing."""
    for row_kind, row_name, row_fact, sets_apart, reason in _ROWS:
        is_meant = kind == row_kind and re.fullmatch(row_name, name) and re.fullmatch(row_fact, fact_name)
        if is_meant and sets_apart(stated, read):
            return reason
    return ""


def reasons() -> Iterator[str]:
    """All reasons, for whoever checks that none of them is idle."""
    yield from (reason for *_, reason in _ROWS)
