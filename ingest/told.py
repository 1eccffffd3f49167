"""What whoever hands in an export says of it, kept with it: the order of day and month, and what its columns mean.

Rule: what is said is part of the envelope, so it is sealed with the submission, is there when the export is read again,
and goes with what is in it. The same bytes with other words are another submission, since they make other records.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.container import Circumstances

if TYPE_CHECKING:
    from storage.records import Envelope

_ORDER: Final = "day order"
_DAY_FIRST: Final = "day first"
_MONTH_FIRST: Final = "month first"
_MAPPING: Final = "mapping"
_TOLD: Final = frozenset({_ORDER, _MAPPING})
_SHORT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of an export; nothing by default. `mapping` is TOML (`chats.mapping`)."""

    day_first: bool | None = None
    mapping: str = ""

    def transport(self) -> tuple[tuple[str, str], ...]:
        """As pairs of an envelope."""
        order = () if self.day_first is None else ((_ORDER, _DAY_FIRST if self.day_first else _MONTH_FIRST),)
        return (*order, (_MAPPING, self.mapping)) if self.mapping else order

    def circumstances(self, zone: str) -> Circumstances:
        """As a reader is told; `zone` is the archive's."""
        return Circumstances(zone=zone, day_first=self.day_first, mapping=self.mapping.encode())

    def account(self, account: str) -> str:
        """The account under which it is handed in, which separates it from the same bytes with other words."""
        pairs = self.transport()
        if not pairs:
            return account
        said = "\x00".join(f"{name}\x00{value}" for name, value in pairs)
        return f"{account} {hashlib.sha256(said.encode()).hexdigest()[:_SHORT]}"


def told_pairs(envelope: Envelope, *, with_mapping: bool = True) -> tuple[tuple[str, str], ...]:
    """What was said, of the pairs of an envelope; `with_mapping` says whether the description of columns is wanted."""
    wanted = _TOLD if with_mapping else _TOLD - {_MAPPING}
    return tuple((name, value) for name, value in envelope.transport if name in wanted)


def circumstances_of(envelope: Envelope, zone: str) -> Circumstances:
    """What a reader is told beside the bytes; `zone` is the archive's."""
    said = dict(told_pairs(envelope))
    order = said.get(_ORDER)
    return Circumstances(
        zone=zone,
        day_first=None if order is None else order == _DAY_FIRST,
        mapping=said.get(_MAPPING, "").encode(),
    )
