"""What a result does not say by itself, in sentences; pure.

Rule: a search says how much of the archive it has looked at, and an empty result never looks complete when it
is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.transcription_view import pictures_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping


def coverage_sentences(coverage: Mapping[str, Any]) -> tuple[str, ...]:
    """How complete a search was: sentences on what was searched, what could not be read, and what is still read."""
    records, indexed, unsearchable = coverage["records"], coverage["indexed"], coverage["unsearchable"]
    unreadable = coverage.get("unreadable", 0)
    missing = records - indexed - unreadable
    if missing > 0:
        waiting = f"{missing:,} {_records(missing)} not searched yet and may be missing here; try again in a moment"
        first = f"Searched {indexed:,} of {records:,} records: {waiting}."
    elif unreadable:
        first = f"Searched {indexed:,} of {records:,} records."
    elif records == 0:
        first = "The archive holds no records yet."
    else:
        first = f"Searched all {records:,} records." if records > 1 else "Searched the only record."
    further = []
    if unreadable:
        those = f"{unreadable:,} {_records(unreadable)}"
        further.append(f"{those} not searched because they cannot be opened; the administrator has to look at them.")
    if coverage.get("outdated") and not coverage.get("rebuild"):
        further.append("Another version of the program built the index; the administrator has to rebuild it.")
    if rebuild := coverage.get("rebuild"):
        further.append(
            f"The index is being rebuilt: {rebuild['indexed']:,} of {rebuild['records']:,} records are in it."
        )
    if unsearchable:
        those = "has a part" if unsearchable == 1 else "have parts"
        further.append(
            f"{unsearchable:,} of them {those} whose text could not be read and cannot be found by its words."
        )
    if waiting_pictures := coverage.get("pictures_waiting", 0):
        further.append(f"{pictures_sentence(waiting_pictures)}.")
    return (first, *further)


def searchable_sentences(coverage: Mapping[str, Any]) -> tuple[str, ...]:
    """How much of the archive a search would look at, where nothing was searched yet."""
    if coverage["records"] == 0:
        return ()
    if coverage["indexed"] >= coverage["records"]:
        return ("Every record can be searched.", *coverage_sentences(coverage)[1:])
    missing = coverage["records"] - coverage["indexed"]
    verb = "record cannot" if missing == 1 else "records cannot"
    return (f"{missing:,} {verb} be searched yet; the index is catching up.", *coverage_sentences(coverage)[1:])


def employee_coverage_sentences(coverage: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for somebody who searches his own records only, and is told no counts of the whole archive."""
    if coverage["records"] - coverage["indexed"] > 0:
        return ("Only your own records are searched. Some records were not searched yet; try again in a moment.",)
    return ("Only your own records are searched, all of them.",)


def _records(count: int) -> str:
    return "record was" if count == 1 else "records were"


def query_place(text: str, position: object) -> tuple[str, str, str] | None:
    """A query cut at the place of an error (characters from 0): before, the character there, after."""
    if not isinstance(position, int) or not 0 <= position <= len(text):
        return None
    return text[:position], text[position : position + 1], text[position + 1 :]
