"""DiscordChatExporter's plain text: a head of the channel between two rules, then messages, then their number.

Rule kept: a message begins where a time in brackets follows two empty lines, or the reactions of the message before;
the same words inside a message are content. ``{Attachments}``, ``{Embed}``, ``{Stickers}`` and ``{Reactions}`` begin
its sections (PlainTextMessageWriter.cs of Tyrrrz/DiscordChatExporter). The number at the end is told apart from what
was met.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.discord_files import channel_of, counts, is_notice, media_at, printed_reactions
from ingest.formats.chats.discord_times import LONGEST_STAMP, Times, is_stamp
from ingest.formats.chats.file_by_file import folder_of
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.chats.text_lines import CUT, batches, script_of
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Media
    from ingest.formats.chats.text_lines import Script

_RULE: Final = "=" * 62
_HEAD_START: Final = re.compile(rb"={62}\r?\nGuild: [^\n]{0,400}\nChannel: ")
_MESSAGE: Final = re.compile(rf"\[([^\[\]]{{6,{LONGEST_STAMP}}})\] (.+)")
_COUNT: Final = re.compile(r"Exported ([\d\s.,'’\u00a0\u202f]{1,30}) message\(s\)")  # noqa: RUF001 - group separators
_SECTIONS: Final = frozenset({"{Attachments}", "{Embed}", "{Stickers}", "{Reactions}"})
_PINNED: Final = " (pinned)"
_LARGEST: Final = 4 << 20  # characters of one message


def is_text(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return _HEAD_START.match(head) is not None


@dataclass(slots=True)
class _Block:
    """A message as it stands: its head line and the lines after it."""

    stamp: str = ""
    author: str = ""
    lines: list[str] = field(default_factory=list)
    size: int = 0
    is_cut: bool = False
    loose: bool = False


@dataclass(slots=True)
class _Found:
    """What a pass over the file tells besides its messages."""

    head: dict[str, str] = field(default_factory=dict)
    stated: int | None = None


def read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    """Everything in one file.

    Raises:
        MemberBroken: the rest of it cannot be had; what was read before was given.
    """
    script = script_of(export.head(name))
    times = Times(
        (block.stamp for block in _blocks(export, name, script, _Found())), export.day_first, export.zone, name
    )
    if times.remark is not None:
        yield times.remark
    found = _Found()
    thread: Thread | None = None
    met = 0
    for block in _blocks(export, name, script, found):
        if thread is None:
            thread = replace(_thread(found.head, name), dates=times.rest_on)
        met += 1
        if block.is_cut:
            yield Remark(text="a message is longer than is read, and was cut", path=name)
        yield Said(thread=thread, message=_message(block, times, script, folder_of(name), export))
    yield from counts(found.stated, met, name)


def _blocks(export: Export, name: str, script: Script, found: _Found) -> Iterator[_Block]:
    """The messages; `found` is filled on the way."""
    lines = _lines(export, name, script)
    _read_head(lines, script, found)
    block: _Block | None = None
    before, before_that = "", ""
    in_reactions = False
    for line in lines:
        bare = line.rstrip("\r")
        match = _MESSAGE.match(bare) if bare.startswith("[") and not before else None
        begins = block is None or not before_that or in_reactions
        if match is not None and begins and is_stamp(script.readable(match[1])):
            if block is not None:
                yield block
            block = _Block(stamp=script.readable(match[1]), author=script.readable(match[2]), lines=[line])
            in_reactions = False
        elif before == _RULE and (count := _COUNT.fullmatch(bare)):
            found.stated = int("".join(one for one in count[1] if one.isdecimal()) or 0)
            if block is not None and block.lines[-1].startswith(_RULE):
                block.lines.pop()
            if block is not None and block.lines:
                yield block
            return
        elif block is not None:
            in_reactions = in_reactions or (bare == "{Reactions}" and not before)
            _take(block, line)
        elif bare:
            block = _Block(lines=[line], loose=True)
        before_that, before = before, bare
    if block is not None:
        yield block


def _read_head(lines: Iterator[str], script: Script, found: _Found) -> None:
    """What stands between the two rules: each fact a line, "Topic" on as many as it has."""
    rules = 0
    for line in lines:
        bare = line.rstrip("\r")
        rules += bare == _RULE
        if rules == 2:  # noqa: PLR2004 - above and below
            return
        label, colon, said = bare.partition(": ")
        if colon and label in ("Guild", "Channel") and label not in found.head:
            found.head[label] = script.readable(said)


def _take(block: _Block, line: str) -> None:
    block.size += len(line) + 1
    if block.size <= _LARGEST or line.startswith(_RULE):
        block.lines.append(line)
    else:
        block.is_cut = True


def _lines(export: Export, name: str, script: Script) -> Iterator[str]:
    for lines, _ in batches(export.open(name), script):
        yield from (line for line in lines if line is not CUT)


def _thread(head: dict[str, str], name: str) -> Thread:
    guild, channel = head.get("Guild"), head.get("Channel")
    named = [channel] if guild == "Direct Messages" else [guild, channel]
    title = " / ".join(one for one in named if one) or channel_of(name)[0]
    number = channel_of(name)[1]
    return Thread(
        platform="discord", key=number or f"name:{title or ''}", title=title, path=name, media_type="text/plain"
    )


def _message(block: _Block, times: Times, script: Script, folder: str, export: Export) -> ChatMessage:
    while len(block.lines) > 1 and not block.lines[-1].strip():
        block.lines.pop()
    raw = script.encoded("\n".join(block.lines).removesuffix("\r"))
    shown = [script.readable(line.rstrip("\r")) for line in block.lines[0 if block.loose else 1 :]]
    author = block.author
    extra = {"pinned"} if author.endswith(_PINNED) else set()
    content, sections = _sections(shown)
    media: list[Media] = []
    reactions: list[str] = []
    cards: list[str] = []
    for label, lines in sections:
        if label == "{Reactions}":
            reactions.extend(part for line in lines for part in _parts(line))
        elif label == "{Embed}":
            cards.extend(line for line in lines if line)
        else:
            media.extend(media_at(line, folder, export) for line in lines if line)
    if cards:
        extra.add("embeds")
        content = content or "\n".join(cards)
    notice = is_notice(content)
    return ChatMessage(
        at=times.moment(block.stamp) if block.stamp else None,
        sender=author.removesuffix(_PINNED) or None,
        text=content,
        raw=raw,
        side="center" if notice else None,
        attachments=tuple(media),
        system=notice,
        reactions=printed_reactions(reactions),
        unmapped=tuple(sorted(extra)),
    )


def _sections(lines: list[str]) -> tuple[str, list[tuple[str, list[str]]]]:
    """What a message says, and its sections in order."""
    content: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    before = ""
    for line in lines:
        if line in _SECTIONS and not before:
            sections.append((line, []))
        elif sections:
            sections[-1][1].append(line)
        else:
            content.append(line)
        before = line
    return "\n".join(content).strip("\n"), sections


def _parts(line: str) -> list[str]:
    """Reactions of a line: what stands between spaces, each with the number in brackets that may follow it."""
    parts: list[str] = []
    for word in line.split(" "):
        if word.startswith("(") and word.endswith(")") and word[1:-1].isdecimal() and parts:
            parts[-1] += f" {word}"
        elif word:
            parts.append(word)
    return parts
