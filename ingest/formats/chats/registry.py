"""Every format of exports that there is a reader for, in the order in which an export is held against them.

Rule kept: what an export is, its bytes and the names in it say, never its own name alone. An export may be of several
formats at once (one download of an account holds its chats, its comments and its mail): each reader takes its own
files. A reader that falls over an export does not recognise it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, cast

from ingest.formats.chats import mapped

if TYPE_CHECKING:
    from ingest.formats.chats.model import Export, ExportFormat

NAMES: Final = (
    "whatsapp",
    "line_chat",
    "signal_text",
    "signal_jsonl",
    "signal_backup",
    "facebook",
    "instagram",
    "x",
    "telegram",
    "imessage_db",
    "imessage_text",
    "imessage_html",
    "viber",
    "sms",
    "voice",
    "googlechat",
    "hangouts",
    "youtube",
    "slack",
    "discord",
    "tiktok",
    "snapchat",
    "reddit",
    "mastodon",
    "bluesky",
    "groupme",
    "linkedin",
    "skype",
    "teams",
)
_PACKAGE: Final = "ingest.formats.chats"


def formats() -> tuple[ExportFormat, ...]:
    """All readers."""
    return tuple(cast("ExportFormat", importlib.import_module(f"{_PACKAGE}.{name}")) for name in NAMES)


def load() -> None:
    """Import all readers, and what they open on first use; for a process that is to be confined."""
    for one in formats():
        getattr(one, "load", lambda: None)()
    mapped.load()


def formats_of(export: Export, mapping: bytes = b"") -> tuple[ExportFormat, ...]:
    """What an export is to be read by: the description that was given with it, else the formats that know it.

    Raises:
        ContainerBroken: the description is wrong.
    """
    return (mapped.mapped(mapping),) if mapping else recognised(export)


def recognised(export: Export) -> tuple[ExportFormat, ...]:
    """The formats that this export is of, possibly none."""
    return tuple(one for one in formats() if _recognises(one, export))


def _recognises(one: ExportFormat, export: Export) -> bool:
    try:
        return one.recognise(export)
    except Exception:  # noqa: BLE001 - names and first bytes are hostile, and another reader may know the export
        return False
