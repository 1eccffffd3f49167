"""A scene for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.backup.scenes import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from storage.archive import Archive


@pytest.fixture
def scene(archive: Archive, tmp_path: Path) -> Scene:
    return Scene(archive, tmp_path)
