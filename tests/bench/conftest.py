"""Whatever awaits in here does so on both event loops: asyncio's own, and the one that benchmarks run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Drives a coroutine to its end."""
    drive: Callable[[Coroutine[Any, Any, Any]], Any] = request.param
    return drive
