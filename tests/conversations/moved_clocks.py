"""Fixtures of a bank, and the start of a Cardbot, whose clock a module's tests move on; they stand for the usual ones.

    from tests.conversations.moved_clocks import ahead, bank, running

    __all__ = ["ahead", "bank"]
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conversations.clocked import clock_of, program
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """How many seconds the clock of program and bank is ahead."""
    file = tmp_path_factory.mktemp("clock") / "ahead"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def bank(ahead: Path) -> Iterator[Sandbox]:
    with Sandbox(clock=clock_of(ahead)) as sandbox:
        yield sandbox


@contextmanager
def running(server: Server, ahead: Path) -> Iterator[Server]:
    """The server with a clock that is so far ahead, until the block ends."""
    server.program = program(ahead)
    server.start()
    yield server
    server.stop()
