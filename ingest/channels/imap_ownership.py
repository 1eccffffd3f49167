"""Whose a polled mailbox is: the agency's, or, by the look of it, a person's own.

Rule: the archive polls mailboxes of the agency only. An employee's own account is the employee's: it holds what is no
record, and its password is not the agency's to have. A mailbox at a provider where anybody can have one is refused
unless the settings say that the agency owns it, and why; whoever says so stands in the ledger.
"""

from __future__ import annotations

import contextlib
import unicodedata
from functools import cache
from importlib.resources import files

# one server is for people and organisations alike: there only the user's own domain tells
_SHARED_HOSTS = frozenset({"imap.gmail.com", "imap.googlemail.com", "imap.zoho.com", "imap.fastmail.com"})
_MOST_LABELS = 2


@cache
def consumer_domains() -> frozenset[str]:
    """The shipped list, as it is written."""
    text = files("ingest.channels").joinpath("consumer_domains.txt").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def consumer_domain_of(username: str, host: str) -> str | None:
    """The consumer provider's domain that a mailbox seems to be at, or None.

    The domain of the user's name decides; where it has none, or the server is a provider's own, the server does.
    """
    name = _plain(username)
    domain = name.rpartition("@")[2] if "@" in name else ""
    if domain:
        found = _listed(domain)
        if found is not None:
            return found
    server = _plain(host)
    if domain and server in _SHARED_HOSTS:
        return None
    return _listed(server)


def _plain(text: str) -> str:
    """Letters as the mail system compares them, an international domain as Punycode says it."""
    folded = unicodedata.normalize("NFKC", text).strip().rstrip(".").casefold()
    local, at, domain = folded.rpartition("@")
    with contextlib.suppress(UnicodeError):  # no host name can be this: nothing to compare
        domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"


def _listed(domain: str) -> str | None:
    """The listed domain that this one is, or lies below."""
    labels = domain.split(".")
    known = consumer_domains()
    for start in range(max(0, len(labels) - 8), len(labels) - 1):
        candidate = ".".join(labels[start:])
        if candidate in known:
            return candidate
        if len(labels) - start - 1 <= _MOST_LABELS and f"{labels[start]}.*" in known:
            return candidate
    return None
