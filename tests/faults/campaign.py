"""What a fault campaign is: a named, seeded run of faults that says how many it ran and which of them were not caught.

A file that holds a campaign defines `CAMPAIGN: Campaign`; tests/faults/campaigns.py lists those files. `run(seed,
count)` draws everything from the seed, so a failure is repeated by its seed, and runs at least `count` faults where the
subject has that many. A campaign that cannot run on this machine returns `Counts.skipped(reason)`; it never returns
zero faults silently.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a run did: `run` faults tried, `distinct` of them (0: all differ), `failures` as sentences."""

    run: int
    distinct: int = 0
    failures: tuple[str, ...] = ()
    notes: Mapping[str, str | int | float] = field(default_factory=dict)
    skip_reason: str = ""

    @classmethod
    def skipped(cls, reason: str) -> "Counts":
        """Counts of a campaign that this machine does not permit, with the reason that is printed."""
        return cls(run=0, skip_reason=reason)

    def told(self) -> str:
        """The first failures, one a line, and how many more there are."""
        more = len(self.failures) - _SHOWN
        return "\n".join((*self.failures[:_SHOWN], *((f"… and {more} more",) if more > 0 else ())))


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One campaign. `requires` is the number of a full run, `quick` that of the tier of `make test`."""

    name: str
    requires: int
    quick: int
    run: Callable[[int, int], Counts]
