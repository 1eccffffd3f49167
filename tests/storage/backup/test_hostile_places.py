"""What somebody without any key, who can write into a backup place, must not reach."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from storage.errors import ArchiveError, Conflict
from tests.storage.archives import flip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.backup.scenes import Scene


def damaged_ledger(scene: Scene, level: str) -> Path:
    """A copy of the archive's ledger with a flipped bit in the last tile of a level; its checkpoint is genuine."""
    bad = scene.folder / "bad"
    shutil.copytree(scene.archive.folder / "ledger", bad)
    tile = next(path for path in (bad / "tile" / level).rglob("*") if path.is_file())
    content = tile.read_bytes()
    tile.write_bytes(flip(content, len(content) - 20))
    return bad


@pytest.mark.parametrize("level", ["entries", "0"])
def test_a_damaged_newer_ledger_still_proves_that_leaves_are_missing(scene: Scene, level: str):
    """Else whoever damages a tile brings destroyed records back."""
    filed = scene.file("one")
    scene.back_up()
    scene.destroy(filed)
    bad = damaged_ledger(scene, level)
    if level == "entries":
        report = scene.restore(ledgers=[bad])
        assert report.missing_leaves > 0
        assert any("damaged" in one for one in report.findings)
        archive = scene.opened()
        with pytest.raises(Conflict, match="restored without the newest"), archive.store.write():
            pass
        archive.close()
    else:  # leaves are what counts; a hash beside them is not needed
        assert scene.restore(ledgers=[bad]).continuation.destroyed == [filed.record_id]


def test_a_ledger_without_its_tiles_still_proves_that_leaves_are_missing(scene: Scene):
    filed = scene.file("one")
    scene.back_up()
    scene.destroy(filed)
    bare = scene.folder / "bare"
    bare.mkdir()
    shutil.copy(scene.archive.folder / "ledger" / "checkpoint", bare / "checkpoint")
    assert scene.restore(ledgers=[bare]).missing_leaves > 0


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of an archive but its database, which the backup's own event changes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("keys", "objects")
        for path in (folder / part).rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "link",
    [
        "keys/7",
        "keys/stray",
        "catalogue/2",
        "archive/slots.json.new",
        "archive/keyring",
        "manifest-2.json.new",
        "ledger/checkpoint.new",
    ],
)
def test_a_link_in_the_place_does_not_lead_a_backup_into_the_archive(scene: Scene, link: str):
    scene.file("one")
    scene.back_up()
    scene.file("two")
    victim = scene.archive.folder / "keys" / "keyring"
    (scene.place / link).unlink(missing_ok=True)
    (scene.place / link).symlink_to(victim)
    before = everything(scene.archive.folder)
    with suppress(ArchiveError):
        scene.back_up()
    assert everything(scene.archive.folder) == before


@pytest.mark.parametrize("name", ["keys", "catalogue", "objects", "archive", "ledger"])
def test_a_folder_of_the_place_that_is_a_link_is_refused(scene: Scene, name: str):
    scene.file("one")
    scene.back_up()
    (scene.place / name).rename(scene.folder / "aside")
    (scene.place / name).symlink_to(scene.archive.folder / "keys" / "epoch")
    before = everything(scene.archive.folder)
    with pytest.raises(Conflict, match=r"is a link|holds no backup"):
        scene.back_up()
    assert everything(scene.archive.folder) == before


def test_a_link_among_the_tiles_of_the_place_is_refused(scene: Scene):
    """Superfluous tiles are removed there; behind a link that would be whatever lies in that folder."""
    scene.file("one")
    scene.back_up()
    partials = next((scene.place / "ledger" / "tile" / "0").glob("*.p"))
    shutil.rmtree(partials)
    partials.symlink_to(scene.archive.folder / "keys")
    scene.file("two")
    before = everything(scene.archive.folder)
    with pytest.raises(Conflict, match="is a link"):
        scene.back_up()
    assert everything(scene.archive.folder) == before


def test_an_object_that_is_a_link_is_not_written_through(scene: Scene):
    scene.file("one")
    scene.back_up()
    filed = scene.file("two")
    victim = scene.folder / "victim"
    victim.write_bytes(b"precious")
    place = scene.place / "objects" / filed.blob_id[:2] / filed.blob_id
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(victim)
    with suppress(ArchiveError):
        scene.back_up()
    assert victim.read_bytes() == b"precious"


def test_settings_of_a_restored_archive_are_those_that_were_backed_up(scene: Scene):
    """They say which secret file goes to which server, so they count only as far as they are authentic."""
    settings = scene.archive.folder / "archiver.toml"
    settings.write_text('[agency]\nname = "Unified"\n')
    scene.file("one")
    scene.back_up()
    (scene.place / "archive" / "archiver.toml").write_text('[mail]\nhost = "evil.example"\n')
    scene.restore()
    assert (scene.folder / "new" / "archiver.toml").read_text() == settings.read_text()


def test_settings_that_changed_travel_with_the_next_increment(scene: Scene):
    settings = scene.archive.folder / "archiver.toml"
    scene.file("one")
    scene.back_up()
    settings.write_text('[agency]\nname = "Unified"\n')
    scene.back_up()
    scene.restore()
    assert (scene.folder / "new" / "archiver.toml").read_text() == settings.read_text()
    settings.unlink()
    scene.back_up()
    scene.restore("later")
    assert not (scene.folder / "later" / "archiver.toml").exists()


def test_a_manifest_without_its_code_is_refused(scene: Scene):
    scene.file("one")
    scene.back_up()
    path = scene.place / "manifest-1.json"
    members = json.loads(path.read_bytes())
    members["catalogue"]["name"] = "../../etc/passwd"
    path.write_bytes(json.dumps(members).encode())
    with pytest.raises(ArchiveError, match="damaged, or of another archive"):
        scene.restore()
    assert not os.path.lexists(scene.folder / "new" / "archive.db")
