"""An upload from which somebody will choose, and the draft that it is while he does. Pure types.

Rule: what names a person or says something stands sealed; these are the opened forms, which are never printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ingest.draft_outline import Choice, Outline
    from ingest.submission import ContentSource
    from ingest.told import Told
    from storage.vault import HolderKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Bytes from which somebody will choose; `source` is their name, `kind` that of the container."""

    source: str = field(repr=False)
    kind: str
    payload: bytes | ContentSource = field(repr=False)
    custodian_id: str
    submitter: str = field(repr=False)
    actor: str
    expires_after: timedelta
    day_first: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft, opened for its submitter; `outline` is None until the upload was listed."""

    id: str
    custodian_id: str
    received_at: datetime
    expires_at: datetime
    size: int
    blob_id: str
    revision: int
    source: str
    kind: str
    submitter: str
    told: Told
    key: HolderKey = field(repr=False)
    outline: Outline | None = field(default=None, repr=False)
    choice: Choice = field(default_factory=dict, repr=False)
