"""How an app looks: its style, and where it puts names, times, days and quotes; and what all looks share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Place = Literal["inside", "above", "below", "row", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One app; its colours are `benchmarks.screenshots.colours`.

    `times` is where a message has its time: in its bubble, beneath the last of a run, in its name row, or nowhere
    but in separators. `names` is where a group has names; `always_named` where talks of two have them, too.
    `day` is the template of a separator ("{day}", "{day} {clock}").
    """

    style: str
    times: Place = "none"
    names: Place = "above"
    always_named: bool = False
    names_owner: bool = False
    day: str = "{day}"
    row_time: str = "{clock}"
    avatars: bool = False
    rows: bool = False
    ticks: bool = False
    read_mark: bool = False
    quote_above: bool = False
    deleted_as_notice: bool = False
    placeholder: str | None = None
    header_icons: tuple[str, ...] = ("video", "phone")
    composer_icons: tuple[str, ...] = ("plus", "mic")
    fixed_words: dict[str, str] = field(default_factory=dict)


ICONS: Final = {
    "back": "M15 4 7 12l8 8",
    "video": "M3 7h11v10H3zM14 11l7-4v10l-7-4",
    "phone": "M5 3h4l2 5-3 2a12 12 0 0 0 6 6l2-3 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 3 5a2 2 0 0 1 2-2",
    "info": "M12 3a9 9 0 1 0 .01 0M12 11v6M12 7v1",
    "dots": "M12 4v2M12 11v2M12 18v2",
    "search": "M10 4a6 6 0 1 0 .01 0M15 15l6 6",
    "plus": "M12 4v16M4 12h16",
    "camera": "M4 7h4l2-3h4l2 3h4v12H4zM12 9a4 4 0 1 0 .01 0",
    "mic": "M9 4h6v9H9zM5 11a7 7 0 0 0 14 0M12 18v4",
    "smile": "M12 3a9 9 0 1 0 .01 0M8 14a5 5 0 0 0 8 0M9 9v1M15 9v1",
    "clip": "M18 8l-8 8a3 3 0 0 1-4-4l9-9a5 5 0 0 1 7 7l-9 9",
    "flag": "M5 21V4h12l-2 4 2 4H5",
    "send": "M3 12 21 4l-6 17-4-7z",
    "tick": "M2 13l5 5L18 6",
    "ticks": "M1 13l4 4L14 7M9 15l2 2 10-10",
    "menu": "M3 6h18M3 12h18M3 18h18",
}

COMMON_STYLE: Final = """
* { box-sizing: border-box; margin: 0; padding: 0; }
html, body { width: 100%; height: 100%; overflow: hidden; }
body { font-family: var(--font), 'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans Arabic', 'Noto Sans Hebrew',
       'Noto Sans Thai', 'Noto Color Emoji', sans-serif; background: var(--page); color: var(--ink);
       -webkit-font-smoothing: antialiased; }
.phone { position: fixed; inset: 0; display: flex; flex-direction: column; }
svg { fill: none; stroke: currentColor; stroke-width: 2; flex: none; display: block; }
.status { display: flex; align-items: center; gap: 5px; padding: 10px 22px 6px; font-weight: 600; font-size: 14px;
          background: var(--bar); color: var(--bar-ink); direction: ltr; }
.status .gap { flex: 1; }
.status i { display: block; width: 17px; height: 11px; border-radius: 2px; background: currentColor; }
.status i.wedge { clip-path: polygon(0 0, 100% 0, 50% 100%); }
.status i.steps { clip-path: polygon(0 70%, 0 100%, 100% 100%, 100% 0); }
header { display: flex; align-items: center; gap: 12px; padding: 8px 14px 10px; background: var(--bar);
         color: var(--bar-ink); border-bottom: 1px solid var(--rule); }
header .who { flex: 1; min-width: 0; }
header .title { font-weight: 600; font-size: 17px; white-space: nowrap; overflow: hidden; }
header .subtitle { font-size: 12px; opacity: .75; }
[dir=rtl] .mirrored { transform: scaleX(-1); }
.avatar { width: 30px; height: 30px; border-radius: 50%; flex: none; display: flex; align-items: center;
          justify-content: center; color: #fff; font-size: 13px; font-weight: 600; }
main { flex: 1; min-height: 0; overflow: hidden; position: relative; background: var(--talk, var(--page)); }
.flow { padding: 10px 12px 12px; display: flex; flex-direction: column; min-height: 100%; }
.sep, .notice { align-self: center; text-align: center; font-size: 12px; color: var(--soft); margin: 12px 0 8px; }
.row { display: flex; align-items: flex-end; gap: 7px; margin-top: 2px; max-width: 100%; }
.row.first { margin-top: 9px; }
.row.out { justify-content: flex-end; }
.stack { display: flex; flex-direction: column; align-items: flex-start; max-width: var(--widest, 74%); }
.out .stack { align-items: flex-end; }
.bubble { position: relative; padding: 8px 13px; border-radius: 18px; font-size: 16px; line-height: 1.32;
          overflow-wrap: anywhere; background: var(--in); color: var(--in-ink); max-width: 100%; }
.out .bubble { background: var(--out); color: var(--out-ink); }
.bubble a { color: inherit; }
.name { font-size: 12px; color: var(--soft); margin: 0 12px 3px; }
.bubble .name { margin: 0 0 2px; font-size: 13px; font-weight: 600; color: var(--accent); }
.quote { font-size: 13px; border-inline-start: 4px solid var(--accent); background: var(--quote); border-radius: 6px;
         padding: 4px 9px; margin: 0 0 5px; color: inherit; opacity: .92; }
.quote b { display: block; }
.picture { width: 190px; height: 128px; border-radius: 12px; margin: 2px 0; background:
           radial-gradient(circle at 30% 35%, #f3c77b, transparent 40%), linear-gradient(#7fa8c9 55%, #53724a 55%); }
.meta { float: inline-end; display: flex; align-items: center; gap: 3px; font-size: 11px; opacity: .72;
        margin: 8px 0 -3px; margin-inline-start: 10px; }
.meta svg { width: 15px; height: 12px; }
.below { font-size: 11px; color: var(--soft); margin: 3px 6px 2px; }
.reaction { font-size: 12px; line-height: 18px; background: var(--badge); border: 2px solid var(--talk, var(--page));
            border-radius: 12px; padding: 0 5px; margin: -8px 10px 0; position: relative; z-index: 1; }
.dots { display: flex; gap: 4px; padding: 6px 2px; }
.dots i { width: 8px; height: 8px; border-radius: 50%; background: var(--soft); }
.gone { font-style: italic; opacity: .8; }
.composer { display: flex; align-items: center; gap: 10px; padding: 8px 12px; background: var(--foot, var(--page));
            color: var(--soft); border-top: 1px solid var(--rule); }
.composer .field { flex: 1; min-width: 0; border-radius: 19px; padding: 8px 14px; background: var(--field);
                   color: var(--soft); font-size: 15px; border: 1px solid var(--rule); }
.composer .field.filled { color: var(--ink); }
.caret { display: inline-block; width: 2px; height: 1em; background: var(--accent); vertical-align: -2px; }
.keyboard { background: var(--keys); color: var(--ink); padding: 4px 4px 8px; }
.hints { display: flex; text-align: center; font-size: 15px; padding: 5px 0 8px; }
.hints span { flex: 1; }
.hints span + span { border-inline-start: 1px solid var(--rule); }
.keys { display: flex; justify-content: center; gap: 5px; margin-bottom: 9px; }
.keys span { flex: 1; max-width: 38px; text-align: center; background: var(--key); border-radius: 5px; padding: 7px 0;
             font-size: 19px; box-shadow: 0 1px 0 #0006; }
.keys .wide { flex: 6; max-width: none; font-size: 14px; padding: 10px 0; }
.home { height: 20px; background: var(--foot, var(--page)); display: flex; justify-content: center; }
.home i { width: 130px; height: 4px; border-radius: 2px; background: var(--ink); margin-top: 9px; }
"""
