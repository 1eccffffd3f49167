from __future__ import annotations

import pytest

from ingest.formats.chats.people import person
from ingest.participant_handles import stated_address


@pytest.mark.parametrize(
    ("name", "handle", "expected"),
    [
        ("Ann", "+15550100", "Ann <+15550100>"),
        ("Ann", None, "Ann"),
        (None, "+15550100", "+15550100"),
        ("+15550100", "+15550100", "+15550100"),
        (None, None, None),
        ("", "", None),
    ],
)
def test_neither_name_nor_handle_is_dropped_or_made_up(name, handle, expected):
    assert person(name, handle) == expected


def test_a_name_in_the_form_of_an_address_tells_nobodys_address():
    written = person("Head <head@agency.example>", None)
    assert written == "Head <head@agency.example> <>"
    assert stated_address("slack", written) is None
    assert stated_address("slack", person("Head", "head@agency.example")) == "head@agency.example"
