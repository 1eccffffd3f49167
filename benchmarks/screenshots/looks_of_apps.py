"""The twelve looks. Drawn from memory of the apps; none is a copy of their style sheets."""

from __future__ import annotations

from typing import Final

from benchmarks.screenshots.looks import Look

LOOKS: Final = {
    "imessage": Look(
        style="header { flex-direction: column; gap: 3px; } header .who { text-align: center; }"
        "header .title { font-size: 13px; font-weight: 500; } header .icon { display: none; }"
        ".bubble { font-size: 17px; line-height: 1.27; } .sep { font-weight: 600; }",
        day="{day} {clock}",
        read_mark=True,
        quote_above=True,
        deleted_as_notice=True,
        placeholder="iMessage",
        avatars=True,
    ),
    "android_messages": Look(
        style=".bubble { border-radius: 22px; padding: 11px 17px; } .row { margin-top: 3px; }"
        "header .title { font-weight: 400; font-size: 20px; } :root { --accent: #0b57d0; --widest: 80%; }",
        day="{day} • {clock}",
        avatars=True,
        read_mark=True,
        placeholder="Text message",
        header_icons=("phone", "video", "dots"),
        composer_icons=("plus", "smile"),
    ),
    "whatsapp": Look(
        style=".bubble { border-radius: 9px; padding: 6px 9px 7px; font-size: 15px; box-shadow: 0 1px 1px #0002; }"
        ".sep span, .notice span { background: var(--day); padding: 5px 11px; border-radius: 8px; }"
        "main { background-image: radial-gradient(#88888812 2px, transparent 3px); background-size: 26px 31px; }",
        times="inside",
        names="inside",
        ticks=True,
        header_icons=("video", "phone", "dots"),
        composer_icons=("smile", "clip", "camera"),
    ),
    "messenger": Look(
        style=".bubble { border-radius: 20px; font-size: 15px; padding: 8px 12px; } "
        ".avatar { width: 28px; height: 28px; }"
        ".sep { text-transform: uppercase; }",
        day="{day} {clock}",
        avatars=True,
        deleted_as_notice=True,
        placeholder="Aa",
        composer_icons=("plus", "camera", "smile"),
        quote_above=True,
    ),
    "instagram": Look(
        style=".bubble { border-radius: 22px; font-size: 15px; padding: 9px 14px; } "
        ".composer .field { border-radius: 24px; }"
        "header .title { font-size: 15px; }",
        day="{day} {clock}",
        avatars=True,
        quote_above=True,
        deleted_as_notice=True,
        placeholder="Message…",
        composer_icons=("camera", "mic", "smile"),
    ),
    "snapchat": Look(
        style=".bubble { border-radius: 0; padding: 1px 0 1px 10px; "
        "border-inline-start: 2px solid var(--mine, #0fadff); }"
        ".mine .bubble { --mine: #f23c57; } .name { text-transform: uppercase; font-weight: 700; margin: 4px 0 1px;"
        " font-size: 11px; color: #0fadff; } .mine .name { color: #f23c57; } .stack { --widest: 94%; }",
        names="above",
        always_named=True,
        names_owner=True,
        rows=True,
        placeholder="Send a chat",
        composer_icons=("camera", "mic", "smile"),
        fixed_words={"you": "Me"},
    ),
    "signal": Look(
        style=".bubble { font-size: 16px; padding: 7px 12px; } .sep { font-weight: 600; } "
        ".out .quote { border-color: #fff; }",
        times="inside",
        names="inside",
        avatars=True,
        ticks=True,
        placeholder="Signal message",
        composer_icons=("smile", "camera", "mic", "plus"),
    ),
    "telegram": Look(
        style=".bubble { border-radius: 14px 14px 14px 4px; padding: 6px 11px; font-size: 15px; }"
        ".out .bubble { border-radius: 14px 14px 4px 14px; }"
        ".sep span, .notice span { background: var(--day); color: #fff; padding: 4px 10px; border-radius: 12px; }",
        times="inside",
        names="inside",
        avatars=True,
        ticks=True,
        header_icons=("dots",),
        composer_icons=("smile", "clip", "mic"),
    ),
    "x": Look(
        style=".bubble { border-radius: 22px 22px 22px 5px; font-size: 15px; padding: 11px 15px; }"
        ".out .bubble { border-radius: 22px 22px 5px 22px; } .below { font-size: 13px; } :root { --widest: 82%; }",
        times="below",
        avatars=True,
        placeholder="Start a message",
        header_icons=("info",),
        composer_icons=("camera", "send"),
    ),
    "tiktok": Look(
        style=".bubble { border-radius: 12px; font-size: 15px; } .avatar { width: 36px; height: 36px; }"
        "header .who { text-align: center; } .row { align-items: flex-start; }",
        day="{day} {clock}",
        avatars=True,
        placeholder="Send a message...",
        header_icons=("flag", "dots"),
        composer_icons=("camera", "smile", "send"),
    ),
    "discord": Look(
        style=".bubble { padding: 0; border-radius: 0; } .row { align-items: flex-start; gap: 13px; }"
        ".avatar { width: 38px; height: 38px; } .name { margin: 0; font-size: 15px; font-weight: 600; color: inherit; }"
        ".name small { font-weight: 400; color: var(--soft); font-size: 11px; margin-inline-start: 7px; }"
        ".stack { --widest: 86%; } .sep { align-self: stretch; border-top: 1px solid var(--rule); line-height: 0; }"
        ".sep span { background: var(--page); padding: 0 9px; } .reaction { margin: 3px 0; }",
        names="row",
        times="row",
        always_named=True,
        names_owner=True,
        day="{date}",
        row_time="{day_at} {clock}",
        rows=True,
        avatars=True,
        placeholder="Message #{title}",
        header_icons=("search", "menu"),
        composer_icons=("plus", "smile"),
        fixed_words={"you": "r.calder"},
    ),
    "teams": Look(
        style=".bubble { border-radius: 5px; font-size: 15px; padding: 9px 13px; } "
        ".name small { margin-inline-start: 8px; }"
        ".name { margin: 2px 2px 3px; } .stack { --widest: 86%; }",
        names="row",
        times="row",
        always_named=True,
        avatars=True,
        placeholder="Type a message",
        header_icons=("video", "phone"),
        composer_icons=("plus", "camera", "mic"),
    ),
}
