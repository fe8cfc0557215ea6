"""Platforms as they are in life: they report what became of an answer, more than once, until somebody listens."""

from __future__ import annotations

import base64
import copy
import hashlib
import heapq
import hmac
import itertools
import random
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import requests

from tests.conversations.channels import platforms
from tests.conversations.channels.phones import WhatsAppPhone, recorded
from tests.conversations.channels.platforms import Call, Platforms, Reply

MOST_COPIES = 3
LATEST = 1.0
AGAIN_AFTER = 0.5


class ReportingPlatforms(Platforms):
    """`got` finds one cardholder's answers quickly; WhatsApp and Twilio tell `url` of each that they took."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._url = ""
        self.reports_taken = 0
        self._rng = rng
        self._indexed = 0
        self._got: dict[tuple[str, str], list[Call]] = defaultdict(list)
        self._due: list[tuple[float, int, str, Call]] = []
        self._order = itertools.count()
        self._news = threading.Condition()
        self._is_over = False
        self._reporters = [threading.Thread(target=self._report, daemon=True) for _ in range(2)]
        self._meta = WhatsAppPhone("", self)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # connections end with whoever is killed

    def got(self, channel: str, to: str) -> list[Call]:
        """What one cardholder has got so far."""
        with self._changed:
            return list(self._got[channel, to])

    def report_to(self, url: str) -> None:
        self._url = self._meta.url = url
        for each in self._reporters:
            each.start()

    def end_reports(self) -> None:
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        with self._changed:
            reply = super().take(path, headers, body)
            for call in self.calls[self._indexed :]:
                if call.what == "message":
                    self._got[call.channel, call.to].append(call)
                    self._promise_reports(call)
            self._indexed = len(self.calls)
            return reply

    # ── reports ─────────────────────────────────────────────────────────────────────────────────

    def _promise_reports(self, call: Call) -> None:
        if call.channel == "telegram" or (call.channel == "twilio" and "StatusCallback" not in call.body):
            return
        with self._news:
            for _ in range(self._rng.randrange(1, MOST_COPIES + 1)):
                at = time.monotonic() + self._rng.uniform(0, LATEST)
                heapq.heappush(self._due, (at, next(self._order), self._rng.choice(("sent", "delivered")), call))
            self._news.notify()

    def _report(self) -> None:
        while True:
            with self._news:
                if self._is_over:
                    return
                if not self._due or self._due[0][0] > time.monotonic():
                    self._news.wait(0.05)
                    continue
                _, order, status, call = heapq.heappop(self._due)
            if self._tell(call, status) in (200, 204):
                self.reports_taken += 1
                continue
            with self._news:
                heapq.heappush(self._due, (time.monotonic() + AGAIN_AFTER, order, status, call))

    def _tell(self, call: Call, status: str) -> int:
        try:
            if call.channel == "whatsapp":
                return self._meta.post(whatsapp_report(call, status)).status_code
            asked, form = str(call.body["StatusCallback"]), twilio_report(call, status)
            headers = {"x-twilio-signature": twilio_signature(asked, form)}
            return requests.post(asked.replace(platforms.PUBLIC_URL, self._url), data=form, headers=headers, timeout=20).status_code
        except requests.RequestException:
            return 0


def whatsapp_report(call: Call, status: str) -> dict[str, Any]:
    """What Meta says of an answer; it repeats the name that came with it."""
    webhook = copy.deepcopy(recorded("whatsapp", "status_sent"))
    report = webhook["entry"][0]["changes"][0]["value"]["statuses"][0]
    report |= {"id": call.id, "status": status, "recipient_id": call.to, "timestamp": str(int(time.time()))}
    report["biz_opaque_callback_data"] = call.body["biz_opaque_callback_data"]
    return webhook


def twilio_report(call: Call, status: str) -> dict[str, str]:
    """What Twilio says of an answer, at the address that came with it."""
    form = recorded("twilio", "status_callback")
    return {**form, "MessageSid": call.id, "SmsSid": call.id, "To": call.to, "MessageStatus": status, "SmsStatus": status}


def twilio_signature(address: str, form: Mapping[str, str]) -> str:
    text = address + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(platforms.AUTH_TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
