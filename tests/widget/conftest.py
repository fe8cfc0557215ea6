"""The widget's fixtures: a browser and a server that speaks the web channel's protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.widget.browser import chromium, open_chat
from tests.widget.fake_server import FakeServer

__all__ = ["chromium", "open_chat", "server"]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server whose clock stands at 10:42 in India."""
    fake = FakeServer(now=lambda: "2026-11-22T10:42:07+05:30")
    yield fake
    fake.close()
