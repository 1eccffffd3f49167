"""What the tests of hostile exports share: exports spoiled by chance, and all that a reader says of one, looked at."""

from __future__ import annotations

import socket
import subprocess
import urllib.request
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.mapped import mapped
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.registry import formats, recognised
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

from . import test_mapping

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from ingest.formats.chats.model import ExportFormat

ZONE = ZoneInfo("America/Los_Angeles")
READERS = {one.__name__.rpartition(".")[2]: one for one in formats()}  # type: ignore[attr-defined]
MAPPED = {
    "mapped table": mapped(test_mapping.CSV.encode()),
    "mapped document": mapped(test_mapping.JSON.encode()),
}
PIECES = (
    b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"'", b"<", b">", b"&", b"&#0;", b"&#99999999999;", b"\\ud800", b"\\", b",",
    b";", b"\t", b"\r", b"\n", b"{", b"}", b"[", b"]", b"null", b"true", b"-1", b"1e999", b"9" * 400, b"</div>",
    b"<div>", b"<!--", b"<![CDATA[", b"%s%n", b"\xe2\x80\xae", b"../", b": ", b"\xef\xbb\xbf", b"0", b"2024-13-45",
)  # fmt: skip
MOST_CHANGES = 5


@pytest.fixture(autouse=True)
def nothing_is_fetched_or_run(monkeypatch: pytest.MonkeyPatch) -> None:
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
    own = READERS[name.split(" ", maxsplit=1)[0]]
    return known if own in known else (*known, own)


def found_in(reader: ExportFormat, files: Mapping[str, bytes]) -> list[Said | Stated | Remark]:
    """All that a reader gives, and that it can be stored."""
    found = []
    with suppress(ContainerBroken, MemberBroken):
        for one in reader.read(HeldFiles(files=files, zone=ZONE, name="x.zip")):
            found.append(one)  # noqa: PERF402 - what came before it breaks is looked at, too
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
        assert text is None or text.encode() is not None  # a lone surrogate could not be
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
