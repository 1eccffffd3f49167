"""Producing: what is decided is laid out, looked at and numbered; what stands against it is told; again is the same."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from archiver.producing import Wishes, produce
from archiver.production_package import Package
from archiver.production_plan import Choice
from archiver.production_terms import Form
from archiver.production_view import claw_back, list_documents, list_productions, where_given
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.bundle_check import check_bundle
from storage.errors import Conflict, Denied, InvalidInput, NotFound
from tests.archiver.commands import PASSPHRASE, Office
from tests.archiver.production_scene import FakeGate, FakeReleases, Producer, ProductionDesk, digests, fake_tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> ProductionDesk:
    return ProductionDesk(tmp_path_factory.mktemp("producing"))


@pytest.fixture
def producer(scene: ProductionDesk, tmp_path: Path) -> Iterator[Producer]:
    folder = shutil.copytree(scene.office.folder, tmp_path / "archive")
    keyring = unlock_folder(folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(folder, keyring)
    yield Producer(scene, installation, tmp_path)
    installation.close()


def test_what_is_decided_is_numbered_without_a_gap_and_verifies_offline(producer: Producer) -> None:
    producer.decide("release", *producer.records[:3])
    producer.decide("withhold", producer.records[3])
    told = producer.produce(prefix="LAKE")
    assert (told["first"], told["last"], told["records"], told["documents"]) == ("LAKE-000001", "LAKE-000009", 3, 6)
    folder = producer.place / "out"
    names = set(digests(folder))
    assert {"documents/LAKE-000001.pdf", "documents/LAKE-000002.pdf", "text/LAKE-000004.txt", "whole.pdf"} <= names
    assert {"README.txt", "letter.txt", "manifest.json", "proofs.jsonl", "load/index.csv"} <= names
    assert (folder / "documents/LAKE-000002.pdf").read_bytes().endswith(b"LAKE-000002\nLAKE-000003")
    verdict = check_bundle(folder, producer.key)
    assert verdict.trusted, verdict.faults
    assert verdict.records == 3
    said = json.loads((folder / "manifest.json").read_bytes())["produced"]
    assert said["withheld"] == [{"exemption": "7(1)(b)", "citation": said["withheld"][0]["citation"], "records": 1}]
    assert producer.records[3] not in (folder / "manifest.json").read_text("utf-8")
    second = producer.produce("more", prefix="LAKE")
    assert producer.kinds(second) == ["nothing"]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_records_are_given_oldest_first(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    producer.produce()
    made = list(list_documents(producer.installation, producer.who, producer.desk.number, 1))
    assert [one["record"] for one in made if one["component"] is None] == producer.records


def test_a_production_is_written_again_byte_for_byte(producer: Producer) -> None:
    producer.decide("release", *producer.records[:3])
    producer.decide("withhold", producer.records[3])
    producer.produce(prefix="LAKE", stamps=("CONFIDENTIAL",), sheets=True, natives=True)
    producer.again(1, "again")
    assert digests(producer.place / "out") == digests(producer.place / "again")
    assert check_bundle(producer.place / "again", producer.key).trusted
    producer.decide("withhold", producer.records[0])
    with pytest.raises(Conflict, match="decided otherwise since"):
        producer.again(1, "third")
    assert not (producer.place / "third").exists()


def test_what_cannot_be_made_the_same_again_is_refused(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    producer.produce()
    with pytest.raises(Conflict, match="would not be the same"):
        producer.again(1, "again", fake_tools(FakeReleases(pages=3)))
    assert [one.name for one in producer.place.iterdir() if "again" in one.name] == []


def test_everything_that_stands_against_it_is_told_at_once(producer: Producer) -> None:
    producer.decide("release", producer.records[0])
    producer.decide("redact", producer.records[1])
    told = producer.produce()
    assert producer.kinds(told) == ["undecided", "redactions"]
    assert told["reasons"][0]["count"] == 2
    assert told["reasons"][1]["records"] == [producer.records[1]]
    assert not (producer.place / "out").exists()
    assert list_productions(producer.installation, producer.who, producer.desk.number)["productions"] == []


def test_what_is_ready_leaves_and_the_rest_waits(producer: Producer) -> None:
    producer.decide("release", *producer.records[:2])
    first = producer.produce("one", ready=True)
    assert (first["records"], first["later"]) == (2, 2)
    producer.decide("release", *producer.records[2:])
    second = producer.produce("two", ready=True)
    assert (second["production"], second["first"]) == (2, "PRR-000007")


def test_what_the_gate_refuses_is_not_numbered(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    gate = FakeGate("a string stands in documents/PRR-000001.pdf")
    told = producer.produce(tools=fake_tools(gate=gate))
    assert producer.kinds(told) == ["gate"]
    assert not told["produced"]
    assert "manifest.json" in gate.seen
    assert set(gate.taken) == set(producer.records)
    assert [one.name for one in producer.place.iterdir()] == ["archive"]
    assert producer.produce()["first"] == "PRR-000001"


def test_a_check_writes_and_numbers_nothing(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    gate = FakeGate()
    told = producer.produce(tools=fake_tools(gate=gate), check=True)
    assert (told["produced"], told["pages"], told["reasons"]) == (False, 12, [])
    assert gate.seen
    assert [one.name for one in producer.place.iterdir()] == ["archive"]


def test_a_production_that_fails_leaves_no_gap_and_no_files(producer: Producer) -> None:
    producer.decide("release", *producer.records)

    def broken(*_: Any) -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        producer.produce(tools=fake_tools(witnesses=broken))
    assert [one.name for one in producer.place.iterdir()] == ["archive"]
    assert producer.produce()["first"] == "PRR-000001"


def test_what_a_killed_program_left_is_taken_away_by_the_next(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    left = producer.place / ".out.unfinished"
    (left / "documents").mkdir(parents=True)
    (left / "documents" / "PRR-000001.pdf").write_bytes(b"left")
    with pytest.raises(Conflict, match="no unfinished production"):
        producer.produce()
    (left / ".unfinished-production").write_bytes(b"")
    assert producer.produce()["produced"]
    assert not left.exists()


def test_who_is_killed_after_numbering_writes_the_same_production_again(
    producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer.decide("release", *producer.records)
    with monkeypatch.context() as patched:
        patched.setattr(Package, "finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            producer.produce()
    assert [one.name for one in producer.place.iterdir()] == ["archive"]
    assert producer.kinds(producer.produce()) == ["nothing"]
    assert producer.again(1, "out")["first"] == "PRR-000001"
    assert check_bundle(producer.place / "out", producer.key).trusted


def test_a_time_that_has_to_pass_holds_a_production(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "archiver.production_plan.release_reasons", lambda *_: ["nothing may be released before Monday"]
        )
        told = producer.produce()
    assert [(one["kind"], one["message"]) for one in told["reasons"]] == [
        ("held", "nothing may be released before Monday")
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("archiver.producing.times_to_pass", lambda *_: ["nothing may be released before Friday"])
        with pytest.raises(Conflict, match="Friday"):
            producer.produce()
    assert list_productions(producer.installation, producer.who, producer.desk.number)["productions"] == []


def test_what_belongs_together_is_decided_together(producer: Producer) -> None:
    first, second, *others = producer.records
    with pytest.MonkeyPatch.context() as patched:
        families = [frozenset((first, second, "rec_that_no_search_found"))]
        patched.setattr("archiver.production_plan.families_of", lambda *_: families)
        producer.decide("release", first, second, *others)
        told = producer.produce()
        assert [(one["kind"], one["records"]) for one in told["reasons"]] == [("family", ["rec_that_no_search_found"])]
        ready = producer.produce("ready", ready=True)
    assert (ready["records"], ready["later"]) == (2, 2)


def test_a_decision_that_changes_meanwhile_stops_the_production(producer: Producer) -> None:
    producer.decide("release", *producer.records)

    def papers(*_: Any) -> dict[str, bytes]:
        producer.decide("withhold", producer.records[0])
        return {}

    with pytest.raises(Conflict, match="decided otherwise meanwhile"):
        producer.produce(tools=fake_tools(papers=papers))
    assert list_productions(producer.installation, producer.who, producer.desk.number)["productions"] == []


def test_numbers_and_records_are_found_both_ways(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    producer.produce(prefix="LAKE-26")
    (first, attached) = where_given(producer.installation, producer.who, producer.records[0])
    assert (first["first"], attached["last"], attached["component"]) == (
        "LAKE-26-000001",
        "LAKE-26-000003",
        "cmp_attached",
    )
    (found,) = where_given(producer.installation, producer.who, "LAKE-26-000003")
    assert found["record"] == producer.records[0]
    with pytest.raises(NotFound):
        where_given(producer.installation, producer.who, "LAKE-26-000099")
    with pytest.raises(InvalidInput):
        where_given(producer.installation, producer.who, "LAKE")


def test_what_is_asked_back_is_given_again_only_when_decided_otherwise(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    producer.produce()
    number = producer.desk.number
    back = claw_back(producer.installation, producer.who, number, ["PRR-000002"], "a privileged letter")
    assert [(one["first"], one["clawback"]) for one in back["documents"]] == [("PRR-000002", None)]
    with pytest.raises(Conflict):
        claw_back(producer.installation, producer.who, number, ["PRR-000003"], "again")
    told = list_productions(producer.installation, producer.who, number)
    assert [one["reason"] for one in told["clawbacks"]] == ["a privileged letter"]
    with pytest.raises(InvalidInput):
        claw_back(producer.installation, producer.who, number, ["PRR-000001"], " ")
    claw_back(producer.installation, producer.who, number, ["PRR-000001"], "the mail too")
    assert producer.kinds(producer.produce("second")) == ["nothing"]
    producer.decide("withhold", producer.records[0])
    third = producer.produce("third", sheets=True)
    assert (third["records"], third["first"]) == (1, "PRR-000013")


def test_what_changed_is_given_anew_under_new_numbers_when_asked(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    producer.produce()
    producer.decide("withhold", producer.records[0])
    told = producer.produce("two")
    assert [one["kind"] for one in told["warnings"]] == ["changed"]
    assert producer.kinds(told) == ["nothing"]
    assert producer.produce("three", changed=True, sheets=True)["first"] == "PRR-000013"
    said = json.loads((producer.place / "three" / "manifest.json").read_bytes())["produced"]
    assert [(one["record"], one["replaces"]) for one in said["documents"]] == [(None, 1)]


def test_natives_go_where_nothing_was_left_out_and_the_scanner_is_told(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    bad = producer.place / "bad"
    bad.write_text("#!/bin/sh\nexit 1\n")
    bad.chmod(0o700)
    with pytest.raises(Conflict, match="scanner"):
        producer.produce(natives=True, scanner=str(bad))
    with pytest.raises(InvalidInput, match="no program"):
        producer.produce(natives=True, scanner="no-such-program")
    producer.produce(natives=True)
    natives = sorted(one.name for one in (producer.place / "out" / "natives").iterdir())
    assert natives == [f"PRR-{page:06d}.eml" for page in (1, 4, 7, 10)]
    said = json.loads((producer.place / "out" / "manifest.json").read_bytes())["produced"]
    assert said["natives"] == {"files": 4, "scanner": None}
    assert "not scanned" in (producer.place / "out" / "README.txt").read_text("utf-8")


def test_forms_have_their_files(producer: Producer) -> None:
    producer.decide("release", *producer.records[:2])
    producer.produce("pdf", ready=True, form=Form.PDF)
    producer.decide("release", *producer.records[2:])
    producer.produce("load", form=Form.LOAD_FILES)
    assert not (producer.place / "pdf" / "load").exists()
    assert not (producer.place / "load" / "whole.pdf").exists()


def test_who_may_not_see_all_of_it_cannot_produce(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    with pytest.raises(Denied):
        produce(
            producer.installation,
            producer.reviewer,
            producer.desk.number,
            producer.place / "out",
            Wishes(choice=Choice()),
            fake_tools(),
        )
    Office(folder=producer.place / "archive").json(
        "restrict", "add", "--class", "medical", "--record", producer.records[0]
    )
    with pytest.raises(Denied):
        producer.produce()


def test_a_second_review_is_waited_for_where_the_setting_asks_for_it(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    settings = producer.installation.settings.disclosure
    object.__setattr__(settings, "second_review", True)
    assert producer.kinds(producer.produce()) == ["unconfirmed"]


def test_an_instalment_that_nobody_planned_is_no_instalment(producer: Producer) -> None:
    producer.decide("release", *producer.records)
    with pytest.raises(NotFound, match="instalment"):
        producer.produce(instalment=3)


def test_a_prefix_is_refused_that_cannot_stand_in_a_file_name(producer: Producer) -> None:
    for prefix in ("a b", "-x", "x-", "x" * 25, "LAKE/..", "0A"):
        with pytest.raises(InvalidInput):
            producer.produce(prefix=prefix)
