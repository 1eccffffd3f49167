"""A request over 500 messages, from its letter to packages that somebody else verifies: all by commands."""

from __future__ import annotations

import functools
from contextlib import chdir, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from argon2.low_level import hash_secret_raw

from archiver import release_parts
from benchmarks.first_request_desk import Desk, Outcome, Report
from benchmarks.first_request_material import make_mails
from benchmarks.first_request_steps import Case, Size, take_in
from benchmarks.first_request_way import go
from ingest.sandbox import SandboxedReader
from storage import keys
from tests.archiver.commands import CUSTODIAN, Office, new_office, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES = 500
QUERIES = ("lights before:2026-03-04", "(seats before:2026-03-04) OR platform:whatsapp", "stadium before:2026-03-04")


@dataclass(frozen=True)
class InThisProgram:
    """Commands run in this program."""

    office: Office
    empty: Path

    def archive(self, *arguments: str, token: str | None = None) -> Outcome:
        proved = {} if token is None else {"ARCHIVER_TOKEN": token}
        answer = self.office.run(*arguments, "--json", "--quiet", **proved)
        return Outcome(status=answer.status, out=answer.out)

    def alone(self, *arguments: str) -> Outcome:
        with chdir(self.empty):
            assert list(self.empty.iterdir()) == []
            answer = run(*arguments, "--json", passphrase=None)
        return Outcome(status=answer.status, out=answer.out)


class Readers:
    """Sandboxed readers that the next command uses again: the start of one for each would be half of the time."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[SandboxedReader]] = {}

    def lend(self, **options: Any) -> SandboxedReader:
        waiting = self._waiting.setdefault(repr(sorted(options.items())), [])
        return waiting.pop() if waiting else _Lent(waiting, **options)

    def close(self) -> None:
        for waiting in self._waiting.values():
            for one in waiting:
                SandboxedReader.close(one)


class _Lent(SandboxedReader):
    """A reader whose end is that it waits for who needs one like it."""

    def __init__(self, waiting: list[SandboxedReader], **options: Any) -> None:
        super().__init__(**options)
        self._waiting = waiting

    def close(self) -> None:
        self._waiting.append(self)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Report, Case]]:
    """The whole way; passphrases are stretched once, and readers kept: that would be most of a hundred commands."""
    once = functools.cache(lambda content, salt, options: hash_secret_raw(content, salt, **dict(options)))

    def remembered(content: bytes, salt: bytes, **options: Any) -> bytes:
        return once(content, salt, tuple(sorted(options.items())))

    place = tmp_path_factory.mktemp("request")
    readers = Readers()
    with (
        closing(readers),
        patch.object(keys, "hash_secret_raw", remembered),
        patch.object(release_parts, "SandboxedReader", readers.lend),
    ):
        yield _whole_way(place)


def _whole_way(place: Path) -> tuple[Report, Case]:
    office = new_office(place / "archive")
    settings = office.folder / "archiver.toml"
    text = settings.read_text("utf-8").replace("[disclosure]\n", '[disclosure]\nread_regions = "never"\n')
    settings.write_text(text.replace("[pictures]\n", "[pictures]\nenabled = false\n"), "utf-8")
    (place / "empty").mkdir()
    report = Report(quiet=True)
    desk = Desk(InThisProgram(office, place / "empty"), report)
    case = Case(
        place=place / "case",
        mails=make_mails(MESSAGES - 24, CUSTODIAN, told=60),
        size=Size(threads=3, people=0, places=1),
    )
    case.place.mkdir()
    take_in(desk, case, CUSTODIAN, [])
    key = office.run("ledger", "key", "--quiet").out.strip()
    go(desk, case, QUERIES, key)
    return report, case


def test_everything_of_the_journey_is_as_it_must_be(journey: tuple[Report, Case]) -> None:
    report, _ = journey
    assert report.wrong == []
    assert sum(line.startswith("- OK") for line in report.lines) >= 20


def test_the_account_of_the_journey_has_no_content(journey: tuple[Report, Case]) -> None:
    report, case = journey
    text = "\n".join(report.lines)
    assert [words for words in case.hidden if words in text] == []
    assert str(case.place) not in text
