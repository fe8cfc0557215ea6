"""What the cardholders of the delivery proof want, say and do, on whatever channel, until it is settled."""

from __future__ import annotations

import random
import time
from itertools import groupby

from tests.conversations.cardholders import Holder
from tests.proofs._lines import Line

CHAT, BALANCE, EMAIL = "chat", "balance", "e-mail"
SMALL_TALK = ("hello", "what can you do?", "why do you need my date of birth?", "are you a robot?", "thank you")
# What the bot says last when the change of an e-mail address is settled, or there is no way on.
ENDS = ("is now ", "is being checked", "did not make the change", "A person", "person is looking", "cannot check any details here")
PATIENCE = 900.0
QUIET = 0.8


class NoAnswer(Exception):
    """A message was not answered for a long time."""


class Talk:
    """One cardholder and one wish; `expected` is what a talk of small talk alone must hear, in order."""

    def __init__(self, line: Line, holder: Holder, wish: str, answers: dict[str, str]) -> None:
        self.line = line
        self.holder = holder
        self.wish = wish
        self.new = f"new.{holder.key}@example.org"
        self.details_given = 0
        self.expected: list[str] = []
        self._answers = answers
        self._rng: random.Random = line.rng

    def hold(self) -> None:
        """From coming to the last copy of the last message."""
        self.line.open()
        try:
            self._small_talk(self._rng.randrange(1, 3))
            if self.wish == CHAT:
                self._small_talk(self._rng.randrange(2))
            else:
                self._until_settled()
        finally:
            self.line.repeat(most=10**6)

    def heard(self) -> list[str]:
        """What came, an answer that came twice in a row counted once."""
        return [text for text, _ in groupby(self.line.texts)]

    def _small_talk(self, count: int) -> None:
        """Several messages at once, none twice in a row; copies of earlier ones in between."""
        for said in self._rng.sample([each for each in SMALL_TALK if self._answers[each] not in self.expected[-1:]], count):
            self.line.say(said)
            self.expected.append(self._answers[said])
            self.line.repeat()

    def _until_settled(self) -> None:
        known = 0
        self.line.say("balance" if self.wish == BALANCE else "change my email")
        for _ in range(60):
            self.line.repeat()
            known = self._wait(known)
            ends = ("₹", *ENDS) if self.wish == BALANCE else ENDS
            if any(end in text for text in self.line.texts for end in ends):
                return
            self._go_on(self._last())
        raise NoAnswer(f"no end came on {self.line.channel}; the last words: {self._last()[:60]}")

    def _wait(self, known: int) -> int:
        """Until something new has come, and nothing more for a moment; returns how much there is."""
        until, seen, since = time.monotonic() + PATIENCE, known, time.monotonic()
        while seen <= known or time.monotonic() - since < QUIET:
            if time.monotonic() > until:
                raise NoAnswer(f"nothing came on {self.line.channel} for {PATIENCE:.0f} s")
            time.sleep(0.1)
            if len(self.line.texts) != seen:
                seen, since = len(self.line.texts), time.monotonic()
        return seen

    def _last(self) -> str:
        """The last words of consequence."""
        idle = set(self._answers.values())
        return next((text for text in reversed(self.line.texts) if not any(text.startswith(each) for each in idle)), "")

    def _go_on(self, last: str) -> None:
        if "Shall I change" in last:
            self.line.press("Yes, change it")
        elif "last four digits" in last or "was interrupted" in last:
            self.details_given += 1
            self.line.give(self.holder)
        elif "Which e-mail" in last:
            self.line.say(self.new)
        else:
            self.line.say("balance" if self.wish == BALANCE else "change my email")
