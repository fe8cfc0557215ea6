"""Cardholders on every channel who give up nothing: each message is delivered until it is taken, and its copies too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import requests
from requests.models import PreparedRequest

from tests.conversations.cardholders import Holder
from tests.conversations.channels.phones import Phone
from tests.conversations.stubborn import Stubborn
from tests.proofs._reporting import ReportingPlatforms

# The widget's page stands on https; this visitor's connection does not.
WEB_ADDRESS = "x-forwarded-for"
MOST_COPIES = 3
TAKEN = (200, 202)
NOT_NOW = (0, 429, 502, 503)
PATIENCE = 900.0


class Refused(Exception):
    """A message was answered with a status that no platform would answer by trying again."""


class Line:
    """One cardholder on one channel; what was said is in `sent`, by the ids that the channel knows."""

    channel: str

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.sent: list[str] = []
        self.deliveries = 0
        self._copies: list[Callable[[], int]] = []

    @property
    def texts(self) -> list[str]:
        """The answers so far, in the order in which they came."""
        raise NotImplementedError

    def open(self) -> None:
        """Come, whatever dies meanwhile."""

    def close(self) -> None:
        """Go."""

    def say(self, text: str) -> None:
        raise NotImplementedError

    def give(self, holder: Holder) -> None:
        """Tell the three details."""
        raise NotImplementedError

    def press(self, title: str) -> None:
        raise NotImplementedError

    def repeat(self, most: int = MOST_COPIES) -> None:
        """Some of the copies that are still to come, in random order; all of them if `most` is large."""
        self.rng.shuffle(self._copies)
        for _ in range(min(len(self._copies), self.rng.randrange(most + 1) if most <= MOST_COPIES else most)):
            self._deliver(self._copies.pop())

    def _send(self, message_id: str, post: Callable[[], int]) -> None:
        """Deliver it once, and keep up to three copies for later."""
        self.sent.append(message_id)
        self._deliver(post)
        self._copies += [post] * self.rng.randrange(MOST_COPIES + 1)

    def _deliver(self, post: Callable[[], int]) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                status = post()
            except requests.RequestException:
                status = 0
            if status in TAKEN:
                self.deliveries += 1
                return
            if status not in NOT_NOW or time.monotonic() > until:
                raise Refused(f"{self.channel}: {status}")
            time.sleep(self.rng.uniform(0.05, 0.4))


class WebLine(Line):
    """A widget; each visitor comes from an address of its own."""

    channel = "web"

    def __init__(self, url: str, rng: random.Random) -> None:
        super().__init__(rng)
        self._guest = Stubborn(url)
        self._guest.http.headers[WEB_ADDRESS] = f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        self._guest.http.auth = self._show_cookies

    @property
    def texts(self) -> list[str]:
        return self._guest.texts

    @property
    def positions(self) -> list[int]:
        return [message["id"] for message in self._guest.messages]

    def open(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._guest.open()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(self.rng.uniform(0.05, 0.4))

    def close(self) -> None:
        self._guest.close()

    def say(self, text: str) -> None:
        self._post({"type": "text", "text": text})

    def give(self, holder: Holder) -> None:
        fields = {"last_four": holder.last_four, "card_expiry": holder.slashed, "date_of_birth": holder.birthday}
        self._post({"type": "details", **fields})

    def press(self, title: str) -> None:
        button = next(b for m in reversed(self._guest.messages) for b in reversed(m["buttons"]) if b["title"] == title)
        self._post({"type": "button", "button": button["id"]})

    def _post(self, body: dict[str, Any]) -> None:
        message = {"id": f"{self.rng.getrandbits(128):032x}", **body}
        http, url = self._guest.http, f"{self._guest.url}/web/messages"
        self._send(message["id"], lambda: http.post(url, json=message, timeout=20).status_code)

    def _show_cookies(self, request: PreparedRequest) -> PreparedRequest:
        """They are for https alone; a proxy would stand between."""
        cookies = "; ".join(f"{each.name}={each.value}" for each in self._guest.http.cookies)
        if cookies:
            request.headers["cookie"] = cookies
        return request


class PhoneLine(Line):
    """A phone; `ids` are those of its platform's webhooks."""

    def __init__(self, phone: Phone, platforms: ReportingPlatforms, rng: random.Random) -> None:
        super().__init__(rng)
        self.channel = phone.channel
        self.phone = phone
        self._platforms = platforms

    @property
    def texts(self) -> list[str]:
        return [call.text for call in self._platforms.got(self.channel, self.phone.address)]

    def say(self, text: str) -> None:
        self._post(self.phone.text(text))

    def give(self, holder: Holder) -> None:
        self.say(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    def press(self, title: str) -> None:
        shown = [b for call in self._platforms.got(self.channel, self.phone.address) for b in call.buttons if b[1] == title]
        if shown:
            self._post(self.phone.pressed(*shown[-1]))
        else:  # there are no buttons here: their words are typed
            self.say("yes")

    def _post(self, webhook: dict[str, Any]) -> None:
        self._send(_id(webhook), lambda: self.phone.post(webhook).status_code)


def _id(webhook: dict[str, Any]) -> str:
    if "MessageSid" in webhook:
        return str(webhook["MessageSid"])
    if "update_id" in webhook:
        return str(webhook["update_id"])
    return str(webhook["entry"][0]["changes"][0]["value"]["messages"][0]["id"])

