"""A transcript as a person writes it down again: the document that is exported, changed by hand and read again. Pure.

Rule: it comes from outside, so every member is checked and bounded, and one that is not known is refused; errors name
the message by its number, never by what it says.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from archiver.transcript_changes import FIELDS, WrittenMessage
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from storage.transcription import Transcription

LARGEST: Final = 4 << 20
"""Bytes of a document that is read again."""
MOST_MESSAGES: Final = 5_000
_LONGEST: Final = {"text": 20_000, "sender": 200, "time": 80, "day": 80, "at": 40, "side": 10}
_LONGEST_TITLE: Final = 200
_SIDES: Final = ("left", "right", "center")
_KNOWN: Final = frozenset({"number", *FIELDS})
_MINUTE: Final = len("2026-03-02T09:41")


def form_of(one: Transcription) -> dict[str, Any]:
    """The document of a version, to be changed by hand."""
    transcript = one.transcript
    return {
        "record": one.record_id,
        "version": one.number,
        "title": None if transcript is None else transcript.title,
        "messages": [
            {
                "number": number,
                "side": each.message.side,
                "sender": each.message.sender,
                "text": each.message.text,
                "time": each.time,
                "day": each.day,
                "at": each.message.at,
            }
            for number, each in enumerate(() if transcript is None else transcript.messages, start=1)
        ],
    }


def read_form(document: Any) -> tuple[tuple[WrittenMessage, ...], str | None, int | None]:
    """Messages, title and the version that it was made of, where it says it.

    Raises:
        InvalidInput: it is no such document.
    """
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        raise InvalidInput("a transcript is a JSON object with messages; see: archiver transcript export RECORD")
    if unknown := set(document) - {"record", "version", "title", "messages"}:
        raise InvalidInput(f"a transcript has no member {_name(unknown)}; see: archiver transcript export RECORD")
    if len(document["messages"]) > MOST_MESSAGES:
        raise InvalidInput(f"a transcript has at most {MOST_MESSAGES:,} messages")
    version = document.get("version")
    if version is not None and (type(version) is not int or version < 1):
        raise InvalidInput("the version of a transcript is a number from 1")
    title = document.get("title")
    if title is not None:
        title = checked_text(title, "the title", _LONGEST_TITLE).strip() or None
    messages = tuple([_message(one, number) for number, one in enumerate(document["messages"], start=1)])
    return messages, title, version


def checked_member(name: str, value: Any, where: str = "the message") -> str | None:
    """A member of a message as it may be kept; None for nothing.

    Raises:
        InvalidInput: it is no text, too long, no side, or no moment.
    """
    if value is None:
        return None
    text = checked_text(value, f"{name} of {where}", _LONGEST[name])
    if name != "text":
        text = text.strip()
    if not text:
        return None
    if name == "side" and text not in _SIDES:
        raise InvalidInput(f"side of {where} is not left, right or center")
    return _moment(text, where) if name == "at" else text


def checked_text(value: Any, what: str, longest: int) -> str:
    """A text within a bound and without control characters.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"{what} is no text")
    if len(value) > longest:
        raise InvalidInput(f"{what} is longer than {longest:,} characters")
    text: str = value.replace("\r\n", "\n")
    if any((one < " " and one not in "\n\t") or "\x7f" <= one <= "\x9f" or "\ud800" <= one <= "\udfff" for one in text):
        raise InvalidInput(f"{what} holds characters that are no text; write it again")
    return text


def _message(value: Any, place: int) -> WrittenMessage:
    where = f"message {place:,}"
    if not isinstance(value, dict):
        raise InvalidInput(f"{where} is no JSON object")
    if unknown := set(value) - _KNOWN:
        raise InvalidInput(f"{where} has a member {_name(unknown)}; it may have {', '.join(sorted(_KNOWN))}")
    number = value.get("number")
    if number is not None and type(number) is not int:
        raise InvalidInput(f"the number of {where} is no number; leave it out where the message is new")
    members = {name: checked_member(name, value.get(name), where) for name in FIELDS}
    return WrittenMessage(
        number=number,
        side=members["side"],
        sender=members["sender"],
        text=members["text"] or "",
        time=members["time"],
        day=members["day"],
        at=members["at"],
    )


def _moment(text: str, where: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or len(text) < _MINUTE:
        raise InvalidInput(f"at of {where} is no moment; write it like 2026-03-02T09:41, with an offset if it is known")
    # seconds that nobody stated are not added
    return text[:_MINUTE] if moment.tzinfo is None and len(text) == _MINUTE else moment.isoformat()


def _name(names: set[Any]) -> str:
    return repr(str(min(names, key=str))[:40])
