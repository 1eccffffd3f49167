"""What the Washington State Archives answer about a schedule (JSON), to a schedule file of ours.

Source: `GET https://api.digitalarchives.wa.gov/api/retention-schedules/3`, a reply with `returnValue.localSchedules`,
each with `dispositionAuthorityNumber`, `seriesTitleDescription`, `primaryCopyRetention`, `archival`,
`category.categoryName`, `seriesID`, `isActive`. The reply comes from a file; nothing is fetched.

Rule: pure. Every active series of the reply is in the result with the issuer's own sentence. A rule is written only
where the whole sentence is understood (`retention.sentences`); the others are `unwritten`, so records in them are
kept. The result is inactive and not adopted: a records officer compares, completes and activates it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from retention.reading import MAX_TEXT
from retention.sentences import read_sentence
from retention.toml_text import toml_lines
from storage.errors import InvalidInput

MAX_BYTES = 16_000_000
MAX_SERIES = 10_000
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._*/\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSchedule:
    """A schedule file made from a reply.

    Attributes:
        text: the file.
        written: ids of series whose rule was read from their sentence.
        unwritten: ids of series whose rule a person has to write.
        left_out: how many the reply marks as no longer active.
    """

    text: str
    written: tuple[str, ...]
    unwritten: tuple[str, ...]
    left_out: int


def import_washington(raw: bytes, *, name: str, edition: str, source: str) -> ImportedSchedule:
    """A schedule file from the bytes of a reply.

    Args:
        raw: JSON, the whole reply, its `returnValue`, or the list of series alone.
        name: what the schedule is called in this archive.
        edition: the edition, which the reply does not state.
        source: where the reply came from.

    Raises:
        InvalidInput: it is no such reply, or gives one series twice.
    """
    title, entries = _entries(raw)
    sections: dict[str, list[str]] = {}
    written: list[str] = []
    unwritten: list[str] = []
    left_out = 0
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise InvalidInput(f"series {number} of the reply is no object")
        if entry.get("isActive") is False:
            left_out += 1
            continue
        identifier, members, is_written = _series(entry, number)
        if identifier in sections:
            raise InvalidInput(f"the reply gives series {identifier} twice; keep the one that is in force")
        sections[identifier] = ["", "[[series]]", *toml_lines(members)]
        (written if is_written else unwritten).append(identifier)
    if not sections:
        raise InvalidInput("the reply has no active series")
    head = {
        "format": 1,
        "name": name,
        "title": title,
        "issuer": "Washington State Archives",
        "jurisdiction": "Washington",
        "edition": edition,
        "source": source,
        "inactive": True,
    }
    comment = [
        "# Made from a reply of the Washington State Archives. Compare each rule with the words beside it, write the",
        "# rules of the series that are unwritten, add adopted_on, and take the line inactive = true out.",
        "",
    ]
    lines = [*comment, *toml_lines(head), *(line for section in sections.values() for line in section)]
    return ImportedSchedule(
        text="\n".join(lines) + "\n", written=tuple(written), unwritten=tuple(unwritten), left_out=left_out
    )


def _entries(raw: bytes) -> tuple[str, list[Any]]:
    if len(raw) > MAX_BYTES:
        raise InvalidInput(f"a reply has at most {MAX_BYTES} bytes")
    try:
        reply = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the reply is not JSON that can be read") from error
    title = "Schedule of the Washington State Archives"
    if isinstance(reply, dict):
        inner = reply.get("returnValue", reply)
        if isinstance(inner, dict):
            title = _text(inner.get("scheduleName")) or title
            inner = inner.get("localSchedules")
        reply = inner
    if not isinstance(reply, list) or len(reply) > MAX_SERIES:
        raise InvalidInput(f"the reply needs returnValue.localSchedules, a list of at most {MAX_SERIES} series")
    return title, reply


def _series(entry: dict[str, Any], number: int) -> tuple[str, dict[str, Any], bool]:
    authority = _text(entry.get("dispositionAuthorityNumber"))
    identifier = _NOT_IN_ID.sub("-", authority).strip("-./_")[:64]
    if not identifier:
        raise InvalidInput(f"series {number} of the reply has no dispositionAuthorityNumber")
    described = str(entry.get("seriesTitleDescription") or "").strip().split("\n", 1)
    words = _text(entry.get("primaryCopyRetention"))
    rule = read_sentence(words)
    members = {
        "id": identifier,
        "title": _text(described[0]) or authority,
        "citation": authority,
        "scope": _scope(described[1] if len(described) > 1 else "", entry.get("category")),
        "words": words,
        "designation": _text(entry.get("archival")),
        # the rule was read by a program; a person who compared it writes V
        "confidence": "V-id" if rule is None else "P",
        **({"unwritten": True} if rule is None else rule),
    }
    return identifier, {key: value for key, value in members.items() if value != ""}, rule is not None


def _scope(described: str, category: Any) -> str:
    words = _text(described)
    named = _text(category.get("categoryName")) if isinstance(category, dict) else ""
    return f"{words} (category: {named})".lstrip()[:MAX_TEXT] if named else words


def _text(value: Any) -> str:
    """A value of the reply as printable text on one line; empty where it is none."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in value).split())[:MAX_TEXT]
