"""`archiver quarantine`: what did not become a record is listed, shown, assigned, released or rejected, by somebody."""

import shutil

import pytest

from archiver import quarantine
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.errors import Corrupt
from storage.events import EventKind
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office, a_mail

STRANGER = "stranger@far.example"


@pytest.fixture(scope="module")
def filled_quarantine(new_archive, tmp_path_factory):
    place = tmp_path_factory.mktemp("quarantine")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    inbox = place / "inbox"
    inbox.mkdir()
    (inbox / "a.eml").write_bytes(a_mail("Heronry", "The heronry is open.", sender=STRANGER))
    (inbox / "b.eml").write_bytes(a_mail("Second", "Another walrus.", sender=STRANGER))
    (inbox / "c.eml").write_bytes(a_mail("Third", "From elsewhere.", sender="other@far.example"))
    office.json("ingest", str(inbox), status=6)
    return office.folder


@pytest.fixture
def lying(filled_quarantine, tmp_path):
    """An archive with two mails of a stranger and one of another in quarantine; a copy, each test changes its own."""
    return Office(folder=shutil.copytree(filled_quarantine, tmp_path / "archive"))


@pytest.fixture
def officer(lying):
    token = lying.json("user", "add", "olga", "--role", "officer")["token"]
    return {"ARCHIVER_TOKEN": token}


def listed(office, *options: str):
    return office.json("quarantine", "list", *options)["submissions"]


def ids(office):
    return [one["submission"] for one in listed(office)]


def events(office, kind):
    installation = open_installation(
        office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    )
    ledger = installation.archive.ledger
    try:
        with installation.archive.store.read() as connection:
            return [
                (one.actor, one.subjects, ledger.payload(connection, position))
                for position in range(ledger.head(connection).size)
                if (one := ledger.event_at(connection, position).event).kind is kind
            ]
    finally:
        installation.close()


def test_a_mail_that_names_no_sender_is_not_told_to_be_a_strangers(office, tmp_path):
    (tmp_path / "a.eml").write_bytes(b"Subject: Minutes\r\n\r\nNobody signed them.\r\n")
    (found,) = office.json("ingest", str(tmp_path / "a.eml"), status=6)["problems"]
    assert found["reason"] == "it names no sender; say whose it is with: archiver quarantine assign"


def test_empty_quarantine_says_so(office):
    assert office.json("quarantine", "list") == {"total": 0, "submissions": []}
    assert "Nothing lies in quarantine" in office.run("quarantine", "list").out
    assert office.run("quarantine", "retry", "--all").status == 3


def test_list_names_reason_channel_size_and_sender(lying):
    first = listed(lying)[0]
    assert (first["state"], first["channel"]) == ("quarantined", "cli")
    assert "custodian add" in first["reason"]
    assert first["size"] == len(a_mail("Heronry", "The heronry is open.", sender=STRANGER))
    assert len(listed(lying)) == 3


def test_administrator_sees_that_something_lies_there_and_not_from_whom_or_what(lying):
    environment = {"ARCHIVER_TOKEN": lying.json("user", "add", "adam", "--role", "administrator")["token"]}
    answer = lying.run("quarantine", "list", "--as", "adam", "--json", **environment)
    assert [one["sender"] for one in answer.document["submissions"]] == [None] * 3
    assert "far.example" not in answer.out
    assert lying.run("quarantine", "list", "--from", STRANGER, "--as", "adam", **environment).status == 4
    assert lying.run("quarantine", "show", ids(lying)[0], "--as", "adam", **environment).status == 4
    everything = ("quarantine", "assign", "--all", "--custodian", CUSTODIAN, "--as", "adam")
    assert lying.run(*everything, **environment).status == 4


def test_show_reads_headers_and_text_and_leaves_an_event(lying):
    one = ids(lying)[0]
    document = lying.json("quarantine", "show", one)
    assert document["headers"]["from"]["address"] == STRANGER
    assert document["headers"]["subject"] == "Heronry"
    assert "heronry is open" in document["text"]
    ((_, subjects, _),) = events(lying, EventKind.SUBMISSION_VIEWED)
    assert subjects == (one,)
    assert "Subject:  Heronry" in lying.run("quarantine", "show", one).out


def test_assigned_submission_becomes_a_record_that_is_found(lying):
    one = ids(lying)[0]
    done = lying.json("quarantine", "assign", one, "--custodian", CUSTODIAN)
    assert done["archived"] == 1
    (record,) = done["submissions"][0]["records"]
    assert [hit["id"] for hit in lying.json("search", "heronry")["hits"]] == [record]
    assert lying.json("record", "show", record)["captured"]["custodian"] == CUSTODIAN
    assert one not in ids(lying)
    ((_, subjects, _),) = events(lying, EventKind.SUBMISSION_REQUEUED)
    assert subjects[0] == one
    assert lying.json("verify")["faults"] == []


def test_sender_who_has_become_a_custodian_is_archived_by_a_retry(lying):
    lying.json("custodian", "add", "new@agency.example", "--name", "New", "--also", STRANGER)
    done = lying.json("quarantine", "retry", "--all", status=6)
    assert (done["archived"], len(done["submissions"])) == (2, 3)
    assert len(ids(lying)) == 1


def test_dry_run_names_what_is_meant_and_does_nothing(lying):
    before = ids(lying)
    told = lying.json("quarantine", "assign", "--all", "--custodian", CUSTODIAN, "--dry-run")
    assert told["would"] == before
    assert ids(lying) == before


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("assign", "sub_nothing", "--custodian", CUSTODIAN), 3),
        (("assign", "--all", "--custodian", "nobody@agency.example"), 3),
        (("assign", "--custodian", CUSTODIAN), 2),
        (("assign", "sub_1", "--all", "--custodian", CUSTODIAN), 2),
        (("retry", "--from", STRANGER), 2),
        (("show", "sub_nothing"), 3),
        (("reject", "--all", "--reason", "spam"), 4),
        (("release", "sub_nothing", "--reason", "x"), 4),
    ],
    ids=str,
)
def test_what_cannot_be_done_changes_nothing(lying, arguments, status):
    before = ids(lying)
    assert lying.run("quarantine", *arguments).status == status
    assert ids(lying) == before


def test_one_that_does_not_lie_there_stops_all_of_the_batch(lying):
    before = ids(lying)
    lying.json("quarantine", "assign", before[0], "sub_nothing", "--custodian", CUSTODIAN, status=3)
    assert ids(lying) == before


def test_what_is_archived_can_be_neither_assigned_nor_released_nor_rejected(lying, officer):
    one = ids(lying)[0]
    lying.json("quarantine", "assign", one, "--custodian", CUSTODIAN)
    assert lying.run("quarantine", "assign", one, "--custodian", CUSTODIAN).status == 5
    for act in ("reject", "release"):
        answer = lying.run("quarantine", act, one, "--reason", "x", "--as", "olga", **officer)
        assert answer.status == 5, answer.err


def test_rejected_submission_is_kept_and_can_still_be_assigned(lying, officer):
    one = ids(lying)[0]
    answer = lying.run("quarantine", "reject", one, "--reason", "advertising", "--as", "olga", **officer)
    assert answer.status == 0, answer.err
    assert one not in ids(lying)
    assert [each["state"] for each in listed(lying, "--rejected")].count("rejected") == 1
    ((actor, subjects, payload),) = events(lying, EventKind.SUBMISSION_REJECTED)
    assert actor.startswith("usr_")
    assert (subjects, payload) == ((one,), {"reason": "advertising"})
    assert lying.run("quarantine", "reject", one, "--reason", "twice", "--as", "olga", **officer).status == 5
    assert lying.json("quarantine", "assign", one, "--custodian", CUSTODIAN)["archived"] == 1


def test_released_submission_is_a_record_that_says_that_it_was_not_read(lying, officer):
    one = ids(lying)[0]
    asked = ("quarantine", "release", one, "--as", "olga", "--json")
    assert lying.run(*asked, "--reason", "evidence", **officer).status == 2
    assert lying.run(*asked, "--reason", " ", "--custodian", CUSTODIAN, **officer).status == 2
    answer = lying.run(*asked, "--reason", "evidence", "--custodian", CUSTODIAN, **officer)
    assert answer.status == 0, answer.err
    record = lying.json("record", "show", answer.document["record"])
    assert record["kind"] == "document"
    assert any("not read" in line for line in record["unsearchable"])
    assert record["captured"]["custodian"] == CUSTODIAN
    assert one not in ids(lying)
    assert lying.json("verify")["faults"] == []


def test_batch_by_sender_means_that_sender_only(lying, officer):
    assert [one["sender"] for one in listed(lying)] == [STRANGER, STRANGER, "other@far.example"]
    asked = ("quarantine", "reject", "--all", "--reason", "x", "--as", "olga", "--from")
    assert lying.run(*asked, "nobody@far.example", **officer).status == 3
    assert lying.run(*asked, STRANGER.upper(), **officer).status == 0
    assert [one["sender"] for one in listed(lying)] == ["other@far.example"]


def test_one_whose_bytes_are_damaged_does_not_hide_the_others(lying, monkeypatch):
    real, damaged = quarantine._read, ids(lying)[0]

    def read(installation, reader, one, about) -> object:
        if one.id == damaged:
            raise Corrupt("damaged")
        return real(installation, reader, one, about)

    monkeypatch.setattr(quarantine, "_read", read)
    found = listed(lying)
    assert len(found) == 3
    assert [one["sender"] for one in found[1:]] == [STRANGER, "other@far.example"]
