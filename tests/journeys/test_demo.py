"""The demonstration: an archive, its services, a forwarded mail through its own port, and a search that finds it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from tests.archiver.commands import run
from tests.journeys.service import is_running


def test_the_demonstration_finds_the_mail_that_it_sent_and_leaves_nothing_running():
    answer = run("demo", "--once", "--json", passphrase=None)
    assert answer.status == 0, answer.err
    document = answer.document
    assert document["search"]["total"] == 1
    assert document["archived"] == 3
    assert all(document[name] for name in ("smtp", "web", "token"))
    status = document["services"]
    assert not any(is_running(one) for one in [status["supervisor"], *(one["process"] for one in status["services"])])


def test_the_command_that_a_running_demonstration_names_works_as_it_stands():
    program = [sys.executable, "-m", "archiver.cli.main"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVER_")}
    running = subprocess.Popen(
        [*program, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        # a shell that runs the tests in the background has Ctrl-C ignored, and what is ignored is inherited
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it only sets that
    )
    assert running.stdout is not None
    try:
        line = next(one for one in iter(running.stdout.readline, b"") if b"such as: archiver " in one).decode()
        named = shlex.split(line.partition("such as: archiver ")[2])
        found = subprocess.run([*program, *named], env=environment, capture_output=True, check=False)
        assert found.returncode == 0, found.stderr.decode()
        assert b"Stadium lights" in found.stdout.replace(b"*", b"")  # hits are marked
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=120)
    assert not Path(named[named.index("--data") + 1]).exists()
