"""Exports with what is known of them, for the table of accuracy: one file a format gives its cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.formats.chats.held_files import HeldFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMessage:
    """What is stated of one message; what is None is not stated.

    `index` is its place among the messages in the order of the export, from 0; None where any message may be meant.
    `at` is ISO 8601, with an offset where an instant is stated.
    """

    index: int | None
    at: str | None
    sender: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is stated of an export."""

    messages: int | None = None
    conversations: int | None = None
    senders: tuple[str, ...] | None = None
    told: tuple[ExpectedMessage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One export and what is stated of it."""

    format: str
    name: str
    export: HeldFiles = field(repr=False)
    facts: Facts
