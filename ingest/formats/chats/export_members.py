"""An export as a container: its conversations' days and its posts as slices, the rest of its files as what they are.

Rule kept: every file of the export is accounted for. It was read by a format's reader, or it goes with a message, or
it is a member of its own, or it is set aside with the reason why it makes no record. What a reader said that the
export holds is held against what it gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from ingest.formats.chats.days import Days
from ingest.formats.chats.model import Said, Stated, ThreadKind
from ingest.formats.chats.slices import written
from ingest.formats.container import (
    ContainerBroken,
    Declared,
    Member,
    MemberBroken,
    MemberKind,
    Remark,
    SliceFacts,
    Tally,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.formats.chats.days import Gathered
    from ingest.formats.chats.model import Export, ExportFormat, Media, Thread
    from ingest.formats.container import Found

READER: Final = "exports 1"
_NAMED_MISSING: Final = 1_000
_MISSING: Final = "a message names this file, which the export does not have"
_POSTS: Final = "posts"
_NAMED_PEOPLE: Final = 5
_FELL: Final = "its reader fell over something in it; what it had read until then is kept"
_UNBOUND: Final = "its content could not be made into a record: it breaks a bound of what a record may be"


OtherFile = tuple[str, "Callable[[], Member]"]


class OpenExport(Protocol):
    """An export whose files can be had in pieces, and which knows what was read of it."""

    @property
    def opened(self) -> set[str]:
        """The names that were read."""
        ...

    def pieces(self, name: str) -> Iterable[bytes]:
        """The bytes of a file; `MemberBroken` where they end."""
        ...


@dataclass(slots=True)
class _Count:
    """What came out of an export by one format."""

    stated: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    posts: int = 0
    media: int = 0
    missing: int = 0
    threads: set[tuple[str, str]] = field(default_factory=set)

    def state(self, stated: Stated) -> None:
        """Add what the export states."""
        self.stated[stated.what] = self.stated.get(stated.what, 0) + stated.count

    def say(self, said: Said) -> Iterator[Remark]:
        """Count a message; gives the files that it only names, the first so many of an export."""
        self.messages += 1
        thread = (said.thread.platform, said.thread.key)
        if thread not in self.threads:
            self.threads.add(thread)
            self.posts += said.thread.kind is ThreadKind.POST
        for one in said.message.attachments:
            self.media += one.present
            if not one.present:
                self.missing += 1
                if one.name and self.missing <= _NAMED_MISSING:
                    yield Remark(text=_MISSING, path=one.name)

    def taken(self) -> dict[str, int]:
        """How many came out, of what this format has or states; media apart."""
        conversations = len(self.threads) - self.posts
        counted = {"messages": self.messages, "conversations": conversations, "posts": self.posts}
        return {what: count for what, count in counted.items() if count or what in self.stated}


def _tallies(counts: Sequence[_Count]) -> Iterator[Tally]:
    """What an export holds and what was taken, over its formats; a format that states nothing is taken at its count."""
    taken = [one.taken() for one in counts]
    for what in dict.fromkeys(what for one in taken for what in one):
        is_stated = any(what in one.stated for one in counts)
        held = sum(one.stated.get(what, took.get(what, 0)) for one, took in zip(counts, taken, strict=True))
        yield Tally(what=what, held=held if is_stated else None, taken=sum(one.get(what, 0) for one in taken))
    media, missing = sum(one.media for one in counts), sum(one.missing for one in counts)
    if media or missing:  # files that no message names come out as what they are, and are counted there
        yield Tally(what="media", held=None, taken=media, missing=missing)


def export_members(
    export: Export,
    files: OpenExport,
    formats: Sequence[ExportFormat],
    others: Iterable[tuple[str, Callable[[], Member]]],
) -> Iterator[Found]:
    """What comes out of an export that these formats know.

    Args:
        export: the export.
        files: the same, for the bytes of media.
        formats: those that recognised it.
        others: every file of the archive in its order, and what makes the member that it would be by itself; asked
            for one after the other once the formats are through.
    """
    counts, used = [_Count() for _ in formats], set[str]()
    for one, count in zip(formats, counts, strict=True):
        for found in _of_format(one, export, count):
            if isinstance(found, Remark):
                yield found
            else:
                used.update(media.entry for media in found.media if media.entry is not None)
                yield _member(found, files)
    for name, as_member in others:
        if name not in used and name not in files.opened:
            yield _set_aside(name, formats) or as_member()
    yield Declared(tallies=tuple(_tallies(counts)))


def _of_format(one: ExportFormat, export: Export, count: _Count) -> Iterator[Gathered | Remark]:
    """What one format's reader finds, gathered and counted."""
    days = Days(one.READER, export.zone)
    for found in _read(one, export):
        if isinstance(found, Said):
            yield from count.say(found)
            yield from days.add(found)
        elif isinstance(found, Stated):
            count.state(found)
        else:
            yield found
    yield from days.rest()


def _set_aside(name: str, formats: Sequence[ExportFormat]) -> Member | None:
    reason = next((reason for one in formats if (reason := one.aside(name)) is not None), None)
    if reason is None:
        return None
    folder, _, last = name.rpartition("/")
    return Member(path=folder, name=last, kind=MemberKind.DOCUMENT, problem=reason, aside=True)


def _read(one: ExportFormat, export: Export) -> Iterator[Said | Stated | Remark]:
    """All that a reader gives; where it ends early the other formats of the export go on."""
    try:
        yield from one.read(export)
    except (ContainerBroken, MemberBroken) as error:
        yield Remark(text=f"{one.READER} could not go on: {error}", lost=None)
    except Exception:  # noqa: BLE001 - hostile input must not take with it what other readers find
        yield Remark(text=f"{one.READER}: {_FELL}", lost=None)


def _member(gathered: Gathered, files: OpenExport) -> Member:
    thread = gathered.thread
    day = gathered.day or "undated"
    is_post = thread.kind is ThreadKind.POST
    return Member(
        path=_POSTS if is_post else _called(thread),
        name=f"{day} {thread.key}" if is_post else day,
        kind=MemberKind.SLICE,
        pieces=_pieces(gathered, files),
        holds=SliceFacts(
            platform=thread.platform,
            thread="" if is_post else thread.key,
            day=gathered.day,
            messages=len(gathered.reading.messages),
        ),
    )


def _called(thread: Thread) -> str:
    """A conversation's name for people: its title, else who takes part, else what identifies it."""
    return thread.title or ", ".join(thread.participants[:_NAMED_PEOPLE]) or thread.key


def _pieces(gathered: Gathered, files: OpenExport) -> Iterator[bytes]:
    def opened(media: Media) -> Iterable[bytes]:
        if media.inline is not None:
            return (media.inline,)
        assert media.entry is not None
        return files.pieces(media.entry)

    try:
        yield from written(gathered.reading, gathered.source, gathered.media, opened)
    except ValueError:
        raise MemberBroken(_UNBOUND) from None
