"""What the text and the HTML of imessage-exporter share: its dates, its fixed sentences, and where its files lie.

Rule kept: dates are local times of the computer that exported and stay without a zone. The program writes English
whatever the language of the computer (releases 1.0 to 3.x were looked at).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.model import Media, Reacted

if TYPE_CHECKING:
    from ingest.formats.chats.model import Export

OWNER: Final = "Me"
DELETED: Final = "This message was deleted from the conversation!"
RESPONDED: Final = "This message responded to an earlier message."
MISSING: Final = frozenset({"Attachment missing!", "Attachment does not exist!"})
EFFECTS: Final = frozenset(
    f"Sent with {name}"
    for name in (
        "Confetti", "Echo", "Fireworks", "Balloons", "Heart", "Lasers", "Shooting Star", "Shooting Start", "Sparkles",
        "Spotlight", "Slam", "Loud", "Gentle", "Invisible Ink",
    )
)  # fmt: skip
DATE: Final = r"([A-Z][a-z]{2}) (\d\d), (\d{4}) {1,2}(\d{1,2}):(\d\d):(\d\d) ([AP])M"
_DATE: Final = re.compile(DATE)
_TAPBACK: Final = re.compile(r"(.{1,40}?) by (.+)")
_UNSENT: Final = re.compile(r".{1,200} unsent this message part(?: .{1,100} after sending)?!")
_MONTHS: Final = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2099
_NOON: Final = 12
_NAMED: Final = re.compile(r"(?:[~/]|[A-Za-z]:\\).{0,500}Attachments/.{1,500}|attachments/[^ ].{0,500}")


def moment(text: str) -> datetime | None:
    """``May 17, 2022  5:29:42 PM`` at the beginning of a text, None where no such date exists."""
    found = _DATE.match(text)
    if found is None or found[1] not in _MONTHS:
        return None
    hour = int(found[4]) % _NOON + (_NOON if found[7] == "P" else 0)
    try:
        at = datetime(  # noqa: DTZ001 - the program states no zone
            int(found[3]), _MONTHS[found[1]], int(found[2]), hour, int(found[5]), int(found[6])
        )
    except ValueError:
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None


def reaction(text: str) -> Reacted | None:
    """``Loved by Ann``, in the words of the program."""
    found = _TAPBACK.fullmatch(text.strip())
    return Reacted(emoji=found[1], by=found[2]) if found else None


def is_unsent(text: str) -> bool:
    """Whether this is the sentence that stands for what was taken back."""
    return _UNSENT.fullmatch(text) is not None


def names_file(text: str) -> bool:
    """Whether a line is nothing but the path of a file."""
    return _NAMED.fullmatch(text) is not None


def attached(export: Export, folder: str, path: str) -> Media:
    """The file at a path that is relative to the page, or stood on the computer that exported."""
    steps = path.removeprefix("./")
    name = steps.rpartition("/")[2] or None
    full = f"{folder}/{steps}" if folder else steps
    return Media(name=name, entry=full if export.has(full) else None)


def side(sender: str | None) -> str | None:
    """Whose bubble it is; with another name chosen for the owner nobody can tell."""
    if sender is None:
        return None
    return "right" if sender == OWNER else "left"


def title_of(name: str) -> str | None:
    """The name of a chat is that of its file; messages of no chat are in a file of their own."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    return None if stem == "orphaned" else stem or None
