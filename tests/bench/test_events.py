"""Events arrive whole, in order, however the stream was cut."""

from __future__ import annotations

import pytest

from bench.events import Events

STREAM = (
    b": connected\n\n"
    b'id: 1\nevent: message\ndata: {"id": 1}\n\n'
    b'event: typing\ndata: {"on": true}\n\n'
    b": ping\n\n"
    b'id: 2\nevent: message\ndata: {"id": 2}\n\n'
)


@pytest.mark.parametrize("size", [1, 2, 7, 40, len(STREAM)])
def test_events_are_whole_however_they_are_cut(size: int):
    heard: list[tuple[bytes, bytes]] = []
    events = Events(lambda name, data: heard.append((name, data)))

    for start in range(0, len(STREAM), size):
        events.feed(STREAM[start : start + size])

    assert heard == [(b"message", b'{"id": 1}'), (b"typing", b'{"on": true}'), (b"message", b'{"id": 2}')]


def test_an_event_is_heard_with_its_last_byte():
    heard: list[bytes] = []
    events = Events(lambda name, data: heard.append(name))

    events.feed(b"event: message\ndata: {}\n")
    assert heard == []

    events.feed(b"\n")
    assert heard == [b"message"]
