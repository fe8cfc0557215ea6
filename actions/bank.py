"""Bank calls on threads of their own: nobody who hangs up, and no turn that ends, takes one back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Bank:
    """Runs jobs that call the bank. A job records by itself whatever must not be lost."""

    def __init__(self, patience: float, workers: int = 16) -> None:
        self._patience = patience
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="bank")

    async def run(self, job: Callable[[], T], on_late: Callable[[T], None] | None = None) -> T | None:
        """The job's result, or None when it takes longer than the patience of a turn (seconds).

        A late result goes to `on_late`, on the job's thread. What the job raises is raised here.
        """
        future = self._threads.submit(job)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), self._patience)
        except TimeoutError:
            future.add_done_callback(lambda done: _arrive_late(done, on_late))
            return None

    def start(self, job: Callable[[], None]) -> None:
        """Run a job that nobody waits for; what it raises is logged by its kind."""
        self._threads.submit(job).add_done_callback(lambda done: _arrive_late(done, None))

    def close(self) -> None:
        """Let running jobs end, then stop."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _arrive_late(done: Future[T], on_late: Callable[[T], None] | None) -> None:
    if done.cancelled():
        return
    error = done.exception()
    if error is not None:
        log.error("a bank call failed after its turn: %s", type(error).__name__)
    elif on_late is not None:
        on_late(done.result())
