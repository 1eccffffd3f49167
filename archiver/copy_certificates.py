"""What a certificate says otherwise where transport copies were destroyed, and not records.

Rule: it must not be read as the destruction of the records that came out of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retention.disposition_types import BatchAction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retention.disposition_types import DispositionBatch

TRANSPORT_COPIES: Final = (
    "What is listed here are transport copies: mailbox files, exports and archives as they were handed in. The records "
    "that came out of them were taken out before, each stored by itself under a key of its own, and are not destroyed "
    "by this; only files that make no record, counted under the computation, went with them."
)
METHOD: Final = {
    "standard": "NIST SP 800-88 Rev. 1",
    "category": "purge",
    "technique": "cryptographic erase",
    "detail": (
        "Each copy was encrypted under a key of its own (AES-256). That key was deleted, and so were all keys under "
        "which it had ever been stored wrapped; the encrypted objects and the names of the members were removed. A "
        "copy as such is in no search index. Then absence was looked for."
    ),
}
SYSTEMS: Final = ("database", "sealed objects", "backup places of the archive")
PROOF: Final = (
    "The keys of these copies are destroyed. Their objects, digests, envelopes and the names of their members were "
    "looked for in the running archive and not found. Copies of the database, its write-ahead log or the objects taken "
    "before cannot be opened with any key that the archive still has."
)


def said_of_copies(batch: DispositionBatch) -> Mapping[str, Any]:
    """Members of a certificate; of a batch of records there is only the empty remark."""
    if batch.action is not BatchAction.DESTROY_COPIES:
        return {"transport_copies": None}
    return {"transport_copies": TRANSPORT_COPIES, "method": METHOD, "systems": list(SYSTEMS), "proof": PROOF}
