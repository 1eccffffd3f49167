"""Archives of Outlook for Mac, .olm: a zip of one XML file a message, with attachments as files beside them.

Rule kept: every file of the zip comes out once: a message as a serialised message with its attachments; whatever else
there is (contacts, calendar, tasks, notes, categories) as the XML file that it is; and an attachment that no message
names as a file of its own. What an XML file declares of its number (elementCount) is held against what it holds. The
format is not published: names are those seen in archives of Outlook 2011 to 16.

Times stand without a zone and are those of UTC: in the archives seen, messages attached to others carry Date fields
(RFC 5322) that agree with them to the second. They are given as UTC, and it is said. Where a message kept its source
(OPFMessageCopySource), its headers go before the fields that were made from them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.addresses import parse_addresses
from ingest.formats.container import (
    UNTOLD,
    Circumstances,
    Declared,
    DeclaredFolder,
    Found,
    Member,
    MemberBroken,
    MemberKind,
    Remark,
)
from ingest.formats.email_message import read_email
from ingest.formats.expat_feeding import XmlRefused
from ingest.formats.headers import letterhead, read_block
from ingest.formats.member_content import file_member
from ingest.formats.olm_xml import Element, named, read_xml
from ingest.formats.serialised_message import SerialisedAttachment, SerialisedMessage, write
from ingest.formats.zip_directory import entries, find_directory, overlapping
from ingest.formats.zip_entries import entry_pieces
from storage.records import Letterhead, Party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.zip_directory import Entry

READER: Final = "olm/1"
MAX_ENTRY: Final = 1 << 30
"""Bytes of one file of the archive, unpacked; what is more is not read."""
MAX_MESSAGES_IN_FILE: Final = 100_000
_MESSAGE: Final = re.compile(r"(?:.*/)?com\.microsoft\.__Messages/(?:.*/)?message_[^/]*\.xml", re.IGNORECASE)
_ATTACHMENTS: Final = "com.microsoft.__attachments/"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


def members(source: BinaryIO, _name: str, _about: Circumstances = UNTOLD) -> Iterator[Found]:
    """All that an .olm holds, in the order of its directory; see `container.ContainerReader`.

    Raises:
        ContainerBroken: it is no zip, or its directory is damaged.
    """
    directory = find_directory(source)
    marked, _ = overlapping(source, directory)
    found = [one for one in entries(source, directory) if not one.name.endswith(("/", "\\")) or one.size]
    yield from _Walk(source=source, marked=marked, files={one.name: one for one in found}).members(found)


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One reading of one archive: `marked` are entries that overlap, `taken` the attachments that messages named."""

    source: BinaryIO
    marked: bytearray
    files: dict[str, Entry]
    taken: set[str] = field(default_factory=set)
    declared: Counter[str] = field(default_factory=Counter)

    def members(self, found: list[Entry]) -> Iterator[Found]:
        attachments: list[Entry] = []
        for entry in found:
            path = entry.name.rpartition("/")[0]
            if _MESSAGE.fullmatch(entry.name):
                yield from self._messages(entry, path)
            elif _ATTACHMENTS in f"{path}/".lower():
                attachments.append(entry)
            else:
                yield self._file(entry, None)
        for entry in attachments:
            if entry.name not in self.taken:
                yield self._file(entry, "an attachment that no message names")
        folders = tuple(DeclaredFolder(path=path, count=count) for path, count in self.declared.items())
        yield Declared(count=sum(self.declared.values()), folders=folders)

    def _file(self, entry: Entry, remark: str | None) -> Member:
        """A file as what its bytes say: who names any archive .olm hides no mail and no container in it."""
        found = file_member(entry.name, self._pieces(entry))
        self.declared[found.path] += 1
        return found if remark is None or found.problem is not None else replace(found, remark=remark)

    def _messages(self, entry: Entry, path: str) -> Iterator[Found]:
        try:
            root = read_xml(self._pieces(entry))
        except (XmlRefused, MemberBroken) as error:
            self.declared[path] += 1
            yield Member(path=path, name="", kind=MemberKind.SERIALISED_EMAIL, problem=f"it cannot be read: {error}")
            return
        found = [root] if root.name == "email" else list(named(root, "email"))
        stated = root.attributes.get("elementCount", "")
        self.declared[path] += int(stated) if stated.isdecimal() and len(stated) < 10 else len(found)  # noqa: PLR2004
        if not found:
            yield Remark(text="a message file that holds no message", path=path)
        if len(found) > MAX_MESSAGES_IN_FILE:
            yield Remark(text="a message file that holds too many messages", path=path, lost=None)
        for email in found[:MAX_MESSAGES_IN_FILE]:
            self.taken.update(one.attributes.get("OPFAttachmentURL", "") for one in _listed(email))
            message = _message(email, self._attachments(email))
            name = message.letterhead.subject or ""
            yield Member(path=path, name=name, kind=MemberKind.SERIALISED_EMAIL, pieces=write(message))

    def _attachments(self, email: Element) -> Iterator[SerialisedAttachment]:
        for one in _listed(email):
            entry = self.files.get(one.attributes.get("OPFAttachmentURL", ""))
            yield SerialisedAttachment(
                name=one.attributes.get("OPFAttachmentName") or None,
                media_type=one.attributes.get("OPFAttachmentContentType") or None,
                content_id=one.attributes.get("OPFAttachmentContentID") or None,
                pieces=None if entry is None else self._pieces(entry),
                problem="its file is not in the archive" if entry is None else None,
                fields=(one.as_json(),),
            )

    def _pieces(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of one file; never more than the limit, whatever the directory says of their number."""
        left = MAX_ENTRY
        for piece in entry_pieces(self.source, entry, overlaps=bool(self.marked[entry.number])):
            left -= len(piece)
            if left < 0:
                raise MemberBroken(f"it is larger than {MAX_ENTRY} bytes")
            yield piece


def _listed(email: Element) -> tuple[Element, ...]:
    """The attachments that a message names."""
    listed = email.first("OPFMessageCopyAttachmentList")
    return () if listed is None else tuple(named(listed, "messageAttachment"))


def _message(email: Element, attachments: Iterator[SerialisedAttachment]) -> SerialisedMessage:
    source = (email.text_of("OPFMessageCopySource") or "").lstrip()
    head, problem = _letterhead(email, source)
    body, html = email.text_of("OPFMessageCopyBody"), email.text_of("OPFMessageCopyHTMLBody")
    if body is not None and html is None and body.lstrip()[:5].lower() in ("<html", "<!doc"):
        body, html = None, body
    if body == html:
        body = None  # the same markup twice
    if body is None and html is None and source:
        body = read_email(source.encode()).text
    return SerialisedMessage(
        container="olm",
        reader=READER,
        letterhead=head,
        bcc=_parties(email, "OPFMessageCopyBCCAddresses"),
        headers=source[: read_block(source.encode()).end] or None,
        plain=body,
        html=None if html is None else html.encode(),
        html_charset=None if html is None else "utf-8",
        fields=tuple(one.as_json() for one in email.inside if one.name not in _SAID_ELSEWHERE),
        attachments=attachments,
        problems=problem,
        remarks=() if head.date is None else ("the archive prints times without a zone; they were read as UTC",),
    )


_SAID_ELSEWHERE: Final = frozenset({"OPFMessageCopyBody", "OPFMessageCopyHTMLBody", "OPFMessageCopyAttachmentList"})


def _letterhead(email: Element, source: str) -> tuple[Letterhead, tuple[str, ...]]:
    """The letterhead of the source's headers, and for what they leave out that of the fields."""
    headers = letterhead(read_block(source.encode())) if source else Letterhead()
    senders = _parties(email, "OPFMessageCopyFromAddresses") or _parties(email, "OPFMessageCopySenderAddress")
    date = (email.text_of("OPFMessageCopySentTime") or "").strip()
    message_id = (email.text_of("OPFMessageCopyMessageID") or "").strip()
    if message_id and "<" not in message_id:
        message_id = f"<{message_id}>"  # RFC 5322 §3.6.4: the brackets are no part of the identifier, but of the field
    subject = email.text_of("OPFMessageCopySubject")
    head = Letterhead(
        sender=headers.sender or (senders[0] if senders else None),
        to=headers.to or _parties(email, "OPFMessageCopyToAddresses") or _shown(email, "OPFMessageCopyDisplayTo"),
        cc=headers.cc or _parties(email, "OPFMessageCopyCCAddresses"),
        date=headers.date or _moment(date),
        subject=headers.subject if headers.subject is not None else _line(subject),
        message_id=headers.message_id or message_id or None,
    )
    problem = ("the time it was sent cannot be read",) if date and head.date is None else ()
    return head, problem


def _moment(date: str) -> str | None:
    """A time of the archive with its offset; None where it is none."""
    found = _TIME.fullmatch(date)
    if found is None:
        return None
    return date if found[1] else f"{date}+00:00"


def _parties(email: Element, name: str) -> tuple[Party, ...]:
    listed = email.first(name)
    if listed is None:
        return ()
    found = []
    for one in named(listed, "emailAddress"):
        address = one.attributes.get("OPFContactEmailAddressAddress", "").strip() or None
        shown = one.attributes.get("OPFContactEmailAddressName", "").strip(" '\"") or None
        if address is not None or shown is not None:
            found.append(Party(name=None if shown == address else shown, address=address))
    return tuple(found)


def _shown(email: Element, name: str) -> tuple[Party, ...]:
    shown = email.text_of(name)
    if not shown:
        return ()
    return parse_addresses(shown) if "@" in shown else (Party(name=_line(shown)),)


def _line(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())
