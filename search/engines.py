"""What a search engine is to whoever keeps its generations, and which engines there are.

Rules:

- A generation is one file or one folder under ``index/``, named ``gen-N`` and the engine's ending, encrypted whole
  under the key ``keys/index/N``. What begins with ``gen-N.`` belongs to generation N and goes with it, whatever
  engine made it, also one that is not installed any more.
- An index that another version of the engine made is `IndexOutdated`. One whose projection or analyser alone is
  another can still be opened with `older`, to be searched while the next generation is built.
- `renew` writes what is left anew without opening a record: no word of the others is in any byte of the target.
- No engine is loaded before it is asked for.
"""

from __future__ import annotations

import shutil
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

from search.index import IndexInsight, SearchIndex
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DEFAULT: Final = "fts"


class EngineIndex(SearchIndex, IndexInsight, Protocol):
    """An opened generation."""

    def present(self) -> EngineIndex:
        """Itself: a generation stays what it is."""

    def document_positions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The ledger position of each of these records' documents; ids that are not there are left out."""

    def check(self, *, thorough: bool) -> None:
        """Look whether it can be trusted: quickly, or every page and every word of it.

        Raises:
            Corrupt: it is damaged; says to run ``archiver index rebuild``.
        """


class Engine(Protocol):
    """A way to keep and to search index documents."""

    @property
    def name(self) -> str:
        """What settings, commands and the table of generations call it; at most 16 characters."""

    @property
    def version(self) -> str:
        """What a generation that it makes now says of engine, projection and analyser."""

    @property
    def ending(self) -> str:
        """What the name of a generation's file or folder ends with, without the dot."""

    def open(self, path: Path, key: bytes, *, create: bool = False, older: bool = False) -> EngineIndex:
        """Open a generation, or make a new and empty one.

        Args:
            path: its file or folder.
            key: its raw 32-byte key.
            create: make it; nothing may be at `path` yet.
            older: open it, too, where only its projection or its analyser is of another version.

        Raises:
            Corrupt: it is missing, damaged, or not under this key.
            IndexOutdated: another version made it.
        """

    def renew(self, source: Path, key: bytes, target: Path, target_key: bytes, without: Sequence[str]) -> None:
        """Write the generation `source` anew as `target`, under another key, less the records `without`.

        Searches of the source go on meanwhile. What is added to it afterwards is not in the target, whose ledger
        position says so. The target says of its version what the source says.

        Raises:
            StorageFull: there is no space for a second index; nothing is left at `target`.
            Corrupt: the source is damaged.
            IndexOutdated: another version of the engine made it.
            TemporarilyUnavailable: another program is writing to it for long.
        """


_ENGINES: Final = {"fts": ("search.fts_engine", "FtsEngine"), "whoosh": ("search.whoosh_engine", "WhooshEngine")}


def engine_names() -> tuple[str, ...]:
    """The engines that there are, the default first."""
    return tuple(_ENGINES)


def engine_named(name: str) -> Engine:
    """The engine of this name, loaded.

    Raises:
        InvalidInput: there is none of this name.
    """
    if name not in _ENGINES:
        raise InvalidInput(f"there is no search engine {name!r}; there is: {', '.join(_ENGINES)}")
    module, made = _ENGINES[name]
    engine: Engine = getattr(import_module(module), made)()
    return engine


def remove_generation(folder: Path, number: int) -> None:
    """Remove whatever belongs to a generation; harmless when nothing is there.

    Its key must be destroyed before, so that what a killed program left of it opens with nothing.
    """
    for path in sorted(folder.glob(f"gen-{number}.*")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=False)
        else:
            path.unlink(missing_ok=True)
