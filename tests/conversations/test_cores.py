"""The running program's threads share a processor core, but for the one that computes sentence vectors."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bot.cores import _claimed_by_anybody
from tests.conversations.server import Server

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="there is no choice of cores"
)


def test_its_threads_share_a_core_but_for_the_sentence_encoder(server: Server) -> None:
    assert server.process is not None
    until = time.monotonic() + 10
    while not is_settled(cores := threads_by_cores(server.process.pid)):  # now and then the scheduler chooses anew
        assert time.monotonic() < until, cores
        time.sleep(0.1)


def is_settled(cores: dict[frozenset[int], list[int]]) -> bool:
    home = max(cores, key=lambda each: len(cores[each]))
    allowed = frozenset(os.sched_getaffinity(0))
    free = allowed - home - _claimed_by_anybody()  # none, beside other Cardbots: then it goes anywhere, as a library's own thread does
    is_spared = len(cores.get(free, ())) == 1 if free else len(cores.get(allowed, ())) in (1, 2)
    return len(home) == 1 and len(cores[home]) > 3 and is_spared


def threads_by_cores(pid: int) -> dict[frozenset[int], list[int]]:
    """The threads of a process by the cores that they may run on."""
    found: dict[frozenset[int], list[int]] = {}
    for each in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            found.setdefault(frozenset(os.sched_getaffinity(int(each.name))), []).append(int(each.name))
    return found
