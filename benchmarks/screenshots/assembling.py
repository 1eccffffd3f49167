"""From what a browser read of each page of a scene to one truth: lines in pixels, messages seen once, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.screenshots.looks_of_apps import LOOKS
from benchmarks.screenshots.texts import WORDS
from benchmarks.screenshots.truth import Truth, TruthLine, TruthMessage, TruthPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.screenshots.damage import Damaged
    from benchmarks.screenshots.model import Scene
    from benchmarks.screenshots.truth import Corners


def assembled(
    scene: Scene, scale: float, reads: Sequence[dict[str, Any]], shots: Sequence[tuple[str, Damaged]]
) -> Truth:
    """One truth of the pages of a scene, `reads` being what `READ_PAGE` gave for each, in CSS pixels."""
    words = WORDS[scene.language]
    pages, lines = [], []
    for number, (read, (name, shot)) in enumerate(zip(reads, shots, strict=True), 1):
        areas = tuple(_moved(shot, box, scale) for box in read["areas"])
        pages.append(TruthPage(file=name, width=shot.size[0], height=shot.size[1], keyboard=areas))
        lines += [
            TruthLine(
                kind=one["kind"],
                text=one["text"],
                page=number,
                **_placed(shot, one["box"], scale),
                message=one["message"],
                cut=one["seen"] == "cut",
            )
            for one in read["texts"]
            if one["seen"] != "hidden"
        ]
    return Truth(
        name=scene.name,
        cell=scene.cell,
        app=scene.app,
        language=scene.language,
        script=words.script,
        dark=scene.dark,
        group=scene.group,
        damage=scene.damage,
        title=_first(lines, "title"),
        status=_first(lines, "status"),
        draft=scene.keyboard,
        rows=LOOKS[scene.app].rows,
        pages=tuple(pages),
        lines=tuple(lines),
        messages=tuple(_messages(scene, scale, reads, shots)),
    )


def _moved(shot: Damaged, box: Sequence[float], scale: float) -> Corners:
    """The upright box around where a box of the screen went."""
    left, top, right, bottom = box
    points = shot.moved(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * scale)
    (x, y), (u, v) = points.min(axis=0).round(1), points.max(axis=0).round(1)
    return (float(x), float(y), float(u), float(v))


def _placed(shot: Damaged, box: Sequence[float], scale: float) -> dict[str, Any]:
    left, top, right, bottom = box
    middle = (top + bottom) / 2
    points = np.array([(left, middle), (right, middle), ((left + right) / 2, top), ((left + right) / 2, bottom)])
    start, end, above, below = shot.moved(points * scale).round(1)
    return {
        "box": _moved(shot, box, scale),
        "middle": (float(start[0]), float(start[1]), float(end[0]), float(end[1])),
        "height": round(float(below[1] - above[1]), 1),
    }


def _first(lines: Sequence[TruthLine], kind: str) -> str:
    return next((one.text for one in lines if one.kind == kind), "")


def _messages(
    scene: Scene, scale: float, reads: Sequence[dict[str, Any]], shots: Sequence[tuple[str, Damaged]]
) -> list[TruthMessage]:
    whole: dict[tuple[int, int], dict[str, Any]] = {}
    cut: set[tuple[int, int]] = set()
    for read in reads:
        for one in read["texts"]:
            if one["seen"] == "whole":
                whole.setdefault((one["order"], one["number"]), one)
            else:
                cut.add((one["order"], one["number"]))
    shown = [whole[key] for key in sorted(whole)]
    lost = {key for key in cut if key not in whole}
    named = {
        one["run"]
        for one in reads[0]["messages"]
        if any(line["kind"] == "name" and line["message"] == one["number"] for line in shown)
    }
    found = []
    for one in reads[0]["messages"]:
        number = one["number"]
        mine = [line for line in shown if line["message"] == number]
        text = _joined([line for line in mine if line["kind"] == "text"])
        boxes = {
            page: _moved(shot, same["box"], scale)
            for page, (read, (_, shot)) in enumerate(zip(reads, shots, strict=True), 1)
            for same in read["messages"]
            if same["number"] == number and same["seen"] != "hidden"
        }
        is_seen_whole = any(
            same["seen"] == "whole" for read in reads for same in read["messages"] if same["number"] == number
        )
        if not text and not (one["picture"] and is_seen_whole):
            continue
        titled = not scene.group and not one["owner"] and not one["notice"]
        found.append(
            TruthMessage(
                number=number,
                text=text,
                side=one["side"],
                sender=one["sender"] if titled or one["run"] in named else None,
                owner=one["owner"],
                time=next((line["text"] for line in mine if line["kind"] == "time"), None),
                day=_day(reads, number, shown),
                deleted=one["deleted"],
                edited=one["edited"],
                notice=one["notice"],
                picture=one["picture"],
                partial=any(_belongs(reads, key, number) for key in lost),
                boxes=boxes,
            )
        )
    return found


def _joined(lines: Sequence[dict[str, Any]]) -> str:
    """The text of a message: where the browser broke a word (a link, a hyphen), nothing stands between its halves."""
    return "".join(one["text"] if one["goesOn"] else f"{one['text']} " for one in lines).strip()


def _belongs(reads: Sequence[dict[str, Any]], key: tuple[int, int], number: int) -> bool:
    return any(
        (one["order"], one["number"]) == key and one["message"] == number for read in reads for one in read["texts"]
    )


def _day(reads: Sequence[dict[str, Any]], number: int, shown: Sequence[dict[str, Any]]) -> str | None:
    """The separator above a message, where a page shows it whole."""
    order = min((one["order"] for one in reads[0]["texts"] if one["message"] == number), default=None)
    if order is None:
        return None
    above = [one for one in reads[0]["texts"] if one["kind"] == "day" and one["order"] < order]
    if not above:
        return None
    return above[-1]["text"] if any(one["order"] == above[-1]["order"] for one in shown) else None
