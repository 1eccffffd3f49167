"""Custodians are found by any of their addresses, and the table says nothing without the keys."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete

from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.records import WorksAt
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


def schools_of(archive, address):
    with archive.store.read() as connection:
        (one,) = archive.custodians.open(connection, [archive.custodians.find(connection, address)]).values()
    return one.schools


def test_a_school_is_kept_from_its_day_on_and_what_was_before_stays(archive):
    add(archive, "ada@district.example")
    assert schools_of(archive, "ada@district.example") == ()
    for school, since in (("Lincoln", None), ("Garfield", date(2024, 8, 1)), ("Roosevelt", date(2025, 8, 1))):
        archive.custodians.work_at("Ada@district.example", school, since=since, actor=ACTOR)
    archive.custodians.work_at("ada@district.example", "  Garfield   High ", since=date(2024, 8, 1), actor=ACTOR)
    again = open_again(archive.folder)
    with again.store.read() as connection:
        (ada,) = again.custodians.list(connection)
    again.close()
    days = (date(2020, 1, 1), date(2024, 7, 31), date(2024, 8, 1), date(2025, 8, 1))
    assert [ada.school_on(day) for day in days] == ["Lincoln", "Lincoln", "Garfield High", "Roosevelt"]


def test_a_school_without_a_day_takes_the_place_of_all(archive):
    archive.custodians.add("ada@district.example", name="Ada", school="Lincoln", actor=ACTOR)
    archive.custodians.work_at("ada@district.example", "Garfield", since=date(2024, 8, 1), actor=ACTOR)
    archive.custodians.work_at("ada@district.example", "Roosevelt", since=None, actor=ACTOR)
    assert schools_of(archive, "ada@district.example") == (WorksAt("Roosevelt"),)


def test_before_the_first_day_nobody_knows_the_school(archive):
    add(archive, "ada@district.example")
    changed = archive.custodians.work_at("ada@district.example", "Lincoln", since=date(2024, 8, 1), actor=ACTOR)
    assert changed.school_on(date(2024, 7, 31)) is None


def test_another_program_sees_the_change_of_one_that_it_opened_before(archive):
    add(archive, "ada@district.example")
    other = open_again(archive.folder)
    assert schools_of(other, "ada@district.example") == ()
    archive.custodians.work_at("ada@district.example", "Lincoln", since=None, actor=ACTOR)
    assert schools_of(other, "ada@district.example") == (WorksAt("Lincoln"),)
    other.close()


@pytest.mark.parametrize("school", ["", "  ", "x" * 201])
def test_what_is_no_name_of_a_school_is_refused(archive, school):
    add(archive, "ada@district.example")
    with pytest.raises(InvalidInput, match="name of a school"):
        archive.custodians.work_at("ada@district.example", school, since=None, actor=ACTOR)
    with pytest.raises(InvalidInput, match="name of a school"):
        archive.custodians.add("bo@district.example", name="Bo", school=school, actor=ACTOR)


def test_nobody_is_put_into_a_school(archive):
    with pytest.raises(NotFound, match="custodian list"):
        archive.custodians.work_at("bo@district.example", "Lincoln", since=None, actor=ACTOR)
