"""The terms of an SPF record (RFC 7208 §4.6, §5, §6, §12) and its macros (§7), read without asking anybody.

Rules: a record is read as a whole before any of it counts, since an error anywhere in it is a permanent error (§4.6);
records, terms and expansions are bounded, and every expression here is linear.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from storage.provenance import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RECORD_CHARACTERS: Final = 4_096
MAX_TERMS: Final = 250
_LONGEST_NAME: Final = 253
_QUALIFIERS: Final = {
    "+": Verdict.PASS, "-": Verdict.FAIL, "~": Verdict.SOFTFAIL, "?": Verdict.NEUTRAL,
}  # fmt: skip
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?:([:/])(.*))?", re.IGNORECASE | re.DOTALL)
_LENGTHS = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_MACRO = re.compile(r"%(?:([%_-])|\{([A-Za-z])([0-9]{0,3})([rR]?)([.+,/_=-]*)\})")
_LITERAL = re.compile(r"[!-$&-~]+")
_LAST_LABEL = re.compile(r"\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?\Z")
_ENDS_IN_MACRO = re.compile(r"%\{[A-Za-z][0-9]{0,3}[rR]?[.+,/_=-]*\}\Z")
_EXPLAINING: Final = frozenset("crt")
_LETTERS: Final = frozenset("slodipvh")
_BITS: Final = {4: 32, 6: 128}


class SpfSyntax(Exception):
    """A record breaks the grammar: the result is permerror."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A directive or one of the modifiers that count. `spec` is a domain-spec, "" where the present domain is meant."""

    name: str
    verdict: Verdict = Verdict.PASS
    spec: str = ""
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    bits4: int = 32
    bits6: int = 128


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is followed."""

    directives: tuple[Term, ...]
    redirect: str | None


def is_record(text: str) -> bool:
    """Whether a TXT record is one of SPF (RFC 7208 §4.5)."""
    head = text[:7].lower()
    return head == "v=spf1 " or (head == "v=spf1" and len(text) == len(head))


def read_record(text: str) -> Record:
    """The terms of a record.

    Raises:
        SpfSyntax: it breaks the grammar or a bound.
    """
    if len(text) > MAX_RECORD_CHARACTERS or not text.isascii():
        raise SpfSyntax
    words = [one for one in text.split(" ")[1:] if one]
    if len(words) > MAX_TERMS:
        raise SpfSyntax
    directives: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in words:
        modifier = _MODIFIER.fullmatch(word)
        if modifier is None:
            directives.append(_directive(word))
            continue
        name, value = modifier[1].lower(), modifier[2]
        if name in ("redirect", "exp"):
            if name in modifiers:
                raise SpfSyntax
            _check_domain(value)
            modifiers[name] = value
        else:
            _check_macros(value, explaining=False)
    return Record(tuple(directives), modifiers.get("redirect"))


def _directive(word: str) -> Term:
    match = _DIRECTIVE.fullmatch(word)
    if match is None:
        raise SpfSyntax
    verdict = _QUALIFIERS[match[1] or "+"]
    name, mark, rest = match[2].lower(), match[3], match[4] or ""
    if name == "all":
        if mark:
            raise SpfSyntax
        return Term(name=name, verdict=verdict)
    if name in ("ip4", "ip6"):
        return Term(name=name, verdict=verdict, network=_network(name, mark, rest))
    bits4, bits6 = 32, 128
    if name in ("a", "mx"):
        text = "/" + rest if mark == "/" else rest
        spec, bits4, bits6 = _with_lengths(text)
        if mark == ":" and not spec:
            raise SpfSyntax
        rest, mark = spec, ":" if spec else None
    if mark == "/" or (mark == ":" and not rest) or (name in ("include", "exists") and not rest):
        raise SpfSyntax
    if rest:
        _check_domain(rest)
    return Term(name=name, verdict=verdict, spec=rest, bits4=bits4, bits6=bits6)


def _with_lengths(text: str) -> tuple[str, int, int]:
    """A domain-spec and its dual-cidr-length (§5.3); a slash further in belongs to the domain-spec."""
    start = len(text)
    for _ in range(2):
        cut = text.rfind("/", 0, start)
        if cut < 0 or not text[cut + 1 : start].isdigit():
            break
        start = cut - 1 if cut and text[cut - 1] == "/" else cut
    match = _LENGTHS.match(text, start)
    if match is None:
        raise SpfSyntax
    bits4, bits6 = int(match[1] or 32), int(match[2] or 128)
    if bits4 > _BITS[4] or bits6 > _BITS[6]:
        raise SpfSyntax
    return text[:start], bits4, bits6


def _network(name: str, mark: str | None, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    address, slash, length = text.partition("/")
    if mark != ":" or (slash and not (length.isdigit() and str(int(length)) == length)) or "%" in address:
        raise SpfSyntax
    version = 4 if name == "ip4" else 6
    try:
        found = ipaddress.ip_network(f"{address}/{length or _BITS[version]}", strict=False)
    except ValueError:
        raise SpfSyntax from None
    if found.version != version:
        raise SpfSyntax
    return found


def _check_domain(spec: str) -> None:
    """A domain-spec of §7.1: macros in it are sound, and it ends in a macro or in a top label."""
    _check_macros(spec, explaining=False)
    if not (_ENDS_IN_MACRO.search(spec) or _LAST_LABEL.search(spec)):
        raise SpfSyntax


def _check_macros(text: str, *, explaining: bool) -> None:
    place = 0
    while place < len(text):
        literal = _LITERAL.match(text, place)
        if literal is not None:
            place = literal.end()
            continue
        macro = _MACRO.match(text, place)
        if macro is None or (macro[3] and int(macro[3]) == 0):
            raise SpfSyntax
        letter = (macro[2] or "s").lower()
        if letter not in _LETTERS and not (explaining and letter in _EXPLAINING):
            raise SpfSyntax
        place = macro.end()


def has_macro(spec: str) -> bool:
    """Whether a domain-spec has to be expanded."""
    return "%" in spec


def needs_name(spec: str) -> bool:
    """Whether a domain-spec asks for the peer's validated name (the macro ``p``)."""
    return any((one[2] or "").lower() == "p" for one in _MACRO.finditer(spec))


def expand(spec: str, values: Mapping[str, str]) -> str:
    """A domain-spec as a domain name (§7.3), cut from the left to 253 characters.

    Args:
        spec: one that `read_record` let through.
        values: what each macro letter stands for, in lower case.
    """

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return {"%": "%", "_": " ", "-": "%20"}[match[1]]
        value = values[match[2].lower()]
        for mark in (match[5] or ".")[:8]:
            value = value.replace(mark, "\0")
        parts = value.split("\0")
        if match[4]:
            parts.reverse()
        if match[3]:
            parts = parts[-int(match[3]) :]
        joined = ".".join(parts)
        return quote(joined, safe="-._~") if match[2].isupper() else joined

    found = _MACRO.sub(one, spec) if "%" in spec else spec
    found = found.removesuffix(".")
    while len(found) > _LONGEST_NAME and "." in found:
        found = found[max(found.find("."), len(found) - _LONGEST_NAME - 1) :].partition(".")[2]
    return found
