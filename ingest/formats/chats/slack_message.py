"""One message object of a Slack export, as this archive's message.

Rule kept: ``ts`` is the identity of a message in its channel and its time. A reply names its thread by ``thread_ts``.
``message_changed`` and ``message_deleted`` are entries of the log of edits that some workspaces keep: what was said
before is kept as a version, or as what is left of a deleted message. A file lies in the export only where a tool has
put it beside (slackdump, slack-advanced-exporter); Slack itself gives addresses that expire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Version
from ingest.formats.chats.moments import from_seconds
from ingest.formats.chats.slack_directory import name_of
from ingest.formats.chats.slack_text import block_lines, card_lines, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export
    from ingest.formats.chats.slack_directory import Directory

_NOTICES: Final = frozenset(
    [
        *("bot_add", "bot_remove", "bot_enable", "bot_disable", "pinned_item", "unpinned_item", "reminder_add"),
        *("sh_room_created", "sh_room_shared", "huddle_thread", "joiner_notification", "app_conversation_join"),
        *("app_conversation_leave", "conversation_join", "conversation_leave", "tombstone", "ekm_access_denied"),
        *("bot_profile_update", "reminder_delete"),
    ]
)
_NOTICE_PREFIXES: Final = ("channel_", "group_", "mpim_")
_KNOWN: Final = frozenset(
    [
        *("type", "subtype", "ts", "text", "user", "username", "thread_ts", "edited", "files", "file", "upload"),
        *("reactions", "channel", "comment", "message", "original", "previous_message", "deleted_ts", "hidden"),
        *("user_profile", "bot_id", "display_as_bot"),
    ]
)
_FILE: Final = frozenset({"id", "name", "title", "mimetype"})
_MOST_UNNAMED: Final = 50


def message_of(value: dict[str, Any], raw: bytes, folder: str, known: Directory, export: Export) -> ChatMessage:
    """The message; `folder` is the path of its channel in the export."""
    subtype = value.get("subtype")
    subtype = subtype if isinstance(subtype, str) else ""
    own_id = value.get("ts")
    if subtype in ("message_changed", "message_deleted"):
        return _logged(value, raw, subtype, known)
    is_notice = subtype in _NOTICES or subtype.startswith(_NOTICE_PREFIXES)
    edited = value.get("edited")
    edited_at = from_seconds(edited.get("ts")) if isinstance(edited, dict) else None
    thread = value.get("thread_ts")
    reactions, more = _reactions(value["reactions"], known) if "reactions" in value else ((), ())
    files = [*_files(value)] if "files" in value or "file" in value else []
    found = unmapped(value, _KNOWN)
    if files or more:
        of_files = {name for one in files for name in unmapped(one, _FILE, "files.")}
        found = tuple(sorted({*found, *more, *of_files}))
    return ChatMessage(
        at=from_seconds(own_id),
        sender=None if subtype == "tombstone" else _sender(value, known),
        text=_text(value, known),
        raw=raw,
        id=own_id if isinstance(own_id, str) else None,
        side="center" if is_notice else None,
        attachments=tuple([_media(one, folder, export) for one in files]),
        reply_to=thread if isinstance(thread, str) and thread != own_id else None,
        edited_at=edited_at,
        edited=isinstance(edited, dict),
        deleted=subtype == "tombstone",
        system=is_notice,
        reactions=reactions,
        unmapped=found,
    )


def _logged(value: dict[str, Any], raw: bytes, subtype: str, known: Directory) -> ChatMessage:
    """An entry of the log: what a message was changed to, or that it was taken back."""
    kept = (value.get("original"), value.get("previous_message"))
    was: dict[str, Any] = next((one for one in kept if isinstance(one, dict)), {})
    now = value.get("message")
    now = now if isinstance(now, dict) else {}
    changed = subtype == "message_changed"
    shown = (now or value) if changed else (was or value)
    logged_at = from_seconds(value.get("ts"))
    own_id = value.get("ts")
    before = _text(was, known)
    edited = now.get("edited")
    return ChatMessage(
        at=from_seconds(shown.get("ts")) or from_seconds(was.get("ts")) or logged_at,
        sender=_sender(shown, known) or _sender(was, known) or _sender(value, known),
        text=_text(shown, known),
        raw=raw,
        id=own_id if isinstance(own_id, str) else None,
        edited_at=((from_seconds(edited.get("ts")) if isinstance(edited, dict) else None) or logged_at)
        if changed
        else None,
        edits=(Version(text=before, at=from_seconds(was.get("ts"))),) if changed and was else (),
        edited=changed,
        deleted=not changed,
        unmapped=tuple(
            sorted(
                {
                    *unmapped(value, _KNOWN),
                    *unmapped(now, _KNOWN, "message."),
                    *unmapped(was, _KNOWN, "original."),
                }
            )
        ),
    )


def _sender(value: dict[str, Any], known: Directory) -> str | None:
    """Who wrote: a member, or an app by the name that it took."""
    user = value.get("user")
    if isinstance(user, str) and user:
        if user in known.people:
            return known.sender(user)
        profile = value.get("user_profile")
        return (name_of({"profile": profile, **profile}) if isinstance(profile, dict) else None) or known.person(user)
    comment = value.get("comment")
    if isinstance(comment, dict) and isinstance(comment.get("user"), str):
        return known.sender(comment["user"])
    name = value.get("username")
    if isinstance(name, str) and name.strip():
        return storable(plain(name, known))
    profile = value.get("bot_profile")
    if isinstance(profile, dict) and isinstance(profile.get("name"), str) and profile["name"]:
        return str(profile["name"])
    bot = value.get("bot_id")
    return known.person(bot) if isinstance(bot, str) and bot else None


def _text(value: dict[str, Any], known: Directory) -> str:
    text = plain(value.get("text"), known)
    if "attachments" in value:
        text = "\n".join(line for line in (text, *card_lines(value, known, has_text=bool(text))) if line)
    if not text and "blocks" in value:
        text = "\n".join(line for line in block_lines(value["blocks"], known) if line)
    return text


def _files(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    listed = value.get("files")
    for one in (*(listed if isinstance(listed, list) else ()), value.get("file")):
        if isinstance(one, dict):
            yield one


def _media(one: dict[str, Any], folder: str, export: Export) -> Media:
    number, name = one.get("id"), one.get("name")
    mime = one.get("mimetype")
    title = one.get("title")
    shown = next((part for part in (name, title) if isinstance(part, str) and part), None)
    entry = None
    if isinstance(number, str) and isinstance(name, str):
        root = folder.rstrip("/").rpartition("/")[0]
        root = f"{root}/" if root else ""
        places = (
            f"{folder}attachments/{number}-{name}",
            f"{root}__uploads/{number}/{name}",
            f"{folder}{number}-{name}",
            f"{root}attachments/{number}-{name}",
        )
        entry = next((place for place in places if export.has(place)), None)
    return Media(
        name=storable(shown) if shown else None,
        media_type=mime if isinstance(mime, str) and mime else None,
        entry=entry,
    )


def _reactions(value: object, known: Directory) -> tuple[tuple[Reacted, ...], tuple[str, ...]]:
    """Reactions, and what of them is unmapped; a count may be larger than the list of those who reacted."""
    found: list[Reacted] = []
    more: tuple[str, ...] = ()
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, dict):
            continue
        emoji = f":{one['name']}:" if isinstance(one.get("name"), str) else ""
        listed = one.get("users")
        users = [who for who in listed if isinstance(who, str)] if isinstance(listed, list) else []
        found.extend(Reacted(emoji=emoji, by=known.sender(who)) for who in users)
        count = one.get("count")
        left = count - len(users) if type(count) is int else int(not users)
        found.extend([Reacted(emoji=emoji)] * min(max(left, 0), _MOST_UNNAMED))
        if left > _MOST_UNNAMED:
            more = ("reactions.count",)
    return tuple(found), more
