"""One program at a time reads pictures; its child is ended when nothing waits; `ingest` waits for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver import reading_turns
from archiver.intake_pictures import PictureWait
from archiver.reading_turns import PictureTurns, is_being_read, reading_turn
from archiver.unlocking import unlock_folder
from archiver.wiring import Installation, open_installation
from storage.transcriptions import ReadingPriority
from tests.archiver.commands import PASSPHRASE
from tests.ingest.pictured import Sources, file_pictures, picture, start_reader
from tests.storage.transcribing import add_version, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.sandbox import SandboxedReader
    from tests.archiver.commands import Office


@pytest.fixture
def installation(office: Office) -> Iterator[Installation]:
    opened = open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))
    yield opened
    opened.close()


@pytest.fixture
def owner(installation: Installation) -> str:
    with installation.archive.store.read() as connection:
        return installation.archive.custodians.list(connection)[0].id


def test_only_one_program_has_the_turn(installation: Installation):
    folder = installation.archive.folder
    assert not is_being_read(folder)
    with reading_turn(folder) as first, reading_turn(folder) as second:
        assert (first, second) == (True, False)
        assert is_being_read(folder)
    assert not is_being_read(folder)


def test_whoever_does_not_have_the_turn_reads_nothing(installation: Installation, owner: str):
    file_pictures(installation.archive, owner, picture(Sources(), "one"))
    with PictureTurns(installation, "service:pictures") as turns, reading_turn(installation.archive.folder):
        assert not turns.read_in_turn()


def test_the_child_is_ended_once_nothing_has_waited_for_a_while(
    installation: Installation, owner: str, monkeypatch: pytest.MonkeyPatch
):
    sources, now, started = Sources(), [0.0], []

    def start(_: Installation) -> SandboxedReader:
        started.append(start_reader())
        return started[-1]

    monkeypatch.setattr(reading_turns, "pictures_child", start)
    monkeypatch.setattr(reading_turns.ComponentSource, "read", lambda _, *about: sources.read(*about))
    with PictureTurns(installation, "service:pictures", monotonic=lambda: now[0]) as turns:
        file_pictures(installation.archive, owner, picture(sources, "one"))
        assert turns.read_in_turn()
        assert not turns.read_in_turn()
        now[0] = 29.0
        assert not turns.read_in_turn()
        assert not started[0]._is_closed
        now[0] = 31.0
        assert not turns.read_in_turn()
        assert started[0]._is_closed
        file_pictures(installation.archive, owner, picture(sources, "two"))
        assert turns.read_in_turn()
    assert len(started) == 2
    assert started[1]._is_closed


def waiting_for(installation: Installation, said: list[str], seen: list[tuple[int, int | None]], now: list[float]):
    def wait(_: float) -> None:
        now[0] += 10.0

    return PictureWait(
        installation, 0, lambda *about: seen.append(about), said.append, monotonic=lambda: now[0], wait=wait
    )


def test_a_run_waits_until_its_pictures_are_read_and_counts_them(installation: Installation, owner: str):
    archive, sources = installation.archive, Sources()
    ids = [file_pictures(archive, owner, picture(sources, "x")) for _ in range(3)]
    said: list[str] = []
    seen: list[tuple[int, int | None]] = []
    left = list(ids)

    def keep_up() -> None:
        add_version(archive, version(left.pop()))

    waiting = waiting_for(installation, said, seen, [0.0])
    assert waiting.wait_until_read(1 << 40, 0, keep_up)
    assert seen == [(0, 3), (1, 3), (2, 3)]
    assert said == []


def test_a_run_does_not_wait_for_what_mails_carry(installation: Installation, owner: str):
    archive = installation.archive
    record_id = file_pictures(archive, owner, picture(Sources(), "x"))
    with archive.store.write() as transaction:
        archive.transcriptions.unqueue(transaction, record_id)
        archive.transcriptions.queue(transaction, [(record_id, ReadingPriority.MAIL)])
    waiting = waiting_for(installation, [], [], [0.0])
    assert not waiting.wait_until_read(1 << 40, 1 << 40, lambda: None)


def test_a_run_ends_and_says_so_where_nobody_reads(installation: Installation, owner: str):
    file_pictures(installation.archive, owner, picture(Sources(), "x"))
    said: list[str] = []
    waiting = waiting_for(installation, said, [], [0.0])
    assert waiting.wait_until_read(1 << 40, 1 << 40, lambda: None)
    assert len(said) == 1
    assert "archiver doctor" in said[0]
    assert not waiting.wait_until_read(1 << 40, 1 << 40, lambda: None)
