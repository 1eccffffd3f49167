"""Bodies of requests over HTTP as types: read strictly, told to programs in the description of the API.

Rules:

- A body is read under the limits of `archiver.api.json_body`, then held against its type: a member that nobody knows,
  that is missing or of another kind is refused by its name; what stood in it is never repeated.
- Moments are RFC 3339 with their offset, days are ISO 8601, amounts of money are strings such as "12.50".
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from archiver.api.json_body import body_bytes
from archiver.given_words import read_cents, read_instant, read_near_day
from storage.errors import InvalidInput

MOST_RECORDS = 10_000
_MOST_CODES = 50
_LONGEST_ID = 64
_LONGEST_LINE = 1_000
_LONGEST_TEXT = 200_000
_LARGEST_NUMBER = 1_000_000_000


def _worded(read: Callable[[str], Any]) -> Callable[[Any], Any]:
    def validate(given: Any) -> Any:
        if not isinstance(given, str):
            raise ValueError("this member is a string")  # noqa: TRY004 - the library takes no other
        try:
            return read(given)
        except InvalidInput as error:
            raise ValueError(error.message) from error

    return validate


Day = Annotated[date, BeforeValidator(_worded(read_near_day)), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    datetime, BeforeValidator(_worded(read_instant)), WithJsonSchema({"type": "string", "format": "date-time"})
]
Cents = Annotated[
    int, BeforeValidator(_worded(read_cents)), WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}(\.\d{1,2})?$"})
]
Id = Annotated[str, Field(min_length=1, max_length=_LONGEST_ID)]
Line = Annotated[str, Field(max_length=_LONGEST_LINE)]
Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
Number = Annotated[int, Field(ge=1, le=_LARGEST_NUMBER)]
Records = Annotated[list[Id], Field(min_length=1, max_length=MOST_RECORDS, description="ids of records")]
Codes = Annotated[list[Line], Field(max_length=_MOST_CODES, description="codes of the law's exemptions")]


class Body(BaseModel):
    """A JSON object of at most 1 MiB; a member that is not listed is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


B = TypeVar("B", bound=Body)


def body_of(model: type[B]) -> Callable[[Request], Awaitable[B]]:
    """What reads a body of this type; for `Depends`."""

    async def read(request: Request) -> B:
        """The body.

        Raises:
            TooLarge: it has more than a mebibyte.
            InvalidInput: it is of another type, or a member is missing, unknown or of another kind.
        """
        try:
            return model.model_validate_json(await body_bytes(request))
        except ValidationError as error:
            raise _refused(model, error) from None  # its text would repeat what was sent

    return read


def described(model: type[Body]) -> dict[str, Any]:
    """The same body for the description of the API; without references, since the framework does not know the type."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    content = {"application/json": {"schema": _inlined(schema, definitions)}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        told = {name: value for name, value in part.items() if name != "$ref"}
        return {**_inlined(definitions[part["$ref"].rpartition("/")[2]], definitions), **told}
    return {name: _inlined(value, definitions) for name, value in part.items()}


def _refused(model: type[Body], error: ValidationError) -> InvalidInput:
    """The first thing that is wrong, by the member's name alone."""
    first = error.errors(include_url=False, include_input=False)[0]
    known = ", ".join(field.alias or name for name, field in model.model_fields.items())
    if not first["loc"]:
        return InvalidInput("the body is a JSON object, in UTF-8")
    if first["type"] == "extra_forbidden":
        return InvalidInput(f"the body has these members: {known}" if known else "the body has no members")
    name = str(first["loc"][0])
    if first["type"] == "missing":
        return InvalidInput(f"the member {name} is missing", parameter=name)
    if first["type"] == "value_error":
        return InvalidInput(f"{name}: {first['ctx']['error']}", parameter=name)
    if first["type"] in ("enum", "literal_error"):
        return InvalidInput(f"{name} is one of {first['ctx']['expected']}", parameter=name)
    return InvalidInput(f"the member {name} is of another kind, or too short, long or large", parameter=name)
