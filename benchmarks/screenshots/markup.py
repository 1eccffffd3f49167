"""A scene as HTML. Elements that bear text say in `data-t` what they are; rows name their message in `data-m`."""

from __future__ import annotations

import html
import re
import zlib
from typing import TYPE_CHECKING, Final

from benchmarks.screenshots.clock import Clock
from benchmarks.screenshots.colours import colours
from benchmarks.screenshots.looks import COMMON_STYLE, ICONS
from benchmarks.screenshots.looks_of_apps import LOOKS
from benchmarks.screenshots.model import NOTICE, OWNER, Said
from benchmarks.screenshots.texts import TALKS, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.screenshots.looks import Look
    from benchmarks.screenshots.model import Scene, Talk, Words

_HUES: Final = ("#8e6bbf", "#c2683d", "#3c8d76", "#4a76c9")
_LINK: Final = re.compile(r"(https?://\S+)")


def scene_page(scene: Scene) -> str:
    """The HTML document of a scene."""
    look, words, talk = LOOKS[scene.app], WORDS[scene.language], TALKS[scene.language]
    return _Drawing(scene, look, words, talk[scene.talk % len(talk)]).page()


def scene_seed(scene: Scene) -> int:
    """A number that belongs to the scene's name, the same in every run."""
    return zlib.crc32(scene.name.encode())


def _text(kind: str, content: str, *, tag: str = "span", style: str = "", mark: str = "") -> str:
    shown = _LINK.sub(r"<a>\1</a>", html.escape(content))
    return f'<{tag} class="{style}" data-t="{kind}" {mark} dir="auto">{shown}</{tag}>'


def _icon(name: str, size: int = 22) -> str:
    style = "mirrored" if name in {"back", "send"} else ""
    return f'<svg class="{style}" width="{size}" height="{size}" viewBox="0 0 24 24"><path d="{ICONS[name]}"/></svg>'


class _Drawing:
    """One scene while it is written."""

    def __init__(self, scene: Scene, look: Look, words: Words, talk: Talk) -> None:
        self._scene, self._look, self._words, self._talk = scene, look, words, talk
        self._seed = scene_seed(scene)
        self._clock = Clock(words, self._seed)

    def page(self) -> str:
        scene, look = self._scene, self._look
        variables = {**colours(scene.app, dark=scene.dark), "font": f"'{scene.font}'"}
        root = ";".join(f"--{name}:{value}" for name, value in variables.items())
        style = f":root {{{root}}} {COMMON_STYLE} {look.style}"
        direction = "rtl" if self._words.right_to_left else "ltr"
        rows = "".join(self._rows())
        return (
            f'<!doctype html><html dir="{direction}" lang="{scene.language}"><meta charset="utf-8">'
            f"<style>{style}</style><body><div class=phone>{self._status()}{self._header()}"
            f"<main><div class=flow>{rows}</div></main>{self._foot()}</div></body></html>"
        )

    def _title(self) -> str:
        return self._talk.group if self._scene.group else self._talk.people[0]

    def _status(self) -> str:
        shown = self._clock.status()
        signs = "<span class=gap></span><i class=steps></i><i class=wedge></i><i></i>"
        return f"<div class=status>{_text('status', shown)}{signs}</div>"

    def _header(self) -> str:
        words = self._words
        below = words.members if self._scene.group else words.online
        subtitle = _text("subtitle", below, tag="div", style="subtitle")
        if self._look.rows or self._scene.app == "imessage":
            subtitle = ""
        icons = "".join(f"<span class=icon>{_icon(one)}</span>" for one in self._look.header_icons)
        return (
            f"<header>{_icon('back')}{self._avatar(1)}<div class=who>"
            f"{_text('title', self._title(), tag='div', style='title')}{subtitle}</div>{icons}</header>"
        )

    def _avatar(self, who: int, *, shown: bool = True) -> str:
        letter = self._name(who)[0]
        if not shown:
            return '<div class="avatar" style="visibility:hidden"></div>'
        return f'<div class="avatar" style="background:{_HUES[who]}"><span data-t="avatar">{letter}</span></div>'

    def _name(self, who: int) -> str:
        if who == OWNER:
            return self._look.fixed_words.get("you", self._words.you)
        return self._talk.people[who - 1]

    def _said(self) -> list[Said]:
        """What is said in this scene; in a talk of two, all others are the first of them."""
        part = list(self._talk.said[self._scene.start : self._scene.start + self._scene.count])
        if self._scene.notice and self._scene.group:
            part.insert(2, Said(who=NOTICE, text=self._words.joined.format(name=self._talk.people[2])))
        return part

    def _who(self, said: Said) -> int:
        return said.who if self._scene.group or said.who < OWNER else min(said.who, 1)

    def _rows(self) -> Iterator[str]:
        said, before, run = self._said(), None, -1
        for number, one in enumerate(said):
            who = self._who(one)
            if number == 0 or one.new_day:
                self._clock.next_day(is_last=one.new_day)
                yield f"<div class=sep>{_text('day', self._separator())}</div>"
                before = None
            self._clock.tick()
            if who == NOTICE or (one.deleted and self._look.deleted_as_notice):
                before = None
                shown = self._words.deleted if one.deleted else one.text
                facts = f'data-m="{number}" data-side="center" data-deleted="{int(one.deleted)}" data-notice="1"'
                yield f"<div class=notice {facts}>{_text('text', shown)}</div>"
                continue
            run += before != who
            after = said[number + 1] if number + 1 < len(said) else None
            is_last = (
                after is None
                or self._who(after) != who
                or after.new_day
                or (after.deleted and self._look.deleted_as_notice)
            )
            quoted = said[number - one.quote] if one.quote and number >= one.quote else None
            yield self._row(number, one, who, run, is_first=before != who, is_last=is_last, quoted=quoted)
            before = who
        if self._scene.typing:
            yield f"<div class='row in first'>{self._avatar(1) if self._look.avatars else ''}<div class=stack>"
            yield "<div class=bubble><div class=dots><i></i><i></i><i></i></div></div></div></div>"

    def _separator(self) -> str:
        shown = self._look.day
        return shown.format(day=self._clock.day(), date=self._words.date, clock=self._clock.upcoming())

    def _row(
        self, number: int, one: Said, who: int, run: int, *, is_first: bool, is_last: bool, quoted: Said | None
    ) -> str:
        look = self._look
        owner = who == OWNER
        right = owner and not look.rows
        side = "right" if right != self._words.right_to_left else "left"
        label = self._label(owner=owner, who=who) if is_first else ""
        inside, above = (label, "") if look.names == "inside" else ("", label)
        quote = self._quote(quoted) if quoted else ""
        if look.quote_above:
            above, quote = above + quote, ""
        avatar = ""
        if look.avatars and not right and (self._scene.group or look.names == "row" or look.rows):
            avatar = self._avatar(who, shown=is_first if look.names == "row" else is_last)
        body = _text("text", self._words.deleted, style="gone") if one.deleted else ""
        if not one.deleted:
            body = ("<div class=picture></div>" if one.picture else "") + (_text("text", one.text) if one.text else "")
        facts = (
            f'data-m="{number}" data-side="{side}" data-run="{run}" data-owner="{int(owner)}" '
            f'data-deleted="{int(one.deleted)}" data-edited="{int(one.edited)}" data-picture="{int(one.picture)}" '
            f'data-sender="{html.escape(self._name(who))}"'
        )
        classes = f"row {'out' if right else 'in'} {'mine' if owner else ''} {'first' if is_first else ''}"
        bubble = f'<div class="bubble" data-bubble="1">{inside}{quote}{body}{self._meta(one, owner=owner)}</div>'
        tail = _text("reaction", one.reaction, tag="div", style="reaction") if one.reaction else ""
        tail += self._below(one, owner=owner, is_last=is_last)
        return f'<div class="{classes}" {facts}>{avatar}<div class=stack>{above}{bubble}{tail}</div></div>'

    def _label(self, *, owner: bool, who: int) -> str:
        look = self._look
        time = ""
        if look.times == "row":
            shown = look.row_time.format(day_at=self._clock.day(), clock=self._clock.now())
            time = f"<small>{_text('time', shown)}</small>"
        wanted = look.names_owner if owner else (self._scene.group or look.always_named)
        if not wanted:
            return f'<div class="name">{time}</div>' if time else ""
        return f'<div class="name">{_text("name", self._name(who))}{time}</div>'

    def _quote(self, quoted: Said) -> str:
        name = self._name(self._who(quoted))
        head = f"<b>{_text('quotename', name)}</b>"
        return f"<div class=quote>{head}{_text('quote', quoted.text or '…')}</div>"

    def _meta(self, one: Said, *, owner: bool) -> str:
        if self._look.times != "inside":
            return ""
        edited = _text("mark", self._words.edited) if one.edited else ""
        ticks = _icon("ticks", 15) if owner and self._look.ticks and not one.deleted else ""
        return f"<span class=meta>{edited}{_text('time', self._clock.now())}{ticks}</span>"

    def _below(self, one: Said, *, owner: bool, is_last: bool) -> str:
        look = self._look
        shown = ""
        if one.edited and look.times != "inside":
            shown += _text("mark", self._words.edited, tag="div", style="below")
        if look.times == "below" and is_last:
            shown += _text("time", self._clock.now(), tag="div", style="below")
        if look.read_mark and owner and is_last and self._seed % 2:
            shown += _text("mark", self._words.delivered, tag="div", style="below")
        return shown

    def _foot(self) -> str:
        scene, words, look = self._scene, self._words, self._look
        icons = [_icon(one) for one in look.composer_icons]
        if scene.keyboard:
            field = f"{_text('draft', words.draft)}<i class=caret></i>"
            foot = f'<div class="field filled" data-draft="1">{field}</div>'
        else:
            own = look.placeholder if scene.language == "en" or scene.app in {"imessage", "messenger"} else None
            shown = (own or words.placeholder).format(title=self._title().lower().replace(" ", "-"))
            foot = f"<div class=field>{_text('placeholder', shown)}</div>"
        typing = ""
        if scene.typing and look.rows:
            typing = _text("typing", words.typing.format(name=self._talk.people[0]), tag="div", style="below")
        composer = f"{typing}<div class=composer>{icons[0]}{foot}{''.join(icons[1:])}</div>"
        keyboard = self._keyboard() if scene.keyboard else "<div class=home><i></i></div>"
        return composer + keyboard

    def _keyboard(self) -> str:
        words = self._words
        hints = "".join(_text("key", one) for one in words.suggestions)
        rows = "".join(
            "<div class=keys>" + "".join(_text("key", letter) for letter in row) + "</div>" for row in words.keys
        )
        last = "".join((_text("key", "123"), _text("key", words.space, style="wide"), _text("key", "↵")))
        last = f"<div class=keys>{last}</div>"
        return f'<div class=keyboard data-keyboard="1"><div class=hints>{hints}</div>{rows}{last}</div>'
