"""Attached messages of Outlook data files, read by our own nodes and tables."""

from __future__ import annotations

import io
import random
import struct

import pytest

from ingest.formats.container import MemberBroken
from ingest.formats.pst_messages import AttachedMessages
from ingest.formats.pst_nodes import Node, NodeDatabase
from ingest.formats.serialised_message import write
from ingest.formats.serialised_reading import read_serialised
from storage.records import Description, Party
from tests.every_case import every_case
from tests.ingest.pst_writer import (
    ATTACHMENT,
    MESSAGE,
    OBJECT_NODE,
    RECIPIENTS,
    PstWriter,
    number,
    properties,
    table,
    text,
)

LONG = "words of a long body " * 2000


def _file(*, ansi: bool = False, **changes: object) -> bytes:
    made = PstWriter(ansi=ansi)
    long = LONG.encode("utf-16-le")
    body_node = 0x1F4 << 5 | 0x1F
    body = made.tree([long[start : start + 8000] for start in range(0, len(long), 8000)])
    who = table([{0x3001: text("Bob"), 0x3003: text("bob@d.example"), 0x0C15: number(1)}])
    text_attachment = properties({0x3701: (0x102, b"enclosed text"), 0x3705: number(1), 0x3707: text("a.txt")})
    inner = made.subnodes(
        {body_node: (body, 0), RECIPIENTS: (made.add(who), 0), ATTACHMENT + 32: (made.add(text_attachment), 0)}
    )
    message = properties({0x0037: text("inner subject"), 0x0C1F: text("ann@d.example"), 0x1000: (0x1F, body_node)})
    attachment = properties(
        {0x3701: (0x0D, struct.pack("<II", changes.get("object", OBJECT_NODE), 1)), 0x3705: number(5)}
    )
    inside = made.subnodes({OBJECT_NODE: (made.add(message), inner)})
    made.nodes[MESSAGE] = (
        made.add(properties({0x0037: text("outer")})),
        made.subnodes({ATTACHMENT: (made.add(attachment), inside)}),
    )
    return made.file()


def _open(content: bytes, message: int = MESSAGE, attachment: int = ATTACHMENT) -> Description:
    found = AttachedMessages(io.BytesIO(content)).open(message, attachment, reader="pst/1")
    return read_serialised(b"".join(write(found)))


@pytest.mark.parametrize("ansi", [False, True])
def test_an_attached_message_is_read_with_recipients_body_and_attachments(*, ansi: bool):
    read = _open(_file(ansi=ansi))
    assert read.original.subject == "inner subject"
    assert read.original.sender == Party(address="ann@d.example")
    assert read.original.to == (Party(name="Bob", address="bob@d.example"),)
    assert read.text == f"{LONG}\n\nenclosed text"
    assert [(one.name, one.size) for one in read.components] == [("a.txt", 13)]


@pytest.mark.parametrize(
    ("content", "message", "attachment"),
    [
        (_file(), MESSAGE + 32, ATTACHMENT),
        (_file(), MESSAGE, ATTACHMENT + 32),
        (_file(object=OBJECT_NODE + 32), MESSAGE, ATTACHMENT),
        (_file()[:900], MESSAGE, ATTACHMENT),
        (b"!BDN", MESSAGE, ATTACHMENT),
        (b"", MESSAGE, ATTACHMENT),
        (_file().replace(b"SM\x17\0", b"SM\x24\0"), MESSAGE, ATTACHMENT),
    ],
)
def test_what_is_not_there_is_a_reason_and_no_crash(content: bytes, message: int, attachment: int):
    with pytest.raises(MemberBroken):
        _open(content, message, attachment)


def test_a_list_of_blocks_that_holds_itself_ends():
    made = PstWriter()
    own = made.next_block | 2
    made.add(struct.pack("<BBHI", 1, 1, 1, 1) + struct.pack("<Q", own), internal=True)
    made.nodes[MESSAGE] = (own, 0)
    database = NodeDatabase(io.BytesIO(made.file()))
    with pytest.raises(MemberBroken):
        list(database.blocks(database.node(MESSAGE)))


def test_a_tree_of_subnodes_that_holds_itself_ends():
    made = PstWriter()
    own = made.next_block | 2
    made.add(struct.pack("<BBH4x", 2, 1, 1) + struct.pack("<QQ", 1, own), internal=True)
    made.nodes[MESSAGE] = (0, own)
    database = NodeDatabase(io.BytesIO(made.file()))
    with pytest.raises(MemberBroken):
        database.subnodes(database.node(MESSAGE))


def test_many_blocks_for_one_node_are_bounded_by_their_size():
    made = PstWriter()
    made.nodes[MESSAGE] = (made.tree([b"x" * 100] * 15), 0)
    database = NodeDatabase(io.BytesIO(made.file()))
    with pytest.raises(MemberBroken):
        database.content(database.node(MESSAGE), 1000)
    assert database.content(database.node(MESSAGE), 1500) == b"x" * 1500
    assert database.content(Node(1, 0, 0), 10) == b""


@every_case("seed", range(20))
def test_mutated_and_truncated_files_are_read_or_refused(seed: int):
    chance = random.Random(seed)
    content = _file(ansi=seed % 2 == 1)
    for _ in range(60):
        changed = bytearray(content[: chance.choice([len(content)] * 3 + [chance.randrange(len(content))])])
        for _ in range(chance.randint(1, 20)):
            if changed:
                changed[chance.randrange(len(changed))] = chance.choice([0, 1, 2, 0xFF, chance.randrange(256)])
        try:
            _open(bytes(changed))
        except MemberBroken:
            continue
