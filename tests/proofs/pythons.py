"""On each Python of this machine that Cardbot runs on: install from the lock, train, answer once (`make prove-pythons`)."""
from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from _running import running, say

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build" / "pythons"


def pythons() -> list[str]:
    done = subprocess.run(["sh", ROOT / "deploy/setup/find-python", "--all"], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def version_of(python: str) -> str:
    script = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    return subprocess.run([python, "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def prove(python: str, folder: Path) -> dict[str, str]:
    """The seconds of each step, or what went wrong in the first that failed."""
    result: dict[str, str] = {}
    started = time.monotonic()
    install = [python, "deploy/setup/environment.py", "--target", str(folder / ".venv")]
    if subprocess.run(install, cwd=ROOT, check=False).returncode:
        return {"install": "FAILED"}
    result["install"] = f"{time.monotonic() - started:.0f} s"
    shutil.rmtree(folder / "var", ignore_errors=True)
    started = time.monotonic()
    try:
        with running([str(folder / ".venv/bin/python"), "-m", "bot.launch"], ROOT, folder / "var") as page:
            result["train and start"] = f"{time.monotonic() - started:.0f} s"
            result["hello"] = say(page, "hello").splitlines()[0][:60]
    except (RuntimeError, OSError) as problem:
        print(f"    {problem}")
        result.setdefault("train and start", "FAILED")
        result.setdefault("hello", "FAILED")
    return result


def main() -> int:
    table = []
    for python in pythons():
        version = version_of(python)
        print(f"== Python {version}", flush=True)
        table.append((version, prove(python, PLACE / version.rpartition(".")[0])))
    steps = ("install", "train and start", "hello")
    print(f"\n{'Python':10}" + "".join(f"{step:18}" for step in steps))
    for version, result in table:
        print(f"{version:10}" + "".join(f"{result.get(step, '-'):18}" for step in steps))
    return int(not table or any("FAILED" in result.values() for _, result in table))


if __name__ == "__main__":
    sys.exit(main())
