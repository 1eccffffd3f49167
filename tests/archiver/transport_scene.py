"""An archive with mailbox files, a zip with one in it, and an exported chat, under schedules in force."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from retention.schedules import read_shipped
from tests.archiver.commands import CUSTODIAN, Office, a_mail
from tests.archiver.test_disposition_commands import SCHEDULE
from tests.ingest.test_unpacking import mbox
from tests.journeys.own_exports import OTHER_CHAT, PICTURE, zipped

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2028-01-03"
RECORDS = SCHEDULE.replace("STEPS", '"destroy"')
COPIES = (read_shipped("transport-copies") or b"").decode().replace("inactive = true\n", "adopted_on = 2000-01-01\n")
WORDS = ("walrus", "heron", "pelican", "quokka", "in.mbox", "nest.zip", "chat.zip")
USERS = (("olga", "officer"), ("otto", "officer"), ("anna", "approver"))


def load(office: Office, text: str, name: str) -> None:
    path = office.folder.parent / name
    path.write_text(text)
    office.json("schedule", "load", str(path))


def a_box() -> bytes:
    return mbox(a_mail("Walrus", "A walrus came by."), a_mail("Heron", "A heron came by."))


def a_nest() -> bytes:
    """A zip with a mailbox file, of which one mail is handed in elsewhere too, and a mail of its own."""
    inner = mbox(a_mail("Pelican", "A pelican came by."), a_mail("Walrus", "A walrus came by."))
    return zipped({"inner.mbox": inner, "alone.eml": a_mail("Alone", "Nobody else came by.")})


def a_chat(more: str = "") -> bytes:
    """A chat with a picture that nobody can read, and what a Mac adds to a zip; `more` are later messages."""
    picture = {"00000002-PHOTO-2026-03-13-09-16-10.jpg": PICTURE}
    return zipped({"_chat.txt": (OTHER_CHAT + more).encode(), **picture, "__MACOSX/._chat.txt": b"\0"})


def prepared(new_archive: Path, place: Path) -> Office:
    """An archive with its users and the schedule of copies."""
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    load(office, COPIES, "copies.toml")
    tokens = {name: office.json("user", "add", name, "--role", role)["token"] for name, role in USERS}
    (place / "tokens.json").write_text(json.dumps(tokens))
    return office


def fill(new_archive: Path, place: Path) -> Path:
    """The same with the schedule of records, and everything handed in; its folder."""
    office = prepared(new_archive, place)
    load(office, RECORDS, "records.toml")
    inbox = place / "inbox"
    inbox.mkdir()
    for name, content in (("in.mbox", a_box()), ("nest.zip", a_nest()), ("chat.zip", a_chat())):
        (inbox / name).write_bytes(content)
    office.json("ingest", str(inbox), "--custodian", CUSTODIAN)
    return office.folder


def copied(filled: Path, place: Path) -> Office:
    """The filled archive once more, for one test."""
    shutil.copy(filled.parent / "tokens.json", place)
    return Office(folder=shutil.copytree(filled, place / "archive"))


def boxes(office: Office) -> dict[str, dict[str, Any]]:
    """Every container by the last part of the name under which it came."""
    found = office.run("container", "list", "--json").document["containers"]
    return {one["source"].rpartition("/")[2] if one["source"] else one["id"]: one for one in found}


def run_as(office: Office, who: str, *arguments: str, status: int = 0) -> Any:
    token = json.loads((office.folder.parent / "tokens.json").read_text())[who]
    return office.json(*arguments, "--as", who, status=status, ARCHIVER_TOKEN=token)


def approved_copies(office: Office, *options: str) -> dict[str, Any]:
    """A batch of copies that olga proposed and anna approved."""
    batch = run_as(office, "olga", "disposition", "propose", "--copies", "--today", DAY, *options)
    return run_as(office, "anna", "disposition", "approve", batch["id"])


def destroyed_copies(office: Office, *options: str) -> dict[str, Any]:
    """The same batch executed, up to the confirmation."""
    batch = approved_copies(office, *options)
    return run_as(office, "olga", "disposition", "execute", batch["id"], "--at-once")


def ids(office: Office, word: str) -> list[str]:
    """The records that a search finds."""
    return office.run("search", word, "--ids").out.split()
