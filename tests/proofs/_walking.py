"""One random walk through Cardbot: what a walker does next, and an oracle of its own that judges every answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.conversations.cardholders import Holder
from tests.conversations.wording import LANGUAGES, Wording
from wibmo.codes import is_success
from wibmo.sandbox import Sandbox

WORDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("talk_words.yml").read_text(encoding="utf-8"))
TONGUES = ("en", "hi", "hinglish")
IDLE, ABSOLUTE, FRESH, KEPT = 300.0, 900.0, 300.0, 900.0
FIELDS = ("last_four", "card_expiry", "date_of_birth")

DISCLOSING = (
    "utter_balance", "utter_wallet_balance", "utter_card_", "utter_kyc_", "utter_profile", "utter_confirm_", "utter_declined",
    "utter_same_", "utter_no_such_card", "utter_no_such_wallet", "utter_email_changed", "utter_mobile_changed",
)  # fmt: skip
# What ends the access to the card; from then on nothing may be told.
ENDING = (
    "utter_goodbye", "utter_logged_out", "utter_handoff", "utter_lost_card", "utter_cannot_do", "utter_mobile_changed",
)  # fmt: skip
ASKING = ("utter_ask_", "utter_confirm_", "utter_after_", "utter_anything_else", "utter_offer_email", "utter_which_contact")
NOT_ASKING = ("utter_ask_why_verify",)
BROKEN = ("utter_technical_problem", "utter_set_aside", "utter_not_available", "utter_still_busy", "utter_slow_down")
STOPPED = ("utter_cancelled", "utter_nothing_to_cancel")


@dataclass(frozen=True)
class Line:
    """An answer as the cardholder sees it: the text and the buttons, (id, title) each."""

    text: str
    buttons: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Move:
    """What the walker sends: text, button, details or media; `says` is what stands in a report, free of wishes."""

    kind: str
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    says: str = ""


@dataclass
class Oracle:
    """Knows what the walker gave and when, and what the bank answered; asks nobody else who is verified."""

    holder: Holder
    bank: Sandbox
    wording: Wording
    now: Callable[[], float]
    given: dict[str, float] = field(default_factory=dict)
    opened_at: float | None = None
    last_said: float = 0.0
    problems: list[str] = field(default_factory=list)
    disclosures: int = 0
    _calls: int = 0
    _may: bool = False

    def sent(self, move: Move) -> None:
        """Before the turn: was the record open at this moment, and which right details does the message bring?"""
        at, knows = self.now(), self.holder.knows
        self._may = self._is_open(at)
        self.last_said = at
        self._calls = len(self.bank.calls)
        said = " ".join([move.text, *move.fields.values()])
        for name, right in zip(FIELDS, (knows["last_four"], knows["expiry"], knows["birthday"]), strict=True):
            if right in said:
                self.given[name] = at
        for name in ("urn", "ten_digits", "email"):
            if knows[name] in said:
                self.given[name] = at

    def answered(self, move: Move, lines: Sequence[Line], *, said_yes: bool) -> list[str]:
        """The responses that were said; what is wrong with them lies in `problems`."""
        self._look_at_the_bank(said_yes)
        names = [self._name(line.text) for line in lines]
        if not lines:
            self._wrong("no answer")
        if len({line.text for line in lines}) < len(lines):
            self._wrong(f"the same answer twice: {names}")
        asking = [each for each in names if each.startswith(ASKING) and each not in NOT_ASKING]
        if len(asking) > 1 or (asking and names[-1] != asking[0]):
            self._wrong(f"more than one question, or one that is not last: {names}")
        if lines and not languages_of(self.wording, [line.text for line in lines], names):
            self._wrong(f"two languages in one turn: {names}")
        for name, line in zip(names, lines, strict=True):
            if name.startswith(BROKEN):
                self._wrong(f"something broke: {name}")
            if self._discloses(name, line.text):
                self.disclosures += 1
                if not self._may:
                    self._wrong(f"told without verification: {name}")
            if name.startswith(ENDING):
                self.opened_at, self._may = None, False
        return names

    def _is_open(self, at: float) -> bool:
        return self.opened_at is not None and at - self.opened_at < ABSOLUTE and at - self.last_said < IDLE

    def _look_at_the_bank(self, said_yes: bool) -> None:
        for call in self.bank.calls[self._calls :]:
            if call.operation == "verify" and is_success(call.code):
                if not (self._has(FIELDS) or self._has(("urn", "ten_digits", "email"))):
                    self._wrong("verified without all details")
                self.opened_at, self._may = self.now(), True
                self.given.clear()
            if call.operation == "retrieve" and call.fields.get("urn") not in ("", None, self.holder.urn) and not self._may:
                self._wrong("somebody else's record was read")
            if call.operation == "update":
                is_fresh = self.opened_at is not None and self.now() - self.opened_at <= FRESH + 2
                if not (self._may and is_fresh and said_yes):
                    self._wrong("a change without a fresh verification and a yes")

    def _has(self, names: Sequence[str]) -> bool:
        return all(name in self.given and self.now() - self.given[name] <= KEPT for name in names)

    def _discloses(self, name: str, text: str) -> bool:
        return name.startswith(DISCLOSING) or "₹" in text or "***" in text

    def _name(self, text: str) -> str:
        name = self.wording.named(text).partition(" ")[0]
        if name == "no":
            self._wrong(f"no response of the domain: {text!r}")
        return name

    def _wrong(self, what: str) -> None:
        self.problems.append(what)


class Walker:
    """Decides what comes next, at random but for the seed."""

    def __init__(self, rng: random.Random, holder: Holder) -> None:
        self.rng = rng
        self._knows = holder.knows
        self._shown: list[tuple[str, str]] = []
        self.tongue = rng.choice(TONGUES)

    def saw(self, lines: Sequence[Line]) -> None:
        self._shown += [button for line in lines for button in line.buttons]

    def next(self) -> Move:
        if self.rng.random() < 0.05:
            self.tongue = self.rng.choice(TONGUES)
        kinds = {
            self._wish: 24, self._details: 26, self._card: 10, self._button: 12, self._aside: 8, self._rubbish: 6, self._yes: 5,
            self._no: 2, self._contact: 8, self._other_way: 4, self._end: 3, self._media: 1,
        }  # fmt: skip
        (kind,) = self.rng.choices(list(kinds), list(kinds.values()))
        return kind()

    def silence(self) -> float:
        """Seconds until the next message."""
        return self.rng.choice([0.0] * 12 + [20.0, 60.0, 200.0, 310.0, 450.0, 1000.0])

    def plain(self, what: str) -> Move:
        """`help` or `cancel`, in the walker's language."""
        return Move("text", WORDS[self.tongue][what], says=what)

    def _one_of(self, what: str) -> Move:
        return Move("text", self.rng.choice(WORDS[self.tongue][what]), says=what)

    def _wish(self) -> Move:
        return self._one_of("wishes")

    def _aside(self) -> Move:
        return self._one_of("asides")

    def _end(self) -> Move:
        return self._one_of("ends")

    def _yes(self) -> Move:
        return self._one_of("yes")

    def _no(self) -> Move:
        return self._one_of("no")

    def _rubbish(self) -> Move:
        return Move("text", self.rng.choice(WORDS["rubbish"]), says="rubbish")

    def _media(self) -> Move:
        return Move("media", says="media")

    def _detail(self, name: str) -> str:
        right = {"last_four": "last_four", "card_expiry": "expiry", "date_of_birth": "birthday"}[name]
        if self.rng.random() < 0.12:
            return self.rng.choice([self._knows[f"wrong_{right}"], "12", "13/99", "31-02-1990"])
        return self._knows[right]

    def _details(self) -> Move:
        names = self.rng.choice([FIELDS, FIELDS, FIELDS, FIELDS[:2], FIELDS[1:], *([name] for name in FIELDS)])
        return Move("text", " ".join(self._detail(name) for name in self.rng.sample(names, len(names))), says="details")

    def _card(self) -> Move:
        return Move("details", fields={name: self._detail(name) for name in FIELDS}, says="secure card")

    def _contact(self) -> Move:
        new = [f"new{self.rng.randrange(1000)}@example.org", "typo@gmial.com", f"98{self.rng.randrange(10**8):08}", "98190", "me at nowhere",
               self._knows["email"], self._knows["ten_digits"]]  # fmt: skip
        return Move("text", self.rng.choice(new), says="contact")

    def _other_way(self) -> Move:
        parts = [self._knows["urn"], self._knows["ten_digits"], self._knows["email"]]
        return Move("text", ", ".join(self.rng.sample(parts, self.rng.choice([1, 3]))), says="other way")

    def _button(self) -> Move:
        if not self._shown:
            return self._wish()
        button, title = self.rng.choice(self._shown[-4:] if self.rng.random() < 0.85 else self._shown)
        return Move("button", button, says=f"button {title}")


def languages_of(wording: Wording, texts: Sequence[str], names: Sequence[str]) -> set[str]:
    """The languages in which all of these sentences could be."""
    fits = set(LANGUAGES)
    for text, name in zip(texts, names, strict=True):
        fits &= {each for each in LANGUAGES if wording.knows(name) and wording.places(name, each, text) is not None}
    return fits
