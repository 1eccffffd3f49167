"""A production in the interchange form of the EDRM: documents with their tags, files and families. Pure, streaming.

Rules kept:

- Elements and attributes are named as the published schema 1.1 names them: `Root`, `Batch`, `Documents`, `Document`,
  `Tags`, `Files`, `Locations`, `Relationships`. That schema is no longer maintained, and no program checks it alike,
  so this is a document in its style; `Hash` is SHA-256, which the tag ``#HashType`` says.
- It is well-formed whatever a value holds: what XML 1.0 has no sign for is U+FFFD, and no value ends its attribute.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from search.disclosure.load_files import date_and_time, sent_of, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from search.disclosure.release_types import ProducedDocument

# XML 1.0 (fifth edition) §2.2, without the signs that it discourages
_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_IN_ATTRIBUTE: Final = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_TEXT: Final = "Text"
_NUMBER: Final = "LongInteger"
_YES_NO: Final = "Boolean"
_TAGS: Final = {
    "#BegDoc": "BEGDOC",
    "#EndDoc": "ENDDOC",
    "#BegAttach": "BEGATTACH",
    "#EndAttach": "ENDATTACH",
    "#From": "FROM",
    "#To": "TO",
    "#CC": "CC",
    "#BCC": "BCC",
    "#Participants": "PARTICIPANTS",
    "#Platform": "PLATFORM",
    "#Subject": "SUBJECT",
    "#FileName": "FILENAME",
    "#FileExtension": "FILEEXT",
    "#Exemptions": "EXEMPTIONS",
    "#RecordID": "RECORDID",
}


def edrm_pieces(documents: Iterable[ProducedDocument], description: str) -> Iterator[bytes]:
    """The document, piece by piece; `description` is what the production is called."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield _open("Root", DataInterchangeType="Update", MajorVersion="1", MinorVersion="1", Description=description)
    yield b"<Batch>\n<Documents>\n"
    families: list[tuple[str, str]] = []
    for one in documents:
        yield _document(one)
        if one.document.component is not None:
            families.append((one.family_first, one.first))
    yield b"</Documents>\n<Relationships>\n"
    for parent, child in families:
        yield _element("Relationship", Type="Attachment", ParentDocID=parent, ChildDocID=child)
    yield b"</Relationships>\n</Batch>\n</Root>\n"


def _document(one: ProducedDocument) -> bytes:
    is_message = one.document.media_type.startswith("message/") or bool(one.document.messages)
    kind = "Message" if is_message else "File"
    pieces = [_open("Document", DocID=one.first, DocType=kind, MimeType=one.document.media_type), b"<Tags>\n"]
    for tag, name in _TAGS.items():
        value = values_of(one, [name])[0]
        if value:
            pieces.append(_tag(tag, value, _TEXT))
    day, time = date_and_time(sent_of(one))
    if day:
        pieces.append(_tag("#DateSent", f"{day}T{time}" if time else day, "DateTime" if time else _TEXT))
    pieces += [
        _tag("#PageCount", str(one.document.page_count), _NUMBER),
        _tag("#Redacted", "true" if one.document.leaves.value == "redacted" else "false", _YES_NO),
        _tag("#HashType", "SHA-256", _TEXT),
        b"</Tags>\n<Files>\n",
    ]
    if one.native_path is not None:
        pieces.append(_file("Native", one.native_path, one.document.native_sha256))
    pieces.append(_file("Image", one.pdf_path, one.pdf_sha256))
    pieces.append(_file("Text", one.text_path, ""))
    pieces.append(b"</Files>\n<Locations><Location><Custodian>")
    pieces.append(escape(_shown(one.custodian), {"\r": "&#13;"}).encode())
    pieces.append(b"</Custodian></Location></Locations>\n</Document>\n")
    return b"".join(pieces)


def _tag(name: str, value: str, kind: str) -> bytes:
    return _element("Tag", TagName=name, TagValue=value, TagDataType=kind)


def _file(kind: str, path: str, sha256: str) -> bytes:
    parts = PurePosixPath(path)
    folder = "" if parts.parent == PurePosixPath() else str(parts.parent)
    hashed = {"Hash": sha256} if sha256 else {}
    external = _element("ExternalFile", FilePath=folder, FileName=parts.name, **hashed)
    return _open("File", FileType=kind) + external + b"</File>\n"


def _open(name: str, **attributes: str) -> bytes:
    return f"<{name}{_written(attributes)}>\n".encode()


def _element(name: str, **attributes: str) -> bytes:
    return f"<{name}{_written(attributes)}/>\n".encode()


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(_shown(value), _IN_ATTRIBUTE)}"' for name, value in attributes.items())


def _shown(value: str) -> str:
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", value)
