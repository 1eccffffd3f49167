"""A watched folder in which somebody else may write: nothing is read, overwritten or stopped by what he does."""

import os
import secrets
import threading
from unittest import mock

import pytest

from ingest.channels import folder_files
from ingest.channels.folder_files import FolderFiles
from storage.errors import InvalidInput
from tests.ingest.channels.test_folder import MAIL, SETTLE, Scene

NOBODY_S_ADDRESS = "nobody@mail.example"


@pytest.fixture
def scene(tmp_path):
    root = tmp_path / "drop"
    root.mkdir()
    return Scene(root)


def test_a_reason_is_not_written_through_a_link_that_lies_in_wait(scene, tmp_path):
    ours = tmp_path / "settings"
    ours.write_text("secret = 1")
    (scene.root / "failed").mkdir()
    (scene.root / "failed" / "pipe.reason.txt").symlink_to(ours)
    os.mkfifo(scene.root / "pipe")
    scene.look_until_settled()
    assert ours.read_text() == "secret = 1"
    assert "link or no file" in (scene.root / "failed" / "pipe.reason.txt").read_text()


def test_a_folder_of_ours_that_is_somebody_elses_is_refused(scene):
    with mock.patch("os.geteuid", return_value=os.geteuid() + 1), pytest.raises(InvalidInput, match="another user"):
        scene.watcher.look()


def test_others_lose_the_right_to_write_in_folders_of_ours(scene):
    (scene.root / "done").mkdir()
    (scene.root / "done").chmod(0o777)
    scene.watcher.look()
    assert (scene.root / "done").stat().st_mode & 0o777 == 0o755


def test_a_folder_put_in_the_place_of_the_taking_folder_is_neither_read_nor_moved(scene, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.eml").write_bytes(b"the key")
    scene.put("a.eml")
    scene.watcher.look()
    scene.now += SETTLE
    look = FolderFiles.look

    def swapped(self, now) -> int:
        claimed = look(self, now)
        (scene.root / ".taking").rename(tmp_path / "away")
        (scene.root / ".taking").symlink_to(secret)
        return claimed

    with mock.patch.object(FolderFiles, "look", swapped):
        scene.watcher.look()
    assert scene.depositor.payloads == [MAIL]
    assert (secret / "a.eml").read_bytes() == b"the key"
    assert (scene.root / "done" / "a.eml").read_bytes() == MAIL


@pytest.mark.parametrize("name", ["n" * 251 + ".eml", "é" * 125 + ".eml"])
def test_a_name_as_long_as_can_be_stops_nobody(scene, name):
    for _ in range(3):
        scene.put(f"{NOBODY_S_ADDRESS}/{name}")
        scene.put("z.eml", secrets.token_bytes(16))
        scene.look_until_settled()
    failed = list((scene.root / "failed" / NOBODY_S_ADDRESS).iterdir())
    assert len([one for one in failed if one.name.endswith(".eml")]) == 3
    assert len([one for one in failed if one.name.endswith(".reason.txt")]) >= 1
    assert len(scene.depositor.payloads) == 3


def test_a_name_that_comes_again_and_again_stops_nobody(scene, monkeypatch):
    monkeypatch.setattr(folder_files, "_MOST_OF_A_NAME", 3)
    for number in range(5):
        scene.put("scan.pdf", b"%d" % number)
        assert scene.look_until_settled() == 1
    assert len(scene.tree()) == 5


def test_an_error_that_nobody_thought_of_does_not_end_the_watch(scene):
    scene.put("a.eml")
    waits = []

    class Stop:
        def is_set(self) -> bool:
            return len(waits) >= 4

        def wait(self, timeout=None) -> bool:
            waits.append(timeout)
            scene.now += SETTLE
            if len(waits) == 2:
                scene.depositor.failure = None
            return self.is_set()

    scene.depositor.failure = RuntimeError("what nobody thought of")
    thread = threading.Thread(target=scene.watcher.run, args=(Stop(),))
    thread.start()
    thread.join(30)
    assert scene.tree() == ["done/a.eml"]
