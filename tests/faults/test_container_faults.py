"""The campaign of container faults would see what it looks for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from storage.sealing import CHUNK_BYTES
from tests.faults import container_campaign
from tests.faults.container_campaign import FLIPS, SPLICED, SPLICES, complaints, specimen

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_every_kind_of_splice_is_tried():
    assert set(SPLICED.run(5, 500).notes) == set(SPLICES)


def test_the_same_seed_draws_the_same_number_of_each():
    assert FLIPS.run(3, 500).notes == FLIPS.run(3, 500).notes


def test_a_container_that_is_whole_is_a_complaint_of_each_way():
    one = specimen(random.Random(1), 3 * CHUNK_BYTES)
    told = complaints(random.Random(1), one, intact=0)
    assert {"opened whole", "opened as a stream", "opened by ranges"} <= set(told)
    assert "a stream gave out what is not authentic" in told


def test_plain_bytes_that_are_not_those_sealed_are_a_complaint():
    one = specimen(random.Random(2), 100)
    told = complaints(random.Random(2), replace(one, plain=b"x" * 100), intact=100)
    assert "a stream gave out what is not authentic" in told
    assert "a range gave out what is not authentic" in told


def test_a_reader_that_forgets_the_end_is_caught(monkeypatch):
    whole = container_campaign.open_pieces

    def forgetful(*given: Any, **named: Any) -> Iterator[bytes]:
        yield from list(whole(*given, **named))[:-1]

    def trusting(*_given: Any, **named: Any) -> Iterator[bytes]:
        yield b"".join(named["sealed"])[-10:]

    monkeypatch.setattr(container_campaign, "open_pieces", trusting)
    assert FLIPS.run(4, 100).failures
    assert SPLICED.run(4, 50).failures
    monkeypatch.setattr(container_campaign, "open_pieces", forgetful)
    assert FLIPS.run(4, 100).failures == ()
