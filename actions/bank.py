"""Bank calls on threads of their own: nobody who hangs up, and no turn that ends, takes one back."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Bank:
    """Runs jobs that call the bank. A job records by itself whatever must not be lost.

    Its threads are daemons: a bank that stays silent cannot keep the program from ending.
    """

    def __init__(self, patience: float, workers: int = 16) -> None:
        self._patience = patience
        self._workers = workers
        self._threads = 0
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._open = 0
        self._is_closed = False
        self._changed = threading.Condition()

    async def run(self, job: Callable[[], T], on_late: Callable[[T], None] | None = None) -> T | None:
        """The job's result, or None when it takes longer than the patience of a turn (seconds).

        A late result goes to `on_late`, on the job's thread. What the job raises is raised here.
        """
        future = self._submit(job)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), self._patience)
        except TimeoutError:
            future.add_done_callback(lambda done: _arrive_late(done, on_late))
            return None

    def start(self, job: Callable[[], None]) -> None:
        """Run a job that nobody waits for; what it raises is logged by its kind."""
        self._submit(job).add_done_callback(lambda done: _arrive_late(done, None))

    def close(self, seconds: float = 2.0) -> None:
        """Take no more jobs, and wait a little for those that run; the others end with the program."""
        with self._changed:
            self._is_closed = True
            for _ in range(self._threads):
                self._jobs.put(None)
            if not self._changed.wait_for(lambda: self._open == 0, seconds):
                log.warning("%d bank calls were given up at the stop", self._open)

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        with self._changed:
            if self._is_closed:
                raise RuntimeError("the bank is closed")
            self._open += 1
            self._jobs.put((future, job))
            if self._threads < min(self._workers, self._open):
                self._threads += 1
                threading.Thread(target=self._work, name=f"bank-{self._threads}", daemon=True).start()
        return future

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            future, job = given
            try:
                if future.set_running_or_notify_cancel():
                    _settle(future, job)
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()


def _settle(future: Future[T], job: Callable[[], T]) -> None:
    try:
        result = job()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _arrive_late(done: Future[T], on_late: Callable[[T], None] | None) -> None:
    if done.cancelled():
        return
    error = done.exception()
    if error is not None:
        log.error("a bank call failed after its turn: %s", type(error).__name__)
    elif on_late is not None:
        on_late(done.result())
