"""Pictures linked to better evidence through the command line, in both orders, after corrections and destructions.

The engines are planted (`tests.ingest.planted_pictures`): what they read stands at the end of each picture.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from sqlalchemy import func, or_, select

from archiver import reading_turns
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from search.message_digests import plain
from storage.destruction_rows import rows_left, take_out
from storage.destructions import DestroyedRecord
from storage.matching_tables import message_digests, message_links
from storage.tables import records
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, PERSONAL, Office, a_mail
from tests.archiver.test_picture_command import PLANTED, hand_in, png

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.wiring import Installation

OTHER = "lee@agency.example"
SAID = ("The bus to the museum leaves at 7:40", "Who brings the signed forms?", "ok", "The heronry opens on Friday")
CHAT = "\n".join(f"3/2/26, 9:4{place} - Ana: {text}" for place, text in enumerate(SAID)) + "\n"


@pytest.fixture(autouse=True, scope="module")
def _planted() -> Iterator[None]:
    with mock.patch.object(reading_turns, "READER_MODULE", PLANTED):
        yield


@pytest.fixture(scope="module")
def with_export(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive with an export, and its record's id."""
    place = tmp_path_factory.mktemp("export")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    return office.folder, an_export(office, place)


@pytest.fixture
def holding(with_export: tuple[Path, str], tmp_path: Path) -> tuple[Office, str]:
    """A copy of it, and the record's id."""
    folder, export = with_export
    return Office(folder=shutil.copytree(folder, tmp_path / "holding")), export


@pytest.fixture(scope="module")
def with_both(with_export: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """An archive with an export and a picture of all of it, and their records' ids."""
    place = tmp_path_factory.mktemp("both")
    folder, export = with_export
    office = Office(folder=shutil.copytree(folder, place / "archive"))
    return office.folder, a_picture(office, place), export


@pytest.fixture
def linked(with_both: tuple[Path, str, str], tmp_path: Path) -> tuple[Office, str, str]:
    """A copy of it, and the ids of the picture and of the export."""
    folder, picture, export = with_both
    return Office(folder=shutil.copytree(folder, tmp_path / "linked")), picture, export


def a_picture(office: Office, tmp_path: Path, *said: str) -> str:
    record_id = hand_in(office, tmp_path / "a.png", png(*(f"said:{one}" for one in said or SAID)))
    office.json("picture", "read")
    return record_id


def an_export(office: Office, tmp_path: Path, custodian: str = CUSTODIAN) -> str:
    path = tmp_path / f"WhatsApp Chat with Ana {custodian}.txt"
    path.write_text(CHAT, "utf-8")
    answer = office.run("ingest", str(path), "--custodian", custodian, "--json")
    assert answer.document["records"] == 1, answer.out
    return max(one["id"] for one in office.json("record", "list"))


@contextmanager
def opened(office: Office) -> Iterator[Installation]:
    keyring = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(office.folder, keyring)
    try:
        yield installation
    finally:
        installation.close()


def rows_of(archive, record_id: str) -> tuple[int, int]:
    """How many rows of digests and of links there are about a record."""
    ends = or_(message_links.c.pictured_id == record_id, message_links.c.better_id == record_id)
    with archive.store.read() as connection:
        digests = connection.execute(select(func.count()).where(message_digests.c.record_id == record_id)).scalar_one()
        links = connection.execute(select(func.count()).select_from(message_links).where(ends)).scalar_one()
    return digests, links


@pytest.mark.parametrize("picture_first", [True, False])
def test_a_picture_is_linked_to_the_export_of_its_messages_in_both_orders(office, tmp_path, linked, picture_first):
    if picture_first:
        picture, export = a_picture(office, tmp_path), an_export(office, tmp_path)
    else:
        office, picture, export = linked
    shown = office.json("record", "show", picture)
    (link,) = shown["evidence"]
    assert (link["record"], link["grade"], link["matched"], link["equal"], link["of"]) == (export, "B", 4, 4, 4)
    assert [one["matched"] for one in shown["messages"]] == [export] * 4
    assert shown["messages"][3]["match"] == {"record": export, "grade": "B", "message": 3, "equal": True}
    assert [one["record"] for one in office.json("record", "show", export)["shown_by"]] == [picture]
    assert shown["provenance"]["grade"] == "D"
    text = office.run("record", "show", picture).out
    assert f"better     {export} (conversation, grade B) holds 4 of 4 messages" in text


def test_letters_that_were_misread_match_and_are_said_to_differ(holding, tmp_path):
    office, export = holding
    picture = a_picture(office, tmp_path, "The bus to the musewm leaves at 7:40", "Who brings the siqned forms?", "Ok!")
    (link,) = office.json("record", "show", picture)["evidence"]
    assert (link["record"], link["matched"], link["equal"]) == (export, 3, 1)
    assert "2 of them differ" in office.run("record", "show", picture).out


@pytest.mark.parametrize(
    "said",
    [
        ("The bus to the museum leaves at 8:40", "Who brought the unsigned forms?"),
        ("ok", "thanks", "see you"),
        ("The lunch menu changes on Monday", "Is the gymnasium open?"),
    ],
)
def test_other_messages_are_not_linked(holding, tmp_path, said):
    office, _ = holding
    assert office.json("record", "show", a_picture(office, tmp_path, *said))["evidence"] == []


def test_the_same_messages_of_another_custodian_are_not_linked(office, tmp_path):
    office.json("custodian", "add", OTHER, "--name", "Lee Moreau")
    export = an_export(office, tmp_path, OTHER)
    assert office.json("record", "show", a_picture(office, tmp_path))["evidence"] == []
    assert office.json("record", "show", export)["shown_by"] == []


def test_a_mail_with_the_same_messages_is_linked(office, tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(a_mail("Fwd: chat", "She wrote:\r\n" + "\r\n".join(f"> {one}" for one in SAID), sender=PERSONAL))
    office.json("ingest", str(path))
    (link,) = office.json("record", "show", a_picture(office, tmp_path))["evidence"]
    assert (link["kind"], link["matched"]) == ("email", 3)


def test_after_a_correction_it_is_matched_anew(holding, tmp_path):
    office, export = holding
    picture = a_picture(office, tmp_path, "Tlne bvs lo tne nuseum heaves of 7:40", "Wlio brlngs tne siqmed fonms?")
    assert office.json("record", "show", picture)["evidence"] == []
    office.json("transcript", "correct", picture, "--message", "1", "--text", SAID[0])
    office.json("transcript", "correct", picture, "--message", "2", "--text", SAID[1])
    (link,) = office.json("record", "show", picture)["evidence"]
    assert (link["record"], link["equal"]) == (export, 2)
    office.json("transcript", "correct", picture, "--message", "1", "--text", "Something else altogether")
    office.json("transcript", "correct", picture, "--message", "2", "--remove")
    assert office.json("record", "show", picture)["evidence"] == []


@pytest.mark.parametrize("which", ["picture", "export"])
def test_with_either_record_its_digests_and_the_link_go(linked, which):
    office, picture, export = linked
    assert len(office.json("record", "show", picture)["evidence"]) == 1
    gone, left = (picture, export) if which == "picture" else (export, picture)
    with opened(office) as installation:
        archive = installation.archive
        with archive.store.read() as connection:
            of = connection.execute(select(records.c.submission_id).where(records.c.id == gone)).scalar_one()
        destroyed = [DestroyedRecord(record_id=gone, submission_id=of, batch_id="-", position=0)]
        assert rows_of(archive, gone) == (1, 1)
        with archive.store.write() as transaction:
            take_out(transaction.connection, destroyed)
        assert rows_of(archive, gone) == (0, 0)
        assert rows_of(archive, left) == (1, 0)
        with archive.store.read() as connection:
            about = [one for one in rows_left(connection, destroyed) if "messages" in one or "link" in one]
        assert about == []
    shown = office.json("record", "show", left)
    assert (shown["evidence"], shown["shown_by"]) == ([], [])
    assert all(one.get("matched") is None for one in shown["messages"])


def test_digests_that_stayed_are_found_before_a_destruction_is_confirmed(linked):
    office, picture, export = linked
    office.json("record", "show", picture)
    with opened(office) as installation, installation.archive.store.read() as connection:
        there = [DestroyedRecord(record_id=export, submission_id="sub_none", batch_id="-", position=0)]
        found = rows_left(connection, there)
    assert {f"digests of messages of {export}", f"a link to pictures of {export}"} <= set(found)


def test_nothing_readable_stands_in_the_digests(linked):
    office, picture, _ = linked
    office.json("record", "show", picture)
    of_picture = select(message_digests.c.digests).where(message_digests.c.record_id == picture)
    with opened(office) as installation, installation.archive.store.read() as connection:
        (digests,) = connection.execute(of_picture).scalars()
    assert digests
    assert len(digests) % 8 == 0
    assert not any(plain(one).encode()[:6] in digests for one in SAID if len(one) > 6)
