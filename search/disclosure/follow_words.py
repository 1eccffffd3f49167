"""What is written with something that follows a request, sealed as a whole under the request's key.

Rule: each kind of text is bound to what it is of, so that an appeal cannot be put in the place of a notice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from search.disclosure.requests import Requests
from storage.errors import Corrupt, InvalidInput, NotFound
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from storage.transaction import Store
    from storage.vault import HolderKey


class _Numbered(Protocol):
    """Something that follows a request and is counted within it."""

    @property
    def number(self) -> int: ...


Followed = TypeVar("Followed", bound=_Numbered)

LONGEST_TEXT: Final = 20_000
LONGEST_LINE: Final = 320


class FollowWords:
    """Seals and opens the texts of one kind, such as ``appeal``."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._requests = Requests(store)

    def seal(self, request_id: str, words: Mapping[str, Any]) -> bytes:
        """Words sealed, outside any transaction.

        Raises:
            NotFound: there is no such request.
        """
        with self._store.read() as connection:
            self._requests.get(connection, request_id)
            key = self._requests.key(connection, request_id)
        plain = json.dumps(words, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._store.vault.seal(key, SealKind.REQUEST, self._about(request_id), plain)

    def opened(self, connection: Connection, request_id: str, sealed: Sequence[bytes | None]) -> list[dict[str, Any]]:
        """The words of rows of a request, in the same order; none where a row has none yet.

        Raises:
            Corrupt: they are not as they were sealed.
        """
        if not any(sealed):
            return [{} for _ in sealed]
        key = self._requests.key(connection, request_id)
        return [{} if one is None else self._open(key, request_id, one) for one in sealed]

    def _open(self, key: HolderKey, request_id: str, sealed: bytes) -> dict[str, Any]:
        plain = self._store.vault.unseal(key, SealKind.REQUEST, self._about(request_id), sealed)
        try:
            words: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
        except ValueError as error:
            raise Corrupt("what was written with a request is damaged; run: archiver verify") from error
        return words

    def _about(self, request_id: str) -> str:
        return f"{request_id}/{self._kind}"


def the_numbered(found: Iterable[Followed], number: int, what: str, listed: str) -> Followed:
    """The one of this number among those of a request.

    Raises:
        NotFound: there is none; says what it would be, and the command that lists them.
    """
    one = next((one for one in found if one.number == number), None)
    if one is None:
        raise NotFound(f"this request has no {what} {number}; see: archiver request {what} {listed}")
    return one


def a_text(given: str, what: str) -> str:
    """A text of some lines, in order.

    Raises:
        InvalidInput: it is empty or too long.
    """
    text = given.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise InvalidInput(f"{what} has 1 to {LONGEST_TEXT:,} characters; write it in a few sentences")
    return text


def a_line(given: str, what: str) -> str:
    """A text of one line, in order.

    Raises:
        InvalidInput: it is empty, too long or no line.
    """
    text = " ".join(given.split())
    if not text or len(text) > LONGEST_LINE or not text.isprintable():
        raise InvalidInput(f"{what} is one line of 1 to {LONGEST_LINE} characters")
    return text
