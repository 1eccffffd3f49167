"""DiscordChatExporter's JSON: a document with `guild`, `channel`, `messages` and, at its end, `messageCount`.

Rule kept: layouts of 2021 to 2025 (JsonMessageWriter.cs of Tyrrrz/DiscordChatExporter). Times have the exporter's
offset. Who wrote is the name that the channel showed, the nickname. What `messageCount` says is told apart from what
was met.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.discord_files import count_of, counts, media_at, unnamed
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import folder_of
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Reacted, Said, Stated, Thread
from ingest.formats.chats.moments import iso
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Media

_GUILD: Final = re.compile(rb'\A\s{0,99}\{\s{0,99}"guild"\s?:\s?\{')
_CHANNEL: Final = re.compile(rb'"channel"\s?:\s?\{')
_NOTICES: Final = frozenset(
    [
        "RecipientAdd",
        "RecipientRemove",
        "Call",
        "ChannelNameChange",
        "ChannelIconChange",
        "ChannelPinnedMessage",
        "GuildMemberJoin",
        "ThreadCreated",
        *map(str, range(1, 19)),  # kinds that the exporter has no name for; 18 and below are notices of the platform
    ]
)
_KNOWN: Final = frozenset(
    [
        *("id", "type", "timestamp", "timestampEdited", "content", "author", "attachments", "stickers", "reactions"),
        *("reference", "forwardedMessage"),
    ]
)
_AUTHOR: Final = frozenset({"nickname"})
_FORWARDED: Final = frozenset({"content", "attachments", "stickers"})
_MOST_AUTHORS: Final = 5_000


def is_json(head: bytes) -> bool:
    """Whether a document that begins so is one of these."""
    return _GUILD.match(head) is not None and _CHANNEL.search(head) is not None and b'"dateRange"' in head


def read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    """Everything in one document.

    Raises:
        ContainerBroken: it is damaged; what was read before was given.
        MemberBroken: the rest of it cannot be had.
    """
    document = _Document(export, name)
    broken: ContainerBroken | None = None
    try:
        for piece in walk(export.open(name), [("messages", "*")]):
            if piece.path[0] != "messages":
                document.facts[str(piece.path[0])] = piece.value
            elif len(piece.path) == 1 or not isinstance(piece.value, dict):
                document.met += 1
                reason = piece.problem or "it is no object"
                yield Remark(text=f"a message could not be read: {reason}", path=name, lost=1)
            else:
                document.met += 1
                yield document.said(piece.value, piece.raw)
    except ContainerBroken as problem:
        broken = problem
    yield from counts(document.facts.get("messageCount"), document.met, name)
    if broken is not None:
        raise broken


class _Document:
    """What goes on from one message to the next."""

    def __init__(self, export: Export, name: str) -> None:
        self._export = export
        self._name = name
        self._folder = folder_of(name)
        self._thread: Thread | None = None
        self._authors: dict[tuple[object, ...], tuple[str, ...]] = {}
        self.facts: dict[str, Any] = {}
        self.met = 0

    def said(self, value: dict[str, Any], raw: bytes) -> Said:
        if self._thread is None:
            self._thread = self._thread_of()
        author = value.get("author")
        author = author if isinstance(author, dict) else {}
        passed = value.get("forwardedMessage")
        passed = passed if isinstance(passed, dict) else {}
        kind = value.get("type")
        is_notice = isinstance(kind, str) and kind in _NOTICES
        attachments = (*self._files(value), *self._files(passed)) if value.get("attachments") or passed else ()
        if value.get("stickers") and not attachments:
            attachments = tuple(self._files(value))
        reactions, more = _reactions(value["reactions"]) if value.get("reactions") else ((), ())
        edited_at = iso(value.get("timestampEdited"))
        own_id = value.get("id")
        message = ChatMessage(
            at=iso(value.get("timestamp")),
            sender=_name_of(author),
            text=_text(value, passed),
            raw=raw,
            id=None if own_id is None else str(own_id),
            side="center" if is_notice else None,
            attachments=attachments,
            reply_to=self._reply(value["reference"]) if value.get("reference") else None,
            edited_at=edited_at,
            edited=edited_at is not None,
            system=is_notice,
            reactions=reactions,
            unmapped=self._unmapped(value, author, passed, more),
        )
        return Said(thread=self._thread, message=message)

    def _thread_of(self) -> Thread:
        channel, guild = self.facts.get("channel"), self.facts.get("guild")
        channel = channel if isinstance(channel, dict) else {}
        guild = guild if isinstance(guild, dict) else {}
        number, title = channel.get("id"), channel.get("name")
        is_direct = str(guild.get("id")) == "0"
        named = [title] if is_direct else [guild.get("name"), title]
        shown = " / ".join(storable(one) for one in named if isinstance(one, str) and one)
        return Thread(
            platform="discord",
            key=str(number) if isinstance(number, str | int) else f"name:{shown}",
            title=shown or None,
            path=self._name,
        )

    def _files(self, value: dict[str, Any]) -> Iterator[Media]:
        for label, address, named in (("attachments", "url", "fileName"), ("stickers", "sourceUrl", "name")):
            listed = value.get(label)
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    stated = one.get(named)
                    yield media_at(one.get(address), self._folder, self._export, name=stated)

    def _reply(self, reference: object) -> str | None:
        if not isinstance(reference, dict) or reference.get("type") == "Forward":
            return None
        message, channel = reference.get("messageId"), reference.get("channelId")
        assert self._thread is not None
        if message is None:
            return None
        return str(message) if channel is None or str(channel) == self._thread.key else f"{channel}/{message}"

    def _unmapped(
        self, value: dict[str, Any], author: dict[str, Any], passed: dict[str, Any], more: tuple[str, ...]
    ) -> tuple[str, ...]:
        known = (author.get("id"), author.get("name"), author.get("nickname"), len(author))
        try:
            of_author = self._authors.get(known)
        except TypeError:  # a list or an object where a name is due
            return tuple(sorted((*unmapped(value, _KNOWN), *_of_author(author), *more)))
        if of_author is None:
            if len(self._authors) >= _MOST_AUTHORS:
                self._authors.clear()
            of_author = self._authors[known] = _of_author(author)
        found = (*of_author, *unmapped(value, _KNOWN), *more)
        if passed:
            found = (*found, *unmapped(passed, _FORWARDED, "forwardedMessage."))
        return found if found == of_author else tuple(sorted(found))


def _of_author(author: dict[str, Any]) -> tuple[str, ...]:
    """Fields of an author that are not told; the name is, where no other was shown."""
    found = unmapped(author, _AUTHOR, "author.")
    return tuple(one for one in found if one != "author.name") if author.get("name") == _name_of(author) else found


def _name_of(person: dict[str, Any]) -> str | None:
    for label in ("nickname", "name", "id"):
        if isinstance(person.get(label), str | int) and person[label] != "":
            return str(person[label])
    return None


def _text(value: dict[str, Any], passed: dict[str, Any]) -> str:
    """The words of a message; of one that has none, those that it passes on, or those of its cards."""
    said = [one for one in (value.get("content"), passed.get("content")) if isinstance(one, str) and one]
    if not said:
        for holder in (value, passed):
            cards = holder.get("embeds")
            said.extend(line for card in (cards if isinstance(cards, list) else ()) for line in _card(card))
    return "\n".join(said)


def _card(card: object) -> Iterator[str]:
    if not isinstance(card, dict):
        return
    author = card.get("author")
    for one in (author.get("name") if isinstance(author, dict) else None, card.get("title"), card.get("description")):
        if isinstance(one, str) and one:
            yield one
    listed = card.get("fields")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            yield from (one[label] for label in ("name", "value") if isinstance(one.get(label), str) and one[label])


def _reactions(value: object) -> tuple[tuple[Reacted, ...], tuple[str, ...]]:
    """Reactions, and what of them is unmapped."""
    found: list[Reacted] = []
    more: tuple[str, ...] = ()
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, dict):
            continue
        emoji = one.get("emoji")
        shown = emoji.get("name") if isinstance(emoji, dict) else emoji
        shown = shown if isinstance(shown, str) else ""
        users = one.get("users")
        named = [who for who in users if isinstance(who, dict)] if isinstance(users, list) else []
        found.extend(Reacted(emoji=shown, by=_name_of(who)) for who in named)
        left = count_of(one.get("count"), default=max(len(named), 1)) - len(named)
        found.extend(unnamed(shown, left))
        if left > len(found):
            more = ("reactions.count",)
    return tuple(found), more
