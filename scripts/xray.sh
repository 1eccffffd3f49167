#!/bin/sh
# Looks for text under boxes in redacted PDFs with x-ray (Free Law Project), in an environment of its own: it is no
# dependency. Without the package index it says so and passes; with it, it fails where x-ray finds anything.
set -eu
python=${1:-python3}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$python" -m tests.search.disclosure.xray_documents "$place/pdf"
if ! { "$python" -m venv "$place/env" && "$place/env/bin/pip" install --quiet --disable-pip-version-check x-ray; } >"$place/pip" 2>&1; then
    echo "SKIPPED: x-ray could not be installed; nothing was looked at" >&2
    exit 0
fi
"$place/env/bin/python" - "$place/pdf" <<'PYTHON'
import asyncio
import inspect
import pathlib
import sys

import xray


def look(path):
    found = xray.inspect(str(path))  # a coroutine since version 0.4
    return asyncio.run(found) if inspect.iscoroutine(found) else found


folder = pathlib.Path(sys.argv[1])
found = {one.name: look(one) for one in sorted(folder.glob("*.pdf"))}
control = found.pop("control.pdf")
print(f"x-ray looked at {len(found)} redacted documents: {sum(map(bool, found.values()))} with text under a box")
for name, pages in found.items():
    if pages:
        print(name, {page: len(boxes) for page, boxes in pages.items()})
if not control:
    sys.exit("x-ray found nothing in the document whose box hides nothing; it proves nothing here")
sys.exit(1 if any(found.values()) else 0)
PYTHON
