"""An export of many files read file after file: one that is damaged takes none of the others with it.

Rule kept: what ends a file early is a remark that names the file and says that nobody knows how much is missing;
what was read of it before stays, and the next file is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.formats.chats.model import Said, Stated


def one_by_one(files: Iterable[tuple[str, Iterator[Said | Stated | Remark]]]) -> Iterator[Said | Stated | Remark]:
    """What is in each file, in order; `files` are pairs of a name and what a reader finds in it."""
    for name, found in files:
        try:
            yield from found
        except (ContainerBroken, MemberBroken) as problem:
            yield Remark(text=f"the file could not be read to its end: {problem}", path=name, lost=None)


def base_name(name: str) -> str:
    """The last step of a path."""
    return name.rpartition("/")[2]


def folder_of(name: str) -> str:
    """All of a path before its last step, with the closing ``/``; "" at the top."""
    head, slash, _ = name.rpartition("/")
    return head + slash
