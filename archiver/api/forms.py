"""The fields of a small form, as browsers send it.

Rule: a form is read under limits of size, number and time, before anything is done with it.
"""

import asyncio
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from archiver.api.problems import TooLarge
from storage.errors import InvalidInput

_LARGEST_FORM = 16_384
_MOST_FIELDS = 10
_FORM_SECONDS = 10.0


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a small urlencoded form; of repeated ones the first.

    Raises:
        TooLarge: more than a sign-in form has.
        InvalidInput: another type, not readable, or too slow.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidInput("send this form as application/x-www-form-urlencoded")
    body = b""
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST_FORM:
                    raise TooLarge("this form is too large")
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except (TimeoutError, ValueError) as error:
        raise InvalidInput("this form cannot be read; open the page and try again") from error
    return {name: values[0] for name, values in fields.items()}


FormFields = Annotated[dict[str, str], Depends(form_fields)]
