"""Stock Rasa 3.6.21 with TensorFlow on Python 3.10 and the project that `rasa init` makes: built when asked for, kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.processes import Program, folder_mb, free_port, plain_environment, timed
from bench.talks import StockTalk

VERSION = "3.6.21"
NO_CACHE = {"RASA_MAX_CACHE_SIZE": "0"}  # every training is a whole one


class NoPython(Exception):
    """There is no Python that stock Rasa runs on."""


class StockRasa:
    """The environment and the default project in one folder."""

    def __init__(self, folder: Path) -> None:
        self._env, self._project, self._log = folder / "env", folder / "project", folder / "log"

    def build(self, say: Callable[[str], None]) -> None:
        """Whatever is missing: the environment (2.7 GB), the project, its model."""
        self._env.parent.mkdir(parents=True, exist_ok=True)
        if not (self._env / "complete").exists():
            say("stock Rasa: installing, which takes some minutes …")
            shutil.rmtree(self._env, ignore_errors=True)
            environ = plain_environment()
            timed([find_python(), "-m", "venv", str(self._env)], self._env.parent, environ, self._log)
            # Rasa imports pkg_resources, which newer setuptools do not have.
            wanted = [f"rasa=={VERSION}", "setuptools<80"]
            timed([self._bin("python"), "-m", "pip", "install", *wanted], self._env.parent, environ, self._log)
            (self._env / "complete").touch()
        if not list(self._project.glob("models/*.tar.gz")):
            say("stock Rasa: making its default project …")
            shutil.rmtree(self._project, ignore_errors=True)
            self._project.mkdir()
            self._rasa("init", "--no-prompt", "--init-dir", str(self._project), folder=self._env.parent)

    def train(self) -> float:
        """Seconds of a whole training."""
        return self._rasa("train", "--force", folder=self._project)

    def install_mb(self) -> float:
        return folder_mb(self._env)

    def serve(self) -> StockServer:
        """Start its server, with its REST channel and nothing else."""
        port = free_port()
        command = [self._bin("rasa"), "run", "--port", str(port), "--interface", "127.0.0.1", "--enable-api"]
        return StockServer(Program(command, self._project, plain_environment(), self._log), f"http://127.0.0.1:{port}")

    def _rasa(self, *arguments: str, folder: Path) -> float:
        environ = {**plain_environment(), **NO_CACHE}
        return timed([self._bin("rasa"), *arguments], folder, environ, self._log)

    def _bin(self, name: str) -> str:
        return str(self._env / "bin" / name)


class StockServer:
    """Stock Rasa's own server, answering once its model is loaded."""

    def __init__(self, program: Program, url: str) -> None:
        self._program, self._url = program, url
        self.start_s = program.wait_for(f"{url}/status")

    def talk(self, number: int) -> StockTalk:
        return StockTalk(self._url)

    def peak_mb(self) -> float:
        return self._program.peak_mb()

    def stop(self) -> None:
        self._program.stop()


def find_python() -> str:
    """A Python 3.10 of this machine."""
    here = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [os.environ.get("BENCH_PYTHON310", ""), "python3.10", *map(str, sorted(here.glob("3.10.*/bin/python3")))]
    asked = "import sys; sys.exit(sys.version_info[:2] != (3, 10))"
    for each in filter(None, candidates):
        path = shutil.which(each)
        if path and subprocess.run([path, "-c", asked], capture_output=True, check=False).returncode == 0:
            return path
    raise NoPython("stock Rasa needs Python 3.10, and there is none; name one in BENCH_PYTHON310")
