"""Sketches of chats: rectangles drawn with Pillow, and the lines that an engine would read in them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from storage.transcription import Box, Page, TextLine, UnreadRegion

WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (233, 233, 235)
BLUE = (11, 132, 255)
DIM = (140, 140, 140)


@dataclass
class Sketch:
    """A page that is drawn from top to bottom; `y` is where the next thing goes."""

    width: int = 390
    height: int = 844
    canvas: tuple[int, int, int] = WHITE
    size: int = 20
    y: int = 90
    lines: list[TextLine] = field(default_factory=list)
    unread: list[UnreadRegion] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width, self.height), self.canvas)
        self.draw = ImageDraw.Draw(self.image)

    def write(self, text, left, top, ink=BLACK, size=None):
        """Letters as blocks, and the line that says what they are; the width of the line in pixels comes back."""
        size = size or self.size
        pace = size * 0.5
        for place, sign in enumerate(text):
            if sign != " ":
                x = left + place * pace
                self.draw.rectangle((x, top + size * 0.2, x + pace * 0.55, top + size * 0.8), fill=ink)
        right = round(left + len(text) * pace)
        box = Box(left=round(left), top=round(top), right=max(round(left) + 1, right), bottom=round(top + size))
        self.lines.append(TextLine(text=text, box=box))
        return right - left

    def status(self, clock="9:52"):
        self.write(clock, 25, 12)
        return self

    def title(self, name="Ana Ruiz", below=""):
        self.draw.ellipse((45, 44, 75, 74), fill=(170, 170, 170))
        self.write(name, 90, 46)
        if below:
            self.write(below, 90, 68, ink=DIM, size=14)
        return self

    def bubble(
        self, *texts: str, right=False, fill=None, ink=None, label=None, time=None, quote=None, edge=12, avatar=False
    ):
        """A bubble with some rows."""
        fill = fill or (BLUE if right else GREY)
        ink = ink or (WHITE if right else BLACK)
        rows = list(texts)
        wide = max(len(row) for row in [*rows, label or "", *(quote or [])]) * self.size * 0.5 + 24
        wide = max(wide, len(time or "") * 7 + 24)
        high = len(rows) * (self.size + 4) + 16
        high += (self.size + 4) * (label is not None) + (len(quote) * 20 + 12 if quote else 0) + 18 * (time is not None)
        left = self.width - edge - wide if right else edge + (36 if avatar else 0)
        self.draw.rounded_rectangle((left, self.y, left + wide, self.y + high), 12, fill=fill)
        if avatar:
            self.draw.ellipse((6, self.y + high - 28, 34, self.y + high), fill=(185, 136, 90))
        at = self.y + 8
        if label is not None:
            self.write(label, left + 12, at, ink=(200, 30, 120))
            at += self.size + 4
        if quote:
            inner = tuple(max(0, value - 40) for value in fill)
            self.draw.rectangle((left + 8, at, left + wide - 8, at + len(quote) * 20 + 6), fill=inner)
            for row in quote:
                self.write(row, left + 14, at + 4, ink=ink, size=14)
                at += 20
            at += 12
        for row in rows:
            self.write(row, left + 12, at, ink=ink)
            at += self.size + 4
        if time is not None:
            self.write(time, left + wide - 12 - len(time) * 7, at, ink=DIM, size=14)
        self.y += high + 10
        return self

    def centre(self, text, size=15):
        self.write(text, (self.width - len(text) * size * 0.5) / 2, self.y, ink=DIM, size=size)
        self.y += size + 14
        return self

    def aside(self, text, *, right=False, size=14, left=24):
        self.write(text, self.width - 24 - len(text) * size * 0.5 if right else left, self.y, ink=DIM, size=size)
        self.y += size + 4
        return self

    def entry(self, text="iMessage", ink=DIM, bottom=None):
        bottom = bottom or self.height - 14
        self.draw.rounded_rectangle(
            (50, bottom - 40, self.width - 50, bottom), 18, fill=self.canvas, outline=(120, 120, 120)
        )
        if text:
            self.write(text, 66, bottom - 30, ink=ink)
        return self

    def keyboard(self):
        """Suggestions and keys on a panel of their own; the row where it begins comes back."""
        top = self.height - 250
        self.draw.rectangle((0, top, self.width, self.height), fill=(209, 211, 217))
        for text, x in (("I", 60), ("the", 180), ("thanks", 290)):
            self.write(text, x, top + 10)
        for place, row in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm")):
            y = top + 42 + place * 50
            start = (self.width - len(row) * 37) / 2
            for number, sign in enumerate(row):
                x = start + number * 37
                self.draw.rounded_rectangle((x, y, x + 31, y + 40), 5, fill=WHITE)
                self.write(sign, x + 10, y + 10)
        self.write("space", 170, self.height - 40)
        return top

    def page(self, component="p1", number=1):
        """What engines would say of it, and its pixels."""
        ordered = tuple(sorted(self.lines, key=lambda line: line.box.top))
        page = Page(
            component=component,
            number=number,
            width=self.width,
            height=self.height,
            lines=ordered,
            unread=tuple(self.unread),
        )
        return page, np.asarray(self.image, dtype=np.uint8)
