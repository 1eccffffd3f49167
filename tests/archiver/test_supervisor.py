"""The supervisor: what dies is started again, ever slower; what it says of its services is true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from archiver import supervisor
from archiver.supervisor import Service, Supervisor, read_status, start_worker, stop_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAITS = "import sys; sys.stdin.buffer.read()"
DIES = "raise SystemExit(3)"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Workers:
    """Programs that only wait, or die at once, in the place of real workers."""

    def __init__(self) -> None:
        self.program = WAITS
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *_: object) -> subprocess.Popen[bytes]:
        one = subprocess.Popen([sys.executable, "-S", "-c", self.program], stdin=subprocess.PIPE)
        self.started.append(one)
        return one


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    made = Workers()
    monkeypatch.setattr(supervisor, "start_worker", made.start)
    yield made
    for one in made.started:
        one.kill()
        one.wait()
        if one.stdin is not None:
            one.stdin.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(supervisor.time, "monotonic", made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tmp").mkdir()
    return tmp_path


def end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def test_the_status_names_every_service_and_its_process(folder: Path, workers: Workers):
    one = Supervisor(folder, b"", [Service(name="a", role="clock"), Service(name="b", role="follower")])
    one.start()
    status = read_status(folder)
    assert status is not None
    assert status["supervisor"] == os.getpid()
    listed = status["services"]
    assert isinstance(listed, list)
    assert [(each["name"], each["process"]) for each in listed] == [
        ("a", workers.started[0].pid),
        ("b", workers.started[1].pid),
    ]


def test_what_died_is_started_again_at_once_the_first_time(folder: Path, workers: Workers):
    one = Supervisor(folder, b"", [Service(name="a", role="clock")])
    one.start()
    end(workers.started[0])
    one.look()
    assert len(workers.started) == 2
    assert workers.started[1].poll() is None


def test_what_dies_again_and_again_is_started_ever_slower(folder: Path, workers: Workers, clock: Clock):
    one = Supervisor(folder, b"", [Service(name="a", role="clock")])
    one.start()
    pauses = []
    for _ in range(6):
        end(workers.started[-1])
        count, began = len(workers.started), clock.now
        while len(workers.started) == count:
            one.look()
            clock.now += 0.25
        pauses.append(clock.now - began)
    assert pauses[0] <= 0.25
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4


def test_what_ran_for_long_counts_as_well_again(folder: Path, workers: Workers, clock: Clock):
    one = Supervisor(folder, b"", [Service(name="a", role="clock")])
    one.start()
    for _ in range(4):
        end(workers.started[-1])
        for _ in range(200):
            one.look()
            clock.now += 0.25
    clock.now += 120
    end(workers.started[-1])
    count = len(workers.started)
    one.look()
    assert len(workers.started) == count + 1


def test_a_service_that_waits_for_its_next_start_is_shown_as_down(folder: Path, workers: Workers, clock: Clock):
    one = Supervisor(folder, b"", [Service(name="a", role="clock")])
    one.start()
    for _ in range(3):
        end(workers.started[-1])
        one.look()
    status = json.loads((folder / "tmp" / "services.json").read_bytes())
    assert status["services"][0]["process"] is None


def test_the_status_of_a_supervisor_that_is_gone_is_no_status(folder: Path):
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as gone:
        gone.wait()
    (folder / "tmp" / "services.json").write_text(json.dumps({"supervisor": gone.pid, "services": []}))
    assert read_status(folder) is None


def test_no_status_file_and_a_broken_one_are_no_status(folder: Path):
    assert read_status(folder) is None
    (folder / "tmp" / "services.json").write_text("{")
    assert read_status(folder) is None


def test_a_worker_that_does_not_end_when_asked_is_ended(workers: Workers, folder: Path):
    program = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
    stubborn = subprocess.Popen([sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    stop_workers([stubborn], seconds=0.2)
    assert stubborn.returncode == -9
    stubborn.stdout.close()


@pytest.mark.parametrize(
    "name", ["ARCHIVER_PASSPHRASE", "ARCHIVER_NEW_PASSPHRASE", "ARCHIVER_TOKEN", "ARCHIVER_KEY_FILE"]
)
def test_a_worker_does_not_inherit_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    seen: dict[str, object] = {}

    class Recorded:
        def __init__(self, _: list[str], **options: object) -> None:
            seen.update(options)
            self.stdin = (tmp_path / "stdin").open("wb")

    monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(supervisor.subprocess, "Popen", Recorded)
    start_worker(tmp_path, b"m" * 32, Service(name="a", role="clock")).stdin.close()  # type: ignore[union-attr]
    environment = seen["env"]
    assert isinstance(environment, dict)
    assert name not in environment
    assert (tmp_path / "stdin").read_bytes() == b"m" * 32
