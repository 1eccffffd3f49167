"""The entry of the command `archiver`: loads the command line, which takes a second, and runs it.

Rule: Ctrl-C is answered with a sentence from the first moment on, also while nothing but Python's modules is loaded.
"""

from __future__ import annotations

import sys

from archiver.collecting import loading

_INTERRUPTED = 1  # as `Exit.ERROR`, which is not loaded yet


def main() -> None:
    """Run the command line and exit."""
    try:
        with loading():
            from archiver.cli.main import main as run  # noqa: PLC0415 - what is loaded here is what takes the time
    except KeyboardInterrupt:
        sys.stderr.write("archiver: interrupted; nothing was done\n")
        sys.exit(_INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
