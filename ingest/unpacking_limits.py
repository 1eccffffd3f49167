"""What taking apart one container may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackingLimits:
    """What one container may cost. Bytes and seconds.

    `ratio` is how many bytes may come out for each that goes in, once `free_bytes` are out.
    """

    memory: int = 1 << 30
    seconds: float = 120.0
    cpu_seconds: int = 24 * 3600
    start_seconds: float = 60.0
    members: int = 5_000_000
    bytes_out: int = 256 << 30
    ratio: int = 100
    free_bytes: int = 256 << 20

    def bytes_for(self, size: int) -> int:
        """How many bytes may come out of a container of `size` bytes."""
        return min(self.bytes_out, max(self.free_bytes, self.ratio * size))
