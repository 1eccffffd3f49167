"""Which recipients are ours, and what they mean."""

import pytest

from ingest.channels.recipients import Recipients, Route
from storage.errors import InvalidInput
from tests.every_case import every_case

OURS = Recipients.of(
    ["Archive@Agency.example"],
    ["Records.agency.example."],
    {"mayor@agency.example": "mayor@city.example"},
)


@pytest.mark.parametrize("address", ["archive@agency.example", "ARCHIVE@AGENCY.EXAMPLE", "archive@agency.example."])
def test_intake_address_leaves_the_custodian_to_the_sender(address):
    assert OURS.route(address) == Route(names_custodian=None)


def test_alias_names_the_custodian():
    assert OURS.route("Mayor@agency.example") == Route(names_custodian="mayor@city.example")


@pytest.mark.parametrize(
    ("detail", "named"),
    [
        ("jane=agency.example", "jane@agency.example"),
        ("jane.doe=mail.example", "jane.doe@mail.example"),
        ("a=b=mail.example", "a=b@mail.example"),
        ("jane+news=mail.example", "jane+news@mail.example"),
    ],
)
def test_detail_of_an_intake_address_names_the_custodian(detail, named):
    assert OURS.route(f"archive+{detail}@agency.example") == Route(names_custodian=named)


def test_address_in_an_intake_domain_names_its_owner():
    assert OURS.route("Jane@records.agency.example") == Route(names_custodian="jane@records.agency.example")


@every_case(
    "address",
    [
        "",
        "<>",
        "archive",
        "@agency.example",
        "archive@",
        "other@agency.example",
        "archive@other.example",
        "archive@agency.example.evil.example",
        "archive@sub.agency.example",
        "archive%other.example@agency.example",
        "archive+@agency.example",
        "archive+jane@agency.example",
        "archive+=x@agency.example",
        "x@other.example@agency.example",
        "archive@agency.example@other.example",
        "archive @agency.example",
        "archive@agency example",
        "archive\x00@agency.example",
        "archive\udcff@agency.example",
        "a" * 400 + "@records.agency.example",
    ],
    ids=repr,
)
def test_everybody_else_is_nobody_here(address):
    assert OURS.route(address) is None


@pytest.mark.parametrize("wrong", ["archive", "@agency.example", "archive@", ""])
def test_configured_address_that_is_none_is_refused_at_start(wrong):
    with pytest.raises(InvalidInput):
        Recipients.of([wrong])


@pytest.mark.parametrize("wrong", ["", "a@b", "two words"])
def test_configured_domain_that_is_none_is_refused_at_start(wrong):
    with pytest.raises(InvalidInput):
        Recipients.of([], [wrong])
