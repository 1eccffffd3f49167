"""Every item below a path is found once, in order, and what cannot be read is said and never left out."""

from __future__ import annotations

import os
import subprocess

import pytest

from ingest.channels.files import FoundItem, find_items, kind_of_file, printable_name
from ingest.examiner import DOCUMENT, EMAIL
from ingest.formats.container_kinds import ContainerKind
from tests.every_case import every_case

MAIL = b"From: ada@district.example\r\nSubject: Bus\r\n\r\ntext\r\n"
SEPARATOR = b"From ada@district.example Mon May  6 12:00:00 2024\n"


def found(path, kind=None, without=None):
    return list(find_items([path], kind, without=without))


def names(items):
    return [one.source for one in items]


def test_a_mail_file_is_one_item_with_its_exact_bytes(tmp_path):
    (tmp_path / "one.eml").write_bytes(MAIL)
    (item,) = found(tmp_path / "one.eml")
    assert item == FoundItem(source="one.eml", payload=MAIL, kind=EMAIL)


@pytest.mark.parametrize("kind", ["pst", "gzip", "zip", "tar", "olm"])
def test_a_mail_that_somebody_takes_for_a_container_is_told_and_not_taken(tmp_path, kind):
    (tmp_path / "one.eml").write_bytes(MAIL)
    (item,) = found(tmp_path / "one.eml", kind)
    assert (item.payload, item.container) == (b"", None)
    assert item.problem == f"it does not begin as a {kind} does; leave out --kind, or name it"


def test_what_is_chosen_holds_where_the_first_bytes_allow_it(tmp_path):
    (tmp_path / "old").write_bytes(b"file.eml" + bytes(504) + MAIL)
    assert found(tmp_path / "old", "tar")[0].container is ContainerKind.TAR
    (tmp_path / "lone").write_bytes(MAIL)
    assert found(tmp_path / "lone", "mbox")[0].container is ContainerKind.MBOX


def test_another_file_is_a_document(tmp_path):
    (tmp_path / "minutes.txt").write_bytes(b"The board met.\n")
    (item,) = found(tmp_path / "minutes.txt")
    assert (item.kind, item.payload) == (DOCUMENT, b"The board met.\n")


@pytest.mark.parametrize("content", [b"", b"\x00", b"no header at all"])
def test_a_file_named_eml_is_taken_as_mail_whatever_it_holds(tmp_path, content):
    (tmp_path / "odd.EML").write_bytes(content)
    (item,) = found(tmp_path / "odd.EML")
    assert (item.kind, item.payload, item.problem) == (EMAIL, content, None)


def test_a_mailbox_is_given_whole_as_a_container(tmp_path):
    content = b"".join(SEPARATOR + b"Subject: %d\n\ntext\n\n" % number for number in range(3))
    (tmp_path / "inbox").write_bytes(content)
    (item,) = found(tmp_path / "inbox")
    assert item == FoundItem(source="inbox", payload=content, kind="container:mbox")
    assert item.container is ContainerKind.MBOX


@every_case(
    ("name", "content", "kind"),
    [
        ("a.zip", b"PK\x03\x04" + bytes(22) + b"\x05\x00\x00\x00x.eml", "container:zip"),
        ("a", b"PK\x05\x06" + bytes(18), "container:zip"),
        ("a.docx", b"PK\x03\x04" + bytes(26), "document"),
        ("a", b"PK\x03\x04" + bytes(22) + b"\x13\x00\x00\x00[Content_Types].xml", "document"),
        ("a", b"PK\x03\x04" + bytes(22) + b"\x08\x00\x00\x00mimetype", "document"),
        ("a.olm", b"PK\x03\x04" + bytes(26), "container:olm"),
        ("a.gz", b"\x1f\x8b\x08" + bytes(20), "container:gzip"),
        ("a.tar", bytes(257) + b"ustar\x0000" + bytes(247), "container:tar"),
        ("a.pst", b"!BDN" + bytes(100), "container:pst"),
        ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "document"),
    ],
)
def test_a_file_is_told_by_its_first_bytes_and_its_name(name, content, kind):
    assert kind_of_file(content, name) == kind


@pytest.mark.parametrize(("chosen", "kind"), [("file", "document"), ("eml", "email"), ("pst", "container:pst")])
def test_what_was_chosen_is_believed(chosen, kind):
    assert kind_of_file(SEPARATOR, "inbox.mbox", chosen) == kind


def test_a_maildir_gives_its_messages_and_not_its_files(tmp_path):
    for part in ("new", "cur", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1.a.host").write_bytes(MAIL)
    (tmp_path / "box" / "cur" / "2.b.host:2,S").write_bytes(MAIL + b"x")
    (tmp_path / "box" / "tmp" / "3.c.host").write_bytes(b"half")
    items = found(tmp_path / "box")
    assert {one.payload for one in items} == {MAIL, MAIL + b"x"}
    assert all(one.source.startswith("box/") and one.kind == EMAIL for one in items)


def test_a_folder_is_walked_in_the_order_of_names(tmp_path):
    for name in ("b/2.txt", "b/1.txt", "a.txt", "c.eml"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"text")
    assert names(found(tmp_path / "in")) == ["in/a.txt", "in/b/1.txt", "in/b/2.txt", "in/c.eml"]


def test_several_paths_are_found_one_after_the_other(tmp_path):
    for name in ("z.txt", "a.txt"):
        (tmp_path / name).write_bytes(b"text")
    assert names(find_items([tmp_path / "z.txt", tmp_path / "a.txt"])) == ["z.txt", "a.txt"]


def test_what_does_not_exist_is_said(tmp_path):
    assert found(tmp_path / "gone") == [FoundItem(source="gone", problem="it does not exist")]


def test_links_are_not_followed_out_of_the_folder(tmp_path):
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    items = found(tmp_path / "in")
    assert [(one.source, one.problem, one.payload) for one in items] == [
        ("in/link.txt", "it is no regular file", b""),
        ("in/loop", "it is no regular file", b""),
    ]


def test_a_link_that_was_named_itself_is_followed(tmp_path):
    (tmp_path / "one.eml").write_bytes(MAIL)
    (tmp_path / "link.eml").symlink_to(tmp_path / "one.eml")
    assert found(tmp_path / "link.eml")[0].payload == MAIL


def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert found(tmp_path / "pipe") == [FoundItem(source="pipe", problem="it is no regular file")]
    assert names(found(tmp_path)) == [f"{tmp_path.name}/pipe"]


def test_the_archive_itself_is_passed_over_and_said(tmp_path):
    (tmp_path / "in" / "archive").mkdir(parents=True)
    (tmp_path / "in" / "archive" / "archive.db").write_bytes(b"x")
    (tmp_path / "in" / "one.eml").write_bytes(MAIL)
    items = found(tmp_path / "in", without=tmp_path / "in" / "archive")
    assert [(one.source, one.problem) for one in items] == [
        ("in/archive", "it is the archive itself"),
        ("in/one.eml", None),
    ]


def test_one_unreadable_file_does_not_stop_the_others(tmp_path, monkeypatch):
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(b"text")
    real = type(tmp_path).open

    def refuse(self: object, *arguments: object, **members: object) -> object:
        if str(self).endswith("b.txt"):
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **members)

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    items = found(tmp_path)
    assert [one.problem for one in items] == [None, "it cannot be read: Permission denied", None]


def test_a_file_above_the_limit_is_said_and_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.channels.files.LARGEST_FILE", 10)
    (tmp_path / "large.txt").write_bytes(bytes(11))
    (item,) = found(tmp_path / "large.txt")
    assert item.payload == b""
    assert item.problem == "it has 11 bytes, more than 10"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("one.eml", "one.eml"),
        ("Žluťoučký", "Žluťoučký"),
        ("a\nb\x1b[2J", "a\ufffdb\ufffd[2J"),
        ("bad\udcff", "bad\ufffd"),
    ],
)
def test_names_are_made_printable(name, printed):
    assert printable_name(name) == printed


def test_a_file_with_an_undecodable_name_is_found(tmp_path):
    with open(os.fsencode(tmp_path) + b"/caf\xe9.eml", "wb") as stream:  # noqa: PTH123 - the name is no text
        stream.write(MAIL)
    (item,) = found(tmp_path)
    assert (item.source, item.payload) == (f"{tmp_path.name}/caf\ufffd.eml", MAIL)


def test_folders_nested_deeper_than_any_stack_are_walked(tmp_path):
    depth = 1_100
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    file = os.open("one.eml", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)
    os.write(file, MAIL)
    os.close(file)
    os.close(descriptor)
    (item,) = found(tmp_path)
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # deeper than shutil.rmtree could go
    assert item.payload == MAIL


def test_the_bytes_of_an_item_are_not_printed(tmp_path):
    (tmp_path / "one.eml").write_bytes(MAIL)
    assert "Bus" not in repr(found(tmp_path))


def test_a_kind_that_is_given_settles_what_the_bytes_leave_open(tmp_path):
    (tmp_path / "notes").write_bytes(b"text\n")
    assert found(tmp_path / "notes", "eml")[0].kind == EMAIL
    assert found(tmp_path / "notes", "file")[0].kind == DOCUMENT
