"""Keys of drafts: a file each, opened by the archive's own keys only, and gone at once."""

from __future__ import annotations

import pytest

from storage.draft_keys import DraftKeys
from storage.errors import Corrupt, NotFound
from storage.identifiers import Prefix, new_id
from tests.storage.archives import make_archive


@pytest.fixture
def archive(tmp_path):
    made = make_archive(tmp_path / "archive")
    yield made
    made.close()


@pytest.fixture
def keys(archive):
    return DraftKeys(archive.keyring, archive.folder / "keys")


@pytest.fixture
def kept(archive, keys):
    key = archive.store.vault.fresh(new_id(Prefix.DRAFT))
    keys.keep(key)
    return key


def path_of(archive, key):
    return archive.folder / "keys" / "draft" / key.holder


def test_a_key_that_was_kept_is_opened_again(keys, kept):
    assert keys.open(kept.holder) == kept
    assert [name for name, _ in keys.lying()] == [kept.holder]


def test_its_file_holds_it_sealed_and_only_its_owner_reads_it(archive, kept):
    path = path_of(archive, kept)
    assert kept.key not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_destroyed_key_is_gone_and_may_be_destroyed_again(archive, keys, kept):
    keys.destroy(kept.holder)
    keys.destroy(kept.holder)
    assert not path_of(archive, kept).exists()
    with pytest.raises(NotFound):
        keys.open(kept.holder)


def test_its_bytes_are_overwritten_before_its_name_goes(archive, keys, kept, tmp_path):
    other = tmp_path / "another name of the same bytes"
    other.hardlink_to(path_of(archive, kept))
    before = other.read_bytes()
    keys.destroy(kept.holder)
    assert len(other.read_bytes()) == len(before)
    assert other.read_bytes() != before


def test_what_a_killed_program_left_half_written_goes_with_it(archive, keys, kept):
    half = path_of(archive, kept).with_name(kept.holder + ".new")
    half.write_bytes(b"half")
    keys.destroy(kept.holder)
    assert not half.exists()


def test_the_key_of_one_draft_is_not_anothers(archive, keys, kept):
    other = archive.store.vault.fresh(new_id(Prefix.DRAFT))
    path_of(archive, kept).rename(path_of(archive, other))
    with pytest.raises(Corrupt):
        keys.open(other.holder)


@pytest.mark.parametrize("name", ["../keyring", "drf_", "", "drf_" + "a" * 25 + "/", "epoch/1"])
def test_what_is_no_id_of_a_draft_names_no_file(keys, name):
    with pytest.raises(NotFound):
        keys.open(name)
    with pytest.raises(NotFound):
        keys.destroy(name)


def test_an_archive_without_drafts_has_no_such_folder(keys):
    assert list(keys.lying()) == []
