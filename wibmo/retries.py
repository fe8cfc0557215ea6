"""When a read may be tried again, and when it is kinder not to try at all."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wibmo.codes import is_retryable
from wibmo.errors import NotSent, OutcomeUnknown, Transient, WibmoError
from wibmo.operations import Operation

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after the given attempt (from 1); `jitter` in 0…1 spreads callers apart.

    >>> backoff(1, 1.0), backoff(3, 1.0), backoff(9, 1.0), backoff(1, 0.0)
    (0.2, 0.8, 2.0, 0.1)
    """
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    return longest / 2 + longest / 2 * jitter


def may_retry(operation: Operation, error: WibmoError) -> bool:
    """Whether the question may be asked again; a write never."""
    if not operation.is_read:
        return False
    if error.code is not None:
        return is_retryable(operation, error.code)
    return isinstance(error, NotSent | OutcomeUnknown | Transient)


class Breaker:
    """Stops asking a host that failed several times in a row; one caller tries again after a pause."""

    def __init__(self, failures: int, pause: float, monotonic: Callable[[], float]) -> None:
        self._limit = failures
        self._pause = pause
        self._monotonic = monotonic
        self._failures = 0
        self._closed_again_at = 0.0
        self._lock = threading.Lock()

    def is_open(self) -> bool:
        """Whether to stay away; says no to one caller per pause, who is the probe."""
        with self._lock:
            if self._failures < self._limit:
                return False
            if self._monotonic() < self._closed_again_at:
                return True
            self._closed_again_at = self._monotonic() + self._pause
            return False

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._closed_again_at = self._monotonic() + self._pause
