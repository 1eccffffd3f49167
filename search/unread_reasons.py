"""Why some text of a record could not be read: a closed list of codes for the sentences of its description. Pure.

Rules:

- Readers say in a sentence what they could not read (`Description.unsearchable`); sentences differ by format and by
  version, and cannot be counted. A code is one of `Unread`; what no rule knows is `OTHER`, never left out.
- An index document has one word for each code of its record among its flags, so that each engine counts and lists
  records by reason as it counts and lists by any other word.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from storage.transcription import NOT_READ_YET

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD: Final = "unsearchable_"


class Unread(StrEnum):
    """A reason why some part of a record is not found by its words."""

    WAITING = "waiting"
    ENCRYPTED = "encrypted"
    NO_ENGINE = "no_engine"
    SCRIPT = "script"
    QUARANTINED = "quarantined"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    NO_TEXT = "no_text"
    FORMAT = "format"
    OTHER = "other"


SENTENCES: Final = {
    Unread.WAITING: "pictures or scans that wait to be read",
    Unread.ENCRYPTED: "encrypted parts",
    Unread.NO_ENGINE: "pictures or scans for which no engine is installed",
    Unread.SCRIPT: "pictures in a script or language that no engine here reads",
    Unread.QUARANTINED: "released from quarantine as they are, unread",
    Unread.TOO_LARGE: "parts beyond what is read of one file or message",
    Unread.DAMAGED: "damaged parts",
    Unread.NO_TEXT: "parts that have no text of their own, as sound, film or drawings",
    Unread.FORMAT: "parts in a format that is not read",
    Unread.OTHER: "parts that could not be read for another reason",
}
"""Each code as it is told."""

# in this order: the first that knows a sentence decides, so what is narrower stands first
_RULES: Final[tuple[tuple[Unread, tuple[str, ...]], ...]] = (
    (Unread.QUARANTINED, ("quarantine",)),
    (Unread.ENCRYPTED, ("encrypted",)),
    (Unread.NO_ENGINE, ("no engine for reading", "may not start threads")),
    (Unread.SCRIPT, ("no engine here", "its script is not known")),
    (Unread.WAITING, (NOT_READ_YET,)),
    (
        Unread.DAMAGED,
        ("damaged", "cannot be read", "could not be read", "could not be opened", "broken", "is none", "ends too early",
         "its end is missing", "not acceptable", "do harm", "ended the program", "is not in the file", "its parts are"),
    ),
    (
        Unread.TOO_LARGE,
        ("larger than", "too large", "beyond", "longer than", "too long", "limits", "more than", "the end of",
         "text over", "too many", "too deep", "nested", "too much memory", "takes too long", "not read: over"),
    ),
    (
        Unread.NO_TEXT,
        ("has no text", "have no text", "without text", "hardly any text", "drawing of lines", "drawings of lines"),
    ),
    (Unread.FORMAT, ("that is not read", "format", "save it in the form", "embedded", "not what it was")),
)  # fmt: skip


def reason_of(sentence: str) -> Unread:
    """The code of one sentence of a description's `unsearchable`."""
    for code, marks in _RULES:
        if any(mark in sentence for mark in marks):
            return code
    return Unread.OTHER


def reason_word(code: Unread) -> str:
    """The word that stands among a document's flags for a code."""
    return _WORD + code.value


def reason_words(sentences: Iterable[str]) -> tuple[str, ...]:
    """The words for all that a description says could not be read, each once, in the order of `Unread`."""
    found = {reason_of(one) for one in sentences}
    return tuple(reason_word(code) for code in Unread if code in found)
