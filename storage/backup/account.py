"""What the archive's own tables and its ledger keep of a backup that was made.

Rule: a row stands for a backup that is complete, with the key parts that it supersedes destroyed already; a backup
that was killed before that leaves no row. A place is known by a keyed digest of its path; the path itself stands in
the sealed payload of the event only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from sqlalchemy import insert

from storage.errors import StorageFull
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.tables import backups

if TYPE_CHECKING:
    from pathlib import Path

    from storage.archive import Archive
    from storage.backup.manifest import Manifest


def place_tag(archive: Archive, root: Path) -> bytes:
    """The keyed digest by which a place is known in the archive's own tables."""
    message = b"backup-place\x00" + os.fsencode(root.resolve())
    return hmac.digest(archive.keyring.digest_key, message, hashlib.sha256)


def tell(archive: Archive, root: Path, manifest: Manifest, actor: str) -> bool:
    """The event and the row of a backup that exists; False where the archive's disk has no room for them."""
    facts = {
        "place": str(root),
        "number": manifest.number,
        "leaves": manifest.size,
        "root": manifest.root,
        "objects": manifest.objects,
        "bytes": manifest.object_bytes + manifest.catalogue.size + manifest.keys.size,
    }
    try:
        with archive.store.write() as transaction:
            backup_id = new_id(Prefix.BACKUP)
            position = transaction.append(EventKind.BACKUP_MADE, actor=actor, subjects=(backup_id,), payload=facts)
            row = {
                "id": backup_id,
                "place_tag": place_tag(archive, root),
                "made_at": manifest.made_at,
                "position": position,
                "oldest_keys_at": manifest.keys_at,
                "objects": manifest.objects,
                "bytes": facts["bytes"],
            }
            transaction.connection.execute(insert(backups), [row])
    except StorageFull:
        return False
    return True
