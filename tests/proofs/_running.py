"""A Cardbot that a proof starts as a reader would, and one sentence said to it over the web channel."""
from __future__ import annotations

import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HEADERS = {"Content-Type": "application/json", "X-Cardbot": "1"}


def two_free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@contextmanager
def running(command: Sequence[str], folder: Path, var: Path) -> Iterator[str]:
    """The page's address, printed by the command when Cardbot is ready; all of it ends with SIGTERM afterwards."""
    port, bank_port = two_free_ports()
    environ = {
        **os.environ,
        "CARDBOT_PORT": str(port),
        "CARDBOT_SANDBOX_PORT": str(bank_port),
        "CARDBOT_VAR": str(var),
    }
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    still = [number for number in (port, bank_port) if _listens(number)]
    if still:
        raise RuntimeError(f"something still listens on {still} after the stop")


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        print("   ", line.rstrip(), flush=True)
        if "Cardbot is ready:" in line:
            return line.split()[-1]
    raise RuntimeError("it ended before it was ready")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def say(page: str, text: str) -> str:
    """The bot's first answer to one message of a new conversation."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def post(path: str, body: dict[str, str]) -> None:
        request = urllib.request.Request(page + path, json.dumps(body).encode(), HEADERS)
        opener.open(request, timeout=10).close()

    post("web/session", {})
    with opener.open(page + "web/events", timeout=30) as events:
        post("web/messages", {"id": str(uuid.uuid4()), "type": "text", "text": text})
        end = time.monotonic() + 30
        while time.monotonic() < end:
            line = events.readline().decode()
            if not line.startswith("data:") or '"text"' not in line:
                continue
            message = json.loads(line[5:])
            if message["from"] == "bot":
                return str(message["text"])
    raise RuntimeError("no answer within 30 s")
