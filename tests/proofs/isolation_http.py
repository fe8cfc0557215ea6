"""The same proof on the whole program: a real process, the real engine, real HTTP on four channels, and the sandbox as the bank.

`python tests/proofs/isolation_http.py N [SEED]` lets N people talk at once, four to each raw id: one on the web, one on WhatsApp, one
on Telegram and one through Twilio, who share nothing but the digits of that id. Some are verified and ask for their balance, change
their e-mail or leave and come back; some are thieves, who press the buttons and quote the words that others were given. Each
cardholder's amounts are their own; every message that arrives is searched for everybody's.

Real: everything but the platforms' side of their APIs and the bank (the sandbox). The channels' possession is off here, so that
nothing but the conversation itself separates the four.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine.training import train  # noqa: E402  (after the path)
from tests.conversations.cardholders import Holder, new_holder  # noqa: E402
from tests.conversations.channels import platforms  # noqa: E402
from tests.conversations.channels.phones import Phone, TelegramPhone, TwilioPhone, WhatsAppPhone  # noqa: E402
from tests.conversations.channels.platforms import Platforms  # noqa: E402
from tests.conversations.server import Server  # noqa: E402
from tests.conversations.visitor import HEADERS, Visitor  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402

VALUES = re.compile(r"₹[\d,]+\.\d\d|[\w.]+@example\.(?:org|com)")
ACTS = ("balance", "balance", "change", "goodbye", "quote", "press foreign", "what can you do?")
SETTINGS = {
    "CARDBOT_RATE_PER_MINUTE": "1000",
    **{f"CARDBOT_{channel}_POSSESSION": "off" for channel in ("WHATSAPP", "TELEGRAM", "TWILIO")},
}


class SameWhatsApp(WhatsAppPhone):
    raw: str

    @property
    def address(self) -> str:
        return self.raw


class SameTelegram(TelegramPhone):
    raw: str

    @property
    def address(self) -> str:
        return self.raw


class SameTwilio(TwilioPhone):
    raw: str

    @property
    def address(self) -> str:
        return f"whatsapp:+{self.raw}"


class Browser(requests.Session):
    """Takes this line for a secure one: the public address, which Twilio signs, begins with https."""

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        answer = super().send(request, **how)
        for cookie in self.cookies:
            cookie.secure = False
        return answer


def visitor(url: str) -> Visitor:
    made = Visitor(url)
    made.http = Browser()
    made.http.headers.update(HEADERS)
    return made.open()


class Person:
    """One conversation: says things on its channel, and keeps what arrived."""

    def __init__(self, channel: str, raw: str, url: str, api: Platforms, holder: Holder | None, own: str) -> None:
        self.channel, self.holder, self.own = channel, holder, own
        self.may_see: set[str] = set()
        self.said = 0
        self.heard: list[str] = []
        self.web = visitor(url) if channel == "web" else None
        kinds: dict[str, type[Phone]] = {"whatsapp": SameWhatsApp, "telegram": SameTelegram, "twilio": SameTwilio}
        self.phone = None if self.web else kinds[channel](url, api)
        if self.phone is not None:
            self.phone.raw = raw  # type: ignore[attr-defined]  # each of the three has it

    def say(self, text: str) -> list[str]:
        self.said += 1
        texts = self.web.say(text, seconds=60, quiet=0.8) if self.web else self._on_the_phone(self.phone_.text(text))
        self.heard += texts
        return texts

    def press(self, button: str) -> None:
        """Press whatever this is; the answer is heard with the next one."""
        self.said += 1
        if self.web:
            self.web.post({"type": "button", "button": button})
        elif self.channel != "twilio":
            self.phone_.post(self.phone_.pressed(button, "Yes, change it"))

    def verify(self) -> None:
        if self.holder is not None:
            self.say("balance")
            self.may_see |= {"₹" + each for each in self.own.split("|")}
            self.say(f"{self.holder.last_four} {self.holder.slashed} {self.holder.birthday}")

    @property
    def phone_(self) -> Phone:
        assert self.phone is not None
        return self.phone

    @property
    def buttons(self) -> list[str]:
        if self.web:
            return [each["id"] for message in self.web.messages for each in message["buttons"]]
        return [each[0] for call in self.phone_.received for each in call.buttons]

    def everything(self) -> list[str]:
        return self.web.texts if self.web else [call.text for call in self.phone_.received]

    def close(self) -> None:
        if self.web:
            self.web.close()

    def _on_the_phone(self, webhook: object) -> list[str]:
        return self.phone_.answers_to(webhook)


def people(count: int, bank: Sandbox, api: Platforms, url: str, rng: random.Random) -> list[Person]:
    """Four to a raw id; one in five has no card and is there to listen."""
    made = []
    for number in range(count):
        cents = f"{rng.randrange(100):02}"
        first, second = (f"{rng.randrange(10, 99)},{rng.randrange(100, 999)}.{cents}" for _ in range(2))
        last_four, urn = f"{rng.randrange(2500, 9800)}", f"7{rng.randrange(10**10):010}"
        wallets = {"GPR Wallet": first, "Meal Wallet": second}
        holder = new_holder(bank, rng, cards=[{"urn": urn, "last_four": last_four, "expires": "+9m", "wallets": wallets}])
        paise = sum(int(each.replace(",", "").replace(".", "")) for each in (first, second))
        own = "|".join([first, second, _grouped(paise)])
        raw = str(918_000_000_000 + rng.randrange(10**9) if number % 4 == 0 else made[-1][1])
        made.append((number % 4, raw, None if number % 5 == 4 else holder, own))
    channels = ("web", "whatsapp", "telegram", "twilio")
    return [Person(channels[at], raw, url, api, holder, own) for at, raw, holder, own in made]


def _grouped(paise: int) -> str:
    """Rupees as they are written in India."""
    whole, part = divmod(paise, 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", head)
    return f"{groups + ',' if groups else ''}{tail}.{part:02}"


def talk(person: Person, others: Sequence[Person], acts: int, rng: random.Random) -> None:
    """What one of them does, between and beside all others."""
    person.verify()
    for _ in range(acts):
        act, other = rng.choice(ACTS), rng.choice(others)
        if act == "change":
            new = f"new.{rng.randrange(10**9)}@example.org"
            person.may_see.add(new)
            if person.holder is not None:
                masked = {person.holder.email}
                person.may_see |= masked
            person.say(f"change my email to {new}")
        elif act == "quote":
            heard = rng.choice(other.heard) if other.heard else "hello"
            person.say(VALUES.sub("that", heard)[:200])
        elif act == "press foreign" and other is not person and other.buttons:
            person.press(rng.choice(other.buttons))
            person.say("hello")
        elif act == "goodbye":
            person.say("goodbye")
            person.say("balance")
        else:
            person.say(act if act in ACTS[:1] + ACTS[-1:] else "hello")


def judged(persons: Sequence[Person]) -> tuple[Counter[str], list[str]]:
    """Figures, and what arrived at somebody to whom it does not belong."""
    figures: Counter[str] = Counter()
    faults = []
    for person in persons:
        figures["messages sent"] += person.said
        for text in person.everything():
            figures["messages that arrived"] += 1
            for value in VALUES.findall(text):
                if value in person.may_see:
                    figures["values shown to whom they belong"] += 1
                else:
                    faults.append(f"{value} was shown on {person.channel}")
    return figures, faults


def prove(url: str, bank: Sandbox, api: Platforms, count: int, acts: int, seed: int) -> tuple[Counter[str], list[str]]:
    """So many people at once at a running program."""
    rng = random.Random(seed)
    persons = people(count, bank, api, url, rng)
    seeds = [rng.random() for _ in persons]
    with ThreadPoolExecutor(count) as crowd:
        list(crowd.map(lambda each: talk(each[0], persons, acts, random.Random(each[1])), zip(persons, seeds, strict=True)))
    figures, faults = judged(persons)
    for each in persons:
        each.close()
    return figures, faults


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    with Sandbox() as bank, Platforms() as api, tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), bank.url, model, {**platforms.settings(api.url), **SETTINGS})
        try:
            server.start(600)
            figures, faults = prove(server.url, bank, api, count, 8, seed)
        finally:
            server.stop()
    print(f"over HTTP, real process and engine: {count} people on 4 channels, seed {seed}, {time.monotonic() - began:.0f} s")
    for name, number in sorted(figures.items()):
        print(f"  {name:<36}{number}")
    print(f"  {'shown to another conversation':<36}{len(faults)} {faults[:3] or ''}")
    return 1 if faults or not figures["values shown to whom they belong"] else 0


if __name__ == "__main__":
    sys.exit(main())
