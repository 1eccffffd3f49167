"""What comes out of a capture, gathered for tests."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.formats.captures import warc_members
from ingest.formats.chats.slices import read_slice
from ingest.formats.container import Circumstances, ContainerBroken, Declared, Member, MemberBroken, Remark

if TYPE_CHECKING:
    from types import ModuleType

    from storage.records import Description

ABOUT = Circumstances(zone="America/Los_Angeles")


@dataclass
class Taken:
    pages: list[Description] = field(default_factory=list)
    slices: list[bytes] = field(default_factory=list)
    documents: list[tuple[str, bytes | None]] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    tallies: dict[str, tuple[int | None, int, int]] = field(default_factory=dict)
    broken: str | None = None

    @property
    def page(self) -> Description:
        (only,) = self.pages
        return only

    def said(self) -> str:
        return "\n".join(one.text for one in self.remarks)


def take(content: bytes, reader: ModuleType = warc_members, name="x") -> Taken:
    taken = Taken()
    try:
        for found in reader.members(io.BytesIO(content), name, ABOUT):
            if isinstance(found, Remark):
                taken.remarks.append(found)
            elif isinstance(found, Declared):
                taken.tallies = {one.what: (one.held, one.taken, one.missing) for one in found.tallies}
            else:
                _take(taken, found)
    except ContainerBroken as error:
        taken.broken = str(error)
    return taken


def _take(taken: Taken, found: Member) -> None:
    if found.aside:
        taken.aside.append((found.name, found.problem or ""))
        return
    try:
        content = None if found.problem is not None else b"".join(found.pieces)
    except MemberBroken:
        content = None
    if found.kind.value == "slice" and content is not None:
        taken.slices.append(content)
        taken.pages.append(read_slice(content))
    else:
        taken.documents.append((found.name, content))
