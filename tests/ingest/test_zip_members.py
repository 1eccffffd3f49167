"""Zip files that lie: every entry comes out as it is, or as a member that says why it does not."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pytest

from ingest.formats.container import ContainerBroken, Declared, Member, MemberBroken, MemberKind, Remark
from ingest.formats.zip_directory import find_directory, overlapping
from ingest.formats.zip_members import members
from tests.every_case import every_case
from tests.ingest.zip_writing import FULL, End, Planned, build

MAIL = b"From: ada@district.example\r\nSubject: Bus\r\nDate: Mon, 6 May 2024 12:00:00 -0700\r\n\r\ntext\r\n"
LINK, PIPE, DEVICE = 0o120777 << 16, 0o010644 << 16, 0o060644 << 16


def take(content):
    """What comes out: (name, bytes or None, problem or remark) of each member, the remarks, and what was declared."""
    told, remarks, declared = [], [], None
    for found in members(io.BytesIO(content), "a.zip"):
        if isinstance(found, Member):
            name = f"{found.path}/{found.name}" if found.path else found.name
            try:
                taken = None if found.problem is not None else b"".join(found.pieces)
            except MemberBroken as error:
                told.append((name, None, str(error)))
                continue
            told.append((name, taken, found.problem or found.remark))
        elif isinstance(found, Remark):
            remarks.append(found.text)
        elif isinstance(found, Declared):
            declared = found.count
    return told, remarks, declared


def reasons(content):
    return [reason for _, _, reason in take(content)[0]]


def test_entries_come_out_in_the_order_of_the_directory_with_their_bytes():
    content = build(Planned(name=b"x/one.eml", content=MAIL), Planned(name=b"two.txt", method=0))
    told, remarks, declared = take(content)
    assert told == [("x/one.eml", MAIL, None), ("two.txt", b"text of the entry\n", None)]
    assert (remarks, declared) == ([], 2)


def test_what_the_standard_library_writes_comes_out(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/", "")
        archive.writestr("a/b.txt", "b" * 100_000)
        archive.writestr("böx.txt", "x", zipfile.ZIP_BZIP2)
        with archive.open("big", "w", force_zip64=True) as large:
            large.write(b"z" * 10)
    told, _, declared = take(made.getvalue())
    assert [(name, len(taken or b""), reason) for name, taken, reason in told] == [
        ("a/b.txt", 100_000, None),
        ("böx.txt", 1, None),
        ("big", 10, None),
    ]
    assert declared == 3


@every_case(
    ("name", "content", "kind"),
    [
        (b"a.eml", MAIL, MemberKind.EMAIL),
        (b"without-a-name", MAIL, MemberKind.EMAIL),
        (b"a.txt", b"text", MemberKind.DOCUMENT),
        (b"a.mbox", b"From a@x.example Mon May  6 12:00:00 2024\n" + MAIL, MemberKind.CONTAINER),
        (b"inner.zip", build(Planned()), MemberKind.CONTAINER),
        (b"plan.docx", build(Planned(name=b"[Content_Types].xml")), MemberKind.DOCUMENT),
        (b"mail.pst", b"!BDN" + bytes(100), MemberKind.CONTAINER),
        (b"a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), MemberKind.DOCUMENT),
    ],
)
def test_what_a_member_is_follows_from_its_bytes(name, content, kind):
    found = next(members(io.BytesIO(build(Planned(name=name, content=content))), "a.zip"))
    assert isinstance(found, Member)
    assert found.kind is kind


@every_case(
    ("planned", "reason"),
    [
        (Planned(stated_crc=1), "its checksum is wrong"),
        (Planned(stated_size=5), "more bytes come out of it than it states"),
        (Planned(stated_size=500), "fewer bytes come out of it than it states"),
        (Planned(method=0, stated_size=5, stated_packed=18), "its two sizes contradict each other"),
        (Planned(method=0, stated_size=500, stated_packed=500), None),
        (Planned(packed=b"\xff\xff\xff\xff"), "its compressed data is damaged"),
        (Planned(packed=b""), "its compressed data is cut short"),
        (Planned(stated_packed=4), "its compressed data is cut short"),
        (Planned(method=12, packed=b"BZh9rubbish"), "its compressed data is damaged"),
        (Planned(method=12, packed=b"BZ"), "its compressed data is cut short"),
        (Planned(flags=1), "it is encrypted; hand it in without a password"),
        (Planned(flags=1 << 6), "it is encrypted; hand it in without a password"),
        (Planned(flags=1 << 13), "it is encrypted; hand it in without a password"),
        (Planned(method=99), "it is encrypted; hand it in without a password"),
        (Planned(method=9), "it is compressed by method 9, which cannot be read"),
        (Planned(method=14), "it is compressed by method 14, which cannot be read"),
        (Planned(method=93), "it is compressed by method 93, which cannot be read"),
        (Planned(attributes=LINK), "it is a link"),
        (Planned(attributes=PIPE), "it is no regular file"),
        (Planned(attributes=DEVICE), "it is no regular file"),
        (Planned(local_mark=b"PK\x07\x08"), "its bytes are not where the directory says"),
        (Planned(stated_offset=7), "its bytes are not where the directory says"),
        (Planned(stated_offset=1 << 31), "its bytes overlap with those of another entry"),
    ],
)
def test_an_entry_that_lies_is_a_member_with_a_reason(planned, reason):
    told, _, declared = take(build(planned, Planned(name=b"after.txt")))
    if reason is None:  # it swallows the next one, which the directory gives away
        reason = "its bytes overlap with those of another entry"
        assert told[1] == ("after.txt", None, reason)
    else:
        assert told[0] == ("a.txt", None, reason)
        assert told[1][:2] == ("after.txt", b"text of the entry\n") or told[1][2] is not None
    assert declared == 2


@pytest.mark.parametrize("made_by", [0, 7, 10])
def test_attributes_of_another_system_make_no_link(made_by):
    assert reasons(build(Planned(attributes=LINK, made_by=made_by))) == [None]


@every_case(
    ("name", "reason"),
    [
        (b"../../etc/passwd", "its name points out of the archive"),
        (b"a/../../b", "its name points out of the archive"),
        (b"..\\..\\b", "its name points out of the archive"),
        (b"/etc/passwd", "its name is an absolute path"),
        (b"\\\\server\\share\\x", "its name is an absolute path"),
        (b"C:\\x", "its name is an absolute path"),
        (b"a\0.exe", "its name holds control characters"),
        (b"a\n.txt", "its name holds control characters"),
        (b"a\x1b[31m.txt", "its name holds control characters"),
        ("gnp.\u202eexe".encode(), "its name holds characters that change the direction of writing"),
        ("a\u2066b".encode(), "its name holds characters that change the direction of writing"),
        (b"CON", "its name is that of a device"),
        (b"x/nul.txt", "its name is that of a device"),
        (b"COM1", "its name is that of a device"),
        (b"lpt9.doc", "its name is that of a device"),
        (b"name.", "its name ends with a point or a space"),
        (b"name ", "its name ends with a point or a space"),
        (b"x" * 2_000, "its name is very long"),
    ],
)
def test_a_hostile_name_is_a_remark_beside_bytes_that_are_taken(name, reason):
    ((_, taken, why),) = take(build(Planned(name=name)))[0]
    assert (taken, why) == (b"text of the entry\n", reason)


@every_case("name", [b"", b".", b"x", b"con1", b"a..b", "ë".encode("cp437"), "名.txt".encode(), b"\xff\xfe"])
def test_a_harmless_name_is_none(name):
    assert reasons(build(Planned(name=name))) == [None]


def test_names_that_differ_only_in_case_or_not_at_all_are_members_of_their_own():
    planned = [Planned(name=name, content=name + bytes([at])) for at, name in enumerate((b"A.txt", b"a.TXT", b"a.TXT"))]
    told = take(build(*planned))[0]
    assert [name for name, _, _ in told] == ["A.txt", "a.TXT", "a.TXT"]
    assert len({taken for _, taken, _ in told}) == 3


def test_a_unicode_name_field_is_used_only_where_it_fits_the_name():
    def field(crc: int) -> bytes:
        content = b"\x01" + struct.pack("<I", crc) + "ü.txt".encode()
        return struct.pack("<HH", 0x7075, len(content)) + content

    right = Planned(name=b"u.txt", extra=field(zlib.crc32(b"u.txt")))
    wrong = Planned(name=b"u.txt", extra=field(1))
    assert [name for name, _, _ in take(build(right, wrong))[0]] == ["ü.txt", "u.txt"]


def test_the_two_names_of_an_entry_may_differ_and_the_directory_is_believed():
    assert take(build(Planned(name=b"a.txt", local_name=b"evil.exe")))[0][0][:2] == ("a.txt", b"text of the entry\n")


def test_overlapping_entries_come_out_once():
    body = build(Planned(name=b"a"), Planned(name=b"b", stated_offset=0), Planned(name=b"c", stated_offset=0))
    assert reasons(body) == [None] + ["its bytes overlap with those of another entry"] * 2


def test_a_thousand_entries_over_one_kernel_come_out_once():
    kernel = Planned(name=b"a", content=bytes(1 << 20))
    rest = [
        Planned(name=b"%d" % number, packed=b"", stated_packed=kernel_size(kernel), stated_offset=0)
        for number in range(999)
    ]
    told, _, declared = take(build(kernel, *rest))
    assert sum(taken is not None for _, taken, _ in told) == 1
    assert (len(told), declared) == (1_000, 1_000)


def kernel_size(planned):
    return len(planned.body())


def test_bytes_inside_of_the_directory_are_not_given():
    first = Planned(name=b"a", method=0, content=b"x" * 10, stated_size=200, stated_packed=200)
    assert reasons(build(first)) == ["its bytes overlap with those of another entry"]


@every_case(
    ("end", "reason"),
    [
        (End(missing=True), "it has no directory; it may have been cut short"),
        (End(comment_size=50), "it has no directory; it may have been cut short"),
        (End(disk=1), "it is one part of an archive in several parts; put them together first"),
        (End(start=10_000), "its directory does not lie where it should"),
        (End(size=10_000), "its directory does not lie where it should"),
        (End(size=20), "its directory is damaged"),
        (End(count=0xFFFF, size=FULL), "its directory does not lie where it should"),
        (End(count=0xFFFF, zip64=(1, 51, 53), size=7), "its two directories contradict each other"),
        (End(count=1, size=FULL, zip64=(9, 51, 53)), "its two directories contradict each other"),
        (
            End(count=0xFFFF, zip64=(1, 1 << 62, 1 << 62), size=FULL, start=FULL),
            "its directory does not lie where it should",
        ),
    ],
)
def test_a_directory_that_lies_breaks_the_container(end, reason):
    with pytest.raises(ContainerBroken, match=reason):
        take(build(Planned(), end=end))


def test_a_zip64_directory_is_read():
    plain = build(Planned())
    directory = find_directory(io.BytesIO(plain))
    for pointed in (None, 3):  # the record lies right before its locator, wherever that points
        numbers = (1, directory.size, directory.start)
        end = End(count=0xFFFF, size=FULL, start=FULL, zip64=numbers, zip64_at=pointed)
        assert reasons(build(Planned(), end=end)) == [None]


def test_zip64_sizes_of_an_entry_are_read_in_their_order():
    extra = struct.pack("<HHQQ", 1, 16, 18, 18)
    planned = Planned(method=0, stated_size=FULL, stated_packed=FULL, extra=extra)
    assert reasons(build(planned)) == [None]


@pytest.mark.parametrize("extra", [b"", b"\x01\x00\x10\x00", struct.pack("<HHI", 1, 4, 5), b"\x01\x00\xff\xff\x00"])
def test_zip64_sizes_that_are_missing_are_lies_like_others(extra):
    assert reasons(build(Planned(method=0, stated_size=FULL, stated_packed=FULL, extra=extra))) != [None]


@pytest.mark.parametrize(
    ("end", "declared"), [(End(count=1), 1), (End(count=500), 500), (End(count=0), 0), (End(count=2), 2)]
)
def test_what_the_record_declares_is_told_beside_what_came_out(end, declared):
    told, _, stated = take(build(Planned(name=b"a"), Planned(name=b"b"), end=end))
    assert (len(told), stated) == (2, declared)


def test_folders_are_no_members_unless_they_hold_bytes():
    told, _, declared = take(build(Planned(name=b"x/", content=b""), Planned(name=b"y/"), Planned(name=b"z")))
    assert ([name for name, _, _ in told], declared) == (["y/", "z"], 2)


def test_bytes_before_the_archive_shift_it_and_bytes_behind_it_are_said():
    assert reasons(build(Planned(), end=End(before=b"#!/bin/sh\n" * 9))) == [None]
    assert take(build(Planned(), end=End(trailing=b"more")))[1] == ["bytes behind the archive were passed over"]
    assert reasons(build(Planned(), end=End(comment=b"PK\x05\x06 in a comment"))) == [None]


def test_the_package_of_one_document_is_not_taken_apart():
    with pytest.raises(ContainerBroken, match="package of one document"):
        take(build(Planned(name=b"word/document.xml"), Planned(name=b"[Content_Types].xml")))


def test_an_empty_archive_has_no_members():
    assert take(b"PK\x05\x06" + bytes(18)) == ([], [], 0)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06", bytes(22), b"PK\x05\x06" * 20_000])
def test_what_is_no_archive_says_so(content):
    with pytest.raises(ContainerBroken):
        take(content)


def test_a_comment_full_of_end_marks_is_searched_once():
    with pytest.raises(ContainerBroken):
        find_directory(io.BytesIO(b"PK\x05\x06" * 16_000 + b"\xff\xff"))


def test_many_entries_are_gone_through_in_bounded_memory():
    entry = build(Planned(name=b"n"))
    directory = find_directory(io.BytesIO(entry))
    one = entry[directory.start : directory.start + directory.size]
    count = 70_000
    start = directory.start
    whole = (
        entry[:start]
        + one * count
        + b"PK\x05\x06"
        + struct.pack("<HHHHIIH", 0, 0, count & 0xFFFF, count & 0xFFFF, len(one) * count, start, 0)
    )
    marked, seen = overlapping(io.BytesIO(whole), find_directory(io.BytesIO(whole)))
    assert (seen, sum(marked)) == (count, count - 1)
    assert take(whole)[2] == count  # the number that ran over is no lie


def test_flipped_bytes_never_raise_anything_but_the_agreed_errors():
    seed = 20_240_506  # said by the assertion below
    chance = random.Random(seed)
    honest = build(Planned(name=b"a.eml", content=MAIL), Planned(method=12), Planned(method=0), end=End(comment=b"c"))
    for _ in range(1_500):
        content = bytearray(honest)
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        cut = bytes(content[: chance.randrange(len(content))] if chance.random() < 0.1 else content)
        try:
            told = take(cut)[0]
        except ContainerBroken:
            continue
        assert all(taken is None or len(taken) <= 1_000 for _, taken, _ in told), seed
