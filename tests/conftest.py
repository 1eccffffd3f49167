"""Fixtures for all tests: a scratch archive, and the cases kept beside the project where they are present."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

from storage.archive import Archive, create_archive
from storage.keys import Secret, SlotKind
from tests.archiver.worker_copies import workers_copied
from tests.distribution import (  # noqa: F401 - hooks
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_xdist_make_scheduler,
)
from tests.new_archives import tables_remembered
from tests.shared_statements import statements_remembered

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSPHRASE = b"correct horse battery staple"

# the same examples each time, and as much time for them as they take: what is new is looked for by the fuzz campaigns
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

# no test asks the network; those that need answers give them
os.environ.setdefault("ARCHIVER_SET_DNS__ENABLED", "false")


def _shared() -> Path | None:
    beside = Path(__file__).parent.parent.parent / "shared"
    chosen = Path(os.environ.get("ARCHIVER_SHARED", beside))
    return chosen if (chosen / "fixtures").is_dir() else None


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    found = _shared()
    if found is None:
        pytest.skip("the cases beside the project are absent (set ARCHIVER_SHARED to their folder)")
    return found


@pytest.fixture(scope="session", autouse=True)
def _cheap_archives() -> Iterator[None]:
    """Archives of this program stretch passphrases as little as can be, take tables from the first, copy workers.

    They share the words of statements. Most of many a test went there. Programs that a test starts do all of it as
    they do for users;
    `tests/storage/test_keys.py` looks how much is stretched, `tests/test_new_archives.py` that the tables are the same.
    """
    cheap = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
    with patch.dict("storage.keys._ARGON2", cheap), tables_remembered(), statements_remembered(), workers_copied():
        yield


@pytest.fixture
def archive(tmp_path: Path):
    secrets = [
        Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE),
        Secret(kind=SlotKind.RECOVERY, content=b"r" * 32),
    ]
    opened: Archive = create_archive(tmp_path / "archive", secrets, zone="America/Los_Angeles", actor="operator:test")
    yield opened
    opened.close()
