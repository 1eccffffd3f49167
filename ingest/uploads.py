"""Uploads under way: begun, appended to, and ended by one commit that deposits all of it, or given up, or expired.

Rules: nothing of an upload is the archive's before its commit; the answer to that is durable with the deposit, in one
transaction, so that whoever asks again after a lost answer gets the same one. Bytes lie sealed under a key of the
upload's own (`ingest.upload_pieces`); the key is a file that is overwritten when the upload has ended. What a killed
program left without a row goes after an hour. Nobody but who began an upload is told that it is there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from ingest.tables import uploads
from ingest.upload import UploadAbout, UploadState
from ingest.upload_pieces import UploadPieces
from storage.draft_keys import DraftKeys
from storage.errors import ArchiveError, Conflict, InvalidInput, NotFound
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.archive import Archive
    from storage.transaction import Transaction
    from storage.vault import HolderKey

_ORPHAN_AGE = timedelta(hours=1)
_OPEN, _COMMITTED = "open", "committed"


class Uploads:
    """The uploads of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._keys = DraftKeys(archive.keyring, archive.folder / "keys", "upload")
        self._folder = archive.folder / "uploads"

    def begin(
        self,
        about: UploadAbout,
        *,
        custodian_id: str,
        actor: str,
        lasts: timedelta,
        most: int,
        request: str | None,
        key: HolderKey | None = None,
    ) -> UploadState:
        """Begin an upload; look first whether the same `request` did (`begun`).

        Args:
            about: what is said of it.
            custodian_id: whose records it will be.
            actor: who hands in.
            lasts: after which time it expires.
            most: uploads that one person may have under way.
            request: a key by which who hands in asks again, None for none.
            key: that of `fresh`, where bytes came before; it stays its maker's to forget where this raises.

        Raises:
            Conflict: too many are under way, or the same request came twice at once.
            StorageFull, TemporarilyUnavailable: nothing was begun.
        """
        store = self._archive.store
        owner, tag = self._tag(actor), self._request_tag(actor, request)
        is_new = key is None
        key = key or self.fresh()
        try:
            row: dict[str, Any] = {
                "id": key.holder,
                "state": _OPEN,
                "owner_tag": owner,
                "request_tag": tag,
                "custodian_id": custodian_id,
                "size": about.size,
                "sealed_about": self._seal(key, "about", about.encode()),
                "sealed_answer": None,
            }
            with store.write() as transaction:
                connection = transaction.connection
                self._refuse_second(connection, owner, tag, most)
                row |= {"received_at": transaction.at, "expires_at": transaction.at + lasts}
                connection.execute(insert(uploads), [row])
        except ArchiveError:
            if is_new:
                self.forget(key)
            raise
        with store.read() as connection:
            return self.get(connection, key.holder, actor)

    def fresh(self) -> HolderKey:
        """A key for bytes that come before the upload is begun; without `begin` they go after an hour.

        Raises:
            StorageFull, TemporarilyUnavailable: nothing can be written.
        """
        store = self._archive.store
        store.refuse_if_failed()
        store.refuse_if_restricted()
        key = store.vault.fresh(new_id(Prefix.UPLOAD))
        self._keys.keep(key)
        self.pieces(key).make()
        return key

    def forget(self, key: HolderKey) -> None:
        """Destroy a key of `fresh` that no upload was begun with, and what came; harmless when it is gone."""
        self._destroy(key.holder)

    def begun(self, about: UploadAbout, *, actor: str, request: str | None) -> UploadState | None:
        """The upload that this person began with the same key before, None where there is none.

        Raises:
            Conflict: the key was used for something else.
        """
        if request is None:
            return None
        mine = (uploads.c.owner_tag == self._tag(actor), uploads.c.request_tag == self._request_tag(actor, request))
        with self._archive.store.read() as connection:
            row = connection.execute(
                select(uploads).where(*mine, uploads.c.expires_at > self._archive.store.clock())
            ).first()
        if row is None:
            return None
        found = self._opened(row)
        if found.about != about:
            raise Conflict("this Idempotency-Key began an upload of other files; choose a new one")
        return found

    def _refuse_second(self, connection: Connection, owner: bytes, tag: bytes | None, most: int) -> None:
        mine = (uploads.c.owner_tag == owner, uploads.c.state == _OPEN)
        if connection.execute(select(func.count()).select_from(uploads).where(*mine)).scalar_one() >= most:
            raise Conflict(f"you have {most} uploads under way already; finish or give up one of them")
        living = uploads.c.expires_at > self._archive.store.clock()
        same = select(uploads.c.id).where(uploads.c.owner_tag == owner, uploads.c.request_tag == tag, living)
        if tag is not None and connection.execute(same).first() is not None:
            raise Conflict("the same upload was begun just now; ask again")

    def get(self, connection: Connection, upload_id: str, actor: str) -> UploadState:
        """An upload of this person, under way or committed.

        Raises:
            NotFound: there is none of this id that is his; it may have expired.
        """
        query = select(uploads).where(uploads.c.id == upload_id, uploads.c.owner_tag == self._tag(actor))
        row = connection.execute(query).first()
        if row is None or row.expires_at <= self._archive.store.clock():
            raise NotFound("you have no such upload; it may have expired: begin again", upload=upload_id[:64])
        return self._opened(row)

    def open_bytes(self, connection: Connection, actor: str) -> int:
        """The bytes of all uploads that this person has under way, as he said that they would be."""
        mine = (uploads.c.owner_tag == self._tag(actor), uploads.c.state == _OPEN)
        total: int = connection.execute(select(func.coalesce(func.sum(uploads.c.size), 0)).where(*mine)).scalar_one()
        return total

    def append(self, upload: UploadState, number: int, offset: int, content: bytes) -> int:
        """Append to file `number` (from 0); returns the offset behind it, durable.

        Raises:
            Conflict: another offset comes next (`WrongOffset`), or the upload is committed.
            InvalidInput: more than the file has by what was said.
        """
        self.refuse_committed(upload)
        self._archive.store.refuse_if_failed()
        if offset + len(content) > upload.about.files[number].size:
            raise InvalidInput(f"file {number + 1} gets more bytes than it was said to have", number=number + 1)
        return self.pieces(upload.key).append(number, offset, content)

    def refuse_committed(self, upload: UploadState) -> None:
        """Refuse to change what was handed in.

        Raises:
            Conflict: it was.
        """
        if upload.answer is not None:
            raise Conflict("this upload was handed in already; ask for its answer", upload=upload.id)

    def settle(self, transaction: Transaction, upload: UploadState, answer: dict[str, Any]) -> None:
        """Write down the answer, in the transaction of the deposit.

        Raises:
            Conflict: it was given up or committed meanwhile.
        """
        sealed = self._seal(upload.key, "answer", json.dumps(answer).encode())
        mine = (uploads.c.id == upload.id, uploads.c.state == _OPEN)
        change = update(uploads).where(*mine).values(state=_COMMITTED, sealed_answer=sealed)
        if transaction.connection.execute(change).rowcount != 1:
            raise Conflict("this upload was given up, or handed in, meanwhile; ask again", upload=upload.id)

    def finish(self, upload_id: str) -> None:
        """Remove the bytes of a committed upload; its answer stays until it expires."""
        self.pieces(self._keys.open(upload_id)).remove()

    def give_up(self, upload: UploadState) -> None:
        """End an upload and destroy what is there of it.

        Raises:
            Conflict: it was committed.
        """
        with self._archive.store.write() as transaction:
            mine = (uploads.c.id == upload.id, uploads.c.state == _OPEN)
            if transaction.connection.execute(delete(uploads).where(*mine)).rowcount != 1:
                raise Conflict("this upload was handed in already; ask for its answer", upload=upload.id)
        self._destroy(upload.id)

    def tidy(self) -> int:
        """Let expire what is due, and remove what killed programs left; returns how many open ones expired."""
        store = self._archive.store
        with store.read() as connection:
            query = select(uploads.c.id, uploads.c.state).where(uploads.c.expires_at <= store.clock())
            due = connection.execute(query).all()
        for row in due:
            with store.write() as transaction:
                transaction.connection.execute(delete(uploads).where(uploads.c.id == row.id))
            self._destroy(row.id)
        border = (store.clock() - _ORPHAN_AGE).timestamp()
        lying = {name for name, at in self._keys.lying() if at < border}
        if self._folder.is_dir():
            found = {
                one.name: _changed(one) for one in self._folder.iterdir() if one.name.startswith(f"{Prefix.UPLOAD}_")
            }
            lying |= set(found)
            lying -= {name for name, at in found.items() if at >= border}  # something came within the hour
        if lying:
            with store.read() as connection:
                rows = connection.execute(select(uploads.c.id, uploads.c.state)).all()
            for name in lying - {row.id for row in rows}:
                self._destroy(name)
            for row in rows:
                if row.state == _COMMITTED and row.id in lying:
                    self.finish(row.id)
        return sum(row.state == _OPEN for row in due)

    def pieces(self, key: HolderKey) -> UploadPieces:
        """The pieces of an upload."""
        return UploadPieces(vault=self._archive.store.vault, key=key, folder=self._folder)

    def _destroy(self, upload_id: str) -> None:
        """Destroy its key first: what is left then cannot be read."""
        self._keys.destroy(upload_id)
        self.pieces(self._archive.store.vault.fresh(upload_id)).remove()

    def _opened(self, row: Any) -> UploadState:
        key = self._keys.open(row.id)
        answer = None if row.sealed_answer is None else json.loads(self._open(key, "answer", row.sealed_answer))
        return UploadState(
            id=row.id,
            custodian_id=row.custodian_id,
            received_at=row.received_at,
            expires_at=row.expires_at,
            about=UploadAbout.decode(self._open(key, "about", row.sealed_about)),
            key=key,
            answer=answer,
        )

    def _request_tag(self, actor: str, request: str | None) -> bytes | None:
        return None if request is None else self._tag(f"{actor}\x00{request}")

    def _tag(self, actor: str) -> bytes:
        message = b"upload\x00" + actor.encode("utf-8", "replace")
        return hmac.digest(self._archive.store.keyring.digest_key, message, hashlib.sha256)

    def _seal(self, key: HolderKey, part: str, plain: bytes) -> bytes:
        return self._archive.store.vault.seal(key, SealKind.DRAFT, f"{key.holder}/{part}", plain)

    def _open(self, key: HolderKey, part: str, sealed: bytes) -> bytes:
        return self._archive.store.vault.unseal(key, SealKind.DRAFT, f"{key.holder}/{part}", sealed)


def _changed(path: Any) -> float:
    try:
        changed: float = path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
    return changed
