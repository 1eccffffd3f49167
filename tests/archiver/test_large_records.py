"""Large records leave in pieces: exported and downloaded byte for byte, and never half of one as a whole."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import httpx
import pytest

from archiver.access import Role
from storage.files import write_pieces
from storage.sealing import CHUNK_BYTES, TAG_BYTES
from tests.archiver.web_site import OWN, add_record, letter, make_installation, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.archiver.commands import Office

LARGE = os.urandom(1 << 20) * 9 + b"end"


@pytest.fixture
def large(office: Office, tmp_path: Path) -> str:
    """The id of a record of one large file."""
    (tmp_path / "camera.bin").write_bytes(LARGE)
    report = office.json("ingest", str(tmp_path / "camera.bin"), "--custodian", "jane@agency.example")
    assert (report["archived"], report["records"]) == (1, 1)
    (listed,) = office.json("record", "list")
    return str(listed["id"])


def the_object(office: Office) -> Path:
    return largest(office.folder)


def largest(archive: Path) -> Path:
    """The largest object of an archive."""
    files = [one for one in (archive / "objects").rglob("*") if one.is_file()]
    return max(files, key=lambda one: one.stat().st_size)


def damage(path: Path, at: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes((byte[0] ^ 1,)))


@pytest.mark.parametrize("how", [("one",), ("--all",)])
def test_a_large_file_comes_out_byte_for_byte(office: Office, large: str, tmp_path: Path, how: tuple[str]):
    to = tmp_path / "out"
    office.json("record", "export", *(["--all"] if how == ("--all",) else [large]), "--to", str(to))
    (exported,) = to.rglob("001-original.bin")
    assert hashlib.sha256(exported.read_bytes()).digest() == hashlib.sha256(LARGE).digest()
    assert exported.stat().st_mode & 0o777 == 0o600
    assert list(to.rglob("*.new")) == []
    assert office.json("verify", "--all")["faults"] == []


@pytest.mark.parametrize("at", [200_000, 5 << 20, -1])
def test_a_damaged_chunk_leaves_no_file_that_looks_whole(office: Office, large: str, tmp_path: Path, at: int):
    damage(the_object(office), at)
    answer = office.run("record", "export", large, "--to", str(tmp_path / "one"), "--json")
    assert answer.status == 1
    assert answer.error["kind"] == "corrupt"
    report = office.json("record", "export", "--all", "--to", str(tmp_path / "all"), status=6)
    assert [one["record"] for one in report["failed"]] == [large]
    assert [path for path in (*tmp_path.glob("one/*"), *tmp_path.glob("all/*/*")) if path.is_file()] == []


def test_a_large_file_cut_at_a_chunk_is_not_exported(office: Office, large: str, tmp_path: Path):
    path = the_object(office)
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.truncate(size - len(LARGE) % CHUNK_BYTES - TAG_BYTES)
    assert office.run("record", "export", large, "--to", str(tmp_path / "out")).status == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_changes_while_it_is_read_is_said_and_the_rest_is_taken(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.bin").write_bytes(LARGE)
    (tmp_path / "in" / "b.txt").write_bytes(b"a note\n")
    monkeypatch.setattr("ingest.channels.files.FileContent.of", _too_short)
    report = office.json("ingest", str(tmp_path / "in"), "--custodian", "jane@agency.example", status=6)
    assert (report["seen"], report["archived"], report["failed"]) == (2, 1, 1)
    (problem,) = report["problems"]
    assert problem["source"] == "in/a.bin"
    assert problem["reason"].startswith("not taken: it changed while it was read")
    assert list((office.folder / "objects").glob("*.part")) == []


def _too_short(path: Path, status: os.stat_result) -> object:
    from ingest.channels.files import FileContent  # noqa: PLC0415 - its class method is planted

    return FileContent(path=path, size=status.st_size - 1, identity=(status.st_dev, status.st_ino))


def test_a_file_of_pieces_has_its_name_only_when_it_is_whole(tmp_path: Path):
    def failing() -> Iterator[bytes]:
        yield b"one"
        assert not (tmp_path / "out").exists()
        raise ValueError("odd")

    for durable in (True, False):
        with pytest.raises(ValueError, match="odd"):
            write_pieces(tmp_path / "out", failing(), durable=durable)
        assert list(tmp_path.iterdir()) == []
    assert write_pieces(tmp_path / "out", [b"one", b"", b"two"]) == 6
    assert (tmp_path / "out").read_bytes() == b"onetwo"


def test_a_download_of_a_large_component_breaks_off_at_damage(tmp_path: Path):
    installation = make_installation(tmp_path)
    try:
        token = installation.users.add("officer", Role.OFFICER, actor="operator:test").token
        custodian_id = installation.archive.custodians.add(OWN, name="Dana Ito", actor="operator:test").id
        made = add_record(installation, custodian_id, letter("Film", ""), payload=LARGE)
        path = largest(installation.archive.folder)
        with (
            serving(installation) as url,
            httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client,
        ):
            address = f"/records/{made.record}/components/{made.component}"
            whole = client.get(address)
            assert whole.status_code == 200
            assert whole.content == LARGE
            assert int(whole.headers["content-length"]) == len(LARGE)
            damage(path, -1)
            got: list[bytes] = []
            with client.stream("GET", address) as answer, pytest.raises(httpx.RemoteProtocolError):
                got.extend(answer.iter_raw())
            assert 0 < sum(map(len, got)) < len(LARGE)
            assert LARGE.startswith(b"".join(got))
            damage(path, 100)
            refused = client.get(address)
            assert refused.status_code == 500
            assert LARGE[:100] not in refused.content
    finally:
        installation.close()
