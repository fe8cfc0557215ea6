"""Programs that are started together: each is watched, named when it dies, and never left behind."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.launch import answers_at, listens_at
from bot.parts import Launcher, Part, PartEnded

ROOT = Path(__file__).resolve().parents[1]
LISTENS = (
    "import http.server, sys; print('hello from the part', flush=True);"
    "http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()"
)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def part(script: str, *arguments: object, log: Path | None = None) -> Part:
    return Part("the part", [sys.executable, "-c", script, *map(str, arguments)], dict(os.environ), log)


def eventually(holds: Callable[[], bool], patience: float = 15.0) -> bool:
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_part_is_started_until_it_answers_and_stopped_at_the_end(free_port: int, tmp_path: Path) -> None:
    said: list[str] = []
    web = part(LISTENS, free_port, log=tmp_path / "part.log")

    with Launcher(said.append) as launcher:
        launcher.start(web, lambda: listens_at("127.0.0.1", free_port))
        answered = answers_at(f"http://127.0.0.1:{free_port}/")

    assert answered
    assert not listens_at("127.0.0.1", free_port)
    assert "hello from the part" in (tmp_path / "part.log").read_text()
    assert (tmp_path / "part.log").stat().st_mode & 0o777 == 0o600


def test_a_part_that_dies_is_named_with_its_last_words() -> None:
    web = part("import sys; print('the disk is full'); sys.exit(3)")

    with Launcher(print) as launcher, pytest.raises(PartEnded, match=r"the part ended .*code 3(.|\n)*the disk is full"):
        launcher.start(web, lambda: False)


def test_when_one_part_dies_the_other_is_stopped(free_port: int) -> None:
    good, bad = part(LISTENS, free_port), part("import time; time.sleep(0.3)")

    def launch() -> None:
        with Launcher(print) as launcher:
            launcher.start(good, lambda: listens_at("127.0.0.1", free_port))
            launcher.start(bad, lambda: True)
            launcher.watch()

    with pytest.raises(PartEnded):
        launch()
    assert not listens_at("127.0.0.1", free_port)


def test_a_part_that_never_answers_is_given_up() -> None:
    said: list[str] = []
    seconds = iter(range(0, 1000, 3))

    with (
        pytest.raises(PartEnded, match="did not answer within 10 s"),
        Launcher(said.append, clock=lambda: float(next(seconds))) as launcher,
    ):
        launcher.start(part("import time; time.sleep(60)"), lambda: False, patience=10.0)

    assert said[0] == "the part is starting … 3 s"


def test_a_part_that_will_not_stop_is_killed() -> None:
    deaf = part(STUBBORN)
    deaf.start()
    assert eventually(lambda: "up" in deaf.said)

    deaf.stop(grace=0.1)
    deaf.hear_out()

    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


@pytest.fixture
def keeper(free_port: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A launcher process of its own that watches one part; and the part's process id."""
    script = (
        "import os, sys\n"
        "from bot.launch import listens_at\n"
        "from bot.parts import Launcher, Part\n"
        f"part = Part('the part', [sys.executable, '-c', {LISTENS!r}, '{free_port}'], dict(os.environ))\n"
        "with Launcher(print) as launcher:\n"
        f"    launcher.start(part, lambda: listens_at('127.0.0.1', {free_port}))\n"
        "    print(part.process.pid, flush=True)\n"
        "    launcher.watch()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_the_parts_do_not_outlive_a_killed_launcher(keeper: tuple[subprocess.Popen[str], int]) -> None:
    process, child = keeper
    assert is_running(child)

    process.kill()

    assert eventually(lambda: not is_running(child))
