"""Chores go round in a thread; what they do for long holds nothing else up, and what breaks them is seen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from archiver import chores as module
from archiver.chores import Chore, Chores, in_a_thread

if TYPE_CHECKING:
    from collections.abc import Callable


def only(step: Callable[[], None]) -> Chores:
    return Chores([Chore(name="one", every_seconds=0.0, step=step)])


def test_a_long_chore_does_not_hold_up_what_stands_beside_it():
    begun, go = threading.Event(), threading.Event()
    done: list[str] = []

    def long() -> None:
        begun.set()
        assert go.wait(60)
        done.append("chore")

    with in_a_thread(only(long), lambda _: True) as check:
        assert begun.wait(60)
        check()
        done.append("beside")
        go.set()
    assert done == ["beside", "chore"]  # leaving waits for what was begun


def test_a_chore_that_breaks_is_told_where_somebody_looks():
    def breaks() -> None:
        raise ZeroDivisionError

    def look() -> None:
        with in_a_thread(only(breaks), lambda _: False) as check:
            (thread,) = [one for one in threading.enumerate() if one.name == "chores"] or [None]
            if thread is not None:
                thread.join()
            check()

    with pytest.raises(ZeroDivisionError):
        look()


def test_chores_end_when_the_block_is_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
    turns: list[int] = []
    often = threading.Event()

    def count() -> None:
        turns.append(1)
        if len(turns) > 3:
            often.set()

    with in_a_thread(only(count), lambda _: False):
        assert often.wait(60)
    ended = len(turns)
    assert not [one for one in threading.enumerate() if one.name == "chores"]
    assert len(turns) == ended
