"""Drafts at the command line: listed, chosen from, confirmed, and seen by nobody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from archiver.chores import chores_of
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from ingest.drafts import Drafts
from storage.archive import open_archive
from tests.archiver.commands import CUSTODIAN, PASSPHRASE
from tests.ingest.draft_scene import CHAT, a_broken_zip
from tests.ingest.zip_writing import Planned, build

if TYPE_CHECKING:
    from pathlib import Path

    from storage.archive import Archive
    from storage.keys import Keyring
    from tests.archiver.commands import Answer, Office

COUNTS = ("archived", "duplicate", "quarantined", "failed", "waiting")


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "chat.txt"
    path.write_text(CHAT)
    return path


def add(office: Office, path: Path, *options: str, **environment: str) -> dict:
    return office.json("draft", "add", str(path), "--custodian", CUSTODIAN, *options, **environment)


def drafts(office: Office, **environment: str) -> list[dict]:
    return office.json("draft", "list", **environment)["drafts"]


def texts(office: Office, query: str) -> list[str]:
    ids = office.run("search", query, "--ids").out.split()
    return [office.json("record", "show", one)["text"] for one in ids]


def test_conversations_and_days_are_listed_with_their_numbers(office: Office, chat: Path):
    assert office.run("draft", "list").out == "You have no drafts.\n"
    shown = add(office, chat)
    (group,) = shown["groups"]
    assert (group["number"], group["title"], group["messages"]) == ("1", "Jane Doe, Pat Roe", 4)
    assert [(one["number"], one["day"], one["messages"], one["left_out"]) for one in group["entries"]] == [
        ("1.1", "2024-03-05", 2, None),
        ("1.2", "2024-03-15", 1, None),
        ("1.3", "2024-03-16", 1, None),
    ]
    assert [one["id"] for one in drafts(office)] == [shown["id"]]
    text = office.run("draft", "show", shown["id"], "--days").out
    assert "1.2  2024-03-15  1 message" in text
    assert "walrus" not in text
    assert "1.2" not in office.run("draft", "show", shown["id"]).out


def test_what_is_left_out_is_in_no_record_and_the_rest_is(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    chosen = office.json("draft", "choose", draft, "--leave-out", "1.2", "--reason", "medical")
    assert chosen["left_out"] == {"medical": {"conversations": 1, "days": 1, "messages": 1, "files": 0}}
    done = office.json("draft", "confirm", draft, "--yes")
    assert (done["state"], done["duplicate"], done["whole"]) == ("confirmed", False, False)
    report = done["report"]
    assert (report["seen"], report["archived"], report["records"]) == (1, 1, 2)
    assert report["seen"] == sum(report[name] for name in COUNTS)
    assert texts(office, "surgery") == []
    assert len(texts(office, "walrus")) == 1
    assert drafts(office) == []
    (box,) = office.json("container", "list")["containers"]
    assert (box["id"], box["kind"], box["declared"], box["taken"]) == (done["submission"], "selection", 2, 2)
    told = office.json("container", "show", box["id"])["remarks"]
    assert [one["text"] for one in told] == ["the submitter left out as medical: 1 conversation, 1 day, 1 message"]
    assert office.json("verify")["faults"] == []


def test_a_record_says_that_its_submitter_selected_it(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    office.json("draft", "confirm", draft, "--yes")
    (record,) = office.run("search", "walrus", "--ids").out.split()
    shown = office.json("record", "show", record)
    assert any(one.startswith("selected by the submitter") for one in shown["provenance"]["asserted"])
    assert shown["provenance"]["grade"] == "B"
    assert shown["captured"]["source"] == "chat.txt/Jane Doe, Pat Roe/2024-03-05"


def test_as_a_whole_it_is_the_upload_itself(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    done = office.json("draft", "confirm", draft, "--yes", "--whole")
    assert done["report"]["records"] == 3
    again = office.json("ingest", str(chat), "--custodian", CUSTODIAN)
    assert (again["seen"], again["duplicate"]) == (1, 1)
    (record,) = office.run("search", "walrus", "--ids").out.split()
    asserted = office.json("record", "show", record)["provenance"]["asserted"]
    assert not any("selected" in one for one in asserted)


def test_what_was_handed_in_before_is_known_message_by_message(office: Office, chat: Path):
    office.json("ingest", str(chat), "--custodian", CUSTODIAN)
    chat.write_text(CHAT + "[3/16/24, 9:05:02 AM] Jane Doe: heronry\n")
    draft = add(office, chat)["id"]
    office.json("draft", "choose", draft, "--leave-out", "1.1-1.2")
    done = office.json("draft", "confirm", draft, "--yes")
    assert done["report"]["records"] == 1
    (part,) = office.run("search", "heronry", "--ids").out.split()
    shown = office.json("record", "show", part)
    assert shown["part_of"] is not None or shown["parts"]


def test_keeping_takes_back_what_was_left_out(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    office.json("draft", "choose", draft, "--leave-out", "all")
    assert office.run("draft", "confirm", draft, "--yes").status == 5
    shown = office.json("draft", "choose", draft, "--leave-out", "1", "--keep", "1.3")
    assert [one["left_out"] for one in shown["groups"][0]["entries"]] == ["personal", "personal", None]


def test_without_waiting_it_is_durable_and_unpacked_by_whoever_comes_next(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    done = office.json("draft", "confirm", draft, "--yes", "--no-wait")
    assert "report" not in done
    (box,) = office.json("container", "list")["containers"]
    assert box["state"] == "open"
    assert office.json("container", "retry", box["id"])["state"] == "done"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("draft", "show", "drf_nothing"), 3),
        (("draft", "show", "../keyring"), 3),
        (("draft", "choose", "DRAFT"), 2),
        (("draft", "choose", "DRAFT", "--leave-out", "7"), 2),
        (("draft", "choose", "DRAFT", "--leave-out", "1", "--reason", "because"), 2),
        (("draft", "confirm", "DRAFT"), 2),
        (("draft", "discard", "DRAFT"), 2),
        (("draft", "confirm", "drf_nothing", "--yes"), 3),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(office: Office, chat: Path, arguments, status):
    draft = add(office, chat)["id"]
    answer = office.run(*[draft if one == "DRAFT" else one for one in arguments], "--json")
    assert (answer.status, set(answer.document)) == (status, {"error"})
    assert [one["left_out"] for one in drafts(office)] == [{}]


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("a.txt", b"minutes of the meeting", 2),
        ("a.eml", b"From: a@b.example\r\nSubject: x\r\n\r\nx", 2),
        ("a.zip", build(Planned(name=b"a.jpg", content=b"\xff\xd8\xff")), 2),
        ("a.zip", build(Planned(name=b"_chat.txt", content=CHAT.encode()))[:-30], 2),
        ("a.json", b'{"a": 1}', 2),
        ("a.txt", b"", 2),
    ],
)
def test_what_is_no_export_is_refused_and_nothing_of_it_is_kept(office: Office, tmp_path: Path, name, content, status):
    (tmp_path / name).write_bytes(content)
    answer = office.run("draft", "add", str(tmp_path / name), "--custodian", CUSTODIAN, "--json")
    assert (answer.status, answer.document["error"]["kind"]) == (status, "invalid_input")
    assert drafts(office) == []
    assert not any(path.is_file() for path in (office.folder / "drafts").rglob("*"))


def test_paths_that_cannot_be_taken(office: Office, chat: Path, tmp_path: Path):
    assert office.run("draft", "add", str(tmp_path / "none.txt"), "--custodian", CUSTODIAN).status == 3
    assert office.run("draft", "add", str(office.folder / "archive.db"), "--custodian", CUSTODIAN).status == 2
    assert office.run("draft", "add", str(chat)).status == 2
    assert office.run("draft", "add", str(chat), "--custodian", "nobody@agency.example").status == 3
    (tmp_path / "two").mkdir()
    for number in (1, 2):
        (tmp_path / "two" / f"{number}.txt").write_text(CHAT)
    assert office.run("draft", "add", str(tmp_path / "two"), "--custodian", CUSTODIAN).status == 2


def user(office: Office, name: str, role: str, *options: str) -> dict[str, str]:
    return {"ARCHIVER_TOKEN": office.json("user", "add", name, "--role", role, *options)["token"]}


def test_a_draft_is_seen_by_its_submitter_alone(office: Office, chat: Path):
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    officer = user(office, "olive", "officer")
    draft = office.json("draft", "add", str(chat), "--as", "jane", **jane)["id"]
    assert drafts(office) == []
    for others in (("--as", "olive"), ()):
        tokens = officer if others else {}
        for command in ("show", "confirm", "discard"):
            extra = () if command == "show" else ("--yes",)
            answer = office.run("draft", command, draft, *extra, *others, **tokens)
            assert (answer.status, "you have no draft" in answer.err) == (3, True)
    assert office.json("draft", "show", draft, "--as", "jane", **jane)["id"] == draft
    done = office.json("draft", "confirm", draft, "--yes", "--as", "jane", **jane)
    assert done["report"]["records"] == 3
    assert office.run("draft", "show", draft, "--as", "olive", **officer).status == 3
    assert office.run("draft", "show", draft, "--as", "jane", **jane).status == 5


def test_an_employee_adds_for_himself_only_and_an_auditor_for_nobody(office: Office, chat: Path):
    office.json("custodian", "add", "bob@agency.example", "--name", "Bob")
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    answer = office.run("draft", "add", str(chat), "--custodian", "bob@agency.example", "--as", "jane", **jane)
    assert answer.status == 3
    auditor = user(office, "ann", "auditor")
    assert office.run("draft", "list", "--as", "ann", **auditor).status == 4


def test_a_draft_is_discarded_and_its_expiry_follows_the_setting(office: Office, chat: Path):
    (office.folder / "archiver.toml").write_text("[drafts]\ndays = 2\n")
    one = add(office, chat)
    left = datetime.fromisoformat(one["expires_at"]) - datetime.fromisoformat(one["received_at"])
    assert timedelta(days=2) - left < timedelta(hours=1)
    assert office.json("draft", "discard", one["id"], "--yes")["state"] == "discarded"
    assert office.run("draft", "show", one["id"]).status == 5


def test_a_command_ends_drafts_whose_days_are_over(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    later = datetime.now(UTC) + timedelta(days=8)

    def opened(folder: Path, keyring: Keyring) -> Archive:
        return open_archive(folder, keyring, lambda: later)

    with mock.patch("archiver.wiring.open_archive", opened):
        assert drafts(office) == []
    assert "has expired" in office.run("draft", "show", draft).err


def test_the_clock_ends_drafts_whose_days_are_over(office: Office, chat: Path):
    draft = add(office, chat)["id"]
    keys = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(office.folder, keys)
    try:
        (chore,) = [one for one in chores_of(installation) if one.name == "drafts"]
        chore.step()
        assert len(drafts(office)) == 1
        installation.archive.store.clock = lambda: datetime.now(UTC) + timedelta(days=8)
        chore.step()
    finally:
        installation.close()
    assert "has expired" in office.run("draft", "show", draft).err


def test_a_hold_is_announced_and_all_of_the_upload_is_kept(office: Office, chat: Path):
    office.json("hold", "place", "--reason", "an audit", "--custodian", CUSTODIAN, "--query", "budget")
    answer = office.run("draft", "add", str(chat), "--custodian", CUSTODIAN, "--json")
    assert "everything of this custodian must be kept" in answer.err
    assert "audit" not in answer.err
    draft = answer.document
    assert draft["keep_everything"]
    assert office.run("draft", "choose", draft["id"], "--leave-out", "1").status == 5
    assert office.run("draft", "discard", draft["id"], "--yes").status == 5
    assert office.json("draft", "confirm", draft["id"], "--yes")["whole"]


def test_under_a_hold_even_what_no_reader_knows_is_kept(office: Office, tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(build(Planned(name=b"a.jpg", content=b"\xff\xd8\xff")))
    office.json("hold", "place", "--reason", "an audit", "--custodian", CUSTODIAN)
    answer = office.run("draft", "add", str(tmp_path / "a.zip"), "--custodian", CUSTODIAN)
    assert (answer.status, "--whole" in answer.err) == (5, True)
    (draft,) = drafts(office)
    done = office.json("draft", "confirm", draft["id"], "--whole", "--yes")
    assert done["report"]["records"] == 1


def test_what_cannot_be_read_is_said_before_it_is_destroyed(office: Office, tmp_path: Path):
    (tmp_path / "chat.zip").write_bytes(a_broken_zip())
    shown = add(office, tmp_path / "chat.zip")
    assert shown["unread"] == ["a file could not be read: it is encrypted; hand it in without a password"]
    assert "NOT READ" in office.run("draft", "show", shown["id"]).out
    answer = office.run("draft", "confirm", shown["id"], "--yes")
    assert (answer.status, "--despite-unread" in answer.err) == (5, True)
    assert office.json("draft", "confirm", shown["id"], "--yes", "--despite-unread")["unread"] == 1


def test_an_upload_that_was_killed_before_it_was_listed_is_listed_when_it_is_shown(office: Office, chat: Path):
    with mock.patch.object(Drafts, "keep_outline", side_effect=OSError(5, "killed here")):
        assert office.run("draft", "add", str(chat), "--custodian", CUSTODIAN).status == 1
    (one,) = drafts(office)
    assert one["kept"] is None
    assert len(office.json("draft", "show", one["id"])["groups"]) == 1


def test_no_backup_carries_a_draft_and_a_restore_has_none(office: Office, chat: Path, tmp_path: Path):
    draft = add(office, chat)["id"]
    office.json("backup", "create", "--to", str(tmp_path / "copy"))
    assert not [path for path in (tmp_path / "copy").rglob("*") if draft in path.name]
    drilled = office.json("backup", "drill", "--from", str(tmp_path / "copy"))
    assert drilled.get("faults", []) == []
    restored = tmp_path / "restored"
    answer = office.run("backup", "restore", "--from", str(tmp_path / "copy"), "--json")
    assert answer.status == 5  # there is an archive; the next line names another folder
    again = type(office)(folder=restored)
    assert again.run("backup", "restore", "--from", str(tmp_path / "copy")).status == 0
    assert json.loads(again.run("draft", "list", "--json").out) == {"drafts": []}
    assert again.run("draft", "show", draft).status == 3


def test_the_help_of_each_command_says_what_it_does(office: Office):
    def helped(*words: str) -> Answer:
        return office.run("draft", *words, "--help")

    assert "destroyed" in helped("confirm").out
    assert all(helped(one).status == 0 for one in ("add", "list", "show", "choose", "confirm", "discard"))
