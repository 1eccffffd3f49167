"""How complete a search is, for each who makes it: nobody learns how much there is of what he may not see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from archiver.access import Principal, RestrictedClass, Role, operator
from archiver.covering import cover, list_uncovered
from archiver.wiring import open_installation
from ingest.submission import Handover
from search.coverage import coverage_sentences
from storage.access_tables import restricted_subjects
from storage.errors import InvalidInput
from storage.keys import unlock
from storage.records import Channel, Envelope
from tests.storage.archives import RECOVERY, custodian, file_one, make_archive

WHO = operator("test")


@pytest.fixture
def house(tmp_path):
    make_archive(tmp_path / "archive").close()
    opened = open_installation(tmp_path / "archive", unlock(tmp_path / "archive" / "keys", RECOVERY))
    yield opened
    opened.close()


@pytest.fixture
def people(house):
    """Two custodians, with two and one records, the second record of the first not indexed yet."""
    ada, ben = custodian(house.archive), custodian(house.archive, "ben@district.example")
    made = [file_one(house.archive, ada, b"1", "roof").record_id, file_one(house.archive, ben, b"2", "roof").record_id]
    house.follower().catch_up()
    made.append(file_one(house.archive, ada, b"3", "roof").record_id)
    return ada, ben, made


def counted(report) -> tuple[int, int, int]:
    return report.records, report.indexed, report.waiting


def test_who_may_see_all_is_told_of_all(house, people):
    _, _, made = people
    report = cover(house, WHO)
    assert counted(report) == (3, 2, 1)
    assert not report.complete
    assert list(list_uncovered(house, WHO)) == [(made[2], "not_indexed")]


def test_an_employee_is_told_of_his_own_records(house, people):
    ada, ben, made = people
    employee = Principal(actor="user:ada", name="ada", role=Role.EMPLOYEE, custodian_id=ada)
    assert counted(cover(house, employee)) == (2, 1, 1)
    other = replace(employee, custodian_id=ben)
    assert counted(cover(house, other)) == (1, 1, 0)
    assert list(list_uncovered(house, employee)) == [(made[2], "not_indexed")]
    assert list(list_uncovered(house, other)) == []
    assert cover(house, employee).submissions.in_quarantine is None


def test_submissions_that_are_no_records_yet_are_counted_and_listed(house, people):
    ada, ben, _ = people
    handover = Handover(channel=Channel.CLI, account="cli", custodian_id=ben, envelope=Envelope(), payload=b"new")
    submission_id = house.depositor("operator:test").deposit(handover).submission_id
    assert cover(house, WHO).submissions.unexamined == 1
    assert list(list_uncovered(house, WHO, reason="unexamined")) == [(submission_id, "unexamined")]
    employee = Principal(actor="user:ada", name="ada", role=Role.EMPLOYEE, custodian_id=ada)
    assert cover(house, employee).submissions.unexamined == 0
    assert list(list_uncovered(house, employee, reason="unexamined")) == []


def test_an_unknown_reason_is_refused_by_name(house):
    with pytest.raises(InvalidInput, match="there is: not_indexed, unreadable"):
        list(list_uncovered(house, WHO, reason="weather"))


def test_a_report_says_everything_in_its_document_and_in_sentences(house, people):
    report = cover(house, WHO)
    assert report.sentences() == ["1 of 3 records are not indexed yet; search again in a moment"]
    older = {"records": 3, "indexed": 3, "unsearchable": 1}  # as kept by a version that knew no more
    assert coverage_sentences(older) == ["1 record has parts whose text could not be read"]


def test_an_index_that_is_being_built_says_how_far_it_has_come(house, people):
    house.generations.rebuild(actor="operator:test", stopping=lambda: True)
    report = cover(house, WHO)
    assert (report.rebuilding, report.rebuilt) == (True, 0)
    assert "being rebuilt: 0 of 3 records" in report.sentences()[0]
    house.generations.rebuild(actor="operator:test")
    assert not cover(house, WHO).rebuilding


def test_records_of_a_restricted_class_are_in_no_count_and_no_list_of_who_may_not_see_them(house, people):
    _, _, made = people
    with house.archive.store.write() as transaction:
        rows = [
            {"scope": "record", "subject_id": one, "class": RestrictedClass.STUDENT.value, "since": transaction.at}
            for one in (made[1], made[2])
        ]
        transaction.connection.execute(insert(restricted_subjects), rows)
    officer = Principal(actor="user:olga", name="olga", role=Role.OFFICER)
    assert counted(cover(house, officer)) == (1, 1, 0)
    assert list(list_uncovered(house, officer)) == []
    granted = replace(officer, grants=frozenset(RestrictedClass))
    assert counted(cover(house, granted)) == (3, 2, 1)
