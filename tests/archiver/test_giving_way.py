"""What can wait goes second: also in a session of its own, where a niceness alone counts for nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archiver.giving_way import NICENESS

_PROGRAM = (
    "import os; from pathlib import Path; from archiver.giving_way import give_way; give_way(); "
    "print(os.nice(0)); print(Path('/proc/self/autogroup').read_text().strip())"
)


def test_a_program_makes_itself_and_the_group_of_its_session_nice():
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this kernel forms no autogroups")
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True, start_new_session=True
    ).stdout.splitlines()
    nice = min(os.nice(0) + NICENESS, 19)
    assert told[0] == str(nice)
    assert told[1].endswith(f"nice {nice}")
