"""Programs that go second: what examines and indexes must not slow down what receives.

Rule: whoever waits for an answer, a mail server or a person, is served first; what can wait takes the time that is
left.

A niceness counts among the programs of one autogroup only (sched(7)), and every session is an autogroup of its own
where the kernel forms them. Each worker is started in a session of its own, so its group is made as nice as itself.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

NICENESS = 15
_AUTOGROUP = Path("/proc/self/autogroup")
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.11  # the kernel takes one such change in a tenth of a second, over all programs


def give_way() -> None:
    """Let this program and what it starts in its session go second; as far as the kernel lets us."""
    own = str(os.nice(NICENESS))
    for _ in range(_ATTEMPTS):
        try:
            _AUTOGROUP.write_text(own, "ascii")
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return  # there are no autogroups, or this one may not be changed
        else:
            return
