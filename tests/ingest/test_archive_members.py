"""Tar, gzip and mbox as containers: what they hold comes out, and what is damaged or cut short is said."""

from __future__ import annotations

import gzip
import io
import random
import tarfile

import pytest

from ingest.formats import gzip_members, mbox_members, tar_members
from ingest.formats.container import ContainerBroken, Declared, Member, MemberBroken, MemberKind, Remark
from ingest.formats.container_kinds import ContainerKind, container_kind

MAIL = b"From: ada@district.example\nSubject: Bus\nDate: Mon, 6 May 2024 12:00:00 -0700\n\ntext\n"
SEPARATOR = b"From ada@district.example Mon May  6 12:00:00 2024\n"


def take(reader, content, name="x"):
    told, others = [], []
    for found in reader.members(io.BytesIO(content), name):
        if not isinstance(found, Member):
            others.append(found)
            continue
        try:
            taken = None if found.problem is not None else b"".join(found.pieces)
        except MemberBroken as error:
            told.append((found.path, found.name, None, str(error)))
        else:
            told.append((found.path, found.name, taken, found.problem or found.remark))
    return told, others


def tar(*entries: tuple[str, bytes, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, content, kind in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = kind, len(content), "elsewhere"
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_files_of_a_tar_come_out_under_their_names(form):
    long = "n" * 90 + "/" + "m" * 90 + ".eml"
    content = tar(
        ("a/b.eml", MAIL, tarfile.REGTYPE), ("a", b"", tarfile.DIRTYPE), (long, b"t", tarfile.REGTYPE), form=form
    )
    told, others = take(tar_members, content)
    assert told == [("a", "b.eml", MAIL, None), ("n" * 90, "m" * 90 + ".eml", b"t", None)]
    assert others == [Declared()]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "it is a link"),
        (tarfile.LNKTYPE, "it is a link"),
        (tarfile.CHRTYPE, "it is no regular file"),
        (tarfile.BLKTYPE, "it is no regular file"),
        (tarfile.FIFOTYPE, "it is no regular file"),
    ],
)
def test_what_is_no_file_is_a_member_without_bytes(kind, reason):
    assert take(tar_members, tar(("x", b"", kind)))[0] == [("", "x", None, reason)]


def test_a_tar_that_is_cut_short_says_which_member_is():
    content = tar(("a", b"a" * 600, tarfile.REGTYPE), ("b", b"b" * 600, tarfile.REGTYPE))
    told, others = take(tar_members, content[: 512 * 3 + 512 + 100])
    assert told[1] == ("", "b", None, "the archive ends inside of it")
    assert isinstance(others[0], Remark)
    assert others[0].lost is None


@pytest.mark.parametrize("at", [0, 130, 150])
def test_a_damaged_header_ends_the_tar(at):
    content = bytearray(tar(("a", b"a", tarfile.REGTYPE)))
    content[at] ^= 0x15
    with pytest.raises(ContainerBroken, match="a header is damaged"):
        take(tar_members, bytes(content))


def test_headers_about_headers_have_an_end():
    one = tarfile.TarInfo("x")
    one.type = tarfile.GNUTYPE_LONGNAME
    with pytest.raises(ContainerBroken, match="too many headers"):
        take(tar_members, one.tobuf() * 40 + bytes(1024))


def test_flipped_bytes_of_a_tar_raise_only_what_was_agreed():
    chance = random.Random(7)
    honest = tar(("a.eml", MAIL, tarfile.REGTYPE), ("ü" * 80, b"x" * 2_000, tarfile.REGTYPE))
    for _ in range(800):
        content = bytearray(honest)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            take(tar_members, bytes(content))
        except ContainerBroken:
            continue


@pytest.mark.parametrize(
    ("name", "inner"), [("box.mbox.gz", "box.mbox"), ("all.tgz", "all.tar"), ("x", "x"), ("a.TAR.GZ", "a.TAR")]
)
def test_a_gzip_holds_one_file_of_the_name_without_the_ending(name, inner):
    told, others = take(gzip_members, gzip.compress(b"text"), name)
    assert (told, others) == ([("", inner, b"text", None)], [Declared(count=1)])


def test_a_gzip_is_told_by_what_is_in_it():
    found = next(gzip_members.members(io.BytesIO(gzip.compress(SEPARATOR + MAIL)), "box.gz"))
    assert isinstance(found, Member)
    assert found.kind is MemberKind.CONTAINER


@pytest.mark.parametrize("behind", [b"", bytes(700), b"rubbish"])
def test_several_parts_are_one_file_and_what_is_behind_them_is_said(behind):
    told, others = take(gzip_members, gzip.compress(b"one") + gzip.compress(b"two") + behind)
    assert told[0][2] == b"onetwo"
    assert len(others) == (2 if behind == b"rubbish" else 1)


@pytest.mark.parametrize("place", [12, 30, -6, -2])
def test_a_damaged_or_short_gzip_gives_nothing_that_passes_for_whole(place):
    packed = gzip.compress(random.Random(3).randbytes(3_000))
    flipped = bytearray(packed)
    flipped[place] ^= 0xFF
    for content in (bytes(flipped), packed[:place]):
        ((_, _, taken, reason),) = take(gzip_members, content)[0]
        assert taken is None
        assert reason is not None


def test_messages_of_a_mailbox_have_no_names_and_no_declared_number():
    told, others = take(mbox_members, (SEPARATOR + MAIL + b"\n") * 2)
    assert (told, others) == ([("", "", MAIL, None)] * 2, [Declared()])


def test_zimbra_and_thunderbird_samples_come_out(shared_dir):
    folder = shared_dir / "fixtures" / "email-mbox" / "aspose-email__Aspose.Email-for-Java"
    packed = (folder / "email" / "ZimbraSample.tgz").read_bytes()
    (inner,) = take(gzip_members, packed, "ZimbraSample.tgz")[0]
    assert container_kind(inner[2][:4096], inner[1]) is ContainerKind.TAR
    told, _ = take(tar_members, inner[2])
    assert sum(one[1].endswith(".eml") and one[3] is None for one in told) > 0
    assert take(mbox_members, (folder / "Thunderbird" / "ExampleMbox.mbox").read_bytes())[0]
