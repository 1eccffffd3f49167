"""Schedules that come with the program: examples to start from, inactive, never adopted by themselves."""

from __future__ import annotations

from importlib import resources

EXAMPLE = "example-district.toml"


def read_example() -> bytes:
    """The synthetic district's schedule, as a file's bytes."""
    return resources.files(__package__).joinpath(EXAMPLE).read_bytes()


def shipped_names() -> tuple[str, ...]:
    """The names of all schedules that come with the program, in alphabetical order."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def read_shipped(name: str) -> bytes | None:
    """The file's bytes of one of `shipped_names`, or None if none has this name."""
    if name not in shipped_names():
        return None
    return resources.files(__package__).joinpath(f"{name}.toml").read_bytes()
