"""The generated exports that figures are taken on are what their readers take them for, to the last message."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from benchmarks.bench_chats import LAYOUTS
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said
from ingest.formats.chats.registry import recognised
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.chat_exports import Layout


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.name)
def test_every_generated_message_is_read(layout: Layout, tmp_path: Path) -> None:
    plan, target = layout.plan(150, 3, 25), tmp_path / layout.file
    layout.write(plan, target)
    files = {target.name: target.read_bytes()}
    if target.suffix == ".zip":
        with zipfile.ZipFile(target) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    export = HeldFiles(files=files, name=target.name, zone=ZoneInfo("America/Chicago"))
    (reader,) = recognised(export)
    assert reader.__name__.endswith(f".{layout.reader}")
    found = list(reader.read(export))
    assert [one for one in found if isinstance(one, Remark)] == []
    read = [one.message for one in found if isinstance(one, Said)]
    assert sorted(one.text for one in read) == sorted(one.text for one in plan.all_talk())
    assert {one.at.date() for one in read if one.at} == {one.at.date() for one in plan.all_talk()}
