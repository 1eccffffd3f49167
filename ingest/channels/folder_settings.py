"""What a watched folder is told, and which names are those of files that are not finished; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

TAKING, DONE, FAILED = ".taking", "done", "failed"
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".writing", "~")
_LOCKS = (".", "~$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings:
    """One watched folder.

    `name` is what the settings call it, and the account of its submissions. `custodian_id` is whose files lie in it
    where no custodian's own folder says otherwise; None leaves it to the sender of each mail. `settle` is for how many
    seconds a file must not have changed, `every` the seconds between two looks. What was taken is moved to ``done``,
    or deleted where `delete` is set.
    """

    name: str
    path: Path = field(repr=False)
    custodian_id: str | None = None
    settle: float = 10.0
    every: float = 5.0
    delete: bool = False

    def __post_init__(self) -> None:
        """Refuse what could never work."""
        if self.settle <= 0 or self.every <= 0:
            raise InvalidInput(f"settle and every of the watched folder {self.name} must be above zero")
        if not self.path.is_absolute():
            raise InvalidInput(f"the path of the watched folder {self.name} must begin with a slash")


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is still being written, or only somebody's lock, and not to be taken."""
    return name.startswith(_LOCKS) or name.lower().endswith(_UNFINISHED)
