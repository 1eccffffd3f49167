"""Schedules that come with the program: examples to start from, never adopted by themselves."""

from __future__ import annotations

from importlib import resources

EXAMPLE = "example-district.toml"


def read_example() -> bytes:
    """The synthetic district's schedule, as a file's bytes."""
    return resources.files(__package__).joinpath(EXAMPLE).read_bytes()
