"""When a read is asked again, and when nobody is asked at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wibmo import (
    BadAnswer,
    Misconfigured,
    NotSent,
    Operation,
    OutcomeUnknown,
    Transient,
    WibmoError,
    WrongDetails,
)
from wibmo.retries import LONGEST_PAUSE, Breaker, backoff, may_retry

from .conftest import Time


@given(attempt=st.integers(1, 60), jitter=st.floats(0, 1))
def test_pauses_grow_to_a_limit_and_are_never_zero(attempt: int, jitter: float) -> None:
    assert 0.1 <= backoff(attempt, jitter) <= LONGEST_PAUSE
    assert backoff(attempt, jitter) <= backoff(attempt + 1, 1.0)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (NotSent(), True), (OutcomeUnknown(), True), (BadAnswer(), True), (Transient(code="1052"), True),
        (Transient(code="1054"), True), (Misconfigured("status 401"), False), (Misconfigured(code="1049"), False),
        (WrongDetails(code="1335"), False),
    ],
)  # fmt: skip
def test_reads_repeat_after_no_answer_and_transient_codes_and_writes_never(
    error: WibmoError, again: bool
) -> None:
    assert may_retry(Operation.RETRIEVE, error) is again
    assert may_retry(Operation.VERIFY, error) is again
    for write in (Operation.UPDATE, Operation.SEND_OTP, Operation.VERIFY_OTP):
        assert not may_retry(write, error)


def test_the_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through(time: Time) -> None:
    breaker = Breaker(3, 10.0, time)

    for _ in range(2):
        breaker.failed()
    assert not breaker.is_open()
    breaker.failed()
    assert breaker.is_open()
    time.now += 10
    assert not breaker.is_open()
    assert breaker.is_open()
    breaker.succeeded()
    assert not breaker.is_open()


def test_a_success_in_between_starts_the_count_again(time: Time) -> None:
    breaker = Breaker(2, 10.0, time)

    for _ in range(5):
        breaker.failed()
        breaker.succeeded()

    assert not breaker.is_open()


def test_a_failed_probe_keeps_it_open(time: Time) -> None:
    breaker = Breaker(1, 10.0, time)
    breaker.failed()
    time.now += 10

    assert not breaker.is_open()
    breaker.failed()

    time.now += 9
    assert breaker.is_open()
