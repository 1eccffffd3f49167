"""One message object of Telegram Desktop's result.json, as this archive's message.

Rule kept: layouts of 2018 to 2025 (export_output_json.cpp of telegramdesktop/tdesktop). ``date_unixtime`` is the
instant and wins; ``date`` alone is local time of the exporting machine, without a zone. A path in parentheses is a
sentence that says why there is no file. ``edited`` is what the export says: Telegram sets it after a reaction too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.model import ChatMessage, Media, Reacted
from ingest.formats.chats.moments import from_seconds, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

_MOST_CACHED: Final = 60
_LONGEST_NAME: Final = 100
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {}, False)
_MOST_UNNAMED: Final = 50
"""How many reactions of unnamed people are listed of one emoji; `reactions.count` is unmapped where there are more."""
_BLOCKS: Final = frozenset({"blockquote", "pre"})
_FILES: Final = ("photo", "file", "contact_vcard")
_TOLD_WORDS: Final = """
    id type date date_unixtime edited edited_unixtime from text photo file file_name mime_type contact_vcard
    reply_to_message_id reply_to_peer_id forwarded_from forwarded_from_id contact_information location_information
    place_name address poll todo_list game_title game_description game_link reactions text_entities
"""
_TOLD: Final = frozenset(_TOLD_WORDS.split())
_CONTENT_WORDS: Final = """
    contact_information location_information place_name address poll todo_list game_title game_description game_link
"""
_CONTENT: Final = frozenset(_CONTENT_WORDS.split())
_NAMES_FILES: Final = frozenset((*_FILES, "thumbnail"))
_TOLD_OF_NOTICE: Final = _TOLD | frozenset({"actor", "action"})
_KNOWN: Final = _TOLD | {"thumbnail"}
_NOT_TOLD_AGAIN: Final = _TOLD_OF_NOTICE | frozenset(
    {"actor_id", "from_id", "width", "height", "to_id", "information_text", "thumbnail"}
)
_REACTION: Final = frozenset({"type", "count", "emoji", "document_id", "recent"})


def message_of(value: dict[str, Any], raw: bytes, side: str | None, root: str, export: Export) -> ChatMessage:
    """The message; `root` is the folder of result.json, from which its paths go."""
    kind = value.get("type")
    is_notice = kind in ("service", "unsupported")
    text = _text(value.get("text"))
    content = value.keys() & _CONTENT
    if is_notice:
        text = _notice(value, text)
    elif content:
        text = "\n".join(line for line in (text, *_said_by_fields(value)) if line)
    attachments = tuple(_files(value, root, export)) if not _NAMES_FILES.isdisjoint(value) else ()
    edited_at = None
    if "edited" in value or "edited_unixtime" in value:
        edited_at = from_seconds(value.get("edited_unixtime")) or iso(value.get("edited"))
    reactions, more = _reactions(value["reactions"]) if "reactions" in value else ((), ())
    own_id = value.get("id")
    return ChatMessage(
        at=from_seconds(value.get("date_unixtime")) or iso(value.get("date")),
        sender=_name(value, "actor") if is_notice else _name(value, "from"),
        text=text,
        raw=raw,
        id=None if own_id is None else str(own_id),
        side="center" if is_notice else side,
        attachments=attachments,
        reply_to=_reply(value) if "reply_to_message_id" in value else None,
        edited_at=edited_at,
        edited=edited_at is not None,
        system=is_notice,
        forwarded_from=_name(value, "forwarded_from") if "forwarded_from" in value else None,
        reactions=reactions,
        unmapped=_unmapped(value, more, is_notice=is_notice),
    )


def _name(value: dict[str, Any], label: str) -> str | None:
    """Who is meant: the name, else the id; a deleted account has no name."""
    name = value.get(label)
    if name is None or name == "":
        name = value.get(f"{label}_id")
    if name is None and label == "actor":
        return _name(value, "from")
    return None if name is None or isinstance(name, list | dict) else str(name)


def _text(value: object) -> str:
    """The parts of a text, joined as they touch.

    A bare link that touches a marked part begins a word of its own, a quotation and a block of code lines of their own.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    said: list[str] = []
    after_mark = after_block = False
    for part in value:
        own = part.get("text") if isinstance(part, dict) else part
        own = own if isinstance(own, str) else ""
        is_block = isinstance(part, dict) and part.get("type") in _BLOCKS
        if own and (is_block or after_block) and said and not said[-1].endswith("\n") and not own.startswith("\n"):
            said.append("\n")
        after_block = is_block or (after_block and not own)
        if isinstance(part, str):
            said.append(part)
            after_mark = False
        elif isinstance(part, dict):
            if after_mark and part.get("type") == "link" and said and not said[-1][-1:].isspace():
                said.append(" ")
            said.append(own)
            after_mark = part.get("type") != "plain" and bool(own)
    return "".join(said)


def _reply(value: dict[str, Any]) -> str:
    answered = str(value["reply_to_message_id"])
    elsewhere = value.get("reply_to_peer_id")
    return answered if elsewhere is None else f"{elsewhere}/{answered}"


def _notice(value: dict[str, Any], text: str) -> str:
    """A notice has no sentence in result.json: its action and everything stated with it, in the export's words."""
    if value.get("type") == "unsupported":
        return text or "unsupported message"
    action = value.get("action")
    said = [action.replace("_", " ")] if isinstance(action, str) else []
    if isinstance(value.get("information_text"), str):
        said.append(value["information_text"])
    details = []
    for name, detail in value.items():
        if name in _NOT_TOLD_AGAIN:
            continue
        shown = _shown(detail)
        if shown:
            details.append(f"{name.replace('_', ' ')}: {shown}")
    if details:
        said.append(f"({'; '.join(details)})")
    if text:
        said.append(text)
    return " ".join(said)


def _shown(value: object) -> str:
    if isinstance(value, list):
        named = [_shown(one) for one in value if not isinstance(one, list)]
        return ", ".join(one for one in named if one)
    if isinstance(value, dict):
        return _text(value.get("text"))
    return "" if value is None or value is False else str(value)


def _said_by_fields(value: dict[str, Any]) -> Iterator[str]:
    """What a message says by a card, a place, a poll or a game instead of a text."""
    contact = value.get("contact_information")
    if isinstance(contact, dict):
        name = " ".join(str(contact[part]) for part in ("first_name", "last_name") if contact.get(part))
        yield ", ".join(part for part in (name, str(contact.get("phone_number") or "")) if part)
    for label in ("place_name", "address", "game_title", "game_description", "game_link"):
        if isinstance(value.get(label), str):
            yield value[label]
    place = value.get("location_information")
    if isinstance(place, dict) and "latitude" in place and "longitude" in place:
        yield f"{place['latitude']}, {place['longitude']}"
    for listed, heading in ((value.get("poll"), "question"), (value.get("todo_list"), "title")):
        if isinstance(listed, dict):
            yield _text(listed.get(heading))
            answers = listed.get("answers")
            for answer in answers if isinstance(answers, list) else ():
                if isinstance(answer, dict):
                    yield f"- {_text(answer.get('text'))}"


def _files(value: dict[str, Any], root: str, export: Export) -> Iterator[Media]:
    main_present = False
    for label in _FILES:
        path = value.get(label)
        if not isinstance(path, str) or not path:
            continue
        entry = root + path if export.has(root + path) else None
        main_present = main_present or entry is not None
        stated = value.get("file_name")
        if label == "file" and isinstance(stated, str) and stated:
            name: str | None = stated
        else:
            name = None if path.startswith("(") and entry is None else base_name(path)
        mime = value.get("mime_type") if label == "file" else None
        yield Media(name=name, media_type=mime if isinstance(mime, str) else None, entry=entry)
    preview = value.get("thumbnail")
    if not main_present and isinstance(preview, str) and export.has(root + preview):
        yield Media(name=base_name(preview), entry=root + preview)  # all that is left of the file


def _reactions(value: object) -> tuple[tuple[Reacted, ...], tuple[str, ...]]:
    """Reactions, and what of them is unmapped."""
    found: list[Reacted] = []
    more: set[str] = set()
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, dict):
            more.add("reactions")
            continue
        emoji = one.get("emoji") or one.get("document_id") or one.get("type")
        emoji = emoji if isinstance(emoji, str) else ""
        recent = one.get("recent")
        named = [who for who in recent if isinstance(who, dict)] if isinstance(recent, list) else []
        found.extend(Reacted(emoji=emoji, by=_name(who, "from"), at=iso(who.get("date"))) for who in named)
        count = one.get("count")
        unnamed = max(count - len(named), 0) if type(count) is int else int(not named)
        found.extend(Reacted(emoji=emoji) for _ in range(min(unnamed, _MOST_UNNAMED)))
        if unnamed > _MOST_UNNAMED:
            more.add("reactions.count")
        if one.get("document_id") and one.get("emoji"):
            more.add("reactions.document_id")
        more.update(unmapped(one, _REACTION, "reactions."))
    return tuple(found), tuple(more)


def _unmapped(value: dict[str, Any], more: tuple[str, ...], *, is_notice: bool) -> tuple[str, ...]:
    if len(value) > _MOST_CACHED:
        found = unmapped(value, _KNOWN)
    else:
        found = _unknown(tuple(value))
        if found:
            found = tuple([name for name in found if value[name] not in _EMPTY])
    if is_notice:
        # everything plain was told in the sentence of the notice
        found = tuple([name for name in found if name in _NOT_TOLD_AGAIN or isinstance(value[name], dict)])
    deeper = list(more)
    text = value.get("text")
    if isinstance(text, list):
        if any(isinstance(part, dict) and part.get("href") for part in text):
            deeper.append("text.href")
    elif not isinstance(text, str) and _text(value.get("text_entities")):
        deeper.append("text_entities")
    if isinstance(poll := value.get("poll"), dict):
        deeper.extend(unmapped(poll, frozenset({"question", "answers"}), "poll."))
        deeper.append("poll.answers.voters")
    if isinstance(listed := value.get("todo_list"), dict):
        deeper.extend(unmapped(listed, frozenset({"title", "answers"}), "todo_list."))
    return tuple(sorted((*found, *deeper))) if deeper else found


@lru_cache(maxsize=1_000)
def _unknown(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of members that no message is made of, sorted: most messages have the same few sets of members."""
    return tuple(sorted(name for name in names if name not in _KNOWN and len(name) <= _LONGEST_NAME))
