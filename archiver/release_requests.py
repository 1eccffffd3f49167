"""What the confined child is asked: its tasks by name, and for pages a file with the redactions and words in it.

Rule kept: whoever asks knows no reader of files, so that none is loaded where keys are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archiver.release_codec import framed
from search.disclosure.redaction_codec import encode_redactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.release_answers import ReadWord
    from search.disclosure.redaction import Redaction, Unit


MAIL: Final = "release_mail"
FILE: Final = "release_file"
PAGES: Final = "release_pages"


def pages_request(
    raw: bytes,
    redactions: Sequence[Redaction],
    *,
    unit: Unit,
    first: int,
    last: int,
    words: Sequence[ReadWord] = (),
    roster: Sequence[str] = (),
) -> bytes:
    """What the child is asked: pages `first` to `last` of these bytes, with these redactions.

    `words` are what was read in pictures of pages, in the unit of the file; they stand where a page has none itself.
    """
    encoded = encode_redactions(tuple(redactions))
    rows = [[one.page, *one.box, one.text] for one in words if first <= one.page <= last]
    head = {
        "redactions": len(encoded),
        "unit": unit.value,
        "first": first,
        "last": last,
        "words": rows,
        "roster": list(roster),
    }
    return framed(head, encoded, raw)
