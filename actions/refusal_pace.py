"""All refusals take equally long: what was wrong with the details must not be heard in how soon the no comes.

A no that the bank says at once, and one that is ours after a second call (the record's mobile is not the sender's),
are both told at the next multiple of one slot, counted from the start of the check. So they coincide as long as both
calls together fit into a slot; CARDBOT_REFUSAL_FLOOR has to be longer than two slow calls of the bank. A success is
told at once: its words tell it anyway. Nothing is held back beyond the patience of a turn; what comes even later is
told by itself, at a multiple of the slot too. Nobody's thread waits meanwhile.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from actions.bank import Bank
from actions.outcomes import Outcome, Verdict

# A code is asked for whether the details were right or wrong, and a code that was never sent is wrong like any other.
HELD = frozenset({Verdict.REFUSED, Verdict.CODE_WANTED, Verdict.CODE_WRONG})


class RefusalPace:
    """Runs checks on the bank's threads, as `Bank.run` does; `slot` and `patience` are seconds, no slot holds nothing."""

    def __init__(
        self,
        bank: Bank,
        slot: float,
        patience: float,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bank = bank
        self._slot = slot
        self._patience = patience
        self._now = now
        self._wait = wait

    async def run(self, check: Callable[[], Outcome], on_late: Callable[[Outcome], None]) -> Outcome | None:
        """The outcome, when it may be told; None when that is after this turn: `on_late` gets it then."""
        began, loop = self._now(), asyncio.get_running_loop()

        def hold_late(outcome: Outcome) -> None:
            asyncio.run_coroutine_threadsafe(self._tell_late(began, outcome, on_late), loop)

        outcome = await self._bank.run(check, hold_late)
        if outcome is not None:
            await self._hold(self._held_until(began, outcome, self._patience))
        return outcome

    async def _tell_late(self, began: float, outcome: Outcome, on_late: Callable[[Outcome], None]) -> None:
        await self._hold(self._held_until(began, outcome, math.inf))
        self._bank.start(lambda: on_late(outcome))

    async def _hold(self, until: float) -> None:
        left = until - self._now()
        if left > 0:
            await self._wait(left)

    def _held_until(self, began: float, outcome: Outcome, most: float) -> float:
        if not self._slot or outcome.verdict not in HELD:
            return began
        slots = math.ceil((self._now() - began) / self._slot)
        return began + min(max(slots, 1) * self._slot, most)
