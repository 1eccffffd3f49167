"""Slack's text as people read it: ids become names, links say their address, the three escapes are taken back.

Rule kept: "Formatting text for app surfaces" of Slack's documentation: angle brackets hold mentions (``<@U1>``,
``<#C1|general>``, ``<!here>``, ``<!subteam^S1|@team>``, ``<!date^...|fallback>``) and links (``<url|label>``); only
``&``, ``<`` and ``>`` are escaped. Signs that people type (``*bold*``) stay. A link with a label says both, because
the label alone can say anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.slack_directory import Directory

_MARKED: Final = re.compile(r"<([^<>]{1,8000})>")
_MOST_NODES: Final = 20_000


def plain(text: object, known: Directory) -> str:
    """The text with names for ids."""
    if not isinstance(text, str):
        return ""
    if "<" in text:
        text = _MARKED.sub(lambda match: _named(match[1], known), text)
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text


def _named(inside: str, known: Directory) -> str:
    target, _, label = inside.partition("|")
    sign, rest = target[:1], target[1:]
    if sign == "@":
        name = known.person(rest)
        return f"@{label.lstrip('@') if name == rest and label else name}"
    if sign == "#":
        return f"#{label or known.channel_name(rest) or rest}"
    if sign == "!":
        word = rest.partition("^")[0]
        return label or f"@{word}"
    if not label or target.endswith(label):
        # Slack itself makes a link of an address that is typed without its scheme
        return label or target.removeprefix("mailto:")
    return f"{label} ({target})"


def card_lines(value: dict[str, Any], known: Directory, *, has_text: bool) -> Iterator[str]:
    """What the cards under a message say: those of apps and of shared messages; previews of links say nothing new."""
    cards = value.get("attachments")
    for card in cards if isinstance(cards, list) else ():
        if not isinstance(card, dict):
            continue
        is_shared = bool(card.get("is_share") or card.get("is_msg_unfurl"))
        if has_text and not is_shared and (card.get("from_url") or card.get("original_url")):
            continue
        said = [plain(card.get(label), known) for label in ("pretext", "author_name", "title", "text")]
        listed = card.get("fields")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict):
                said.extend(plain(one.get(label), known) for label in ("title", "value"))
        lines = [line for line in said if line]
        yield from lines or [plain(card.get("fallback"), known)]


def block_lines(blocks: object, known: Directory) -> Iterator[str]:
    """The texts in blocks, of a message that has no other: an app may send nothing else."""
    stack: list[object] = [blocks]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(reversed(node))
        elif isinstance(node, dict):
            text = node.get("text")
            if isinstance(text, str):
                yield plain(text, known)
            stack.extend(part for part in reversed(list(node.values())) if isinstance(part, dict | list))
