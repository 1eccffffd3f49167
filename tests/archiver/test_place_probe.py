"""The place of backups: gone, never answering, or only its empty mount point left."""

from __future__ import annotations

import threading

from archiver.place_probe import PlaceProbe, is_there


def a_place(folder):
    (folder / "archive").mkdir(parents=True)
    (folder / "archive" / "slots.json").write_text("{}")
    return folder


def test_a_place_with_a_backup_answers(tmp_path):
    assert PlaceProbe().answers(a_place(tmp_path / "backup"))


def test_a_place_that_is_gone_or_an_empty_mount_point_does_not(tmp_path):
    (tmp_path / "empty").mkdir()
    assert not is_there(tmp_path / "gone")
    assert not PlaceProbe().answers(tmp_path / "empty")


def test_a_disk_that_never_answers_is_no_place_and_is_asked_by_one_thread_only(tmp_path):
    asked, begun, released = [], threading.Event(), threading.Event()

    def hangs(place) -> bool:
        asked.append(place)
        begun.set()
        return released.wait(60)

    probe = PlaceProbe(hangs, patience=0.01)
    try:
        assert [probe.answers(tmp_path) for _ in range(3)] == [False, False, False]
        assert begun.wait(60)
        assert not probe.answers(tmp_path)
        assert len(asked) == 1
    finally:
        released.set()


def test_a_place_that_came_back_answers_again(tmp_path):
    probe = PlaceProbe()
    assert not probe.answers(tmp_path / "backup")
    assert probe.answers(a_place(tmp_path / "backup"))
