from __future__ import annotations

import pytest

from ingest.formats.ocr import rapid
from ingest.formats.ocr.engines import load_engines


@pytest.fixture(scope="session")
def engines():
    if rapid.version() is None:
        pytest.skip("NO ENGINE IS INSTALLED: pictures were NOT read")
    return load_engines()


@pytest.fixture(scope="session")
def first_only(tmp_path_factory):
    if rapid.version() is None:
        pytest.skip("NO ENGINE IS INSTALLED: pictures were NOT read")
    return load_engines(folder=tmp_path_factory.mktemp("without_models"))
