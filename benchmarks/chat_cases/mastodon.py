"""Mastodon: what the sample archive and the objects of another project state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SAYING = ("Note", "Article", "Question")


def cases(shared: Path) -> Iterator[Case]:
    """The archive, then each object alone, with the text that its pair states."""
    folder = shared / "fixtures/mastodon-archive/spec-derived"
    if folder.is_dir():
        told = json.loads((folder / "expected.json").read_text())
        direct = told["visibility"].count("direct")
        facts = Facts(messages=told["n_items"], conversations=direct, senders=None, told=())
        yield Case(format="mastodon", name="archive", export=HeldFiles.of_folder(folder), facts=facts)
    objects = shared / "fixtures/activitypub-bluesky/snarfed__granary"
    if objects.is_dir():
        yield from _objects(objects)


def _objects(folder: Path) -> Iterator[Case]:
    for name, other in json.loads((folder / "expected.json").read_text())["pairs"].items():
        if not name.endswith(".as2.json"):
            continue
        value, told = (json.loads((folder / one).read_text()) for one in (name, other))
        if value.get("type") not in _SAYING or "<" in str(told.get("content", "<")):
            continue  # no words, or markup that the pair keeps and a reader shows
        # people see a warning or a title above the words, and the choices of a poll below them
        parts = [told.get("displayName"), told.get("summary"), told["content"]]
        parts += [one.get("displayName") for one in told.get("options", ())]
        expected = ExpectedMessage(index=0, at=told.get("published"), sender=None, text="\n".join(filter(None, parts)))
        yield Case(
            format="mastodon",
            name=name,
            export=HeldFiles(files={name: (folder / name).read_bytes()}, name=name),
            facts=Facts(messages=1, conversations=None, senders=None, told=(expected,)),
        )
