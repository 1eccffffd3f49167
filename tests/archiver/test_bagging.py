"""Exports as bags: valid for others' tools, proved by the ledger's key, finished or no bag at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import bagit
import pytest

from archiver.bagging import encoded
from archiver.premis import NAMESPACE
from archiver.reading import ComponentSource
from storage.bundle_check import check_bundle
from storage.errors import Corrupt, StorageFull
from tests.archiver.conftest import ATTACHED, WITH_ATTACHMENT
from tests.storage.archives import flip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.archiver.conftest import Filled


@pytest.fixture(scope="module")
def key(filled: Filled) -> str:
    return filled.office.run("ledger", "key", "--quiet").out.strip()


@pytest.fixture(scope="module")
def made(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bag of all records of an archive that was verified before."""
    to = tmp_path_factory.mktemp("bags") / "bag"
    filled.office.json("verify", "--all")
    filled.office.json("record", "export", "--all", "--format", "bagit", "--to", str(to))
    return to


@pytest.fixture
def bag(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "bag")


def routes_of(bag: Path) -> Path:
    (found,) = [one for one in (bag / "data").iterdir() if (one / "002-routes.csv").exists()]
    return found


def is_valid(bag: Path) -> bool:
    """What the reference library says; it also says no to what it cannot read at all."""
    try:
        return bool(bagit.Bag(str(bag)).validate())
    except bagit.BagError:
        return False


def redo_manifests(bag: Path) -> None:
    """What somebody does who changed a bag and wants it to be valid again."""
    payload = sorted(one for one in (bag / "data").rglob("*") if one.is_file())
    lines = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.relative_to(bag).as_posix()}\n" for one in payload]
    (bag / "manifest-sha256.txt").write_text("".join(lines))
    info = (bag / "bag-info.txt").read_text().splitlines()
    size = sum(one.stat().st_size for one in payload)
    oxum = f"Payload-Oxum: {size}.{len(payload)}"
    (bag / "bag-info.txt").write_text("\n".join(oxum if one.startswith("Payload-Oxum") else one for one in info) + "\n")
    tags = sorted(one for one in bag.iterdir() if one.is_file() and not one.name.startswith("tagmanifest"))
    named = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in tags]
    (bag / "tagmanifest-sha256.txt").write_text("".join(named))


def test_a_bag_is_valid_for_the_bagit_library(made: Path):
    assert is_valid(made)
    info = bagit.Bag(str(made)).info
    assert {"Source-Organization", "Bagging-Date", "Payload-Oxum", "External-Identifier", "Bag-Software-Agent"} <= set(
        info
    )


def test_a_bag_is_proved_by_the_key(made: Path, key: str):
    verdict = check_bundle(made, key)
    assert (verdict.trusted, verdict.records, verdict.faults) == (True, 5, [])
    assert not check_bundle(made).trusted


def test_the_components_are_byte_exact(made: Path):
    routes = routes_of(made)
    assert (routes / "001-original.eml").read_bytes() == WITH_ATTACHMENT
    assert (routes / "002-routes.csv").read_bytes() == ATTACHED
    assert {one.name for one in routes.iterdir()} == {
        "001-original.eml",
        "002-routes.csv",
        "metadata.json",
        "premis.xml",
        "proof.json",
    }


def test_a_bag_of_some_records_holds_those(filled: Filled, tmp_path: Path, key: str):
    (walrus,) = filled.office.run("search", "--ids", "walrus").out.split()
    to = tmp_path / "bag"
    done = filled.office.json("record", "export", walrus, "--format", "bagit", "--to", str(to))
    assert done["exported"] == 1
    assert [one.name for one in (to / "data").iterdir()] == [walrus]
    assert is_valid(to)
    assert check_bundle(to, key).trusted


def test_a_bag_of_a_search_holds_what_it_finds(filled: Filled, tmp_path: Path):
    found = set(filled.office.run("search", "--ids", "subject:box").out.split())
    to = tmp_path / "bag"
    filled.office.json("record", "export", "--query", "subject:box", "--format", "bagit", "--to", str(to))
    assert {one.name for one in (to / "data").iterdir()} == found
    assert len(found) == 3


def test_a_search_that_finds_nothing_makes_no_bag(filled: Filled, tmp_path: Path):
    to = tmp_path / "bag"
    answer = filled.office.run("record", "export", "--query", "xyzzy", "--format", "bagit", "--to", str(to))
    assert answer.status == 3
    assert not to.exists()


ORDER = {
    "premis": ["object", "event", "agent"],
    "object": ["objectIdentifier", "objectCharacteristics", "originalName", "relationship"],
    "objectCharacteristics": ["compositionLevel", "fixity", "size", "format"],
    "fixity": ["messageDigestAlgorithm", "messageDigest"],
    "relationship": ["relationshipType", "relationshipSubType", "relatedObjectIdentifier"],
    "event": [
        "eventIdentifier",
        "eventType",
        "eventDateTime",
        "eventDetailInformation",
        "eventOutcomeInformation",
        "linkingAgentIdentifier",
        "linkingObjectIdentifier",
    ],
    "agent": ["agentIdentifier", "agentName", "agentType", "agentVersion", "agentNote"],
}


def local(element: Any) -> str:
    assert element.tag.startswith(f"{{{NAMESPACE}}}")
    return element.tag.partition("}")[2]


def test_premis_elements_stand_in_the_order_of_the_schema(made: Path):
    root = ET.parse(routes_of(made) / "premis.xml").getroot()
    assert root.get("version") == "3.0"
    for element in root.iter():
        if local(element) in ORDER:
            places = [ORDER[local(element)].index(local(child)) for child in element]
            assert places == sorted(places), local(element)


def test_premis_names_each_file_with_its_digest_and_each_event_with_its_agent(made: Path):
    routes = routes_of(made)
    names = {"p": NAMESPACE}
    root = ET.parse(routes / "premis.xml").getroot()
    digests = {one.text for one in root.findall(".//p:messageDigest", names)}
    assert digests == {hashlib.sha256(one).hexdigest() for one in (WITH_ATTACHMENT, ATTACHED)}
    types = [one.text for one in root.findall("p:event/p:eventType", names)]
    assert types[:2] == ["capture", "ingestion"]
    assert {"exporting", "fixity check"} <= set(types)
    agents = {one.text for one in root.findall("p:agent/p:agentIdentifier/p:agentIdentifierValue", names)}
    linked = {one.text for one in root.findall(".//p:linkingAgentIdentifierValue", names)}
    assert linked <= agents
    objects = {one.text for one in root.findall("p:object/p:objectIdentifier/p:objectIdentifierValue", names)}
    assert {one.text for one in root.findall(".//p:linkingObjectIdentifierValue", names)} <= objects


def test_no_bit_of_a_bag_can_be_changed(bag: Path, key: str):
    tried = 0
    for path in sorted(one for one in bag.rglob("*") if one.is_file()):
        content = path.read_bytes()
        for at in range(0, len(content), max(1, len(content) // 6)):
            path.write_bytes(flip(content, at, 1))
            assert not check_bundle(bag, key).trusted, (path.name, at)
            tried += 1
        path.write_bytes(content)
    assert tried > 150
    assert check_bundle(bag, key).trusted


@pytest.mark.parametrize("change", ["component", "add", "remove", "record", "info", "key"])
def test_a_bag_that_was_changed_and_made_valid_again_is_not_trusted(bag: Path, key: str, change: str):
    routes = routes_of(bag)
    if change == "component":
        (routes / "002-routes.csv").write_bytes(b"route,time\n12,08:55\n")
    elif change == "add":
        (routes / "003-more.txt").write_text("more")
    elif change == "remove":
        (routes / "002-routes.csv").unlink()
    elif change == "record":
        shutil.rmtree(routes)
    elif change == "info":
        info = (bag / "bag-info.txt").read_text()
        (bag / "bag-info.txt").write_text(info.replace("Source-Organization: ", "Source-Organization: Not "))
    else:
        (bag / "ledger-key.txt").write_text("another\n")
    redo_manifests(bag)
    assert is_valid(bag)
    verdict = check_bundle(bag, key)
    assert not verdict.trusted
    assert verdict.faults


@pytest.mark.parametrize(
    "line", ["0" * 64 + "  ../outside", "0" * 64 + "  /etc/passwd", "nonsense", "0" * 64 + "  ~x", "\x00"]
)
def test_a_manifest_that_leads_out_of_the_bag_is_refused(bag: Path, key: str, line: str):
    with (bag / "manifest-sha256.txt").open("a") as file:
        file.write(line + "\n")
    assert {one.kind for one in check_bundle(bag, key).faults} == {"bag"}


def test_a_bag_without_its_declaration_is_no_bag(bag: Path, key: str):
    (bag / "bagit.txt").unlink()
    assert not is_valid(bag)
    assert {one.kind for one in check_bundle(bag, key).faults} == {"bag"}


def test_a_record_that_is_damaged_is_named_and_the_others_make_a_bag(
    filled: Filled, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
):
    whole = ComponentSource.pieces

    def damaged(self: ComponentSource, described: Any, component: Any) -> Iterator[bytes]:
        if component.role == "attachment":
            yield b"half"
            raise Corrupt("a component is not what was described")
        yield from whole(self, described, component)

    monkeypatch.setattr(ComponentSource, "pieces", damaged)
    to = tmp_path / "bag"
    done = filled.office.json("record", "export", "--all", "--format", "bagit", "--to", str(to), status=6)
    assert (done["exported"], len(done["failed"])) == (4, 1)
    assert is_valid(to)
    assert check_bundle(to, key).trusted
    assert json.loads((to / "export.json").read_bytes())["failed"] == done["failed"]
    assert done["failed"][0]["record"] not in {one.name for one in (to / "data").iterdir()}


def test_an_interrupted_bag_is_no_bag_and_goes_on(
    filled: Filled, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
):
    whole = ComponentSource.pieces
    read: list[str] = []

    def full(self: ComponentSource, described: Any, component: Any) -> Iterator[bytes]:
        read.append(described.record.id)
        if len(read) == 4:
            raise StorageFull("the disk is full; free some space")
        yield from whole(self, described, component)

    to = tmp_path / "bag"
    command = ("record", "export", "--all", "--format", "bagit", "--to", str(to))
    with monkeypatch.context() as patch:
        patch.setattr(ComponentSource, "pieces", full)
        assert filled.office.run(*command).status == 75
    assert not (to / "bagit.txt").exists()
    assert not is_valid(to)
    assert check_bundle(to, key).faults
    before = {
        one.name: (one / "proof.json").read_bytes() for one in (to / "data").iterdir() if (one / "proof.json").exists()
    }
    assert before
    (to / "data" / "rec_stranger").mkdir()
    (to / "data" / next(iter(before)) / "metadata.json").write_text("damaged meanwhile")
    done = filled.office.json(*command)
    assert done["exported"] == 5
    assert is_valid(to)
    assert check_bundle(to, key).trusted
    kept = [name for name, content in before.items() if (to / "data" / name / "proof.json").read_bytes() == content]
    assert kept == list(before)[1:]
    assert {one.name for one in to.iterdir() if one.is_file()} == {
        "bag-info.txt",
        "bagit.txt",
        "export.json",
        "ledger-checkpoint.txt",
        "ledger-key.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    }


def test_a_finished_bag_is_not_written_over(filled: Filled, bag: Path):
    answer = filled.office.run("record", "export", "--all", "--format", "bagit", "--to", str(bag))
    assert answer.status == 5
    assert is_valid(bag)


def test_names_in_a_manifest_are_encoded_as_the_rfc_says():
    assert encoded("data/a%b\r\nc") == "data/a%25b%0D%0Ac"
