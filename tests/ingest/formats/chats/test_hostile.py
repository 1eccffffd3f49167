"""Every reader on exports that are wrong: cut, spoiled, nested, enormous, with bombs and scripts; seeds are in names.

Whatever comes in, only `ContainerBroken` and `MemberBroken` leave a reader, what it gives can be stored, and nothing is
fetched or run.
"""

from __future__ import annotations

import io
import json
import random
import re
import tracemalloc
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats.archived_files import ArchivedFiles
from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said
from ingest.formats.chats.registry import NAMES, recognised
from ingest.formats.container import ContainerBroken, Member, MemberBroken, Remark
from tests.every_case import every_case

from .accounts import dumped
from .samples import SAMPLES
from .spoiling import (
    MAPPED,
    READERS,
    ZONE,
    found_in,
    nothing_is_fetched_or_run,  # noqa: F401 - a fixture of all tests here
    readers_of,
    spoiled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_every_reader_has_a_sample_that_it_knows_and_reads():
    known = set()
    for name, files in SAMPLES.items():
        readers = readers_of(name, files)
        said = [one for reader in readers for one in found_in(reader, files) if isinstance(one, Said)]
        assert said, name
        known |= {one.__name__.rpartition(".")[2] for one in recognised(HeldFiles(files=files))}  # type: ignore[attr-defined]
    assert known == set(NAMES)


@every_case("seed", range(2))
@every_case("name", SAMPLES)
def test_a_spoiled_export_ends_in_messages_or_reasons(name: str, seed: int):
    chance = random.Random(f"{name} {seed}")
    for _ in range(25):
        files = dict(SAMPLES[name])
        for chosen in chance.sample(sorted(files), chance.randint(1, min(2, len(files)))):
            files[chosen] = spoiled(files[chosen], chance)
        for reader in readers_of(name, files):
            found_in(reader, files)


@every_case("name", SAMPLES)
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


@every_case("name", SAMPLES)
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
each_document = every_case(("name", "chosen", "value"), DOCUMENTS, ids=[f"{n} {c}" for n, c, _ in DOCUMENTS])


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
    "30,000 levels deep": '{"a":' * 30_000 + "1" + "}" * 30_000,
    "duplicate keys": '{"id": 1, "id": [2], "text": "a", "text": {"b": 1}, "content": 1, "content": "x"}',
    "lone surrogates": '"\\ud800 \\udc00\\ud800 \\u0000"',
    "a long number": "9" * 6_000,
    "no number": "NaN",
    "infinity": "-1e999",
    "many values": "[" + "0," * 20_000 + "0]",
    "control characters": '"\x01\x7f\x9b\u202e"',
}


@every_case("hard", HARD_VALUES)
@each_document
def test_a_hard_value_of_json_ends_in_messages_or_reasons(name: str, chosen: str, value: Any, hard: str):
    chance = random.Random(f"{name} {chosen} {hard}")
    spots = places(value)
    for spot in chance.sample(spots, min(5, len(spots))):
        files = {**SAMPLES[name], chosen: with_text(value, spot, HARD_VALUES[hard])}
        for reader in readers_of(name, files):
            found_in(reader, files)


MOMENTS = (0, -1, -(10**12), 1, 10**9, 10**10, 1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000,
           1_700_000_000_000_000_000, 10**25, 2**63, -(2**63), 1e300, 0.5)  # fmt: skip


@every_case("moment", MOMENTS)
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


def test_files_of_other_kinds_are_recognised_by_no_reader():
    others = {
        "mail.eml": b"From: a@b.example\r\nSubject: messages\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\nhello\r\n",
        "package.json": dumped({"name": "x", "version": "1", "messages": {"a": "b"}, "users": [], "id": 1}),
        "code.py": b"import json\n\ndef main() -> None:\n    print('messages')\n",
        "list.csv": b"id,name,date\n1,a,2024-01-01\n",
        "page.html": b"<!DOCTYPE html><html><head><title>x</title></head><body><div class='content'>a</div></body>",
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
            with suppress(ContainerBroken, MemberBroken):
                list(reader.read(export))


class _Breaking(HeldFiles):
    """Files whose second half cannot be had."""

    def open(self, name: str) -> Any:
        content = HeldFiles.read(self, name)
        return _HalfStream(content[: len(content) // 2])

    def read(self, name: str, limit: int = 64 << 20) -> bytes:
        raise MemberBroken(f"its bytes are damaged, of {limit} and more" if name else "it has no name")


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
