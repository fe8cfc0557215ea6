"""Writes each requirements*.lock, the packages of its .in file with the hash of every file of theirs (`make lock`)."""
from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "lock-tools"
UV = "uv==0.13.9"

# A Python that each package in question accepts; those that "defy" are asked for on one that they declare.
OURS = "3.11"
DEFIED = "3.10"

HEADER = """\
# Made by `make lock` from {name}.in; not to be edited.
# pip install --no-deps --ignore-requires-python --require-hashes -r {name}.lock
"""


def packages(text: str) -> dict[bool, list[str]]:
    """The pins of requirements.in, apart by whether they defy our Pythons."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for line in text.splitlines():
        pin, _, comment = line.partition("#")
        if pin.strip():
            found[comment.strip().startswith("defies")].append(pin.strip())
    return found


def compile_pins(pins: list[str], python: str, universal: bool) -> str:
    """The same pins with hashes, as the registry publishes them."""
    command = [
        str(TOOLS / "bin" / "uv"), "pip", "compile", "--quiet", "--no-deps", "--generate-hashes", "--no-header",
        "--no-annotate", "--no-emit-index-url", "--python-version", python, *(["--universal"] if universal else []), "-",
    ]  # fmt: skip
    done = subprocess.run(command, input="\n".join(pins), text=True, stdout=subprocess.PIPE, check=False)  # noqa: S603 (fixed command)
    if done.returncode:
        sys.exit("make lock: the registry did not have all of these (see above)")
    return done.stdout


def main() -> None:
    if not (TOOLS / "bin" / "uv").exists():
        venv.create(TOOLS, with_pip=True, clear=True)
        subprocess.run([TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", UV], check=True)  # noqa: S603 (fixed command)
    for path in sorted(ROOT.glob("requirements*.in")):
        write(path)


def write(path: Path) -> None:
    """The lock beside a list of pins."""
    pins = packages(path.read_text(encoding="utf-8"))
    text = compile_pins(pins[False], OURS, universal=True)
    if pins[True]:
        text += compile_pins(pins[True], DEFIED, universal=False)
    blocks = sorted(re.split(r"\n(?=[a-z0-9])", text.strip()))
    new = HEADER.format(name=path.stem) + "\n".join(block.strip() for block in blocks) + "\n"
    path.with_suffix(".lock").write_text(new, encoding="utf-8")
    print(f"{path.stem}.lock: {len(blocks)} packages")


if __name__ == "__main__":
    main()
