"""What every recorded program says and hands in: acknowledgements as lines of JSON, and mails that no other is."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from ingest.submission import Handover
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    import random

    from ingest.submission import Deposited

DROP = "drop"
"""The watched folder, beside the archive."""

_LARGEST = 9_000


def say(**fact: Any) -> None:
    """Acknowledge. A single write, so that lines of several threads never mix."""
    os.write(1, json.dumps(fact).encode() + b"\n")


def payload(chance: random.Random) -> bytes:
    """A mail that no other is, of a size that needs one database page or several."""
    return b"Subject: %d\r\n\r\n" % chance.getrandbits(64) + b"x" * chance.randrange(_LARGEST)


def handover(content: bytes, channel: Channel = Channel.SMTP) -> Handover:
    return Handover(
        channel=channel, account=channel.value, custodian_id=None, envelope=Envelope(source="a"), payload=content
    )


def acknowledge(answer: Deposited) -> None:
    say(deposit=answer.submission_id, sha256=answer.sha256)
