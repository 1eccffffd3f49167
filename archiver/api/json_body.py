"""A small JSON object as the body of a request.

Rule: it is read under limits of size and time, before anything is done with it; its members are asked for by name and
type, and one that nobody knows is refused, since a misspelt one that is ignored does something else than was meant.
"""

import asyncio
import json
from typing import Annotated, Any

from fastapi import Depends, Request

from archiver.api.problems import TooLarge
from storage.errors import InvalidInput

_LARGEST = 1 << 20
_SECONDS = 10.0


async def body_bytes(request: Request) -> bytes:
    """The body of a request that is said to be JSON.

    Raises:
        TooLarge: it has more than a mebibyte.
        InvalidInput: it is of another type, or too slow.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidInput("send the body as application/json")
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST:
                    raise TooLarge("the body has more than 1 MiB")
    except TimeoutError as error:
        raise InvalidInput("the body comes too slowly to be read") from error
    return bytes(body)


async def json_body(request: Request) -> dict[str, Any]:
    """The object in the body.

    Raises:
        TooLarge: it has more than a mebibyte.
        InvalidInput: it is of another type, no JSON object, or too slow.
    """
    try:
        document = json.loads(await body_bytes(request))
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body is no JSON that can be read") from error
    if not isinstance(document, dict):
        raise InvalidInput("the body is a JSON object")
    return document


JsonBody = Annotated[dict[str, Any], Depends(json_body)]


def members_of(document: dict[str, Any], **kinds: type) -> dict[str, Any]:
    """The members of an object, each of its kind; those that are absent or null are None.

    Raises:
        InvalidInput: one is unknown, or of another kind; it is named, its value is not.
    """
    if set(document) - set(kinds):
        raise InvalidInput(f"the body has these members: {', '.join(kinds)}")
    found = {name: document.get(name) for name in kinds}
    for name, value in found.items():
        if value is not None and type(value) is not kinds[name]:
            raise InvalidInput(f"the member {name} is of another kind", parameter=name)
    return found


def needed(value: str | None, name: str) -> str:
    """A member that must be there.

    Raises:
        InvalidInput: it is not.
    """
    if value is None:
        raise InvalidInput(f"the member {name} is missing", parameter=name)
    return value
