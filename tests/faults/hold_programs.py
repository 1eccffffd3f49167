"""Programs around one archive, of which one goes on at a time, from one transaction to the next, as somebody says.

Each program runs in a thread of its own on an archive opened for it, as other programs open it. It stops before every
transaction that it begins; whoever has the turns lets one of them go on until it stops again or ends. So every order
of their transactions can be run, with the product's own code and without waiting for anything.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.archive import Archive

_PATIENCE = 300.0


class Turns:
    """Lets one program go on at a time."""

    def __init__(self) -> None:
        self._programs: dict[str, _Program] = {}
        self.trace: list[str] = []

    def begin(self, name: str, archive: Archive, act: Callable[[Archive], Any]) -> None:
        """Start a program; it stops before its first transaction."""
        program = _Program(name, archive, act)
        self._programs[name] = program
        program.start()

    @property
    def waiting(self) -> list[str]:
        """The programs that can go on, by name."""
        return [name for name, one in self._programs.items() if not one.ended]

    def let(self, name: str) -> None:
        """Let one go on to its next stop."""
        self.trace.append(name)
        self._programs[name].step()

    def kill(self, name: str) -> None:
        """End one where it stopped, as SIGKILL would: what it committed stays, and nothing more follows."""
        self.trace.append(f"{name} killed")
        self._programs[name].kill()

    def outcome(self, name: str) -> Any:
        """What a program that ended gave back; an error of the archive is a value too."""
        return self._programs[name].outcome

    def finish(self) -> None:
        """Let all go to their ends, one after the other."""
        for name in list(self._programs):
            while not self._programs[name].ended:
                self.let(name)


class Killed(BaseException):
    """Ends a program; no part of the product catches it."""


class _Program:
    def __init__(self, name: str, archive: Archive, act: Callable[[Archive], Any]) -> None:
        self._archive = archive
        self._act = act
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._depth = 0
        self.ended = False
        self._killed = False
        self.outcome: Any = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        store = self._archive.store
        # an earlier program of the same archive has ended: its gates are taken off first
        vars(store).pop("read", None)
        vars(store).pop("write", None)
        store.read = self._gated(store.read)  # type: ignore[method-assign]
        store.write = self._gated(store.write)  # type: ignore[method-assign]
        self._thread.start()
        assert self._stopped.acquire(timeout=_PATIENCE)

    def step(self) -> None:
        self._go.release()
        assert self._stopped.acquire(timeout=_PATIENCE), "a program waits for another, which nothing here does"
        if self.ended:
            self._thread.join()
            if isinstance(self.outcome, BaseException) and not isinstance(self.outcome, (ArchiveError, Killed)):
                raise self.outcome

    def kill(self) -> None:
        self._killed = True
        while not self.ended:  # a block that ends may look once more at what it left
            self.step()

    def _gated(self, begin: Callable[[], Any]) -> Callable[[], Any]:
        @contextmanager
        def gated() -> Iterator[Any]:
            if threading.current_thread() is not self._thread:
                with begin() as given:
                    yield given
                return
            if self._depth == 0:
                self._stopped.release()
                self._go.acquire()
                if self._killed:
                    raise Killed
            self._depth += 1
            try:
                with begin() as given:
                    yield given
            finally:
                self._depth -= 1

        return gated

    def _run(self) -> None:
        try:
            self.outcome = self._act(self._archive)
        except BaseException as error:  # noqa: BLE001 - raised again where somebody sees it
            self.outcome = error
        self.ended = True
        self._stopped.release()
