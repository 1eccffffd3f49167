"""Who asks for what: what a request says, sealed as a whole, and the closed lists around it. Pure.

Rule: no identity may be demanded, so everything about the requester may be missing; what is asked for may not.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from storage.errors import Corrupt, InvalidInput

_VERSION: Final = 1
_LONGEST_NAME: Final = 320
_LONGEST_TEXT: Final = 100_000


class Received(StrEnum):
    """How a request came."""

    EMAIL = "email"
    LETTER = "letter"
    FORM = "form"
    PORTAL = "portal"
    PHONE = "phone"
    IN_PERSON = "in_person"
    FAX = "fax"


class Closing(StrEnum):
    """Why a request is closed."""

    RELEASED = "released"
    RELEASED_IN_PART = "released_in_part"
    DENIED = "denied"
    NO_RECORDS = "no_records"
    WITHDRAWN = "withdrawn"
    ABANDONED = "abandoned"
    NOT_OURS = "not_ours"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTerms:
    """What a request says: the words of it, a short title, and whatever is told of who asks."""

    text: str
    title: str
    name: str | None = None
    contact: str | None = None
    organisation: str | None = None


def check_terms(terms: RequestTerms) -> RequestTerms:
    """The same with its texts in order.

    Raises:
        InvalidInput: it asks for nothing, or a text is too long.
    """
    text = terms.text.strip()
    if not text:
        raise InvalidInput("say what is asked for: --text, or --file with the words of the request")
    if len(text) > _LONGEST_TEXT:
        raise InvalidInput(f"a request has at most {_LONGEST_TEXT:,} characters; hand the rest in as a file")
    return RequestTerms(
        text=text,
        title=_line(terms.title or text, "--title"),
        name=_optional(terms.name, "--from"),
        contact=_optional(terms.contact, "--contact"),
        organisation=_optional(terms.organisation, "--organisation"),
    )


def encode_terms(terms: RequestTerms) -> bytes:
    """As sealed."""
    return json.dumps({"v": _VERSION, **asdict(terms)}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def decode_terms(plain: bytes) -> RequestTerms:
    """As unsealed.

    Raises:
        Corrupt: it is nothing that was sealed here.
    """
    try:
        stated = json.loads(plain.decode("utf-8", "surrogatepass"))
        if stated.pop("v") != _VERSION:
            raise Corrupt("a request was written by another version of this program; run: archiver upgrade")
        return RequestTerms(**stated)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt("what a request says is damaged; run: archiver verify") from error


def _line(text: str, option: str) -> str:
    words = " ".join(text.split())
    if option == "--title" or len(words) <= _LONGEST_NAME:
        return words[:_LONGEST_NAME]
    raise InvalidInput(f"{option} has at most {_LONGEST_NAME} characters")


def _optional(text: str | None, option: str) -> str | None:
    if text is None or not text.strip():
        return None
    if len(text) > _LONGEST_NAME or not text.strip().isprintable():
        raise InvalidInput(f"{option} is one line of at most {_LONGEST_NAME} characters")
    return " ".join(text.split())
