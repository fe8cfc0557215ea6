"""A sandbox with a crowd of cardholders, as a program of its own: python -m bench.bank PORT PEOPLE"""

from __future__ import annotations

import json
import signal
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from bench.processes import Program, free_port, plain_environment
from wibmo.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = 200
DOOR = {"X-Sandbox": "1"}


def entry(number: int) -> dict[str, Any]:
    """A cardholder as seed.json writes one."""
    card = {
        "urn": f"7{number:010}",
        "last_four": f"{1000 + 37 * number % 9000:04}",
        "expires": f"+{6 + number % 30}m",
        "wallets": {"GPR Wallet": "1,00,000.00", "Meal Wallet": "2,345.50"},
    }
    return {
        "key": f"crowd-{number}",
        "name": ["Asha", "Menon"],
        "date_of_birth": f"{1960 + number % 40}-{1 + number % 12:02}-{1 + number % 28:02}",
        "mobile": f"9198{number:08}",
        "email": f"crowd{number}@example.com",
        "cards": [card],
    }


class Bank:
    """The sandbox in its own process; `people` are dictionaries of the three details."""

    def __init__(self, log: Path) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "bench.bank", str(port), str(PEOPLE)]
        self.program = Program(command, ROOT, plain_environment(), log)
        self.people: list[dict[str, str]] = []

    def wait(self) -> None:
        """Until it answers."""
        self.program.wait_for(f"{self.url}/_sandbox/people", **DOOR)
        self.people = json.loads(self._door("GET", "people"))

    def take(self, seconds: float) -> None:
        """From now on every call takes so long."""
        self._door("DELETE", "faults")
        if seconds:
            self._door("POST", "faults", {"operation": "*", "kind": f"latency={seconds}", "times": None})

    def _door(self, verb: str, name: str, body: dict[str, Any] | None = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_sandbox/{name}", data, DOOR, method=verb)
        with urllib.request.urlopen(request, timeout=5.0) as reply:
            return bytes(reply.read())


def main(port: int, people: int) -> None:
    """Serves until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with Sandbox(port=port, people=[entry(number) for number in range(people)]):
        stop.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
