"""Which worker runs which test, in the runs of `make test` (`--dist loadfile`).

Rule: the tests of one file stay together, because they share what was made once for all of them, except in the files
of `APART`, whose tests are long and share nothing. What runs programs comes first, so that nothing long is left for the
end. The order is that of the files then; nothing here depends on marks, which the scheduler does not see: pytest 9.2
with pytest-xdist 3.8 parts the groups of `--dist loadgroup` without a word, and each worker made everything again.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler.loadscope import LoadScopeScheduling

APART = ("tests/faults/test_campaigns.py",)
_FIRST = ("faults", "fuzz", "journeys", "archiver")


def group_of(test_id: str) -> str:
    """The name of the group of tests that one worker runs."""
    file, _, _ = test_id.partition("::")
    return test_id if file in APART else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler.loadscope import LoadScopeScheduling  # noqa: PLC0415 - only where there are workers

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Leave alone what collecting made: half a second of each later look for garbage went into the tests themselves."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    place = {name: number for number, name in enumerate(_FIRST)}

    def rank(item: pytest.Item) -> int:
        inside = item.path.relative_to(folder) if item.path.is_relative_to(folder) else Path()
        return place.get(inside.parts[0] if inside.parts else "", len(_FIRST))

    items.sort(key=rank)
