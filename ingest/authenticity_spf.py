"""SPF at receipt (RFC 7208): may the machine that handed in the mail send for the domain of MAIL FROM, or of HELO?

The function is check_host() of §4. Rules: at most 10 terms that ask the DNS and 2 answers without content (§4.6.4),
at most 10 names of an MX or a PTR. It asks nobody: an answer that is not known ends the evaluation for now, and
everything that the record shows to be needed is put on the list of questions at once.

Where the peer's address is not a public one, a relay of the agency stands between, and nothing can be said.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from ingest.authenticity_domains import ascii_domain
from ingest.authenticity_spf_terms import SpfSyntax, expand, has_macro, is_record, needs_name, read_record
from storage.provenance import Check, CheckedMessage, CheckMethod, CheckReason, DnsAnswer, DnsKind, DnsStatus, Verdict

if TYPE_CHECKING:
    from ingest.authenticity_spf_terms import Record, Term
    from ingest.dns import Known
    from ingest.envelopes import EnvelopeFacts

MAX_LOOKUPS: Final = 10
MAX_VOID: Final = 2
MAX_NAMES: Final = 10

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Unknown(Exception):
    """An answer is missing."""

    def __init__(self, reason: CheckReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def check_sender(facts: EnvelopeFacts | None, known: Known) -> Check | None:
    """The check of the mail as it came in, or None where the channel knows no peer (a file, a mailbox)."""
    if facts is None or facts.peer is None:
        return None
    try:
        peer = ipaddress.ip_address(facts.peer.partition("%")[0])
    except ValueError:
        return _check(Verdict.UNCHECKED, CheckReason.RELAYED)
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    if not peer.is_global or peer.is_multicast:
        return _check(Verdict.UNCHECKED, CheckReason.RELAYED)
    local, _, host = (facts.mail_from or "").rpartition("@")
    domain = ascii_domain(host) if host else ascii_domain(facts.helo or "")
    if domain is None:
        return _check(Verdict.NONE, CheckReason.NO_SENDER)
    policy = "mailfrom" if host else "helo"
    sender = f"{local or 'postmaster'}@{domain}"
    evaluation = _Evaluation(peer=peer, sender=sender, helo=ascii_domain(facts.helo or "") or "unknown", known=known)
    try:
        verdict = evaluation.check_host(domain)
    except SpfSyntax:
        verdict = Verdict.PERMERROR
    except _Unknown as unknown:
        return _check(Verdict.UNCHECKED, unknown.reason, domain, policy, evaluation.asked)
    return _check(verdict, None, domain, policy, evaluation.asked)


def _check(
    verdict: Verdict,
    reason: CheckReason | None,
    domain: str | None = None,
    policy: str | None = None,
    asked: dict[str, None] | None = None,
) -> Check:
    return Check(
        method=CheckMethod.SPF, message=CheckedMessage.CARRIER, verdict=verdict, reason=reason, domain=domain,
        policy=policy, asked=tuple(asked or ())[:60],
    )  # fmt: skip


class _Evaluation:
    """One evaluation with its counters; `asked` are the names used, in order."""

    def __init__(self, *, peer: _Address, sender: str, helo: str, known: Known) -> None:
        self.asked: dict[str, None] = {}
        self._peer = peer
        self._sender = sender
        self._helo = helo
        self._known = known
        self._kind = DnsKind.A if peer.version == 4 else DnsKind.AAAA  # noqa: PLR2004 - of IP
        self._lookups = 0
        self._void = 0

    def check_host(self, domain: str) -> Verdict:
        """§4; recursion is bounded, since every step down is one of at most ten lookups."""
        record = self._record(domain)
        while record is not None:
            self._foresee(record)
            for term in record.directives:
                if self._matches(term, domain):
                    return term.verdict
            if record.redirect is None:
                return Verdict.NEUTRAL
            self._count_lookup()
            domain = self._target(record.redirect, domain)
            record = self._record(domain)
            if record is None:
                raise SpfSyntax  # §6.1: nothing where a redirect points to
        return Verdict.NONE

    def _record(self, domain: str) -> Record | None:
        answer = self._ask(domain, DnsKind.TXT)
        found = [one for one in answer.values if is_record(one)]
        if len(found) > 1:
            raise SpfSyntax
        return read_record(found[0]) if found else None

    def _foresee(self, record: Record) -> None:
        for term in record.directives:
            if not term.spec or has_macro(term.spec):
                continue
            if term.name == "include":
                self._known.hint(term.spec, DnsKind.TXT)
            elif term.name == "mx":
                self._known.hint(term.spec, DnsKind.MX)
            elif term.name in ("a", "exists"):
                self._known.hint(term.spec, DnsKind.A if term.name == "exists" else self._kind)
        if record.redirect is not None and not has_macro(record.redirect):
            self._known.hint(record.redirect, DnsKind.TXT)

    def _matches(self, term: Term, domain: str) -> bool:
        if term.name == "all":
            return True
        if term.network is not None:
            return self._peer in term.network
        self._count_lookup()
        target = self._target(term.spec, domain)
        if term.name == "include":
            verdict = self.check_host(target)
            if verdict is Verdict.NONE:
                raise SpfSyntax  # §5.2
            return verdict is Verdict.PASS
        if term.name == "exists":
            return bool(self._counted(self._ask(target, DnsKind.A)).values)
        if term.name == "ptr":
            return any(one == target or one.endswith(f".{target}") for one in self._validated_names())
        return self._matches_hosts(term, target)

    def _matches_hosts(self, term: Term, target: str) -> bool:
        hosts = [target]
        if term.name == "mx":
            answer = self._counted(self._ask(target, DnsKind.MX))
            if len(answer.values) > MAX_NAMES:
                raise SpfSyntax  # §4.6.4
            hosts = [one.partition(" ")[2].lower().rstrip(".") for one in answer.values]
            for host in hosts:
                self._known.hint(host, self._kind)
        bits = term.bits4 if self._kind is DnsKind.A else term.bits6
        for host in hosts:
            answer = self._ask(host, self._kind)
            if term.name == "a":
                self._counted(answer)
            if any(self._is_near(one, bits) for one in answer.values):
                return True
        return False

    def _is_near(self, address: str, bits: int) -> bool:
        try:
            return self._peer in ipaddress.ip_network(f"{address}/{bits}", strict=False)
        except ValueError:
            return False

    def _validated_names(self) -> list[str]:
        """§5.5: the names of the peer that have its address."""
        names = self._counted(self._ask(self._peer.reverse_pointer, DnsKind.PTR)).values[:MAX_NAMES]
        for name in names:
            self._known.hint(name, self._kind)
        found = [one.lower().rstrip(".") for one in names]
        return [one for one in found if any(self._is_near(at, self._peer.max_prefixlen) for at in self._hosts_of(one))]

    def _hosts_of(self, name: str) -> tuple[str, ...]:
        return self._ask(name, self._kind).values

    def _target(self, spec: str, domain: str) -> str:
        if not spec:
            return domain
        if not has_macro(spec):
            return spec.lower().removesuffix(".")
        local, _, host = self._sender.rpartition("@")
        name = "unknown"
        if needs_name(spec):
            names = self._validated_names()
            below = [one for one in names if one == domain or one.endswith(f".{domain}")]
            name = (below or names or [name])[0]
        is_old = self._kind is DnsKind.A
        dotted = str(self._peer) if is_old else ".".join(self._peer.exploded.replace(":", ""))
        values = {
            "s": self._sender, "l": local, "o": host, "d": domain, "i": dotted, "p": name,
            "v": "in-addr" if is_old else "ip6", "h": self._helo,
        }  # fmt: skip
        return expand(spec, values).lower()

    def _count_lookup(self) -> None:
        self._lookups += 1
        if self._lookups > MAX_LOOKUPS:
            raise SpfSyntax

    def _counted(self, answer: DnsAnswer) -> DnsAnswer:
        if not answer.values:
            self._void += 1
            if self._void > MAX_VOID:
                raise SpfSyntax
        return answer

    def _ask(self, name: str, kind: DnsKind) -> DnsAnswer:
        answer = self._known.answer(name, kind)
        self.asked[answer.name] = None
        if answer.status in (DnsStatus.OK, DnsStatus.NXDOMAIN, DnsStatus.EMPTY):
            return answer
        temporary = answer.status is DnsStatus.TEMPFAIL
        raise _Unknown(CheckReason.DNS_TEMPORARY if temporary else CheckReason.DNS_UNAVAILABLE)
