"""Unpacking in the programs of an archive: who may do it now, and with what.

Rule: one program at a time unpacks in an archive, by a lock on a file that the kernel gives back however a program
dies; what it left open, the next one goes on with.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from archiver.turns import turn
from ingest.containers import Containers
from ingest.unpacking import Unpacker
from ingest.unpacking_limits import UnpackingLimits

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from archiver.wiring import Installation

_POLL_SECONDS = 0.1


def unpacking_turn(folder: Path) -> AbstractContextManager[bool]:
    """Hold the right to unpack in the archive of this folder; False where another program has it."""
    return turn(folder, "unpacker")


def unpacking_limits(installation: Installation) -> UnpackingLimits:
    """What one container may cost by the settings."""
    own = UnpackingLimits()
    section = installation.settings.sandbox
    return UnpackingLimits(memory=max(own.memory, section.memory_mb << 20), seconds=max(own.seconds, section.seconds))


def unpacker_of(installation: Installation, actor: str, stop: Callable[[], bool] = lambda: False) -> Unpacker:
    """An unpacker with a depositor of its own."""
    archive = installation.archive
    return Unpacker(
        archive,
        installation.depositor(actor),
        Containers(archive, actor=actor),
        limits=unpacking_limits(installation),
        allow_unconfined=installation.settings.sandbox.allow_unconfined,
        stop=stop,
    )


def unpack_in_turn(folder: Path, unpacker: Unpacker) -> bool:
    """Unpack what waits longest, if it is our turn; whether there may be more."""
    with unpacking_turn(folder) as mine:
        return mine and unpacker.unpack_waiting()


def await_unpacked(
    installation: Installation, unpacker: Unpacker, container_id: str, progress: Callable[[int], None]
) -> None:
    """Unpack a container and all around and in it, or wait until whoever has the turn has done it.

    Raises:
        NotFound: there is no such container.
        ArchiveError: as `Unpacker.unpack`; what came out is kept.
    """
    archive = installation.archive
    containers = Containers(archive, actor="")
    with archive.store.read() as connection:
        root = containers.get(connection, container_id).root_id
    while True:
        with unpacking_turn(archive.folder) as mine:
            if mine:
                unpacker.unpack(root, progress)
                return
        with archive.store.read() as connection:
            if containers.open_within(connection, root) is None:
                return
        time.sleep(_POLL_SECONDS)
