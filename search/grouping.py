"""Hits → what belongs together among them: threads, records that say the same, and that nearly say the same. Pure.

Rules:

- Groups are of the records given, and of nothing beside them; each record is in one group, alone where it has nothing
  in common. The first in the given order stands for its group, and groups are in the order of their firsts.
- Threads: whoever shares a link (`search.message_links`) is of one thread, and so on from one to the next. An answer
  known by subject and people alone joins the mail that it can answer only where there is exactly one such mail, however
  often that was handed in.
- The same: equal digests. Nearly the same: a text that has at least `NEAR` of its runs of words in common with that of
  the group's first record, so that a group does not drift from like to like. A record without enough words for a
  signature belongs to those that say exactly the same.
- Nearly equal texts are found by bands of their signatures (locality-sensitive hashing; Leskovec, Rajaraman and Ullman,
  "Mining of Massive Datasets", §3.4) and then compared: 16 bands of 4 find 99.9 % of the pairs at 0.8. A band keeps
  few firsts, so the work is linear in the hits, whatever texts somebody sends.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from search.message_links import ANSWER, ANSWERED, LINK_BYTES
from search.near_duplicates import NEAR, PERMUTATIONS, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from search.index import Groups

_BAND: Final = 4
_MOST_FIRSTS: Final = 32
_BANDS: Final = tuple(range(0, PERMUTATIONS, _BAND))


class Grouping(StrEnum):
    """By what hits are put together."""

    THREAD = "thread"
    DUPLICATE = "duplicate"
    NEAR = "near"


def grouped(
    ids: Sequence[str], known: Mapping[str, Groups], by: Grouping, look: Callable[[], None] = lambda: None
) -> tuple[tuple[str, ...], ...]:
    """The groups of these records, in order.

    Args:
        ids: the records, each once, in the order in which they are shown.
        known: what is known of them, from `IndexInsight.groups`; a record that lacks is alone.
        by: what puts them together.
        look: called between the steps of what may take long; it raises where nobody waits for it.
    """
    keys: Mapping[str, Hashable]
    match by:
        case Grouping.THREAD:
            keys = thread_keys((one, known[one].thread) for one in ids if one in known)
        case Grouping.DUPLICATE:
            keys = {one: known[one].equal for one in ids if one in known and known[one].equal}
        case Grouping.NEAR:
            keys = _near_keys([(one, known[one]) for one in ids if one in known], look)
    members: dict[Hashable, list[str]] = {}
    for one in ids:
        members.setdefault(keys.get(one, one), []).append(one)
    return tuple(tuple(some) for some in members.values())


def thread_keys(linked: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """By record, what all records of its thread have in common; records without a link are absent.

    Args:
        linked: ids and links (`Groups.thread`) of all records that threads are to be told of; a thread is joined
            through these alone.
    """
    joined = _Joined()
    first_link: dict[str, bytes] = {}
    answered: dict[bytes, set[bytes]] = {}
    for record_id, thread in linked:
        first, *others = [*_links(thread), b""]
        if first[:1] == ANSWERED:
            # that it may be answered joins no two of them: each is known by its minute, else by itself
            own = others[0] or first + record_id.encode()
            answered.setdefault(first, set()).add(own)
            first_link[record_id] = own
        elif first:
            first_link[record_id] = first
            for other in others[:-1]:
                joined.join(first, other)
    for question, mails in answered.items():
        if len(mails) == 1:
            joined.join(ANSWER + question[1:], *mails)
    return {record_id: joined.root(link) for record_id, link in first_link.items()}


def _links(thread: bytes) -> Iterator[bytes]:
    for start in range(0, len(thread), LINK_BYTES):
        yield thread[start : start + LINK_BYTES]


class _Joined:
    """Links that are joined directly or through others (union-find with path halving)."""

    def __init__(self) -> None:
        self._above: dict[bytes, bytes] = {}

    def root(self, link: bytes) -> bytes:
        above = self._above
        while (parent := above.get(link, link)) != link:
            above[link] = link = above.get(parent, parent)
        return link

    def join(self, one: bytes, other: bytes) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self._above[second] = first


def _near_keys(known: Sequence[tuple[str, Groups]], look: Callable[[], None]) -> dict[str, str]:
    """By record, the id of the first record of its group."""
    keys: dict[str, str] = {}
    by_equal: dict[bytes, str] = {}
    bands: dict[tuple[int, bytes], list[tuple[str, bytes]]] = {}
    for record_id, groups in known:
        look()
        first = by_equal.get(groups.equal) if groups.equal else None
        signature = groups.likeness
        if first is None and signature:
            first = _nearest(signature, bands)
        if first is None:
            first = record_id
            for start in _BANDS if signature else ():
                firsts = bands.setdefault((start, signature[start : start + _BAND]), [])
                if len(firsts) < _MOST_FIRSTS:
                    firsts.append((record_id, signature))
        keys[record_id] = first
        if groups.equal:
            by_equal.setdefault(groups.equal, first)
    return keys


def _nearest(signature: bytes, bands: Mapping[tuple[int, bytes], Sequence[tuple[str, bytes]]]) -> str | None:
    """The first record of a group that is nearest to a text, and near enough; of equals the earliest."""
    met: dict[str, bytes] = {}
    for start in _BANDS:
        met |= dict(bands.get((start, signature[start : start + _BAND]), ()))
    place, share = nearest(signature, list(met.values()))
    return list(met)[place] if share >= NEAR else None
