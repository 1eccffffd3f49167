"""Capture lag and the statement of what was handed in: everything is counted, and nothing of content is told."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.access import Principal, Role, operator
from archiver.capture_lag import LagQuestion, as_text, calendar_days, capture_lag, working_days
from archiver.handed_in import owner_of, render, statement
from archiver.receipts import ReceiptForm
from storage.errors import InvalidInput, NotFound
from storage.shredding import Shredder
from tests.archiver.commands import CUSTODIAN, PERSONAL, Office
from tests.archiver.mail_office import OFFICE, MailOffice, a_mail, open_mail_office
from tests.archiver.web_site import OTHER, OWN, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.archiver.conftest import Filled

ROOT = operator("root")
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2027, 12, 31))


@pytest.fixture
def office(tmp_path) -> Iterator[MailOffice]:
    with open_mail_office(tmp_path / "archive") as opened:
        yield opened


def at(office: MailOffice, sent: datetime) -> None:
    raw = a_mail(f"Mail of {sent.isoformat()}").replace(
        b"Mon, 2 Mar 2026 09:59:00 -0800", sent.strftime("%a, %d %b %Y %H:%M:%S +0000").encode()
    )
    office.hand_in(raw)


def lag(office: MailOffice, **question: object) -> dict[str, object]:
    return capture_lag(office.installation, ROOT, LagQuestion(**question), lambda _: None)


@given(DAYS, DAYS, st.sets(DAYS, max_size=20))
def test_working_days_are_those_that_one_counts(sent, captured, holidays):
    span = (captured - sent).days
    days = [sent + timedelta(days=one) for one in range(1, span + 1)]
    expected = sum(one.weekday() < 5 and one not in holidays for one in days)
    assert working_days(sent, captured, holidays) == expected
    assert calendar_days(sent, captured) == max(0, span)


def test_what_came_within_the_limit_is_in_time_and_the_rest_is_late(office):
    now = office.clock()
    for days in (0, 1, 20, 21, 100):
        at(office, now - timedelta(days=days))
    office.hand_in(b"From: jane.doe@mail.example\r\nSubject: no date\r\n\r\nx\r\n")
    office.examine()
    found = lag(office)
    (row,) = found["custodians"]
    assert (row["records"], row["in_time"], row["late"], row["unknown"]) == (6, 3, 2, 1)
    assert (row["custodian"], row["median_days"], row["longest_days"]) == (OFFICE, 20, 100)
    assert [one["days"] for one in found["late_records"]] == [100, 21]
    assert "1 say no date" in as_text(found)
    assert "Mail of" not in json.dumps(found)


def test_a_forward_that_prints_no_zone_counts_by_its_day(office):
    for day, year in (("Feb 1", 2026), ("Mar 1", 2026), ("Mar 9", 2026), ("Feb 1", 1950)):
        text = (
            "---------- Forwarded message ---------\r\nFrom: A Parent <parent@mail.example>\r\n"
            f"Date: {day}, {year} at 2:05 PM\r\nSubject: Trip\r\nTo: <jane.doe@mail.example>\r\n\r\nx\r\n"
        )
        office.hand_in(a_mail(f"Fwd: Trip {day} {year}", text))
    office.examine()
    found = lag(office)
    (row,) = found["custodians"]
    assert (row["late"], row["in_time"], row["unknown"], found["by_day"]) == (1, 1, 2, 2)
    assert [one["sent_at"] for one in found["late_records"]] == ["2026-02-01"]


def test_the_limit_and_the_kind_of_days_can_be_chosen(office):
    at(office, datetime(2026, 2, 26, 20, 0, tzinfo=UTC))  # a Thursday; captured on Monday
    office.examine()
    assert lag(office, limit=3)["late"] == 1
    assert lag(office, limit=3, working=True)["late"] == 0
    assert lag(office, limit=1, working=True)["late"] == 1
    office.set(agency={"holidays": ("2026-02-27",)})
    assert lag(office, limit=1, working=True)["late"] == 0


def test_days_are_those_of_the_archives_zone(office):
    at(office, datetime(2026, 3, 2, 7, 59, tzinfo=UTC))  # the day before, in Los Angeles
    office.examine()
    assert lag(office, limit=0)["late"] == 1


def test_an_employee_sees_his_own_lag_only(office):
    other = office.archive.custodians.add("lee@agency.example", name="Lee", actor="operator:test")
    at(office, office.clock())
    office.examine()
    lee = Principal(actor="usr_lee", name="lee", role=Role.EMPLOYEE, custodian_id=other.id)
    assert capture_lag(office.installation, lee, LagQuestion(), lambda _: None)["records"] == 0
    with pytest.raises(NotFound):
        capture_lag(office.installation, lee, LagQuestion(custodian_id=office.custodian.id), lambda _: None)


def test_an_empty_archive_has_a_report(office):
    assert as_text(lag(office)) == "No records yet."


def test_the_statement_lists_everything_that_was_handed_in(office):
    first = office.hand_in(a_mail("One"))
    office.clock.forward(days=1)
    second = office.hand_in(a_mail("Two"))
    office.examine()
    office.clock.forward(days=1)
    third = office.hand_in(a_mail("Three"))
    office.hand_in(a_mail("Strange", sender="x@far.example"), sender="x@far.example")
    made = statement(office.installation, ROOT, office.custodian.id)
    assert [one["submission"] for one in made["submissions"]] == [first, second, third]
    assert made["totals"] == {"archived": 2, "waiting": 1}
    assert all(len(one["sha256"]) == 64 for one in made["submissions"])
    for form in ReceiptForm:
        written = render(made, form).decode()
        assert first in written
        assert "Strange" not in written
        assert "Two" not in written


def test_a_statement_of_some_days_includes_its_last_day(office):
    office.hand_in(a_mail("One"))
    office.clock.forward(days=1)
    second = office.hand_in(a_mail("Two"))
    days = {"first": date(2026, 3, 3), "last": date(2026, 3, 3)}
    made = statement(office.installation, ROOT, office.custodian.id, **days)
    assert [one["submission"] for one in made["submissions"]] == [second]
    with pytest.raises(InvalidInput):
        statement(office.installation, ROOT, office.custodian.id, first=date(2026, 3, 4), last=date(2026, 3, 3))


def test_what_was_destroyed_still_stands_in_the_statement(office):
    submission = office.hand_in(a_mail())
    office.examine()
    with office.archive.store.write() as transaction:
        (record,) = office.archive.catalogue.of_submission(transaction.connection, submission)
        Shredder(office.archive).decide(transaction, [record.id], "usr_1")
    (line,) = statement(office.installation, ROOT, office.custodian.id)["submissions"]
    assert (line["destroyed"], line["sha256"]) == (True, None)


def test_more_submissions_than_a_page_are_all_listed(office, monkeypatch):
    monkeypatch.setattr("archiver.handed_in._PAGE", 3)
    ids = [office.hand_in(a_mail(f"Mail {number}")) for number in range(10)]
    made = statement(office.installation, ROOT, office.custodian.id)
    assert [one["submission"] for one in made["submissions"]] == ids


def test_an_employee_gets_his_own_statement_and_nobody_elses(tmp_path):
    with running_site(tmp_path) as site:
        with site.client(Role.EMPLOYEE) as client:
            made = client.get("/api/v1/statement").json()
            assert [one["submission"] for one in made["submissions"]] == [site.own.submission]
            answer = client.get("/statement")
            page = answer.text
            style = page.split("<style>")[1].split("</style>")[0].encode()  # else the browser shows it without any
            assert (
                base64.b64encode(hashlib.sha256(style).digest()).decode() in answer.headers["Content-Security-Policy"]
            )
            assert site.own.submission in page
            assert site.other.submission not in page
            theirs, absent = (client.get(f"/statement?custodian={one}") for one in (OTHER, "nobody@x.example"))
            assert theirs.status_code == absent.status_code == 404
            assert client.get("/statement?from=yesterday").status_code == 422
        with site.client(Role.OFFICER) as client:
            assert client.get("/statement").status_code == 422
            assert site.own.submission in client.get(f"/statement?custodian={OWN}&from=2020-01-01").text
            assert site.own.submission not in client.get(f"/statement?custodian={OWN}&until=2020-01-01").text


def test_an_employee_who_is_bound_to_nobody_has_no_statement(office):
    nobody = Principal(actor="usr_1", name="x", role=Role.EMPLOYEE, custodian_id=None)
    with pytest.raises(InvalidInput):
        owner_of(office.installation, nobody, None)


def test_the_commands_show_and_write_both_reports(filled: Filled, tmp_path: Path):
    found = filled.office.json("report", "capture-lag")
    assert found["records"] == sum(one["records"] for one in found["custodians"]) > 0
    assert filled.office.json("report", "capture-lag", "--custodian", PERSONAL)["records"] == found["records"]
    assert filled.office.run("report", "capture-lag", "--custodian", "nobody@x.example").status == 3
    assert filled.office.run("report", "capture-lag", "--days", "-1").status == 2
    made = filled.office.json("report", "statement", CUSTODIAN)
    assert made["custodian"]["address"] == CUSTODIAN
    paper = tmp_path / "statement.html"
    told = filled.office.json("report", "statement", PERSONAL, "--to", str(paper))
    assert told == {"file": str(paper), "submissions": len(made["submissions"])}
    assert paper.read_text("utf-8").startswith("<!doctype html>")
    assert filled.office.run("report", "statement", CUSTODIAN, "--to", str(paper)).status == 5
    assert filled.office.run("report", "statement", CUSTODIAN, "--to", str(tmp_path / "statement.doc")).status == 2
    assert not (tmp_path / "statement.doc").exists()
    assert filled.office.run("report", "statement", CUSTODIAN, "--from", "soon").status == 2
    assert (
        filled.office.run("report", "statement", CUSTODIAN, "--from", "2026-03-02", "--until", "2026-03-01").status == 2
    )


def test_answers_and_notices_have_their_commands(office_folder: Office):
    answers = office_folder.json("answers", "list")
    assert answers == {"enabled": False, "states": {}, "opted_out": 0, "answers": []}
    assert office_folder.json("answers", "off", PERSONAL)["changed"] is True
    assert office_folder.json("answers", "off", CUSTODIAN)["changed"] is False
    assert office_folder.json("answers", "list")["opted_out"] == 1
    assert office_folder.json("answers", "on", CUSTODIAN)["changed"] is True
    assert office_folder.run("answers", "off", "nobody@x.example").status == 3
    assert office_folder.json("notice", "list") == {"notices": []}
    assert office_folder.run("notice", "list").out == "No notices were sent.\n"
    assert office_folder.run("notice", "show", "ltr_none").status == 3
    assert "$office" in office_folder.json("notice", "template")["template"]
    assert office_folder.run("notice", "send", "rec_none").status == 4


@pytest.fixture
def office_folder(new_archive: Path, tmp_path: Path) -> Office:
    return Office(folder=shutil.copytree(new_archive, tmp_path / "copy"))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_that_no_clock_knows_is_refused_in_a_sentence(office, day):
    for days in ({"first": day}, {"last": day}):
        with pytest.raises(InvalidInput, match="years 1970 to 9998"):
            statement(office.installation, ROOT, office.custodian.id, **days)
