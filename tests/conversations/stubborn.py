"""A visitor whose browser gives up nothing: it sends a message again, under the same id, until it is accepted."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from tests.conversations.cardholders import Holder
from tests.conversations.visitor import Visitor


def wait_until(holds: Callable[[], Any], seconds: float = 20.0, what: str = "it did not happen in time") -> None:
    """Return as soon as the condition holds; AssertionError if it does not in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(what)
        time.sleep(0.02)


class Stubborn(Visitor):
    """Remembers what it sent; `send` returns once the server has taken the message, whatever died meanwhile."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.sent: list[dict[str, Any]] = []
        self.own: list[dict[str, Any]] = []
        self.refused: list[int] = []

    def send(self, body: dict[str, Any], seconds: float = 60.0) -> str:
        """Post until it is accepted; returns the message's id."""
        message = {"id": uuid.uuid4().hex, **body}
        self.sent.append(message)
        self.deliver(message, seconds)
        return str(message["id"])

    def say_only(self, text: str) -> str:
        """Send words and wait for no answer."""
        return self.send({"type": "text", "text": text})

    def give(self, holder: Holder, **other: str) -> str:
        """Send the secure card and wait for no answer."""
        fields = {"last_four": holder.last_four, "card_expiry": holder.slashed, "date_of_birth": holder.birthday}
        return self.send({"type": "details", **fields, **other})

    def press_only(self, title: str) -> str:
        button = next(b for m in reversed(self.messages) for b in reversed(m["buttons"]) if b["title"] == title)
        return self.send({"type": "button", "button": button["id"]})

    def deliver(self, message: dict[str, Any], seconds: float = 60.0) -> None:
        """Post this very message until it is accepted."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                status = self.http.post(f"{self.url}/web/messages", json=message, timeout=20).status_code
            except requests.RequestException:
                status = 0
            if status == 202:
                return
            self.refused.append(status)
            time.sleep(0.1 if status in (0, 503) else 1.0)
        raise AssertionError(f"the message was never accepted: {self.refused[-5:]}")

    def deliver_again(self) -> None:
        """Every message once more, as a browser does that never saw an answer to its requests."""
        for message in self.sent:
            self.deliver(message)

    def has(self, part: str, seconds: float = 30.0, *, times: int = 1) -> bool:
        """Whether messages with these words were shown, or are within the time."""
        try:
            wait_until(lambda: self.count(part) >= times, seconds)
        except AssertionError:
            return False
        return True

    def count(self, part: str) -> int:
        return sum(part in text for text in self.texts)

    def show_again(self) -> list[str]:
        """What a page shows that is loaded anew."""
        fresh = Stubborn(self.url)
        fresh.http.cookies.update(self.http.cookies)
        fresh.open()
        wait_until(lambda: len(fresh.messages) >= len(self.messages), 20)
        fresh.close()
        return fresh.texts

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                with self.http.get(
                    f"{self.url}/web/events", params={"after": self._last}, stream=True, timeout=30
                ) as stream:
                    self._read(stream, self._last)
            except requests.RequestException:
                pass
            time.sleep(0.05)
