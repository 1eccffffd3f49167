"""What is wrong is found by one function, told once for each change and once a day while it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.access import Role
from archiver.config import Settings
from archiver.watch_facts import Watch
from archiver.watching import (
    APART,
    SETTLES,
    BackupFacts,
    ChannelFacts,
    Finding,
    Severity,
    Told,
    WatchFacts,
    WatchLimits,
    due_report,
    evaluate,
)
from archiver.watchman import Watchman, known_findings
from ingest.channel_health import Health, SqlHealthLog
from storage.outbox import Outbox
from storage.records import Channel
from tests.archiver.mail_office import START, MailOffice, a_mail, open_mail_office
from tests.archiver.web_site import running_site
from tests.every_case import every_case

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = WatchLimits(
    failing=HOUR,
    silence={"smtp": 72 * HOUR, "imap.records": 24 * HOUR},
    examination=HOUR,
    index=HOUR / 4,
    letters=24 * HOUR,
    backup=24 * HOUR,
    free_bytes=1 << 30,
)
SMTP = ChannelFacts(channel="smtp", account=None, last_tried=NOW, last_worked=NOW, last_item=NOW)
IMAP = ChannelFacts(channel="imap", account="records", last_tried=NOW, last_worked=NOW, last_item=NOW)
WELL = WatchFacts(
    now=NOW,
    created_at=NOW - 1000 * HOUR,
    channels=(SMTP, IMAP),
    stopped=(),
    letters_stuck=0,
    undelivered_since=None,
    unexamined_since=None,
    unindexed_since=None,
    backup=BackupFacts(made_at=NOW, changed=True),
    fixity_faults=0,
    free_bytes=5 << 30,
)


def names(facts: WatchFacts) -> list[str]:
    return [one.name for one in evaluate(facts, LIMITS)]


def test_an_archive_that_works_has_nothing_to_tell():
    assert names(WELL) == []


@every_case(
    ("changes", "name"),
    [
        ({"channels": (replace(SMTP, last_worked=NOW - 2 * HOUR),)}, "channel smtp"),
        ({"unpacking_since": NOW - 25 * HOUR}, "unpacking"),
        ({"channels": (replace(IMAP, last_worked=NOW - 2 * HOUR),)}, "channel imap.records"),
        ({"channels": (replace(IMAP, last_worked=None),)}, "channel imap.records"),
        ({"channels": (replace(SMTP, last_item=NOW - 73 * HOUR),)}, "silence smtp"),
        ({"channels": (replace(IMAP, last_item=NOW - 25 * HOUR),)}, "silence imap.records"),
        ({"channels": (replace(IMAP, last_item=None),)}, "silence imap.records"),
        ({"stopped": ("imap",)}, "services"),
        ({"letters_stuck": 1}, "outbox"),
        ({"undelivered_since": NOW - 25 * HOUR}, "outbox"),
        ({"unexamined_since": NOW - 2 * HOUR}, "examination"),
        ({"unindexed_since": NOW - HOUR}, "index"),
        ({"backup": BackupFacts(made_at=NOW - 25 * HOUR, changed=True)}, "backup"),
        ({"backup": BackupFacts(made_at=None, changed=True)}, "backup"),
        ({"backup": BackupFacts(made_at=NOW, changed=True, reachable=False)}, "backup place"),
        ({"fixity_faults": 1}, "fixity"),
        ({"index_faults": ("fts: damaged",)}, "index faults"),
        ({"free_bytes": 1 << 29}, "disk"),
    ],
)
def test_each_thing_that_is_wrong_is_found(changes, name):
    (found,) = evaluate(replace(WELL, **changes), LIMITS)
    assert found.name == name
    assert found.severity is Severity.FAULT
    assert "records" not in found.public


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": (replace(SMTP, last_worked=NOW - HOUR),)},
        {"channels": (replace(IMAP, last_worked=NOW - HOUR / 2),)},
        {"backup": BackupFacts(made_at=NOW - 500 * HOUR, changed=False)},
        {"backup": None},
        {"stopped": None},
        {"channels": ()},
        {"channels": (replace(IMAP, account="other", last_item=None),)},
    ],
)
def test_what_is_within_its_limit_or_has_none_is_not_told(changes):
    assert names(replace(WELL, **changes)) == []


def test_a_channel_that_was_never_tried_is_a_warning():
    never = replace(IMAP, last_tried=None, last_worked=None)
    assert [one.severity for one in evaluate(replace(WELL, channels=(never,)), LIMITS)] == [Severity.WARNING]


def test_where_nothing_runs_channels_are_warnings():
    stopped = replace(WELL, stopped=None, channels=(replace(SMTP, last_worked=NOW - 2 * HOUR),))
    assert [one.severity for one in evaluate(stopped, LIMITS)] == [Severity.WARNING]


def a_finding(name: str) -> Finding:
    return Finding(name=name, public=name, severity=Severity.FAULT, sentence="x")


def test_a_finding_that_has_just_begun_is_not_told_yet():
    known = {"disk": Told(since=NOW - SETTLES / 2, told_at=None)}
    assert due_report(known, (a_finding("disk"),), NOW, reminder=HOUR, last_letter=None) is None


@given(st.lists(st.sets(st.sampled_from(["disk", "backup", "index"])), max_size=200))
def test_whatever_comes_and_goes_letters_are_bounded_and_the_last_state_is_told(states):
    known: dict[str, Told] = {}
    letters: list[datetime] = []
    at, told = NOW, set()
    calm = 3 + int(APART / timedelta(minutes=1)) + int(SETTLES / timedelta(minutes=1))
    for state in [*states, *([states[-1]] * calm if states else [])]:
        at += timedelta(minutes=1)
        findings = tuple(a_finding(name) for name in sorted(state))
        for name in [name for name, one in known.items() if name not in state and one.told_at is None]:
            del known[name]
        report = due_report(
            known, findings, at, reminder=timedelta(days=1), last_letter=letters[-1] if letters else None
        )
        if report is not None:
            letters.append(at)
            for one in (*report.begun, *report.standing):
                known[one.name] = replace(known[one.name], told_at=at)
            for name in report.ended:
                del known[name]
            told = {one.name for one in (*report.begun, *report.standing)}
        for name in state - known.keys():
            known[name] = Told(since=at, told_at=None)
    assert all(later - earlier >= APART for earlier, later in pairwise(letters))
    if states:
        assert told == states[-1]


@pytest.fixture
def office(tmp_path) -> Iterator[MailOffice]:
    with open_mail_office(tmp_path / "archive") as opened:
        opened.set(mail={"enabled": True}, watch={"mail": ("admin@agency.example",), "free_mb": 0})
        yield opened


def look(office: MailOffice) -> int:
    return Watchman(office.installation).step()


def test_the_administrator_gets_one_letter_a_day_and_one_when_it_ends(office):
    office.hand_in(a_mail())
    assert look(office) == 0
    office.clock.forward(hours=2)
    assert look(office) == 0  # just begun
    office.clock.forward(minutes=6)
    assert look(office) == 1
    assert "examination: what came 2026-03-02T18:00+00:00 is not examined yet" in office.letters()[-1].text
    for _ in range(23):
        office.clock.forward(minutes=60)
        assert look(office) == 0
    office.clock.forward(hours=1)
    assert look(office) == 1
    assert "Still" in office.letters()[-1].text
    office.examine()
    office.installation.follower().catch_up()
    office.clock.forward(hours=1)
    for one in office.letters():
        assert "Bus routes" not in one.text
    clear_outbox(office)
    assert look(office) == 1
    assert "Well again:\n  examination" in office.letters()[-1].text
    assert look(office) == 0
    with office.archive.store.read() as connection:
        assert known_findings(connection) == {}


def clear_outbox(office: MailOffice) -> None:
    box = Outbox(office.archive.store)
    with office.archive.store.read() as connection:
        waiting = box.waiting(connection)
    for one in waiting:
        box.sent(one, actor="service:clock")


def test_a_program_killed_while_telling_tells_once(office, monkeypatch):
    office.hand_in(a_mail())
    office.clock.forward(hours=2)
    look(office)
    office.clock.forward(minutes=6)

    class Killed(BaseException):
        pass

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "add", killed)
        with pytest.raises(Killed):
            look(office)
    assert office.letters() == []
    assert look(office) == 1
    assert look(office) == 0


def test_nothing_is_written_while_nothing_changes(office):
    look(office)
    with office.archive.store.read() as connection:
        before = office.archive.ledger.head(connection).size
    office.clock.forward(minutes=1)
    look(office)
    with office.archive.store.read() as connection:
        assert office.archive.ledger.head(connection).size == before
        assert known_findings(connection) == {}


def test_only_channels_of_the_settings_are_missed(office):
    log = SqlHealthLog(office.archive.store)
    log.note(Health(channel=Channel.IMAP, account="gone", last_tried=office.clock(), last_worked=None))
    office.clock.forward(hours=5)
    assert Watch(office.installation).findings() == ()
    log.note(Health(channel=Channel.SMTP, account="smtp", last_tried=office.clock(), last_worked=START))
    assert [one.name for one in Watch(office.installation).findings()] == ["channel smtp"]


def test_readiness_and_the_page_tell_what_is_wrong_each_to_whom_it_concerns(tmp_path):
    with running_site(tmp_path) as site:
        log = SqlHealthLog(site.installation.archive.store)
        long_ago = site.installation.archive.store.clock() - timedelta(hours=5)
        log.note(Health(channel=Channel.FOLDER, account="scans", last_tried=long_ago, last_worked=long_ago))
        members = site.installation.settings.model_dump()
        settings = Settings(**{**members, "folders": {"scans": {"path": tmp_path}}})
        object.__setattr__(site.installation, "settings", settings)
        ready = site.get("/readyz", None)
        assert ready.status_code == 503
        assert "scans" not in ready.text
        assert "channel folder" in str(ready.json()["checks"]["watch"])
        assert "folder.scans has not worked since" in site.get("/", Role.ADMINISTRATOR).text
        assert "folder.scans" not in site.get("/", Role.EMPLOYEE).text
