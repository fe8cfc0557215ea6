"""Programs that are started together, watched, and stopped together."""
from __future__ import annotations

import collections
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TextIO

PATIENCE = 120.0
GRACE = 10.0
_PR_SET_PDEATHSIG = 1


class PartEnded(Exception):
    """A program that should have kept running ended, or never came to answer."""


@dataclass
class Part:
    """One program that is started and watched; `log` and `echo`, if any, get everything that it prints."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(repr=False)
    log: Path | None = None
    echo: Callable[[str], None] | None = field(default=None, repr=False)
    said: collections.deque[str] = field(default_factory=lambda: collections.deque(maxlen=200), repr=False)
    process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _reader: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        parent = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603 (our own programs)
            self.command,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,  # Ctrl-C reaches the launcher alone, which stops the parts in order
            preexec_fn=lambda: _die_with(parent),
        )
        self._reader = threading.Thread(target=self._read, name=self.name, daemon=True)
        self._reader.start()

    def check(self) -> None:
        """Raises PartEnded, with the last lines that it printed, if it runs no more."""
        assert self.process is not None  # noqa: S101 (started)
        if (code := self.process.poll()) is None:
            return
        self.hear_out()
        last = "".join(f"\n    {line}" for line in list(self.said)[-15:]) or " nothing"
        raise PartEnded(f"{self.name} ended by itself (exit code {code}). The last that it said:{last}")

    def hear_out(self) -> None:
        """Wait until the last lines that it printed are read."""
        if self._reader:
            self._reader.join(1.0)

    def stop(self, grace: float = GRACE) -> None:
        """Ask it to end, and insist after `grace` seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _read(self) -> None:
        assert self.process is not None  # noqa: S101 (started)
        assert self.process.stdout is not None  # noqa: S101 (started with a pipe)
        with self.process.stdout as lines, contextlib.ExitStack() as open_files:
            log = open_files.enter_context(_private(self.log)) if self.log else None
            for line in lines:
                self.said.append(line.rstrip("\n"))
                if log:
                    log.write(line)
                if self.echo:
                    self.echo(line.rstrip("\n"))


def _private(path: Path) -> TextIO:
    """A log that its owner alone can read, written line by line."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", buffering=1)


def _die_with(parent: int) -> None:
    """In the new process: end when the launcher does, even if that one is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


class Launcher:
    """Starts parts in order and stops them in the reverse order, whatever happens in between."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._running: list[Part] = []

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for part in reversed(self._running):
            part.stop()
            part.hear_out()

    def start(self, part: Part, answers: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Start a part and wait until it answers; says ever more rarely how long it takes already."""
        part.start()
        self._running.append(part)
        began, silent_until = self._clock(), 2.0
        while not answers():
            self.check()
            waited = self._clock() - began
            if waited > patience:
                raise PartEnded(f"{part.name} did not answer within {patience:.0f} s" + _log_hint(part))
            if waited >= silent_until:
                silent_until = 2 * waited
                self._say(f"{part.name} is starting … {waited:.0f} s")
            time.sleep(0.05)

    def check(self) -> None:
        for part in self._running:
            part.check()

    def watch(self) -> None:
        """Returns never: raises PartEnded when a part ends."""
        while True:
            self.check()
            time.sleep(0.2)


def _log_hint(part: Part) -> str:
    return f"; see {part.log}" if part.log else ""
