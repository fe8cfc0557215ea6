"""A Cardbot as a process of its own, with a sandbox behind it: what the end-to-end tests talk to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`cardbot serve` on a free port, its state in `var`, its log in `var/log`."""

    def __init__(self, var: Path, bank_url: str, model: Path, settings: Mapping[str, str] | None = None) -> None:
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = var / "log"
        (var / "models").mkdir(parents=True, exist_ok=True)
        for name in (model.name, f"{model.name}.json"):
            link = var / "models" / name
            if not link.exists():
                link.symlink_to(model.parent / name)
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CARDBOT_")},
            "CARDBOT_PROFILE": "test",
            "CARDBOT_VAR": str(var),
            "CARDBOT_PORT": str(self.port),
            "CARDBOT_WIBMO_BASE_URL": bank_url,
            "CARDBOT_LOG_LEVEL": "DEBUG",
            "CARDBOT_NEW_TALKS_PER_MINUTE": "100000",
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.program: Sequence[str] = ("-m", "bot.cli", "serve")

    def start(self, seconds: float = 90.0) -> None:
        """Start the process and wait until it answers messages."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program], cwd=ROOT, env=self._environ, stdout=log, stderr=log
            )
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            try:
                if requests.get(f"{self.url}/ready", timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"the server was not ready in time:\n{self.log()[-3000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process; returns its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        return self.process.wait(timeout=30)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `cardbot` command on the same installation."""
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=ROOT, env=self._environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")
