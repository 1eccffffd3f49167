"""What a reading of pictures comes to: the text that search sees, and what nobody could read, by reason. Pure.

Rule: nothing that an engine read is left out of the text. Of a pictured conversation its messages come first, in their
order, and then the lines that are part of none (a title, a clock, a text not sent yet). Text that stands in the file
itself (the text layer of a PDF) is in the description already.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.transcript import transcript as text_of_messages
from ingest.formats.ocr.languages import SCRIPT_NAMES
from storage.transcription_codec import MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.transcription import Page, Transcript

MOST_SAID: Final = 100
_MOST_COMPARED: Final = 1 << 30  # characters looked through; beyond, what messages say stands there twice
_CUT: Final = "the text of its pictures is longer than can be kept"


def text_of(pages: Sequence[Page], transcript: Transcript | None) -> tuple[str, tuple[str, ...]]:
    """The text of a reading, and what of it could not be kept."""
    lines = [line.text for page in pages if not page.layer for line in page.lines if line.text.strip()]
    if transcript is not None:
        messages = [one.message for one in transcript.messages]
        said = text_of_messages(messages)
        known = _bare("".join([said, *(quoted for one in messages if (quoted := one.reply_to))]))
        if len(known) * len(lines) <= _MOST_COMPARED:
            lines = [line for line in lines if _bare(line) not in known]
        lines = [*([said] if said else []), *lines]
    text = "\n".join(lines)
    if len(text) > MAX_TEXT_CHARACTERS:
        return text[:MAX_TEXT_CHARACTERS], (_CUT,)
    return text, ()


def unread_of(pages: Sequence[Page], numbers: Mapping[str, int]) -> tuple[str, ...]:
    """What stays unread, counted by picture and reason; `numbers` are those of the components among the pictures."""
    counted = Counter((numbers[page.component], one.script, one.reason) for page in pages for one in page.unread)
    found = []
    for (number, script, reason), count in counted.items():
        of = f" in script {SCRIPT_NAMES.get(script, script)}" if script else ""
        found.append(f"picture {number}: {count:,} {'place' if count == 1 else 'places'}{of} not read: {reason}")
    if len(found) > MOST_SAID:
        found[MOST_SAID - 1 :] = [f"{len(found) - MOST_SAID + 1:,} further kinds of places in pictures are not read"]
    return tuple(found)


def _bare(text: str) -> str:
    """Letters alone: lines of a message are joined by blanks in one place and by breaks in another."""
    return "".join(text.split()).casefold()
