"""The scratch archive of this folder, made without the slow slot, and mails in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.shredding import Shredder
from tests.storage.archives import custodian, file_one, make_archive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def shredder(archive):
    return Shredder(archive)


@pytest.fixture
def filed(archive):
    """Five mails of one custodian."""
    owner = custodian(archive)
    return [file_one(archive, owner, b"mail %d" % number, f"text {number}") for number in range(5)]


@pytest.fixture
def filled(archive):
    """The archive and four mails of one custodian."""
    owner = custodian(archive)
    return archive, [file_one(archive, owner, b"bytes %d" % number) for number in range(4)]
