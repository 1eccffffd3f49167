"""Screenshots and scans through the command line, read by the engines that are installed."""

from __future__ import annotations

import importlib.util
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import CUSTODIAN, Office

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None or importlib.util.find_spec("onnxruntime") is None,
    reason="no engine that reads pictures is installed",
)
SAID = ("The heronry is closed on Monday", "Bus seven stops at the museum")


def drawn(*lines: str, form: str = "PNG") -> bytes:
    """A white page with some lines in Pillow's own font."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - where no engine is installed, it may be absent, too

    picture = Image.new("RGB", (900, 120 + 90 * len(lines)), "white")
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((50, 60 + 90 * number), line, fill="black", font=ImageFont.load_default(size=40))
    content = io.BytesIO()
    picture.save(content, form)
    return content.getvalue()


def test_pictures_are_found_by_their_words_when_ingest_returns(office: Office, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "shot.png").write_bytes(drawn(SAID[0]))
    (inbox / "scan.tiff").write_bytes(drawn(SAID[1], form="TIFF"))
    (inbox / "cut.png").write_bytes(drawn(*SAID)[:400])
    report = office.json("ingest", str(inbox), "--custodian", CUSTODIAN)
    assert (report["archived"], report["records"]) == (3, 3)
    found = {word: office.json("search", word) for word in ("heronry", "museum")}
    assert [len(one["hits"]) for one in found.values()] == [1, 1]
    assert [one["hits"][0]["kind"] for one in found.values()] == ["screenshot", "document"]
    assert found["museum"]["coverage"]["pictures_waiting"] == 0
    shown = office.json("record", "show", found["heronry"]["hits"][0]["id"], "--boxes")
    assert (shown["reading"], shown["provenance"]["grade"]) == ("read", "D")
    assert SAID[0] in shown["text"]
    (page,) = shown["transcription"]["pages"]
    left, top, right, bottom = page["lines"][0]["box"]
    assert 30 < left < 70 < right <= page["width"]
    assert 40 < top < bottom < 140
    records = [office.json("record", "show", one["id"]) for one in office.json("record", "list")]
    (broken,) = (one for one in records if one["captured"]["source"].endswith("cut.png"))
    assert broken["unsearchable"] != []
    assert office.json("verify")["faults"] == []


def test_exported_metadata_has_what_was_read(office: Office, tmp_path: Path) -> None:
    (tmp_path / "shot.png").write_bytes(drawn(SAID[0]))
    office.json("ingest", str(tmp_path / "shot.png"), "--custodian", CUSTODIAN)
    (record,) = office.json("record", "list")
    office.json("record", "export", record["id"], "--to", str(tmp_path / "out"))
    written = json.loads((tmp_path / "out" / "metadata.json").read_text("utf-8"))
    assert SAID[0] in written["transcription"]["text"]
    assert drawn(SAID[0]) in [path.read_bytes() for path in (tmp_path / "out").iterdir()]
