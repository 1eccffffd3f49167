"""Names in folders: one that a killed program made may not be durable yet, and one that others made may be a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.anchors import FileAnchor
from storage.checkpoints import Checkpoint
from storage.errors import TemporarilyUnavailable
from storage.files import erase, sync_folder, write_pieces, write_together, write_whole
from tests.faults.rotation_programs import another_program
from tests.storage.test_tiles import Rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def synced(monkeypatch) -> list[Path]:
    """The folders that were synced, in order."""
    seen: list[Path] = []

    def noted(folder: Path) -> None:
        seen.append(folder)
        sync_folder(folder)

    monkeypatch.setattr("storage.files.sync_folder", noted)
    monkeypatch.setattr("storage.keys.sync_folder", noted)
    return seen


def test_an_epoch_key_that_is_taken_over_has_a_durable_name_before_it_wraps_anything(archive, synced):
    archive.keyring.create_epoch(2)
    synced.clear()
    another_program(archive).keyring.ensure_epoch(2)
    assert synced == [archive.folder / "keys" / "epoch"]


def test_tiles_that_are_found_have_durable_names_before_a_checkpoint_names_them(tmp_path, synced):
    log = Rows(300)
    log.publish(tmp_path, 0, 300)
    synced.clear()
    assert log.publish(tmp_path, 0, 300) == 0
    tile = tmp_path / "tile"
    assert {tmp_path, tile, tile / "entries", tile / "entries" / "001.p", tile / "0", tile / "0" / "001.p"} <= set(
        synced
    )


@pytest.mark.parametrize("write", ["whole", "together", "pieces"])
def test_a_link_beside_a_file_is_not_written_through(tmp_path, write):
    victim, path = tmp_path / "victim", tmp_path / "file"
    victim.write_bytes(b"precious")
    (tmp_path / "file.new").symlink_to(victim)
    ways = {
        "whole": lambda: write_whole(path, b"x"),
        "together": lambda: write_together({path: b"x"}),
        "pieces": lambda: write_pieces(path, [b"x"]),
    }
    with pytest.raises(Exception, match="cannot be written"):
        ways[write]()
    assert victim.read_bytes() == b"precious"
    ways[write]()  # the link is gone, so it is in nobody's way for long
    assert path.read_bytes() == b"x"


def test_of_a_link_only_the_link_is_erased(tmp_path):
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_bytes(b"precious")
    link.symlink_to(victim)
    erase(link)
    assert not link.is_symlink()
    assert victim.read_bytes() == b"precious"


def test_an_anchor_that_is_a_link_is_not_written_through(tmp_path):
    victim, link = tmp_path / "victim", tmp_path / "anchor"
    victim.write_bytes(b"precious")
    link.symlink_to(victim)
    with pytest.raises(TemporarilyUnavailable, match="cannot be written"):
        FileAnchor(link).keep(b"note", Checkpoint(origin="public-records-archive/arc_1", size=1, root=bytes(32)))
    assert victim.read_bytes() == b"precious"
