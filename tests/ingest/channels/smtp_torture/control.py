"""Makes and runs the positive control: aiosmtpd 1.4.4.post2, known to let mails be smuggled in (CVE-2024-27305).

It is installed into an environment of its own below ``.work``, once; where the package index cannot be reached, the
control is left out, and that is said with the number of cases.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1.4.4.post2"
_ROOT = Path(__file__).parents[4]
_ENVIRONMENT = _ROOT / ".work" / f"aiosmtpd-{VERSION}"
_READY = _ENVIRONMENT / ".ready"
_INSTALL_SECONDS = 120


class NoControl(Exception):
    """The control cannot be had here; the text says why."""


def interpreter() -> Path:
    """The control's interpreter, installed where it is not yet.

    Raises:
        NoControl: it cannot be installed.
    """
    python = _ENVIRONMENT / "bin" / "python"
    if _READY.exists():
        return python
    try:
        venv.create(_ENVIRONMENT, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"aiosmtpd=={VERSION}"]
        subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoControl(f"aiosmtpd {VERSION} cannot be installed here ({type(error).__name__})") from error
    _READY.touch()
    return python


@contextmanager
def running_control(folder: Path) -> Iterator[int]:
    """The control at work, storing into `folder`; gives its port.

    Raises:
        NoControl: it cannot be installed.
    """
    program = Path(__file__).with_name("control_server.py")
    started = subprocess.Popen(
        [interpreter(), program, folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert started.stdout is not None
        line = started.stdout.readline()
        if not line:
            raise NoControl(f"aiosmtpd {VERSION} does not run on Python {sys.version.split()[0]}")
        yield int(line)
    finally:
        started.kill()
        started.wait()
        if started.stdout is not None:
            started.stdout.close()
