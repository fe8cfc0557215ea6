"""The judge of isolation: keeps by itself who may see what, and looks at every message that arrives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.proofs._strangers import Customer, Talk

IDLE, ABSOLUTE = 300.0, 900.0
# What may be a value of somebody's: an amount or an address.
VALUES = re.compile(r"₹\d+|[a-z]+\d+@example\.org")


class Judge:
    """Who is verified as whom and may see which value, by the rules alone, without a row of the guard's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: dict[int, list[Any]] = {}
        self._granted: dict[int, set[str]] = {}
        self.faults: list[str] = []
        self.figures: Counter[str] = Counter()

    def opens(self, talk: Talk, customer: Customer) -> None:
        self._sessions[talk.number] = [customer, self._clock(), self._clock()]

    def ends(self, talk: Talk) -> None:
        self._sessions.pop(talk.number, None)

    def has_verified(self, talk: Talk) -> bool:
        return talk.number in self._sessions

    def ends_all_of(self, customer: Customer) -> None:
        self._sessions = {number: each for number, each in self._sessions.items() if each[0] is not customer}

    def verified(self, talk: Talk) -> Customer | None:
        """As whom this conversation is verified now; asking counts as activity."""
        found, now = self._sessions.get(talk.number), self._clock()
        if found is None or now - found[1] >= ABSOLUTE or now - found[2] >= IDLE:
            self.ends(talk)
            return None
        found[2] = now
        customer: Customer = found[0]
        return customer

    def sweeps(self) -> None:
        now = self._clock()
        alive = {n: each for n, each in self._sessions.items() if now - each[1] < ABSOLUTE and now - each[2] < IDLE}
        self._sessions = alive

    def grants(self, talk: Talk, value: str) -> None:
        self._granted.setdefault(talk.number, set()).add(value)

    def hears(self, talk: Talk, text: str) -> None:
        """A message has arrived at this person: is there a value in it that is not theirs?"""
        self.figures["messages that arrived"] += 1
        for value in VALUES.findall(text):
            if value in self._granted.get(talk.number, ()):
                self.figures["values shown to whom they belong"] += 1
            else:
                self.fault("disclosed to another conversation")

    def fault(self, what: str) -> None:
        self.faults.append(what)
