"""Folder names on the wire, and the patterns that choose among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.channels.imap_folders import Folder, FolderChoice, decoded, encoded, listed
from tests.every_case import every_case

NAMES = {
    "INBOX": "INBOX",
    "Entwürfe": "Entw&APw-rfe",
    "R&D": "R&-D",
    "台北": "&U,BTFw-",
    "~peter/mail/台北/日本語": "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
    "Café 😀": "Caf&AOk- &2D3eAA-",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_written_in_modified_utf_7_and_read_again(name):
    assert encoded(name) == NAMES[name]
    assert decoded(NAMES[name]) == name


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs")), min_size=1))
def test_every_printable_name_comes_back(name):
    assert decoded(encoded(name)) == name
    assert encoded(name).isascii()


@every_case("wire", ["&", "a&b", "&AGE-", "&APw", "&!!-", "&2D0-", "&AAo-", "Entw&APw-&APw-rfe"])
def test_name_that_would_not_come_back_stays_as_the_server_wrote_it(wire):
    assert decoded(wire) == wire


@given(st.text())
def test_no_name_of_a_server_raises(wire):
    assert isinstance(decoded(wire), str)


def test_listing_leaves_out_what_cannot_be_opened_and_counts_what_cannot_be_read():
    folders, unreadable = listed(
        [
            ((b"\\HasNoChildren",), b"/", b"inbox"),
            ((b"\\Noselect",), b"/", b"[Gmail]"),
            ((b"\\Junk", b"\\HasNoChildren"), None, b"Spam"),
            ((), b"/", b"two\r\nlines"),
            ((), b"/", b"\xff\xfe"),
            ((), b"/", "123"),
            ((), b"/", b""),
        ]
    )
    assert [folder.name for folder in folders] == ["INBOX", "Spam", "123"]
    assert folders[0].wire == "inbox"
    assert folders[1].attributes == {"\\junk", "\\hasnochildren"}
    assert unreadable == 3


TREE = [
    Folder(name="INBOX", wire="INBOX", delimiter="/"),
    Folder(name="Archive", wire="Archive", delimiter="/"),
    Folder(name="Archive/2024", wire="Archive/2024", delimiter="/"),
    Folder(name="Archive/2024/May", wire="Archive/2024/May", delimiter="/"),
    Folder(name="Spam", wire="Spam", delimiter="/", attributes=frozenset({"\\junk"})),
    Folder(name="Trash", wire="Trash", delimiter="/", attributes=frozenset({"\\trash"})),
]


@every_case(
    ("wanted", "excluded", "chosen"),
    [
        (("*",), (), ["INBOX", "Archive", "Archive/2024", "Archive/2024/May", "Spam", "Trash"]),
        (("*",), ("\\Junk", "Trash"), ["INBOX", "Archive", "Archive/2024", "Archive/2024/May"]),
        (("*",), ("Archive/*",), ["INBOX", "Archive", "Spam", "Trash"]),
        (("%",), (), ["INBOX", "Archive", "Spam", "Trash"]),
        (("Archive/%",), (), ["Archive/2024"]),
        (("Archive/%/M*y",), (), ["Archive/2024/May"]),
        (("*a*",), (), ["Archive/2024/May", "Spam", "Trash"]),
        (("%a%",), (), ["Spam", "Trash"]),
        (("inbox", "S%"), (), ["INBOX", "Spam"]),
        (("Spam", "*"), ("Spam", "Archive*", "inbox"), ["Spam", "Trash"]),
        (("Absent", "X*"), (), ["Absent"]),
    ],
    ids=str,
)
def test_patterns_choose_folders(wanted, excluded, chosen):
    choice = FolderChoice(wanted=wanted, excluded=excluded)
    assert [folder.name for folder in choice.among(TREE)] == chosen


def test_pattern_of_many_stars_ends():
    name = "a" * 900
    folder = Folder(name=name, wire=name, delimiter="/")
    assert FolderChoice(wanted=("*a" * 40 + "b",)).among([folder]) == []
    assert FolderChoice(wanted=("%a" * 40 + "b",)).among([folder]) == []


def test_plain_names_need_no_list_of_the_server():
    choice = FolderChoice(wanted=("inbox", "Entwürfe", "INBOX"))
    assert not choice.asks_server
    assert [folder.wire for folder in choice.named()] == ["INBOX", "Entw&APw-rfe"]
