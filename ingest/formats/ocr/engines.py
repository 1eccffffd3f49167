"""The engines that are installed, and all of them loaded at once, before a reader gives up the file system.

Rule: what is loaded has also read once. Nothing can be opened afterwards, and a model that would be looked for at the
first line is then not there. Which languages are loaded is a setting, since each takes memory of its own (about 10
MB, what tells scripts by outlines 50; the first engine about 160).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ingest.formats.ocr import rapid, tesseract
from ingest.formats.ocr.languages import DEFAULT_LANGUAGES, FIRST_ENGINE_SCRIPTS, LANGUAGES
from ingest.formats.ocr.outlook import OutlookEngine, has_outlook
from ingest.formats.ocr.strips import HEIGHT, Strip
from ingest.formats.ocr.tesseract import TesseractEngine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ingest.formats.ocr.rapid import RapidEngine

_WARM_WIDTH: Final = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """One engine as it is installed: its languages by code (none of the first, which has scripts) and its scripts."""

    name: str
    version: str
    scripts: tuple[str, ...]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Loaded engines. `first` is None where it is not installed: then nothing is read.

    `outlook` names the scripts of lines that nobody reads, and is None where its data is not installed.
    """

    first: RapidEngine | None
    seconds: Mapping[str, TesseractEngine]
    outlook: OutlookEngine | None = None

    @property
    def scripts(self) -> frozenset[str]:
        """The scripts that some engine has the letters of."""
        own = FIRST_ENGINE_SCRIPTS if self.first is not None else frozenset()
        return own.union(*(one.scripts for one in self.seconds.values()))

    def describe(self) -> str:
        """The engines by name and version, as the author of what they read."""
        told = []
        if self.first is not None:
            told.append(f"{self.first.name} {self.first.version} ({rapid.MODELS})")
        if self.seconds:
            version = next(iter(self.seconds.values())).version
            told.append(f"{tesseract.NAME} {version} ({'+'.join(self.seconds)})")
        return ", ".join(told) or "no engine"


def load_engines(languages: Sequence[str] = DEFAULT_LANGUAGES, *, folder: Path | None = None) -> Engines:
    """Load what is installed, and let it read once.

    Args:
        languages: names of Tesseract's data files; those that are not known or not installed are left out.
        folder: where the data files are; by default where the operating system puts them.
    """
    first = rapid.RapidEngine() if rapid.version() is not None else None
    folder = folder if folder is not None else tesseract.data_folder()
    wanted = [code for code in languages if code in tesseract.installed_languages(folder)]
    seconds = {code: TesseractEngine(folder, code) for code in wanted} if folder is not None else {}
    outlook = OutlookEngine(folder) if folder is not None and first is not None and has_outlook(folder) else None
    engines = Engines(first=first, seconds=seconds, outlook=outlook)
    _warm(engines)
    return engines


def available_engines(*, folder: Path | None = None) -> tuple[EngineFacts, ...]:
    """What is installed, without loading a model."""
    found = []
    version = rapid.version()
    if version is not None:
        scripts = tuple(sorted(FIRST_ENGINE_SCRIPTS))
        found.append(EngineFacts(name=f"{rapid.NAME} ({rapid.MODELS})", version=version, scripts=scripts))
    languages = tesseract.installed_languages(folder if folder is not None else tesseract.data_folder())
    if languages and (second := tesseract.version()) is not None:
        scripts = tuple(sorted({LANGUAGES[code].script for code in languages}))
        found.append(EngineFacts(name=tesseract.NAME, version=second, scripts=scripts, languages=languages))
    return tuple(found)


def missing_languages(
    wanted: Sequence[str] = DEFAULT_LANGUAGES, *, folder: Path | None = None
) -> tuple[tuple[str, str], ...]:
    """The languages that no second engine is installed for: their names, and the packages that bring them."""
    there = tesseract.installed_languages(folder if folder is not None else tesseract.data_folder())
    return tuple(
        (LANGUAGES[code].name, LANGUAGES[code].package) for code in wanted if code in LANGUAGES and code not in there
    )


def names_scripts(*, folder: Path | None = None) -> bool:
    """Whether what tells the script of unread lines is installed."""
    return has_outlook(folder if folder is not None else tesseract.data_folder())


def _warm(engines: Engines) -> None:
    pixels = np.full((HEIGHT, _WARM_WIDTH, 3), 255, dtype=np.uint8)
    for column in range(20, _WARM_WIDTH - 20, 14):
        pixels[12:36, column : column + 3] = 0
        pixels[22:25, column : column + 9] = 0
    corners = np.array([[0, 0], [_WARM_WIDTH, 0], [_WARM_WIDTH, HEIGHT], [0, HEIGHT]], dtype=np.float32)
    strip = Strip(pixels, corners)
    if engines.first is not None:
        engines.first.places(pixels)
        engines.first.read(strip)
    for engine in engines.seconds.values():
        engine.read(strip)
    if engines.outlook is not None:
        engines.outlook.look([strip])
