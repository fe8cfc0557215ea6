"""A pretend bank, a client of it, and a time that only tests move."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from wibmo import CardClient
from wibmo.sandbox import Sandbox

NOON = 1_795_329_000.0  # 22 November 2026, 12:00 in India


class Time:
    """A clock and a sleep that agree with each other."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def counting_bytes() -> Callable[[int], bytes]:
    """Random bytes that are not, and never the same twice."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(max(length, 4), "big")[-length:]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def bank(time: Time) -> Iterator[Sandbox]:
    with Sandbox(clock=time, new_otp=lambda: "246810") as sandbox:
        yield sandbox


@pytest.fixture
def connect(time: Time) -> Iterator[Callable[..., CardClient]]:
    """Makes clients of a sandbox; they are closed afterwards."""
    clients: list[CardClient] = []

    def make(sandbox: Sandbox, **changes: Any) -> CardClient:
        config = sandbox.config(**{"read_timeout": 5.0, **changes})
        clients.append(CardClient(config, clock=time, sleep=time.sleep))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(bank: Sandbox, connect: Callable[..., CardClient]) -> CardClient:
    return connect(bank)


ASHA = {"last_four": "8305", "expiry": "0827", "date_of_birth": date(1993, 7, 11)}
ASHA_URN = "70000000001"
