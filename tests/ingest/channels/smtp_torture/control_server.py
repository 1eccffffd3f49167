"""The positive control: aiosmtpd as it comes, in an environment of its own, storing each mail as a file.

Run by that environment's interpreter: ``python control_server.py FOLDER``; prints its port. Knows nothing of ours.
"""

import asyncio
import itertools
import socket
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Keeper:
    """Stores what it is given, in the order of arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        name = f"{next(self._numbers):06}"
        (self._folder / f"{name}.part").write_bytes(envelope.original_content)
        (self._folder / f"{name}.part").rename(self._folder / f"{name}.eml")
        return "250 2.0.0 Deposited as control"


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    keeper = Keeper(Path(sys.argv[1]))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, enable_SMTPUTF8=True, hostname="control.example"), sock=listener
    )
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - this is what the caller reads
    async with server:
        await server.serve_forever()


asyncio.run(main())
