"""Packages of transfers: whole bags that others' tools and our own check believe, and nothing that was changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING
from unittest import mock

import bagit
import pytest

from archiver.reading import ComponentSource
from storage.bundle_check import check_bundle
from storage.errors import Corrupt
from tests.archiver.test_disposition_commands import act, filled_once  # noqa: F401 - a fixture
from tests.archiver.transfer_scene import ids_of, lines_of, sent, sent_once  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_each_manifest_names_every_file_with_its_digest(sent_once):  # noqa: F811 - a fixture
    bag = sent_once.bag
    files = {str(one.relative_to(bag)) for one in bag.rglob("*") if one.is_file()}
    payload = {one for one in files if one.startswith("data/")}
    tag_manifests = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}
    for algorithm in ("sha256", "sha512"):
        for name, wanted in (("manifest", payload), ("tagmanifest", files - payload - tag_manifests)):
            lines = lines_of(bag / f"{name}-{algorithm}.txt")
            assert set(lines) == wanted
            for path, digest in lines.items():
                assert hashlib.new(algorithm, (bag / path).read_bytes()).hexdigest() == digest
    info = dict(line.split(": ", 1) for line in (bag / "bag-info.txt").read_text().splitlines())
    size = sum((bag / one).stat().st_size for one in payload)
    assert info["Payload-Oxum"] == f"{size}.{len(payload)}"
    assert (info["External-Identifier"], info["Source-Organization"]) == (sent_once.batch, "Unnamed agency")


def test_a_package_is_valid_for_the_bagit_library(sent_once):  # noqa: F811 - a fixture
    assert bagit.Bag(str(sent_once.bag)).validate()


def test_a_package_has_originals_history_citation_and_proofs(sent_once, tmp_path):  # noqa: F811 - a fixture
    bag = sent_once.bag
    account = json.loads((bag / "transfer.json").read_text())
    assert account["computation"][0]["citation"] == "Act 1"
    assert {one["id"] for one in account["records"]} == {one.name for one in (bag / "data").iterdir()}
    for folder in (bag / "data").iterdir():
        assert {"metadata.json", "premis.xml", "proof.json"} <= {one.name for one in folder.iterdir()}
        assert any(b"came by" in one.read_bytes() for one in folder.iterdir() if one.name.startswith("001-"))
    key = tmp_path / "key"
    key.write_text(sent_once.office.run("ledger", "key").out.splitlines()[0])
    verdict = sent_once.office.json("verify", "bundle", str(bag), "--key", str(key))
    assert (verdict["faults"], verdict["trusted"], verdict["records"]) == ([], True, 3)


@pytest.mark.parametrize("name", ["manifest-sha512.txt", "tagmanifest-sha512.txt", "transfer.json", "README.txt"])
def test_a_package_of_which_anything_was_changed_is_found_out(sent_once, tmp_path, name):  # noqa: F811 - a fixture
    bag = shutil.copytree(sent_once.bag, tmp_path / "bag")
    content = (bag / name).read_bytes()
    (bag / name).write_bytes(content.replace(b"a", b"b", 1))
    assert check_bundle(bag, None).faults


def test_a_file_that_no_manifest_by_sha512_names_is_found_out(sent_once, tmp_path):  # noqa: F811 - a fixture
    bag = shutil.copytree(sent_once.bag, tmp_path / "bag")
    lines = (bag / "tagmanifest-sha512.txt").read_text().splitlines(keepends=True)
    (bag / "tagmanifest-sha512.txt").write_text("".join(lines[1:]))
    assert check_bundle(bag, None).faults


def test_a_record_that_could_not_be_packaged_is_not_accepted_and_stays(sent, tmp_path):  # noqa: F811 - a fixture
    damaged = ids_of(sent.office, sent.batch)[0]
    pieces = ComponentSource.pieces

    def read(source, described, component) -> Iterator[bytes]:
        if described.record.id == damaged:
            raise Corrupt("a sealed object is damaged")
        return pieces(source, described, component)

    with mock.patch.object(ComponentSource, "pieces", read):
        told = act(sent.office, "olga", "package", sent.batch, "--to", str(tmp_path / "second"), status=6)
    assert [one["record"] for one in told["failed"]] == [damaged]
    assert check_bundle(tmp_path / "second", None).faults == []
    sent.accept("--except", damaged, status=2)
    sent.accept("--manifest", told["manifest_sha256"])
    done = sent.execute()
    assert (done["transferred"], done["dropped"]) == (2, 1)
    (dropped,) = [one for one in done["decisions"] if one["fate"] == "dropped"]
    assert (dropped["id"], dropped["reason"]) == (damaged, "its recipient has not accepted it")


def test_a_folder_that_holds_something_else_is_not_written_to(sent):  # noqa: F811 - a fixture
    act(sent.office, "olga", "package", sent.batch, "--to", str(sent.bag), status=5)
    (sent.bag / "unfinished.json").write_text(json.dumps({"archive": "arc_x", "transfer": sent.batch}))
    act(sent.office, "olga", "package", sent.batch, "--to", str(sent.bag), status=5)
