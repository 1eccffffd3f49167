"""A chat whose dates can be read two ways, handed in again with the right order: one reading stands, none is lost."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from archiver.wiring import open_installation
from storage.keys import Secret, SlotKind, unlock
from storage.records import RecordState
from storage.tables import records
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office

if TYPE_CHECKING:
    from pathlib import Path

NAME = "WhatsApp Chat with Dora.txt"
# every date of it exists in both orders; both days of the first four lines are the other's turned round
CHAT = """03/05/2024, 10:00 - Jane: the kitchen is cold
03/05/2024, 10:01 - Dora: the heating comes
05/03/2024, 10:00 - Jane: another kitchen
06/06/2024, 10:01 - Dora: kitchen paid
"""
DECIDED = CHAT + "25/06/2024, 08:00 - Jane: thank you\n"


@pytest.fixture(scope="module")
def once(new_archive, tmp_path_factory):
    """An archive in which the chat was read by a guess."""
    place = tmp_path_factory.mktemp("guessed")
    (place / NAME).write_text(CHAT, "utf-8")
    found = Office(folder=shutil.copytree(new_archive, place / "archive"))
    ingest(found, place)
    return found


@pytest.fixture
def office(once, tmp_path):
    (tmp_path / NAME).write_text(CHAT, "utf-8")
    return Office(folder=shutil.copytree(once.folder, tmp_path / "archive"))


def ingest(office: Office, tmp_path: Path, *words: str) -> Any:
    return office.json("ingest", tmp_path / NAME, "--custodian", CUSTODIAN, *words)


def days(office: Office, query: str = "kitchen", *words: str) -> list[tuple[str, str]]:
    """The day of each record that a search finds, by its first words."""
    hits = office.json("search", query, *words)["hits"]
    shown = [office.json("record", "show", one["id"]) for one in hits]
    return sorted((one["messages"][0]["text"], one["conversation"]["day"]) for one in shown if one["messages"])


GUESSED = [("another kitchen", "2024-05-03"), ("kitchen paid", "2024-06-06"), ("the kitchen is cold", "2024-03-05")]
SAID = [("another kitchen", "2024-03-05"), ("kitchen paid", "2024-06-06"), ("the kitchen is cold", "2024-05-03")]


def test_what_was_guessed_says_so_in_its_record(office):
    assert days(office) == GUESSED
    notes = [office.json("record", "show", one["id"])["notes"] for one in office.json("search", "kitchen")["hits"]]
    # the sixth of June is the same either way round
    assert sorted(any("is a guess" in note for note in some) for some in notes) == [False, True, True]


def test_a_guess_yields_to_the_order_that_is_said_and_nothing_is_doubled(office, tmp_path):
    assert ingest(office, tmp_path, "--day-first")["archived"] == 1
    assert days(office) == SAID
    assert office.json("search", "kitchen")["total"] == 3
    assert len(days(office, "kitchen", "--superseded")) == 5


def test_both_records_name_each_other_and_the_ledger_says_why(office, tmp_path):
    (before,) = office.json("search", "heating")["hits"]
    ingest(office, tmp_path, "--day-first")
    (hit,) = office.json("search", "heating")["hits"]
    assert hit["supersedes"] == [before["id"]]
    assert office.json("record", "show", hit["id"])["supersedes"] == [before["id"]]
    old = office.json("record", "show", before["id"])
    assert (old["superseded_by"], old["state"], len(old["messages"])) == (hit["id"], "active", 2)
    for record_id in (before["id"], hit["id"]):
        assert "record.superseded" in [one["kind"] for one in office.json("record", "custody", record_id)]
    assert "Now in:" in office.run("record", "show", before["id"]).out
    assert f"in place of {before['id']}" in office.run("search", "heating").out


def test_the_word_that_was_said_last_counts_also_where_it_was_said_before(office, tmp_path):
    for word, expected in (
        ("--day-first", SAID),
        ("--month-first", GUESSED),
        ("--day-first", SAID),
        ("--month-first", GUESSED),
    ):
        ingest(office, tmp_path, word)
        assert (days(office), office.json("search", "kitchen")["total"]) == (expected, 3)
    assert office.run("verify", "--all").status == 0


def test_the_same_word_as_the_guess_doubles_nothing(office, tmp_path):
    assert ingest(office, tmp_path, "--month-first")["duplicate"] == 1
    assert (days(office), office.json("search", "kitchen")["total"]) == (GUESSED, 3)
    ingest(office, tmp_path, "--day-first")
    assert (days(office), office.json("search", "kitchen")["total"]) == (SAID, 3)


def test_a_fuller_export_that_decides_for_itself_sets_right_what_was_guessed(office, tmp_path):
    (tmp_path / NAME).write_text(DECIDED, "utf-8")
    ingest(office, tmp_path)
    assert (days(office), office.json("search", "kitchen")["total"]) == (SAID, 3)


def test_a_guess_yields_to_an_export_that_decided_before_it(new_archive, tmp_path):
    office = Office(folder=shutil.copytree(new_archive, tmp_path / "archive"))
    (tmp_path / NAME).write_text(DECIDED, "utf-8")
    ingest(office, tmp_path)
    (tmp_path / NAME).write_text(CHAT, "utf-8")
    ingest(office, tmp_path)
    assert (days(office), office.json("search", "kitchen")["total"]) == (SAID, 3)


def test_where_the_record_that_stands_is_gone_the_other_is_found_again(office, tmp_path):
    ingest(office, tmp_path, "--day-first")
    (hit,) = office.json("search", "heating")["hits"]
    keys = unlock(office.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode()))
    installation = open_installation(office.folder, keys)
    try:
        with installation.archive.store.write() as transaction:
            gone = update(records).where(records.c.id == hit["id"])
            transaction.connection.execute(gone.values(state=RecordState.DESTROYED.value))
    finally:
        installation.close()
    (found,) = office.json("search", "heating")["hits"]
    assert found["id"] == hit["supersedes"][0]


def test_the_list_says_what_only_repeats_a_record_and_what_another_stands_for(office, tmp_path):
    ingest(office, tmp_path, "--day-first")
    listed = office.json("record", "list")
    assert len(listed) == 6
    assert sum(one["superseded_by"] is not None for one in listed) == 2
    (repeat,) = [one for one in listed if one["part_of"] is not None]
    assert repeat["brought"] == 0
    assert f"part of {repeat['part_of']}, brought nothing new" in office.run("record", "list").out
    assert office.json("record", "list", "--state", "held") == []


def test_what_only_repeats_a_record_is_not_found_by_the_chats_name(office, tmp_path):
    ingest(office, tmp_path, "--day-first")
    assert office.json("search", "subject:dora")["total"] == 3
    assert office.json("search", "participant:jane kind:conversation platform:whatsapp")["total"] >= 3


def test_an_employee_lists_his_own_records_only(office):
    office.json("custodian", "add", "ann@agency.example", "--name", "Ann")
    for name, address, count in (("jane", CUSTODIAN, 3), ("ann", "ann@agency.example", 0)):
        token = office.json("user", "add", name, "--role", "employee", "--custodian", address)["token"]
        assert len(office.json("record", "list", "--as", name, ARCHIVER_TOKEN=token)) == count


def test_a_run_prints_what_was_guessed(new_archive, tmp_path):
    office = Office(folder=shutil.copytree(new_archive, tmp_path / "archive"))
    (tmp_path / NAME).write_text(CHAT, "utf-8")
    (remark,) = ingest(office, tmp_path)["remarks"]
    assert remark["source"] == NAME
    assert "which is a guess: hand it in again with --day-first" in remark["remark"]
