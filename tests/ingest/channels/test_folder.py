"""The watched folder: complete files are deposited and put away, and nothing is lost, followed or overwritten."""

import errno
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ingest.channels.folder import FolderWatcher
from ingest.channels.folder_files import FolderFiles
from ingest.channels.folder_settings import FolderSettings, is_unfinished
from ingest.depositor import GroupDepositor
from ingest.submission import Deposited
from storage.errors import InvalidInput, StorageFull, TemporarilyUnavailable
from storage.records import Channel
from tests.ingest.smtp_service import JANE, Directory, RememberingHealth

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MAIL = b"From: jane.doe@mail.example\r\nSubject: budget\r\n\r\nThe budget.\r\n"
SETTLE = 10.0


class BatchDepositor:
    """Keeps what it is given, reading sources as they are; can be told to fail."""

    def __init__(self) -> None:
        self.handovers = []
        self.payloads = []
        self.batches = []
        self.failure = None
        self.meanwhile = None

    def deposit_many(self, handovers):
        self.batches.append(len(handovers))
        if self.meanwhile is not None:
            self.meanwhile()
        if self.failure is not None:
            raise self.failure
        answers = []
        for one in handovers:
            try:
                given = one.payload if isinstance(one.payload, bytes) else b"".join(one.payload.pieces())
            except InvalidInput as error:
                answers.append(error)
                continue
            self.handovers.append(one)
            self.payloads.append(given)
            answers.append(
                Deposited(submission_id="sub", duplicate_of=None, position=0, received_at=NOW, sha256="0" * 64)
            )
        return answers


class Scene:
    """A watched folder, and a clock that is moved by hand."""

    def __init__(self, root) -> None:
        self.root = root
        self.depositor = BatchDepositor()
        self.health = RememberingHealth()
        self.now = 100.0
        self.settings = FolderSettings(name="scans", path=root, settle=SETTLE)
        self.watcher = self.made()

    def made(self, **changes: Any):
        settings = FolderSettings(**{"name": "scans", "path": self.root, "settle": SETTLE, **changes})
        directory = Directory({JANE: "cus_jane", "omar@mail.example": "cus_omar"})
        return FolderWatcher(settings, self.depositor, directory, self.health, lambda: NOW, monotonic=lambda: self.now)

    def put(self, name, content=MAIL):
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def look_until_settled(self):
        self.watcher.look()
        self.now += SETTLE
        return self.watcher.look()

    def tree(self):
        return sorted(str(one.relative_to(self.root)) for one in self.root.rglob("*") if not one.is_dir())


@pytest.fixture
def scene(tmp_path):
    root = tmp_path / "drop"
    root.mkdir()
    return Scene(root)


def test_file_is_taken_once_it_has_not_changed_for_the_settling_time(scene):
    scene.put("a.eml")
    assert scene.watcher.look() == 0
    scene.now += SETTLE - 1
    assert scene.watcher.look() == 0
    scene.put("a.eml", MAIL + b"more\r\n")
    scene.now += 1
    assert scene.watcher.look() == 0, "it changed, so the time begins anew"
    scene.now += SETTLE
    assert scene.watcher.look() == 1
    assert scene.depositor.payloads == [MAIL + b"more\r\n"]
    assert scene.tree() == ["done/a.eml"]


def test_handover_says_where_it_came_from(scene):
    scene.put("a.eml")
    scene.look_until_settled()
    (handover,) = scene.depositor.handovers
    assert (handover.channel, handover.account, handover.custodian_id) == (Channel.FOLDER, "scans", None)
    assert (handover.envelope.source, handover.kind) == ("a.eml", "email")
    assert dict(handover.envelope.transport)["file owner"] == str(os.getuid())


def test_file_renamed_from_an_unfinished_name_is_taken_at_once(scene):
    place = scene.put("a.eml.part")
    assert scene.watcher.look() == 0
    place.rename(scene.root / "a.eml")
    assert scene.watcher.look() == 1
    assert scene.tree() == ["done/a.eml"]


def test_file_that_was_written_to_while_it_was_renamed_has_to_settle(scene):
    place = scene.put("a.eml.part", b"begun")
    scene.watcher.look()
    place.write_bytes(MAIL)
    place.rename(scene.root / "a.eml")
    assert scene.watcher.look() == 0


@pytest.mark.parametrize(
    "name", ["a.tmp", "a.PART", ".a.eml.Xy12", "a.eml~", "~$a.docx", "a.crdownload", ".hidden", "a.filepart"]
)
def test_unfinished_names_are_never_taken(scene, name):
    assert is_unfinished(name)
    scene.put(name)
    assert scene.look_until_settled() == 0
    assert scene.tree() == [name]


def test_folder_named_by_a_custodians_address_makes_him_the_custodian(scene):
    scene.put(f"{JANE}/a.eml")
    scene.put("OMAR@mail.example/2026/b.txt", b"a document")
    scene.look_until_settled()
    assert {one.envelope.source: one.custodian_id for one in scene.depositor.handovers} == {
        f"{JANE}/a.eml": "cus_jane",
        "OMAR@mail.example/2026/b.txt": "cus_omar",
    }
    assert scene.tree() == ["done/OMAR@mail.example/2026/b.txt", f"done/{JANE}/a.eml"]


def test_setting_names_the_custodian_where_no_folder_does(scene):
    scene.watcher = scene.made(custodian_id="cus_kim")
    scene.put("a.eml")
    scene.put("scans/b.txt")
    scene.look_until_settled()
    assert {one.custodian_id for one in scene.depositor.handovers} == {"cus_kim"}


def test_folder_named_by_nobodys_address_is_a_failure_that_says_what_to_do(scene):
    scene.put("ghost@mail.example/a.eml")
    scene.look_until_settled()
    assert scene.depositor.handovers == []
    assert scene.tree() == ["failed/ghost@mail.example/a.eml", "failed/ghost@mail.example/a.eml.reason.txt"]
    reason = (scene.root / "failed/ghost@mail.example/a.eml.reason.txt").read_text()
    assert "archiver custodian add" in reason


def test_mailbox_file_is_handed_over_whole_as_a_container(scene):
    content = b"From a@b Mon Mar  2 08:00:00 2026\nSubject: 1\n\nbody\n\n" * 300
    scene.put("inbox.mbox", content)
    scene.look_until_settled()
    assert scene.depositor.payloads == [content]
    assert scene.depositor.handovers[0].kind == "container:mbox"
    assert scene.tree() == ["done/inbox.mbox"]


def test_many_files_are_deposited_together(scene):
    for number in range(300):
        scene.put(f"{number}.eml")
    assert scene.look_until_settled() == 300
    assert scene.depositor.batches == [128, 128, 44]


def test_one_file_that_changes_does_not_stop_the_others(scene):
    scene.put("a.eml")
    scene.put("b.bin", os.urandom(5 << 20))
    scene.depositor.meanwhile = lambda: (scene.root / ".taking" / "b.bin").write_bytes(b"cut")
    assert scene.look_until_settled() == 1
    assert scene.tree() == [".taking/b.bin", "done/a.eml"]
    scene.depositor.meanwhile = None
    assert scene.watcher.look() == 1
    assert scene.depositor.payloads == [MAIL, b"cut"]


def test_large_file_is_read_in_pieces_from_where_nobody_else_can_reach_it(scene):
    content = os.urandom(5 << 20)
    scene.put("large.bin", content)
    scene.look_until_settled()
    assert scene.depositor.payloads == [content]
    assert not isinstance(scene.depositor.handovers[0].payload, bytes)


@pytest.mark.parametrize("failure", [StorageFull("x"), TemporarilyUnavailable("x")], ids=["full", "unavailable"])
def test_file_that_cannot_be_taken_now_stays_and_is_taken_later(scene, failure):
    scene.put(f"{JANE}/a.eml")
    scene.depositor.failure = failure
    scene.watcher.look()
    scene.now += SETTLE
    with pytest.raises(TemporarilyUnavailable):
        scene.watcher.look()
    assert scene.tree() == [f".taking/{JANE}/a.eml"]
    assert scene.health.notes[-1].last_worked is None
    scene.depositor.failure = None
    assert scene.watcher.look() == 1
    assert scene.tree() == [f"done/{JANE}/a.eml"]
    assert not (scene.root / ".taking" / JANE).exists()


def test_program_that_starts_again_takes_what_another_had_claimed(scene):
    scene.put(f"{JANE}/a.eml")
    scene.depositor.failure = StorageFull("killed here")
    scene.watcher.look()
    scene.now += SETTLE
    with pytest.raises(StorageFull):
        scene.watcher.look()
    scene.depositor.failure = None
    scene.watcher = scene.made()
    assert scene.watcher.look() == 1
    assert [one.custodian_id for one in scene.depositor.handovers] == ["cus_jane"]


def test_file_that_changes_while_it_is_taken_is_taken_again(scene):
    scene.put("a.eml")
    claimed = scene.root / ".taking" / "a.eml"

    def meanwhile() -> None:
        with claimed.open("ab") as stream:
            stream.write(b"late\r\n")
        scene.depositor.meanwhile = None

    scene.depositor.meanwhile = meanwhile
    assert scene.look_until_settled() == 0
    assert scene.watcher.look() == 1
    assert scene.depositor.payloads == [MAIL, MAIL + b"late\r\n"]


def test_nothing_is_overwritten(scene):
    scene.put("a.eml", MAIL)
    scene.look_until_settled()
    scene.put("a.eml", MAIL + b"second\r\n")
    scene.look_until_settled()
    assert scene.tree() == ["done/a (2).eml", "done/a.eml"]
    assert (scene.root / "done/a.eml").read_bytes() == MAIL


def test_what_was_taken_is_deleted_where_the_setting_says_so(scene):
    scene.watcher = scene.made(delete=True)
    scene.put("a.eml")
    assert scene.look_until_settled() == 1
    assert scene.tree() == []


def test_links_are_not_followed(scene, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_bytes(b"the key")
    (scene.root / "link.eml").symlink_to(secret / "key")
    (scene.root / "folder").symlink_to(secret)
    scene.look_until_settled()
    assert scene.depositor.handovers == []
    assert (secret / "key").read_bytes() == b"the key"
    assert "failed/link.eml" in scene.tree()
    assert (scene.root / "failed" / "link.eml").is_symlink()


def test_pipe_keeps_nobody_waiting(scene):
    os.mkfifo(scene.root / "pipe")
    scene.look_until_settled()
    assert (scene.root / "failed" / "pipe.reason.txt").exists()


def test_link_in_the_place_of_a_folder_of_ours_is_refused(scene, tmp_path):
    (scene.root / "done").symlink_to(tmp_path)
    with pytest.raises(InvalidInput):
        scene.watcher.look()


def test_folder_that_is_not_there_is_a_temporary_fault(scene):
    scene.root.rmdir()
    with pytest.raises(TemporarilyUnavailable):
        scene.watcher.look()
    assert scene.health.notes[-1].last_worked is None


def test_undecodable_name_is_taken(scene):
    place = os.fsencode(scene.root) + b"/b\xff.eml"
    with open(place, "wb") as stream:  # noqa: PTH123 - a path of bytes
        stream.write(MAIL)
    assert scene.look_until_settled() == 1
    scene.depositor.handovers[0].envelope.source.encode()


def test_file_in_the_folders_own_folders_is_never_taken_again(scene):
    scene.put("done/a.eml")
    scene.put("failed/b.eml")
    assert scene.look_until_settled() == 0


def test_health_says_tried_worked_and_brought(scene):
    scene.put("a.eml")
    scene.look_until_settled()
    last = scene.health.notes[-1]
    assert (last.channel, last.account) == (Channel.FOLDER, "scans")
    assert last.last_tried == last.last_worked == last.last_item == NOW


def test_quiet_folder_is_noted_once_a_minute(scene):
    for _ in range(60):
        scene.watcher.look()
        scene.now += 2
    assert len(scene.health.notes) == 2


def test_run_goes_on_after_a_fault_and_stops_when_told(scene):
    scene.put("a.eml")
    scene.depositor.failure = StorageFull("x")

    class Stop:
        def __init__(self) -> None:
            self.waits = []

        def is_set(self) -> bool:
            return len(self.waits) >= 6

        def wait(self, timeout=None) -> bool:
            self.waits.append(timeout)
            scene.now += SETTLE
            if len(self.waits) == 4:
                scene.depositor.failure = None
            return self.is_set()

    stop = Stop()
    thread = threading.Thread(target=scene.watcher.run, args=(stop,))
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert stop.waits == [5.0, 10.0, 20.0, 40.0, 5.0, 5.0]
    assert scene.tree() == ["done/a.eml"]


@pytest.mark.parametrize("wrong", [{"settle": 0.0}, {"every": -1.0}], ids=repr)
def test_settings_that_cannot_work_are_refused(scene, wrong):
    with pytest.raises(InvalidInput):
        scene.made(**wrong)


def test_file_that_was_taken_and_not_put_away_is_one_submission_all_the_same(scene, archive):
    scene.depositor = GroupDepositor(archive, actor="service:folders")
    scene.watcher = scene.made()
    scene.put("a.eml")
    scene.watcher.look()
    scene.now += SETTLE
    killed = mock.patch.object(FolderFiles, "put_away", side_effect=TemporarilyUnavailable("killed here"))
    with killed, pytest.raises(TemporarilyUnavailable):
        scene.watcher.look()
    scene.watcher = scene.made()
    assert scene.watcher.look() == 1
    with archive.store.read() as connection:
        assert len(archive.submissions.awaiting(connection, limit=10)) == 1


def test_the_folders_that_a_file_is_moved_into_are_durable_before(scene, monkeypatch):
    order = []
    sync, rename = os.fsync, os.rename

    def told_sync(descriptor: int) -> None:
        order.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    def told_rename(*names: str, **places: int) -> None:
        order.append("rename")
        rename(*names, **places)

    monkeypatch.setattr(os, "fsync", told_sync)
    monkeypatch.setattr(os, "rename", told_rename)
    scene.put("sub/a.eml")
    scene.watcher.look()
    assert {scene.root.name, ".taking"} <= set(order)
    order.clear()
    scene.now += SETTLE
    scene.watcher.look()
    assert order == [".taking", "rename", "done", "rename"]


def test_a_folder_that_no_sync_is_possible_for_is_watched_all_the_same(scene, monkeypatch):
    monkeypatch.setattr(os, "fsync", mock.Mock(side_effect=OSError(errno.EINVAL, "no sync here")))
    scene.put("sub/a.eml")
    assert scene.look_until_settled() == 1
    assert scene.tree() == ["done/sub/a.eml"]


def test_a_disk_that_cannot_sync_leaves_every_file_where_it_is(scene, monkeypatch):
    monkeypatch.setattr(os, "fsync", mock.Mock(side_effect=OSError(errno.EIO, "broken")))
    scene.put("sub/a.eml")
    with pytest.raises(TemporarilyUnavailable):
        scene.watcher.look()
    assert scene.tree() == ["sub/a.eml"]
