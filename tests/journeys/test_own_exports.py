"""Chats as employees hand them in: files, zips, folders, a mail with a chat, a later export, something unknown."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import CUSTODIAN, PERSONAL, Office
from tests.journeys import own_exports as own

if TYPE_CHECKING:
    from pathlib import Path

CHAT = "WhatsApp Chat with Pat Roe.txt"
ATTACHED = "3/5/26, 16:20 - Lee Coe: The tapir bus leaves at 8\n3/5/26, 16:21 - Jane Doe: Noted\n"
LATER = own.SAID_ON_MONDAY + own.ADDED_LATER


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The archive with all of them in it, and what the run said."""

    office: Office
    inbox: Path
    report: dict[str, Any]
    items: dict[str, dict[str, Any]]
    status: int

    def shown(self, query: str) -> dict[str, Any]:
        """The one record that a search finds."""
        (hit,) = self.office.json("search", query)["hits"]
        document: dict[str, Any] = self.office.json("record", "show", hit["id"])
        return document


def ingest(office: Office, inbox: Path, folder: Path) -> Taken:
    answer = office.run("ingest", inbox, "--custodian", CUSTODIAN, "--items", folder / "items.jsonl", "--json")
    lines = [json.loads(line) for line in (folder / "items.jsonl").read_text("utf-8").splitlines()]
    items = {one["source"]: one for one in lines}
    assert len(items) == len(lines)
    return Taken(office=office, inbox=inbox, report=answer.document, items=items, status=answer.status)


@pytest.fixture(scope="module")
def taken(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    place = tmp_path_factory.mktemp("own")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    thread = json.dumps({"participants": [{"name": "Ann"}, {"name": "Jane Doe"}], "title": "Ann", "messages": [
        {"sender_name": "Ann", "timestamp_ms": 1772985600000, "content": "A lemur visit?",
         "photos": [{"uri": "messages/inbox/ann_2/photos/lemur.jpg"}]}]})  # fmt: skip
    files = {
        CHAT: own.SAID_ON_MONDAY.encode(),
        "WhatsApp Chat - Sam Poe.zip": own.whatsapp_zip(),
        "result.json": own.telegram_json(),
        "facebook-jane.zip": own.messenger_zip(),
        "sms-20260305.xml": own.sms_xml(),
        "Workspace Slack export.zip": own.slack_zip(),
        "entries.json": own.unknown_json(),
        "chat.eml": own.mail_with(ATTACHED.encode(), "WhatsApp Chat with Lee Coe.txt", sender=PERSONAL),
        "unpacked/messages/inbox/ann_2/message_1.json": thread.encode(),
        "unpacked/messages/inbox/ann_2/photos/lemur.jpg": own.PICTURE,
        "notes.txt": b"The board met.\n",
    }
    for name, content in files.items():
        path = place / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return ingest(office, place / "in", place)


def test_each_thing_handed_in_is_one_item_with_one_outcome(taken: Taken) -> None:
    outcomes = {source.removeprefix("in/"): one["outcome"] for source, one in taken.items.items()}
    assert outcomes == {
        CHAT: "archived",
        "WhatsApp Chat - Sam Poe.zip": "archived",
        "result.json": "archived",
        "facebook-jane.zip": "archived",
        "sms-20260305.xml": "archived",
        "Workspace Slack export.zip": "archived",
        "entries.json": "quarantined",
        "chat.eml": "archived",
        "unpacked": "archived",
        "notes.txt": "archived",
    }
    assert (taken.report["seen"], taken.status) == (10, 6)


def test_a_day_of_a_chat_is_a_record_with_all_that_was_said(taken: Taken) -> None:
    shown = taken.shown("wombat")
    assert (shown["kind"], shown["platform"], shown["conversation"]["day"]) == (
        "conversation",
        "whatsapp",
        "2026-03-02",
    )
    told = [(one["at"], one["sender"], one["text"], one["system"]) for one in shown["messages"]]
    assert told[1:3] == [
        ("2026-03-02T10:06:00", "Jane Doe", "The wombat field trip is on Thursday", False),
        ("2026-03-02T10:07:00", "Pat Roe", "Who brings the bus?\nI cannot", False),
    ]
    assert told[0][1::2] == (None, True)
    assert [one["present"] for one in shown["messages"][3]["attachments"]] == [False]


def test_a_chat_is_exported_byte_for_byte(taken: Taken, tmp_path: Path) -> None:
    shown = taken.shown("wombat")
    taken.office.json("record", "export", shown["id"], "--to", str(tmp_path / "out"))
    assert (tmp_path / "out" / "001-original.txt").read_bytes() == own.SAID_ON_MONDAY.encode().removesuffix(b"\n")


@pytest.mark.parametrize(
    ("word", "platform", "sender", "at", "text"),
    [
        ("quokka", "whatsapp", "Sam Poe", "2026-03-13T09:15:00", "Parents ask about the quokka lesson"),
        ("capybaras", "telegram", "Jane Doe", "2026-03-03T16:00:00+00:00", "see https://a.example for capybaras"),
        ("später", "messenger", "Zoë Moe", "2026-03-04T16:01:00+00:00", "Gerne, bis später 😀"),
        ("pangolin", "sms", "Town Hall <+15550100>", "2026-03-05T17:00:00+00:00", "Your pangolin permit is ready"),
        ("ocelot", "slack", "Jane Doe", "2026-03-06T16:00:00.000100+00:00", "Ask @Jane Doe about the ocelot & co"),
        ("lemur", "messenger", "Ann", "2026-03-08T16:00:00+00:00", "A lemur visit?"),
        ("tapir", "whatsapp", "Lee Coe", "2026-03-05T16:20:00", "The tapir bus leaves at 8"),
    ],
)  # fmt: skip
def test_a_message_is_found_by_a_word_with_its_sender_and_time(
    taken: Taken, word: str, platform: str, sender: str, at: str, text: str
) -> None:
    found = [taken.office.json("record", "show", hit["id"]) for hit in taken.office.json("search", word)["hits"]]
    (shown,) = [one for one in found if one["kind"] == "conversation"]
    assert shown["platform"] == platform
    assert (at, sender, text) in [(one["at"], one["sender"], one["text"]) for one in shown["messages"]]


@pytest.mark.parametrize("word", ["quokka", "pangolin", "lemur"])
def test_the_picture_that_a_message_carries_is_in_its_record(taken: Taken, word: str) -> None:
    shown = taken.shown(word)
    digest = hashlib.sha256(own.PICTURE).hexdigest()
    attached = [file for one in shown["messages"] for file in one["attachments"]]
    assert [(file["sha256"], file["present"]) for file in attached] == [(digest, True)]
    assert digest in [one["sha256"] for one in shown["components"]]


def test_a_chat_that_a_mail_carries_is_a_record_beside_the_mail(taken: Taken) -> None:
    mail = taken.items["in/chat.eml"]
    kinds = sorted(taken.office.json("record", "show", one)["kind"] for one in mail["records"])
    assert kinds == ["conversation", "email"]


def test_an_unpacked_folder_is_said_to_be_packed_and_accounts_for_its_files(taken: Taken) -> None:
    remark = "packed by the archive from a folder of 2 files; the SHA-256 of each is in the zip"
    assert taken.items["in/unpacked"]["reason"] == remark
    shown = taken.office.json("container", "show", taken.items["in/unpacked"]["submission"])
    assert (shown["remark"], shown["kind"], shown["findings"]) == (remark, "zip", [])
    tallies = {one["what"]: (one["held"], one["taken"]) for one in shown["tallies"]}
    assert (tallies["messages"], tallies["media"]) == ((1, 1), (None, 1))


def test_an_export_that_nobody_knows_waits_for_a_person(taken: Taken) -> None:
    unknown = taken.items["in/entries.json"]
    assert unknown["records"] == []
    assert "formats of exports is that of this file" in unknown["reason"]
    assert taken.office.json("search", "aardvark")["total"] == 0


def test_handing_all_of_it_in_again_finds_nothing_new(taken: Taken) -> None:
    again = taken.office.run("ingest", taken.inbox, "--custodian", CUSTODIAN, "--json").document
    assert (again["archived"], again["records"], again["duplicate"]) == (0, 0, 10)


def test_a_later_export_adds_what_is_new_as_a_part(taken: Taken, tmp_path: Path) -> None:
    (tmp_path / CHAT).write_text(LATER, "utf-8")
    later = ingest(taken.office, tmp_path / CHAT, tmp_path)
    (item,) = later.items.values()
    assert (later.status, item["outcome"], len(item["records"])) == (0, "archived", 1)
    part = later.shown("narwhal")
    first = later.shown("wombat")
    assert [one["text"] for one in part["messages"] if one["sender"] == "Pat Roe"][-1] == "The narwhal crew brings it"
    assert part["part_of"] == first["id"]
    overlap = taken.office.json("container", "show", item["submission"])["overlap"]
    assert overlap == {"records": 1, "parts": 1, "known": 4, "changed": 0, "lacking": 0, "absent_days": 0}


def test_a_day_that_a_later_export_lacks_altogether_is_told(taken: Taken, tmp_path: Path) -> None:
    days = [f"4/{day}/26, 10:{day} - Kim Loe: The heron note {day}\n" for day in (13, 14, 15)]
    items = []
    for name, said in (("first", days), ("second", [days[0], days[2], days[2].replace("note", "list")])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "WhatsApp Chat with Kim Loe.txt").write_text("".join(said), "utf-8")
        items += ingest(taken.office, folder / "WhatsApp Chat with Kim Loe.txt", folder).items.values()
    overlap = taken.office.json("container", "show", items[1]["submission"])["overlap"]
    assert (overlap["absent_days"], overlap["known"]) == (1, 2)


def test_the_archive_is_sound_with_all_of_it(taken: Taken) -> None:
    assert taken.office.json("verify", "--all")["faults"] == []
