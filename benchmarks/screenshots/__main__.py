"""Draw the set: `python -m benchmarks.screenshots [--to FOLDER] [--only WORD]`; pictures and their truth as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.screenshots.plan import all_scenes, frozen_scenes
from benchmarks.screenshots.rendering import drawn, set_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, help="folder (default: one below the folder for caches)")
    parser.add_argument("--only", default="", help="only scenes whose name holds this")
    parser.add_argument("--frozen", action="store_true", help="the few that tests/corpus/screenshots keeps")
    chosen = parser.parse_args()
    folder = chosen.to or set_folder()
    scenes = [one for one in (frozen_scenes() if chosen.frozen else all_scenes()) if chosen.only in one.name]
    pages = sum(len(truth.pages) for truth in drawn(scenes, folder))
    print(f"{len(scenes)} scenes, {pages} pictures in {folder}")


if __name__ == "__main__":
    main()
