"""The options of a caption: who, what, when, where and why, in the words of whoever hands in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ingest.captions import CAPTION_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

_HELP = {
    "who": "Who is talking in the pictures, as you know it.",
    "what": "What they are about.",
    "when": "When it happened, and when the pictures were taken.",
    "where": "Where it happened: which app, account, phone.",
    "why": "Why it is handed in.",
}


def caption_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--who``, ``--what``, ``--when``, ``--where`` and ``--why`` to a command."""
    for name in reversed(CAPTION_FIELDS):
        function = click.option(f"--{name}", name, metavar="TEXT", help=_HELP[name])(function)
    return function
