"""What a row of a student's record of 34 CFR 99.32 says, sealed under the student's own key.

Rule: the row is bound to the student, so that it cannot be put into another one's record.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from storage.errors import Corrupt
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from storage.transaction import Store
    from storage.vault import HolderKey


class StudentRows:
    """Seals and opens the rows of some students."""

    def __init__(self, store: Store, connection: Connection, student_ids: Sequence[str]) -> None:
        self._vault = store.vault
        self._keys = store.holder_keys(connection, list(student_ids)) if student_ids else {}

    def seal(self, student_id: str, words: Mapping[str, Any]) -> bytes:
        """The words of a row, sealed.

        Raises:
            Corrupt: the student's key is gone.
        """
        plain = json.dumps(words, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._vault.seal(self._key(student_id), SealKind.REQUEST, f"{student_id}/disclosure", plain)

    def open(self, student_id: str, sealed: bytes) -> dict[str, Any]:
        """The words of a row as they were sealed.

        Raises:
            Corrupt: they are not, or the student's key is gone.
        """
        plain = self._vault.unseal(self._key(student_id), SealKind.REQUEST, f"{student_id}/disclosure", sealed)
        words: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
        return words

    def _key(self, student_id: str) -> HolderKey:
        found = self._keys.get(student_id)
        if found is None:
            raise Corrupt("the key of a student is missing; run: archiver verify", subject=student_id)
        return found
