"""What the documents of one record may cost together.

Rule kept: every count is of what really came out, never of what a file says of itself. A mail may carry a thousand
documents, so they share one allowance: where it is spent, what is left is said to be unread.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_PAGES = 500


class Spent(Exception):
    """Raised by `Allowance`: nothing more is read. Its text is the reason, a phrase without content."""


@dataclass(slots=True, kw_only=True)
class Allowance:
    """What is left: `bytes` inflated and `elements` of XML for all documents of a record, `pages` for each PDF."""

    pages: int = MOST_PAGES
    bytes: int = 192 << 20
    elements: int = 1_000_000

    def take_bytes(self, count: int) -> None:
        """Count bytes that came out of a package.

        Raises:
            Spent: there were more than allowed.
        """
        self.bytes -= count
        if self.bytes < 0:
            raise Spent("more comes out of it than is read")

    def take_elements(self, count: int) -> None:
        """Count elements of XML.

        Raises:
            Spent: there were more than allowed.
        """
        self.elements -= count
        if self.elements < 0:
            raise Spent("it has more elements than are read")
