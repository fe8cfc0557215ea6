"""A cardholder at the web channel: says things over real HTTP, reads the event stream as the widget does."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

HEADERS = {"X-Cardbot": "1"}


class Visitor:
    """One browser: a cookie jar, a stream of events, and what was read from it so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.headers.update(HEADERS)
        self.messages: list[dict[str, Any]] = []
        self._arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self._last = 0
        self._stopped = threading.Event()

    def open(self) -> Visitor:
        self.http.post(f"{self.url}/web/session", json={}, timeout=10).raise_for_status()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def close(self) -> None:
        self._stopped.set()

    def post(self, body: dict[str, Any]) -> requests.Response:
        return self.http.post(f"{self.url}/web/messages", json={"id": uuid.uuid4().hex, **body}, timeout=20)

    def say(self, text: str, **wait: Any) -> list[str]:
        """Send a message; returns the texts of the answers."""
        return self._answers(lambda: self.post({"type": "text", "text": text}), **wait)

    def details(self, last_four: str, card_expiry: str, date_of_birth: str, **wait: Any) -> list[str]:
        """Fill in the secure card."""
        fields = {"last_four": last_four, "card_expiry": card_expiry, "date_of_birth": date_of_birth}
        return self._answers(lambda: self.post({"type": "details", **fields}), **wait)

    def press(self, title: str, **wait: Any) -> list[str]:
        """Press the newest button of this title."""
        button = next(b for m in reversed(self.messages) for b in reversed(m["buttons"]) if b["title"] == title)
        return self._answers(lambda: self.post({"type": "button", "button": button["id"]}), **wait)

    def wait_for(self, part: str, seconds: float = 20.0) -> str:
        """The next message that contains `part`, of those that were not returned before."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                message = self._arrived.get(timeout=0.2)
            except queue.Empty:
                continue
            if part in message["text"]:
                return str(message["text"])
        raise AssertionError(f"no message with {part!r}; the last ones: {self.texts[-5:]}")

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    def _answers(
        self, send: Callable[[], requests.Response], *, quiet: float = 0.25, seconds: float = 20.0
    ) -> list[str]:
        while not self._arrived.empty():
            self._arrived.get()
        sent = send()
        assert sent.status_code == 202, (sent.status_code, sent.text)
        texts: list[str] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                texts.append(self._arrived.get(timeout=quiet if texts else 0.2)["text"])
            except queue.Empty:
                if texts:
                    break
        assert texts, "no answer came"
        self.http.post(f"{self.url}/web/acks", json={"last": self._last}, timeout=10)
        return texts

    def _listen(self) -> None:
        after = 0
        while not self._stopped.is_set():
            try:
                with self.http.get(
                    f"{self.url}/web/events", params={"after": after}, stream=True, timeout=30
                ) as stream:
                    after = self._read(stream, after)
            except requests.RequestException:
                pass
            time.sleep(0.05)

    def _read(self, stream: requests.Response, after: int) -> int:
        name = ""
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if self._stopped.is_set():
                return after
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == "message":
                message = json.loads(line.removeprefix("data: "))
                after = self._last = message["id"]
                if message["from"] == "you":
                    continue
                self.messages.append(message)
                self._arrived.put(message)
        return after
