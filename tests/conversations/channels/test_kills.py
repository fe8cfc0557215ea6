"""Processes killed at any moment: on every channel each message is answered, in order, and hardly an answer comes twice."""

from __future__ import annotations

import random
import signal
import threading
import time
from itertools import groupby
from pathlib import Path

import pytest
import requests

from tests.conversations.channels import platforms
from tests.conversations.channels.phones import PHONES, Phone
from tests.conversations.channels.platforms import Platforms
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox

KILLS = 5
SAID = ("hello", "what can you do?", "are you a robot?")
HEARD = ("Hello!", "I can tell you your balance, whether", "I am a computer program")


def deliver(phone: Phone, rng: random.Random) -> None:
    """As platforms do: in order, again until it is taken, and sometimes once more."""
    for text in SAID:
        webhook = phone.text(text)
        left = rng.randrange(1, 4)
        while left:
            try:
                left -= phone.post(webhook).status_code == 200
            except requests.RequestException:
                time.sleep(0.1)
        time.sleep(rng.uniform(0, 4))


@pytest.mark.timeout(400)
def test_kills_at_random_moments_lose_no_answer_and_keep_the_order(tmp_path: Path, bank: Sandbox, model: Path) -> None:
    rng = random.Random(7)
    with Platforms() as api:
        server = Server(tmp_path, bank.url, model, platforms.settings(api.url))
        phones = [kind(server.url, api) for kind in PHONES for _ in range(5)]
        senders = [threading.Thread(target=deliver, args=(phone, random.Random(at))) for at, phone in enumerate(phones)]
        server.start()
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            time.sleep(rng.uniform(0, 2))
            server.stop(signal.SIGKILL)
            server.start()
        for sender in senders:
            sender.join()
        until = time.monotonic() + 60
        while any(len(distinct(phone)) < len(SAID) for phone in phones) and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(2)
        server.stop()

    for phone in phones:
        assert [heard in text for heard, text in zip(HEARD, distinct(phone), strict=True)] == [True] * 3, phone.channel
    doubled = sum(len(phone.received) - len(SAID) for phone in phones)
    print(f"{KILLS} kills, {len(phones) * len(SAID)} answers, {doubled} of them twice")
    assert doubled <= KILLS
    assert api.faults == []


def distinct(phone: Phone) -> list[str]:
    """What was heard, an answer that came twice in a row counted once."""
    return [text for text, _ in groupby(call.text for call in phone.received)]
