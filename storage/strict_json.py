"""Reading JSON that nobody vouches for: every value is asked for by name and type, and bounded.

I-JSON (RFC 7493) in what matters here: UTF-8 without surrogates, one object at the top, no NaN. A refusal
names the member that was asked for, never what was found, since what was found is content.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

MAX_STRING_CHARACTERS: Final = 2 << 20
MAX_COUNT: Final = 250_000

Members = dict[str, Any]
_Value = TypeVar("_Value")
_Word = TypeVar("_Word", bound="StrEnum")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False).encode


def write_object(members: Members) -> bytes:
    """One line of JSON without a raw line feed.

    Raises:
        ValueError: a string holds a lone surrogate, or a number is none.
    """
    return _to_json(members).encode()


def refuse(what: str) -> NoReturn:
    """End reading: `what` is a name that the reading code knows, never something that was read.

    Raises:
        ValueError: always.
    """
    msg = f"not as agreed: {what}"
    raise ValueError(msg)


def _unique(pairs: list[tuple[str, Any]]) -> Members:
    members = dict(pairs)
    if len(members) != len(pairs):
        refuse("a name that stands twice in an object")
    return members


# made once: `json.loads` makes a decoder for every call that has an option
_from_json = json.JSONDecoder(parse_constant=refuse).decode
_from_json_with_unique_names = json.JSONDecoder(parse_constant=refuse, object_pairs_hook=_unique).decode


def read_object(line: bytes, *, brackets: int, unique_names: bool = False) -> Members:
    """The members of a JSON object that opens at most `brackets` arrays and objects, itself included.

    The count bounds what parsing may allocate: an empty array costs some twenty times its two bytes. With
    `unique_names` a name that stands twice is refused (RFC 7493 §2.3): readers differ in which one they take.

    Raises:
        ValueError: this is no such object.
    """
    if line.count(b"[") + line.count(b"{") > brackets:
        refuse("the number of arrays and objects")
    try:
        parsed = (_from_json_with_unique_names if unique_names else _from_json)(line.decode())
        if rb"\u" in line:
            _to_json(parsed).encode()  # an escape can make a lone surrogate (RFC 8259 §8.2): this finds it
    except (ValueError, RecursionError):
        parsed = None  # those errors carry what was read, so they end here
    if type(parsed) is not dict:
        refuse("the object")
    return parsed


def decode_text(text: bytes) -> str:
    """Text from strict UTF-8, which has no surrogates (RFC 3629 §3).

    Raises:
        ValueError: it is none.
    """
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        decoded = None  # its error carries the text
    if decoded is None:
        refuse("the text")
    return decoded


def only(value: object, known: frozenset[str]) -> Members:
    """An object that has no other members than the known ones.

    Raises:
        ValueError: it is no object, or has others.
    """
    if type(value) is not dict or not value.keys() <= known:
        refuse("an object's members")
    return value


def bounded(value: object, name: str) -> str | None:
    """A string of at most `MAX_STRING_CHARACTERS`, or null.

    Raises:
        ValueError: it is neither.
    """
    if value is not None and (type(value) is not str or len(value) > MAX_STRING_CHARACTERS):
        refuse(name)
    return value


def string(members: Members, name: str, default: str | None = None) -> str:
    """The string member of that name; without a default it must be there.

    Raises:
        ValueError: it is absent, no string or too long.
    """
    value = members.get(name, default)
    if type(value) is not str or len(value) > MAX_STRING_CHARACTERS:
        refuse(name)
    return value


def string_or_none(members: Members, name: str) -> str | None:
    """The string member of that name, or None where it is absent or null.

    Raises:
        ValueError: it is no string or too long.
    """
    return bounded(members.get(name), name)


def number(members: Members, name: str, *, at_most: int) -> int:
    """The whole number of that name, from 0 to `at_most`.

    Raises:
        ValueError: it is absent, something else or out of range.
    """
    value = members.get(name)
    if type(value) is not int or not 0 <= value <= at_most:
        refuse(name)
    return value


def flag(members: Members, name: str, *, default: bool) -> bool:
    """The truth value of that name.

    Raises:
        ValueError: it is none.
    """
    value = members.get(name, default)
    if type(value) is not bool:
        refuse(name)
    return value


def many(members: Members, name: str, read: Callable[[object], _Value]) -> tuple[_Value, ...]:
    """The array of that name, each value read by `read`; absent is empty.

    Raises:
        ValueError: it is no array, holds more than `MAX_COUNT` values, or `read` refuses one.
    """
    value = members.get(name)
    if value is None:
        return ()
    if type(value) is not list or len(value) > MAX_COUNT:
        refuse(name)
    return tuple([read(one) for one in value])


def strings(members: Members, name: str) -> tuple[str, ...]:
    """The array of strings of that name; absent is empty.

    Raises:
        ValueError: it is no array of strings within the bounds.
    """
    value = members.get(name)
    if value is None:
        return ()
    if type(value) is not list or len(value) > MAX_COUNT:
        refuse(name)
    for one in value:
        if type(one) is not str or len(one) > MAX_STRING_CHARACTERS:
            refuse(name)
    return tuple(value)


def word(words: type[_Word], members: Members, name: str) -> _Word:
    """The member of that name as one of a closed set of words.

    Raises:
        ValueError: it is none of them.
    """
    value = members.get(name)
    found: _Word | None = _by_text(words).get(value) if type(value) is str else None
    if found is None:
        refuse(name)
    return found


@cache  # by type, of which the house has a handful
def _by_text(words: type[_Word]) -> dict[str, _Word]:
    return {one.value: one for one in words}


def sha256(members: Members, name: str) -> str:
    """A SHA-256 in lower-case hexadecimal.

    Raises:
        ValueError: it is none.
    """
    value = string(members, name)
    if not _SHA256.fullmatch(value):
        refuse(name)
    return value


def moment(members: Members, name: str) -> datetime:
    """An ISO 8601 moment with its offset, in UTC.

    Raises:
        ValueError: it is none, or lies where UTC has no year for it.
    """
    try:
        at = datetime.fromisoformat(string(members, name))
        aware = at.tzinfo is not None and at.utcoffset() is not None
        utc = at.astimezone(UTC) if aware else None
    except (ValueError, OverflowError):
        utc = None  # the error of `fromisoformat` quotes what it read
    if utc is None:
        refuse(name)
    return utc
