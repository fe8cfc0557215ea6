"""A fresh clone in an empty folder, where nothing but `make run` is typed: the page answers and so does the bot."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from _running import running, say

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cardbot-clone-") as place:
        clone = Path(place) / "cardbot"
        subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
        for again in ("from nothing", "a second time"):
            started = time.monotonic()
            os.environ.pop("MAKEFLAGS", None)
            with running(["make", "run"], clone, clone / "var") as page:
                ready = time.monotonic() - started
                with urllib.request.urlopen(page, timeout=10) as answer:
                    size = len(answer.read())
                print(f"ready {again}: {ready:.0f} s; the page has {size} bytes; hello -> {say(page, 'hello')!r}")
        left = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True).stdout
        disk = subprocess.run(["du", "-sm", ".venv", "var"], cwd=clone, capture_output=True, text=True, check=True).stdout
        print("megabytes on disk:", " ".join(disk.split()))
        if left:
            print("files that git does not know or that changed:\n" + left)
        return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
