"""All benchmarks one after the other, as `make bench` runs them; a failed one does not stop the others.

With `--quick` small numbers, to see that everything works; such figures say nothing, and are not written.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.peers import install_peers
from benchmarks.report import DRY_RUN
from benchmarks.scratch import ROOT, scratch_folder

_QUICK = ("--messages", "1000")


def _run(module: str, *arguments: str) -> bool:
    print(f"== {module}", file=sys.stderr, flush=True)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *arguments], cwd=ROOT, check=False)
    verdict = "done" if done.returncode == 0 else f"FAILED with status {done.returncode}"
    print(f"== {module}: {verdict} after {time.monotonic() - began:,.0f} s", file=sys.stderr, flush=True)
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="mbox, or mbox.xz")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--quick", action="store_true", help="small numbers; nothing is written to RESULTS.md")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    chosen = parser.parse_args()
    corpus = str(chosen.corpus.resolve())
    if chosen.quick:
        os.environ[DRY_RUN] = "1"
    if not chosen.no_peers:
        install_peers(("notmuch", "mu", "postfix"))
    runs = "1" if chosen.quick else str(chosen.runs)
    alone = ["--no-peers"] if chosen.no_peers else []
    with scratch_folder(chosen.place) as folder:
        common = ["--place", str(folder)]
        kept = folder / "kept"
        few = list(_QUICK) if chosen.quick else []
        good = _run("bench_storage", *common)
        good &= _run("bench_sealing", *common, *(["--large", "20000000"] if chosen.quick else []))
        good &= _run("bench_deposit", *common, *(["--deposits", "320"] if chosen.quick else []))
        good &= _run("bench_verify", *common, *(["--large", "20", "--small", "300"] if chosen.quick else []))
        good &= _run("bench_backup", *common, *(["--records", "300"] if chosen.quick else []))
        good &= _run("bench_rotation", *common, *(["--rows", "20000"] if chosen.quick else []))
        fewer = (
            ["--records", "5000", "--due", "50", "--sealed", "600", "--destroy", "100", "200"] if chosen.quick else []
        )
        good &= _run("bench_retention", *common, *fewer)
        good &= _run("bench_review", *common, *(["--records", "2000", "--rounds", "3"] if chosen.quick else []))
        good &= _run("bench_production", *common, *(["--records", "200"] if chosen.quick else []))
        good &= _run("bench_ingest", "--corpus", corpus, "--runs", runs, "--keep", str(kept), *common, *few, *alone)
        source = ["--archive", str(kept)] if kept.exists() else ["--corpus", corpus, *few]
        good &= _run("bench_search", *source, *common, *(["--rounds", "3"] if chosen.quick else []))
        sizes = ["--sizes", "2000", "6000", "--peers-at", "2000"] if chosen.quick else []
        good &= _run("bench_search_scale", "--corpus", corpus, *common, *few, *sizes, *alone)
        some = ["--messages", "1000", "--conversations", "5", "--days", "5", "--dense", "1"] if chosen.quick else []
        good &= _run("bench_chats", *common, *some)
        few_pictures = ["--images", "4", "--mails", "50", "--runs", "1"] if chosen.quick else []
        good &= _run("bench_pictures", *common, *few_pictures)
        small = ["--mails", "200", "--acceptors", "2"] if chosen.quick else []
        good &= _run("bench_smtp", "--corpus", corpus, "--runs", runs, *common, *few, *small, *alone)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
