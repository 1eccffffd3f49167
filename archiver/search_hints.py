"""What to say to somebody who found nothing: which part of the query excludes everything, and which word may be meant.

Rules:

- Every count here is within what the asker may find, as in the search itself.
- A suggested word stands in a record that the asker may find. Words of the index are told to nobody from whom records
  are hidden: how long it takes to find that all of them are of others would tell that there are some.
- It stays cheap: a few counts, and none where the query has many parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from search.analysis import words
from search.leaf_text import said
from search.marking import wanted_leaves
from search.queries import And, Field, Like, Likeness, Words, conjunction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from archiver.search_asking import Asked

_MOST_PARTS: Final = 8
_MOST_WORDS: Final = 3
_MOST_COUNTED: Final = 8
_MOST_EXPANDED: Final = 500
_LONGEST: Final = 40
_SHORTEST: Final = 4
_FIELDS: Final = frozenset({Field.ANY, Field.SUBJECT, Field.TEXT, Field.FILENAME, Field.FROM, Field.TO, Field.CC})


def excluding(asked: Asked, zone: tzinfo) -> list[dict[str, Any]]:
    """The parts of a query without which something would be found, each with how many records that would be."""
    query, meant = asked.query, asked.meant
    if not isinstance(query, And) or not isinstance(meant, And) or len(query.parts) != len(meant.parts):
        return []
    if len(meant.parts) > _MOST_PARTS:
        return []
    found = []
    for number, part in enumerate(query.parts):
        total = asked.count(conjunction(one for place, one in enumerate(meant.parts) if place != number))
        if total:
            found.append({"clause": said(part, zone), "total": total})
    return found


def suggestions(asked: Asked) -> list[dict[str, Any]]:
    """Words that may be meant in place of such that no record has, each with the query that they make."""
    if asked.scope.is_part:
        return []
    found = []
    for leaf in _unknown(asked):
        best = _best(asked, leaf)
        if best is not None:
            word, total = best
            found.append({"word": leaf.words[0], "meant": word, "total": total} | _in_place(asked.text, leaf, word))
    return found


def _unknown(asked: Asked) -> Iterator[Words]:
    """Single words that no record has which the asker may find."""
    looked = 0
    for leaf in wanted_leaves(asked.query):
        if not isinstance(leaf, Words) or leaf.prefix or len(leaf.words) > 1 or leaf.field not in _FIELDS:
            continue
        if not _SHORTEST <= len(leaf.words[0]) <= _LONGEST:
            continue
        looked += 1
        if looked > _MOST_WORDS:
            return
        if not asked.count(leaf):
            yield leaf


def _best(asked: Asked, leaf: Words) -> tuple[str, int] | None:
    """The word that is most like another and stands in some record, with how many; of equals the most frequent."""
    for distance in (1, 2):
        near = asked.index.expand(
            Like(leaf.field, Likeness.FUZZY, leaf.words[0], distance), _MOST_EXPANDED, stop=asked.stop
        )
        counted = []
        for word in sorted(near, key=lambda one: _unlike(leaf.words[0], one))[:_MOST_COUNTED]:
            total = asked.count(Words(leaf.field, (word,), exact=True))
            if total:
                counted.append((word, total))
        if counted:
            return max(counted, key=lambda one: one[1])
    return None


def _unlike(sought: str, word: str) -> tuple[bool, bool, int, str]:
    """What orders words by how likely they are meant: the same first and last letter, a length that is alike."""
    return word[0] != sought[0], word[-1] != sought[-1], abs(len(word) - len(sought)), word


def _in_place(text: str, leaf: Words, meant: str) -> dict[str, str]:
    """The query as it was typed with the word meant in place of the other, if that stands in it once as a word."""
    runs = [one for one in re.finditer(r"\w+", text) if words(one.group()) == list(leaf.words)]
    if len(runs) != 1:
        return {}
    return {"query": text[: runs[0].start()] + meant + text[runs[0].end() :]}
