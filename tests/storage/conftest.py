"""The scratch archive of this folder, made without the slow slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.archives import make_archive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()
