"""The default engine as its generations are kept: a `search.engines.Engine`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search import fts_index
from search.fts_export import export_without

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from search.fts_index import FtsIndex


class FtsEngine:
    """SQLite FTS5 inside SQLCipher."""

    @property
    def name(self) -> str:
        """See `Engine.name`."""
        return "fts"

    @property
    def version(self) -> str:
        """See `Engine.version`."""
        return fts_index.VERSION

    @property
    def ending(self) -> str:
        """See `Engine.ending`."""
        return "db"

    def open(self, path: Path, key: bytes, *, create: bool = False, older: bool = False) -> FtsIndex:
        """See `Engine.open`."""
        return fts_index.open_fts_index(path, key, create=create, older=older)

    def renew(self, source: Path, key: bytes, target: Path, target_key: bytes, without: Sequence[str]) -> None:
        """See `Engine.renew`."""
        export_without(source, key, target, target_key, without)
