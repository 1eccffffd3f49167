"""Messages attached to messages of an Outlook data file ([MS-PST] §2.4.6.2), which libpff does not open from Python.

Rule kept: an attached message is read to the same depth as any other: properties, recipients, attachments, and the
messages attached to it in turn, to a bounded depth. What cannot be read is a problem of its attachment. The attached
message stands in a subnode of its attachment, which stands in a subnode of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.container import MemberBroken
from ingest.formats.mapi import OBJECT, AttachMethod, Properties, Tag
from ingest.formats.mapi_serialising import attachment_of, message_of, readable_fields
from ingest.formats.pst_nodes import NodeDatabase
from ingest.formats.pst_tables import read_properties, read_table
from ingest.formats.serialised_message import MAX_DEPTH, SerialisedAttachment, SerialisedMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.pst_nodes import Node

MAX_ATTACHMENTS: Final = 5_000
_RECIPIENTS: Final = 0x692  # NID_RECIPIENT_TABLE ([MS-PST] §2.4.1)
_ATTACHMENT: Final = 0x05  # NID_TYPE_ATTACHMENT (§2.2.2.1)
_NID_TYPE: Final = 0x1F


class AttachedMessages:
    """Opens attached messages of one file by the numbers of the message and of the attachment."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._database: NodeDatabase | None = None

    def open(self, message: int, attachment: int, *, reader: str) -> SerialisedMessage:
        """The message that is this attachment of that message.

        Raises:
            MemberBroken: it cannot be read, with the reason.
        """
        if self._database is None:
            self._database = NodeDatabase(self._source)
        database = self._database
        inside = database.subnodes(database.node(message))
        if attachment not in inside:
            raise MemberBroken("the attached message is not where the file says")
        return _attached(database, inside[attachment], 1, reader)


def _attached(database: NodeDatabase, attachment: Node, depth: int, reader: str) -> SerialisedMessage:
    if depth > MAX_DEPTH:
        raise MemberBroken("messages are attached to messages too deeply")
    properties, _ = read_properties(database, attachment)
    kind, place = properties.values.get(Tag.ATTACH_DATA, (0, b""))
    number = int.from_bytes(place[:4], "little")
    inside = database.subnodes(attachment)
    if kind != OBJECT or number not in inside:
        raise MemberBroken("the attached message is not where the file says")
    return _message(database, inside[number], depth, reader)


def _message(database: NodeDatabase, node: Node, depth: int, reader: str) -> SerialisedMessage:
    properties, lost = read_properties(database, node)
    inside = database.subnodes(node)
    problems = (f"{lost} properties that cannot be read",) if lost else ()
    recipients: tuple[Properties, ...] = ()
    if _RECIPIENTS in inside:
        try:
            recipients = tuple(read_table(database, inside[_RECIPIENTS]))
        except MemberBroken:
            problems = (*problems, "the recipients cannot be read")
    attachments = [one for number, one in sorted(inside.items()) if number & _NID_TYPE == _ATTACHMENT]
    if len(attachments) > MAX_ATTACHMENTS:
        problems = (*problems, f"attachments beyond the first {MAX_ATTACHMENTS}")
    return message_of(
        properties,
        recipients,
        container="pst",
        reader=reader,
        fields=readable_fields(properties),
        attachments=_attachments(database, attachments[:MAX_ATTACHMENTS], depth, reader),
        problems=problems,
    )


def _attachments(database: NodeDatabase, nodes: list[Node], depth: int, reader: str) -> Iterator[SerialisedAttachment]:
    for node in nodes:
        try:
            properties, _ = read_properties(database, node)
        except MemberBroken as error:
            yield SerialisedAttachment(problem=str(error))
            continue
        inner = problem = None
        if properties.number(Tag.ATTACH_METHOD) == AttachMethod.EMBEDDED_MESSAGE:
            try:
                inner = _attached(database, node, depth + 1, reader)
            except MemberBroken as error:
                problem = str(error)
        content = properties.values.get(Tag.ATTACH_DATA, (0, b""))[1]
        yield attachment_of(properties, (content,), fields=readable_fields(properties), message=inner, problem=problem)
