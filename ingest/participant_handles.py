"""Handles: how the participants of exported conversations are called, and how one is found again without being named.

Rule kept: a handle is a person's only in the exports of one custodian, for two telephones may call two people "Mom".
It is found by a keyed digest of custodian, platform and handle, and nothing of a destroyed record can be looked up.

An address in a handle tells who it is only where the platform wrote it there, from a field of its own: on most
platforms people call themselves as they like, so that anybody could write ``Head <head@agency.example>``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.errors import NotFound
from storage.participant_tables import TAG_BYTES
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from storage.archive import Archive
    from storage.records import Description

NO_ADDRESS: Final = bytes(TAG_BYTES)
_PREFIX: Final = "hdl_"
_MOST_REMEMBERED: Final = 50_000
_LONGEST_ADDRESS: Final = 254
# whose exports give name and address apart, so that a reader wrote the brackets
_IN_BRACKETS: Final = frozenset({"googlechat", "hangouts", "imessage", "skype", "slack", "sms", "viber", "voice"})
# whose exports call by number or address whoever is not in the owner's book of addresses
_BARE: Final = frozenset({"imessage", "sms", "viber", "voice", "whatsapp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleRow:
    """What is written of a record's participants; see `storage.participant_tables`."""

    record_id: str
    day: str
    tags: bytes
    addresses: bytes
    owner: bytes | None


class Handles:
    """Finds the handles of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._key = archive.store.keyring.digest_key
        self._custodians = archive.custodians
        self._remembered: dict[tuple[str, str, str], tuple[bytes, bytes]] = {}

    def tags(self, custodian_id: str, platform: str, handle: str) -> tuple[bytes, bytes]:
        """What finds a handle, and what finds the address that it gives, zeros where it gives none."""
        place = (custodian_id, platform, handle)
        known = self._remembered.get(place)
        if known is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            encoded = [one.encode("utf-8", "surrogatepass") for one in ("participant", *place)]
            message = b"".join(b"%d:%b" % (len(one), one) for one in encoded)
            tag = hmac.digest(self._key, message, hashlib.sha256)[:TAG_BYTES]
            address = stated_address(platform, handle)
            address_tag = NO_ADDRESS if address is None else self._custodians.tag(address)[:TAG_BYTES]
            known = self._remembered[place] = (tag, address_tag)
        return known

    def row(self, record_id: str, custodian_id: str, description: Description) -> HandleRow | None:
        """The row of a record, None where it has no participants."""
        conversation = description.conversation
        if conversation is None or not conversation.participants:
            return None
        platform = description.platform or ""
        pairs = [self.tags(custodian_id, platform, one) for one in conversation.participants]
        owner = None
        if conversation.owner is not None and conversation.owner in conversation.participants:
            owner = self.tags(custodian_id, platform, conversation.owner)[0]
        return HandleRow(
            record_id=record_id,
            day=conversation.day,
            tags=b"".join([tag for tag, _ in pairs]),
            addresses=b"".join([one for _, one in pairs]) if any(one != NO_ADDRESS for _, one in pairs) else b"",
            owner=owner,
        )


def stated_address(platform: str, handle: str) -> str | None:
    """The address or telephone number by which the platform itself tells this participant, None where there is none."""
    name, address = parted(handle)
    if name is None:
        return address if platform in _BARE else None
    return address if platform in _IN_BRACKETS else None


def parted(handle: str) -> tuple[str | None, str | None]:
    """Name and address of ``Name <address>``, the last brackets counting; either is None where it is not there."""
    if handle.endswith(">"):
        name, bracket, inside = handle[:-1].rpartition(" <")
        if bracket:
            return name.strip() or None, _address(inside)
    address = _address(handle)
    return (None, address) if address is not None else (handle.strip() or None, None)


def handle_id(tag: bytes) -> str:
    """How people call a handle: opaque, and always the same for the same handle."""
    return _PREFIX + base64.b32encode(tag).decode().rstrip("=").lower()


def tag_of(given: str) -> bytes:
    """The tag that an id names.

    Raises:
        NotFound: it cannot be one.
    """
    letters = given.removeprefix(_PREFIX).upper()
    try:
        tag = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        tag = b""
    if not given.startswith(_PREFIX) or len(tag) != TAG_BYTES or handle_id(tag) != given:
        raise no_such(given)
    return tag


def no_such(given: str) -> NotFound:
    """There is no such handle; says where ids are found."""
    return NotFound(f"there is no participant {given[:64]!r}; find its id with: archiver participant list")


def _address(text: str) -> str | None:
    """An e-mail address or a number; an account's number or nickname is neither."""
    stripped = text.strip()
    local, at, domain = stripped.rpartition("@")
    if at:
        whole = local and "." in domain and len(stripped) <= _LONGEST_ADDRESS
        return stripped if whole and not any(one.isspace() or one in "<>,;" for one in stripped) else None
    return stripped if normal_number(stripped) is not None else None
