"""What belongs to a record is found from it, and is what a look at all records of the request would find."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from archiver.review_groups import belonging, members_of
from search.disclosure.request_terms import Received, RequestTerms
from search.disclosure.request_types import Intake
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.grouping import Grouping, grouped
from search.memory_index import MemoryIndex
from search.message_links import ANSWER, ANSWERED
from tests.search.building import document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.wiring import Installation
    from search.disclosure.request_types import DisclosureRequest
    from search.index import Groups
    from storage.archive import Archive

SEED = 11
RECORDS = 120


class Watched(MemoryIndex):
    """An index that notes of how many records it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        self.asked = max(self.asked, len(record_ids))
        return super().groups(record_ids)

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        asked = self.asked
        found = super().sharing(record_ids, threads=threads)  # which looks at all of them, as others do not
        self.asked = asked
        return found


def opened(archive: Archive, ids: Sequence[str]) -> DisclosureRequest:
    requests = Requests(archive.store)
    intake = Intake(
        profile="IL", received_at=datetime(2026, 3, 9, tzinfo=UTC), how=Received.EMAIL, zone=ZoneInfo("UTC")
    )
    prepared = requests.prepare(RequestTerms(text="Everything", title=""), intake)
    with archive.store.write() as transaction:
        found = requests.open_in(transaction, prepared, actor="usr_ann")
    Review(archive.store).add(found.id, ids, actor="usr_ann")
    return found


@pytest.mark.parametrize("by", list(Grouping))
def test_it_is_what_a_look_at_all_records_finds(archive: Archive, by: Grouping) -> None:
    chance = random.Random(SEED)
    index = Watched()
    links = [sort + f"{number:07}".encode() for sort in (b"i", b"m", ANSWER, ANSWERED) for number in range(25)]
    documents: list[Any] = []
    for number in range(RECORDS):
        first = chance.choice(links)
        others = [one for one in chance.sample(links, k=chance.randint(0, 1)) if one[:1] in (b"i", b"m")]
        equal = chance.choice([b"", *(f"{one:016}".encode() for one in range(40))])
        documents.append(replace(document(number), thread=first + b"".join(others), equal=equal, likeness=b""))
    index.add(documents, RECORDS)
    ids = [one.record_id for one in documents]
    found = opened(archive, [*ids[: RECORDS // 2], "rec_not_indexed"])
    house = cast("Installation", SimpleNamespace(archive=archive, index=index))
    members = [one.record_id for one in members_of(house, found)]
    everything = grouped(members, index.groups(members), by)
    sizes = set()
    index.asked = 0
    for _ in range(40):
        chosen = chance.sample(members, k=chance.randint(1, 3))
        expected = [one for group in everything if not set(group).isdisjoint(chosen) for one in group]
        assert belonging(house, found, chosen, by) == expected, SEED
        sizes.add(len(expected))
    assert len(sizes) > 2
    assert (index.asked < len(members)) is (by is not Grouping.NEAR)


def test_a_long_chain_of_answers_is_found_whole_in_few_steps(archive: Archive) -> None:
    index = Watched()
    length = 90
    chain = [
        replace(document(number), thread=f"i{number:07}i{number + 1:07}".encode(), equal=b"", likeness=b"")
        for number in range(length)
    ]
    index.add(chain, length)
    ids = [one.record_id for one in chain]
    house = cast("Installation", SimpleNamespace(archive=archive, index=index))
    with patch.object(index, "sharing", side_effect=index.sharing) as steps:
        assert sorted(belonging(house, opened(archive, ids), ids[:1], Grouping.THREAD)) == sorted(ids)
    assert steps.call_count < length - 1
