"""A mail that carries an export of conversations, as the messengers' own buttons send it.

Rule kept: the mail is a record already and stays one; what comes out here are the conversations in what it carries.
The attachments of one mail are one export together, since a chat's text and its pictures come side by side; an export
that is an archive of files is a container in its turn. A mail that carries neither holds nothing, and says so.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from zoneinfo import ZoneInfo

from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.registry import recognised
from ingest.formats.container import UNTOLD, ContainerBroken, Declared, Member, MemberKind, NoContainer
from ingest.formats.container_kinds import ContainerKind, container_kind
from ingest.formats.detect import HEAD_BYTES
from ingest.formats.enclosures import open_mail
from ingest.formats.zip_members import is_export, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.container import Circumstances, Found

__all__ = ["READER", "load", "members"]

READER: Final = "mail exports 1"
LARGEST_MAIL: Final = 256 << 20


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`.

    Raises:
        NoContainer: nothing attached is an export.
        ContainerBroken: the mail is larger than can be opened.
    """
    if source.seek(0, io.SEEK_END) > LARGEST_MAIL:
        raise ContainerBroken("it is larger than can be opened as a mail")
    source.seek(0)
    files: dict[str, bytes] = {}
    archives: list[tuple[str, bytes]] = []
    for number, found in enumerate(open_mail(source.read()).enclosures, start=1):
        given = found.fields.name or f"attachment {number}"
        kind = container_kind(found.content[:HEAD_BYTES], given)
        is_archive = kind is ContainerKind.ZIP and is_export(cast("BinaryIO", io.BytesIO(found.content)), given, about)
        if is_archive or kind is ContainerKind.WARC:
            archives.append((given, found.content))
        else:
            files.setdefault(given, found.content)
    beside = HeldFiles(files=files, name=name, zone=ZoneInfo(about.zone), day_first=about.day_first)
    formats = recognised(beside)
    if not formats and not archives:
        raise NoContainer
    for given, content in archives:
        yield Member(path="", name=given, kind=MemberKind.CONTAINER, pieces=(content,))
    if formats:
        yield from export_members(beside, beside, formats, ())
    else:
        yield Declared(count=len(archives))
