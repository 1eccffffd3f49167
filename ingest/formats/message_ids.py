"""Which messages a mail answers, by their identifiers (RFC 5322 §3.6.4). Pure, linear, never raises.

Rules:

- ``References`` names the thread from its first message to the parent; ``In-Reply-To`` names the parent, which is put
  last where the other field lacks it. What is no identifier in angle brackets is passed over: old programs print
  names and dates there.
- Of a long thread the first identifiers and the last are kept, as mail programs do that shorten the field themselves.
"""

from __future__ import annotations

import re
from typing import Final

FIRST_KEPT: Final = 4
MOST_REFERENCES: Final = 24
_IDENTIFIER = re.compile(r"<[^<>\s\x00-\x1f]{1,250}>")


def references_of(references: str | None, in_reply_to: str | None) -> tuple[str, ...]:
    """The identifiers of two fields, each once, from the thread's first message to the parent; 24 at most."""
    if references is None and in_reply_to is None:
        return ()
    found = dict.fromkeys(_IDENTIFIER.findall(references or ""))
    found |= dict.fromkeys(_IDENTIFIER.findall(in_reply_to or ""))
    listed = tuple(found)
    if len(listed) > MOST_REFERENCES:
        return listed[:FIRST_KEPT] + listed[FIRST_KEPT - MOST_REFERENCES :]
    return listed
