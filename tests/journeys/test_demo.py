"""The demonstration: an archive, its services, a forwarded mail through its own port, and a search that finds it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from archiver.cli import demo
from storage.errors import TemporarilyUnavailable
from tests.journeys.service import is_running


def test_a_demonstration_finds_its_mail_names_a_command_that_works_and_leaves_nothing_running():
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
        shown = []
        for line in iter(running.stdout.readline, b""):
            shown.append(line.decode())
            if b"such as: archiver " in line:
                break
        text = "".join(shown)
        assert "Archived 3 mails" in text
        assert " found 1:\n" in text
        assert "sign in with this token:" in text
        named = shlex.split(text.partition("such as: archiver ")[2])
        folder = Path(named[named.index("--data") + 1])
        status = json.loads((folder / "tmp" / "services.json").read_bytes())
        found = subprocess.run([*program, *named], env=environment, capture_output=True, check=False)
        assert found.returncode == 0, found.stderr.decode()
        assert b"Stadium lights" in found.stdout.replace(b"*", b"")  # hits are marked
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=120)
    assert running.returncode == 0
    assert not folder.exists()
    processes = [status["supervisor"], *(one["process"] for one in status["services"])]
    assert len(processes) > 3
    assert not any(is_running(one) for one in processes if one is not None)


@pytest.mark.parametrize("total", [0, 1])
def test_once_it_ends_after_printing_and_only_well_where_the_mail_was_found(total, tmp_path):
    made = mock.Mock()
    stubs = {name: mock.Mock() for name in ("unlock_folder", "open_installation", "_populate", "_send", "_print")}
    stubs["_started"] = mock.Mock(return_value={"smtp": "127.0.0.1:25", "web": "http://127.0.0.1"})
    stubs["_search_until_found"] = mock.Mock(return_value={"total": total})
    with mock.patch.multiple(demo, **stubs):
        if total:
            demo._show(made, tmp_path, {}, made, once=True)
        else:
            with pytest.raises(TemporarilyUnavailable, match="did not find"):
                demo._show(made, tmp_path, {}, made, once=True)
    stubs["_print"].assert_called_once()
    stubs["open_installation"].return_value.close.assert_called_once()
    assert stubs["_send"].call_count == 3
