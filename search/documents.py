"""What an index holds of a record: tokens by column, and the plain facts that never change. Pure.

Rule: nothing that may change is in here. State, series, holds and rights are asked of the catalogue and given
to a search as an `IdScope`.

A column is one line of words, one space between, as the analyser gives them. `BOUNDARY` stands between parts
that a phrase may not cross (two recipients, two file names); it is no letter, so no query can contain it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from storage.records import Channel, RecordKind

BOUNDARY: Final = "\u00b6"


class Column(StrEnum):
    """The lines of words of a document, in the order of `IndexDocument.columns`."""

    SUBJECT_STEM = "subject_stem"
    SUBJECT_EXACT = "subject_exact"
    TEXT_STEM = "text_stem"
    TEXT_EXACT = "text_exact"
    FILENAME_STEM = "filename_stem"
    FILENAME_EXACT = "filename_exact"
    SENDER = "sender"
    RECIPIENTS = "recipients"
    COPIED = "copied"
    OTHERS = "others"
    CORRESPONDENT = "correspondent"
    CUSTODIAN = "custodian"
    MARKS = "marks"
    HASHES = "hashes"
    ACCOUNT = "account"
    SCHOOL = "school"
    FLAGS = "flags"


COLUMNS: Final = tuple(Column)
HAS_FLAGS: Final = (
    "attachment",
    "image",
    "link",
    "video",
    "audio",
    "document",
    "comment",
    "transcript",
    "reaction",
    "edit",
    "deletion",
    "reply",
    "forward",
)
"""What ``has:`` can ask for: the words of `Column.FLAGS`."""
COLUMN_NUMBER: Final = {column: number for number, column in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDocument:
    """A record as an engine takes it.

    `columns` holds one line of words for each of `COLUMNS`. `position` is that of the ledger event which made
    this version of the document; a higher one replaces a lower one. Times are aware.

    `size` is that of the original in bytes. `correspondents` are who the other side is, one normal form each, for
    counts by correspondent. `thread` and `equal` are keyed digests that records of one thread, and records that say
    the same, have in common; `likeness` is the signature by which nearly equal texts are known. Each is empty where
    there is none.
    """

    record_id: str
    submission_id: str
    custodian_id: str
    position: int
    kind: RecordKind
    channel: Channel
    platform: str | None
    language: str
    captured_at: datetime
    sent_at: datetime | None
    unsearchable: bool
    columns: tuple[str, ...]
    size: int = 0
    correspondents: tuple[str, ...] = ()
    thread: bytes = b""
    equal: bytes = b""
    likeness: bytes = b""

    def __post_init__(self) -> None:
        """Refuse a document that would be filed under the wrong columns."""
        if len(self.columns) != len(COLUMNS):
            raise ValueError("a document has one line of words for each column")

    @property
    def happened_at(self) -> datetime:
        """The asserted moment where it is known, else that of capture: what results are ordered by."""
        return self.sent_at if self.sent_at is not None else self.captured_at

    def column(self, column: Column) -> str:
        """The words of a column."""
        return self.columns[COLUMN_NUMBER[column]]
