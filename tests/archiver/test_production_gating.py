"""The gate over a package: rows by their records, papers by what they say, and the same answer from other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver import production_gating
from archiver.production_gating import PackageGate
from archiver.production_package import Package, Row
from search.disclosure.release_types import Leaves, ReleasedDocument

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Jane Secretson"


def released(record_id: str, *taken: str) -> ReleasedDocument:
    return ReleasedDocument(
        record_id=record_id,
        component=None,
        title="Lights",
        leaves=Leaves.REDACTED,
        pages=b"",
        page_count=1,
        text="",
        taken=taken,
    )


def answer_of(place: Path, name: str) -> tuple[bool, tuple[str, ...]]:
    gate = PackageGate(None)
    gate.take("rec_a", [released("rec_a", SECRET)], ())
    gate.take("rec_b", [released("rec_b")], ())
    with Package(place / name) as package:
        package.put("documents/LAKE-000001.pdf", [b"no PDF"], "pdf", record_id="rec_a")
        with gate.beside(package):
            put_rest(package)
            gate.check_all(package)
    gate.check_content("manifest.json", b'{"documents": []}')
    told = gate.report()
    assert told.document["files"] == 9
    return told.passed, told.lines


def put_rest(package: Package) -> None:
    package.put("text/LAKE-000001.txt", [b"The lamps of nobody"], "text", record_id="rec_a")
    package.put("text/LAKE-000002.txt", [f"The lamps of {SECRET}".encode()], "text", record_id="rec_b")
    rows = (b"BEGDOC\n", b"LAKE-000001 lamps\n", f"LAKE-000002 {SECRET}\n".encode())
    owners = [Row(length=len(rows[0])), Row(length=len(rows[1]), record_id="rec_a")]
    owners.append(Row(length=len(rows[2]), record_id="rec_b"))
    package.put("load/index.csv", rows, "rows", rows=owners)
    package.put("letter.pdf", [b"%PDF-1.7 a letter"], "paper", text=f"Dear {SECRET}")


def test_what_was_left_out_is_found_in_texts_rows_and_papers_by_whose_they_are(tmp_path: Path) -> None:
    passed, lines = answer_of(tmp_path, "one")
    assert not passed
    assert [line.split(":")[0].split()[1] for line in lines] == [
        "documents/LAKE-000001.pdf",
        "text/LAKE-000002.txt",
        "load/index.csv",
        "letter.pdf",
    ]
    assert "row 3" in lines[2]
    assert not any(SECRET in line for line in lines)


def test_other_programs_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = answer_of(tmp_path, "one")
    monkeypatch.setattr(production_gating, "_MANY", 0)
    monkeypatch.setattr(production_gating, "_MOST_WORKERS", 1)
    monkeypatch.setattr(production_gating, "_TOGETHER", 2)
    assert answer_of(tmp_path, "two") == alone


def test_programs_end_with_what_they_are_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production_gating, "_MANY", 0)
    gate = PackageGate(None)
    with Package(tmp_path / "one") as package:
        with gate.beside(package):
            programs = gate._programs
        assert programs is not None
        letter = package.put("letter.txt", [b"a letter"], "paper")
        with pytest.raises(RuntimeError):
            programs.look_at([letter])
