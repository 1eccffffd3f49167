"""The adapter to libpff: what the library cannot read is told, whatever way it fails in."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats import pst
from ingest.formats.container import ContainerBroken, Declared, DeclaredFolder, Member, Remark
from ingest.formats.container_kinds import ContainerKind
from ingest.formats.serialised_reading import extract_serialised, read_serialised
from ingest.unpacking_limits import UnpackingLimits
from ingest.unpacking_session import UnpackingEnded, UnpackingSession
from tests.ingest.mutated_pst import mutated

if TYPE_CHECKING:
    from pathlib import Path

DAMAGED = OSError("libpff says so")


@dataclass
class Entry:
    entry_type: int
    value_type: int
    data: bytes


@dataclass
class RecordSet:
    entries: list[Entry | OSError]

    @property
    def number_of_entries(self) -> int:
        return len(self.entries)

    def get_entry(self, number: int) -> Entry:
        return _given(self.entries[number])


def _given(value: Any) -> Any:
    if isinstance(value, OSError):
        raise value
    return value


def _text(tag: int, text: str) -> Entry:
    return Entry(tag, 0x1F, text.encode("utf-16-le"))


def _number(tag: int, value: int) -> Entry:
    return Entry(tag, 3, value.to_bytes(4, "little"))


@dataclass
class Item:
    identifier: int = 0x200024
    entries: list[Entry | OSError] = field(default_factory=list)

    @property
    def number_of_record_sets(self) -> int:
        return 1

    def get_record_set(self, _number: int) -> RecordSet:
        return RecordSet(self.entries)


@dataclass
class Attachment(Item):
    content: bytes = b""
    claims: int | None = None

    @property
    def size(self) -> int:
        return len(self.content) if self.claims is None else self.claims

    def seek_offset(self, _offset: int, _whence: int) -> None:
        self._stream = io.BytesIO(self.content)

    def read_buffer(self, size: int) -> bytes:
        return self._stream.read(size)


@dataclass
class Message(Item):
    attachments: Any = ()
    who: Any = None

    @property
    def number_of_attachments(self) -> int:
        return len(_given(self.attachments))

    def get_attachment(self, number: int) -> Attachment:
        return _given(self.attachments[number])

    @property
    def recipients(self) -> Any:
        return _given(self.who)


@dataclass
class Folder(Item):
    identifier: int = 0x122
    name: str | None = None
    folders: list[Any] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)

    @property
    def number_of_sub_folders(self) -> int:
        return len(self.folders)

    @property
    def number_of_sub_messages(self) -> int:
        return len(self.messages)

    def get_sub_folder(self, number: int) -> Folder:
        return _given(self.folders[number])

    def get_sub_message(self, number: int) -> Message:
        return _given(self.messages[number])


@dataclass
class File:
    root_folder: Any
    orphans: Any = ()
    opens: OSError | None = None

    def open_file_object(self, _source: Any) -> None:
        _given(self.opens)

    @property
    def number_of_orphan_items(self) -> int:
        return len(_given(self.orphans))

    def get_orphan_item(self, number: int) -> Any:
        return _given(self.orphans[number])


def _found(monkeypatch: pytest.MonkeyPatch, file: File) -> list[Any]:
    monkeypatch.setattr(pst, "pypff", SimpleNamespace(file=lambda: file))
    members = pst.members(io.BytesIO(b""), "x.pst")
    return [(one, b"".join(one.pieces)) if isinstance(one, Member) else one for one in members]


def _inbox(*messages: Any, count: int | None = None) -> File:
    entries = [] if count is None else [_number(0x3602, count)]
    return File(Folder(folders=[Folder(identifier=0x142, name="Inbox", messages=list(messages), entries=entries)]))


SUBJECT = _text(0x37, "Bus routes")


def test_what_a_folder_declares_is_given_though_less_came_out(monkeypatch: pytest.MonkeyPatch):
    found = _found(monkeypatch, _inbox(Message(entries=[SUBJECT]), count=5))
    assert found[-1] == Declared(count=5, folders=(DeclaredFolder(path="Inbox", count=5),))
    assert len(found) == 2


def test_a_message_that_cannot_be_had_is_a_member_with_a_problem(monkeypatch: pytest.MonkeyPatch):
    found = _found(monkeypatch, _inbox(DAMAGED, Message(entries=[]), Message(entries=[SUBJECT])))
    assert [member.problem is None for member, _ in found[:3]] == [False, False, True]
    assert found[-1].count == 3


def test_a_property_that_cannot_be_had_is_told_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch):
    (_, raw), _ = _found(monkeypatch, _inbox(Message(entries=[DAMAGED, SUBJECT])))
    read = read_serialised(raw)
    assert read.original.subject == "Bus routes"
    assert read.unsearchable == ("a property that cannot be read",)


def test_an_item_of_unknown_class_is_told(monkeypatch: pytest.MonkeyPatch):
    (_, raw), _ = _found(monkeypatch, _inbox(Item(entries=[SUBJECT])))
    assert "recipients and attachments cannot be read" in read_serialised(raw).unsearchable[0]


def test_attachments_that_fail_do_not_take_the_others_with_them(monkeypatch: pytest.MonkeyPatch):
    good = Attachment(entries=[_text(0x3707, "a.txt"), _number(0x3705, 1)], content=b"words")
    short = Attachment(entries=[_text(0x3707, "b.txt")], content=b"wor", claims=5)
    link = Attachment(entries=[_number(0x3705, 7)])
    (_, raw), _ = _found(monkeypatch, _inbox(Message(entries=[SUBJECT], attachments=[good, DAMAGED, short, link])))
    assert extract_serialised(raw, "2") == b"words"
    assert extract_serialised(raw, "4") == b"wor"
    assert [one for one in read_serialised(raw).unsearchable if not one.endswith("has no text")] == [
        "attachment 2: its content cannot be read",
        "attachment 3: the end of its content cannot be read",
        "attachment 4: it only names a file elsewhere",
    ]


def test_a_list_of_attachments_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch):
    (_, raw), _ = _found(monkeypatch, _inbox(Message(entries=[SUBJECT], attachments=DAMAGED)))
    assert read_serialised(raw).unsearchable == ("attachment 1: the list of attachments cannot be read",)


def test_an_attached_message_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch):
    inner = Attachment(entries=[_number(0x3705, 5)])
    (_, raw), _ = _found(monkeypatch, _inbox(Message(entries=[SUBJECT], attachments=[inner])))
    assert "cannot be opened" in read_serialised(raw).unsearchable[0]


def test_a_message_whose_recipients_cannot_be_had_is_a_member_with_a_problem(monkeypatch: pytest.MonkeyPatch):
    found = _found(monkeypatch, _inbox(Message(entries=[SUBJECT], who=DAMAGED)))
    assert found[0][0].problem is not None


def test_what_no_folder_lists_comes_last_and_says_so(monkeypatch: pytest.MonkeyPatch):
    file = _inbox()
    file.orphans = [Message(entries=[SUBJECT]), DAMAGED, Item()]
    (member, raw), (lost, _), remark, _ = _found(monkeypatch, file)
    assert member.path == pst.RECOVERED
    assert member.remark is not None
    assert any("recovered" in note for note in read_serialised(raw).notes)
    assert lost.problem is not None
    assert isinstance(remark, Remark)


def test_a_folder_inside_of_itself_ends_and_its_sum_is_not_vouched_for(monkeypatch: pytest.MonkeyPatch):
    folder = Folder(identifier=0x142, name="loop", messages=[Message(entries=[SUBJECT])])
    folder.folders.append(folder)
    found = _found(monkeypatch, File(Folder(folders=[folder, DAMAGED])))
    assert sum(isinstance(one, tuple) for one in found) == 1
    assert [one.lost for one in found if isinstance(one, Remark)] == [None, None]
    assert found[-1].count is None


def test_a_folder_of_search_results_holds_no_messages_of_its_own(monkeypatch: pytest.MonkeyPatch):
    search = Folder(identifier=0x2223, name="unread", messages=[Message(entries=[SUBJECT])])
    assert _found(monkeypatch, File(Folder(folders=[search]))) == [Declared(count=0)]


def test_folders_come_in_their_own_order_each_before_those_inside(monkeypatch: pytest.MonkeyPatch):
    def one(number: int, *inside: Folder) -> Folder:
        return Folder(
            identifier=number << 5 | 2, name=str(number), folders=list(inside), messages=[Message(entries=[SUBJECT])]
        )

    found = _found(monkeypatch, File(Folder(folders=[one(1, one(2), one(3)), one(4)])))
    assert [member[0].path for member in found[:-1]] == ["1", "1/2", "1/3", "4"]


@pytest.mark.parametrize("file", [File(None, opens=DAMAGED), File(None)])
def test_a_file_that_does_not_open_is_broken(monkeypatch: pytest.MonkeyPatch, file: File):
    with pytest.raises(ContainerBroken):
        _found(monkeypatch, file)


@pytest.mark.parametrize("content", [b"", b"!BDN", b"!BDN" + b"\0" * 600, b"x" * 10_000])
def test_libpff_itself_refuses_what_is_no_such_file(content: bytes):
    with pytest.raises(ContainerBroken):
        list(pst.members(io.BytesIO(content), "x.pst"))


def _samples(shared_dir: Path) -> tuple[Path, Path]:
    folder = shared_dir / "fixtures/email-pst"
    small, large = folder / "wesm__msgvault/32-bit.pst", next(folder.rglob("passwordprotectedPST.pst"), folder)
    if not (small.is_file() and large.is_file()):
        pytest.skip("0 cases: email-pst is absent")
    return small, large


@pytest.mark.shared
def test_a_thousand_mutations_are_read_or_end_their_process_and_no_more(shared_dir: Path):
    small, large = _samples(shared_dir)
    deaths = []
    for file, last in ((small, 1000), (large, 40)):
        first = 0
        while first <= last:
            words = [sys.executable, "-m", "tests.ingest.mutated_pst", str(file), str(first), str(last)]
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=200)
            *_, latest = done.stdout.split()
            if latest == "done":
                break
            assert done.returncode < 0, f"{file.name}, seed {latest}: {done.stderr[-2000:]}"  # a signal: libpff's doing
            deaths.append(latest)
            first = int(latest) + 1
    print(f"1,042 mutations, {len(deaths)} ended their process: {deaths[:20]}")  # noqa: T201 - the seeds
    assert len(deaths) < 20


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]


def _unpacked(content: bytes, kind: ContainerKind = ContainerKind.PST) -> list[Any]:
    with UnpackingSession(kind, _Bytes(content), limits=UnpackingLimits()) as session:
        session.open("x.pst")
        return list(session.found())


@pytest.mark.shared
def test_a_file_that_is_cut_off_says_so_and_gives_what_is_there(shared_dir: Path):
    for file in _samples(shared_dir):
        content = file.read_bytes()
        assert not any(isinstance(one, Remark) for one in pst.members(io.BytesIO(content), "x.pst"))
        first = next(pst.members(io.BytesIO(content[:-512]), "x.pst"))
        assert first == Remark(text="the file is shorter than it says; its end is missing", lost=None)


@pytest.mark.shared
def test_a_confined_child_reads_what_we_read(shared_dir: Path):
    _, large = _samples(shared_dir)
    found = _unpacked(large.read_bytes())
    assert isinstance(found[-1], Declared)
    assert found[-1].count == len(found) - 1 == 18


@pytest.mark.shared
@pytest.mark.parametrize("seed", range(4))
def test_what_harms_a_confined_child_is_an_outcome(shared_dir: Path, seed: int):
    _, large = _samples(shared_dir)
    try:
        ended_well = isinstance(_unpacked(mutated(large.read_bytes(), seed))[-1], Declared)
    except UnpackingEnded as ended:
        ended_well = str(ended) != ""
    assert ended_well


@pytest.mark.parametrize("what", ["number_of_sub_folders", "number_of_sub_messages"])
def test_a_list_of_a_folder_that_cannot_be_read_is_not_an_empty_one(monkeypatch: pytest.MonkeyPatch, what: str):
    def damaged(_folder: Folder) -> int:
        raise OSError

    monkeypatch.setattr(Folder, what, property(damaged))
    found = _found(monkeypatch, _inbox(Message(entries=[SUBJECT])))
    assert [one.lost for one in found if isinstance(one, Remark)][:1] == [None]
    assert found[-1].count is None
