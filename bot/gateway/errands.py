"""Small jobs for conversations, on threads of their own: those of one conversation one after the other."""

from __future__ import annotations

import logging
import threading
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
    """`run` never waits; what is still queued at `close` is let go, what runs then is waited for."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="errand")
        self._lock = threading.Lock()
        self._jobs: dict[str, deque[Job]] = {}
        self._is_closed = False

    def run(self, conversation: str, job: Job) -> None:
        """Do this for the conversation once its earlier jobs are done; from any thread."""
        with self._lock:
            if self._is_closed:
                return
            waiting = self._jobs.get(conversation)
            if waiting is not None:
                if len(waiting) < LONGEST_QUEUE:
                    waiting.append(job)
                return
            self._jobs[conversation] = deque([job])
            self._pool.submit(self._work_off, conversation)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for waiting in self._jobs.values():
                waiting.clear()
        self._pool.shutdown(wait=True)

    def _work_off(self, conversation: str) -> None:
        while True:
            with self._lock:
                waiting = self._jobs[conversation]
                if not waiting:
                    del self._jobs[conversation]
                    return
                job = waiting.popleft()
            try:
                job()
            except Exception as error:
                log.error("an errand for %s failed: %s", conversation, kind_and_place(error))
