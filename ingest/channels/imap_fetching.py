"""One batch of an IMAP folder on its way in: fetched, deposited, and what came of each mail.

Rules: many small mails are fetched at once, a large one in pieces that go to the store as they come, so that memory
does not follow the size of a mail; sizes that the server announces choose the way, and are believed no further; one
mail that cannot be had is missed alone, with one word for why.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.channels.imap import PIECE_BYTES, ConnectionLost, ImapConnection, Refused
from ingest.submission import Handover
from storage.errors import InvalidInput, TemporarilyUnavailable
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.channels.imap_settings import ImapAccount
    from ingest.submission import ContentSource, Deposited, Depositor

log = logging.getLogger(__name__)

_MOST_SHORT = 100  # pieces of one mail that are shorter than asked for; only the last one need be
_MAX_LOST = 3  # so many mails in a row that end the connection are the connection's fault, not theirs


@dataclass(slots=True, kw_only=True)
class Batch:
    """What came of each UID of a batch so far; `postponed` is why the archive takes no more at this moment."""

    had: dict[int, Deposited] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    missed: dict[int, str] = field(default_factory=dict)
    postponed: TemporarilyUnavailable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a batch lies: the folder's name, and the UIDVALIDITY that its UIDs belong to."""

    folder: str
    uidvalidity: int


class _Missing(InvalidInput):
    """A mail that cannot be had, with the word for it."""


class StreamedMail:
    """A mail that is fetched in pieces while it is deposited; a `ContentSource`."""

    def __init__(self, connection: ImapConnection, uid: int, size: int, largest: int) -> None:
        self._connection = connection
        self._uid = uid
        self._announced = size
        self._largest = largest
        self.problem: str | None = None

    @property
    def size(self) -> int:
        """What the server announced."""
        return self._announced

    def pieces(self) -> Iterator[bytes]:
        """All of the mail: it ends where the server has no more, whatever it announced.

        Raises:
            InvalidInput: it is larger than is taken, gone, or without a body; `problem` says which in a word.
            ConnectionLost, Refused: as the connection does.
        """
        start = short = 0
        while True:
            answer = self._connection.fetch_piece(self._uid, start)
            piece = answer.get(self._uid)
            if self._uid not in answer or (piece is None and start == 0):
                raise self._missing("gone" if self._uid not in answer else "no_body")
            if not piece:
                return
            start += len(piece)
            short += len(piece) < PIECE_BYTES
            if start > self._largest:
                raise self._missing("too_large")
            if len(piece) > PIECE_BYTES or short > _MOST_SHORT:
                raise self._missing("refused")
            yield piece

    def whole_if_small(self) -> bytes | None:
        """The mail where it is no longer than a piece, else None; raises as `pieces`."""
        begun = bytearray()
        for piece in self.pieces():
            begun += piece
            if len(begun) >= PIECE_BYTES:
                return None
        return bytes(begun)

    def _missing(self, word: str) -> _Missing:
        self.problem = word
        return _Missing("a mail of the IMAP account cannot be had")


class BatchFetcher:
    """Brings batches in. `connected` gives the present connection, `reconnect` a new one with the folder selected."""

    def __init__(
        self,
        account: ImapAccount,
        depositor: Depositor,
        connected: Callable[[], ImapConnection],
        reconnect: Callable[[Place], None],
    ) -> None:
        self._account = account
        self._depositor = depositor
        self._connected = connected
        self._reconnect = reconnect

    def bring_in(self, place: Place, uids: Sequence[int], batch: Batch, *, singly: bool) -> None:
        """Fetch and deposit; `batch` says what came of it, also when this raises.

        Args:
            place: where the mails lie.
            uids: which mails, ascending.
            batch: is filled.
            singly: fetch each alone and in pieces, as what was missed before.

        Raises:
            ConnectionLost: the connection ends again and again.
        """
        try:
            sizes = self._connected().sizes(uids)
        except Refused:
            sizes = {}
        wanted: list[int] = []
        for uid in uids:
            if sizes.get(uid, 0) > self._account.max_size:
                batch.missed[uid] = "too_large"
            else:
                wanted.append(uid)
        with ThreadPoolExecutor(self._account.parallel_deposits, thread_name_prefix="imap-deposit") as pool:
            for group in groups(wanted, sizes, self._account.batch_size):
                if singly or (len(group) == 1 and sizes.get(group[0], PIECE_BYTES) >= PIECE_BYTES):
                    self._one_by_one(place, group, sizes, batch)
                else:
                    bodies = self._fetch(place, group, batch)
                    self._deposit(place, bodies, batch, pool)
                if batch.postponed is not None:
                    return

    def _fetch(self, place: Place, group: Sequence[int], batch: Batch) -> dict[int, bytes]:
        """The mails of a group; where that fails together, one by one, so that only the bad one is missed."""
        try:
            return self._received(group, self._connected().fetch(group), batch)
        except Refused:
            pass
        except ConnectionLost:
            self._reconnect(place)
        bodies: dict[int, bytes] = {}
        lost_in_a_row = 0
        for uid in group:
            try:
                bodies.update(self._received([uid], self._connected().fetch([uid]), batch))
                lost_in_a_row = 0
            except Refused:
                batch.missed[uid] = "refused"
            except ConnectionLost:
                lost_in_a_row += 1
                if lost_in_a_row >= _MAX_LOST:
                    raise
                self._reconnect(place)
                batch.missed[uid] = "connection_lost"
        return bodies

    def _received(self, asked: Sequence[int], answer: dict[int, bytes | None], batch: Batch) -> dict[int, bytes]:
        bodies: dict[int, bytes] = {}
        for uid in asked:
            if uid not in answer:
                batch.gone.append(uid)
                continue
            body = answer[uid]
            if body is None:
                batch.missed[uid] = "no_body"
            elif len(body) > self._account.max_size:
                batch.missed[uid] = "too_large"
            else:
                bodies[uid] = body
        return bodies

    def _one_by_one(self, place: Place, uids: Sequence[int], sizes: dict[int, int], batch: Batch) -> None:
        """Deposit mails while they are fetched in pieces, on this thread: the connection answers one at a time."""
        for uid in uids:
            mail = StreamedMail(self._connected(), uid, sizes.get(uid, 0), self._account.max_size)
            try:
                whole = mail.whole_if_small()
                batch.had[uid] = self._depositor.deposit(self._handover(place, uid, mail if whole is None else whole))
            except Refused:
                batch.missed[uid] = "refused"
            except ConnectionLost:
                self._reconnect(place)
                batch.missed[uid] = "connection_lost"
            except TemporarilyUnavailable as error:
                batch.postponed = error
                return
            except Exception as error:  # noqa: BLE001 - whatever one mail raises stops no other
                if mail.problem == "gone":
                    batch.gone.append(uid)
                    continue
                self._tell(error, mail.problem)
                batch.missed[uid] = mail.problem or "deposit_failed"

    def _deposit(self, place: Place, bodies: dict[int, bytes], batch: Batch, pool: ThreadPoolExecutor) -> None:
        futures = {
            uid: pool.submit(self._depositor.deposit, self._handover(place, uid, body)) for uid, body in bodies.items()
        }
        for uid, future in futures.items():
            error = future.exception()
            if error is None:
                batch.had[uid] = future.result()
            elif isinstance(error, TemporarilyUnavailable):
                batch.postponed = error
            else:
                self._tell(error, None)
                batch.missed[uid] = "deposit_failed"

    def _tell(self, error: BaseException, problem: str | None) -> None:
        said = problem or type(error).__name__
        log.warning("IMAP account %s: a mail was not taken: %s", self._account.name, said)

    def _handover(self, place: Place, uid: int, payload: bytes | ContentSource) -> Handover:
        envelope = Envelope(
            recipient=self._account.username,
            source=f"{place.folder};UIDVALIDITY={place.uidvalidity};UID={uid}",
            transport=(("server", f"{self._account.host}:{self._account.port}"), ("tls", self._account.tls.value)),
        )
        return Handover(
            channel=Channel.IMAP,
            account=self._account.name,
            custodian_id=self._account.custodian_id,
            envelope=envelope,
            payload=payload,
        )


def groups(uids: Sequence[int], sizes: dict[int, int], limit: int) -> Iterator[list[int]]:
    """Cut UIDs into runs of at most `limit` bytes; a mail that is larger, or of unknown size, goes alone."""
    group: list[int] = []
    filled = 0
    for uid in uids:
        size = sizes.get(uid, limit)
        if group and filled + size > limit:
            yield group
            group, filled = [], 0
        group.append(uid)
        filled += size
    if group:
        yield group
