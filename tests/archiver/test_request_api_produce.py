"""Productions over HTTP: what stands against one is told whole, a small one is made, handed out as a file, checked."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from archiver import production_shelf
from archiver.access import RestrictedClass, Role, operator
from archiver.api import request_more_schemas as documents
from archiver.production_zip import zipped
from archiver.restricting import restrict
from storage.bundle_check import check_bundle
from storage.errors import Conflict
from tests.archiver.request_site import look, opened, post, posted
from tests.archiver.web_site import Site, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        running.own = posted(running, "Route 12 was late again today, said the coach.")
        running.other = posted(running, "The route to the coach is closed.")
        running.installation.follower().catch_up()
        yield running


@pytest.fixture
def shelf(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the settings from which packages are handed out."""
    folder = tmp_path_factory.mktemp("shelf")
    settings = site.installation.settings
    section = settings.disclosure.model_copy(update={"packages": folder})
    object.__setattr__(site.installation, "settings", settings.model_copy(update={"disclosure": section}))
    yield folder
    object.__setattr__(site.installation, "settings", settings)


@pytest.fixture
def one(site: Site) -> str:
    """The address of a request with two records before its reviewers, one of them decided."""
    found = f"/requests/{opened(site)['number']}"
    post(site, f"{found}/sets", {"query": "coach"})
    post(site, f"{found}/review/decisions", {"records": [site.own.record], "decision": "release"})
    return found


def test_without_a_folder_in_the_settings_nothing_is_made_or_handed_out(site: Site, one: str) -> None:
    refused = post(site, f"{one}/productions", {}, status=409)
    assert "packages under [disclosure]" in refused["detail"]
    look(site, f"{one}/productions/1/package", status=404)


def test_everything_that_stands_against_a_production_is_told_at_once(site: Site, shelf: Path, one: str) -> None:
    plan = look(site, f"{one}/production-plan")
    documents.ProductionPlan.model_validate(plan)
    assert [reason["records"] for reason in plan["reasons"]] == [[site.other.record]]
    assert look(site, f"{one}/production-plan?ready=true")["reasons"] == []
    refused = post(site, f"{one}/productions", {}, status=409)
    assert (refused["kind"], refused["reasons"]) == ("conflict", plan["reasons"])
    assert list(shelf.iterdir()) == []
    look(site, f"{one}/production-plan", Role.REVIEWER, status=403)
    post(site, f"{one}/productions", {"scanner": "/bin/true"}, status=422)
    post(site, f"{one}/productions", {"folder": "/secretvalue"}, status=422)


def test_a_small_production_is_made_handed_out_as_one_file_and_checked(
    site: Site, shelf: Path, one: str, tmp_path: Path
) -> None:
    checked = post(site, f"{one}/productions", {"ready": True, "form": "pdf", "check": True}, status=200)
    assert (checked["produced"], checked["records"]) == (False, 1)
    made = post(site, f"{one}/productions", {"ready": True, "form": "pdf", "prefix": "LAKE"})
    documents.ProductionMade.model_validate(made)
    assert "folder" not in made
    assert made["production"] == 1
    assert made["first"].startswith("LAKE-")
    with site.client(Role.OFFICER) as client:
        handed = client.get(f"/api/v1{one}/productions/1/package")
    assert (handed.status_code, handed.headers["content-type"]) == (200, "application/zip")
    zipfile.ZipFile(io.BytesIO(handed.content)).extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert check_bundle(folder, site.installation.archive.ledger.public_key()).trusted
    given = look(site, f"/produced?of={site.own.record}")
    documents.ProducedDocuments.model_validate(given)
    assert made["first"] in [row["first"] for row in given["documents"]]
    assert look(site, f"{one}/productions/1/documents", Role.REVIEWER)["documents"]
    look(site, f"{one}/productions/1/package", Role.REVIEWER, status=403)
    look(site, f"{one}/productions/2/package", status=404)
    asked = post(site, f"{one}/clawbacks", {"pages": [made["first"]], "reason": "by mistake"})
    documents.Clawback.model_validate(asked)
    assert [row["record"] for row in asked["documents"]] == [site.own.record]


def test_a_package_is_not_handed_out_to_who_may_not_see_all_of_it(site: Site, shelf: Path) -> None:
    heron = posted(site, "The heron has a fever.")
    site.installation.follower().catch_up()
    one = f"/requests/{opened(site)['number']}"
    post(site, f"{one}/sets", {"query": "heron"})
    post(site, f"{one}/review/decisions", {"records": [heron.record], "decision": "release"})
    post(site, f"{one}/productions", {"form": "pdf"})
    (folder,) = shelf.iterdir()
    assert site.get(f"/api/v1{one}/productions/1/package").status_code == 200
    restrict(site.installation, operator("test"), "record", [heron.record], RestrictedClass.MEDICAL)
    hidden = look(site, f"{one}/productions/1/package", status=404)
    assert look(site, f"{one}/productions/1/documents")["documents"] == []
    folder.rename(folder.with_name("elsewhere"))
    assert look(site, f"{one}/productions/1/package", status=404) == hidden
    look(site, f"{one}/production-plan", status=403)


def test_a_production_of_more_records_is_left_to_the_command(
    site: Site, shelf: Path, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production_shelf, "MOST_RECORDS", 0)
    refused = post(site, f"{one}/productions", {"ready": True}, status=422)
    assert "archiver request produce" in refused["detail"]
    assert not any(one.rpartition("/")[2] in path.name for path in shelf.iterdir())


def test_a_folder_is_one_file_of_always_the_same_bytes_and_follows_no_link(tmp_path: Path) -> None:
    folder = tmp_path / "2026-0001-001"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "a.pdf").write_bytes(b"a" * 3_000_000)
    (folder / "manifest.json").write_bytes(b"{}")
    first = b"".join(zipped(folder, folder.name))
    os.utime(folder / "manifest.json", (1, 1))
    assert b"".join(zipped(folder, folder.name)) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["2026-0001-001/documents/a.pdf", "2026-0001-001/manifest.json"]
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(Conflict):
        b"".join(zipped(folder, folder.name))
