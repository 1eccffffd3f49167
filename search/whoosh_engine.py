"""The second engine as its generations are kept: a `search.engines.Engine`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from search import whoosh_index
from storage.errors import Corrupt, StorageFull

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from search.whoosh_index import WhooshIndex

_SPARE_BYTES: Final = 1 << 20


class WhooshEngine:
    """Whoosh 2.7.4 over sealed files."""

    @property
    def name(self) -> str:
        """See `Engine.name`."""
        return "whoosh"

    @property
    def version(self) -> str:
        """See `Engine.version`."""
        return whoosh_index.VERSION

    @property
    def ending(self) -> str:
        """See `Engine.ending`."""
        return "whoosh"

    def open(self, path: Path, key: bytes, *, create: bool = False, older: bool = False) -> WhooshIndex:
        """See `Engine.open`."""
        return whoosh_index.open_whoosh_index(path, key, create=create, older=older)

    def renew(self, source: Path, key: bytes, target: Path, target_key: bytes, without: Sequence[str]) -> None:
        """See `Engine.renew`."""
        index = whoosh_index.open_whoosh_index(source, key, older=True)
        needed = sum(one.stat().st_size for one in source.iterdir()) + _SPARE_BYTES
        if shutil.disk_usage(source.parent).free < needed:
            raise StorageFull(
                f"writing the search index anew needs {needed:,} free bytes; free some space and try again"
            )
        if target.exists():
            raise Corrupt(f"the search index {target.name} exists already; run: archiver index rebuild")
        try:
            made = whoosh_index.open_whoosh_index(target, target_key, create=True)
            try:
                index.write_without(made, without)
            finally:
                made.close()
                index.close()
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
