"""How many turns a second a server completes when many talk at once, and how long each waits."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

from bench.talks import Talk, Talks

CROWDS = (1, 16, 64)
SECONDS = 8.0


async def crowds(server: Talks, texts: Iterator[str], seconds: float = SECONDS) -> dict[str, float]:
    """Turns a second and the median turn for each size of crowd; everybody speaks again when answered."""
    found: dict[str, float] = {}
    for size in CROWDS:
        rate, p50 = await crowd(server, texts, size, seconds)
        found |= {f"turns_per_s_{size}": rate, f"turn_p50_ms_{size}": p50}
    found["turns_per_s"] = found.pop(f"turns_per_s_{CROWDS[-1]}")
    return found


async def crowd(server: Talks, texts: Iterator[str], size: int, seconds: float) -> tuple[float, float]:
    """Turns a second and the median turn in ms."""
    async with AsyncExitStack() as opened:
        talks = [await opened.enter_async_context(server.talk(number)) for number in range(size)]
        await asyncio.gather(*(talk.say(next(texts)) for talk in talks))
        began = time.perf_counter()
        spoken = await asyncio.gather(*(_speak(talk, texts, began + seconds) for talk in talks))
    took = [each for some in spoken for each in some]
    return len(took) / seconds, 1000 * statistics.median(took)


async def _speak(talk: Talk, texts: Iterator[str], until: float) -> list[float]:
    """The turns that ended in time."""
    took: list[float] = []
    while True:
        seconds = await talk.say(next(texts))
        if time.perf_counter() > until:
            return took
        took.append(seconds)
