"""Every implementation of the protocols, for the suites that hold them to their promises."""

from __future__ import annotations

import pytest

from search.engines import engine_named, engine_names
from search.memory_index import MemoryIndex


@pytest.fixture(params=["memory", *engine_names()])
def index(request, tmp_path):
    if request.param == "memory":
        made = MemoryIndex()
    else:
        engine = engine_named(request.param)
        made = engine.open(tmp_path / f"gen-1.{engine.ending}", b"k" * 32, create=True)
    yield made
    made.close()
