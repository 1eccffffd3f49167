"""Exports of each format that one is there of go through the command line into one archive, and every message is found.

All of them are handed in at once, most of them as folders that somebody unpacked.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import CUSTODIAN, Office
from tests.every_case import every_case
from tests.journeys.real_exports import NOTES, REAL, RealExport, content_of, exported, pieces_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared
EVERY = every_case("real", REAL, ids=[one.name for one in REAL])


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The archive with all of them in it, what the run said, and what was exported of it."""

    office: Office
    inbox: Path
    report: dict[str, Any]
    items: list[dict[str, Any]]
    containers: dict[str, dict[str, Any]]
    records: dict[str, tuple[dict[str, Any], bytes]]

    def items_of(self, real: RealExport) -> list[dict[str, Any]]:
        """What the run said of one export."""
        mine = [one for one in self.items if f"{one['source']}/".startswith(f"in/{real.name}/")]
        if not mine:
            pytest.skip("it is not beside the project")
        return mine

    def records_of(self, real: RealExport) -> dict[str, tuple[dict[str, Any], bytes]]:
        """The records that came out of its messages."""
        ids = [record for one in self.items_of(real) for record in one["records"]]
        return {one: self.records[one] for one in ids if self.records[one][0]["platform"] is not None}


@pytest.fixture(scope="module")
def taken(new_archive: Path, shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    place = tmp_path_factory.mktemp("exports")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    inbox = place / "in"
    for real in REAL:
        source = shared_dir / "fixtures" / real.path
        if source.is_dir():
            shutil.copytree(source, inbox / real.name, ignore=shutil.ignore_patterns(*NOTES))
        elif source.is_file():
            (inbox / real.name).mkdir(parents=True)
            shutil.copy(source, inbox / real.name)
    if not inbox.is_dir():
        pytest.skip("0 exports: the groups of chats are absent")
    answer = office.run("ingest", inbox, "--custodian", CUSTODIAN, "--items", place / "items.jsonl", "--json")
    items = [json.loads(line) for line in (place / "items.jsonl").read_text("utf-8").splitlines()]
    listed = json.loads(office.run("container", "list", "--json").out)["containers"]
    office.json("record", "export", "--all", "--to", str(place / "out"))
    return Taken(
        office=office,
        inbox=inbox,
        report=answer.document,
        items=items,
        containers={one["source"]: one for one in listed},
        records=exported(place / "out"),
    )


def test_every_export_is_archived_and_nothing_is_quarantined(taken: Taken) -> None:
    known = {f"in/{real.name}" for real in REAL if real.findings}
    assert [one for one in taken.report["problems"] if one["source"] not in known] == []
    assert taken.report["quarantined"] == taken.report["duplicate"] == taken.report["waiting"] == 0
    assert taken.report["records"] == len(taken.records)


@EVERY
def test_its_records_hold_all_its_messages(taken: Taken, real: RealExport) -> None:
    records = taken.records_of(real)
    assert {document["platform"] for document, _ in records.values()} == {real.platform}
    assert sum(len(document["messages"]) for document, _ in records.values()) == real.messages
    assert {document["captured"]["custodian"] for document, _ in records.values()} == {CUSTODIAN}


@EVERY
def test_a_word_of_it_is_found_and_the_record_shows_who_said_what_and_when(taken: Taken, real: RealExport) -> None:
    records = taken.records_of(real)
    hits = [one["id"] for one in taken.office.json("search", real.word, "--limit", "100")["hits"]]
    assert set(hits) & set(records)
    sender, at, text = real.said
    holding = [
        one
        for one, (document, _) in records.items()
        if any(told["text"].startswith(text) for told in document["messages"])
    ]
    assert holding
    shown = taken.office.json("record", "show", holding[0])
    told = [(one["sender"], one["at"], one["text"][: len(text)]) for one in shown["messages"]]
    assert (sender, at, text) in told


@EVERY
def test_what_is_exported_of_it_are_the_exact_bytes_of_its_messages(taken: Taken, real: RealExport) -> None:
    records = taken.records_of(real)
    source = content_of(taken.inbox / real.name)
    for document, original in records.values():
        if real.serialised:
            assert document["components"][0]["media_type"] == "application/json"
            continue
        joints = 2 * len(document["messages"]) - 1  # each message is one run of bytes, and so is what parts two
        runs = pieces_of(original, source)
        assert runs is not None
        assert runs <= joints


@EVERY
def test_its_account_has_no_finding_but_the_known_ones(taken: Taken, real: RealExport) -> None:
    taken.items_of(real)
    mine = [one for source, one in taken.containers.items() if f"{source}/".startswith(f"in/{real.name}/")]
    (container,) = mine
    shown = json.loads(taken.office.run("container", "show", container["id"], "--json").out)
    assert len(shown["findings"]) == real.findings
    assert (shown["failed"], shown["state"]) == (0, "done")
    assert {one["what"]: one["taken"] for one in shown["tallies"]}["messages"] == real.messages
    packed = shown["remark"] is not None
    assert packed is ((taken.inbox / real.name).is_dir() and container["source"] == f"in/{real.name}")


def test_handing_all_of_it_in_again_finds_nothing_new(taken: Taken) -> None:
    answer = taken.office.run("ingest", taken.inbox, "--custodian", CUSTODIAN, "--json")
    again = answer.document
    assert (again["archived"], again["records"], again["quarantined"]) == (0, 0, 0)
    assert again["duplicate"] == taken.report["archived"]


def test_the_archive_is_sound_with_all_of_it(taken: Taken) -> None:
    assert taken.office.json("verify", "--all")["faults"] == []
