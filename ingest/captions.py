"""What whoever hands in pictures says of them: who, what, when, where and why; kept with the bytes, in the envelope.

Rule: a caption is what somebody says, never what a picture shows. It stands sealed beside the submission, is searched
with the record, and is the caption of the first version of what its pictures say; a later version may correct it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput
from storage.transcription import Caption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.records import Envelope

CAPTION_FIELDS: Final = tuple(one.name for one in fields(Caption))
LONGEST: Final = 2_000
_KEY: Final = "caption {}"


def caption_from(said: Mapping[str, str | None]) -> Caption | None:
    """A caption of what was said by field, white space around it dropped; None where nothing was said.

    Raises:
        InvalidInput: one is longer than 2,000 characters, or is no text.
    """
    words: dict[str, str] = {}
    for name in CAPTION_FIELDS:
        value = (said.get(name) or "").strip()
        if len(value) > LONGEST:
            raise InvalidInput(f"{name} is longer than {LONGEST:,} characters; say it shorter", field=name)
        if any(not (one.isprintable() or one in "\r\n\t") for one in value):
            raise InvalidInput(f"{name} holds characters that are no text; write it again", field=name)
        words[name] = value
    return Caption(**words) if any(words.values()) else None


def caption_pairs(caption: Caption | None) -> tuple[tuple[str, str], ...]:
    """As pairs of an envelope's transport."""
    if caption is None:
        return ()
    return tuple((_KEY.format(name), value) for name in CAPTION_FIELDS if (value := getattr(caption, name)))


def caption_of(envelope: Envelope) -> Caption | None:
    """The caption that pictures were handed in with, None where there was none."""
    said = dict(envelope.transport)
    words = {name: said.get(_KEY.format(name), "") for name in CAPTION_FIELDS}
    return Caption(**words) if any(words.values()) else None


def caption_lines(caption: Caption) -> tuple[str, ...]:
    """A caption in words, each line naming who says so."""
    said = ((name, getattr(caption, name)) for name in CAPTION_FIELDS)
    return tuple(f"whoever handed it in says {name}: {value}" for name, value in said if value)


def caption_text(caption: Caption) -> str:
    """What search sees of a caption."""
    return "\n".join(value for name in CAPTION_FIELDS if (value := getattr(caption, name)))
