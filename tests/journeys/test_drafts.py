"""An employee's export with private days in it: chosen from, killed on the way, confirmed once; nothing else stays."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.archiver.commands import CUSTODIAN, PASSPHRASE
from tests.ingest.zip_writing import Planned, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Answer, Office

SEED = 20_261_121
DAYS = 24
KILLS = 6
SECRET = "the quokka results came back"


def an_export() -> bytes:
    lines = []
    for day in range(1, DAYS + 1):
        private = f"{SECRET} on day {day}" if day % 4 == 0 else f"heronry timetable of day {day}"
        lines.append(f"[1/{day}/24, 9:01:02 AM] Pat Roe: {private}")
        lines.append(f"[1/{day}/24, 9:02:02 AM] Jane Doe: noted")
        lines.append(f"[1/{day}/24, 9:02:03 AM] Jane Doe: <attached: {day}.jpg>")
    pictures = [Planned(name=b"%d.jpg" % day, content=b"\xff\xd8\xff picture %d" % day) for day in range(1, DAYS + 1)]
    return build(Planned(name=b"_chat.txt", content=("\n".join(lines) + "\n").encode()), *pictures)


def begin(office: Office, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "archiver.cli.main", *arguments, "--data", str(office.folder), "--json"]
    return subprocess.Popen(
        program,
        env={"PATH": os.environ["PATH"], "ARCHIVER_PASSPHRASE": PASSPHRASE, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_choice_that_was_killed_again_and_again_is_confirmed_once_and_the_rest_is_gone(
    office: Office, tmp_path: Path
):
    print(f"seed {SEED}")  # noqa: T201 - shown where it fails
    delays = random.Random(SEED)
    token = office.json("user", "add", "jane", "--role", "employee", "--custodian", CUSTODIAN)["token"]
    jane = {"ARCHIVER_TOKEN": token}
    (tmp_path / "chat.zip").write_bytes(an_export())

    def act(*words: str, status: int = 0) -> Answer:
        answer = office.run("draft", *words, "--as", "jane", "--json", **jane)
        assert answer.status == status, answer.err
        return answer

    shown = act("add", str(tmp_path / "chat.zip")).document
    private = [one["number"] for group in shown["groups"] for one in group["entries"] if int(one["day"][-2:]) % 4 == 0]
    assert len(private) == DAYS // 4
    act("choose", shown["id"], "--leave-out", ",".join(private))
    for _ in range(KILLS):
        program = begin(office, "draft", "confirm", shown["id"], "--yes", "--as", "jane", **jane)
        try:
            out, _ = program.communicate(timeout=delays.uniform(0.3, 3.0))
        except subprocess.TimeoutExpired:
            program.kill()
            program.communicate()
        else:
            assert json.loads(out)
    ended = office.run("draft", "confirm", shown["id"], "--yes", "--as", "jane", "--json", **jane)
    assert ended.status in (0, 5), ended.err
    if ended.status:
        assert "was confirmed at" in ended.document["error"]["message"]
    (box,) = office.json("container", "list")["containers"]
    assert box["kind"] == "selection"
    office.json("ingest", str(tmp_path / "chat.zip"), "--dry-run")
    # a kill after the commit leaves the container, or the index, to whoever comes next
    office.run("container", "retry", box["id"])
    (tmp_path / "a.eml").write_bytes(b"From: jane@agency.example\r\nSubject: x\r\n\r\nx\r\n")
    office.json("ingest", str(tmp_path / "a.eml"))
    again = office.json("container", "show", box["id"])
    left = DAYS - len(private)
    assert (again["state"], again["declared"], again["taken"]) == ("done", left, left)
    assert office.run("search", "quokka", "--ids").out == ""
    assert len(office.run("search", "heronry", "--ids").out.split()) == DAYS - len(private)
    lying = [*(office.folder / "drafts").rglob("*"), *(office.folder / "keys" / "draft").glob("*")]
    assert [path for path in lying if path.is_file()] == []
    for path in office.folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()
    assert office.json("verify", "--all")["faults"] == []
