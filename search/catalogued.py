"""What only the catalogue knows (``is:``, ``series:``, ``hold:``, ``request:``), put into a query as sets of ids.

Rules:

- It changes, so it is in no index: what is asked is answered when the search is made, all of it as of one moment, and
  ``NOT`` of it is everything else.
- A value that does not exist is refused, with what there is; "no hits" would read as an answer.
- Whoever may not see series, holds and states is refused and never answered in part: a search that finds fewer or more
  would tell him.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from search.queries import CATALOGUED, Fact, Is, all_leaves, replace_leaves
from storage.errors import Denied, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from search.queries import Leaf, Query

MOST_ASKED: Final = 50
"""Values that one query may ask of the catalogue: each may be a million ids."""
FOR_EVERYBODY: Final = frozenset({Is(Fact.STATE, "active"), Is(Fact.STATE, "superseded")})


class Catalogue(Protocol):
    """Who knows the series, holds, requests and states of an archive's records."""

    def answer(self, asked: Sequence[Is]) -> Mapping[Is, Query]:
        """What each of these facts is, as a query without any such fact; all as of one moment.

        Raises:
            InvalidInput: there is no such value; the sentence names what there is, as far as that is short.
            Denied: it is not for who asks.
        """


class BoundedCatalogue:
    """A catalogue for who may not see all of series, holds, requests and states.

    Args:
        whole: what knows all.
        may_ask: whether one of these facts is told; what `FOR_EVERYBODY` has is told in any case.
    """

    def __init__(self, whole: Catalogue, may_ask: Callable[[Is], bool]) -> None:
        self._whole = whole
        self._may_ask = may_ask

    def answer(self, asked: Sequence[Is]) -> Mapping[Is, Query]:
        """As the whole one, for what may be asked.

        Raises:
            Denied: it is more than that.
        """
        for one in asked:
            if one not in FOR_EVERYBODY and not self._may_ask(one):
                raise Denied("series, holds, requests and their states are not searched with this role; leave them out")
        return self._whole.answer(asked)


def resolve(query: Query, catalogue: Catalogue) -> Query:
    """The query with the catalogue's answer in the place of each fact that only it knows.

    Raises:
        InvalidInput: a value does not exist, or too many are asked for; ``fields["position"]`` says where.
        Denied: the catalogue does not answer this.
    """
    asked = _asked(query)
    if not asked:
        return query
    if len(asked) > MOST_ASKED:
        place = {} if asked[MOST_ASKED].position is None else {"position": asked[MOST_ASKED].position or 0}
        raise InvalidInput(f"a search may ask for {MOST_ASKED} series, holds or states; split it into several", **place)
    answers = catalogue.answer(asked)

    def answered(leaf: Leaf) -> Query:
        return answers.get(leaf, leaf) if isinstance(leaf, Is) else leaf

    return replace_leaves(query, answered)


def asks_catalogue(query: Query) -> bool:
    """Whether a query asks for anything that only the catalogue knows."""
    return bool(_asked(query))


def asks_for(query: Query, fact: Fact, value: str) -> bool:
    """Whether a query asks for this one value of a fact, for or against."""
    return any(leaf == Is(fact, value) for leaf, _ in all_leaves(query))


def _asked(query: Query) -> tuple[Is, ...]:
    leaves = (leaf for leaf, _ in all_leaves(query))
    return tuple(dict.fromkeys(leaf for leaf in leaves if isinstance(leaf, Is) and leaf.fact in CATALOGUED))
