"""IMAP (RFC 9051, RFC 3501) as the poller needs it; with `imap_signing_in` the only file that knows imapclient.

Rules: mail is read with BODY.PEEK[], which changes nothing in the mailbox; whatever the server sends is bounded
before it is kept; an answer with anything in it that was not asked for is not believed; an error leaves here as
`ConnectionLost` (connect again) or `Refused` (this request will not do), never with the server's text.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from ingest.channels.imap_folders import encoded, listed
from storage.errors import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imapclient import IMAPClient

    from ingest.channels.imap_folders import Folder
    from ingest.channels.imap_settings import ImapAccount

MAX_UID = 2**32 - 1
PIECE_BYTES = 4 * 1024 * 1024
_SEARCH_WINDOW = 50_000  # imaplib takes no line above 1,000,000 bytes; so many UIDs always fit
_OVERHEAD = 4 * 1024 * 1024
# what a FETCH answer may hold: what was asked for, and what a server may add by itself (RFC 9051 §7.5.2, RFC 7162)
_UNASKED = frozenset({b"SEQ", b"UID", b"FLAGS", b"MODSEQ"})


class ConnectionLost(TemporarilyUnavailable):
    """The server is not there, hung up, or does not speak IMAP; a new connection may do."""


class Refused(TemporarilyUnavailable):
    """The server said no, or what it said could not be read; the connection goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A selected folder: its UIDVALIDITY, the next UID where announced, and how many messages are in it."""

    uidvalidity: int
    uidnext: int | None
    exists: int


class ImapConnection:
    """A signed-in connection; close it after use, also after an error."""

    def __init__(self, client: IMAPClient, account: ImapAccount) -> None:
        self._client = client
        self._account = account
        self._allowed = _OVERHEAD
        # names go over the wire as they are kept, imapclient decodes and encodes none
        client.folder_encode = False
        self.bound_reading()

    def can(self, capability: str) -> bool:
        """Whether the server says that it can do this (RFC 9051 §6.1.1)."""
        with self.translated(), self.reading(_OVERHEAD):
            return bool(self._client.has_capability(capability))

    def folders(self) -> tuple[list[Folder], int]:
        """Every folder that can be opened, and how many names could not be read."""
        with self.translated(), self.reading(_OVERHEAD):
            return listed(self._client.list_folders())

    def create(self, name: str) -> None:
        """Make a folder."""
        with self.translated(), self.reading(_OVERHEAD):
            self._client.create_folder(encoded(name))

    def select(self, wire: str, *, look_only: bool = False) -> Selected:
        """Open a folder by its name on the wire: read-only where nothing is to be changed, or nothing may be."""
        changes = not look_only and (self._account.mark is not None or self._account.move_to is not None)
        with self.translated(), self.reading(_OVERHEAD):
            try:
                answer = self._client.select_folder(wire, readonly=not changes)
            except IMAPClientReadOnlyError:
                answer = self._client.select_folder(wire, readonly=True)
            uidvalidity, uidnext, exists = answer.get(b"UIDVALIDITY"), answer.get(b"UIDNEXT"), answer.get(b"EXISTS")
        if not _is_uid(uidvalidity) or not isinstance(exists, int):
            raise Refused("the IMAP server gives no UIDVALIDITY, so its mail cannot be followed")
        return Selected(uidvalidity=uidvalidity, uidnext=uidnext if _is_uid(uidnext) else None, exists=exists)

    def uids_after(self, last: int, selected: Selected) -> list[int]:
        """The UIDs above `last`, ascending; asked for in portions whose answers fit a line."""
        found: set[int] = set()
        if selected.uidnext is not None and selected.uidnext - last <= _SEARCH_WINDOW:
            if selected.uidnext - last > 1:
                found.update(self._search(["UID", f"{last + 1}:*"]))
        else:
            for start in range(1, selected.exists + 1, _SEARCH_WINDOW):
                end = min(start + _SEARCH_WINDOW - 1, selected.exists)
                found.update(self._search([f"{start}:{end}"]))
        # "n:*" always names the last message, also where its UID is below n (RFC 9051 §9, seq-range)
        return sorted(uid for uid in found if uid > last)

    def has_more(self, last: int) -> bool:
        """Whether the selected folder holds a UID above `last` at this moment."""
        if last >= MAX_UID:
            return False
        return any(uid > last for uid in self._search(["UID", f"{last + 1}:*"]))

    def _search(self, criteria: list[str]) -> list[int]:
        with self.translated(), self.reading(_OVERHEAD):
            return [uid for uid in self._client.search(criteria) if _is_uid(uid)]

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """What the server says of the sizes of these; those that it does not know are absent."""
        with self.translated(), self.reading(_OVERHEAD):
            answer = self._client.fetch(list(uids), ["RFC822.SIZE"])
            sizes = {uid: parts.get(b"RFC822.SIZE") for uid, parts in answer.items()}
        return {uid: size for uid, size in sizes.items() if isinstance(size, int) and size >= 0}

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes | None]:
        """The raw mails of these UIDs: absent where the mail is gone, None where the server gives no body."""
        return self._bodies(uids, "BODY.PEEK[]", b"BODY[]", 2 * max(PIECE_BYTES, self._account.batch_size))

    def fetch_piece(self, uid: int, start: int) -> dict[int, bytes | None]:
        """At most `PIECE_BYTES` of one mail, as `fetch`; empty where the mail ends before `start`."""
        return self._bodies([uid], f"BODY.PEEK[]<{start}.{PIECE_BYTES}>", b"BODY[]<%d>" % start, 2 * PIECE_BYTES)

    def _bodies(self, uids: Sequence[int], asked: str, key: bytes, allowed: int) -> dict[int, bytes | None]:
        with self.translated(), self.reading(allowed + _OVERHEAD):
            answer = self._client.fetch(list(uids), [asked])
            if any(part not in _UNASKED and part != key for parts in answer.values() for part in parts):
                raise Refused("the IMAP server's answer has more in it than was asked for")
            bodies = {uid: parts.get(key) for uid, parts in answer.items()}
        # a short body may come as a number: imapclient reads an unquoted one as such
        return {uid: body if isinstance(body, bytes) else None for uid, body in bodies.items()}

    def mark(self, uids: Sequence[int], flag: str) -> None:
        """Set a flag on these."""
        with self.translated(), self.reading(_OVERHEAD):
            self._client.add_flags(list(uids), [flag.encode()], silent=True)

    def move(self, uids: Sequence[int], name: str) -> None:
        """Move these to another folder: with MOVE (RFC 6851), else by copying and expunging these alone (RFC 4315).

        A server that has neither could only expunge whatever anybody marked as deleted, so it is not asked to.
        """
        wire, chosen = encoded(name), list(uids)
        with self.translated(), self.reading(_OVERHEAD):
            if self._client.has_capability("MOVE"):
                self._client.move(chosen, wire)
            elif self._client.has_capability("UIDPLUS"):
                self._client.copy(chosen, wire)
                self._client.add_flags(chosen, [b"\\Deleted"], silent=True)
                self._client.uid_expunge(chosen)
            else:
                raise Refused("the IMAP server can neither move mail nor expunge it by its number")

    def close(self) -> None:
        """Sign out if the server still listens, and close in any case."""
        with contextlib.suppress(Exception):
            self._client.logout()
        with contextlib.suppress(Exception):
            self._client.shutdown()

    @property
    def client(self) -> IMAPClient:
        """The library's own client, for `imap_idle` and `imap_signing_in`."""
        return self._client

    def bound_reading(self) -> None:
        """Put a limit on what one answer may bring; imaplib reads literals of any size that the server names."""
        imap: Any = self._client._imap  # noqa: SLF001 - imapclient offers no place for this
        # imapclient makes imaplib format every line, contents included, for a log that nobody may keep
        imap.debug = 0
        read: Callable[[int], bytes] = imap.read
        readline: Callable[[], bytes] = imap.readline

        def bounded_read(size: int) -> bytes:
            self._spend(size)
            return read(size)

        def bounded_readline() -> bytes:
            line = readline()
            self._spend(len(line))
            return line

        imap.read, imap.readline = bounded_read, bounded_readline

    def _spend(self, size: int) -> None:
        self._allowed -= size
        if self._allowed < 0:
            raise IMAPClientAbortError("more than was asked for")

    @contextlib.contextmanager
    def reading(self, allowed: int = _OVERHEAD) -> Iterator[None]:
        """Let the server say so many bytes within the block."""
        self._allowed = allowed
        try:
            yield
        finally:
            self._allowed = _OVERHEAD

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the library's errors into ours."""
        try:
            yield
        except (Refused, ConnectionLost):
            raise
        except Exception as error:  # noqa: BLE001 - a hostile answer can raise anything in the parser
            raise_translated(error)


def raise_translated(error: Exception) -> NoReturn:
    """Raise ours for the library's error; a parser's error is a refusal, for the answer was read to its end."""
    if isinstance(error, (IMAPClientAbortError, OSError, EOFError, ssl.SSLError)):
        raise ConnectionLost("the IMAP connection was lost") from error
    if isinstance(error, IMAPClientError):
        raise Refused("the IMAP server refused a request") from error
    raise Refused("the IMAP server's answer cannot be read") from error


def _is_uid(number: object) -> bool:
    return isinstance(number, int) and 0 < number <= MAX_UID
