"""What a rendered scene shows, as types, and the program that reads it from the page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

Corners = tuple[float, float, float, float]

# every element with text: its lines by the rectangles of its letters, and whether the talk's window cuts them
READ_PAGE: Final = """
() => {
  const view = document.querySelector('main').getBoundingClientRect();
  const rect = (r, inside) => inside  // what the window of the talk shows of it
    ? [r.left, Math.min(Math.max(r.top, view.top), view.bottom), r.right, Math.min(r.bottom, view.bottom)]
    : [r.left, r.top, r.right, r.bottom];
  const seen = (r, inside) => {
    const top = inside ? view.top : 0, bottom = inside ? view.bottom : innerHeight;
    if (r.bottom <= top + 1 || r.top >= bottom - 1) return 'hidden';
    return r.top >= top - 0.5 && r.bottom <= bottom + 0.5 ? 'whole' : 'cut';
  };
  const linesOf = element => {
    const lines = [], range = document.createRange();
    const upper = getComputedStyle(element).textTransform === 'uppercase';
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      let at = 0;
      for (const letter of node.data) {
        range.setStart(node, at); range.setEnd(node, at + letter.length); at += letter.length;
        const r = range.getClientRects()[0], last = lines[lines.length - 1];
        if (!r || r.width === 0) { if (last) last.text += letter; continue; }
        if (last && (r.top + r.bottom) / 2 < last.box.bottom) {
          last.text += letter;
          last.box = {left: Math.min(last.box.left, r.left), top: Math.min(last.box.top, r.top),
                      right: Math.max(last.box.right, r.right), bottom: Math.max(last.box.bottom, r.bottom)};
        } else lines.push({text: letter, box: {left: r.left, top: r.top, right: r.right, bottom: r.bottom}});
      }
    }
    return lines.map(one => ({...one, text: upper ? one.text.toUpperCase() : one.text}));
  };
  const texts = [];
  document.querySelectorAll('[data-t]').forEach((element, order) => {
    const inside = element.closest('main') !== null, owner = element.closest('[data-m]');
    const clipped = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === 'hidden';
    linesOf(element).forEach((line, number) => {
      if (!line.text.trim()) return;
      texts.push({kind: element.dataset.t, text: line.text.trim(), message: owner ? Number(owner.dataset.m) : null,
                  order, number, box: rect(line.box, inside), goesOn: !/\\s$/.test(line.text),
                  seen: clipped ? 'cut' : seen(line.box, inside)});
    });
  });
  const messages = [...document.querySelectorAll('[data-m]')].map(row => {
    const box = (row.querySelector('[data-bubble]') || row.firstElementChild).getBoundingClientRect();
    const {m, side, run, owner, deleted, edited, picture, notice, sender} = row.dataset;
    return {number: Number(m), side, run: run ?? null, owner: owner === '1', deleted: deleted === '1',
            edited: edited === '1', picture: picture === '1', notice: notice === '1', sender: sender ?? null,
            box: rect(box, true), seen: seen(box, true)};
  });
  const areas = [...document.querySelectorAll('[data-draft], [data-keyboard]')].map(
    one => rect(one.getBoundingClientRect()));
  return {texts, messages, areas};
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthLine:
    """A line that a page shows; `cut` where the talk's window shows a part of it.

    `box` is upright, `middle` the ends of the line's middle (a photographed line is not level), `height` its own: all
    in pixels of the picture.
    """

    kind: str
    text: str
    page: int
    box: Corners
    middle: Corners
    height: float
    message: int | None
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthMessage:
    """A message of which the pictures show at least one whole line, or its picture.

    `text` are its whole lines, `sender` is None where no name of it is shown, `time` and `day` as printed for it,
    `boxes` its bubble by page.
    """

    number: int
    text: str
    side: str
    sender: str | None
    owner: bool
    time: str | None
    day: str | None
    deleted: bool
    edited: bool
    notice: bool
    picture: bool
    partial: bool
    boxes: dict[int, Corners]


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthPage:
    """One picture of a scene: its file beside the truth, its size, and where keys and an unsent draft are."""

    file: str
    width: int
    height: int
    keyboard: tuple[Corners, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that the pictures of a scene show."""

    name: str
    cell: str
    app: str
    language: str
    script: str
    dark: bool
    group: bool
    damage: str
    title: str
    status: str
    draft: bool
    rows: bool
    pages: tuple[TruthPage, ...]
    lines: tuple[TruthLine, ...]
    messages: tuple[TruthMessage, ...]


def write_truth(truth: Truth, target: Path) -> None:
    """As JSON."""
    target.write_text(json.dumps(asdict(truth), ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_truth(source: Path) -> Truth:
    """From JSON that `write_truth` wrote."""
    held: dict[str, Any] = json.loads(source.read_text("utf-8"))
    pages = tuple(TruthPage(**{**one, "keyboard": tuple(map(tuple, one["keyboard"]))}) for one in held["pages"])
    lines = tuple(
        TruthLine(**{**one, "box": tuple(one["box"]), "middle": tuple(one["middle"])}) for one in held["lines"]
    )
    messages = tuple(
        TruthMessage(**{**one, "boxes": {int(page): tuple(box) for page, box in one["boxes"].items()}})
        for one in held["messages"]
    )
    return Truth(**{**held, "pages": pages, "lines": lines, "messages": messages})
