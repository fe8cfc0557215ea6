"""How many new talks one network begins: many people may share an address, but no minute's worth of them."""

from __future__ import annotations

import ipaddress
import threading
from collections import deque
from collections.abc import Callable

MINUTE = 60.0
MOST_REMEMBERED = 10_000


class Crowds:
    """In memory, for this process: `most` a minute from an IPv4 address or the /64 of an IPv6 one."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[str, deque[float]] = {}

    def wait(self, address: str) -> int:
        """0 and the talk counts, or the whole seconds until another one may begin there."""
        now, network = self._clock(), _network(address)
        with self._lock:
            begun = self._begun.setdefault(network, deque())
            while begun and now - begun[0] >= MINUTE:
                begun.popleft()
            if len(begun) >= self._most:
                return max(1, int(begun[0] + MINUTE - now + 1))
            begun.append(now)
            if len(self._begun) > MOST_REMEMBERED:
                self._forget(now)
            return 0

    def _forget(self, now: float) -> None:
        """Whoever began nothing for a minute; if that is nobody, everybody, rather than to grow for ever."""
        self._begun = {each: begun for each, begun in self._begun.items() if begun and now - begun[-1] < MINUTE}
        if len(self._begun) > MOST_REMEMBERED:
            self._begun.clear()


def _network(address: str) -> str:
    """The network that one subscriber has; what is no address stands for itself.

    >>> _network("203.0.113.9"), _network("2001:db8:1:2:3::4")
    ('203.0.113.9', '2001:db8:1:2::')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)
