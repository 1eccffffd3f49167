"""Who is asking, and whether the question comes from our own pages.

Rules:

- A person is known by a session cookie (``HttpOnly``, ``SameSite=Strict``) or by ``Authorization: Bearer``
  (RFC 6750 §2.1); never by anything in the address.
- What is not a safe method (RFC 9110 §9.2.1) must come from our own origin. Every browser says where a form
  was sent from (``Sec-Fetch-Site``, ``Origin``); a caller that says neither is no browser and holds no cookie.
- Every address is checked against `policy.POLICY` before its function runs; one without an entry is refused.
- Failures are counted by address of the caller and answered with 429 (RFC 6585 §4) beyond ten in a minute.
"""

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from archiver.access import Act, Principal, authorize
from archiver.api.policy import Entry, access_to
from archiver.users import Users
from storage.errors import Denied, TemporarilyUnavailable

MOST_FAILURES = 10
FAILURE_SECONDS = 60.0
_MOST_CALLERS = 10_000
_LONGEST_SECRET = 200
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_OWN_SITES = frozenset({"same-origin", "none"})
_NETWORK_BITS = 64


class NotSignedIn(Denied):
    """Nobody has signed in, or the session has ended."""

    kind: ClassVar[str] = "not_signed_in"


class TooManyAttempts(TemporarilyUnavailable):
    """Too many wrong tokens from one address."""

    kind: ClassVar[str] = "too_many_attempts"


@dataclass(slots=True)
class FailureLimit:
    """Counts failures by caller, in a bounded memory. `clock` gives seconds that never go back."""

    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def exceeded(self, caller: str) -> bool:
        """Whether this caller failed ten times within the last minute."""
        with self._lock:
            times = self._failures.get(caller)
            return times is not None and len(times) == MOST_FAILURES and self.clock() - times[0] < FAILURE_SECONDS

    def failed(self, caller: str) -> None:
        """Count one failure."""
        with self._lock:
            self._failures.setdefault(caller, deque(maxlen=MOST_FAILURES)).append(self.clock())
            self._failures.move_to_end(caller)
            if len(self._failures) > _MOST_CALLERS:
                self._failures.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Signs people in and out, and knows them again. `secure` is whether a TLS proxy stands before us."""

    users: Users
    hours: float
    secure: bool
    limit: FailureLimit

    @property
    def cookie(self) -> str:
        """The cookie's name; the prefix binds it to this host and to TLS (RFC 6265bis §4.1.3.2)."""
        return "__Host-archiver" if self.secure else "archiver"

    def identify(self, request: Request) -> Principal:
        """Who asks.

        Raises:
            NotSignedIn: nobody that we know.
            TooManyAttempts: nobody that we know, and too often.
        """
        header = request.headers.get("authorization")
        if header is not None:
            return self._by_header(header, caller_of(request))
        secret = request.cookies.get(self.cookie)
        if secret is None or len(secret) > _LONGEST_SECRET:
            raise NotSignedIn("sign in to use this page")
        principal = self.users.by_session(secret)
        if principal is None:
            raise NotSignedIn("your session has ended; sign in again")
        return principal

    def _by_header(self, header: str, caller: str) -> Principal:
        scheme, _, token = header.partition(" ")
        try:
            return self._owner(token.strip() if scheme.lower() == "bearer" else "")
        except Denied as error:
            self._refuse_beyond_limit(caller)
            self.limit.failed(caller)
            raise NotSignedIn("this token belongs to no user; send it as Authorization: Bearer TOKEN") from error

    def _owner(self, token: str) -> Principal:
        if not 0 < len(token) <= _LONGEST_SECRET:
            raise Denied("this is no token; paste the whole token that you were given")
        return self.users.by_token(token)

    def _refuse_beyond_limit(self, caller: str) -> None:
        if self.limit.exceeded(caller):
            raise TooManyAttempts("too many wrong tokens from your address; wait one minute and try again")

    def sign_in(self, request: Request, token: str) -> str:
        """Open a session for the owner of a token and return its secret; a session that was open is ended.

        Raises:
            Denied: nobody's token.
            TooManyAttempts: wrong too often; the token was not looked at.
        """
        caller = caller_of(request)
        self._refuse_beyond_limit(caller)
        try:
            principal = self._owner(token)
        except Denied:
            self.limit.failed(caller)
            raise
        self.sign_out(request)
        return self.users.open_session(principal, self.hours)

    def sign_out(self, request: Request) -> None:
        """End the session that is presented, if there is one."""
        secret = request.cookies.get(self.cookie)
        if secret is not None and len(secret) <= _LONGEST_SECRET and self.users.by_session(secret) is not None:
            self.users.close_session(secret)

    def give_cookie(self, response: Response, secret: str) -> None:
        """Put a session's secret into the answer."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=int(self.hours * 3600),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )

    def take_cookie(self, response: Response) -> None:
        """Make the browser forget."""
        response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="strict")


def caller_of(request: Request) -> str:
    """The caller's network address; of IPv6 the network, since one caller has as many addresses as he likes."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 4:  # noqa: PLR2004 - the version of the protocol
        return host
    return str(ipaddress.ip_network((address.packed, _NETWORK_BITS), strict=False))


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from our own pages, or from no browser at all; pure."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITES
    origin = headers.get("origin")
    if origin is None:
        return True
    # the scheme is not compared: behind a TLS proxy ours is http and the browser's https
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""


def permitted(request: Request) -> Principal | None:
    """The check before every function: same origin, policy entry, person, permission. None on public addresses.

    Raises:
        Denied: another origin, an address without an entry, or not permitted to this role.
        NotSignedIn, TooManyAttempts: see `Gate.identify`.
    """
    route = request.scope.get("route")
    access = access_to(request.method, getattr(route, "path", ""))
    if access is None:
        raise Denied("this address has no entry in the table of permissions, so nobody may use it")
    if request.method not in _SAFE_METHODS and not same_origin(request.headers):
        raise Denied("this form was not sent from the archive's own pages; open the page and try again")
    if access is Entry.PUBLIC:
        return None
    gate: Gate = request.app.state.gate
    principal = gate.identify(request)
    request.state.principal = principal
    if isinstance(access, Act):
        authorize(principal, access)
    return principal


Permitted = Annotated[Principal | None, Depends(permitted)]


async def signed_in(principal: Permitted) -> Principal:
    """Who has signed in, on addresses that are not public."""
    if principal is None:
        raise NotSignedIn("sign in to use this page")
    return principal


SignedIn = Annotated[Principal, Depends(signed_in)]
