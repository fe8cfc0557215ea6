"""Small jobs for conversations, on threads of their own: those of one conversation one after the other."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot.blame import kind_and_place

log = logging.getLogger(__name__)

Job = Callable[[], None]
WORKERS = 8
# Beyond this a conversation's further jobs are let go: answers are found again in the outbox.
LONGEST_QUEUE = 64


class Errands:
    """`run` never waits. Each channel has threads of its own, so that a platform that hangs holds up no other.

    What is still queued at `close` is let go, what runs then is waited for. `now` is a clock that never jumps.
    """

    def __init__(self, workers: int = WORKERS, now: Callable[[], float] = time.monotonic) -> None:
        self._workers = workers
        self._now = now
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self._jobs: dict[str, deque[tuple[Job, float]]] = {}
        self._is_closed = False

    def run(self, conversation: str, job: Job, *, within: float = float("inf")) -> None:
        """Do this for the conversation once its earlier jobs are done, or not at all if that takes longer; from any thread."""
        with self._lock:
            if self._is_closed:
                return
            waiting = self._jobs.get(conversation)
            entry = (job, self._now() + within)
            if waiting is not None:
                if len(waiting) < LONGEST_QUEUE:
                    waiting.append(entry)
                return
            self._jobs[conversation] = deque([entry])
            self._pool(conversation.partition(":")[0]).submit(self._work_off, conversation)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for waiting in self._jobs.values():
                waiting.clear()
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def _pool(self, channel: str) -> ThreadPoolExecutor:
        if channel not in self._pools:
            self._pools[channel] = ThreadPoolExecutor(self._workers, thread_name_prefix=f"{channel}-errand")
        return self._pools[channel]

    def _work_off(self, conversation: str) -> None:
        while True:
            with self._lock:
                waiting = self._jobs[conversation]
                if not waiting:
                    del self._jobs[conversation]
                    return
                job, until = waiting.popleft()
            if self._now() <= until:
                self._do(conversation, job)

    def _do(self, conversation: str, job: Job) -> None:
        try:
            job()
        except Exception as error:
            log.error("an errand for %s failed: %s", conversation, kind_and_place(error))
