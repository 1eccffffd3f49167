"""A simulation as a chart: SVG 1.1, bars by month or year, stacked by group, the present above the proposal. Pure.

Rules:

- Readable without colour: every group has a hatching of its own, in the order of the legend, and held and expected
  records are outlined and not filled (WCAG 2.2, 1.4.1). `title` and `desc` say in words what is drawn (SVG 1.1 §5.4).
- No script, no style sheet, nothing fetched. Names are text nodes; the writer escapes them (XML 1.0 §2.4), and
  characters that XML has not are replaced.
- Both panels have one scale. What is eligible before the first day, or after the last, stands in words below.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Any, Final

from archiver.simulation_text import group_label
from retention.simulating import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 960
_LEFT: Final = 76
_RIGHT: Final = 24
_TOP: Final = 76
_PANEL: Final = 210
_GAP: Final = 62
_ROW: Final = 20
_COLUMNS: Final = 2
_MOST_GROUPS: Final = 7
_MOST_BARS: Final = 180  # more months than that are drawn as years
_LABEL_EVERY: Final = 44  # pixels between two labels below
_LONGEST: Final = 52
_YEAR: Final = 4  # letters of a year; a month has seven, as 2026-11
_MONTH: Final = 7
_OTHERS: Final = "\0others"  # no group is called so

# Okabe and Ito's palette, which people with any colour vision tell apart; each with a hatching of its own.
_COLOURS: Final = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2", "#bbbbbb")
_HATCHINGS: Final = (
    "",
    "M0,8 L8,0",
    "M0,0 L8,8",
    "M0,4 L8,4",
    "M4,0 L4,8",
    "M0,4 L8,4 M4,0 L4,8",
    "M0,8 L8,0 M0,0 L8,8",
    "M2,2 h1 M6,6 h1",
)
# layers beside the groups, by names that no group has: what they count, their dashes, their name in the legend
_OUTLINED: Final = {
    "\0held": (Line.HELD, "4,2", "kept by a hold"),
    "\0expected": (Line.EXPECTED, "1,2", "expected, if unconfirmed events come true"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """One side: its heading, and by bar and layer how many records."""

    heading: str
    bars: tuple[Counter[str], ...]

    def highest(self) -> int:
        return max((sum(bar.values()) for bar in self.bars), default=0)


def chart(document: dict[str, Any], months: Sequence[str]) -> bytes:
    """The document of `archiver.simulation.simulate` as an SVG file, UTF-8.

    Args:
        document: what was simulated.
        months: every month of the time, also those in which nothing happens (`Horizon.months`).
    """
    letters = _MONTH if len(months) <= _MOST_BARS else _YEAR
    periods = tuple(dict.fromkeys(month[:letters] for month in months))
    names = _layers(document)
    panels = [_panel("Present", document["present"], periods, letters, names)]
    if document["proposed"] is not None:
        panels.append(_panel("Proposal", document["proposed"], periods, letters, names))
    rows = -(-len(names) // _COLUMNS)
    height = _TOP + len(panels) * (_PANEL + _GAP) + rows * _ROW + 24
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title desc",
            "font-family": "sans-serif",
            "font-size": "12",
        },
    )
    title = f"Records that become eligible from {document['today']} to {document['until']}, by {document['by']}"
    _text(root, "title", title, id="title")
    _text(root, "desc", _description(document), id="desc")
    _patterns(root, names)
    ET.SubElement(root, "rect", {"width": str(WIDTH), "height": str(height), "fill": "#ffffff"})
    _text(root, "text", title, x=str(_LEFT), y="26", **{"font-size": "16", "font-weight": "bold"})
    unit = "month" if letters == _MONTH else "year"
    _text(root, "text", f"records a {unit}; eligible is not yet destroyed", x=str(_LEFT), y="46")
    scale = _scale(max(panel.highest() for panel in panels))
    for number, panel in enumerate(panels):
        _draw(root, panel, _TOP + number * (_PANEL + _GAP), periods, scale, names)
    _legend(root, names, _TOP + len(panels) * (_PANEL + _GAP))
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _layers(document: dict[str, Any]) -> dict[str, str]:
    """What is stacked, from below, by its name: the largest groups, all others, what is held, what is expected."""
    sizes: Counter[str] = Counter()
    names: dict[str, str] = {}
    outlined: set[str] = set()
    for side in (document["present"], document["proposed"]):
        for group in [] if side is None else side["groups"]:
            sizes[group["id"]] += group["totals"][Line.ELIGIBLE.value]["records"]
            names[group["id"]] = group_label(group, document["by"])
            outlined |= {layer for layer, (line, _, _) in _OUTLINED.items() if group["totals"][line.value]["records"]}
    filled = sorted((one for one in sizes if sizes[one]), key=lambda one: (-sizes[one], one))
    shown = {one: names[one] for one in filled[:_MOST_GROUPS]}
    if len(filled) > _MOST_GROUPS:
        shown[_OTHERS] = f"{len(filled) - _MOST_GROUPS} others"
    return shown | {layer: name for layer, (_, _, name) in _OUTLINED.items() if layer in outlined}


def _panel(heading: str, side: dict[str, Any], periods: tuple[str, ...], letters: int, names: dict[str, str]) -> _Panel:
    bars: dict[str, Counter[str]] = {period: Counter() for period in periods}
    for group in side["groups"]:
        layer = group["id"] if group["id"] in names else _OTHERS
        for row in group["months"]:
            bar = bars[row["month"][:letters]]
            bar[layer] += row[Line.ELIGIBLE.value]["records"]
            for outlined, (line, _, _) in _OUTLINED.items():
                bar[outlined] += row[line.value]["records"]
    totals = side["totals"]
    words = [f"{totals[Line.ELIGIBLE.value]['records']:,} become eligible"]
    for line, text in (
        (Line.HELD, "kept by holds"),
        (Line.ELIGIBLE_NOW, "eligible already"),
        (Line.ELIGIBLE_LATER, "later"),
        (Line.NEEDS_EVENT, "wait for an event"),
    ):
        if totals[line.value]["records"]:
            words.append(f"{totals[line.value]['records']:,} {text}")
    return _Panel(heading=f"{heading}: {', '.join(words)}", bars=tuple(bars.values()))


def _description(document: dict[str, Any]) -> str:
    told = []
    for name, side in (("Present", document["present"]), ("Proposal", document["proposed"])):
        if side is None:
            continue
        words = [
            f"{pair['records']:,} {line.value.replace('_', ' ')}"
            for line in Line
            if (pair := side["totals"][line.value])["records"]
        ]
        told.append(f"{name}: {side['totals']['all']['records']:,} records; {', '.join(words) or 'none counted'}.")
    return " ".join(told)


def _scale(highest: int) -> tuple[int, int]:
    """The step between two lines of the scale, a round number, and the topmost of at most five."""
    if highest <= 0:
        return 1, 1
    power = 10 ** max(floor(log10(highest)) - 2, 0)
    step = next(size * power for size in (1, 2, 5, 10, 20, 25, 50, 100, 200) if size * power * 5 >= highest)
    return step, -(-highest // step) * step


def _draw(
    root: ET.Element,
    panel: _Panel,
    top: float,
    periods: tuple[str, ...],
    scale: tuple[int, int],
    layers: dict[str, str],
) -> None:
    drawn = ET.SubElement(root, "g")
    _text(drawn, "text", panel.heading, x=str(_LEFT), y=str(top + 4), **{"font-weight": "bold"})
    bottom, room = top + 14 + _PANEL, WIDTH - _LEFT - _RIGHT
    step, highest = scale
    for value in range(0, highest + 1, step):
        y = f"{bottom - value / highest * _PANEL:.1f}"
        grey = "#000000" if value == 0 else "#cccccc"
        ET.SubElement(drawn, "line", {"x1": str(_LEFT), "x2": str(WIDTH - _RIGHT), "y1": y, "y2": y, "stroke": grey})
        _text(drawn, "text", f"{value:,}", x=str(_LEFT - 8), y=y, **{"text-anchor": "end", "dy": "4"})
    width = room / len(periods)
    labelled = float("-inf")
    januaries = [number for number, period in enumerate(periods) if len(period) == _YEAR or period.endswith("-01")]
    # the first month is named where that leaves room for the first January
    ticks = januaries if januaries and januaries[0] * width < _LABEL_EVERY else [0, *januaries]
    for number, (period, bar) in enumerate(zip(periods, panel.bars, strict=True)):
        _stack(drawn, period, bar, layers, x=_LEFT + number * width, width=width, bottom=bottom, highest=highest)
    for number in ticks:
        x = _LEFT + number * width
        if x - labelled < _LABEL_EVERY:
            continue
        labelled = x
        shown = periods[number] if number == 0 else periods[number][:_YEAR]
        _text(drawn, "text", shown, x=f"{x:.1f}", y=str(bottom + 17))
        place = {"x1": f"{x:.1f}", "x2": f"{x:.1f}", "y1": str(bottom), "y2": str(bottom + 5)}
        ET.SubElement(drawn, "line", {**place, "stroke": "#000000"})


def _stack(
    drawn: ET.Element,
    period: str,
    bar: Counter[str],
    layers: dict[str, str],
    *,
    x: float,
    width: float,
    bottom: float,
    highest: int,
) -> None:
    y = bottom
    for number, (layer, name) in enumerate(layers.items()):
        records = bar[layer]
        if not records:
            continue
        tall = records / highest * _PANEL
        y -= tall
        place = {
            "x": f"{x + width * 0.08:.2f}",
            "y": f"{y:.2f}",
            "width": f"{width * 0.84:.2f}",
            "height": f"{tall:.2f}",
        }
        rect = ET.SubElement(drawn, "rect", {**place, **_paint(number, layer)})
        _text(rect, "title", f"{name}, {period}: {records:,}")


def _paint(number: int, layer: str) -> dict[str, str]:
    if layer in _OUTLINED:
        dashes = _OUTLINED[layer][1]
        return {"fill": "#ffffff", "stroke": "#000000", "stroke-width": "0.8", "stroke-dasharray": dashes}
    return {"fill": f"url(#p{number})", "stroke": "#000000", "stroke-width": "0.5"}


def _patterns(root: ET.Element, names: dict[str, str]) -> None:
    made = ET.SubElement(root, "defs")
    filled = [name for name in names if name not in _OUTLINED]
    for number in range(len(filled)):
        size = {"width": "8", "height": "8", "patternUnits": "userSpaceOnUse"}
        pattern = ET.SubElement(made, "pattern", {"id": f"p{number}", **size})
        ET.SubElement(pattern, "rect", {"width": "8", "height": "8", "fill": _COLOURS[number]})
        if _HATCHINGS[number]:
            ET.SubElement(
                pattern, "path", {"d": _HATCHINGS[number], "stroke": "#000000", "stroke-width": "1", "fill": "none"}
            )


def _legend(root: ET.Element, names: dict[str, str], top: float) -> None:
    each = (WIDTH - _LEFT - _RIGHT) / _COLUMNS
    for number, (layer, name) in enumerate(names.items()):
        x, y = _LEFT + number % _COLUMNS * each, top + number // _COLUMNS * _ROW
        ET.SubElement(root, "rect", {"x": str(x), "y": str(y), "width": "22", "height": "13", **_paint(number, layer)})
        shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        _text(root, "text", shown, x=str(x + 30), y=str(y + 11))


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    child = ET.SubElement(parent, tag, attributes)
    child.text = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
