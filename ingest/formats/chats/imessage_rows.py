"""Rows of the message table of Messages (chat.db, sms.db) as messages.

Rule kept: the words are those of ``text``, else of ``attributedBody``; where both are empty because the message was
edited, of its last version. A message without any words that was taken back is a deleted one. Changes of a group are
notices, in a sentence that says what the columns say. What is kept as the bytes of a message is JSON (RFC 8259, sorted
names) of all columns that are neither null nor 0, with the rows of its attachments and of its reactions.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.imessage_edits import Summary, summary
from ingest.formats.chats.model import ChatMessage, Media, Reacted
from ingest.formats.chats.moments import from_apple
from ingest.formats.chats.typedstream import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Row = dict[str, Any]

OWNER: Final = "Me"
_ATTACHMENT_MARK: Final = "\ufffc"
_APP_MARK: Final = "\ufffd"
_REACTIONS: Final = {
    0: "\u2764\ufe0f",
    1: "\U0001f44d",
    2: "\U0001f44e",
    3: "\U0001f602",
    4: "\u203c\ufe0f",
    5: "\u2753",
}
ADDED: Final = 2000
REMOVED: Final = 3000
_END: Final = 4000
_EMOJI: Final = 6
_STICKER: Final = 7
_KNOWN: Final = frozenset(
    {
        "ROWID", "guid", "text", "handle_id", "subject", "attributedBody", "date", "is_from_me", "item_type",
        "other_handle", "group_title", "group_action_type", "share_status", "associated_message_guid",
        "associated_message_type", "associated_message_emoji", "message_summary_info", "thread_originator_guid",
        "date_edited", "date_retracted", "part_count", "cache_has_attachments",
    }
)  # fmt: skip
_SHAREPLAY: Final = 6
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode


def is_reaction(row: Mapping[str, Any]) -> bool:
    """Whether the row says that somebody reacted to another message, or took that back."""
    kind = row.get("associated_message_type")
    return type(kind) is int and ADDED <= kind < _END


def target_of(row: Mapping[str, Any]) -> str | None:
    """The guid of the message that a reaction belongs to: ``p:0/GUID``, ``bp:GUID`` or the guid alone."""
    value = row.get("associated_message_guid")
    if not isinstance(value, str) or not value:
        return None
    return value.rpartition("/")[2].rpartition(":")[2] or None


def message(
    row: Row,
    handles: Mapping[int, str],
    attachments: Sequence[Row],
    reactions: Sequence[Row],
    entry_of: Callable[[str], str | None],
    *,
    recoverable: bool = False,
) -> ChatMessage:
    """One message.

    Args:
        row: its columns.
        handles: numbers or addresses of people by handle_id.
        attachments: rows of its attachments.
        reactions: rows of the reactions to it, in their order.
        entry_of: the name in the export of the file with this path.
        recoverable: it was deleted from the conversation and could still be had back.
    """
    sender = OWNER if row.get("is_from_me") else handles.get(_number(row.get("handle_id")))
    found = summary(row["message_summary_info"]) if row.get("message_summary_info") else Summary()
    notice = _notice(row, handles) if row.get("item_type") or row.get("group_action_type") else None
    text = _words(row, found) if notice is None else notice
    edited_at = from_apple(row.get("date_edited")) if row.get("date_edited") else found.edited_at
    taken_back = bool(found.retracted or row.get("date_retracted") or edited_at) and not (text or attachments)
    guid, origin = row.get("guid"), row.get("thread_originator_guid")
    if is_reaction(row):  # to a message that is not in the database
        origin = target_of(row)
    side = "center" if notice is not None else "right" if row.get("is_from_me") else "left"
    return ChatMessage(
        at=from_apple(row.get("date")),
        sender=sender,
        text=text,
        raw=serialised(row, attachments, reactions, handles),
        id=guid if isinstance(guid, str) and guid else None,
        side=side,
        attachments=tuple(_media(one, entry_of) for one in attachments),
        reply_to=origin if isinstance(origin, str) and origin else None,
        edited_at=edited_at,
        edits=found.edits,
        edited=bool(found.edits or edited_at),
        deleted=recoverable or taken_back,
        system=notice is not None,
        reactions=_reacted(reactions, handles),
        unmapped=tuple(sorted(key for key, value in row.items() if value and key not in _KNOWN)),
    )


def serialised(row: Row, attachments: Sequence[Row], reactions: Sequence[Row], handles: Mapping[int, str]) -> bytes:
    """All that was read of a message, as bytes that are the same at every reading."""
    value: Row = {key: _plain(one) for key, one in row.items() if one}
    handle = handles.get(_number(row.get("handle_id")))
    if handle:
        value["handle"] = handle
    if attachments:
        value["attachments"] = [{key: _plain(one) for key, one in each.items() if one} for each in attachments]
    if reactions:
        value["reactions"] = [{key: _plain(one) for key, one in each.items() if one} for each in reactions]
    return _encode(value).encode("utf-8", "replace")


def _plain(value: object) -> object:
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes) else value


def _words(row: Mapping[str, Any], found: Summary) -> str:
    text = row.get("text")
    if not isinstance(text, str) or not text:
        body = row.get("attributedBody")
        text = (words_of(body) if isinstance(body, bytes) else None) or found.now or ""
    text = text.replace(_ATTACHMENT_MARK, "")
    if _APP_MARK in text and not text.strip(_APP_MARK + " \n"):
        text = ""
    subject = row.get("subject")
    return "\n".join(part for part in (subject, text) if part) if isinstance(subject, str) and subject else text


def _notice(row: Mapping[str, Any], handles: Mapping[int, str]) -> str | None:
    """What the columns of a change say, None where the row is a message after all."""
    kind, action = row.get("item_type"), row.get("group_action_type")
    other = handles.get(_number(row.get("other_handle"))) or "somebody"
    if kind == 1:
        return f"removed {other} from the conversation" if action == 1 else f"added {other} to the conversation"
    if kind == 2:  # noqa: PLR2004 - as all numbers here, those of item_type
        title = row.get("group_title")
        named = isinstance(title, str) and title
        return f"named the conversation {title}" if named else "removed the name of the conversation"
    if kind == 3:  # noqa: PLR2004
        pictures = {1: "changed the photo of the group", 2: "removed the photo of the group"}
        return pictures.get(action or 0, "left the conversation")
    if kind == 4:  # noqa: PLR2004
        return "stopped sharing location" if row.get("share_status") else "started sharing location"
    if kind == 5:  # noqa: PLR2004
        return "kept an audio message"
    return "SharePlay" if kind == _SHAREPLAY else None


def _media(row: Mapping[str, Any], entry_of: Callable[[str], str | None]) -> Media:
    path, name, kind = row.get("filename"), row.get("transfer_name"), row.get("mime_type")
    path = path if isinstance(path, str) else ""
    return Media(
        name=(name if isinstance(name, str) else "") or path.rpartition("/")[2] or None,
        media_type=kind if isinstance(kind, str) and kind else None,
        entry=entry_of(path) if path else None,
    )


def _reacted(rows: Sequence[Row], handles: Mapping[int, str]) -> tuple[Reacted, ...]:
    """Those that were not taken back, in their order."""
    standing: dict[tuple[object, ...], Reacted] = {}
    for row in rows:
        by = OWNER if row.get("is_from_me") else handles.get(_number(row.get("handle_id")))
        kind = row["associated_message_type"]
        what = kind % 1000
        key = (by, row.get("associated_message_guid"), what)
        if kind >= REMOVED:
            standing.pop(key, None)
        else:
            standing[key] = Reacted(emoji=_emoji(row, what), by=by, at=from_apple(row.get("date")))
    return tuple(standing.values())


def _emoji(row: Mapping[str, Any], what: int) -> str:
    if what == _EMOJI:
        own = row.get("associated_message_emoji")
        return own if isinstance(own, str) else ""
    return "sticker" if what == _STICKER else _REACTIONS.get(what, "")


def _number(value: object) -> int:
    return value if type(value) is int else 0
