"""Changing a JSON document in every place, one at a time: what a forger could try first."""

from __future__ import annotations

import copy
from typing import Any


def mutations(value: Any) -> list[Any]:
    """Values of the same type that are not this one, and one of another type."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, max(0, value - 1) if value else 2, str(value), None]
    if isinstance(value, str):
        flipped = [
            value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] for at in {0, len(value) // 2, len(value) - 1}
        ]
        return [*flipped, value + "x", value[:-1], "", 7, None] if value else ["x", 7, None]
    return ["x"]


def everywhere(document: Any) -> list[Any]:
    """The document with each of its values changed, left out or doubled, one at a time."""
    found: list[Any] = []

    def walk(place: Any, put: Any) -> None:
        if isinstance(place, dict):
            for name in list(place):
                walk(place[name], lambda new, name=name: put({**place, name: new}))
                put({key: value for key, value in place.items() if key != name})
        elif isinstance(place, list):
            for at, one in enumerate(place):
                walk(one, lambda new, at=at: put([*place[:at], new, *place[at + 1 :]]))
            put([*place, "0" * 64])
            if place:
                put(place[:-1])
                put([*place, place[-1]])
        else:
            for new in mutations(place):
                if new != place or type(new) is not type(place):
                    put(new)

    walk(document, lambda new: found.append(copy.deepcopy(new)))
    return found
