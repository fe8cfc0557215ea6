"""How long one turn takes while nobody else talks: by its number in the conversation, and with a bank call."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

from bench.cardbot import Cardbot
from bench.sentences import balances
from bench.talks import Talk, Talks

NUMBERS = (50, 100, 400)
NEIGHBOURS = 7
SHORT_TALKS = 15
PAUSE = 0.2  # until a machine that has nothing else to do has gone to sleep
GUARDED_TURNS = 25
GUARDED_TURNS_SLOW = 10
LATENCY = 0.15


async def third_turn(server: Talks, texts: Iterator[str], talks: int = SHORT_TALKS) -> dict[str, float]:
    """The median third turn of new conversations, of those that follow the second at once and of those after a pause."""
    at_once, paused = await third_turns_of(server.talk, texts, talks)
    return {"turn3_p50_ms": 1000 * statistics.median(at_once), "turn3_paused_p50_ms": 1000 * statistics.median(paused)}


async def third_turns_of(
    begin: Callable[[int], AbstractAsyncContextManager[Talk]], texts: Iterator[str], talks: int
) -> tuple[list[float], list[float]]:
    """So many third turns that follow at once, after one that only warms up, and as many after a pause."""
    at_once, paused = [], []
    for number in range(1 + 2 * talks):
        async with begin(number) as talk:
            for _ in range(2):
                await talk.say(next(texts))
            if number > talks:
                await asyncio.sleep(PAUSE)
                paused.append(await talk.say(next(texts)))
            else:
                at_once.append(await talk.say(next(texts)))
    return at_once[1:], paused


async def late_turns(server: Talks, texts: Iterator[str], last: int = NUMBERS[-1]) -> dict[str, float]:
    """One long conversation: the median of the turns around each number, up to the `last`."""
    async with server.talk(0) as talk:
        took = [await talk.say(next(texts)) for _ in range(last + NEIGHBOURS)]
    return {
        f"turn{number}_p50_ms": 1000 * statistics.median(took[number - 1 - NEIGHBOURS : number + NEIGHBOURS])
        for number in NUMBERS
        if number <= last
    }


async def guarded_turns(cardbot: Cardbot, turns: int = GUARDED_TURNS) -> dict[str, float]:
    """A verified cardholder asks for the balance, of a bank that answers at once and of one that takes its time."""
    return {
        "guarded_turn_p50_ms": await _guarded(cardbot, turns),
        "guarded_turn_bank150_p50_ms": await _guarded(cardbot, min(turns, GUARDED_TURNS_SLOW), LATENCY),
    }


async def _guarded(cardbot: Cardbot, turns: int, latency: float = 0.0) -> float:
    texts = balances()
    async with cardbot.verified_talk() as talk:
        cardbot.bank.take(latency)
        try:
            await talk.say(next(texts))
            took = [await talk.say(next(texts)) for _ in range(turns)]
        finally:
            cardbot.bank.take(0.0)
    return 1000 * statistics.median(took)
