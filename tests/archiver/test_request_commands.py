"""Disclosure requests at the command line: opened with a hold, dates explained, followed, made longer, closed."""

from __future__ import annotations

import csv
import io
import os
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archiver.request_closing import release_ended_holds
from archiver.request_log import calendar_feed, log_csv
from archiver.request_reminders import remind
from archiver.wiring import open_installation
from search.disclosure.request_types import FEE_ACTS
from storage.keys import Secret, SlotKind, unlock
from storage.outbox import Outbox
from tests.archiver.commands import PASSPHRASE, Office, a_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation

ASKED = "All messages about the stadium lights."


@pytest.fixture
def illinois(office: Office) -> Office:
    settings = office.folder / "archiver.toml"
    text = settings.read_text("utf-8").replace('# profile = ""', 'profile = "IL"', 1)
    settings.write_text(text.replace('# holidays = ""', 'holidays = "IL"', 1), "utf-8")
    return office


def opened(office: Office, *more: str, received: str = "2026-03-09T10:00") -> Any:
    return office.json("request", "open", "--how", "email", "--text", ASKED, "--received", received, *more)


def clock(document: Any, name: str = "response") -> Any:
    return next(one for one in document["clocks"] if one["clock"] == name)


@contextmanager
def installed(office: Office) -> Iterator[Installation]:
    keyring = unlock(office.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode()))
    installation = open_installation(office.folder, keyring)
    try:
        yield installation
    finally:
        installation.close()


def release(office: Office, today: date) -> int:
    with installed(office) as installation:
        return release_ended_holds(installation, today)


def test_an_archive_without_requests_says_how_to_open_one(office: Office) -> None:
    assert office.json("request", "list") == []
    assert "archiver request open" in office.run("request", "list").out


def test_without_a_profile_a_request_is_not_opened_and_the_sentence_says_what_to_do(office: Office) -> None:
    answer = office.json("request", "open", "--how", "letter", "--text", ASKED, status=2)
    assert "[disclosure]" in answer["error"]["message"]
    assert office.json("request", "list") == []
    named = office.json("request", "open", "--how", "letter", "--text", ASKED, "--profile", "wa")
    assert named["profile"] == "WA"


def test_a_request_has_a_number_a_due_day_and_its_explanation(illinois: Office) -> None:
    first = opened(illinois, "--from", "Pat Roe", "--contact", "pat@other.example")
    assert (first["number"], first["due"], first["state"]) == ("2026-0001", "2026-03-16", "open")
    assert first["from"] == {"name": "Pat Roe", "organisation": None, "contact": "pat@other.example"}
    assert first["received_at"].endswith("-07:00")
    assert "5 business days end on Mon 2026-03-16" in clock(first)["explanation"][1]
    second = opened(illinois, received="2025-12-31T23:30")
    assert second["number"] == "2025-0001"
    assert [one["number"] for one in illinois.json("request", "list")] == ["2025-0001", "2026-0001"]
    for told in (illinois.run("request", "list").out, illinois.run("request", "show", "2025-0001").out):
        assert "2025-0001" in told
    assert "anonymous" in illinois.run("request", "show", "2025-0001").out


def test_a_request_holds_what_it_reaches_from_the_moment_it_is_opened(illinois: Office, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.eml").write_bytes(a_mail("Lights", "The stadium lights flicker."))
    illinois.json("ingest", str(inbox))
    record = illinois.json("search", "stadium")["hits"][0]["id"]
    assert illinois.json("record", "show", record)["state"] == "active"
    found = opened(illinois, "--query", "stadium")
    assert [one["state"] for one in found["holds"]] == ["open"]
    assert illinois.json("record", "show", record)["state"] == "held"
    refused = illinois.json("hold", "release", found["holds"][0]["id"], "--reason", "x", status=4)
    assert refused["error"]["kind"] == "denied"


def test_what_was_held_for_a_request_is_let_go_so_many_days_after_its_outcome(illinois: Office) -> None:
    number = opened(illinois)["number"]
    held = illinois.json("request", "hold", number, "--query", "stadium")
    assert len(held["holds"]) == 1
    closed = illinois.json("request", "close", number, "denied")
    last = date.fromisoformat(closed["closed_at"][:10]) + timedelta(days=60)
    assert release(illinois, last) == 0
    assert release(illinois, last + timedelta(days=1)) == 1
    assert release(illinois, last + timedelta(days=1)) == 0
    assert [one["state"] for one in illinois.json("request", "show", number)["holds"]] == ["released"]


def test_a_clock_is_reminded_of_once_a_due_day_and_without_what_is_asked_for(illinois: Office) -> None:
    settings = illinois.folder / "archiver.toml"
    text = settings.read_text("utf-8").replace("# remind_to = []", 'remind_to = ["office@agency.example"]', 1)
    section = text.index("[mail]")
    settings.write_text(text[:section] + text[section:].replace("# enabled = false", "enabled = true", 1), "utf-8")
    number = opened(illinois, "--from", "Pat Roe")["number"]
    with installed(illinois) as installation:
        assert remind(installation, date(2026, 3, 11)) == 0
        assert remind(installation, date(2026, 3, 12)) == 1
        assert remind(installation, date(2026, 3, 13)) == 0
        with installation.archive.store.read() as connection:
            letters = [one.letter for one in Outbox(installation.archive.store).waiting(connection, limit=9)]
    assert [one.to for one in letters] == ["office@agency.example"]
    assert number in letters[0].subject
    assert not any(word in letters[0].text + letters[0].subject for word in ("stadium", "Pat"))
    noted = illinois.json("request", "show", number)["events"][-1]
    assert (noted["kind"], noted["clock"], noted["until"]) == ("reminded", "response", "2026-03-16")
    illinois.json("request", "note", number, "reminded", status=2)


def test_what_cannot_move_a_clock_is_refused_with_the_reason(illinois: Office) -> None:
    number = opened(illinois)["number"]
    late = ("request", "extend", number, "--at", "2026-03-17T09:00")
    refused = illinois.json(*late, "--reason", "consultation", status=2)
    assert "it came after Mon 2026-03-16" in refused["error"]["message"]
    inside = ("request", "extend", number, "--at", "2026-03-10T09:00")
    assert "none of the law's" in illinois.json(*inside, "--reason", "vacation", status=2)["error"]["message"]
    assert "there is no clock" in illinois.json(*inside, "--clock", "nothing", status=2)["error"]["message"]
    longer = illinois.json(*inside, "--reason", "consultation")
    assert longer["due"] == "2026-03-23"
    agreed = illinois.json("request", "extend", number, "--agreed-until", "2026-05-01")
    assert clock(agreed)["due"] == "2026-05-01"


def test_events_are_kept_with_what_was_said_and_amounts_of_money(illinois: Office) -> None:
    number = opened(illinois)["number"]
    noted = illinois.json("request", "note", number, "fee_asked", "--amount", "12.50", "--text", "50 pages")
    last = noted["events"][-1]
    assert (last["kind"], last["cents"], last["text"]) == ("fee_asked", 1250, "50 pages")
    answered = illinois.json("request", "note", number, "determined", "--at", "2026-03-12T09:00")
    assert (clock(answered)["state"], clock(answered)["met_on"]) == ("met", "2026-03-12")
    ahead = illinois.json("request", "note", number, "produced", "--at", "2999-01-01", status=2)
    assert "did not happen yet" in ahead["error"]["message"]
    nonsense = illinois.json("request", "note", number, "produced", "--at", "soon", status=2)
    assert "write it like" in nonsense["error"]["message"]


def test_tasks_and_the_assigned_are_people_who_may_see_requests(illinois: Office) -> None:
    number = opened(illinois)["number"]
    for name, role in (("olive", "officer"), ("eve", "auditor")):
        illinois.json("user", "add", name, "--role", role)
    assert illinois.json("request", "assign", number, "--to", "olive")["assigned_to"] == "olive"
    illinois.json("request", "assign", number, "--to", "eve", status=2)
    illinois.json("request", "assign", number, "--to", "nobody", status=3)
    task = illinois.json("request", "task", "add", number, "Ask the coach", "--to", "olive", "--due", "2026-03-12")
    assert task["tasks"] == [
        {"number": 1, "text": "Ask the coach", "user": "olive", "due": "2026-03-12", "done_at": None}
    ]
    assert illinois.json("request", "task", "done", number, "1")["tasks"][0]["done_at"]
    illinois.json("request", "task", "done", number, "1", status=5)
    illinois.json("request", "task", "done", number, "2", status=3)
    assert illinois.json("request", "assign", number)["assigned_to"] is None


def test_a_closed_request_takes_nothing_more(illinois: Office) -> None:
    number = opened(illinois)["number"]
    assert illinois.json("request", "close", number, "released")["closing"] == "released"
    acts = (["note", number, "note"], ["close", number, "denied"], ["assign", number], ["task", "add", number, "x"])
    for command in acts:
        illinois.json("request", *command, status=5)
    assert illinois.json("request", "list") == []
    assert [one["number"] for one in illinois.json("request", "list", "--closed")] == [number]
    illinois.json("request", "show", "2026-0099", status=3)


def test_who_may_not_see_requests_is_told_of_none(illinois: Office) -> None:
    opened(illinois)
    tokens = {
        role: illinois.json("user", "add", role, "--role", role)["token"]
        for role in ("auditor", "approver", "administrator", "reviewer")
    }
    for role in ("auditor", "approver", "administrator"):
        illinois.json("request", "list", "--as", role, status=4, ARCHIVER_TOKEN=tokens[role])
    seen = illinois.json("request", "list", "--as", "reviewer", ARCHIVER_TOKEN=tokens["reviewer"])
    assert len(seen) == 1
    as_reviewer = ("--as", "reviewer")
    illinois.json("request", "close", "2026-0001", "denied", *as_reviewer, status=4, ARCHIVER_TOKEN=tokens["reviewer"])


def test_due_days_are_listed_the_most_pressing_first(illinois: Office) -> None:
    opened(illinois, received="2026-03-12T10:00")
    opened(illinois, received="2026-03-10T10:00")
    found = illinois.json("request", "due")
    assert [(one["number"], one["due"]) for one in found] == [("2026-0002", "2026-03-17"), ("2026-0001", "2026-03-19")]
    assert "No copy fee may be charged." in found[0]["late"]
    assert "Received on Tue 2026-03-10" in illinois.run("request", "due").out


def test_a_changed_calendar_moves_the_clocks_that_run(illinois: Office) -> None:
    opened(illinois)
    settings = illinois.folder / "archiver.toml"
    closed = 'closures = ["2026-03-11..2026-03-12 flood"]'
    settings.write_text(settings.read_text("utf-8").replace("# closures = []", closed, 1), "utf-8")
    shown = illinois.json("request", "show", "2026-0001")
    assert shown["due"] == "2026-03-18"
    assert "Wed 2026-03-11 (flood)" in clock(shown)["explanation"][1]


@pytest.mark.parametrize(
    "line",
    [
        'closures = ["soon"]',
        'closures = ["2026-02-30 x"]',
        'weekdays = ["noday"]',
        'closes_at = "late"',
        'holidays = "ZZ"',
    ],
)
def test_a_setting_that_cannot_be_understood_is_named_before_a_date_is_computed(illinois: Office, line: str) -> None:
    settings = illinois.folder / "archiver.toml"
    text = settings.read_text("utf-8").replace('holidays = "IL"', "")
    settings.write_text(text.replace("[disclosure]", f"[disclosure]\n{line}", 1), "utf-8")
    answer = illinois.json("request", "open", "--how", "email", "--text", ASKED, status=2)
    assert answer["error"]["message"]


def test_the_log_is_a_table_that_no_spreadsheet_runs(illinois: Office) -> None:
    opened(illinois, "--from", "=HYPERLINK(1)")
    rows = list(csv.reader(io.StringIO(illinois.run("request", "log").out)))
    assert rows[1][:3] == ["2026-0001", "2026-03-09", "'=HYPERLINK(1)"]
    assert len(log_csv([]).splitlines()) == 1


def test_metrics_count_what_was_noted_in_the_year(illinois: Office) -> None:
    opened(illinois)
    illinois.json("request", "note", "2026-0001", "acknowledged", "--at", "2026-03-11T10:00")
    illinois.json("request", "note", "2026-0001", "determined", "--at", "2026-03-12T09:00")
    illinois.json("request", "fee", "charge", "2026-0001", "--pages", "70")
    illinois.json("request", "fee", "paid", "2026-0001", "--amount", "3", "--at", "2026-03-12T10:00")
    counted = illinois.json("request", "metrics", "2026")
    assert (counted["received"], counted["average_days_to_first_answer"], counted["recovered_cents"]) == (1, 2.0, 300)
    assert illinois.json("request", "metrics", "2020")["received"] == 0


def test_the_feed_has_a_day_for_each_clock_and_none_of_the_words(illinois: Office) -> None:
    opened(illinois)
    target = illinois.folder.parent / "due.ics"
    illinois.json("request", "feed", "--to", str(target))
    illinois.json("request", "feed", "--to", str(target), status=5)
    feed = target.read_bytes().decode()
    assert "DTSTART;VALUE=DATE:20260316\n" in illinois.run("request", "feed").out
    assert "DTSTART;VALUE=DATE:20260316" in feed
    assert "stadium" not in feed
    assert all(len(line.encode()) <= 75 for line in feed.split("\r\n"))
    assert calendar_feed([], stamp=datetime(2026, 1, 1, tzinfo=UTC)).count("\r\n") == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--how", "email"],
        ["--how", "email", "--text", "  "],
        ["--how", "email", "--text", "x", "--file", "y"],
        ["--how", "email", "--file", "/nowhere/at/all"],
        ["--how", "pigeon", "--text", "x"],
        ["--how", "email", "--text", "x", "--received", "2999-01-01"],
        ["--how", "email", "--text", "x", "--circumstance", "unheard_of"],
        ["--how", "email", "--text", "x", "--contact", "a\nb"],
        ["--how", "email", "--text", "x", "--query", '"unfinished'],
    ],
)
def test_a_request_that_says_nothing_or_nonsense_is_refused(illinois: Office, arguments: list[str]) -> None:
    assert illinois.json("request", "open", *arguments, status=2)["error"]["message"]
    assert illinois.json("request", "list", "--closed") == []


@pytest.mark.parametrize("amount", ["nan", "inf", "1e300", "-3", "0.005", "1,50", "", "9" * 12])
def test_an_amount_that_is_no_money_is_refused(illinois: Office, amount: str) -> None:
    number = opened(illinois)["number"]
    refused = illinois.json("request", "note", number, "fee_asked", f"--amount={amount}", status=2)
    assert "like 12.50" in refused["error"]["message"]
    assert illinois.json("request", "note", number, "fee_asked", "--amount", "7.5")["events"][-1]["cents"] == 750


def test_what_is_booked_of_fees_is_not_noted_past_the_rules_of_the_law(illinois: Office) -> None:
    number = opened(illinois)["number"]
    before = illinois.json("request", "show", number)["events"]
    for kind, act in FEE_ACTS.items():
        refused = illinois.json("request", "note", number, kind, "--amount", "3", status=2)["error"]["message"]
        assert f"archiver request fee {act} REQUEST" in refused
        assert illinois.run("request", "fee", act.split(" ")[0], "--help").out
    assert illinois.json("request", "show", number)["events"] == before


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59", "0001-01-01T00:00+14:00", "0001-01-01", "1969-12-31", "3000-01-01"]
)
def test_a_moment_in_a_year_that_nobody_means_is_refused(illinois: Office, moment: str) -> None:
    refused = illinois.json("request", "open", "--how", "email", "--text", ASKED, "--received", moment, status=2)
    assert "check the year" in refused["error"]["message"]


def test_the_words_of_a_request_come_out_of_a_plain_file_of_bounded_size(illinois: Office, tmp_path: Path) -> None:
    words, pipe, large, picture = (tmp_path / name for name in ("words.txt", "pipe", "large.txt", "picture.png"))
    words.write_text("\ufeffAll of it, \u00e9verything.", "utf-8")
    os.mkfifo(pipe)
    large.write_bytes(b"x" * ((1 << 20) + 1))
    picture.write_bytes(b"\x89PNG\xff")
    for path in (pipe, large, picture, Path("/dev/zero"), tmp_path, tmp_path / "nothing"):
        illinois.json("request", "open", "--how", "email", "--file", str(path), status=2)
    told = illinois.json("request", "open", "--how", "email", "--file", str(words))
    assert told["text"] == "All of it, \u00e9verything."
