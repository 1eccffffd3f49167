"""The set: which scenes there are. Light and dark of an app are the same talk on the same screen."""

from __future__ import annotations

from typing import Final

from benchmarks.screenshots.model import APPS, Device, Scene

DEVICES: Final = {
    one.name: one
    for one in (
        Device(name="small", width=320, height=568, scale=2),
        Device(name="phone", width=390, height=844, scale=3),
        Device(name="plus", width=430, height=932, scale=2),
        Device(name="android", width=412, height=892, scale=2.625),
        Device(name="narrow", width=360, height=740, scale=3),
        Device(name="plain", width=360, height=720, scale=1),
        Device(name="tablet", width=768, height=980, scale=1.5),
    )
}
_SCREENS: Final = ("phone", "android", "plus", "narrow")
_SCRIPTS: Final = {
    "es": ("whatsapp", "messenger"),
    "ht": ("whatsapp", "imessage"),
    "vi": ("messenger", "telegram"),
    "zh": ("imessage", "whatsapp"),
    "ko": ("instagram", "android_messages"),
    "ar": ("whatsapp", "messenger"),
    "ru": ("telegram", "signal"),
    "pt": ("whatsapp", "instagram"),
    "fr": ("signal", "imessage"),
    "he": ("whatsapp", "telegram"),
    "th": ("messenger", "instagram"),
}


def _apps() -> list[Scene]:
    """Every app in both modes: talks of two for the even ones, groups for the odd, all drawn twice."""
    return [
        Scene(
            name=f"{app}-{'dark' if dark else 'light'}",
            cell="apps",
            app=app,
            language="en",
            dark=dark,
            group=number % 2 == 1,
            device=_SCREENS[number % len(_SCREENS)],
            talk=number % 3,
            font=("Noto Sans", "DejaVu Sans")[number % 5 == 4],
            notice=number % 2 == 1,
        )
        for number, app in enumerate(APPS)
        for dark in (False, True)
    ]


def _scripts() -> list[Scene]:
    """Every language light and dark, in two apps, once in a group."""
    return [
        Scene(
            name=f"{app}-{language}-{'dark' if dark else 'light'}",
            cell="scripts",
            app=app,
            language=language,
            dark=dark,
            group=dark,
            device=_SCREENS[(number + dark) % len(_SCREENS)],
        )
        for number, (language, apps) in enumerate(_SCRIPTS.items())
        for app, dark in ((apps[0], False), (apps[1], True))
    ]


def _features() -> list[Scene]:
    """What stands around a talk: keys with an unsent draft, somebody typing, other screens, the other company."""
    made = []
    for number, app in enumerate(APPS):
        made.append(
            Scene(
                name=f"{app}-keyboard",
                cell="keyboard",
                app=app,
                language=("en", "es", "en", "fr", "en", "vi", "en", "ru", "en", "pt", "en", "en")[number],
                dark=number % 3 == 1,
                group=number % 2 == 0,
                device=_SCREENS[(number + 1) % len(_SCREENS)],
                talk=(number + 1) % 3,
                keyboard=True,
                typing=number % 2 == 0,
            )
        )
        made.append(
            Scene(
                name=f"{app}-other",
                cell="screens",
                app=app,
                language="en",
                dark=number % 2 == 0,
                group=number % 2 == 0,
                device=("plain", "tablet", "small")[number % 3],
                talk=(number + 2) % 3,
                typing=number % 3 == 0,
                notice=True,
            )
        )
    return made


def _damages() -> list[Scene]:
    """Each kind of damage on six scenes, of them two that are not English."""
    made = []
    for step, damage in enumerate(("jpeg", "scaled", "forwarded", "photo", "webp", "angle")):
        for number in range(2 if damage in {"webp", "angle"} else 6):
            app = APPS[(step * 5 + number * 2) % len(APPS)]
            language = ("en", "en", "es", "en", "zh", "en")[(number + step) % 6]
            made.append(
                Scene(
                    name=f"{app}-{language}-{damage}{number + 1}",
                    cell="damage",
                    app=app,
                    language=language,
                    dark=number % 2 == 1,
                    group=number % 3 == 1,
                    device=_SCREENS[number % len(_SCREENS)],
                    talk=(number + step) % 3,
                    damage=damage,
                )
            )
    return made


def _overlaps() -> list[Scene]:
    """Several pictures of one talk that overlap."""
    rows = (
        ("whatsapp", "en", False, True, 2, "small", "clean"),
        ("imessage", "en", True, False, 2, "small", "clean"),
        ("signal", "en", False, True, 3, "small", "clean"),
        ("telegram", "ru", True, True, 2, "small", "clean"),
        ("android_messages", "es", False, False, 2, "small", "jpeg"),
        ("instagram", "en", True, True, 3, "small", "clean"),
        ("discord", "en", True, True, 2, "small", "clean"),
        ("teams", "en", False, False, 2, "small", "forwarded"),
    )
    return [
        Scene(
            name=f"{app}-{language}-overlap",
            cell="overlap",
            app=app,
            language=language,
            dark=dark,
            group=group,
            device=device,
            talk=number % 3,
            damage=damage,
            pages=pages,
        )
        for number, (app, language, dark, group, pages, device, damage) in enumerate(rows)
    ]


def frozen_scenes() -> list[Scene]:
    """The few that are kept in the project for its tests; their files are small."""
    rows = (
        ("whatsapp", "en", False, True, "palette", False, 1),
        ("imessage", "en", True, False, "palette", True, 1),
        ("discord", "en", True, True, "palette", False, 1),
        ("imessage", "zh", False, False, "palette", False, 1),
        ("telegram", "ru", True, False, "palette", False, 1),
        ("whatsapp", "ar", False, False, "palette", False, 1),
        ("messenger", "vi", True, True, "palette", False, 1),
        ("messenger", "th", False, False, "palette", False, 1),
        ("android_messages", "es", False, False, "forwarded", False, 2),
    )
    return [
        Scene(
            name=f"{app}-{language}",
            cell="frozen",
            app=app,
            language=language,
            dark=dark,
            group=group,
            device="plus" if keyboard else "small",
            talk=number,
            damage=damage,
            pages=pages,
            keyboard=keyboard,
            typing=keyboard,
        )
        for number, (app, language, dark, group, damage, keyboard, pages) in enumerate(rows)
    ]


def all_scenes() -> list[Scene]:
    """The whole set, every name once."""
    return [*_apps(), *_scripts(), *_features(), *_damages(), *_overlaps()]
