"""On which processor cores the threads run: those that need Python's lock on one, those that compute without it on the others.

Python lets one thread run at a time. Where its threads are spread over cores, each short call that gives the lock away
(every statement of SQLite) wakes a thread on another core, and getting the lock back means waiting for that one: measured on
two cores, that costs nearly half of all turns. On one core the lock is back before anybody else has woken up.

Where every core is home to some Cardbot, what computes without the lock goes wherever there is time: kept away from its own
program's core it would leave that one idle while it waits for another's, measured with two programs on two cores as a tenth
of all time and a sixth of all turns.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import logging
import os
import re
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

# The scheduler chooses anew so often, for so long: it may know a better core by then.
SETTLED_SECONDS = 60.0
FREE_SECONDS = 0.2
# So often it looks whether other programs of ours have begun or ended.
LOOK_SECONDS = 1.0
CLAIM = "cardbot-core"
_PROCESSOR = 36  # of /proc/thread-self/stat, counted behind the name (proc(5), field 39)

_spared: set[int] = set()


def spare_this_thread() -> None:
    """This thread computes without Python's lock: it goes where no others are, if there is such a place."""
    _spared.add(threading.get_native_id())


def how_many() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OneCore:
    """The cores that this process may use, and which of them its threads share; without a choice it does nothing."""

    def __init__(self) -> None:
        self._claim: socket.socket | None = None
        self._allowed: set[int] = set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set()
        self._home = self._allowed

    async def stay(self) -> None:
        """Keep the threads together until cancelled: on the core of the thread that awaits this, if no other Cardbot has it."""
        if len(self._allowed) < 2:
            return
        try:
            while True:
                self.gather()
                settled = asyncio.get_running_loop().time() + SETTLED_SECONDS
                while (left := settled - asyncio.get_running_loop().time()) > 0:
                    await asyncio.sleep(min(left, LOOK_SECONDS))
                    self._look()
                self.scatter()
                await asyncio.sleep(FREE_SECONDS)
        except OSError as error:  # a container may forbid it
            log.warning("threads stay spread over the cores: errno %s", error.errno)

    def gather(self) -> None:
        """All threads to one core, and threads that they start; the spared ones as `spare` places them."""
        here = _core_of_this_thread()
        self._home = {self._claimed([here, *sorted(self._allowed - {here})])} & self._allowed or self._allowed
        for thread in _native_ids():
            if thread not in _spared:
                _place(thread, self._home)
        self._look()

    def _look(self) -> None:
        try:
            self.spare()
        except OSError as error:  # too many open files, perhaps: until the next look they may be where they are
            log.debug("not seen who else has a core: errno %s", error.errno)

    def spare(self) -> None:
        """The spared threads to the cores that are home to no program of ours; where there is none, anywhere."""
        free = self._allowed - self._home - _claimed_by_anybody()
        for thread in _native_ids():
            if thread in _spared:
                _place(thread, free or self._allowed)

    def scatter(self) -> None:
        """Every thread may run anywhere, and another Cardbot may have the core."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None
        for thread in _native_ids():
            _place(thread, self._allowed)

    def _claimed(self, wanted: Iterable[int]) -> int:
        """The first of these cores that as few other programs of ours have as any; it is ours until this process ends, however it ends."""
        wanted = list(wanted)
        for number, core in ((number, core) for number in itertools.count() for core in wanted):
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                claim.bind(f"\0{CLAIM}-{core}-{number}")  # a name of Linux's own, which leaves no file behind
            except OSError as error:
                claim.close()
                if error.errno == errno.EADDRINUSE:
                    continue
                break
            self._claim = claim
            return core
        return wanted[0]


def _claimed_by_anybody() -> set[int]:
    """The cores of every program of ours that this one can see."""
    known = Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")
    return {int(core) for core in re.findall(rf"@{CLAIM}-(\d+)-\d+$", known, re.MULTILINE)}


def _native_ids() -> list[int]:
    return [each.native_id for each in threading.enumerate() if each.native_id is not None]


def _place(thread: int, cores: set[int]) -> None:
    with suppress(ProcessLookupError):  # it has ended
        os.sched_setaffinity(thread, cores)


def _core_of_this_thread() -> int:
    told = Path("/proc/thread-self/stat").read_text(encoding="utf-8", errors="replace")
    return int(told.rpartition(")")[2].split()[_PROCESSOR])
