"""One line of JSON Lines (jsonlines.org) as an object, whatever stands in it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_ESCAPED: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_decode = json.JSONDecoder(strict=False).decode
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def object_of(line: bytes) -> dict[str, Any] | None:
    """The object, None where the line is none or is nested too deep; lone surrogates come back as U+FFFD."""
    try:
        value = _decode(line.decode("utf-8", "replace"))
        if _ESCAPED.search(line) and isinstance(value, dict):
            text = _encode(value)
            value = _decode(_SURROGATE.sub("\ufffd", text)) if _SURROGATE.search(text) else value
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
