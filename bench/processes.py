"""Programs under measurement: started, waited for, weighed with all their children, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

START_PATIENCE = 300.0


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> dict[str, str]:
    """This process's variables without Cardbot's settings and without Rasa's telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARDBOT_", "PYTHON"))}
    return {**kept, "RASA_TELEMETRY_ENABLED": "false"}


class Program:
    """A process of its own, with a process group of its own; what it prints goes to `log`."""

    def __init__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path) -> None:
        self._log = log
        self.began = time.perf_counter()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def wait_for(self, url: str, **headers: str) -> float:
        """Until a page is there (status 200); returns the seconds since the start."""
        while not is_page(url, headers):
            self.check()
            if time.perf_counter() - self.began > START_PATIENCE:
                raise RuntimeError(f"nothing answers at {url}; see {self._log}")
            time.sleep(0.05)
        return time.perf_counter() - self.began

    def check(self) -> None:
        """Raises RuntimeError if it has ended."""
        if (code := self._process.poll()) is not None:
            raise RuntimeError(f"a program ended with {code}; see {self._log}")

    def peak_mb(self) -> float:
        """The most memory that it and its children held, each at its own peak."""
        return sum(_peak_kb(pid) for pid in _family(self._process.pid)) / 1024

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def timed(command: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path) -> float:
    """Run a program to its end; returns the seconds, raises RuntimeError if it failed."""
    began = time.perf_counter()
    with log.open("ab") as output:
        done = subprocess.run(
            command, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}; see {log}")
    return time.perf_counter() - began


def folder_mb(folder: Path) -> float:
    """What the files of a folder take on disk."""
    sizes = (os.lstat(os.path.join(where, name)) for where, _, names in os.walk(folder) for name in names)
    return sum(each.st_blocks * 512 for each in sizes) / 1e6


def is_page(url: str, headers: Mapping[str, str]) -> bool:
    """Whether a page is there and well (status 200)."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=5.0) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _family(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task").iterdir()
        children = " ".join((task / "children").read_text() for task in listed).split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _peak_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
