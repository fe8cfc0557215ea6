"""Builds .venv from requirements.lock, or finds it whole already; needs nothing but a Python (3.11 or 3.12) of the machine."""
from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_WHEELS = "randomname"
STAMP = "cardbot-stamp"
LAYOUT = 1  # raised when environments must be made anew although the lock is the same
DISK_NEEDED = 1_500_000_000
NO_NETWORK = ("Failed to establish", "Temporary failure", "Name or service not known", "Max retries", "Network is unreachable",
              "Connection refused", "timed out", "ProxyError", "No matching distribution found")  # fmt: skip


class SetUpFailed(Exception):
    """The environment could not be built; the text is for whoever typed the command."""


def fingerprint(root: Path) -> str:
    """What an environment is made from, a line for the packages and one for the project itself.

    It is fresh as long as both stay the same. It cannot be moved, hence the root.
    """
    packages = hashlib.sha256(f"{LAYOUT} {root}".encode() + (root / "requirements.lock").read_bytes())
    project = hashlib.sha256((root / "pyproject.toml").read_bytes())
    return f"{packages.hexdigest()}\n{project.hexdigest()}\n"


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Lets one set-up work at a time; a second one waits and says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        os.set_inheritable(lock.fileno(), True)  # a pip that outlives a killed set-up keeps the next one waiting
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_whole(target: Path, wanted: str) -> bool:
    """Whether `target` was finished from the same files. The stamp is written last and removed first."""
    return _stamped(target) == wanted


def has_packages(target: Path, wanted: str) -> bool:
    """Whether at least its packages are those of the lock."""
    return _stamped(target).partition("\n")[0] == wanted.partition("\n")[0]


def _stamped(target: Path) -> str:
    stamp = target / STAMP
    return stamp.read_text() if stamp.exists() and (target / "bin" / "python").exists() else ""


def build(root: Path, target: Path, wanted: str) -> None:
    """Bring `target` up to date: anew, unless its packages are right and only the project changed."""
    started = time.monotonic()
    log = root / "build" / "setup.log"
    log.write_text("")
    fresh = has_packages(target, wanted)
    (target / STAMP).unlink(missing_ok=True)
    if not fresh:
        install_packages(root, target, log)
    pip(target, log, "--editable", str(root))
    (target / STAMP).write_text(wanted)
    say(f"done in {time.monotonic() - started:.0f} s")


def install_packages(root: Path, target: Path, log: Path) -> None:
    """An empty environment and what the lock names, whatever an interrupted set-up left there."""
    if shutil.disk_usage(root).free < DISK_NEEDED:
        raise SetUpFailed(f"needs {DISK_NEEDED / 1e9:.1f} GB of free disk, and this one has less")
    say(f"making {target.name} with Python {sys.version.split()[0]} ({sys.executable})")
    venv.create(target, clear=True, with_pip=True, symlinks=True)
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    first = target / "setuptools.lock"  # builds the package that has no wheel, so it must be there before
    first.write_text(one_package(lock, "setuptools"), encoding="utf-8")
    pip(target, log, "-r", str(first), "--require-hashes")
    pip(target, log, "-r", str(root / "requirements.lock"), "--require-hashes", total=lock.count("=="))


def add(root: Path, target: Path, name: str) -> None:
    """Put what `requirements-NAME.lock` names into a whole environment, if it is not there yet."""
    lock = root / f"requirements-{name}.lock"
    stamp, wanted = target / f"{STAMP}-{name}", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"adding what {lock.name} names")
    pip(target, root / "build" / "setup.log", "-r", str(lock), "--require-hashes")
    stamp.write_text(wanted)


def one_package(lock: str, name: str) -> str:
    """The part of the lock that belongs to one package."""
    _, begin, rest = lock.partition(f"\n{name}==")
    kept = []
    for line in (begin.strip() + rest).splitlines():
        kept.append(line)
        if not line.endswith("\\"):
            break
    return "\n".join(kept) + "\n"


def pip(target: Path, log: Path, *what: str, total: int = 0) -> None:
    """Run pip in the environment, count what it collects, and turn its failure into words."""
    command = [
        str(target / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps",
        "--ignore-requires-python", "--no-build-isolation", "--use-pep517", "--no-compile", "--progress-bar", "off",
        "--only-binary", ":all:", "--no-binary", WITHOUT_WHEELS, *what,
    ]  # fmt: skip
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER")}
    progress = Progress(total)
    with log.open("a") as copy:
        process = subprocess.Popen(  # noqa: S603 (fixed command)
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ, close_fds=False
        )
        assert process.stdout is not None  # noqa: S101 (asked for with PIPE)
        with process.stdout as lines:
            for line in lines:
                copy.write(line)
                progress.read(line)
    progress.end()
    if process.wait():
        raise SetUpFailed(explain(log))


class Progress:
    """Says how far pip is: one line that counts on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.seen, self.on_terminal = total, 0, sys.stdout.isatty()

    def read(self, line: str) -> None:
        if not self.total:
            return
        if line.startswith(("Collecting", "Processing")):
            self.seen += 1
            if self.on_terminal or self.seen % 25 == 0:
                self._show(f"fetching packages: {self.seen} of {self.total}")
        elif line.startswith("Installing collected"):
            self._show(f"unpacking {self.total} packages")

    def end(self) -> None:
        if self.total and self.on_terminal:
            print(flush=True)

    def _show(self, text: str) -> None:
        if self.on_terminal:
            print(f"\r\033[Kset-up: {text}", end="", flush=True)
        else:
            say(text)


def explain(log: Path) -> str:
    """The cause of pip's failure, for a person."""
    text = log.read_text(errors="replace")
    tail = "\n".join("    " + line for line in text.strip().splitlines()[-6:])
    if "DO NOT MATCH THE HASHES" in text:
        cause = "a package is not the one that the lock names; nothing of it was installed"
    elif any(sign in text for sign in NO_NETWORK):
        cause = "the package registry could not be reached; the first set-up needs the network, later ones do not"
    else:
        cause = "pip did not succeed"
    return f"{cause}\n{tail}\n  everything pip said: {log}"


def say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=ROOT / ".venv", help="where to build (default: .venv)")
    parser.add_argument("--with", dest="extra", metavar="NAME", help="also what requirements-NAME.lock names")
    args = parser.parse_args()
    target, wanted = args.target.resolve(), fingerprint(ROOT)
    try:
        if is_whole(target, wanted) and not args.extra:
            return 0
        with alone(ROOT / "build" / "setup.lock"):
            if not is_whole(target, wanted):
                build(ROOT, target, wanted)
            if args.extra:
                add(ROOT, target, args.extra)
    except SetUpFailed as failure:
        print(f"set-up: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: stopped; the next `make` begins it again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
