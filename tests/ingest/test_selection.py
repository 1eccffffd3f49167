"""A selection: what was kept comes out again as it was, the same choice is the same bytes, and damage is said."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from ingest.formats import selection
from ingest.formats.container import ContainerBroken, Declared, Member, MemberBroken, MemberKind, Remark
from ingest.formats.selection import ChosenMember, members, written
from tests.every_case import every_case

if TYPE_CHECKING:
    from collections.abc import Iterator

SAID = ["the submitter left out as personal: 2 days"]


def chosen(name, *pieces: bytes, kind=MemberKind.SLICE, path="Ann"):
    return ChosenMember(path=path, name=name, kind=kind, pieces=pieces)


def a_selection():
    return b"".join(
        written(
            [chosen("2024-03-05", b"one", b"two"), chosen("b.jpg", b"", kind=MemberKind.DOCUMENT, path="")],
            SAID,
        )
    )


def taken(content):
    return [
        (one, b"".join(one.pieces)) if isinstance(one, Member) and one.problem is None else (one, b"")
        for one in members(io.BytesIO(content), "chat.zip")
    ]


def test_what_was_kept_comes_out_as_it_was_with_what_was_said():
    (first, one), (second, two), (said, _), (declared, _) = taken(a_selection())
    assert (first.path, first.name, first.kind, one) == ("Ann", "2024-03-05", MemberKind.SLICE, b"onetwo")
    assert (second.path, second.name, second.kind, two) == ("", "b.jpg", MemberKind.DOCUMENT, b"")
    assert (said, declared) == (Remark(text=SAID[0], lost=0), Declared(count=2))


def test_the_same_choice_is_the_same_bytes():
    assert a_selection() == a_selection()


def test_anybody_can_open_it():
    with zipfile.ZipFile(io.BytesIO(a_selection())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["members/000001", "members/000002", "manifest.json"]
        assert all(one.compress_type == zipfile.ZIP_STORED for one in archive.infolist())


def test_it_is_written_while_it_is_read():
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 16)

    pieces = written([ChosenMember(path="", name="", kind=MemberKind.SLICE, pieces=endless())], ())
    size = 0
    while size < 64 << 20:
        size += len(next(pieces))
    pieces.close()


def test_a_member_that_broke_on_its_way_is_one_without_bytes_and_the_others_come():
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise MemberBroken("its checksum is wrong")

    content = b"".join(
        written([ChosenMember(path="", name="x", kind=MemberKind.SLICE, pieces=broken()), chosen("y", b"y")], ())
    )
    (first, _), (_, two), _ = taken(content)
    assert (first.problem, two) == ("its checksum is wrong", b"y")


def test_what_the_members_raise_passes_through():
    def failing() -> Iterator[ChosenMember]:
        yield chosen("y", b"y")
        raise KeyError

    with pytest.raises(KeyError):
        b"".join(written(failing(), ()))


def a_zip(manifest, **entries: bytes):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(f"members/{name}", content)
        if manifest is not None:
            archive.writestr("manifest.json", manifest if isinstance(manifest, bytes) else json.dumps(manifest))
    return out.getvalue()


GOOD = {"format": "selection 1", "members": [], "left_out": []}
LINE = {"entry": "members/x", "path": "", "name": "", "kind": "slice"}


@every_case(
    "content",
    [
        b"",
        b"PK\x05\x06" + bytes(18),
        a_selection()[:-30],
        a_zip(None),
        a_zip(b"{"),
        a_zip(b"[]"),
        a_zip(GOOD | {"format": "selection 2"}),
        a_zip(GOOD | {"members": {}}),
        a_zip(GOOD | {"members": [1]}),
        a_zip(GOOD | {"members": [LINE | {"kind": "program"}]}),
        a_zip(GOOD | {"members": [LINE | {"path": 7}]}),
        a_zip(GOOD | {"members": [{"entry": "members/x"}]}),
        a_zip(GOOD | {"left_out": [1]}),
        a_zip(GOOD | {"more": 1}),
    ],
)
def test_what_is_no_selection_is_broken(content):
    with pytest.raises(ContainerBroken):
        taken(content)


def test_a_member_that_is_not_there_is_one_without_bytes():
    ((one, _), _) = taken(a_zip(GOOD | {"members": [LINE]}))
    assert one.problem == "it is not in the selection"
    ((_, content), _) = taken(a_zip(GOOD | {"members": [LINE]}, x=b"here"))
    assert content == b"here"


def test_its_reader_has_a_name_and_a_version():
    assert selection.READER == "selection 1"
