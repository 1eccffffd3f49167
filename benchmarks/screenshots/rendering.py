"""Scenes drawn by the system's Chromium, damaged, and written with their truth into a folder outside the project.

Rule: what was drawn once is not drawn again as long as generator and browser are the same: the folder's name is a
digest of both.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from benchmarks.screenshots.assembling import assembled
from benchmarks.screenshots.damage import damaged
from benchmarks.screenshots.markup import scene_page, scene_seed
from benchmarks.screenshots.plan import DEVICES
from benchmarks.screenshots.truth import READ_PAGE, read_truth, write_truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.screenshots.model import Scene
    from benchmarks.screenshots.truth import Truth

_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_OVERLAP: Final = 0.62  # of the window's height from one picture of a talk to the next
_SCROLL: Final = "top => { const talk = document.querySelector('main'); talk.scrollTop = top; return talk.scrollTop; }"
_ROOM: Final = """() => { const talk = document.querySelector('main');
                return [talk.scrollHeight - talk.clientHeight, talk.clientHeight]; }"""


class NoBrowser(Exception):
    """There is no Chromium to draw with; install the package `chromium`."""


def browser_path() -> str:
    """The system's Chromium.

    Raises:
        NoBrowser: it is not installed.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise NoBrowser
    return found


def set_folder() -> Path:
    """Where the pictures of this generator and this browser lie, below the folder for caches."""
    said = subprocess.run([browser_path(), "--version"], capture_output=True, check=False).stdout
    digest = hashlib.sha256(said)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path(tempfile.gettempdir()) / f"archiver-{os.getuid()}")
    return place / "screenshots" / digest.hexdigest()[:16]


def drawn(scenes: Iterable[Scene], folder: Path) -> Iterator[Truth]:
    """Each scene's truth; its pictures lie in `folder`, drawn now where they are missing.

    Raises:
        NoBrowser: something must be drawn and there is no browser.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(scenes)
    missing = [one for one in wanted if not (folder / f"{one.name}.json").exists()]
    if missing:
        _draw(missing, folder)
    for one in wanted:
        yield read_truth(folder / f"{one.name}.json")


def _draw(scenes: list[Scene], folder: Path) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where something is to be drawn

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(_ARGUMENTS))
        for number, scene in enumerate(scenes, 1):
            print(f"drawing {number} of {len(scenes)}: {scene.name}", file=sys.stderr, flush=True)
            _draw_scene(browser, scene, folder)
        browser.close()


def _draw_scene(browser: Any, scene: Scene, folder: Path) -> None:
    device = DEVICES[scene.device]
    viewport = {"width": device.width, "height": device.height}
    context = browser.new_context(viewport=viewport, device_scale_factor=device.scale)
    page = context.new_page()
    page.set_content(scene_page(scene))
    page.evaluate("() => document.fonts.ready.then(() => null)")
    room, window = page.evaluate(_ROOM)
    reads, shots = [], []
    for number in range(scene.pages):
        page.evaluate(_SCROLL, max(0, room - (scene.pages - 1 - number) * round(window * _OVERLAP)))
        reads.append(page.evaluate(READ_PAGE))
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot = damaged(picture, scene.damage, scene_seed(scene))
        name = f"{scene.name}.{shot.ending}" if scene.pages == 1 else f"{scene.name}-{number + 1}.{shot.ending}"
        (folder / name).write_bytes(shot.content)
        shots.append((name, shot))
    context.close()
    write_truth(assembled(scene, device.scale, reads, shots), folder / f"{scene.name}.json")
