"""Server-sent events, put together from however a stream was cut on its way."""

from __future__ import annotations

from collections.abc import Callable


class Events:
    """Tells `hear` the name and the data of every event, as soon as its last byte is there.

    Knows what Cardbot sends: lines that end in a line feed, at most one line of data in an event.
    """

    def __init__(self, hear: Callable[[bytes, bytes], None]) -> None:
        self._hear = hear
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        *whole, self._rest = (self._rest + piece).split(b"\n\n")
        for event in whole:
            name = data = b""
            for line in event.split(b"\n"):
                if line.startswith(b"event: "):
                    name = line[7:]
                elif line.startswith(b"data: "):
                    data = line[6:]
            if data:
                self._hear(name, data)
