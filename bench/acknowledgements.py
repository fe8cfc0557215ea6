"""How soon a message is acknowledged while the bank hangs and others wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

from bench import doors
from bench.cardbot import Cardbot
from bench.results import percentile
from bench.sentences import balances
from bench.talks import WebTalk

HANGS = 5.0
WAITING = 12
SPEAKERS = 8
MESSAGES = 30
PAUSE = 0.05


async def while_bank_hangs(cardbot: Cardbot, texts: Iterator[str], messages: int = MESSAGES) -> dict[str, float]:
    """The 99th percentile over all messages: balances that hang, and small talk of others meanwhile."""
    async with AsyncExitStack() as opened:
        waiting = [await opened.enter_async_context(cardbot.verified_talk()) for _ in range(WAITING)]
        others = [await opened.enter_async_context(cardbot.talk(number)) for number in range(SPEAKERS)]
        cardbot.bank.take(HANGS)
        try:
            asked = balances()
            took = [await talk.knock(next(asked)) for talk in waiting]
            spoken = await asyncio.gather(*(_speak(talk, texts, messages) for talk in others))
        finally:
            cardbot.bank.take(0.0)
    took += [each for some in spoken for each in some]
    return {"ack_p99_ms": 1000 * percentile(took, 0.99)}


async def at_the_doors(cardbot: Cardbot, texts: Iterator[str], messages: int = MESSAGES) -> dict[str, float]:
    """The same on the platforms' webhooks, of a Cardbot that has them; and what it costs to refuse."""
    async with AsyncExitStack() as opened:
        waiting = [await opened.enter_async_context(cardbot.verified_talk()) for _ in range(WAITING)]
        found = await doors.refused(cardbot.urls[0])
        cardbot.bank.take(HANGS)
        try:
            asked = balances()
            for talk in waiting:
                await talk.knock(next(asked))
            return found | await doors.acknowledged(cardbot.urls[0], texts, messages)
        finally:
            cardbot.bank.take(0.0)


async def _speak(talk: WebTalk, texts: Iterator[str], messages: int) -> list[float]:
    """As fast as answers come, so that never more than one message waits."""
    took = []
    for _ in range(messages):
        took.append(await talk.knock(next(texts)))
        await talk.answered()
        await asyncio.sleep(PAUSE)
    return took
