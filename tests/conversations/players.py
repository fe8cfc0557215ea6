"""Whoever plays a written talk: a browser or a phone, which know when a turn is over without waiting for silence."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import requests

from tests.conversations.channels.phones import PHONES, Phone
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server
from tests.conversations.visitor import HEADERS

_BULLET = "\n• "


class Turns:
    """Looks from outside at which messages of the only talk that goes on have been answered, and delivered."""

    def __init__(self, server: Server) -> None:
        self._database = f"file:{server.var / 'cardbot.db'}?mode=ro"

    def over(self, seconds: float = 30.0) -> tuple[str, int]:
        """Wait until nothing is left to do; the talk that came last, and where its newest answer stands."""
        until = time.monotonic() + seconds
        with closing(sqlite3.connect(self._database, uri=True)) as db:
            while time.monotonic() < until:
                busy = "SELECT count(*) FROM inbox WHERE state = 'waiting'"
                unsent = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND conversation NOT LIKE 'web:%'"
                if not db.execute(f"SELECT ({busy}) + ({unsent})").fetchone()[0]:
                    newest = "SELECT conversation FROM inbox ORDER BY id DESC LIMIT 1"
                    last = f"SELECT conversation, max(position) FROM outbox WHERE conversation = ({newest})"
                    conversation, position = db.execute(last).fetchone()
                    return conversation or "", position or 0
                time.sleep(0.004)
        raise AssertionError("the turn did not end")

    def tickets(self, conversation: str) -> list[str]:
        """Why a person was called in this talk."""
        with closing(sqlite3.connect(self._database, uri=True)) as db:
            found = "SELECT reason FROM tickets WHERE conversation = ? ORDER BY opened, reason"
            return [row[0] for row in db.execute(found, (conversation,))]


class Player:
    """One cardholder on one channel; each method returns the texts of the answers."""

    conversation = ""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def type(self, text: str) -> list[str]:
        raise NotImplementedError

    def fill_in(self, fields: dict[str, str]) -> list[str]:
        raise NotImplementedError

    def press(self, titles: Iterable[str]) -> list[str]:
        """Press the newest button that has one of these titles."""
        raise NotImplementedError

    def listen(self) -> list[str]:
        """What was said without being asked."""
        raise NotImplementedError

    def offered(self) -> list[str]:
        """The titles of the buttons below the newest answer."""
        raise NotImplementedError


class Browser(Player):
    """The web channel over HTTP, behind a proxy that ends TLS and names the visitor's address."""

    def __init__(self, url: str, turns: Turns, address: str) -> None:
        super().__init__(turns)
        self._url = url
        self._http = requests.Session()
        self._http.headers.update({**HEADERS, "X-Forwarded-For": address})
        self._position = 0
        self._messages: list[dict[str, Any]] = []
        self._post("session", {})

    def type(self, text: str) -> list[str]:
        return self._say({"type": "text", "text": text})

    def fill_in(self, fields: dict[str, str]) -> list[str]:
        assert self._messages[-1]["asks_details"], "no secure card is on the screen"
        return self._say({"type": "details", **fields})

    def press(self, titles: Iterable[str]) -> list[str]:
        wanted = set(titles)
        button = next(b for m in reversed(self._messages) for b in m["buttons"] if b["title"] in wanted)
        return self._say({"type": "button", "button": button["id"]})

    def listen(self) -> list[str]:
        conversation, position = self._turns.over()
        if conversation != self.conversation or position <= self._position:
            return []
        return self._read(position)

    def offered(self) -> list[str]:
        return [button["title"] for button in self._messages[-1]["buttons"]] if self._messages else []

    def _say(self, body: dict[str, Any]) -> list[str]:
        said = self._post("messages", {"id": uuid.uuid4().hex, **body})
        if said.status_code != 202:
            return [said.json()["text"]]
        self.conversation, position = self._turns.over()
        return self._read(position)

    def _read(self, up_to: int) -> list[str]:
        """The answers from the stream of events, up to this position."""
        texts: list[str] = []
        stream = self._http.get(f"{self._url}/web/events", params={"after": self._position}, stream=True, timeout=20)
        with stream:
            rest = b""
            for chunk in stream.raw.read_chunked():
                *events, rest = (rest + chunk).split(b"\n\n")
                for message in filter(None, map(_message, events)):
                    self._position = message["id"]
                    if message["from"] != "you":
                        self._messages.append(message)
                        texts.append(message["text"])
                if self._position >= up_to:
                    break
        self._post("acks", {"last": self._position})
        return texts

    def _post(self, what: str, body: dict[str, Any]) -> requests.Response:
        answer = self._http.post(f"{self._url}/web/{what}", json=body, timeout=20)
        for cookie in self._http.cookies:  # meant for the proxy's side, where there is TLS
            cookie.secure = False
        return answer


class OnPhone(Player):
    """WhatsApp, Telegram or Twilio, with the platform's signed webhooks."""

    def __init__(self, url: str, turns: Turns, api: Platforms, channel: str) -> None:
        super().__init__(turns)
        self._phone: Phone = next(kind for kind in PHONES if kind.channel == channel)(url, api)
        self._read = 0

    def type(self, text: str) -> list[str]:
        return self._send(self._phone.text(text))

    def fill_in(self, fields: dict[str, str]) -> list[str]:
        raise AssertionError("the secure card is a thing of the web")

    def press(self, titles: Iterable[str]) -> list[str]:
        wanted = set(titles)
        if self._phone.channel == "twilio":  # there are no buttons: their words are typed
            return self.type(next(title for title in self.offered() if title in wanted))
        button = next(b for call in reversed(self._phone.received) for b in call.buttons if b[1] in wanted)
        return self._send(self._phone.pressed(*button))

    def listen(self) -> list[str]:
        self._turns.over()
        return self._new()

    def offered(self) -> list[str]:
        newest = self._phone.received[-1]
        return [title for _, title in newest.buttons] or newest.text.split(_BULLET)[1:]

    def _send(self, webhook: Any) -> list[str]:
        assert self._phone.post(webhook).status_code == 200
        self.conversation, _ = self._turns.over()
        return self._new()

    def _new(self) -> list[str]:
        found = self._phone.received[self._read :]
        self._read += len(found)
        return [call.text.split(_BULLET)[0] for call in found]


def _message(event: bytes) -> dict[str, Any] | None:
    lines = event.decode().splitlines()
    if "event: message" not in lines:
        return None
    found: dict[str, Any] = json.loads(next(line.removeprefix("data: ") for line in lines if line.startswith("data: ")))
    return found
