"""What is in a capture, found by going over it once: which records are pages, and where what they show lies.

Rule kept: what is remembered of a record is a place and a short digest of its address, and how many are remembered is
bounded; whoever finds a record by such a digest compares the address again.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Final

from ingest.formats.captures.capture import Sort
from ingest.formats.captures.digests import stated_digest
from ingest.formats.captures.page_markup import comparable, resolved
from ingest.formats.captures.warc_records import moment_of, target_of
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.captures.capture import Capture, Opened
    from ingest.formats.captures.http_message import HttpHead

MOST_RECORDS: Final = 5_000_000
_MOST_KEYS: Final = 1_000_000
_MOST_PLACES: Final = 20
_MOST_NAMED: Final = 100
_MOST_REDIRECTS: Final = 100_000
_LONGEST_SOFTWARE: Final = 200
_FREE: Final = 16 << 20
_TIMES: Final = 200
_WRONG: Final = "the digest that the capture states of this record does not fit its bytes"
_MORE_WRONG: Final = "the digests of {count:,} more records do not fit their bytes"
BROWSER_TEXTS: Final = ("textFinal", "text")
BROWSER_PICTURES: Final = ("fullPageFinal", "fullPage", "viewFinal", "view", "thumbnail")


class Survey:
    """What one pass over a capture finds.

    `pages` and `others` are places, in order; `made` counts the records that only say how the capture was made;
    `records` counts all. `wrong` are places of records whose stated digest does not fit.
    """

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.pages = array("Q")
        self.others = array("Q")
        self.made: Counter[str] = Counter()
        self.records = 0
        self.wrong: set[int] = set()
        self.software: str | None = None
        self._revisits = array("Q")
        self._by_address: dict[bytes, tuple[int, ...]] = {}
        self._by_payload: dict[bytes, int] = {}
        self._redirects: dict[bytes, str] = {}

    def take(self) -> Iterator[Remark]:
        """Go over the capture; gives what is wrong with it.

        Raises:
            NoContainer: it is none.
            ContainerBroken: nothing more can be had of it; what was found stays.
        """
        for found in self.capture.walk():
            if isinstance(found, Remark):
                yield found
                continue
            self.records += 1
            if self.records > MOST_RECORDS:
                raise ContainerBroken(f"it has more than {MOST_RECORDS:,} records")
            self._sort(found)
            if fits(found) is False:
                self.wrong.add(found.place)
                if len(self.wrong) <= _MOST_NAMED:
                    yield Remark(text=_WRONG, path=found.record.target)
        if len(self.wrong) > _MOST_NAMED:
            yield Remark(text=_MORE_WRONG.format(count=len(self.wrong) - _MOST_NAMED))
        self._sort_revisits()

    def captured(self, address: str, near: int, sorts: tuple[Sort, ...]) -> Opened | None:
        """The record of an address that was captured next after the place `near`, or last before it."""
        wanted = comparable(address)
        places = self._by_address.get(_key("at", wanted), ())
        for place in (*[one for one in places if one >= near], *reversed([one for one in places if one < near])):
            found = self._opened(place)
            if found is None or comparable(found.record.target) != wanted:
                continue
            if found.sort is Sort.REVISIT:
                found = self.revisited(found)
            if found is not None and found.sort in sorts:
                return found
        return None

    def beside(self, kinds: tuple[str, ...], address: str, near: int) -> Opened | None:
        """What the capturing browser wrote down of a page, the first of these kinds that is there."""
        for kind in kinds:
            found = self.captured(f"urn:{kind}:{address}", near, (Sort.BROWSER,))
            if found is not None:
                return found
        return None

    def revisited(self, record: Opened) -> Opened | None:
        """The record that holds what a revisit says was sent again (ISO 28500:2017, 6.7); None where it is not here."""
        for key in _payload_keys(record, revisit=True):
            place = self._by_payload.get(key)
            if place is not None:
                return self._opened(place)
        return None

    def led_to(self, address: str) -> str:
        """Where redirections of the capture lead from an address; itself where nowhere."""
        for _ in range(5):
            further = self._redirects.get(_key("at", comparable(address)))
            if further is None:
                return address
            address = further
        return address

    def _sort(self, found: Opened) -> None:
        sort = found.sort
        record = found.record
        if sort is Sort.MADE:
            self.made[record.kind] += 1
            if record.kind == "warcinfo" and self.software is None:
                self.software = _software(found)
            return
        places = self.pages if sort is Sort.PAGE else self._revisits if sort is Sort.REVISIT else self.others
        places.append(found.place)
        if sort is not Sort.OTHER and len(self._by_address) < _MOST_KEYS:
            key = _key("at", comparable(record.target))
            known = self._by_address.get(key, ())
            if len(known) < _MOST_PLACES:
                self._by_address[key] = (*known, found.place)
        if sort in (Sort.PAGE, Sort.SHOWN, Sort.DOCUMENT) and len(self._by_payload) < 2 * _MOST_KEYS:
            for key in _payload_keys(found, revisit=False):
                self._by_payload.setdefault(key, found.place)
        head = found.head
        if sort is Sort.OTHER and head is not None and 300 <= head.status < 400:  # noqa: PLR2004 - RFC 9110 §15.4
            further = resolved(record.target, head.fields.get("location", ""))
            if further is not None and len(self._redirects) < _MOST_REDIRECTS:
                self._redirects.setdefault(_key("at", comparable(record.target)), further)

    def _sort_revisits(self) -> None:
        """Revisits of pages are pages: known by the head that they keep, or by what they refer to."""
        for place in self._revisits:
            found = self._opened(place)
            original = None if found is None else self.revisited(found)
            is_page = found is not None and _is_page_again(found, original)
            (self.pages if is_page else self.others).append(place)
        if self._revisits:
            self.pages = array("Q", sorted(self.pages))
            self.others = array("Q", sorted(self.others))

    def _opened(self, place: int) -> Opened | None:
        try:
            return self.capture.open(place)
        except MemberBroken:
            return None


def fits(found: Opened) -> bool | None:
    """Whether the digest that a record states fits its bytes; None where none is stated that can be computed."""
    fields, record = found.record.fields, found.record
    block = stated_digest(fields.get("warc-block-digest", ""))
    if block is not None:
        return block.fits(found.block())
    if stated_digest(fields.get("warc-payload-digest", "")) is None or record.kind not in ("response", "resource"):
        return None
    return payload_fits(found)


def payload_fits(found: Opened) -> bool | None:
    """Whether the stated digest of a record's payload fits it, with its coding or without (ISO 28500:2017, 5.9).

    None where none is stated that can be computed, or too much comes out of the coding to be held against it.
    """
    payload = stated_digest(found.record.fields.get("warc-payload-digest", ""))
    if payload is None or payload.fits(found.stored()):
        return None if payload is None else True
    left = max(_FREE, _TIMES * found.record.length)
    digest = payload.computing()
    try:
        for piece in found.body():
            left -= len(piece)
            if left < 0:
                return None
            digest.update(piece)
    except MemberBroken:
        return False
    return digest.digest() in payload.values


def _is_page_again(found: Opened, original: Opened | None) -> bool:
    """Whether a revisit is of a page: by what it refers to, where that is here, else by the head that it keeps."""
    head = found.head
    if original is not None:
        return original.sort is Sort.PAGE and (head is None or _is_good(head))
    return head is not None and head.media_type in ("text/html", "application/xhtml+xml") and _is_good(head)


def _is_good(head: HttpHead) -> bool:
    """Whether an answer is what was asked for, or says that it has not changed (RFC 9110 §15.3, §15.4.5)."""
    return 200 <= head.status < 300 or head.status == 304  # noqa: PLR2004 - as above


def _payload_keys(found: Opened, *, revisit: bool) -> Iterator[bytes]:
    fields = found.record.fields
    digest = stated_digest(fields.get("warc-payload-digest", ""))
    if digest is not None:
        yield _key(digest.algorithm, min(digest.values).hex())
    address = target_of(fields.get("warc-refers-to-target-uri", "")) if revisit else found.record.target
    moment = moment_of(fields.get("warc-refers-to-date" if revisit else "warc-date", ""))
    if address and moment is not None:
        yield _key(moment.isoformat(), comparable(address))


def _software(found: Opened) -> str | None:
    for line in b"".join(found.stored(1 << 14)).decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "software" and value.strip():
            return value.strip()[:_LONGEST_SOFTWARE]
    return None


def _key(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
