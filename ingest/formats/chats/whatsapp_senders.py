"""Who says a line of a WhatsApp chat: decided over the whole file, because a name may hold a colon, and a notice too.

Rule kept: a sender is what stands before the first ": ", unless the file shows otherwise. A name with a colon shows
in that all of its lines go on with the same words up to the next ": ", or in the title; a notice that quotes a colon
shows in its words. What iOS prints as the sender of a group's notices, the chat itself, is nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.whatsapp_notices import LRM, OPENING, last_quoted, on_encryption, plain_name, reads_as_notice
from ingest.formats.chats.whatsapp_words import DELETED, LEFT_OUT, folded

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST: Final = 50_000
_MIXED: Final = ""
_NO_NAME: Final = f"<{LRM}"
_LONGEST_NAME: Final = 100
_LONGEST_BEGINNING: Final = 400
_SURE, _SELDOM = 3, 2


@dataclass(slots=True)
class _Seen:
    """One beginning of lines: how often, what always follows it, and whether it ever said something of its own."""

    count: int
    follows: str
    speaks: bool
    encrypts: bool


class Speakers:
    """The beginnings of all lines of a file, taken in one after the other; bounded."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._lines = 0
        self.renamed: str | None = None

    def add(self, rest: str) -> None:
        """The rest of one more line, after its head."""
        self._lines += 1
        end = rest.find(": ", 0, _LONGEST_BEGINNING)
        if end < 0:
            self._bare(rest[:_LONGEST_BEGINNING])
            return
        prefix = rest[:end]
        seen = self._seen.get(prefix)
        if seen is None:
            if len(self._seen) >= _MOST:
                return
            seen = self._seen[prefix] = _Seen(0, self._follows(rest, end), speaks=False, encrypts=False)
        elif seen.follows and seen.follows != self._follows(rest, end):
            seen.follows = _MIXED
        seen.count += 1
        if not seen.speaks:
            text = rest[end + 2 :]
            notice = (text[:1] == LRM or self._lines <= OPENING) and on_encryption(text)
            seen.encrypts = seen.encrypts or notice
            seen.speaks = not notice and not _is_notice(text)

    def _bare(self, rest: str) -> None:
        if any(sign in rest for sign in '"“„«「『'):
            self.renamed = last_quoted(rest) or self.renamed

    @staticmethod
    def _follows(rest: str, end: int) -> str:
        second = rest.find(": ", end + 2, end + 2 + _LONGEST_NAME)
        if second <= end + 2 or rest[end + 2] in _NO_NAME:
            return _MIXED  # "<attached: ..." and notices go on with a colon, and are no name
        return rest[end + 2 : second]

    def settled(self, title: str | None, *, bracket: bool) -> Senders:
        """Who they are; `title` is what the file's name says that the chat is called."""
        table: dict[str, str | None] = {}
        longer: set[str] = set()
        people: dict[str, None] = {}
        chats: dict[str, None] = {}
        wanted = _letters(title)
        for prefix, seen in self._seen.items():
            name = plain_name(prefix)
            if seen.follows and (seen.count >= _SURE or wanted == _letters(f"{prefix}{seen.follows}")):
                longer.add(prefix)
                people[plain_name(f"{prefix}: {seen.follows}")] = None
            elif not name or (seen.count <= _SELDOM and (reads_as_notice(prefix) or (bracket and prefix[0] == LRM))):
                table[prefix] = None
            else:
                table[prefix] = name
                silent = not seen.speaks and (seen.encrypts or _letters(name) == wanted)
                (chats if silent else people)[name] = None
        called = next(iter(chats), None) or self.renamed
        return Senders(table, frozenset(longer), tuple(people), frozenset(chats), called)


def _is_notice(text: str) -> bool:
    """Whether a text may be a notice of iOS: marked as the platform's, and no file, place or deleted message."""
    if text[:1] != LRM or text[-1] in ">)" or "://" in text:
        return False
    return folded(text) not in DELETED and folded(text[text.rfind(LRM) :]) not in LEFT_OUT


def _letters(name: str | None) -> str:
    """Letters and digits alone: file names keep no colons."""
    return "".join(filter(str.isalnum, name)).casefold() if name else ""


class Senders:
    """Who says each line of a file.

    `people` are all that say something, in order; `chats` are senders that only ever brought notices, the chat
    itself; `called` is what the notices say that the chat is called.
    """

    def __init__(
        self,
        table: Mapping[str, str | None],
        longer: frozenset[str],
        people: tuple[str, ...],
        chats: frozenset[str],
        called: str | None,
    ) -> None:
        self._table = table
        self._longer = longer
        self._known = frozenset(people)
        self.people = people
        self.chats = chats
        self.called = called

    def parted(self, rest: str) -> tuple[str | None, str]:
        """Sender and text of the rest of a line; no sender where it is a notice."""
        end = rest.find(": ", 0, _LONGEST_BEGINNING)
        if end < 0:
            if rest.endswith(":") and len(rest) <= _LONGEST_BEGINNING and plain_name(rest[:-1]) in self._known:
                return plain_name(rest[:-1]), ""  # an empty first line whose blank was lost on the way
            return None, rest
        prefix = rest[:end]
        if prefix in self._longer:
            end = rest.find(": ", end + 2)
            return plain_name(rest[:end]), rest[end + 2 :]
        sender = self._table[prefix] if prefix in self._table else plain_name(prefix) or None
        return (sender, rest[end + 2 :]) if sender is not None else (None, rest)
