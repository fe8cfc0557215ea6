"""New talks from one network: so many a minute, and again when the minute is over; nobody else's business."""

from __future__ import annotations

from bot.gateway import crowds
from bot.gateway.crowds import Crowds


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_limit_is_per_minute_and_says_how_long_to_wait() -> None:
    clock = Clock()
    door = Crowds(3, clock)

    first = [door.wait("203.0.113.9") for _ in range(3)]
    clock.now += 20
    refused = [door.wait("203.0.113.9") for _ in range(5)]
    other = door.wait("203.0.113.10")
    clock.now += refused[0]
    again = [door.wait("203.0.113.9") for _ in range(4)]

    assert first == [0, 0, 0]
    assert set(refused) == {41}
    assert other == 0
    assert again[:3] == [0, 0, 0]
    assert again[3] > 0


def test_one_subscriber_s_ipv6_addresses_are_one_network() -> None:
    door = Crowds(2, Clock())

    waits = [door.wait(f"2001:db8:1:2::{number:x}") for number in range(4)]

    assert [wait > 0 for wait in waits] == [False, False, True, True]
    assert door.wait("2001:db8:1:3::1") == 0


def test_what_is_remembered_is_bounded() -> None:
    clock = Clock()
    door = Crowds(1, clock)

    for number in range(3 * crowds.MOST_REMEMBERED):
        door.wait(f"address {number}")
        clock.now += 0.001

    assert len(door._begun) <= crowds.MOST_REMEMBERED + 1
