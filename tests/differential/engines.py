"""The engines that are compared, each brought to the same documents; what is not installed is said."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from search.engines import engine_named, engine_names
from tests.differential.comparing import fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from search.documents import IndexDocument
    from search.engines import Engine, EngineIndex

_KEY, _NEXT_KEY = b"k" * 32, b"n" * 32


def present_engines() -> tuple[dict[str, Engine], dict[str, str]]:
    """Engines by name, and by name why others are not there."""
    found: dict[str, Engine] = {}
    absent: dict[str, str] = {}
    for name in engine_names():
        try:
            found[name] = engine_named(name)
        except ImportError as error:
            absent[name] = f"not there: {error.name}"
    return found, absent


def paths(engine: Engine, folder: Path) -> dict[str, Path]:
    """Where `build` puts the two generations of an engine, by what they are called in a report."""
    return {
        engine.name: folder / f"{engine.name}-1.{engine.ending}",
        f"{engine.name}, renewed": folder / f"{engine.name}-2.{engine.ending}",
    }


def build(engine: Engine, documents: Sequence[IndexDocument], folder: Path, seed: int) -> None:
    """Two generations of the same documents: one as it was written, and one renewed from it without others."""
    written, renewed = paths(engine, folder).values()
    index = engine.open(written, _KEY, create=True)
    fill(index, documents, seed)
    destroyed = [replace(one, record_id=f"rec_destroyed{at}") for at, one in enumerate(documents[::10])]
    index.add(destroyed, index.position())
    index.close()
    engine.renew(written, _KEY, renewed, _NEXT_KEY, [one.record_id for one in destroyed])
    index = engine.open(written, _KEY)
    index.remove([one.record_id for one in destroyed], index.position())
    index.close()


@contextmanager
def opened(engines: dict[str, Engine], folder: Path) -> Iterator[dict[str, EngineIndex]]:
    """The generations that `build` made, opened."""
    found: dict[str, EngineIndex] = {}
    try:
        for engine in engines.values():
            for (name, path), key in zip(paths(engine, folder).items(), (_KEY, _NEXT_KEY), strict=True):
                found[name] = engine.open(path, key)
        yield found
    finally:
        for index in found.values():
            index.close()
