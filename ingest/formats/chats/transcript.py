"""Messages as text: what search sees of a conversation, one line or more a message, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.records import Message


def transcript(messages: Iterable[Message]) -> str:
    """Sender and text of each message, and behind it what it said before it was edited."""
    lines: list[str] = []
    for one in messages:
        if one.text:
            lines.append(one.text if one.sender is None else f"{one.sender}: {one.text}")
        lines += [version.text for version in one.edits if version.text and version.text != one.text]
    return "\n".join(lines)
