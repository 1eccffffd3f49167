"""What an upload holds, as far as its submitter must know to choose: conversations, their days, and counts. Pure.

Rule: an outline says who, which day and how many, and nothing of what was said. Its numbers are those by which the
submitter chooses: ``3`` is a conversation, ``3.2`` a day of it; they never change, because an outline is made once.
What cannot be listed cannot be chosen, so it is told: files that make no record, and what could not be read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ingest.channels.files import printable_name
from ingest.formats.container import MemberKind
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.unpacking_codec import ToldMember

MOST_ENTRIES: Final = 200_000
_MOST_UNREAD: Final = 100
_LONGEST_TITLE: Final = 300
_NUMBER: Final = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,7}))?")
_ALL: Final = "all"
_TOO_MANY: Final = f"it has more than {MOST_ENTRIES:,} days and files, too many to choose from"


class LeftOut(StrEnum):
    """Why something is no business of the archive's; the ledger gets the word and a count."""

    PERSONAL = "personal"
    MEDICAL = "medical"
    PROTECTED_SPEECH = "protected-speech"
    OTHER_ORGANISATION = "other-organisation"


class GroupKind(StrEnum):
    """What stands under one number."""

    CONVERSATION = "conversation"
    POSTS = "posts"
    FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A day of a conversation, the posts of a day, or a file; `members` is how many members of the upload it is."""

    name: str
    messages: int = 0
    members: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A conversation, all posts of a platform, or all other files."""

    kind: GroupKind
    platform: str
    thread: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def messages(self) -> int:
        """How many there are in all of it."""
        return sum(one.messages for one in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """An upload as it is listed.

    `reader` names what listed it, with its version. `aside` is how many files make no record, `unread` why something
    could not be read, without content.
    """

    reader: str
    groups: tuple[Group, ...]
    aside: int = 0
    unread: tuple[str, ...] = ()

    @property
    def conversations(self) -> bool:
        """Whether there is a conversation or a post to choose."""
        return any(one.kind is not GroupKind.FILES for one in self.groups)

    def encode(self) -> bytes:
        """As it is sealed."""
        groups = [
            [one.kind.value, one.platform, one.thread, one.title, [_entry_sealed(each) for each in one.entries]]
            for one in self.groups
        ]
        document = {"reader": self.reader, "groups": groups, "aside": self.aside, "unread": self.unread}
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, plain: bytes) -> Outline:
        """Read `encode()` again."""
        said: dict[str, Any] = json.loads(plain)
        groups = tuple(
            Group(
                kind=GroupKind(kind),
                platform=platform,
                thread=thread,
                title=title,
                entries=tuple(Entry(name=one[0], messages=one[1], members=one[2]) for one in entries),
            )
            for kind, platform, thread, title, entries in said["groups"]
        )
        return cls(reader=said["reader"], groups=groups, aside=said["aside"], unread=tuple(said["unread"]))


Place = tuple[int, int]
"""A group and an entry of it, both counted from 0."""

Choice = dict[Place, LeftOut]
"""What is left out, and why; everything else is kept."""


class Outliner:
    """Makes an outline of the members of an upload, told one after the other."""

    def __init__(self) -> None:
        self._groups: dict[tuple[GroupKind, str, str], tuple[str, dict[str, Entry]]] = {}
        self._entries = 0
        self.aside = 0
        self.unread: list[str] = []

    def add(self, told: ToldMember) -> None:
        """Take a member.

        Raises:
            InvalidInput: there are too many to choose from.
        """
        if told.aside:
            self.aside += 1
            return
        if told.problem is not None:
            self.miss(f"a file could not be read: {told.problem}")
            return
        *identity, name = place_name(told)
        entries = self._groups.setdefault(identity_of(identity), (_title(told), {}))[1]
        messages = 0 if told.holds is None else told.holds.messages
        known = entries.get(name)
        if known is None:
            self._entries += 1
            if self._entries > MOST_ENTRIES:
                raise InvalidInput(f"{_TOO_MANY}; hand it in whole with: archiver ingest")
            entries[name] = Entry(name=name, messages=messages)
        else:
            entries[name] = replace(known, messages=known.messages + messages, members=known.members + 1)

    def miss(self, reason: str) -> None:
        """Note that something could not be read."""
        if reason not in self.unread and len(self.unread) < _MOST_UNREAD:
            self.unread.append(reason)

    def outline(self, reader: str) -> Outline:
        """What was told: conversations first, then posts, then files; days in order."""
        order = list(GroupKind)
        found = sorted(self._groups.items(), key=lambda one: order.index(one[0][0]))
        groups = tuple(
            Group(
                kind=kind,
                platform=platform,
                thread=thread,
                title=title,
                entries=tuple(entries.values() if kind is GroupKind.FILES else _by_day(entries)),
            )
            for (kind, platform, thread), (title, entries) in found
        )
        return Outline(reader=reader, groups=groups, aside=self.aside, unread=tuple(self.unread))


def place_name(told: ToldMember) -> tuple[GroupKind, str, str, str]:
    """The group that a member belongs to (kind, platform, thread), and its entry there."""
    if told.kind is MemberKind.SLICE and told.holds is not None:
        kind = GroupKind.CONVERSATION if told.holds.thread else GroupKind.POSTS
        return kind, told.holds.platform, told.holds.thread, told.holds.day
    return GroupKind.FILES, "", "", printable_name(f"{told.path}/{told.name}".strip("/"))


def identity_of(parts: Iterable[Any]) -> tuple[GroupKind, str, str]:
    """The first three of what `place_name` says."""
    kind, platform, thread = parts
    return kind, platform, thread


@dataclass(slots=True)
class Chooser:
    """Says of each member of an upload whether it is kept, and holds what comes against what was listed."""

    outline: Outline
    choice: Choice
    _places: dict[tuple[GroupKind, str, str, str], Place] = field(default_factory=dict)
    _met: Counter[Place] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Find each place by its names."""
        for number, group in enumerate(self.outline.groups):
            for at, entry in enumerate(group.entries):
                self._places[group.kind, group.platform, group.thread, entry.name] = number, at

    def reason(self, told: ToldMember) -> LeftOut | None:
        """Why a member is left out, None where it is kept.

        Raises:
            KeyError: it was not listed.
        """
        place = self._places[place_name(told)]
        self._met[place] += 1
        return self.choice.get(place)

    def is_complete(self) -> bool:
        """Whether all that was listed came, and nothing more."""
        listed = {place: self.outline.groups[place[0]].entries[place[1]].members for place in self._places.values()}
        return listed == dict(self._met)


def parse_numbers(text: str, outline: Outline) -> set[Place]:
    """The places that somebody names: ``3``, ``3.2``, ``4-7``, ``3.2-3.9``, ``all``, with commas between.

    Raises:
        InvalidInput: it cannot be understood, or there is no such number.
    """
    places: set[Place] = set()
    for part in text.replace(" ", "").split(","):
        if part == _ALL:
            places |= _between(outline, (0, 0), (len(outline.groups), 0))
            continue
        first, dash, last = part.partition("-")
        start, end = _place(first, outline), _place(last if dash else first, outline)
        if (start[1] is None) is not (end[1] is None):
            raise InvalidInput(f"{part!r} joins a conversation and a day; write 4-7 or 3.2-3.9")
        begin = (start[0], start[1] or 0)
        behind = (end[0] + 1, 0) if end[1] is None else (end[0], end[1] + 1)
        if begin >= behind:
            raise InvalidInput(f"{part!r} ends before it begins")
        places |= _between(outline, begin, behind)
    return places


def tally(outline: Outline, places: Iterable[Place]) -> dict[str, int]:
    """How many whole or partial conversations, days, messages and files these are."""
    chosen = list(places)
    groups: Counter[int] = Counter(place[0] for place in chosen)
    entries = [(outline.groups[number].kind, outline.groups[number].entries[at]) for number, at in chosen]
    files = sum(one.members for kind, one in entries if kind is GroupKind.FILES)
    return {
        "conversations": sum(outline.groups[one].kind is GroupKind.CONVERSATION for one in groups),
        "days": sum(kind is not GroupKind.FILES for kind, _ in entries),
        "messages": sum(one.messages for _, one in entries),
        "files": files,
    }


def tallies(outline: Outline, choice: Mapping[Place, LeftOut]) -> dict[str, dict[str, int]]:
    """What is left out, by reason."""
    found: dict[LeftOut, list[Place]] = {}
    for place, reason in choice.items():
        found.setdefault(reason, []).append(place)
    return {reason.value: tally(outline, found[reason]) for reason in LeftOut if reason in found}


def in_words(counts: Mapping[str, int]) -> str:
    """What `tally` counts, for people; empty where it is nothing."""
    return ", ".join(f"{count:,} {what[:-1] if count == 1 else what}" for what, count in counts.items() if count)


def encode_choice(choice: Choice) -> bytes:
    """As it is sealed."""
    return json.dumps([[*place, reason.value] for place, reason in sorted(choice.items())]).encode()


def decode_choice(plain: bytes) -> Choice:
    """Read it again."""
    return {(group, at): LeftOut(reason) for group, at, reason in json.loads(plain)}


def _entry_sealed(one: Entry) -> list[str | int]:
    return [one.name, one.messages, one.members]


def _between(outline: Outline, begin: Place, behind: Place) -> set[Place]:
    places = ((number, at) for number, group in enumerate(outline.groups) for at in range(len(group.entries)))
    return {place for place in places if begin <= place < behind}


def _place(text: str, outline: Outline) -> tuple[int, int | None]:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is no number of the list; write 3, 3.2, 4-7 or all, with commas between")
    group, entry = int(found[1]) - 1, None if found[2] is None else int(found[2]) - 1
    known = 0 <= group < len(outline.groups)
    if not known or (entry is not None and not 0 <= entry < len(outline.groups[group].entries)):
        raise InvalidInput(f"there is no {text} in this draft; its numbers are those of: archiver draft show ID --days")
    return group, entry


def _by_day(entries: Mapping[str, Entry]) -> list[Entry]:
    """In order of days; those without a date last."""
    return sorted(entries.values(), key=lambda one: (not one.name, one.name))


def _title(told: ToldMember) -> str:
    if told.holds is None:
        return "other files"
    return printable_name(told.path)[:_LONGEST_TITLE] if told.holds.thread else "posts"
