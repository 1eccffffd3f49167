"""What is said of an export stays in its envelope, and goes on to its members where it holds for them."""

from __future__ import annotations

from ingest.told import Told, circumstances_of, told_pairs
from storage.records import Envelope

SAID = Told(day_first=True, mapping='format = "csv"\n')


def envelope(told: Told) -> Envelope:
    return Envelope(submitter="a", source="b", transport=(("peer", "192.0.2.1"), *told.transport()))


def test_what_is_said_is_there_again_when_the_export_is_read_again():
    found = circumstances_of(envelope(SAID), "America/New_York")
    assert found == SAID.circumstances("America/New_York")
    assert (found.day_first, found.mapping) == (True, b'format = "csv"\n')
    assert circumstances_of(envelope(Told()), "UTC") == Told().circumstances("UTC")


def test_the_description_of_columns_is_left_out_where_it_does_not_hold():
    assert dict(told_pairs(envelope(SAID))).keys() == {"day order", "mapping"}
    assert dict(told_pairs(envelope(SAID), with_mapping=False)).keys() == {"day order"}


def test_the_same_bytes_with_other_words_are_handed_in_apart():
    accounts = {told.account("cli") for told in (Told(), SAID, Told(day_first=False), Told(mapping="x"))}
    assert len(accounts) == 4
    assert Told().account("cli") == "cli"
