"""Which of the records that match a picture are linked with it, all candidates seen together. Pure.

Rules:

- What several records say ("See you tomorrow") proves nothing of any of them.
- Of conversations that claim the same messages the one that holds most of them has them; another one stays only if it
  holds nearly as many, as a second export of the same conversation does.
- A weak match stays only where nothing else claims its messages.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from search.message_digests import weight
from search.message_matching import Match, match_conversation, match_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from search.message_matching import Said

_COMMON: Final = 3  # records that say the same
_NEARLY: Final = (4, 5)


def settled(shown: Sequence[Said], talks: Mapping[str, Sequence[Said]], texts: Mapping[str, str]) -> dict[str, Match]:
    """The matches that hold, by the id of their record.

    Args:
        shown: what pictures show.
        talks: the messages of each conversation that may hold them.
        texts: the plain text of each other record that may.
    """
    common = common_texts(talks.values())
    matches: dict[str, Match] = {}
    for record_id, held in talks.items():
        match = match_conversation(shown, held, common)
        if match is not None:
            matches[record_id] = match
    matches = _outweighed_left_out(shown, matches)
    for record_id, text in texts.items():
        match = match_text(shown, text)
        if match is not None:
            matches[record_id] = match
    claimed = Counter(pair.shown for match in matches.values() for pair in match.pairs)
    return {
        record_id: match
        for record_id, match in matches.items()
        if not (match.is_weak and any(claimed[pair.shown] > 1 for pair in match.pairs))
    }


def common_texts(talks: Iterable[Sequence[Said]]) -> frozenset[str]:
    """Texts that several conversations say."""
    counted = Counter(text for held in talks for text in {text for one in held for text in one.texts})
    return frozenset([text for text, count in counted.items() if count >= _COMMON])


def _outweighed_left_out(shown: Sequence[Said], matches: Mapping[str, Match]) -> dict[str, Match]:
    """Matches without those whose messages another one holds with many more."""
    heaviest: dict[int, int] = {}
    weights = {record_id: _weight(shown, match) for record_id, match in matches.items()}
    for record_id, match in matches.items():
        for pair in match.pairs:
            heaviest[pair.shown] = max(heaviest.get(pair.shown, 0), weights[record_id])
    return {
        record_id: match
        for record_id, match in matches.items()
        if weights[record_id] * _NEARLY[1] >= max(heaviest[pair.shown] for pair in match.pairs) * _NEARLY[0]
    }


def _weight(shown: Sequence[Said], match: Match) -> int:
    return sum(weight(shown[pair.shown].text) for pair in match.pairs)
