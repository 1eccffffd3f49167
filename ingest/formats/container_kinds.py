"""Which bytes are a container, and of which kind; from the first bytes and the name, never by a parse.

Rule kept: as in `detect`, signatures decide before names do. A zip is a container only where it is not the package of
one document (ECMA-376 part 2, OpenDocument 1.3 part 2, EPUB OCF 3, JAR): those are told by their name or by the first
entry, whose name stands at a fixed place (APPNOTE.TXT 4.3.7). A gzip holds one file and no name that could be
believed, so it is opened to see.
"""

from __future__ import annotations

import re
from enum import StrEnum

from ingest.formats.container import MemberKind
from ingest.formats.detect import MediaKind, detect
from ingest.formats.export_signs import may_be_export


class ContainerKind(StrEnum):
    """Containers that readers exist for."""

    MBOX = "mbox"
    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    PST = "pst"
    OLM = "olm"
    WARC = "warc"
    """A capture of pages, as a file of records; compressed it is a gzip or Zstandard."""
    ZSTANDARD = "zstandard"
    """Data compressed with Zstandard, which is opened to see whether it is a capture of pages."""
    EXPORT = "export"
    """One file that may be the export of conversations or posts."""
    MAIL = "mail"
    """A mail that is a record itself and carries an export."""
    SELECTION = "selection"
    """What a submitter chose out of an upload (`formats.selection`); by its bytes it would be a zip."""


WARC_SIGNATURE = re.compile(rb"WARC/(?:1\.[01]|0\.1[78])\r?\n")
"""What every record of a WARC file begins with (ISO 28500:2017, 4)."""
_BY_SIGNATURE = {
    MediaKind.MBOX: ContainerKind.MBOX,
    MediaKind.TAR: ContainerKind.TAR,
    MediaKind.GZIP: ContainerKind.GZIP,
    MediaKind.ZSTANDARD: ContainerKind.ZSTANDARD,
    MediaKind.PST: ContainerKind.PST,
}
_PACKAGE = re.compile(
    r"\.(?:do[ct][xm]|xl[st][xmb]|p[po]t[xm]|vsd[xm]|od[tspgf]|ot[tspg]|epub|jar|war|apk|xpi|crx|whl|nupkg|o?xps|pages"
    r"|numbers|key|kmz|ipa|aab)"
)
_PACKAGE_STARTS = (b"[Content_Types].xml", b"_rels/.rels", b"mimetype", b"META-INF/", b"docProps/")
_PACKAGE_FOLDERS = (b"word/", b"xl/", b"ppt/", b"customXml/")
_OLM_STARTS = (b"Accounts/", b"Local/com.microsoft.", b"Categories.xml")
_NAME_AT = 30


def container_kind(head: bytes, name: str) -> ContainerKind | None:
    """The kind of container that begins with these bytes (4 kB do) and has this file name; None where it is none."""
    if WARC_SIGNATURE.match(head):
        return ContainerKind.WARC
    found = detect(head, name).kind
    if found is MediaKind.ZIP:
        return _kind_of_zip(head, name.lower())
    if found in _BY_SIGNATURE:
        return _BY_SIGNATURE[found]
    return ContainerKind.EXPORT if may_be_export(head, name) else None


def may_be(kind: ContainerKind, head: bytes) -> bool:
    """Whether a file that begins so (4 kB) may be what somebody says it is; a mistaken word must not cost a mail.

    A PST ([MS-PST] 2.2.2.6) and a gzip (RFC 1952 2.3.1) begin with their signature, a zip may have a program before
    it, a tar of old has none. What begins like a mail is none of these.
    """
    found = detect(head).kind
    if kind is ContainerKind.WARC:
        return found in (MediaKind.GZIP, MediaKind.ZSTANDARD) or WARC_SIGNATURE.match(head) is not None
    if kind in (ContainerKind.PST, ContainerKind.GZIP, ContainerKind.ZSTANDARD):
        return _BY_SIGNATURE.get(found) is kind
    return kind is ContainerKind.MBOX or found is not MediaKind.EML


def member_kind(head: bytes, name: str) -> MemberKind:
    """What a file out of a container is to be read as, from its first 4 kB and its name there."""
    if container_kind(head, name) is not None:
        return MemberKind.CONTAINER
    found = detect(head, name).kind
    return MemberKind.EMAIL if found is MediaKind.EML or name.lower().endswith(".eml") else MemberKind.DOCUMENT


def is_package_entry(name: bytes) -> bool:
    """Whether an entry of this name at the front of a zip makes it the package of one document."""
    return name.startswith((*_PACKAGE_STARTS, *_PACKAGE_FOLDERS))


def _kind_of_zip(head: bytes, name: str) -> ContainerKind | None:
    length = int.from_bytes(head[26:28], "little")
    first = head[_NAME_AT : _NAME_AT + length] if head.startswith(b"PK\x03\x04") else b""
    if name.endswith(".olm") or first.startswith(_OLM_STARTS):
        return ContainerKind.OLM
    is_package = _PACKAGE.fullmatch(name, max(name.rfind("."), 0)) is not None or is_package_entry(first)
    return None if is_package else ContainerKind.ZIP
