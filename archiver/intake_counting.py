"""What a run of `archiver ingest` would take, counted without taking anything.

Rule: a container is gone through in the same confined child as for a real run, but out of the file itself; what lies
in a container inside of it is counted as one item, because it could only be opened once it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.formats.container import Declared, MemberKind, NoContainer, Remark
from ingest.unpacking_session import UnpackingEnded, UnpackingSession
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.channels.files import FoundItem
    from ingest.formats.container_kinds import ContainerKind
    from ingest.unpacking_limits import UnpackingLimits
    from ingest.unpacking_session import RangeSource


class _Held:
    """Bytes in memory as a `RangeSource`."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        """See `RangeSource.read`."""
        return self._content[offset : offset + length]


def count_items(found: Iterable[FoundItem], limits: UnpackingLimits, *, allow_unconfined: bool = False) -> int:
    """How many items a run would deposit; what cannot be read is not counted. `allow_unconfined` as for the run.

    Raises:
        SandboxUnavailable: a container cannot be gone through safely here.
    """
    counted = 0
    for one in found:
        if one.problem is not None:
            continue
        if one.container is None:
            counted += 1
        elif isinstance(one.payload, bytes):
            counted += _members(one.container, _Held(one.payload), one.source, limits, allow_unconfined)
        else:
            with one.payload.ranges() as ranges:
                counted += _members(one.container, ranges, one.source, limits, allow_unconfined)
    return counted


def _members(
    kind: ContainerKind,
    source: RangeSource,
    name: str,
    limits: UnpackingLimits,
    allow_unconfined: bool,  # noqa: FBT001 - passed on
) -> int:
    counted = exports = 0
    try:
        with UnpackingSession(kind, source, limits=limits, allow_unconfined=allow_unconfined) as session:
            session.open(name.rpartition("/")[2])
            for found in session.found():
                if isinstance(found, Remark | Declared):
                    continue
                if found.kind is MemberKind.SLICE:
                    exports = 1  # the records of an export are one item together
                else:
                    counted += found.problem is None
    except NoContainer:
        return 1
    except (UnpackingEnded, InvalidInput):
        pass  # what came before that would be taken
    return counted + exports
