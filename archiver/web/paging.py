"""Pages of a result: which there are, and which to offer; pure. Every hit can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PAGE_SIZE: Final = 20
_AROUND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where one stands in a result of `total` hits; pages count from 1."""

    page: int
    total: int

    @property
    def last(self) -> int:
        """The last page; 1 for an empty result."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def offset(self) -> int:
        """Hits before this page."""
        return (self.page - 1) * PAGE_SIZE

    @property
    def first_hit(self) -> int:
        """Number of this page's first hit, from 1; 0 if the page holds none."""
        return self.offset + 1 if self.offset < self.total else 0

    @property
    def last_hit(self) -> int:
        """Number of this page's last hit."""
        return min(self.total, self.offset + PAGE_SIZE)

    @property
    def offered(self) -> tuple[int | None, ...]:
        """Page numbers to offer, None for a gap: the first, the last, and those around this one."""
        near = {one for one in range(self.page - _AROUND, self.page + _AROUND + 1) if 1 <= one <= self.last}
        shown = sorted(near | {1, self.last})
        offered: list[int | None] = []
        for one in shown:
            if offered and offered[-1] is not None and one - offered[-1] > 1:
                offered.append(None)
            offered.append(one)
        return tuple(offered)


def read_page(text: str) -> int:
    """A page number from an address; whatever is no such number is the first page."""
    longest = 8
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= longest else 1
