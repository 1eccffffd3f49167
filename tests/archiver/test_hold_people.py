"""Holds on people whom the archive knows by what was said of a handle, before the hold was placed or after it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from archiver.known_people import KnownPeople
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from ingest.participants import Participants
from retention.hold_judging import Judging
from retention.hold_listing import pending_count
from retention.hold_standing import Ground, HoldStanding
from search.rule_matching import RuleMatcher
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.wiring import Installation
    from retention.ports import Match

LINE = '<sms protocol="0" address="{}" date="{}" type="1" body="{}" read="1" status="-1" contact_name="{}" />'
COACH = "Coach <+15035550199>"


@pytest.fixture(scope="module")
def talked(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with messages of two people whom nobody knows, each in a record of its own."""
    place = tmp_path_factory.mktemp("people")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    lines = [
        LINE.format("+15035550199", 1767398400000, "Practice at six", "Coach"),
        LINE.format("+15035550177", 1767398400000, "The bus is late", "Driver"),
    ]
    inbox = place / "inbox"
    inbox.mkdir()
    joined = "\n".join(lines)
    header = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>"
    (inbox / "sms.xml").write_text(f'{header}\n<smses count="2">\n{joined}\n</smses>\n')
    office.json("ingest", str(inbox), "--custodian", CUSTODIAN)
    return office.folder


@pytest.fixture
def office(talked: Path, tmp_path: Path) -> Office:
    return Office(folder=shutil.copytree(talked, tmp_path / "archive"))


@contextmanager
def opened(office: Office) -> Iterator[Installation]:
    installation = open_installation(
        office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    )
    try:
        yield installation
    finally:
        installation.close()


def coach(office: Office) -> tuple[str, str]:
    """The id of the coach's handle, and of the record in which it is."""
    found = {one["handle"]: one["id"] for one in office.json("participant", "list")["participants"]}
    shown = office.json("participant", "show", found[COACH])
    return found[COACH], shown["records"][0]["id"]


def link(office: Office, handle: str) -> None:
    office.json("participant", "link", handle, "--name", "Pat Roe", "--address", "pat@far.example")


def held(office: Office, hold_id: str) -> dict[str, str]:
    """What a hold holds by its rule, with the ground."""
    found = office.json("hold", "records", hold_id)["records"]
    return {one["id"]: one["ground"] for one in found}


def standing(office: Office) -> dict[str, set[Ground]]:
    """How all records stand at this moment, with nothing compared before."""
    with opened(office) as installation, installation.archive.store.read() as connection:
        ids = [one.id for one in installation.archive.catalogue.page_records(connection, None, 100)]
        found = HoldStanding().held(connection, ids)
        hold = installation.holds.list(connection)[0]
        waiting = [one for one, under in found.items() if any(each.ground is Ground.PENDING for each in under)]
        assert pending_count(connection, hold) == len(waiting)  # lists and the destroying transaction agree
        return {one: {each.ground for each in under} for one, under in found.items()}


@pytest.mark.parametrize(
    "rule", [("--query", "participant:Pat"), ("--correspondent", "Pat Roe"), ("--account", "pat@far.example")]
)
def test_a_link_made_before_the_hold_is_known_to_it(office: Office, rule: tuple[str, str]):
    handle, record = coach(office)
    link(office, handle)
    hold = office.json("hold", "place", "--reason", "a case", *rule)
    assert held(office, hold["id"])[record] == "match"


def test_a_link_made_after_the_hold_holds_from_its_commit_on_and_until_it_is_taken_off(office: Office):
    handle, record = coach(office)
    hold = office.json("hold", "place", "--reason", "a case", "--query", "participant:Pat")
    assert held(office, hold["id"]) == {}
    assert record not in standing(office)
    link(office, handle)
    assert standing(office)[record] >= {Ground.PENDING}
    assert held(office, hold["id"]) == {record: "match"}
    office.json("participant", "unlink", handle)
    assert standing(office)[record] >= {Ground.PENDING}
    assert held(office, hold["id"]) == {}
    assert record not in standing(office)


def test_a_custodian_who_gets_the_number_is_found_in_older_records(office: Office):
    _, record = coach(office)
    hold = office.json("hold", "place", "--reason", "a case", "--query", "participant:pat@agency.example")
    assert held(office, hold["id"]) == {}
    office.json("custodian", "add", "pat@agency.example", "--name", "Pat Roe", "--also", "(503) 555-0199")
    assert standing(office)[record] >= {Ground.PENDING}
    assert held(office, hold["id"]) == {record: "match"}


def test_what_was_compared_while_a_link_was_made_frees_nothing(office: Office):
    handle, record = coach(office)
    hold = office.json("hold", "place", "--reason", "a case", "--query", "participant:Pat", "--no-wait")
    with opened(office) as installation:
        archive = installation.archive
        participants = Participants(archive)
        with archive.store.read() as connection:
            met = participants.met(connection)
            tag, of = next((tag, one.custodian_id) for tag, one in met.items() if one.sample == record and one.address)

        class Meanwhile(RuleMatcher):
            """Somebody else makes the link, and another program follows it, when a record was opened."""

            def match(self, *arguments: Any) -> Match:
                if not done:
                    done.append(1)
                    kind = {"platform": "sms", "handle": COACH, "name": "Pat Roe", "actor": "usr_1"}
                    participants.link(tag, of, **kind)
                    installation.judging().catch_up()
                return super().match(*arguments)

        def look(_done: int, _total: int | None) -> None:
            with archive.store.read() as connection:
                seen.append(record in HoldStanding().held(connection, [record]))

        done: list[int] = []
        seen: list[bool] = []
        people = KnownPeople(archive)
        Judging(archive, installation.holds, Meanwhile(archive.zone), actor="a test", people=people).catch_up(
            progress=look
        )
    assert (done, seen) == ([1], [True])
    assert standing(office)[record] & {Ground.PENDING, Ground.MATCH}
    assert held(office, hold["id"])[record] == "match"
    assert handle
