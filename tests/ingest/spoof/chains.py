"""Chains of RFC 8617 made by hand: any number of sets, each with what a case wants wrong in it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import dkim
from dkim.canonicalization import CanonicalizationPolicy

from tests.ingest.spoof.signing import NAMES, rsa_key, rsa_sign

SEALER = "list.example"
POLICY = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")


def _line(name, value) -> Any:
    return b"%b:%b" % POLICY.canonicalize_headers([(name, value)])[0]


def sealed(raw, *, domain=SEALER, state=None, number=None, names=NAMES, key=None, seal_tags="", results=None):
    """One more set on top of a mail."""
    key = key or rsa_key(name=domain)
    fields, body = dkim.rfc822_parse(raw)
    earlier = [one for one in fields if one[0].lower().startswith(b"arc-")]
    number = number or len(earlier) // 3 + 1
    state = state or ("none" if number == 1 else "pass")
    digest = base64.b64encode(hashlib.sha256(POLICY.canonicalize_body(body)).digest()).decode()
    said = results or "mx.list.example; dkim=pass"
    shown = b"ARC-Authentication-Results", f" i={number}; {said}".encode()
    value = f" i={number}; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=arc; h={':'.join(names)}; bh={digest}; b="
    chosen = dkim.select_headers(POLICY.canonicalize_headers(fields), [one.encode() for one in names])
    text = b"".join(b"%b:%b" % one for one in chosen) + _line(b"ARC-Message-Signature", value.encode())
    signature = b"ARC-Message-Signature", value.encode() + rsa_sign(key, text.removesuffix(b"\r\n"))
    value = f" i={number}; a=rsa-sha256; cv={state}; d={domain}; s=arc;{seal_tags} b="
    sets = {}
    for name, content in earlier:
        sets.setdefault(content.split(b"i=")[1][:2].strip(b"; "), {})[name.lower()] = (name, content)
    order = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
    before = [sets[one][kind] for one in sorted(sets) for kind in order]
    text = b"".join(_line(*one) for one in (*before, shown, signature)) + _line(b"ARC-Seal", value.encode())
    seal = b"ARC-Seal", value.encode() + rsa_sign(key, text.removesuffix(b"\r\n"))
    return b"".join(b"%b:%b\r\n" % one for one in (seal, signature, shown)) + raw
