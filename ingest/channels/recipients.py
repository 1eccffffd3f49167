"""The recipients that the archive takes mail for; pure.

Rule: an address that is not listed here is refused at RCPT (RFC 5321 §3.3, 550), so nothing can be relayed
and nothing is bounced after DATA. Local parts are compared without regard to case, as every mail system in
use does, although RFC 5321 §2.4 would allow a difference.

Addresses may be written in any script (RFC 6531). Two spellings are one address where their local parts are the same
in NFC (RFC 6532 §3.1) and their domains have the same A-labels (RFC 5891).

Four forms are taken:

1. an intake address, ``archive@agency.example``: the custodian is the sender;
2. an intake address with a detail (RFC 5233), ``archive+jane.doe=agency.example@agency.example``: the
   custodian is the one with the address in the detail, ``=`` standing for ``@``;
3. an alias, or any address in an intake domain that a custodian has: the custodian is that one;
4. a journal address, which gets Exchange's journal reports: the report says who sent the mail in it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_ADDRESS = 320  # RFC 5321 §4.5.3.1: 64 octets, "@", 255 octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What an accepted form of recipient means.

    `names_custodian` is the address that is to be looked up in the directory, and must be found there for the
    recipient to be accepted; None for an intake address, where the sender decides, and for a journal address.
    """

    names_custodian: str | None
    is_journal: bool = False


_INTAKE = Route(names_custodian=None)
_JOURNAL = Route(names_custodian=None, is_journal=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The allow-list; build it with `Recipients.of`, which normalises."""

    addresses: frozenset[str]
    domains: frozenset[str]
    aliases: Mapping[str, str]
    journals: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        addresses: Iterable[str],
        domains: Iterable[str] = (),
        aliases: Mapping[str, str] | None = None,
        *,
        journals: Iterable[str] = (),
    ) -> Recipients:
        """Normalise and check the configured lists.

        Args:
            addresses: intake addresses, each with a local part and a domain.
            domains: domains in which every custodian's own address is a recipient.
            aliases: recipient address → an address of the custodian.
            journals: addresses that get journal reports; none of them may be an intake address, too.

        Raises:
            InvalidInput: an entry is not an address or a domain.
        """
        known = frozenset(_checked(address) for address in addresses)
        reports = frozenset(_checked(address) for address in journals)
        named = {_checked(alias): _checked(target) for alias, target in (aliases or {}).items()}
        folded = frozenset(domain.strip().casefold().rstrip(".") for domain in domains)
        for domain in folded:
            if not domain or "@" in domain or any(character.isspace() for character in domain):
                raise InvalidInput("an intake domain is not a domain name; write it like records.agency.example")
        if reports & (known | named.keys()):
            raise InvalidInput("a journal address is an intake address or alias, too; take one of its own")
        return cls(addresses=known, domains=frozenset(map(_ascii, folded)), aliases=named, journals=reports)

    def route(self, address: str) -> Route | None:
        """What this RCPT address means, or None where it is nobody's here."""
        split = split_address(address)
        if split is None:
            return None
        local, domain = split
        full = f"{local}@{domain}"
        if full in self.journals or full in self.addresses:
            return _JOURNAL if full in self.journals else _INTAKE
        target = self.aliases.get(full)
        if target is not None:
            return Route(names_custodian=target)
        base, plus, detail = local.partition("+")
        if plus and f"{base}@{domain}" in self.addresses:
            named = detail[::-1].replace("=", "@", 1)[::-1]
            return Route(names_custodian=named) if split_address(named) is not None else None
        if domain in self.domains:
            return Route(names_custodian=full)
        return None


def split_address(address: str) -> tuple[str, str] | None:
    """Local part and domain, folded, or None where this is no address (empty half, too long, control character)."""
    if len(address) > MAX_ADDRESS:
        return None
    local, at, domain = unicodedata.normalize("NFC", address).casefold().rpartition("@")
    domain = domain.rstrip(".")
    if not (local and at and domain) or any(character.isspace() or not character.isprintable() for character in domain):
        return None
    return (local, _ascii(domain)) if local.isprintable() else None


def spellings(address: str) -> tuple[str, ...]:
    """The ways to write this address that a directory may know it by: as it is, with A-labels, with letters."""
    split = split_address(address)
    if split is None or (address.isascii() and "xn--" not in address.casefold()):
        return (address,)
    local, domain = split
    try:
        letters = domain.encode("ascii").decode("idna")
    except UnicodeError:
        letters = domain
    return tuple(dict.fromkeys((address, f"{local}@{domain}", f"{local}@{letters}")))


def _ascii(domain: str) -> str:
    """The domain in A-labels, or as it is where it has none (an address literal, a label too long)."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _checked(address: str) -> str:
    split = split_address(address.strip())
    if split is None:
        raise InvalidInput("an intake address is not a mail address; write it like archive@agency.example")
    return "@".join(split)
