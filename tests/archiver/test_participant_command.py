"""Who takes part in exported conversations, at the command line: known, suggested, linked, never by a name alone."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from archiver.access import Principal, Role
from archiver.checking import check_now
from archiver.participants import list_participants
from archiver.wiring import open_installation
from ingest.participants import Participants
from storage.keys import Secret, SlotKind, unlock
from storage.tables import ledger_leaves
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.wiring import Installation

BOB = "bob@agency.example"
SMS = """<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>
<smses count="3">
{}
</smses>
"""
LINE = '<sms protocol="0" address="{}" date="{}" type="{}" body="{}" read="1" status="-1" contact_name="{}" />'
CHAT = """1/5/26, 10:06 - Messages and calls are end-to-end encrypted. No one outside of this chat can read them.
1/5/26, 10:07 - Jane Doe: The bus is late
1/5/26, 10:08 - +1 503-555-0142: Which one?
1/15/26, 10:08 - Head <head@agency.example>: All of them
"""


@pytest.fixture(scope="module")
def talked(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose custodians have telephones, with messages between them and others."""
    place = tmp_path_factory.mktemp("talked")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    office.json("custodian", "add", BOB, "--name", "Bob Roe", "--also", "(503) 555-0142")
    office.json("custodian", "add", "head@agency.example", "--name", "Hedda Head")
    lines = [
        LINE.format("+15035550142", 1767312000000, 1, "Hello", "Bobby"),
        LINE.format("+15035550142", 1767398400000, 2, "Hello back", "Bobby"),
        LINE.format("+15035550199", 1767398400000, 1, "Practice at six", "Coach"),
    ]
    inbox = place / "inbox"
    inbox.mkdir()
    (inbox / "sms.xml").write_text(SMS.format("\n".join(lines)))
    (inbox / "WhatsApp Chat with Team.txt").write_text(CHAT)
    office.json("ingest", str(inbox), "--custodian", CUSTODIAN)
    return office.folder


@pytest.fixture
def talking(talked: Path, tmp_path: Path) -> Office:
    return Office(folder=shutil.copytree(talked, tmp_path / "archive"))


@contextmanager
def opened(office: Office) -> Iterator[Installation]:
    """The archive of an office, opened in this program."""
    keys = unlock(office.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode()))
    installation = open_installation(office.folder, keys)
    try:
        yield installation
    finally:
        installation.close()


def people(office: Office, *options: str) -> dict[str, dict[str, Any]]:
    return {one["handle"]: one for one in office.json("participant", "list", *options)["participants"]}


def one_of(office: Office, handle: str) -> str:
    found: str = people(office)[handle]["id"]
    return found


def a_record(office: Office, handle: str) -> dict[str, Any]:
    shown = office.json("participant", "show", one_of(office, handle))
    document: dict[str, Any] = office.json("record", "show", shown["records"][0]["id"])
    return document


def test_an_archive_without_conversations_says_so(office: Office):
    answer = office.run("participant", "list")
    assert (answer.status, answer.out) == (0, "No conversation has participants yet.\n")
    assert office.json("participant", "list") == {"participants": [], "unresolved": 0}
    assert office.run("participant", "list", "--unresolved").out == "Every handle is resolved.\n"


def test_custodians_are_known_by_number_and_as_owners_and_by_nothing_else(talking: Office):
    found = people(talking)
    how = {handle: (one["custodian"], one["how"]) for handle, one in found.items()}
    assert how == {
        "Me": (CUSTODIAN, "by the export's owner"),
        "Bobby <+15035550142>": (BOB, "by the address"),
        "+1 503-555-0142": (BOB, "by the address"),
        "Coach <+15035550199>": (None, None),
        "Jane Doe": (None, None),
        "Head <head@agency.example>": (None, None),
    }
    assert found["Jane Doe"]["suggestion"]["custodian"] == CUSTODIAN
    assert "share names" in found["Jane Doe"]["suggestion"]["why"]
    assert "anybody may call himself so" in found["Head <head@agency.example>"]["suggestion"]["why"]
    assert found["Coach <+15035550199>"]["suggestion"] is None


def test_each_handle_tells_its_records_and_days(talking: Office):
    bobby = people(talking)["Bobby <+15035550142>"]
    assert (bobby["platform"], bobby["of"], bobby["records"]) == ("sms", CUSTODIAN, 2)
    assert (bobby["first_day"], bobby["last_day"]) == ("2026-01-01", "2026-01-02")
    shown = talking.json("participant", "show", bobby["id"])
    assert [one["day"] for one in shown["records"]] == ["2026-01-01", "2026-01-02"]
    assert {name: shown[name] for name in ("handle", "name", "how", "first_day", "last_day")} == {
        name: bobby[name] for name in ("handle", "name", "how", "first_day", "last_day")
    }


def test_the_list_can_be_narrowed(talking: Office):
    assert set(people(talking, "--unresolved")) == {"Coach <+15035550199>", "Jane Doe", "Head <head@agency.example>"}
    assert set(people(talking, "--unresolved", "--platform", "SMS")) == {"Coach <+15035550199>"}
    assert people(talking, "--platform", "line") == {}


def test_a_link_shows_in_records_that_were_there_and_an_unlink_takes_it_back(talking: Office):
    coach = one_of(talking, "Coach <+15035550199>")
    before = a_record(talking, "Coach <+15035550199>")
    assert before["conversation"]["people"][0] == {
        "id": coach,
        "handle": "Coach <+15035550199>",
        "custodian": None,
        "name": None,
        "address": None,
        "how": None,
    }
    linked = talking.json("participant", "link", coach, "--name", " Carla  Oach ", "--address", "(503) 555-0199")
    assert (linked["name"], linked["address"], linked["how"]) == ("Carla Oach", "+15035550199", "by a link")
    after = a_record(talking, "Coach <+15035550199>")
    assert after["conversation"]["people"][0]["name"] == "Carla Oach"
    assert after["captured"] == before["captured"]
    text = talking.run("record", "show", after["id"]).out
    assert "With:     Coach <+15035550199> (Carla Oach), Me (Jane Doe)" in text
    assert "Coach <+15035550199>" not in people(talking, "--unresolved")
    assert talking.json("participant", "unlink", coach)["how"] is None
    assert a_record(talking, "Coach <+15035550199>")["conversation"] == before["conversation"]


def test_a_link_to_a_custodian_wins_over_what_an_address_says(talking: Office):
    bobby = one_of(talking, "Bobby <+15035550142>")
    linked = talking.json("participant", "link", bobby, "--custodian", CUSTODIAN)
    assert (linked["custodian"], linked["name"], linked["how"]) == (CUSTODIAN, "Jane Doe", "by a link")
    assert talking.json("participant", "unlink", bobby)["how"] == "by the address"


def test_a_custodian_who_is_added_later_is_known_in_old_records(talking: Office):
    talking.json("custodian", "add", "coach@agency.example", "--name", "Carla Oach", "--also", "+1 503 555 0199")
    assert people(talking)["Coach <+15035550199>"]["custodian"] == "coach@agency.example"
    assert a_record(talking, "Coach <+15035550199>")["conversation"]["people"][0]["how"] == "by the address"


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        ((), 2, "either --custodian"),
        (("--custodian", BOB, "--name", "Bob Roe"), 2, "either --custodian"),
        (("--custodian", BOB, "--address", "x@y.example"), 2, "either --custodian"),
        (("--custodian", "nobody@agency.example"), 3, "no custodian has this address"),
        (("--name", "  "), 2, "a full name"),
        (("--name", "a\x1b[31m"), 2, "a full name"),
        (("--name", "x" * 201), 2, "a full name"),
        (("--name", "Bob", "--address", "somewhere"), 2, "neither an e-mail address nor"),
        (("--name", "Bob", "--address", BOB), 5, "a custodian has this address"),
    ],
)
def test_a_link_that_cannot_be_is_refused_with_a_sentence(talking: Office, options, status, says):
    answer = talking.run("participant", "link", one_of(talking, "Coach <+15035550199>"), *options)
    assert answer.status == status
    assert says in answer.err
    assert people(talking)["Coach <+15035550199>"]["how"] is None


def test_a_second_link_waits_for_the_first_to_be_taken_off(talking: Office):
    coach = one_of(talking, "Coach <+15035550199>")
    talking.json("participant", "link", coach, "--name", "Carla Oach")
    assert talking.run("participant", "link", coach, "--custodian", BOB).status == 5
    assert people(talking)["Coach <+15035550199>"]["name"] == "Carla Oach"
    talking.json("participant", "unlink", coach)
    assert talking.run("participant", "unlink", coach).status == 5
    talking.json("participant", "link", coach, "--custodian", BOB)


@pytest.mark.parametrize("wrong", ["hdl_aaaqeayeaudaocajbifqydiob4", "rec_1"])
def test_a_handle_that_is_not_there_is_not_found(talking: Office, wrong: str):
    for words in (("show", wrong), ("unlink", wrong), ("link", wrong, "--name", "Mom")):
        answer = talking.run("participant", *words)
        assert answer.status == 3
        assert "archiver participant list" in answer.err


def test_links_are_events_that_name_nobody(talking: Office):
    coach = one_of(talking, "Coach <+15035550199>")
    talking.json("participant", "link", coach, "--name", "Carla Oach")
    talking.json("participant", "unlink", coach)
    with opened(talking) as installation, installation.archive.store.read() as connection:
        ledger = installation.archive.ledger
        about = select(ledger_leaves.c.position).where(ledger_leaves.c.kind.startswith("participant"))
        places = connection.execute(about.order_by(ledger_leaves.c.position)).scalars().all()
        said = [ledger.event_at(connection, one) for one in places]
        kinds = [one.event.kind.value.removeprefix("participant") for one in said]
        assert kinds[-4:] == [".linked", "s.viewed", ".unlinked", "s.viewed"]
        for one in said:
            payload = str(ledger.payload(connection, one.position))
            assert "Carla" not in payload + str(one.event)
            assert "Coach" not in payload + str(one.event)


def test_an_employee_sees_the_handles_of_his_own_records_only(talking: Office):
    with opened(talking) as installation:
        with installation.archive.store.read() as connection:
            jane, bob = (installation.archive.custodians.find(connection, one) for one in (CUSTODIAN, BOB))
        seen = {
            name: list_participants(
                installation, Principal(actor="usr_1", name=name, role=Role.EMPLOYEE, custodian_id=custodian_id)
            )
            for name, custodian_id in (("jane", jane), ("bob", bob))
        }
    assert len(seen["jane"]) == 6
    assert seen["bob"] == []


def test_the_doctor_counts_whom_nobody_knows(talking: Office):
    def told() -> tuple[str, str]:
        (one,) = [one for one in talking.run("doctor", "--json").document if one["check"] == "participants"]
        return one["verdict"], one["detail"]

    verdict, detail = told()
    assert verdict == "warning"
    assert "3 of 6" in detail
    assert "archiver participant list --unresolved" in detail
    for handle in people(talking, "--unresolved"):
        talking.json("participant", "link", one_of(talking, handle), "--name", "Somebody Known")
    assert told() == ("ok", "handles in exported conversations: 6, all resolved")


def test_an_export_of_a_record_names_its_people(talking: Office, tmp_path: Path):
    record = a_record(talking, "+1 503-555-0142")
    talking.json("record", "export", record["id"], "--to", str(tmp_path / "out"))
    assert '"Bob Roe"' in (tmp_path / "out" / "metadata.json").read_text("utf-8")


def test_a_later_export_adds_its_participants_to_the_record_of_the_day(talking: Office, tmp_path: Path):
    more = CHAT.replace("Which one?", "Which one?\n1/5/26, 10:09 - Zoe Zimmer: Mine too")
    (tmp_path / "WhatsApp Chat with Team.txt").write_text(more)
    talking.json("ingest", str(tmp_path / "WhatsApp Chat with Team.txt"), "--custodian", CUSTODIAN)
    record = a_record(talking, "+1 503-555-0142")
    assert "Zoe Zimmer" in [one["handle"] for one in record["conversation"]["people"]]


def test_every_row_of_the_register_opens_and_is_counted_alike(talking: Office):
    talking.json("participant", "link", one_of(talking, "Jane Doe"), "--custodian", CUSTODIAN)
    with opened(talking) as installation:
        with installation.archive.store.read() as connection:
            participants = Participants(installation.archive)
            assert participants.unresolved(connection) == (2, 6)
            assert len(participants.met(connection)) == 6
        report, _ = check_now(installation.archive, actor="operator:test")
    assert report.faults == []


def found(office: Office, query: str) -> int:
    total: int = office.json("search", query)["total"]
    return total


def test_a_search_finds_whom_a_handle_was_linked_to_until_the_link_is_taken_off(talking):
    ids = {one["handle"]: one["id"] for one in talking.json("participant", "list")["participants"]}
    coach = next(one for handle, one in ids.items() if handle.startswith("Coach"))
    assert found(talking, "participant:sorensen") == 0
    talking.json("participant", "link", coach, "--name", "Kim Sorensen", "--address", "kim@club.example")
    assert found(talking, "participant:sorensen") == 1
    assert found(talking, "correspondent:kim@club.example") == 1
    assert found(talking, "from:sorensen") == 1
    talking.json("participant", "unlink", coach)
    assert found(talking, "participant:sorensen") == 0


def test_a_search_finds_a_custodian_by_name_and_every_address_where_his_number_takes_part(talking):
    assert found(talking, "participant:roe") == 4
    assert found(talking, f"participant:{BOB}") == 4
    assert found(talking, "from:roe") == 1  # on the others Jane or somebody else wrote first
    assert found(talking, f"custodian:{BOB}") == 0  # the records are those of whose export it is


def test_a_custodian_who_is_added_later_is_found_in_what_was_there_before(talking):
    assert found(talking, "participant:later") == 0
    talking.json("custodian", "add", "later@agency.example", "--name", "Ann Later", "--also", "+1 503 555 0199")
    assert found(talking, "participant:later") == 1
    talking.json("index", "rebuild")
    assert (found(talking, "participant:later"), found(talking, "participant:roe")) == (1, 4)
