"""Reading of lines in eighteen languages, light and dark, clean and degraded, with and without a second engine.

Lines are drawn by Chromium in bubbles of a plain page, and their truth is taken from its document. Reported are, by
language: the share of wrong characters (Levenshtein, canonical form, without blanks), the share of words found, lines
that stay unread, lines in letters of another script, and processor seconds a line. A language whose script no engine
has must stay unread: there every line that is read is a fault.
"""

from __future__ import annotations

import argparse
import html
import resource
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.ocr_texts import TEXTS
from ingest.formats.ocr.engines import Engines, load_engines
from ingest.formats.ocr.languages import LANGUAGES, scripts_in
from ingest.formats.ocr.pages import read_page

LOOKS = {
    "light": ("#fff", (("#e9e9eb", "#000"), ("#0a84ff", "#fff"), ("#34c759", "#fff"))),
    "dark": ("#0b141a", (("#202c33", "#e9edef"), ("#005c4b", "#e9edef"), ("#262628", "#fff"))),
}
SIZES = ((3, 360), (2, 390))
SIDES = ("flex-start", "flex-end")
FONTS = "Noto Sans,Noto Sans CJK SC,Noto Sans Arabic,Noto Sans Hebrew,Noto Sans Thai,sans-serif"
LINES_OF = """() => [...document.querySelectorAll("[data-t]")].flatMap(element => {
  const node = element.firstChild, range = document.createRange(), lines = [];
  let line = null;
  for (let i = 0; i < node.length; i++) {
    range.setStart(node, i); range.setEnd(node, i + 1);
    const box = range.getBoundingClientRect();
    if (box.width && (!line || Math.abs(box.top - line.top) > box.height * 0.6)) {
      line = {text: "", left: box.left, top: box.top, right: box.right, bottom: box.bottom}; lines.push(line);
    }
    if (!line) continue;
    line.text += node.data[i];
    if (box.width) { line.left = Math.min(line.left, box.left); line.right = Math.max(line.right, box.right);
                     line.bottom = Math.max(line.bottom, box.bottom); }
  }
  return lines;
})"""
FOLDED = str.maketrans("،؟，？！‘’“”", ",?,?!''\"\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A page and the lines that stand on it."""

    language: str
    look: str
    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    lines: tuple[dict[str, Any], ...]


def drawn(languages: list[str], executable: str) -> list[Sample]:
    """Every language in every look and size."""
    samples = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for language in languages:
            for look, (paper, bubbles) in LOOKS.items():
                for ratio, width in SIZES:
                    page = browser.new_page(viewport={"width": width, "height": 200}, device_scale_factor=ratio)
                    rows = "".join(
                        f'<div style="display:flex;justify-content:{SIDES[n % 2]};margin:6px 0">'
                        f'<div data-t dir="auto" style="background:{bubbles[n % 3][0]};color:{bubbles[n % 3][1]};'
                        f'border-radius:17px;padding:7px 12px;max-width:72%;font:16px/1.32 {FONTS}">'
                        f"{html.escape(text)}</div></div>"
                        for n, text in enumerate(TEXTS[language])
                    )
                    page.set_content(f'<body style="margin:8px 12px;background:{paper}">{rows}</body>')
                    raw = np.frombuffer(page.screenshot(full_page=True), dtype=np.uint8)
                    pixels = cv2.cvtColor(cv2.imdecode(raw, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
                    lines = tuple(
                        {key: one if key == "text" else one * ratio for key, one in line.items()}
                        for line in page.evaluate(LINES_OF)
                    )
                    samples.append(
                        Sample(language=language, look=look, pixels=np.asarray(pixels, np.uint8), lines=lines)
                    )
                    page.close()
        browser.close()
    return samples


def degraded(pixels: np.ndarray[Any, Any], how: str, random: np.random.Generator) -> np.ndarray[Any, Any]:
    """The page as a messenger sends it on, or as it is photographed."""
    height, width = pixels.shape[:2]
    if how == "sent on":
        small = cv2.resize(pixels, (540, round(height * 540 / width)), interpolation=cv2.INTER_AREA)
        return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 45])[1], cv2.IMREAD_COLOR)
    if how == "photographed":
        soft = cv2.GaussianBlur(pixels, (0, 0), 2.2 * width / 1080).astype(np.float32)
        soft = soft * np.linspace(0.75, 1.05, width)[None, :, None] + random.normal(0, 7, pixels.shape)
        return np.clip(soft, 0, 255).astype(np.uint8)
    return pixels


def distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row = row, [number]
        for place, there in enumerate(other, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != there)))
    return row[-1]


def plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(FOLDED)


def measure(samples: list[Sample], engines: Engines, how: str) -> str:
    """One row of figures for the samples of one language."""
    random = np.random.default_rng(1)
    wrong = letters = words = found = unread = lines = foreign = disagreed = 0
    seconds = 0.0
    language = LANGUAGES[samples[0].language]
    for sample in samples:
        pixels = degraded(sample.pixels, how, random)
        scale = pixels.shape[0] / sample.pixels.shape[0]
        began = time.process_time()
        page = read_page(np.ascontiguousarray(pixels), engines, component="sample", number=1)
        seconds += time.process_time() - began
        for line in sample.lines:
            middle, left, right = (
                (line["top"] + line["bottom"]) / 2 * scale,
                line["left"] * scale,
                line["right"] * scale,
            )
            here = [
                one
                for one in page.lines
                if one.box.top < middle < one.box.bottom and min(one.box.right, right) > max(one.box.left, left)
            ]
            lines += 1
            if not here:
                unread += 1
                continue
            told = plain(" ".join(one.text for one in here))
            truth = plain(line["text"])
            wrong += distance("".join(truth.split()), "".join(told.split()))
            letters += len("".join(truth.split()))
            words += len(truth.split())
            found += sum(one in told.split() for one in truth.split())
            disagreed += any(one.other for one in here)
            among = scripts_in(told)
            foreign += among.total() > 0 and among[language.script] == 0 and not {"Hani", "Hira", "Kana"} & set(among)
    share = f"{wrong / letters:8.2%} {found / max(words, 1):8.1%}" if letters else f"{'-':>8} {'-':>8}"
    return f"{language.name:22} {lines:5} {unread:7} {foreign:7} {share} {disagreed:9} {seconds / lines:8.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--only", default="", help="languages, with commas")
    parser.add_argument("--first-only", action="store_true", help="without a second engine")
    chosen = parser.parse_args()
    languages = chosen.only.split(",") if chosen.only else list(TEXTS)
    engines = load_engines(folder=Path("/nonexistent")) if chosen.first_only else load_engines()
    print(engines.describe())
    samples = drawn(languages, chosen.chromium)
    for how in ("clean", "sent on", "photographed"):
        for look in LOOKS:
            print(f"\n{how}, {look}\n{'':22} lines  unread foreign    wrong    words disagreed s/line")
            for language in languages:
                group = [one for one in samples if one.language == language and one.look == look]
                print(measure(group, engines, how), flush=True)
    print(f"\nlargest resident size {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
