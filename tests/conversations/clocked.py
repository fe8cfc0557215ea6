"""`cardbot serve` whose clock a test moves on: the seconds to add to the time stand in a file."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from actions.services import build
from actions.settings import Settings
from bot import logs


def clock_of(file: Path) -> Callable[[], float]:
    """The time plus what the file says."""
    now = time.time
    return lambda: now() + float(file.read_text() or 0)


def program(ahead: Path) -> Sequence[str]:
    """What a `Server` runs instead of `cardbot serve`."""
    return ("-m", "tests.conversations.clocked", str(ahead))


def move(file: Path, seconds: float) -> None:
    """Write beside it, then put it there: a reader always finds a whole number."""
    new = file.with_suffix(".new")
    new.write_text(str(float(file.read_text()) + seconds))
    new.replace(file)


def main(ahead: Path) -> None:
    from bot.gateway.app import make_app
    from bot.gateway.runtime import Runtime

    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_level)
    clock = clock_of(ahead)
    time.time = clock  # Rasa stamps its events with the time of the process: it is the same as everybody else's
    listening = socket.create_server((settings.host, settings.port), backlog=512)
    runtime = Runtime(build(settings, Path.cwd(), clock=clock), settings.model)
    make_app(runtime, settings).run(sock=listening, single_process=True, motd=False, access_log=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
