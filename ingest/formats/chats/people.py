"""How a person is written whom an export names twice: by a name, and by an address that tells one name from another.

Rule kept: neither is dropped and neither is made up. ``Jane Doe <jane.doe@example.com>``, as in the header of a mail
(RFC 5322, section 3.4), serves for telephone numbers and account numbers too; who has only one of them is that.
Brackets at the end are always ours: a name that ends in some has empty ones behind it where no address is told, since
anybody may call himself ``Head <head@agency.example>``.
"""

from __future__ import annotations


def person(name: str | None, handle: str | None) -> str | None:
    """Name and handle in one, or the one that there is; None where there is neither."""
    if not handle or name == handle:
        return f"{name} <>" if name and name.endswith(">") else name or None
    return f"{name} <{handle}>" if name else handle
