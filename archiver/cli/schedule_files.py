"""Schedules as commands name them: a FILE, `shipped:NAME`, or one that was loaded, by its name or id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from archiver.access import Act
from retention.schedule import MAX_BYTES
from retention.schedules import read_shipped
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from retention.library import LoadedSchedule

SHIPPED: Final = "shipped:"


def read_file(path: Path, most: int = MAX_BYTES) -> bytes:
    """The file, or one byte more than `most` of it, which its reader refuses.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError as error:
        raise NotFound(f"the file {path} does not exist; give the path of a file that does") from error
    except OSError as error:
        raise InvalidInput(f"the file {path} cannot be read: {error.strerror}") from error


def read_source(source: str) -> tuple[bytes, str]:
    """The bytes of a schedule FILE or of `shipped:NAME`, and the name that errors carry.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it cannot be read.
    """
    if not source.startswith(SHIPPED):
        path = Path(source)
        return read_file(path), path.name
    name = source.removeprefix(SHIPPED)
    raw = read_shipped(name)
    if raw is None:
        raise NotFound(f"no schedule {name[:64]!r} came with the program; see: archiver schedule list --shipped")
    return raw, source


def names_file(source: str) -> bool:
    """Whether it names a file or what came with the program, and not what was loaded."""
    return source.startswith(SHIPPED) or Path(source).is_file()


def loaded_schedule(session: Session, source: str) -> LoadedSchedule:
    """The loaded schedule of this name or id; of several editions the current one, else the newest.

    Raises:
        NotFound: none is called so.
    """
    session.principal(Act.EVALUATE)
    named = [one for one in session.installation.library.all() if source in {one.schedule.name, one.id}]
    if not named:
        raise NotFound(f"no file and no loaded schedule is called {source[:64]!r}; see: archiver schedule list")
    return next((one for one in named if one.current), named[-1])
