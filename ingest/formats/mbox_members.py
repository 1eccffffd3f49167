"""An mbox as a container: each message that the splitter cuts is a member; the format declares no number.

Rule kept: the ordinal of a member is that of the message in the file. Bytes before the first separator line are a
member too, because they are somebody's; an mbox of nothing but such bytes is broken off mail, not an empty mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from ingest.formats.container import UNTOLD, Declared, Member, MemberKind
from ingest.formats.mbox import split_mbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.container import Circumstances, Found

READER = "mbox 1"


def members(source: BinaryIO, name: str, _about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`."""
    del name
    for message in split_mbox(source):
        nothing = not message.raw and message.problem is not None
        yield Member(
            path="",
            name="",
            kind=MemberKind.EMAIL,
            pieces=() if nothing else (message.raw,),
            problem=message.problem if nothing else None,
            remark=None if nothing else message.problem,
        )
    yield Declared()
