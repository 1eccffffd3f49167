"""What a run of `archiver ingest` would take, counted without taking anything.

Rule: a container is gone through in the same confined child as for a real run, but out of the file itself; what lies
in a container inside of it is counted as one item, because it could only be opened once it is stored.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ingest.formats.container import UNTOLD, Declared, MemberKind, NoContainer, Remark
from ingest.picture_sets import PictureSet
from ingest.unpacking_session import UnpackingEnded, UnpackingSession
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.channels.files import FoundItem
    from ingest.formats.container import Circumstances
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


def count_items(
    found: Iterable[FoundItem],
    limits: UnpackingLimits,
    *,
    allow_unconfined: bool = False,
    about: Circumstances = UNTOLD,
    say: Callable[[str], None] = lambda _: None,
) -> int:
    """How many items a run would deposit; what cannot be read is not counted. `allow_unconfined` as for the run.

    `about` is what is told of the containers; `say` is given, as sentences, what their readers remark and count.

    Raises:
        SandboxUnavailable: a container cannot be gone through safely here.
    """

    def inside(one: FoundItem, kind: ContainerKind, source: RangeSource) -> int:
        session = partial(UnpackingSession, kind, source, limits=limits, about=about, allow_unconfined=allow_unconfined)
        return _members(session, one.source, say)

    counted = 0
    for one in found:
        if one.problem is not None:
            continue
        if one.container is None:
            counted += 1
        elif isinstance(one.payload, bytes):
            counted += inside(one, one.container, _Held(one.payload))
        elif not isinstance(one.payload, PictureSet):  # no container is one
            with one.payload.ranges() as ranges:
                counted += inside(one, one.container, ranges)
    return counted


def _members(begin: Callable[[], UnpackingSession], name: str, say: Callable[[str], None]) -> int:
    counted = exports = 0
    try:
        with begin() as session:
            session.open(name.rpartition("/")[2])
            for found in session.found():
                if isinstance(found, Remark | Declared):
                    for sentence in _sentences(found):
                        say(sentence)
                    continue
                if found.kind is MemberKind.SLICE:
                    exports = 1  # the records of an export are one item together
                else:
                    counted += found.problem is None
    except NoContainer:
        return 1
    except (UnpackingEnded, InvalidInput) as error:  # what came before that would be taken
        say(str(error))
    return counted + exports


def _sentences(found: Remark | Declared) -> list[str]:
    if isinstance(found, Remark):
        return [found.text]
    return [f"{one.what}: {one.taken:,}" for one in found.tallies]
