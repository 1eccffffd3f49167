"""Values as TOML text, for schedule files that the program writes (TOML 1.0, basic strings and inline tables).

Rule: pure; what it writes, `tomllib` reads back as the same values.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any


def toml_value(value: Any) -> str:
    """One value on one line: a text, whole number, flag, day, list, or table with plain keys.

    Raises:
        TypeError: a value of another type.
    """
    if isinstance(value, str):
        # a JSON string with every control character escaped is a TOML basic string, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml_value(entry) for entry in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(entry)}" for key, entry in value.items()) + " }"
    raise TypeError(type(value).__name__)


def toml_lines(members: dict[str, Any]) -> list[str]:
    """One line for each key."""
    return [f"{key} = {toml_value(value)}" for key, value in members.items()]
