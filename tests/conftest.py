"""Fixtures for all tests: a scratch archive, and the cases kept beside the project where they are present."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from storage.archive import Archive, create_archive
from storage.keys import Secret, SlotKind
from tests.distribution import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401 - hooks

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSPHRASE = b"correct horse battery staple"

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
def _cheap_passphrases() -> Iterator[None]:
    """Passphrases of archives made in this program are stretched as little as can be: a third of a test went there.

    Programs that a test starts stretch as they do for users, and `tests/storage/test_keys.py` looks how much.
    """
    with patch.dict("storage.keys._ARGON2", {"time_cost": 1, "memory_cost": 8, "parallelism": 1}):
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
