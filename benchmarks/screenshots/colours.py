"""The colours of each look, light and dark: values of the CSS variables that the styles use."""

from __future__ import annotations

from typing import Final

_KEYS: Final = (
    "keys #d3d6dc; key #fff; rule #0000001a; quote #0000000f; badge #ececf0; page #ffffff; ink #0b0b0c; soft #808085",
    "keys #2b2b2d; key #6a6a6c; rule #ffffff1f; quote #ffffff14; badge #36363a; page #000; ink #f4f4f5; soft #98989f",
)
_COLOURS: Final = {
    "imessage": (
        "in #e9e9eb; in-ink #000; out #0a84ff; out-ink #fff; accent #0a84ff; field #fff",
        "in #262629; in-ink #fff; out #0b84fe; out-ink #fff; accent #0b84fe; field #111",
    ),
    "android_messages": (
        "page #f8fafd; in #e3e9f1; in-ink #1b1d20; out #0b57d0; out-ink #fff; accent #0b57d0; field #eaeef4",
        "page #131314; in #2c2f33; in-ink #e3e3e3; out #a8c7fa; out-ink #062e6f; accent #0b57d0; field #1f2023",
    ),
    "whatsapp": (
        (
            "talk #efe7dd; in #fff; in-ink #111b21; out #d9fdd3; out-ink #111b21; accent #06806b; field #fff; "
            "foot #f4f1ec; day #ffffffe8"
        ),
        (
            "page #0b141a; talk #0b141a; in #1f2c34; in-ink #e9edef; out #005c4b; out-ink #e9edef; accent #53bdeb; "
            "field #1f2c34; foot #0b141a; day #182229"
        ),
    ),
    "messenger": (
        "in #f0f0f0; in-ink #050505; out #0866ff; out-ink #fff; accent #0866ff; field #f0f2f5",
        "in #303030; in-ink #e4e6eb; out #2e89ff; out-ink #fff; accent #2e89ff; field #3a3b3c",
    ),
    "instagram": (
        "in #efefef; in-ink #000; out linear-gradient(160deg,#8a3ffc,#4f5bd5); out-ink #fff; accent #83c; field #eee",
        (
            "in #262626; in-ink #f5f5f5; out linear-gradient(160deg,#a033ff,#3797f0); out-ink #fff; accent #a033ff; "
            "field #121212"
        ),
    ),
    "snapchat": (
        "in transparent; in-ink #16191c; out transparent; out-ink #16191c; accent #0fadff; field #f2f2f2",
        "page #121212; in transparent; in-ink #dedede; out transparent; out-ink #dedede; accent #0fadff; field #1e1e1e",
    ),
    "signal": (
        "in #e9e9e9; in-ink #1b1b1b; out #2c6bed; out-ink #fff; accent #7a4fc9; field #f0f0f0",
        "page #121212; in #3b3b3b; in-ink #f6f6f6; out #315ff4; out-ink #fff; accent #d0a9ff; field #2e2e2e",
    ),
    "telegram": (
        (
            "talk linear-gradient(#c9dfae,#8fc1a9); in #fff; in-ink #000; out #e1ffc7; out-ink #000; accent #3a8fd0; "
            "field #fff; day #3f6b4880"
        ),
        (
            "page #17212b; talk #0e1621; in #182533; in-ink #f5f5f5; out #2b5278; out-ink #fff; accent #6ab3f3; "
            "field #17212b; day #1e2c3acc"
        ),
    ),
    "x": (
        "in #eff3f4; in-ink #0f1419; out #1d9bf0; out-ink #fff; accent #1d9bf0; field #eff3f4",
        "in #2f3336; in-ink #e7e9ea; out #1d9bf0; out-ink #fff; accent #1d9bf0; field #202327",
    ),
    "tiktok": (
        "page #fafafa; in #fff; in-ink #161823; out #20d5ec; out-ink #06262b; accent #fe2c55; field #f1f1f2",
        "page #121212; in #2b2b2b; in-ink #e8e8e8; out #1d8a9b; out-ink #fff; accent #fe2c55; field #2a2a2a",
    ),
    "discord": (
        (
            "ink #313338; soft #6d6f78; in transparent; in-ink #313338; out transparent; out-ink #313338; "
            "accent #5865f2; field #ebedef"
        ),
        (
            "page #313338; ink #dbdee1; soft #949ba4; in transparent; in-ink #dbdee1; out transparent; "
            "out-ink #dbdee1; accent #5865f2; field #383a40"
        ),
    ),
    "teams": (
        "page #f5f5f5; in #fff; in-ink #242424; out #e8ebfa; out-ink #242424; accent #5b5fc7; field #fff",
        "page #1f1f1f; in #292929; in-ink #fff; out #2f2f4a; out-ink #fff; accent #7f85f5; field #292929",
    ),
}


def colours(app: str, *, dark: bool) -> dict[str, str]:
    """The variables of an app's look, by name."""
    listed = f"{_KEYS[dark]}; {_COLOURS[app][dark]}".split("; ")
    found = dict(one.split(" ", 1) for one in listed)
    return {"bar": found["page"], "bar-ink": found["ink"], **found}
