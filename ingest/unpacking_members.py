"""A member of a container on its way into the archive: what it is handed over as, its name for people, its envelope.

Rule: the child's word for a member's kind is taken, since a wrong one only makes a wrong reading of its own bytes; but
that it is a container is told by those bytes, here. The envelope names the container and the place in it, so that a
member is known again whatever became of the rows that counted it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from ingest.channels.files import printable_name
from ingest.containers import MemberLine, container_kind_of, envelope_kind
from ingest.formats.container import MemberBroken, MemberKind
from ingest.formats.container_kinds import ContainerKind, container_kind
from ingest.formats.detect import HEAD_BYTES
from ingest.submission import DOCUMENT, EMAIL, SELECTED, Handover
from ingest.told import told_pairs
from ingest.unpacking_session import UnpackingEnded
from storage.errors import InvalidInput
from storage.records import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.containers import Container
    from ingest.unpacking_codec import ToldMember
    from storage.records import Submission
    from storage.submissions import SealedEnvelope

MOST_NESTED = 5
_TOO_DEEP = f"containers are nested more than {MOST_NESTED} deep; it is kept as it is"
_LONGEST_SOURCE = 1_000


@dataclass(slots=True)
class StreamedMember:
    """A large member on its way from the child into the store, as a `ContentSource`; to be read once.

    `reason` says why it broke on the way, `ended` is set where the container ended inside of it.
    """

    first: bytes
    rest: Iterator[bytes]
    size: int = 0
    ended: UnpackingEnded | None = None
    reason: str | None = None

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`."""
        try:
            yield from chain((self.first,), self.rest)
        except MemberBroken as error:
            self.reason = str(error)
            raise InvalidInput("it is broken") from error
        except UnpackingEnded as error:
            self.ended, self.reason = error, f"the container ends inside of it: {error}"
            raise InvalidInput("it is broken") from error


@dataclass(slots=True)
class MetMember:
    """A member that waits to be deposited, or only to be counted."""

    line: MemberLine
    kind: str = DOCUMENT
    payload: bytes | StreamedMember | None = None


def told_kind(one: Container, member: ToldMember, head: bytes, line: MemberLine) -> tuple[str, MemberLine]:
    """The kind as which a member is handed over, and its line, with a reason where it is not opened."""
    if member.kind is MemberKind.EMAIL:
        return EMAIL, line
    if member.kind in (MemberKind.SERIALISED_EMAIL, MemberKind.SLICE, MemberKind.UNRECOGNISED):
        return member.kind.value, line
    inner = container_kind(head[:HEAD_BYTES], member.name) if member.kind is MemberKind.CONTAINER else None
    if inner is None:
        return DOCUMENT, line
    if one.depth >= MOST_NESTED:
        return DOCUMENT, replace(line, reason=_TOO_DEEP)
    return envelope_kind(inner), line


def source_of(container_source: str, member: ToldMember, ordinal: int) -> str:
    """The name of a member for people: that of its container, where it lies in there, and its name or its number."""
    parts = [container_source, *([printable_name(member.path)] if member.path else [])]
    if member.name:
        return "/".join([*parts, printable_name(member.name)])[-_LONGEST_SOURCE:]
    return f"{'/'.join(parts)}#{ordinal}"[-_LONGEST_SOURCE:]


def member_transport(container_id: str, ordinal: int) -> tuple[tuple[str, str], ...]:
    """What the envelope of a member says of its way."""
    return (("container", container_id), ("member", str(ordinal)))


def _passed_on(about: SealedEnvelope) -> tuple[tuple[str, str], ...]:
    """What was said of a container and holds for its members: of one file that is only packed, all of it."""
    selected = [one for one in about.envelope.transport if one[0] == SELECTED]
    return (*selected, *told_pairs(about.envelope, with_mapping=container_kind_of(about.kind) is ContainerKind.GZIP))


def handover_of(container_id: str, submission: Submission, about: SealedEnvelope, met: MetMember) -> Handover:
    """A member with bytes as its container's channel would hand it in, for the same custodian."""
    assert met.payload is not None
    return Handover(
        channel=submission.channel,
        account=about.account,
        custodian_id=submission.custodian_id,
        envelope=Envelope(
            submitter=about.envelope.submitter,
            recipient=about.envelope.recipient,
            source=met.line.source,
            transport=(*member_transport(container_id, met.line.ordinal), *_passed_on(about)),
        ),
        payload=met.payload,
        kind=met.kind,
    )
