"""Direct messages of an X archive: conversations of two and of many, with what happened in them.

Rule kept: every entry of a conversation is a message, also those that say who came, who left and how it was called;
people are the numbers that the archive has, but the owner, whom it names. A conversation may be cut into several
entries of the file (seen by others) and is one thread all the same, by its number.

Layout: X's own README.txt of 2023. Entries other than those it names are notices under the name that the file has
for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.json_stream import Piece, walk
from ingest.formats.chats.model import ChatMessage, Reacted, Said, Stated, Thread, Version
from ingest.formats.chats.moments import from_seconds, iso
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.chats.x_files import MediaFiles, last_part
from ingest.formats.chats.x_script import Account, opened
from ingest.formats.chats.x_tweets import PLATFORM, with_links
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.counted import Counted
    from ingest.formats.chats.model import Export

_STREAMED: Final = (("*", "dmConversation", "messages", "*"),)
_MOST_KNOWN: Final = 100_000
_MOST_NAMED: Final = 2_000
_LOST: Final = "an entry of a conversation has no form that is known and was not taken"
_UNREAD: Final = "conversations have fields of their own that are not read; they stay in the export only"
_KNOWN: Final = frozenset(
    {"createdAt", "editHistory", "id", "mediaUrls", "reactions", "recipientId", "senderId", "text", "urls"}
)
_KNOWN_EVENT: Final = frozenset(
    {"createdAt", "initiatingUserId", "name", "participantsSnapshot", "userIds", "senderId", "id"}
)
# counted in the bytes: each entry has this word once, and each reaction once together with the other
_DATED: Final = b'"createdAt"'
_REACTED: Final = b'"eventId"'
_BEGUN: Final = b'"conversationId"'


@dataclass(slots=True)
class _Group:
    """What is known of a group before its messages are read."""

    name: str | None = None
    named_at: str = ""
    people: dict[str, None] = field(default_factory=dict)


class Conversations:
    """Reads the files of direct messages of one archive."""

    def __init__(self, account: Account, media: MediaFiles) -> None:
        self._account = account
        self._media = media
        self._threads: dict[str, Thread] = {}
        self._groups: dict[str, _Group] = {}
        self._again = 0  # entries of a file whose conversation was there before

    def read(self, export: Export, name: str, *, group: bool) -> Iterator[Said | Stated | Remark]:
        """All conversations of a file.

        Raises:
            ContainerBroken: it is damaged.
            MemberBroken: the rest of it cannot be had.
        """
        if group:
            self._look_ahead(export, name)
        tally = opened(export, name, _DATED, _REACTED, _BEGUN)
        problem: ContainerBroken | MemberBroken | None = None
        try:
            yield from self._entries(tally, name)
        except (ContainerBroken, MemberBroken) as broken:
            problem = broken
        yield Stated(what="messages", count=max(tally.counts[_DATED] - tally.counts[_REACTED], 0), path=name)
        declared = self._account.counts.get(base_name(name), tally.counts[_BEGUN])
        yield Stated(what="conversations", count=max(declared - self._again, 0), path=name)
        if self._again:
            yield Remark(text=f"entries that go on with a conversation of an earlier entry: {self._again}", path=name)
            self._again = 0
        if problem is not None:
            raise problem

    def _entries(self, tally: Counted, name: str) -> Iterator[Said | Remark]:
        thread: Thread | None = None
        place: object = None
        unread = False
        for piece in walk(tally.stream(), _STREAMED):
            path = piece.path
            if path and path[0] != place:
                place, thread = path[0], None
            if len(path) == 4:  # noqa: PLR2004 - the depth of an entry in the path above
                if thread is None:
                    thread = self._thread(f"{name}#{place}", name)
                yield self._said(piece, thread, name)
            elif path[2:] == ("conversationId",):
                number = named(piece.value) or f"{name}#{place}"
                self._again += number in self._threads
                thread = self._thread(number, name)
            elif piece.problem or len(path) < 2 or path[2:] == ("messages",):  # noqa: PLR2004 - it has no messages
                if piece.value != []:
                    yield Remark(text=piece.problem or _LOST, path=name, lost=None)
            elif piece.value and not unread:
                unread = True
                yield Remark(text=_UNREAD, path=name)

    def _said(self, piece: Piece, thread: Thread, path: str) -> Said | Remark:
        entry = members(piece.value)
        kind, value = next(iter(entry.items()), ("", None))
        if piece.problem or type(value) is not dict:
            return Remark(text=piece.problem or _LOST, path=path, lost=1)
        if kind not in ("messageCreate", "welcomeMessageCreate"):
            return Said(thread=thread, message=self._notice(kind, value, piece.raw))
        number = named(value.get("id"))
        sender = self._person(value.get("senderId"))
        text = words(value.get("text"))
        if "://t.co/" in text:
            links = [members(one) for one in entries(value.get("urls"))]
            text = with_links(text, {words(one.get("url")): words(one.get("expanded")) for one in links})
        addresses = [(last_part(address), None) for one in entries(value.get("mediaUrls")) if (address := words(one))]
        history = [members(one) for one in entries(value.get("editHistory"))]
        versions = tuple(
            Version(text=words(one.get("editedText")), at=from_seconds(one.get("createdAtSec"))) for one in history
        )
        return Said(
            thread=thread,
            message=ChatMessage(
                at=iso(value.get("createdAt")),
                sender=sender,
                text=text,
                raw=piece.raw,
                id=number,
                side=self._side(sender),
                attachments=self._media.of("message", number or "", addresses),
                edits=versions,
                edited=bool(versions),
                reactions=tuple(map(self._reacted, entries(value.get("reactions")))),
                unmapped=unmapped(value, _KNOWN) + unmapped(entry, frozenset({kind})),
            ),
        )

    def _notice(self, kind: str, value: dict[str, Any], raw: bytes) -> ChatMessage:
        """What happened, in the words of the archive's own names for it: it has no text of its own."""
        who = self._person(value.get("initiatingUserId") or value.get("senderId"))
        people = [self._person(one) or "?" for one in entries(value.get("userIds"))[:_MOST_NAMED]]
        snapshot = entries(value.get("participantsSnapshot"))
        told = words(value.get("name")) or ", ".join(people) or (f"{len(snapshot)} participants" if snapshot else "")
        return ChatMessage(
            at=iso(value.get("createdAt")),
            sender=who,
            text=f"{kind}: {told}" if told else kind,
            raw=raw,
            id=named(value.get("id")),
            side="center",
            system=True,
            unmapped=unmapped(value, _KNOWN_EVENT),
        )

    def _reacted(self, value: object) -> Reacted:
        one = members(value)
        return Reacted(
            emoji=words(one.get("reactionKey")), by=self._person(one.get("senderId")), at=iso(one.get("createdAt"))
        )

    def _person(self, value: object) -> str | None:
        number = named(value)
        account = self._account
        return account.handle if number is not None and number == account.id and account.handle else number

    def _side(self, sender: str | None) -> str | None:
        owner = self._account.handle or self._account.id
        return None if owner is None or sender is None else "right" if sender == owner else "left"

    def _thread(self, number: str, path: str) -> Thread:
        known = self._threads.get(number)
        if known is not None:
            return known
        group = self._groups.get(number)
        pair = number.split("-") if group is None and "#" not in number else []
        people = dict.fromkeys(one for part in (group.people if group else pair) if (one := self._person(part)))
        thread = Thread(
            platform=PLATFORM,
            key=number,
            title=group.name if group else None,
            participants=tuple(people),
            owner=self._account.handle or self._account.id,
            path=path,
        )
        if len(self._threads) < _MOST_KNOWN:
            self._threads[number] = thread
        return thread

    def _look_ahead(self, export: Export, name: str) -> None:
        """Collect names and members of the groups of a file, which stand in their entries only."""
        number = ""
        try:
            for piece in walk(opened(export, name).stream(), _STREAMED):
                if piece.path[2:] == ("conversationId",):
                    number = named(piece.value) or ""
                elif len(piece.path) == 4 and number:  # noqa: PLR2004 - as in `_entries`
                    self._learn(number, members(piece.value))
        except (ContainerBroken, MemberBroken):
            return  # the reading itself meets it again and says so

    def _learn(self, number: str, entry: dict[str, Any]) -> None:
        if number not in self._groups and len(self._groups) >= _MOST_KNOWN:
            return
        group = self._groups.setdefault(number, _Group())
        for kind, value in entry.items():
            told = members(value)
            people = [told.get("senderId"), told.get("initiatingUserId")]
            people += entries(told.get("userIds")) + entries(told.get("participantsSnapshot"))
            for one in people:
                if (person := named(one)) and len(group.people) < _MOST_NAMED:
                    group.people[person] = None
            if kind == "conversationNameUpdate" and words(told.get("createdAt")) >= group.named_at:
                group.named_at, group.name = words(told.get("createdAt")), named(told.get("name")) or group.name
