"""Custodians are found by any of their addresses, and the table says nothing without the keys."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from storage.errors import Conflict, Corrupt, InvalidInput
from storage.tables import wrapped_keys
from tests.storage.archives import ACTOR, open_again


def add(archive, address, *, name="Ada Ramos", also=()):
    return archive.custodians.add(address, name=name, also=also, actor=ACTOR)


@pytest.mark.parametrize(
    "asked", ["ada@district.example", "ADA@District.Example", " <ada@district.example> ", "Ada.Home@mail.example"]
)
def test_a_custodian_is_found_by_every_address_in_any_case(archive, asked):
    added = add(archive, "Ada@District.example", also=("ada.home@mail.example",))
    with archive.store.read() as connection:
        assert archive.custodians.find(connection, asked) == added.id


@pytest.mark.parametrize("asked", ["", "bo@district.example", "ada@district.example.org", "\udcff@x.example"])
def test_nobody_is_found_by_another_address(archive, asked):
    add(archive, "ada@district.example")
    with archive.store.read() as connection:
        assert archive.custodians.find(connection, asked) is None


@pytest.mark.parametrize("name", ["Ada", "Žofie Nováková", "", "名前", "lone \udcff surrogate"])
def test_a_custodian_opens_again_as_added(archive, name):
    added = add(archive, "ada@district.example", name=name, also=("a@b.example", "A@B.example"))
    assert added.addresses == ("ada@district.example", "a@b.example")
    again = open_again(archive.folder)
    with again.store.read() as connection:
        assert again.custodians.list(connection) == [added]
    again.close()


@pytest.mark.parametrize(
    "address", ["", "ada", "@x.example", "ada@", "a b@x.example", "a@x.example,b@x.example", "a" * 250 + "@x.example"]
)
def test_what_is_no_address_is_refused_and_nothing_is_written(archive, address):
    with pytest.raises(InvalidInput, match="e-mail address"):
        add(archive, address)
    with archive.store.read() as connection:
        assert archive.custodians.list(connection) == []
        assert archive.ledger.head(connection).size == 1


def test_an_address_has_one_custodian(archive):
    add(archive, "ada@district.example")
    with pytest.raises(Conflict, match="already belongs"):
        add(archive, "bo@district.example", also=("ADA@district.example",))
    with archive.store.read() as connection:
        assert archive.custodians.find(connection, "bo@district.example") is None


def test_a_custodian_whose_key_is_gone_is_damage_that_is_named(archive):
    added = add(archive, "ada@district.example")
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == added.id))
    with archive.store.read() as connection, pytest.raises(Corrupt) as caught:
        archive.custodians.open(connection, [added.id])
    assert caught.value.fields == {"custodian": added.id}
