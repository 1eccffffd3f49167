"""Whoosh indexes made for tests."""

from __future__ import annotations

from pathlib import Path

from search.sealed_files import SealedFiles
from tests.search.building import document, parse

KEY = b"k" * 32
NEXT_KEY = b"n" * 32
PLANTED = "zanzibarquux"


def found(index, query):
    return list(index.ids(parse(query)))


def segments(index):
    return index._head.read().segments


def fill(index, count, *, batch=10, start=1):
    """Add so many documents, each with a word of its own, so many in a step."""
    for first in range(start, start + count, batch):
        several = range(first, min(first + batch, start + count))
        index.add([document(one, text=f"roof word{one}x leaks") for one in several], several[-1])


def plain(path, key):
    """Everything that the files of an index say, opened."""
    files = SealedFiles(path, key)
    said = b""
    for name in files.list():
        if name != "write.lock":
            with files.open_file(name) as file:
                said += file.read()
    return said


def traces(*folders: Path):
    """The files below these folders, and those that this program has open, in which the planted word stands."""
    paths = {path for folder in folders for path in Path(folder).rglob("*") if path.is_file()}
    for descriptor in Path("/proc/self/fd").iterdir():
        if descriptor.is_file():  # a regular one, also where it has no name any more
            paths.add(descriptor)
    found = set()
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if PLANTED.encode() in content or PLANTED.encode("utf-16-le") in content:
            found.add(path)
    return found


def looking(act, seen, folder, looks):
    def looked(*arguments: object) -> object:
        seen.update(traces(folder))
        result = act(*arguments)
        seen.update(traces(folder))
        looks.append(act.__name__)
        return result

    return looked
