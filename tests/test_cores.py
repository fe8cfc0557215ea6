"""Threads that need Python's lock share a core, those that do not have the others; tried in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
needs_a_choice = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="there is no choice of cores"
)

BEGINNING = """
import os, threading
from bot import cores

def thread(*, spared=False):
    begun, end = threading.Event(), threading.Event()
    def wait():
        if spared:
            cores.spare_this_thread()
        begun.set()
        end.wait()
    made = threading.Thread(target=wait, daemon=True)
    made.start()
    begun.wait()
    return made.native_id

cores.CLAIM = f"cardbot-test-{os.getpid()}"  # nobody else's on this machine
allowed = os.sched_getaffinity(0)
one_core, plain, spared = cores.OneCore(), thread(), thread(spared=True)
"""


def outcome(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_a_choice
def test_threads_share_a_core_and_a_spared_one_has_the_others() -> None:
    script = """
one_core.gather()
home = os.sched_getaffinity(0)
assert len(home) == 1, home
assert os.sched_getaffinity(plain) == home
assert os.sched_getaffinity(spared) == allowed - home
assert os.sched_getaffinity(thread()) == home, "a thread that is begun later"
one_core.scatter()
assert os.sched_getaffinity(0) == os.sched_getaffinity(plain) == os.sched_getaffinity(spared) == allowed
"""
    assert outcome(script) == ""


@needs_a_choice
def test_a_spared_thread_leaves_the_core_of_another_program_alone_or_goes_anywhere_if_every_core_is_some_programs() -> None:
    other = """
import asyncio, os, sys
from bot import cores
cores.CLAIM, home = sys.argv[1], int(sys.argv[2])
os.sched_setaffinity(0, {home})
one_core = cores.OneCore()
one_core.gather()
assert os.sched_getaffinity(0) == {home}
print("claimed", flush=True)
sys.stdin.read()
"""
    script = f"""
import asyncio, subprocess, sys
cores.LOOK_SECONDS = 0.02

def begin(core):
    begun = subprocess.Popen([sys.executable, "-c", {other!r}, cores.CLAIM, str(core)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert begun.stdout.readline() == b"claimed\\n"
    return begun

async def until(cores):
    while os.sched_getaffinity(spared) != cores:
        await asyncio.sleep(0.01)

async def watch():
    staying = asyncio.create_task(one_core.stay())
    await asyncio.sleep(0)
    home = os.sched_getaffinity(plain)
    others, begun = sorted(allowed - home), []
    await until(set(others))
    while others:
        begun.append(begin(others.pop()))
        await until(set(others) or allowed)
    last = min(allowed - home)
    beside = begin(last)  # two on one core, of which the first ends
    begun.pop().communicate()
    await asyncio.sleep(0.1)
    assert os.sched_getaffinity(spared) == allowed, "one lives there still"
    beside.communicate()
    await until({{last}})
    for each in begun:
        each.communicate()
    staying.cancel()

asyncio.run(asyncio.wait_for(watch(), 50))
"""
    assert outcome(script) == ""


@needs_a_choice
def test_now_and_then_the_scheduler_chooses_anew() -> None:
    script = """
import asyncio
cores.SETTLED_SECONDS = cores.FREE_SECONDS = 0.1
async def watch():
    staying, seen = asyncio.create_task(one_core.stay()), []
    for _ in range(60):
        await asyncio.sleep(0.01)
        seen.append(len(os.sched_getaffinity(plain)))
    staying.cancel()
    print(sorted(set(seen)) == [1, len(allowed)])
asyncio.run(watch())
"""
    assert outcome(script) == "True"


@needs_a_choice
def test_where_only_one_core_is_allowed_nothing_is_done() -> None:
    script = """
import asyncio
os.sched_setaffinity(0, {min(allowed)})
asyncio.run(cores.OneCore().stay())
print(os.sched_getaffinity(plain) == allowed)
"""
    assert outcome(script) == "True"


@needs_a_choice
def test_a_machine_that_forbids_it_is_left_alone_and_the_log_says_so() -> None:
    script = """
import asyncio, logging
logging.basicConfig(format="%(message)s", stream=__import__("sys").stdout)
def forbidden(*_):
    raise PermissionError(1, "not permitted")
os.sched_setaffinity = forbidden
asyncio.run(one_core.stay())
"""
    assert outcome(script) == "threads stay spread over the cores: errno 1"


@needs_a_choice
def test_two_programs_have_two_cores_and_one_that_ended_leaves_its_core() -> None:
    other = """
import os, sys
from bot import cores
cores.CLAIM = sys.argv[1]
one_core = cores.OneCore()
one_core.gather()
print(*os.sched_getaffinity(0), flush=True)
sys.stdin.read()
"""
    script = f"""
import subprocess, sys
one_core.gather()
mine = os.sched_getaffinity(0)
os.sched_setaffinity(0, allowed)
begun = subprocess.Popen([sys.executable, "-c", {other!r}, cores.CLAIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
theirs = {{int(begun.stdout.readline())}}
assert theirs != mine, (theirs, mine)

one_core.scatter()
os.sched_setaffinity(0, theirs)  # where the scheduler would have it
one_core.gather()
assert os.sched_getaffinity(0) != theirs, "the other has that one"

begun.kill()
begun.communicate()
one_core.scatter()
os.sched_setaffinity(0, theirs)
one_core.gather()
assert os.sched_getaffinity(0) == theirs, "it is free now"
"""
    assert outcome(script) == ""
