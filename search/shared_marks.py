"""What records of one thread, or records that say the same, have in common, as marks that are looked up. Pure.

Rules:

- A mark that two records share brings both before `search.grouping`, which says whether they belong together: marks may
  bring more than belongs together, never less.
- An answer known by subject and people, and the mail that it may answer, have the same mark (`search.message_links`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.message_links import ANSWER, ANSWERED, LINK_BYTES

if TYPE_CHECKING:
    from search.index import Groups


def marks_of(groups: Groups, *, threads: bool) -> frozenset[bytes]:
    """The marks of a record: its links in threads, or what all have that say the same as it."""
    if not threads:
        return frozenset((groups.equal,) if groups.equal else ())
    links = groups.thread
    return frozenset(_mark(links[at : at + LINK_BYTES]) for at in range(0, len(links), LINK_BYTES))


def _mark(link: bytes) -> bytes:
    return ANSWER + link[1:] if link[:1] == ANSWERED else link
