"""The collector is quiet while modules are loaded, and on again however that ends."""

from __future__ import annotations

import gc

import pytest

from archiver.collecting import loading


def test_no_garbage_is_looked_for_while_modules_are_loaded():
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_interrupted_start_leaves_the_collector_on():
    with pytest.raises(KeyboardInterrupt), loading():
        raise KeyboardInterrupt
    assert gc.isenabled()
