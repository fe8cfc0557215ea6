"""Everything that must hold before a change lands: ruff, mypy, pytest, and one line that sums them up (`make test`)."""
from __future__ import annotations

import os
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
        # Once, before several workers ask for it.
        "model": [*python, "bot.cli", "train"],
        # The tests of whole talks wait more than they compute; a file's tests share a server and stay together.
        "pytest": [*python, "pytest", "--numprocesses=4", "--dist=loadfile", *pytest_arguments],
    }


# What fails beside three others on busy cores is tried once more alone; what fails then has failed.
ALONE = ["-m", "pytest", "--last-failed", "--last-failed-no-failures=none"]
TESTS_FAILED = 1


def run(name: str, command: list[str]) -> int:
    """The exit code of one check."""
    environ = {**os.environ, "CARDBOT_VAR": "build"} if name == "model" else None
    code = subprocess.run(command, cwd=ROOT, check=False, env=environ).returncode
    if name == "pytest" and code == TESTS_FAILED:
        print("== pytest: what failed, once more and alone", flush=True)
        code = subprocess.run([sys.executable, *ALONE], cwd=ROOT, check=False).returncode
    return code


def main() -> int:
    results = []
    for name, command in checks(sys.argv[1:]).items():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        code = run(name, command)
        results.append((name, code, time.monotonic() - started))
    print("== " + ", ".join(f"{name} {'FAILED' if code else 'ok'} ({took:.0f} s)" for name, code, took in results))
    return int(any(code for _, code, _ in results))


if __name__ == "__main__":
    sys.exit(main())
