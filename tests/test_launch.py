"""`make run`'s launcher, watched from outside: what it refuses, and how it ends."""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.launch import CannotStart, require_free, sandbox_port, train
from bot.parts import Part, PartEnded

ROOT = Path(__file__).resolve().parents[1]


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=rf"port {number} .*(.|\n)*make run CARDBOT_PORT={number + 1}"):
            require_free("127.0.0.1", number, "CARDBOT_PORT", "Cardbot")


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1"])
def test_an_impossible_sandbox_port_is_refused(text: str) -> None:
    with pytest.raises(CannotStart, match="CARDBOT_SANDBOX_PORT"):
        sandbox_port({"CARDBOT_SANDBOX_PORT": text})


def test_a_training_that_fails_stops_the_start() -> None:
    with pytest.raises(PartEnded, match="could not be trained"):
        train(Part("training", [sys.executable, "-c", "raise SystemExit(1)"], dict(os.environ)))


def test_make_run_refuses_a_port_that_is_taken_before_it_does_anything(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = {**os.environ, "CARDBOT_PORT": str(taken.getsockname()[1]), "CARDBOT_VAR": str(tmp_path / "var")}

        done = subprocess.run(
            [sys.executable, "-m", "bot.launch"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
        )

    assert done.returncode == 2
    assert "meant for Cardbot, cannot be had" in done.stderr
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_during_the_start_ends_everything_with_exit_code_0(number: int, tmp_path: Path) -> None:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = {"CARDBOT_PORT": str(one.getsockname()[1]), "CARDBOT_SANDBOX_PORT": str(other.getsockname()[1])}
    environ = {**os.environ, **ports, "CARDBOT_VAR": str(tmp_path / "var")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.launch"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # whoever tests under nohup ignores it
    )  # fmt: skip
    while not (tmp_path / "var" / "log").exists():
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(number)
    said, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert said.endswith("stopped\n")


DROPPED = """
import os, signal, time
from bot.launch import Stopped, _stop

signal.signal(signal.SIGTERM, _stop)
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
try:
    if os.fork() == 0:
        os._exit(0)
    time.sleep(20)
    print("went on")
except Stopped:
    print("stopped")
"""


def test_a_signal_that_arrives_where_python_drops_exceptions_ends_it_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", DROPPED], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert "Exception ignored in" in done.stderr
    assert done.stdout == "stopped\n"
