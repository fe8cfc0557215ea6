"""Everything that must hold before a change lands: ruff, mypy, pytest, and one line that sums them up (`make test`)."""
from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def checks(pytest_arguments: list[str]) -> dict[str, list[str]]:
    """What is run, in this order: the quick ones first, each whether or not the one before passed."""
    python = [sys.executable, "-m"]
    return {
        "ruff": [*python, "ruff", "check", "--quiet", "."],
        "mypy": [*python, "mypy"],
        "pytest": [*python, "pytest", *pytest_arguments],
    }


def main() -> int:
    results = []
    for name, command in checks(sys.argv[1:]).items():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        results.append((name, code, time.monotonic() - started))
    print("== " + ", ".join(f"{name} {'FAILED' if code else 'ok'} ({took:.0f} s)" for name, code, took in results))
    return int(any(code for _, code, _ in results))


if __name__ == "__main__":
    sys.exit(main())
