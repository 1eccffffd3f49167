"""From the pieces of a page to messages: who speaks, on which day, at what time.

Rule kept: a name is taken from where it is printed. A name above the first of several messages of one run holds for
the run; in a conversation of two the title names whoever is not the owner of the telephone; both are said to be
inferred. The owner's own name stands nowhere, and stays None. A day holds for everything below its separator until
the next one. A moment is set only where the day has its year and the time is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.formats.transcripts.interface_words import is_me
from ingest.formats.transcripts.pieces import Piece, PieceKind
from ingest.formats.transcripts.scene import Side
from ingest.formats.transcripts.stamps import moment_of
from storage.records import Attachment, Message
from storage.transcription import Box, TranscribedMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.transcripts.reading import ReadPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A piece of a page with what is known around it.

    `run` says that its label is that of a message above it, `opens` that it stands before anything on its page that
    could say who speaks, `carried` that its day was printed on the page before, `cut` that an edge of the page's
    conversation may have cut it.
    """

    piece: Piece
    component: str
    page: int
    day: str | None
    time: str | None
    label: str | None
    run: bool
    own: bool
    opens: bool = False
    carried: bool = False
    in_bubble: bool = True
    cut: bool = False


def told_of(page: ReadPage, component: str, number: int) -> list[Told]:
    """What a page tells, piece by piece."""
    day: str | None = None
    running: str | None = None
    told: list[Told] = []
    pending: str | None = None  # the time of a separator belongs to the message right below it
    opens = True
    own_side = Side.LEFT if page.mirrored else Side.RIGHT
    bubbles = page.gathered.bubbles
    edge = page.scene.unit // 2
    for piece in page.gathered.pieces:
        if piece.kind is PieceKind.STAMP:
            if piece.stamp is not None:
                day = piece.stamp.day or day
                pending = piece.stamp.time
            running, opens = None, False
            continue
        if piece.kind is PieceKind.NOTICE:
            running, opens = None, False
            told.append(
                Told(
                    piece=piece,
                    component=component,
                    page=number,
                    day=day,
                    time=piece.time,
                    label=None,
                    run=False,
                    own=False,
                )
            )
            continue
        own = bubbles and piece.side is own_side
        label = piece.label
        if own and label is not None and not is_me(label):
            label = None  # nobody's own name stands above what he wrote
        run = bubbles and label is None and running is not None and not own  # rows carry their names
        its_day = (piece.stamp.day if piece.stamp else None) or day
        told.append(
            Told(
                piece=piece,
                component=component,
                page=number,
                day=its_day,
                time=piece.time or pending,
                label=label or (running if run else None),
                run=run,
                own=own or (label is not None and is_me(label)),
                opens=opens and label is None and not own,
                in_bubble=bubbles,
                cut=piece.top <= page.zones.top + edge or piece.bottom >= page.zones.bottom - edge,
            )
        )
        running = None if own else label or running
        opens = opens and label is None and not own
        pending = None
    return told


def is_group(pages: Sequence[ReadPage], told: Sequence[Told]) -> bool | None:
    """Whether more than two people speak; None where that cannot be seen."""
    others = {one.label for one in told if one.label is not None and not one.own}
    owner = any(one.own for one in told)
    if any(page.zones.members for page in pages):
        return True
    if pages and not all(page.gathered.bubbles for page in pages):
        return None if not others else len(others) + owner > 2  # noqa: PLR2004 - a talk of two
    if len(others) > 1:
        return True
    if others:
        # bubbles carry names only where there is somebody to tell apart, except where all of them do
        title = next((page.zones.title for page in pages if page.zones.title), None)
        return not any(title and name and _same(name, title) for name in others)
    if any(one.piece.kind is PieceKind.MESSAGE and not one.own for one in told):
        return False
    return None


def _same(name: str, title: str) -> bool:
    short, long = sorted((name.casefold(), title.casefold()), key=len)
    return long.startswith(short)


def message_of(one: Told, *, group: bool | None, title: str | None) -> TranscribedMessage:
    """The message that a piece is."""
    piece = one.piece
    inferred: list[str] = []
    sender = None
    notice = piece.kind is PieceKind.NOTICE
    if not notice:
        sender = one.label
        if one.run:
            inferred.append("sender")
        if sender is None and not one.own and group is False:
            sender = title if one.in_bubble else piece.likely
            if sender is not None:
                inferred.append("sender")
        if piece.guessed:
            inferred.append("side")
        if piece.unread:
            inferred.append("text")  # a part of it is not read
    if one.carried:
        inferred.append("day")
    pictures = tuple(Attachment(present=True) for _ in range(piece.attachments))
    return TranscribedMessage(
        message=Message(
            at=moment_of(one.day, one.time),
            sender=sender,
            text=piece.text,
            side=piece.side.value,
            attachments=pictures,
            reply_to=piece.quote,
            deleted=piece.deleted,
            system=notice,
            edited=piece.edited,
        ),
        time=one.time,
        day=one.day,
        component=one.component,
        page=one.page,
        box=Box(
            left=max(0, piece.left),
            top=max(0, piece.top),
            right=max(piece.left + 1, piece.right),
            bottom=max(piece.top + 1, piece.bottom),
        ),
        inferred=tuple(inferred),
    )
