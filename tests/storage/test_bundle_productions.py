"""A production checked offline: every byte, nothing beside it, numbers without a gap, each record's own proof."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from archiver.producing import Wishes, produce
from archiver.production_plan import Choice
from archiver.production_zip import zipped
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.bundle_check import check_bundle, check_document
from storage.errors import NewerFormat
from storage.statements import signed
from tests.archiver.commands import PASSPHRASE, new_office
from tests.archiver.production_scene import ProductionDesk, fake_tools
from tests.storage.archives import flip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.bundle_verdict import Verdict


class Made:
    """A package, the archive's key line and its private key."""

    def __init__(self, place: Path) -> None:
        desk = ProductionDesk(place, mails=3)
        desk.decide("release", *desk.records[:2])
        desk.decide("withhold", desk.records[2])
        keyring = unlock_folder(desk.office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
        installation = open_installation(desk.office.folder, keyring)
        self.folder = place / "package"
        wishes = Wishes(choice=Choice(sheets=True), prefix="LAKE")
        told = produce(
            installation,
            installation.users.by_token(desk.tokens["olive"]),
            desk.number,
            self.folder,
            wishes,
            fake_tools(),
        )
        assert told["produced"], told
        self.key = installation.archive.ledger.public_key()
        self.private = keyring.signing_key
        installation.close()

    def manifest(self, folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the manifest and sign it anew, as only somebody with the archive's key could."""
        path = folder / "manifest.json"
        document = json.loads(path.read_bytes())
        del document["signature"]
        change(document)
        path.write_text(json.dumps(signed(document, self.key, self.private)), "utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("production"))


@pytest.fixture
def package(made: Made, tmp_path: Path) -> Path:
    return shutil.copytree(made.folder, tmp_path / "package")


def kinds(verdict: Verdict) -> set[str]:
    return {one.kind for one in verdict.faults}


def test_a_package_as_it_was_made_has_no_fault(made: Made, package: Path) -> None:
    verdict = check_bundle(package, made.key)
    assert verdict.trusted, verdict.faults
    assert (verdict.kind, verdict.records, verdict.files) == (
        "production",
        2,
        len([one for one in package.rglob("*") if one.is_file()]),
    )
    assert "pages LAKE-000001 to LAKE-000007 are numbered without a gap" in verdict.checks


def test_without_a_key_nothing_is_trusted_and_with_another_it_is_refused(
    made: Made, package: Path, tmp_path: Path
) -> None:
    assert not check_bundle(package).trusted
    other = new_office(tmp_path / "other").run("ledger", "key", "--quiet").out.strip()
    assert kinds(check_bundle(package, other)) == {"key"}
    assert made.key != other


@pytest.mark.parametrize(
    "name",
    ["documents/LAKE-000001.pdf", "text/LAKE-000004.txt", "whole.pdf", "README.txt", "letter.txt", "load/index.csv"],
)
def test_a_changed_byte_is_found_in_any_file(made: Made, package: Path, name: str) -> None:
    (package / name).write_bytes(flip((package / name).read_bytes(), 3))
    assert [(one.kind, one.id) for one in check_bundle(package, made.key).faults] == [("file", name)]


def test_a_file_that_is_missing_or_beside_the_others_is_found(made: Made, package: Path) -> None:
    (package / "text" / "LAKE-000001.txt").unlink()
    (package / "documents" / "LAKE-000099.pdf").write_bytes(b"more")
    (package / "more").symlink_to(package / "documents")
    found = check_bundle(package, made.key).faults
    assert {one.id for one in found} == {"text/LAKE-000001.txt", "documents/LAKE-000099.pdf", "more"}


def test_one_zip_file_of_the_package_is_judged_as_its_folder(made: Made, package: Path, tmp_path: Path) -> None:
    one = tmp_path / "package.zip"

    def both() -> tuple[dict[str, Any], dict[str, Any]]:
        one.write_bytes(b"".join(zipped(package, "top")))
        return check_bundle(one, made.key).to_json(), check_bundle(package, made.key).to_json()

    of_zip, of_folder = both()
    assert of_zip == of_folder
    assert of_zip["trusted"]
    (package / "text" / "LAKE-000001.txt").unlink()
    (package / "more").write_bytes(b"more")
    (package / "whole.pdf").write_bytes(flip((package / "whole.pdf").read_bytes(), 3))
    of_zip, of_folder = both()
    assert of_zip == of_folder
    assert {one["id"] for one in of_zip["faults"]} == {"text/LAKE-000001.txt", "more", "whole.pdf"}
    content = one.read_bytes()
    at = content.index((package / "README.txt").read_bytes())
    one.write_bytes(content[:at] + b"?" + content[at + 1 :])  # and not the check sum
    assert "README.txt" in {one.id for one in check_bundle(one, made.key).faults}


def test_two_files_that_change_places_are_found(made: Made, package: Path) -> None:
    first, second = package / "documents" / "LAKE-000001.pdf", package / "documents" / "LAKE-000004.pdf"
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert kinds(check_bundle(package, made.key)) == {"file"}


def test_a_manifest_that_was_changed_is_found_without_its_files(made: Made, package: Path) -> None:
    text = (package / "manifest.json").read_text("utf-8").replace('"records": 3', '"records": 2')
    assert {"payload", "signature"} <= kinds(check_document(text.encode(), made.key))
    assert check_document((package / "manifest.json").read_bytes(), made.key).trusted


def renumbered(document: dict[str, Any]) -> None:
    one = document["produced"]["documents"][1]
    one["first_page"], one["first"] = one["first_page"] + 1, f"LAKE-{one['first_page'] + 1:06d}"


def without_one(document: dict[str, Any]) -> None:
    del document["produced"]["documents"][0]


def of_another_record(document: dict[str, Any]) -> None:
    document["produced"]["documents"][0]["record"] = "rec_0000000000000000000000000x"


def of_another_request(document: dict[str, Any]) -> None:
    document["production"] = "dsr_0000000000000000000000000x"


def of_another_leaf(document: dict[str, Any]) -> None:
    document["proof"]["position"] -= 1


def with_another_file(document: dict[str, Any]) -> None:
    document["produced"]["files"][0]["sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (renumbered, "numbers"),
        (without_one, "numbers"),
        (of_another_record, "proof"),
        (of_another_request, "leaf"),
        (of_another_leaf, "proof"),
        (with_another_file, "file"),
    ],
)
def test_who_has_the_key_cannot_change_what_the_ledger_binds(
    made: Made, package: Path, change: Callable[[dict[str, Any]], None], kind: str
) -> None:
    made.manifest(package, change)
    found = kinds(check_bundle(package, made.key))
    assert kind in found
    assert kind in ("leaf", "proof") or "payload" in found


def test_a_proof_of_another_record_or_none_is_found(made: Made, package: Path) -> None:
    lines = (package / "proofs.jsonl").read_bytes().splitlines(keepends=True)
    (package / "proofs.jsonl").write_bytes(lines[0])
    assert {"file", "proof"} == kinds(check_bundle(package, made.key))


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "a/b/c", ".hidden", "manifest.json", "a\nb"])
def test_names_that_lead_out_of_the_folder_are_no_names(made: Made, package: Path, name: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["produced"]["files"][0]["name"] = name

    made.manifest(package, change)
    assert "form" in kinds(check_bundle(package, made.key))


def test_a_newer_format_is_not_checked(made: Made, package: Path) -> None:
    made.manifest(package, lambda document: document.update(format=2))
    with pytest.raises(NewerFormat):
        check_bundle(package, made.key)
