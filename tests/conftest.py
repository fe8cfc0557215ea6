"""What holds for every test: no variable of the caller's reaches it, and it talks to this machine alone."""
from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings

T = TypeVar("T")

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
for _name in [name for name in os.environ if name.startswith("CARDBOT_")]:
    del os.environ[_name]

settings.register_profile("default", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=200, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


class OutsideWorld(BaseException):
    """A test tried to reach another machine; not an Exception, so that no `except Exception` hides it."""


def is_here(host: object) -> bool:
    """Whether a host that a socket was given is this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_here(host):
        raise OutsideWorld("a test reached for another machine")


sys.addaudithook(_watch)


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Drives a coroutine to its end: the one way in which a test awaits."""
    return asyncio.run


@pytest.fixture
def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
