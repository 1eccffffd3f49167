"""Edited and unsent messages of Messages: ``message_summary_info``, a binary property list.

Rule kept: every version that the list holds comes out, oldest first, the last one being what the message says now.
Keys as seen from macOS 13 on: ``ec`` has for each part of the message its versions (``t`` a typedstream, ``d`` seconds
since 2001-01-01), ``rp`` the numbers of parts that were taken back.
"""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.model import Version
from ingest.formats.chats.moments import from_apple
from ingest.formats.chats.typedstream import words_of

if TYPE_CHECKING:
    from datetime import datetime

_BINARY: Final = b"bplist00"
_LARGEST: Final = 4 << 20
_MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of a message; `now` is its last version, None where it was not edited."""

    edits: tuple[Version, ...] = ()
    now: str | None = None
    edited_at: datetime | None = None
    retracted: bool = False


def summary(content: object) -> Summary:
    """Read the list; nothing where there is none."""
    if not isinstance(content, bytes) or not content.startswith(_BINARY) or len(content) > _LARGEST:
        return Summary()
    try:
        root = plistlib.loads(content, fmt=plistlib.FMT_BINARY)
    except Exception:  # noqa: BLE001 - the parser of the standard library raises what it falls over
        return Summary()
    if not isinstance(root, dict):
        return Summary()
    parts = root.get("ec")
    versions = (
        [
            [_version(one) for one in events[:_MOST] if isinstance(one, dict)]
            for _, events in sorted(parts.items(), key=_part)
            if isinstance(events, list)
        ]
        if isinstance(parts, dict)
        else []
    )
    versions = [events for events in versions if events]
    dates = [events[-1].at for events in versions if events[-1].at is not None]
    return Summary(
        edits=tuple(one for events in versions for one in events[:-1]),
        now="\n".join(events[-1].text for events in versions) if versions else None,
        edited_at=max(dates, default=None),
        retracted=bool(root.get("rp")),
    )


def _version(event: dict[str, Any]) -> Version:
    body, date = event.get("t"), event.get("d")
    text = words_of(body) if isinstance(body, bytes) else None
    return Version(text=(text or "").replace("\ufffc", ""), at=from_apple(date))


def _part(pair: tuple[Any, Any]) -> tuple[int, str]:
    name = str(pair[0])[:20]
    return (int(name) if name.isascii() and name.isdigit() else 1 << 30, name)
