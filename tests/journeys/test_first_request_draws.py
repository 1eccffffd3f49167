"""What the journey of a request draws is the same in each run, though each archive gives its records other ids."""

from __future__ import annotations

import json
import random
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.first_request_desk import Desk, Outcome, Report, masked
from benchmarks.first_request_material import make_mails
from benchmarks.first_request_steps import Case, Size, listed, review

if TYPE_CHECKING:
    from pathlib import Path

RUNS = 25
MAILS = make_mails(80, "jane@agency.example", told=60)
OTHERS, CHATS = 200, 4


class Records:
    """Records with ids of this run; of commands it knows what the review of a request needs."""

    def __init__(self, seed: int) -> None:
        drawn = random.Random(seed)
        ids = [f"rec_{one:08d}" for one in drawn.sample(range(10**8), len(MAILS) + OTHERS + CHATS)]
        self.made = {one: number for number, one in enumerate(ids[: len(MAILS)])}
        self.chats = ids[len(MAILS) : len(MAILS) + CHATS]
        self.names: dict[str, str] = {one: f"made {number}" for one, number in self.made.items()}
        self.names |= {one: f"other {number}" for number, one in enumerate(ids[len(MAILS) :])}
        self.threads = {one: _thread(number) for one, number in self.made.items()}
        self.decisions: dict[str, str | None] = dict.fromkeys(sorted(ids))
        self.steps: list[dict[str, str | None]] = []

    def archive(self, *arguments: str, token: str | None = None) -> Outcome:
        assert token is not None
        given = _options(arguments)
        return Outcome(status=0, out=json.dumps(self._code(given) if arguments[1] == "code" else self._review(given)))

    def alone(self, *arguments: str) -> Outcome:
        raise AssertionError(arguments)

    def by_name(self) -> dict[str, str | None]:
        return {self.names[one]: decision for one, decision in self.decisions.items()}

    def _review(self, given: dict[str, list[str]]) -> Any:
        if "--check" in given:
            return []
        rows = [
            self._row(one) for one, decision in self.decisions.items() if "--undecided" not in given or not decision
        ]
        return {"records": rows, "next": None, "progress": {"records": len(rows), "undecided": 0}}

    def _row(self, record: str) -> dict[str, str | None]:
        name = self.names[record]
        kind = "email" if record not in self.chats else "conversation"
        return {"record": record, "kind": kind, "sent_at": f"day of {name}", "from": None, "subject": name}

    def _code(self, given: dict[str, list[str]]) -> dict[str, int]:
        if "--undo" in given:
            self.decisions |= self.steps[int(given["--undo"][0])]
        elif "--decision" in given:
            together = {self.threads.get(one, one) for one in given["--record"]} if "--with" in given else set()
            reached = {*given["--record"], *(one for one, thread in self.threads.items() if thread in together)}
            self.steps.append({one: self.decisions[one] for one in reached})
            self.decisions |= dict.fromkeys(reached, given["--decision"][0])
        return {"step": len(self.steps) - 1}


def _thread(number: int) -> str:
    return message_from_bytes(MAILS[number].raw)["Subject"].removeprefix("Re: ").partition(" (")[0]


def _options(arguments: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, one in enumerate(arguments):
        if one.startswith("--"):
            found.setdefault(one, []).extend(arguments[place + 1 : place + 2])
    return found


def _reviewed(seed: int, place: Path) -> Records:
    records = Records(seed)
    case = Case(place=place, mails=MAILS, size=Size(threads=60, people=0, places=1), number="2026-0001")
    case.made, case.chats = records.made, records.chats
    desk = Desk(records, Report(quiet=True), tokens={"rick": "token"})
    case.records = listed(desk, case)
    review(desk, case)
    desk.end()
    return records


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Records]:
    return [_reviewed(seed, tmp_path_factory.getbasetemp()) for seed in range(RUNS)]


def test_the_same_mails_are_decided_alike_whatever_their_ids(runs: list[Records]) -> None:
    first = runs[0].by_name()
    assert set(first.values()) == {"release", "withhold", "not_responsive"}
    assert [one.by_name() == first for one in runs] == [True] * RUNS


def test_what_has_secrets_is_given_though_its_thread_was_decided_otherwise(runs: list[Records]) -> None:
    for one in runs:
        with_secrets = {f"made {number}" for number, mail in enumerate(MAILS) if mail.secrets}
        assert {one.by_name()[name] for name in with_secrets} == {"release"}
    reached = [record for record, before in _changed(runs[0]).items() if before not in (None, "release")]
    assert any(MAILS[runs[0].made[one]].secrets for one in reached if one in runs[0].made)


def _changed(records: Records) -> dict[str, str | None]:
    """What was decided of each record before its last decision, where something was."""
    found: dict[str, str | None] = {}
    for step in records.steps:
        found |= {one: before for one, before in step.items() if before is not None}
    return found


def test_a_command_is_printed_without_names_words_and_ids() -> None:
    given = (
        "request",
        "redact",
        "add",
        "2026-0001",
        "rec_1",
        "--words",
        "Ann Roe",
        "--words",
        "Ann",
        "--code",
        "7(1)(b)",
    )
    assert masked(given) == "archiver request redact add 2026-0001 RECORD --words WORDS (2 times) --code '7(1)(b)'"
    assert masked(("search", '"Ann Roe"', "--limit", "0")) == "archiver search '\"NAME\"' --limit 0"
    assert masked(("request", "produce", "2026-0001", "/a/b/first")) == "archiver request produce 2026-0001 first"
