"""Authentic messages on their way to the edge, and what a sender is told who is over a limit: once, then silence."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from functools import partial

from bot.gateway.edge import Inbound, Receipt
from bot.gateway.runtime import Runtime
from bot.gateway.turns import TYPING_AFTER

# How long a sender who is over a limit is told nothing more.
SILENCE_SECONDS = 60.0
MOST_REMEMBERED = 10_000
# Later than this, nobody needs to be told that an answer is being written.
TYPING_SECONDS = 3.0


class Reception:
    """Between a channel and the edge; `refuse` tells a sender something that is in no outbox."""

    def __init__(self, runtime: Runtime, refuse: Callable[[Inbound, str], None]) -> None:
        self._runtime = runtime
        self._edge = runtime.edge
        self._errands = runtime.delivery.errands
        self._clock = runtime.services.clock
        self._refuse = refuse
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}

    async def take(self, inbounds: Iterable[Inbound]) -> list[Receipt]:
        """Take messages in, in order; when this returns, each is stored, was stored before, or is refused."""
        return await asyncio.to_thread(lambda: [self._take(each) for each in inbounds])

    def announce(self, inbound: Inbound, show: Callable[[bool], None]) -> None:
        """In a moment, before answers that are not sent by then: `show` is told whether one is still being written."""

        def announce() -> None:
            show(self._runtime.is_working_on(inbound.conversation))

        run = partial(self._errands.run, inbound.conversation, announce, within=TYPING_SECONDS)
        asyncio.get_running_loop().call_later(TYPING_AFTER, run)

    def is_first(self, whom: str) -> bool:
        """Whether this one was told nothing of the kind for a while."""
        now = self._clock()
        with self._lock:
            if now - self._told.get(whom, 0.0) < SILENCE_SECONDS:
                return False
            if len(self._told) >= MOST_REMEMBERED:
                self._told.clear()
            self._told[whom] = now
            return True

    def _take(self, inbound: Inbound) -> Receipt:
        receipt = self._edge.receive(inbound)
        if receipt.refusal_text and self.is_first(inbound.conversation):
            self._errands.run(inbound.conversation, lambda: self._refuse(inbound, receipt.refusal_text))
        return receipt
