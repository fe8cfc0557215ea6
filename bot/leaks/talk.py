"""The talks that plant values: one client of the web channel, and everything a cardholder may do in it."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import requests

from bot.leaks.planted import Planted, in_devanagari, in_words
from wibmo.sandbox import Sandbox

QUIET = 0.3
SLOW = 3  # seconds; longer than the run lets a turn wait for the bank
LONGEST = 30.0


class TalkFailed(Exception):
    """The talk took another course than the one that plants everything; its text holds no value."""


class Guest:
    """Says things over HTTP and reads the stream of events until it falls silent."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.headers["X-Cardbot"] = "1"
        self._last = 0
        self._buttons: dict[str, str] = {}
        self._http.post(f"{url}/web/session", json={}, timeout=10).raise_for_status()

    def say(self, text: str, part: str = "") -> None:
        """Raises TalkFailed unless `part` comes back."""
        self._send({"type": "text", "text": text}, part)

    def details(self, last_four: str, expiry: str, born: str, part: str = "") -> None:
        self._send({"type": "details", "last_four": last_four, "card_expiry": expiry, "date_of_birth": born}, part)

    def press(self, title: str, part: str = "") -> None:
        self._send({"type": "button", "button": self._buttons[title], "title": title}, part)

    def look_back(self) -> None:
        """The whole talk again, as a widget that was reloaded sees it."""
        self._last = 0
        self._read("")

    def _send(self, body: dict[str, Any], part: str) -> None:
        answer = self._http.post(f"{self._url}/web/messages", json={"id": uuid.uuid4().hex, **body}, timeout=20)
        if answer.status_code != 202:
            raise TalkFailed(f"a message was answered with {answer.status_code}")
        self._read(part)
        self._http.post(f"{self._url}/web/acks", json={"last": self._last}, timeout=10)

    def _read(self, part: str) -> None:
        told, until = "", time.monotonic() + LONGEST
        while time.monotonic() < until:
            told += self._arrived()
            if told and part in told:
                return
        raise TalkFailed(f"the talk did not come to {part!r}" if told else "no answer came")

    def _arrived(self) -> str:
        """What comes before the next pause."""
        texts: list[str] = []
        try:
            with self._http.get(
                f"{self._url}/web/events", params={"after": self._last}, stream=True, timeout=(5, QUIET)
            ) as stream:
                for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
                    if line.startswith("data: {") and '"text"' in line:
                        texts += self._taken(json.loads(line.removeprefix("data: ")))
        except requests.RequestException:  # silence
            pass
        time.sleep(0.05)
        return "\n".join(texts)

    def _taken(self, message: dict[str, Any]) -> list[str]:
        self._last = max(self._last, message["id"])
        self._buttons |= {each["title"]: each["id"] for each in message["buttons"]}
        return [] if message["from"] == "you" else [message["text"]]


def play(url: str, who: Planted) -> None:
    """Plant every value of one cardholder: right and wrong, typed and in the card, asked for and not."""
    _typed(Guest(url), who)
    _at_once_in_other_digits(Guest(url), who)
    _unasked(Guest(url), who)
    _changes(Guest(url), who)


def _typed(guest: Guest, who: Planted) -> None:
    guest.say("what is my balance")
    guest.say(f"it ends with {who.wrong_four}")
    guest.say(who.slashed)
    guest.say(who.birthday, "do not match")
    guest.press("Try again")
    guest.say(f"{in_words(who.last_four)}")
    guest.say(f"it expires {who.slashed}")
    guest.say(f"born on {who.born.day} {who.born:%B} {who.born.year}", "₹")
    guest.say("which email and mobile do you have")
    guest.say("is my kyc done")  # the action that fails
    guest.look_back()
    guest.say("I want to talk to a human", "CB-")


def _at_once_in_other_digits(guest: Guest, who: Planted) -> None:
    guest.say("balance please")
    guest.say(f"{in_devanagari(who.last_four)}, {who.slashed}, {in_devanagari(who.birthday)}", "₹")
    guest.say("goodbye")


def _unasked(guest: Guest, who: Planted) -> None:
    for text in (
        f"my card {who.last_four} valid till {who.slashed} dob {who.birthday} is not working",
        f"write to {who.email} or call +91 {who.mobile[:5]} {who.mobile[5:]}",
        f"my customer id is {who.customer_id} and the urn {who.urn}",
        f'/check_balance{{"last_four": "{who.last_four}", "new_email": "{who.new_email}"}}',
    ):
        guest.say(text)


def play_while_the_bank_is_away(url: str, bank: Sandbox, who: Planted) -> None:
    """Details that the bank does not answer, or answers late; nobody else may be talking meanwhile."""
    guest = Guest(url)
    for fault in ("status=503", "garbage"):
        guest.say("balance")
        bank.fault("verify", fault, times=None)
        guest.details(who.last_four, who.slashed, who.birthday, "not answering")
        bank.clear_faults()
    guest.say("balance")
    bank.fault("retrieve", f"latency={SLOW}")
    guest.details(who.last_four, who.slashed, who.birthday)
    bank.clear_faults()
    guest.say("what is my balance", "₹")
    guest.say("log out")


def _changes(guest: Guest, who: Planted) -> None:
    guest.say("change my email")
    guest.details(who.last_four, who.slashed, who.birthday)
    guest.say("it is wrong at nowhere 12")
    guest.say(who.new_email, "New:")
    guest.press("Yes, change it", "is now")
    guest.say("change my mobile number")
    guest.say(f"{who.new_mobile[:5]} {who.new_mobile[5:]}", "New:")
    guest.say("yes", "is now")
    guest.look_back()


def in_the_terminal(who: Planted) -> str:
    """What is typed at `cardbot chat`, line by line: the three details are asked for secretly."""
    return "\n".join(["balance", who.last_four, who.slashed, who.birthday, f"my mail is {who.email}", "talk to a human", ""])
