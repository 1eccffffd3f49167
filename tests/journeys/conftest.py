"""An archive for journeys, made once in a program and copied for each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import Office, new_office
from tests.journeys.service import configure, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.journeys.service import Service


@pytest.fixture(scope="session")
def new_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = new_office(tmp_path_factory.mktemp("new") / "archive")
    configure(made)
    return made.folder


@pytest.fixture
def office(new_archive: Path, tmp_path: Path) -> Office:
    return Office(folder=shutil.copytree(new_archive, tmp_path / "archive"))


@pytest.fixture(scope="module")
def service(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service for the tests of a module."""
    place = tmp_path_factory.mktemp("service")
    shared = Office(folder=shutil.copytree(new_archive, place / "archive"))
    configure(shared, web=True)
    with serving(shared, place / "serve.log") as running:
        yield running
