"""Saved searches: a name once for each owner, everything sealed, every change a leaf."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from search.saved_searches import SavedSearches
from search.saved_tables import saved_searches
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.tables import wrapped_keys

ANN, BEN = "usr_ann", "usr_ben"


@pytest.fixture
def saved(archive) -> SavedSearches:
    return SavedSearches(archive.store)


def kinds(archive) -> list[EventKind]:
    with archive.store.read() as connection:
        return [one.event.kind for one in archive.ledger.events_after(connection, -1) if one.position > 0]


def test_what_was_saved_is_read_again_with_every_part(archive, saved):
    made = saved.add("  Field   trips ", "walrus OR bus", note="for Doe\nv. D", shared=False, owner=ANN)
    with archive.store.read() as connection:
        (found,) = saved.of_owner(connection, ANN)
    assert found == made
    assert (found.name, found.query, found.note) == ("Field trips", "walrus OR bus", "for Doe\nv. D")


def test_no_word_of_it_stands_in_a_plain_column_or_in_a_leaf(archive, saved):
    saved.add("Walrusname", "walrusquery", note="walrusnote", shared=False, owner=ANN)
    with archive.store.read() as connection:
        row = connection.execute(select(saved_searches)).one()
        leaves = [one.event.encode() for one in archive.ledger.events_after(connection, -1)]
    assert b"walrus" not in b"".join(leaves).lower() + repr(tuple(row)).lower().encode()


def test_an_owner_has_a_name_once_and_another_may_have_it_too(saved):
    saved.add("Trips", "a", note=None, shared=False, owner=ANN)
    with pytest.raises(Conflict):
        saved.add("TRIPS ", "b", note=None, shared=False, owner=ANN)
    saved.add("Trips", "c", note=None, shared=False, owner=BEN)


def test_a_search_is_found_by_its_name_in_any_case_and_by_its_id(archive, saved):
    made = saved.add("Trips", "a", note=None, shared=False, owner=ANN)
    with archive.store.read() as connection:
        assert saved.named(connection, ANN, " trips").id == saved.named(connection, ANN, made.id).id == made.id


def test_what_is_not_shared_does_not_exist_for_others(archive, saved):
    made = saved.add("Trips", "a", note=None, shared=False, owner=ANN)
    with archive.store.read() as connection:
        assert saved.of_owner(connection, BEN) == []
        for name in ("Trips", made.id):
            with pytest.raises(NotFound):
                saved.named(connection, BEN, name)


def test_a_shared_search_is_found_by_others_and_ones_own_comes_first(archive, saved):
    shared = saved.add("Trips", "theirs", note=None, shared=True, owner=ANN)
    with archive.store.read() as connection:
        assert saved.named(connection, BEN, "trips").id == shared.id
    own = saved.add("Trips", "mine", note=None, shared=False, owner=BEN)
    with archive.store.read() as connection:
        assert saved.named(connection, BEN, "trips").id == own.id
        assert [one.id for one in saved.of_owner(connection, BEN)] == [shared.id, own.id]


def test_of_two_shared_ones_of_a_name_the_id_decides(archive, saved):
    made = [saved.add("Trips", "a", note=None, shared=True, owner=owner) for owner in (ANN, BEN)]
    with archive.store.read() as connection:
        with pytest.raises(Conflict, match="id"):
            saved.named(connection, "usr_cy", "Trips")
        assert saved.named(connection, "usr_cy", made[1].id).id == made[1].id


def test_a_change_keeps_what_is_not_given_and_leaves_a_leaf(archive, saved):
    made = saved.add("Trips", "a", note="n", shared=False, owner=ANN)
    saved.change(made, actor=ANN, query="b")
    with archive.store.read() as connection:
        found = saved.named(connection, ANN, "Trips")
    assert (found.query, found.note, found.shared) == ("b", "n", False)
    assert found.changed_at >= made.changed_at
    assert kinds(archive)[-2:] == [EventKind.SEARCH_SAVED, EventKind.SEARCH_CHANGED]


def test_a_new_name_that_is_taken_changes_nothing(archive, saved):
    saved.add("Trips", "a", note=None, shared=False, owner=ANN)
    other = saved.add("Other", "b", note=None, shared=False, owner=ANN)
    with pytest.raises(Conflict):
        saved.change(other, actor=ANN, name="trips")
    with archive.store.read() as connection:
        assert saved.named(connection, ANN, "Other").query == "b"


def test_a_removed_search_takes_its_key_along(archive, saved):
    made = saved.add("Trips", "a", note=None, shared=False, owner=ANN)
    saved.remove(made, actor=ANN)
    with archive.store.read() as connection:
        assert connection.execute(select(wrapped_keys).where(wrapped_keys.c.holder == made.id)).first() is None
        assert saved.of_owner(connection, ANN) == []
    for act in (lambda: saved.remove(made, actor=ANN), lambda: saved.change(made, actor=ANN, query="b")):
        with pytest.raises(NotFound):
            act()
    assert kinds(archive)[-1] is EventKind.SEARCH_REMOVED


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b", "\u202eabc", "\ud800"])
def test_a_name_that_is_none_is_refused(saved, name):
    with pytest.raises(InvalidInput):
        saved.add(name, "a", note=None, shared=False, owner=ANN)


def test_a_note_that_is_too_long_is_refused_and_an_empty_one_is_none(saved):
    with pytest.raises(InvalidInput):
        saved.add("a", "a", note="x" * 4_001, shared=False, owner=ANN)
    assert saved.add("a", "a", note="  \n", shared=False, owner=ANN).note is None
