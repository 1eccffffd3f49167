"""Drafts: uploads from which their submitters still choose, sealed under keys of their own, and ended at once.

Rules: a draft is durable before it is answered: its bytes, then its key file, then the row with the ledger leaf. It
ends in one transaction that says how (confirmed, discarded, expired) and closes the row; only then its key is
overwritten, its bytes and its row removed, which whoever comes next does again where it was interrupted. Nobody but
its submitter is told that it is there. Bytes and keys that no row names are of a killed upload, and go after an hour.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import delete, insert, select, update

from ingest.draft import Draft
from ingest.draft_contents import DraftContent
from ingest.draft_outline import Outline, decode_choice, encode_choice
from ingest.tables import drafts
from ingest.told import Told
from storage.contents import Measured
from storage.draft_keys import DraftKeys
from storage.errors import ArchiveError, Conflict, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.local_blobs import LocalBlobs, sweep_parts
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from ingest.draft import Upload
    from ingest.draft_guard import DraftGuard
    from ingest.draft_outline import Choice
    from storage.archive import Archive
    from storage.transaction import Transaction
    from storage.vault import HolderKey

_ORPHAN_AGE = timedelta(hours=1)
_OPEN, _CLOSED = "open", "closed"


class Drafts:
    """The drafts of one archive."""

    def __init__(self, archive: Archive, guard: DraftGuard) -> None:
        self._archive = archive
        self._guard = guard
        self._keys = DraftKeys(archive.keyring, archive.folder / "keys")
        self._folder = archive.folder / "drafts"
        self._blobs = LocalBlobs(self._folder, on_failure=archive.store.disk_failed.set)

    def must_keep(self, connection: Connection, custodian_id: str) -> bool:
        """Whether nothing of this custodian's may be left out now; see `DraftGuard`."""
        return self._guard.must_keep(connection, custodian_id)

    def add(self, upload: Upload) -> str:
        """Take an upload; when this returns its id, a loss of power loses nothing of it.

        Raises:
            StorageFull, TemporarilyUnavailable: nothing was taken.
            InvalidInput: the bytes cannot be read.
        """
        store = self._archive.store
        store.refuse_if_failed()
        store.refuse_if_restricted()
        key = store.vault.fresh(new_id(Prefix.DRAFT))
        payload = upload.payload
        measured = Measured((payload,) if isinstance(payload, bytes) else payload.pieces())
        stored = self._blobs.write_pieces(store.vault.seal_pieces(key, SealKind.DRAFT, key.holder, measured))
        try:
            self._keys.keep(key)  # after the bytes: an upload may take longer than what nobody names may lie there
            self._write_row(upload, key, stored.blob_id, measured.size)
        except ArchiveError:  # after anything else nobody knows whether it was committed; `tidy` looks after an hour
            self._keys.destroy(key.holder)
            self._blobs.delete(stored.blob_id)
            raise
        return key.holder

    def _write_row(self, upload: Upload, key: HolderKey, blob_id: str, size: int) -> None:
        about: dict[str, Any] = {"source": upload.source, "kind": upload.kind, "submitter": upload.submitter}
        about["day_first"] = upload.day_first
        row = {
            "id": key.holder,
            "state": _OPEN,
            "owner_tag": self._tag(upload.actor),
            "custodian_id": upload.custodian_id,
            "size": size,
            "blob_id": blob_id,
            "revision": 0,
            "sealed_about": self._seal(key, "about", json.dumps(about).encode()),
            "sealed_outline": None,
            "sealed_choice": None,
        }
        told, whose = {"size": size}, (key.holder,)
        with self._archive.store.write() as transaction:
            row |= {"received_at": transaction.at, "expires_at": transaction.at + upload.expires_after}
            transaction.connection.execute(insert(drafts), [row])
            transaction.append(EventKind.DRAFT_ADDED, actor=upload.actor, subjects=whose, payload=told)

    def get(self, connection: Connection, draft_id: str, actor: str) -> Draft:
        """A draft of this submitter.

        Raises:
            NotFound: there is none of this id that is his.
            Conflict: it was his, and has ended; says how.
        """
        mine = (drafts.c.id == draft_id, drafts.c.owner_tag == self._tag(actor), drafts.c.state == _OPEN)
        row = connection.execute(select(drafts).where(*mine)).first()
        if row is None:
            self._refuse_ended(connection, draft_id, actor)
            raise NotFound(f"you have no draft {draft_id[:64]}; list them with: archiver draft list")
        return self._opened(row)

    def all(self, connection: Connection, actor: str) -> list[Draft]:
        """The drafts of this submitter, oldest first."""
        mine = (drafts.c.owner_tag == self._tag(actor), drafts.c.state == _OPEN)
        rows = connection.execute(select(drafts).where(*mine).order_by(drafts.c.received_at, drafts.c.id)).all()
        found: list[Draft] = []
        for row in rows:
            with suppress(NotFound):  # it ended since the rows were read
                found.append(self._opened(row))
        return found

    def keep_outline(self, draft: Draft, outline: Outline) -> None:
        """Write down what the upload holds; once."""
        sealed = self._seal(draft.key, "outline", outline.encode())
        mine = (drafts.c.id == draft.id, drafts.c.sealed_outline.is_(None))
        with self._archive.store.write() as transaction:
            transaction.connection.execute(update(drafts).where(*mine).values(sealed_outline=sealed))

    def keep_choice(self, draft: Draft, choice: Choice) -> None:
        """Write down what is left out.

        Raises:
            Conflict: everything must be kept, or the draft changed since it was read.
        """
        sealed = self._seal(draft.key, "choice", encode_choice(choice))
        with self._archive.store.write() as transaction:
            self.refuse_changed(transaction, draft)
            if choice:
                self.refuse_held(transaction.connection, draft)
            values = {"sealed_choice": sealed, "revision": draft.revision + 1}
            transaction.connection.execute(update(drafts).where(drafts.c.id == draft.id).values(values))

    def refuse_changed(self, transaction: Transaction, draft: Draft) -> None:
        """Refuse to act on a draft that somebody changed or ended since it was read.

        Raises:
            Conflict: somebody did.
        """
        query = select(drafts.c.state, drafts.c.revision).where(drafts.c.id == draft.id)
        row = transaction.connection.execute(query).first()
        if row is None or (row.state, row.revision) != (_OPEN, draft.revision):
            raise Conflict(f"draft {draft.id} was changed by another command meanwhile; look at it again")

    def refuse_held(self, connection: Connection, draft: Draft) -> None:
        """Refuse that something of it goes where everything must be kept.

        Raises:
            Conflict: it must.
        """
        if self.must_keep(connection, draft.custodian_id):
            raise Conflict(
                "everything of this custodian must be kept at present, so nothing can be left out or discarded; "
                f"hand it in whole with: archiver draft confirm {draft.id} --whole",
                draft=draft.id,
            )

    def close(
        self,
        transaction: Transaction,
        draft_id: str,
        kind: EventKind,
        actor: str,
        payload: Mapping[str, Any],
        *also: str,
    ) -> None:
        """End a draft by an event that says how; from the commit on `finish` removes it. `also` are more subjects."""
        change = update(drafts).where(drafts.c.id == draft_id).values(state=_CLOSED)
        transaction.connection.execute(change)
        transaction.append(kind, actor=actor, subjects=(draft_id, *also), payload=payload)

    def discard(self, draft: Draft, actor: str, reason: str, counts: Mapping[str, Any]) -> None:
        """Destroy a draft as a whole.

        Raises:
            Conflict: everything must be kept, or it changed since it was read.
        """
        with self._archive.store.write() as transaction:
            self.refuse_changed(transaction, draft)
            self.refuse_held(transaction.connection, draft)
            payload = {"reason": reason, **counts}
            self.close(transaction, draft.id, EventKind.DRAFT_DISCARDED, actor, payload)
        self.finish(draft.id, draft.blob_id)

    def refuse(self, draft: Draft, actor: str, why: ArchiveError) -> NoReturn:
        """Give up an upload that nobody can choose from; it never was one, and who handed it in has it still.

        Raises:
            Conflict: everything must be kept, so it stays.
            ArchiveError: `why`, once it is destroyed.
        """
        with self._archive.store.write() as transaction:
            self.refuse_held(transaction.connection, draft)
            payload = {"reason": "no conversation was recognised", "size": draft.size}
            self.close(transaction, draft.id, EventKind.DRAFT_DISCARDED, actor, payload)
        self.finish(draft.id, draft.blob_id)
        raise why

    def finish(self, draft_id: str, blob_id: str) -> None:
        """Destroy the key and the bytes of a closed draft, then its row; any number of times."""
        self._keys.destroy(draft_id)
        self._blobs.delete(blob_id)
        with self._archive.store.write() as transaction:
            closed = (drafts.c.id == draft_id, drafts.c.state == _CLOSED)
            transaction.connection.execute(delete(drafts).where(*closed))

    def tidy(self, actor: str) -> int:
        """Finish what was interrupted, and let expire what is due and not held; returns how many expired."""
        store = self._archive.store
        with store.read() as connection:
            query = select(drafts.c.id, drafts.c.blob_id, drafts.c.custodian_id, drafts.c.state)
            due = (drafts.c.state == _CLOSED) | (drafts.c.expires_at <= store.clock())
            rows = connection.execute(query.where(due)).all()
        expired = 0
        for row in rows:
            if row.state == _OPEN:
                if not self._expire(row.id, row.custodian_id, actor):
                    continue
                expired += 1
            self.finish(row.id, row.blob_id)
        self._sweep()
        return expired

    def _expire(self, draft_id: str, custodian_id: str, actor: str) -> bool:
        with self._archive.store.write() as transaction:
            mine = (drafts.c.id == draft_id, drafts.c.state == _OPEN, drafts.c.expires_at <= transaction.at)
            there = transaction.connection.execute(select(drafts.c.size).where(*mine)).first()
            if there is None or self.must_keep(transaction.connection, custodian_id):
                return False
            self.close(transaction, draft_id, EventKind.DRAFT_EXPIRED, actor, {"size": there.size})
        return True

    def _sweep(self) -> None:
        """Remove what killed uploads left: keys and bytes without a row, an hour old."""
        border = (self._archive.store.clock() - _ORPHAN_AGE).timestamp()
        sweep_parts(self._folder)
        lying = {name for name, at in self._keys.lying() if at < border}
        objects = {one for one in self._blobs.ids() if _written(self._folder, one) < border}
        if not lying and not objects:
            return
        with self._archive.store.read() as connection:
            rows = connection.execute(select(drafts.c.id, drafts.c.blob_id)).all()
        for name in lying - {row.id for row in rows}:
            self._keys.destroy(name)
        self._blobs.delete(*(objects - {row.blob_id for row in rows}))

    def content(self, draft: Draft) -> DraftContent:
        """The bytes of a draft."""
        vault = self._archive.store.vault
        return DraftContent(vault=vault, blobs=self._blobs, key=draft.key, blob_id=draft.blob_id, size=draft.size)

    def _opened(self, row: Any) -> Draft:
        key = self._keys.open(row.id)
        about = json.loads(self._open(key, "about", row.sealed_about))
        outline = None if row.sealed_outline is None else self._open(key, "outline", row.sealed_outline)
        choice = None if row.sealed_choice is None else self._open(key, "choice", row.sealed_choice)
        return Draft(
            id=row.id,
            custodian_id=row.custodian_id,
            received_at=row.received_at,
            expires_at=row.expires_at,
            size=row.size,
            blob_id=row.blob_id,
            revision=row.revision,
            source=about["source"],
            kind=about["kind"],
            submitter=about["submitter"],
            told=Told(day_first=about["day_first"]),
            key=key,
            outline=None if outline is None else Outline.decode(outline),
            choice={} if choice is None else decode_choice(choice),
        )

    def _refuse_ended(self, connection: Connection, draft_id: str, actor: str) -> None:
        """Say how a draft of this submitter ended, where the ledger knows."""
        endings = {
            EventKind.DRAFT_CONFIRMED: "was confirmed",
            EventKind.DRAFT_DISCARDED: "was discarded",
            EventKind.DRAFT_EXPIRED: "has expired",
        }
        told = [one.event for one in self._archive.ledger.events_about(connection, [draft_id])]
        if not any(one.kind is EventKind.DRAFT_ADDED and one.actor == actor for one in told):
            return
        for event in told:
            if event.kind in endings:
                made = f", as submission {event.subjects[1]}" if len(event.subjects) > 1 else ""
                at = event.at.isoformat(timespec="seconds")
                raise Conflict(f"draft {draft_id} {endings[event.kind]} at {at}{made}", draft=draft_id)

    def _tag(self, actor: str) -> bytes:
        message = b"draft\x00" + actor.encode("utf-8", "replace")
        return hmac.digest(self._archive.store.keyring.digest_key, message, hashlib.sha256)

    def _seal(self, key: HolderKey, part: str, plain: bytes) -> bytes:
        return self._archive.store.vault.seal(key, SealKind.DRAFT, f"{key.holder}/{part}", plain)

    def _open(self, key: HolderKey, part: str, sealed: bytes) -> bytes:
        return self._archive.store.vault.unseal(key, SealKind.DRAFT, f"{key.holder}/{part}", sealed)


def _written(folder: Path, blob_id: str) -> float:
    try:
        return (folder / blob_id[:2] / blob_id).stat().st_mtime
    except FileNotFoundError:
        return float("inf")
