"""A draft read by a confined child: listed, or its chosen members on their way into a selection.

Rules: to list an upload the child gives out names, days and counts, and no byte of what was said. What is read again
to be handed in must be what was listed, member by member, or nothing is handed in: a choice holds for the list that
the submitter saw, and for no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.channels.files import printable_name
from ingest.draft_outline import Chooser, Outliner, in_words, tallies
from ingest.formats.container import Declared, MemberBroken, NoContainer, Remark
from ingest.formats.selection import ChosenMember, written
from ingest.unpacking_session import UnpackingEnded, UnpackingSession
from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.draft_contents import DraftContent
    from ingest.draft_outline import Choice, Outline
    from ingest.formats.container_kinds import ContainerKind
    from ingest.told import Told
    from ingest.unpacking_codec import ToldMember
    from ingest.unpacking_limits import UnpackingLimits
    from ingest.unpacking_session import RangeSource

_ANOTHER = (
    "what comes out of the upload now is not what was listed, perhaps because the program was upgraded since; "
    "discard the draft and add it again"
)
_BROKEN = "a part of what was chosen cannot be read"
_HALF = "the upload ends before its end"
_WAYS_ON = "hand it in whole with --whole, or let the rest of it go with --despite-unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTerms:
    """How uploads are read: what one may cost, the archive's zone, and whether a child may read unconfined."""

    limits: UnpackingLimits
    zone: str
    allow_unconfined: bool = False


def outline_of(
    content: DraftContent,
    kind: ContainerKind,
    source: str,
    told: Told,
    terms: ReadingTerms,
    progress: Callable[[int], None] = lambda _: None,
) -> Outline:
    """What an upload holds.

    Raises:
        InvalidInput: it holds no conversations, or too much to choose from.
        SandboxUnavailable: no child can be started.
        Corrupt: the stored bytes are not what was sealed.
    """
    outliner = Outliner()
    reader = ""
    with content.ranges() as ranges, _session(kind, ranges, terms, told) as session:
        try:
            reader = session.open(_name(source), list_only=True).reader
            for number, found in enumerate(session.found()):
                if isinstance(found, Remark):
                    if found.lost != 0:
                        outliner.miss(found.text)
                elif not isinstance(found, Declared):
                    outliner.add(found)
                    progress(number)
        except NoContainer:
            pass
        except UnpackingEnded as error:
            outliner.miss(f"it could not be read to its end: {error}")
    return outliner.outline(reader)


@dataclass(slots=True)
class ChosenContent:
    """What was chosen of a draft, as a `ContentSource`: a selection, written while it is read.

    `despite_unread` lets parts that break go; how many did is counted in `broken`.
    """

    content: DraftContent
    kind: ContainerKind
    source: str
    told: Told
    outline: Outline
    choice: Choice
    terms: ReadingTerms
    despite_unread: bool = False
    progress: Callable[[int], None] = field(default=lambda _: None)
    broken: int = 0

    @property
    def size(self) -> int:
        """See `ContentSource.size`: that of the upload, which is more."""
        return self.content.size

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`.

        Raises:
            Conflict: something that was chosen cannot be read, or another thing came out than was listed.
            Corrupt: the stored bytes are not what was sealed.
        """
        self.broken = 0
        chooser = Chooser(self.outline, self.choice)
        with self.content.ranges() as ranges, _session(self.kind, ranges, self.terms, self.told) as session:
            members = self._members(session, chooser)
            yield from written(members, (sentence_of(*one) for one in tallies(self.outline, self.choice).items()))

    def _members(self, session: UnpackingSession, chooser: Chooser) -> Iterator[ChosenMember]:
        met = 0
        try:
            if session.open(_name(self.source)).reader != self.outline.reader:
                raise Conflict(_ANOTHER)
            for found in session.found():
                if isinstance(found, Remark | Declared) or found.problem is not None:
                    continue
                met += 1
                self.progress(met)
                if self._is_kept(found, chooser):
                    yield ChosenMember(
                        path=printable_name(found.path),
                        name=printable_name(found.name),
                        kind=found.kind,
                        pieces=self._pieces(session, found),
                    )
        except NoContainer:
            raise Conflict(_ANOTHER) from None
        except UnpackingEnded:
            if not self.despite_unread:
                raise Conflict(f"{_HALF}; {_WAYS_ON}") from None
        if not chooser.is_complete():
            raise Conflict(_ANOTHER)

    def _is_kept(self, found: ToldMember, chooser: Chooser) -> bool:
        try:
            return chooser.reason(found) is None
        except KeyError:
            raise Conflict(_ANOTHER) from None

    def _pieces(self, session: UnpackingSession, found: ToldMember) -> Iterator[bytes]:
        try:
            if found.content is not None:
                yield found.content
            else:
                yield from session.pieces()
        except (MemberBroken, UnpackingEnded) as error:
            if not self.despite_unread:
                raise Conflict(f"{_BROKEN}; {_WAYS_ON}") from None
            self.broken += 1
            raise MemberBroken(str(error)) from None


def sentence_of(reason: str, counts: dict[str, int]) -> str:
    """How much was left out for a reason, for people."""
    return f"the submitter left out as {reason}: {in_words(counts)}"


def _session(kind: ContainerKind, ranges: RangeSource, terms: ReadingTerms, told: Told) -> UnpackingSession:
    about = told.circumstances(terms.zone)
    return UnpackingSession(kind, ranges, limits=terms.limits, about=about, allow_unconfined=terms.allow_unconfined)


def _name(source: str) -> str:
    return source.rpartition("/")[2]
