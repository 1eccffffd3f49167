"""Rows of Viber's databases as messages.

Rule kept: only what public tools agree on is modelled: time, direction, sender, words, the kinds of files and their
names. What they tell differently or one of them alone (reactions, quotes, edits, stickers, places) is unmapped. What is
kept as the bytes of a message is JSON (RFC 8259, sorted names) of all columns that are neither null nor 0.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.model import ChatMessage, Media
from ingest.formats.chats.moments import from_apple, from_millis
from ingest.formats.chats.viber_people import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Row = dict[str, Any]

_WITH_FILE: Final = frozenset({2, 3, 11})
"""Types of messages of the desktop that are a picture, a film, a file."""
_OUT: Final = 1
_EVENT: Final = frozenset({"ROWID", "EventID", "TimeStamp", "Direction", "ChatID", "ContactID", "Token"})
_MESSAGE: Final = frozenset({"ROWID", "EventID", "Body", "Subject", "PayloadPath", "Type"})
_PHONE: Final = frozenset(
    {"ROWID", "Z_PK", "ZDATE", "ZTEXT", "ZSTATE", "ZCONVERSATION", "ZPHONENUMINDEX", "ZATTACHMENT", "ZTOKEN"}
    | {"ZSYSTEMTYPE", "Z_ENT", "Z_OPT"}
)
_FILE: Final = frozenset({"ROWID", "Z_PK", "Z_ENT", "Z_OPT", "ZNAME", "ZTYPE"})
_SAID: Final = frozenset({"url", "formatted", "customLocation"})
"""What ``ZSYSTEMTYPE`` says of messages that people wrote; whatever else it says is a notice."""
_NO_FILE: Final = frozenset({"sticker", "customLocation"})
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode


class FilesByName:
    """The other files of an export by their last step, where that tells one file only."""

    def __init__(self, names: Iterable[str], database: str) -> None:
        self._by_name: dict[str, str | None] = {}
        for name in names:
            if name != database:
                last = _last(name).casefold()
                self._by_name[last] = None if last in self._by_name else name

    def entry(self, path: str) -> str | None:
        """The file that a path of the device names; None where it is not there, or not one only."""
        return self._by_name.get(_last(path).casefold())


def desktop_message(
    event: Row, held: Sequence[Row], label: Callable[[object], str | None], entry_of: Callable[[str], str | None]
) -> ChatMessage:
    """An event of viber.db.

    Args:
        event: its row of ``Events``.
        held: its rows of ``Messages``; none for what is no message, such as a reaction.
        label: how a person is written.
        entry_of: the name in the export of the file with this path.
    """
    is_out = event.get("Direction") == _OUT
    row = held[0] if held else {}
    path = _text(row, "PayloadPath")
    media = (Media(name=_last(path) or None, entry=entry_of(path)),) if path else ()
    if not path and row.get("Type") in _WITH_FILE:
        media = (Media(),)
    text = _text(row, "Body") or _text(row, "Subject")
    if not held:
        text = f"an event that is no message, of type {event.get('Type')}"
    unmapped = {key for key, value in event.items() if value and key not in _EVENT}
    unmapped |= {f"message.{key}" for one in held for key, value in one.items() if value and key not in _MESSAGE}
    return ChatMessage(
        at=from_millis(event.get("TimeStamp")),
        sender=OWNER if is_out else label(event.get("ContactID")),
        text=text,
        raw=_serialised({**event, "message": [_plain_row(one) for one in held]}),
        id=_number(event.get("Token")) if held else None,
        side="center" if not held else "right" if is_out else "left",
        attachments=media,
        system=not held,
        unmapped=tuple(sorted(unmapped)),
    )


def phone_message(row: Row, file: Row | None, sender: str | None, entry_of: Callable[[str], str | None]) -> ChatMessage:
    """A row of ``ZVIBERMESSAGE``, with that of its file."""
    kind = _text(row, "ZSYSTEMTYPE")
    is_notice = bool(kind) and kind not in _SAID
    named = {} if file is None else file
    name = _text(named, "ZNAME")
    media: tuple[Media, ...] = ()
    if file is not None and _text(file, "ZTYPE") not in _NO_FILE:
        media = (Media(name=_last(name) or None, entry=entry_of(name) if name else None),)
    unmapped = {key for key, value in row.items() if value and key not in _PHONE}
    unmapped |= {f"attachment.{key}" for key, value in named.items() if value and key not in _FILE}
    return ChatMessage(
        at=from_apple(row.get("ZDATE")),
        sender=sender,
        text=_text(row, "ZTEXT"),
        raw=_serialised({**row, "attachment": _plain_row(named)}),
        id=None if is_notice else _number(row.get("ZTOKEN")),
        side="center" if is_notice else "right" if sender == OWNER else "left",
        attachments=media,
        system=is_notice,
        unmapped=tuple(sorted(unmapped)),
    )


def _serialised(value: Row) -> bytes:
    return _encode(_plain_row(value)).encode("utf-8", "replace")


def _plain_row(row: Row) -> Row:
    return {
        key: {"base64": b64encode(one).decode()} if isinstance(one, bytes) else one for key, one in row.items() if one
    }


def _last(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _number(value: object) -> str | None:
    return str(value) if type(value) is int and value else value if isinstance(value, str) and value else None


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
