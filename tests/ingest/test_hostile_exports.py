"""A chat export whose zip lies: what is beside the chat, what a message names, and the chat itself."""

from __future__ import annotations

import io

import pytest

from ingest.formats.chats.slices import range_of, read_slice
from ingest.formats.container import Declared, Member, MemberBroken, MemberKind
from ingest.formats.zip_members import members
from tests.every_case import every_case
from tests.ingest.zip_writing import End, Planned, build

LINK, PIPE, DEVICE = 0o120777 << 16, 0o010644 << 16, 0o020644 << 16
NAME = b"IMG-20240113-WA0001.jpg"
CHAT = (
    b"1/12/24, 6:07 PM - Ada: bus leaves at seven\n"
    b"1/13/24, 9:00 AM - Ben: IMG-20240113-WA0001.jpg (file attached)\n"
    b"1/13/24, 9:05 AM - Ada: thanks\n"
)
LIARS = [
    Planned(stated_crc=1),
    Planned(stated_size=5),
    Planned(stated_size=500),
    Planned(method=0, stated_size=5, stated_packed=18),
    Planned(packed=b"\xff\xff\xff\xff"),
    Planned(packed=b""),
    Planned(stated_packed=4),
    Planned(method=12, packed=b"BZh9rubbish"),
    Planned(method=12, packed=b"BZ"),
    Planned(flags=1),
    Planned(flags=1 << 6),
    Planned(flags=1 << 13),
    Planned(method=99),
    Planned(method=9),
    Planned(method=14),
    Planned(method=93),
    Planned(attributes=LINK),
    Planned(attributes=PIPE),
    Planned(attributes=DEVICE),
    Planned(local_mark=b"PK\x07\x08"),
    Planned(stated_offset=1 << 31),
]
NAMES = [
    b"../../etc/passwd",
    b"/etc/passwd",
    b"C:\\x",
    b"a\0.exe",
    b"CON",
    b"x/nul.txt",
    "gnp.\u202eexe".encode(),
    b"x" * 2_000,
    b"_CHAT.TXT",
    b"WhatsApp Chat with Ada.txt/",
]


def named(one: Planned, name: bytes) -> Planned:
    return Planned(**{**vars(one), "name": name})


def chat(**fields: object) -> Planned:
    return Planned(**{"name": b"WhatsApp Chat with Ada.txt", "content": CHAT, **fields})


def take(content: bytes) -> tuple[list[tuple[bytes, object]], list[Member], Declared]:
    """The slices with what they say, the other members, and what was declared."""
    slices, others, declared = [], [], Declared()
    for found in members(io.BytesIO(content), "a.zip"):
        if isinstance(found, Declared):
            declared = found
        elif isinstance(found, Member) and found.kind is MemberKind.SLICE:
            taken = b"".join(found.pieces)
            slices.append((taken, read_slice(taken)))
        elif isinstance(found, Member):
            others.append(found)
    return slices, others, declared


def all_said(slices) -> list[str]:
    return [message.text for _, read in slices for message in read.messages]


@every_case("liar", LIARS, ids=range(len(LIARS)))
def test_a_liar_beside_a_chat_is_a_member_with_a_reason_and_the_chat_is_read(liar):
    slices, others, _ = take(build(chat(), named(liar, b"other.bin")))
    assert len(slices) == 2
    assert "bus leaves at seven" in all_said(slices)
    (other,) = others
    reason = other.problem
    if reason is None:
        with pytest.raises(MemberBroken) as broken:
            b"".join(other.pieces)
        reason = str(broken.value)
    assert reason


@every_case("liar", LIARS, ids=range(len(LIARS)))
def test_a_liar_that_a_message_names_is_told_as_not_there_and_the_day_is_whole(liar):
    slices, others, declared = take(build(chat(), named(liar, NAME)))
    files = [file for _, read in slices for message in read.messages for file in message.attachments]
    assert [file.present for file in files] == [False]
    assert all(len(read.components) == 1 for _, read in slices)
    said = next(one for one in declared.tallies if one.what == "messages")
    assert (said.held, said.taken) == (3, 3)
    assert [one.name for one in others] in ([], [NAME.decode()])


@every_case("liar", LIARS, ids=range(len(LIARS)))
def test_a_chat_that_lies_itself_is_no_record_of_what_it_does_not_hold(liar):
    slices, others, _ = take(build(named(liar, b"WhatsApp Chat with Ada.txt"), Planned(name=b"other.bin")))
    assert all_said(slices) == []
    assert "other.bin" in [one.name for one in others]


@every_case("name", NAMES, ids=range(len(NAMES)))
def test_a_hostile_name_beside_a_chat_opens_and_makes_nothing(name):
    slices, _, _ = take(build(chat(), Planned(name=name)))
    assert "bus leaves at seven" in all_said(slices)


def test_what_a_message_carries_comes_out_byte_for_byte():
    content = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
    slices, others, _ = take(build(chat(), Planned(name=NAME, content=content)))
    assert others == []
    taken, read = slices[1]
    offset, size = range_of(read.components[1].path)
    assert taken[offset : offset + size] == content


def test_a_bomb_that_a_message_names_is_streamed_not_held():
    bomb = Planned(name=NAME, content=bytes(64 << 20))
    for found in members(io.BytesIO(build(chat(), bomb)), "a.zip"):
        if isinstance(found, Member):
            assert max(map(len, found.pieces)) <= 1 << 19


@pytest.mark.parametrize("copies", [2, 500])
def test_entries_over_each_other_are_no_files_of_the_chat(copies):
    kernel = Planned(name=NAME, content=bytes(1 << 16))
    size = len(kernel.body())
    over = [
        Planned(name=b"%d.jpg" % number, packed=b"", stated_packed=size, stated_offset=0) for number in range(copies)
    ]
    slices, others, _ = take(build(kernel, chat(), *over))
    assert "thanks" in all_said(slices)
    assert sum(one.problem is not None for one in others) == copies


@pytest.mark.parametrize("end", [End(count=1), End(count=500), End(before=b"MZ program"), End(trailing=b"more")])
def test_a_directory_that_lies_of_its_count_hides_no_chat(end):
    slices, _, _ = take(build(chat(), end=end))
    assert "thanks" in all_said(slices)
