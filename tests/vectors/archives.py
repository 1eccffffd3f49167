"""The frozen archives, one of each released format: unpacked for a test, with what is known to be in them."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
FORMATS = tuple(sorted(int(one.stem.removeprefix("archive_format_")) for one in _HERE.glob("archive_format_*.json")))


@dataclass(frozen=True, kw_only=True)
class FrozenArchive:
    """A copy of a frozen archive; `facts` is its description."""

    folder: Path
    facts: dict[str, Any]

    @property
    def passphrase(self) -> str:
        return str(self.facts["passphrase"])


def unpack(number: int, folder: Path) -> FrozenArchive:
    """Unpack the archive of a format into a folder."""
    facts = json.loads((_HERE / f"archive_format_{number}.json").read_text("utf-8"))
    with tarfile.open(_HERE / f"archive_format_{number}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return FrozenArchive(folder=folder / facts["folder"], facts=facts)
