"""How fast an index is built: by a clock that the test moves."""

from __future__ import annotations

import pytest

from search.pace import Pace


class Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.waited = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.waited += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("per_second", "share", "took", "records", "waits"),
    [
        (None, 1.0, 2.0, 512, 0.0),
        (100.0, 1.0, 2.0, 512, 3.12),
        (1_000.0, 1.0, 2.0, 512, 0.0),
        (None, 0.5, 2.0, 512, 2.0),
        (100.0, 0.5, 4.0, 512, 4.0),
        (100.0, 1.0, 2.0, 0, 0.0),
    ],
)
def test_a_batch_is_followed_by_as_long_a_wait_as_rate_and_share_ask_for(per_second, share, took, records, waits):
    time = Time()
    pace = Pace(per_second=per_second, share=share, monotonic=time.monotonic, wait=time.wait)
    began = pace.now()
    time.now += took
    pace.hold_back(began, records)
    assert time.waited == pytest.approx(waits)


def test_whoever_is_to_stop_waits_no_longer():
    time = Time()
    pace = Pace(per_second=1, stopping=lambda: time.waited > 1, monotonic=time.monotonic, wait=time.wait)
    pace.hold_back(pace.now(), 1_000)
    assert time.waited == pytest.approx(1.5)


@pytest.mark.parametrize(("per_second", "share"), [(0, 1.0), (-1, 1.0), (None, 0.0), (None, 1.1)])
def test_a_pace_that_never_ends_is_refused(per_second, share):
    with pytest.raises(ValueError, match="a pace is above 0"):
        Pace(per_second=per_second, share=share)
