"""A queue of RabbitMQ for one run: whether a broker answers, and all that it was given, written down."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from urllib.parse import quote

import aio_pika
from aio_pika.exceptions import AMQPError

ANSWERS_WITHIN = 3.0
PATIENCE = 2.0


class Queue:
    """One queue, which only this run knows."""

    def __init__(self, server: str) -> None:
        self._server = server.rstrip("/")
        self._name = f"cardbot-leaks-{secrets.token_hex(6)}"

    @property
    def url(self) -> str:
        """What CARDBOT_EVENT_BROKER_URL is set to."""
        return f"{self._server}/{quote(self._name)}"

    def answers(self) -> bool:
        """Whether the broker is there and lets us in."""
        try:
            asyncio.run(asyncio.wait_for(self._greet(), ANSWERS_WITHIN))
        except (OSError, AMQPError, TimeoutError):
            return False
        return True

    def empty_into(self, path: Path) -> int:
        """Write every message to the file, delete the queue; returns how many there were."""
        return asyncio.run(self._empty_into(path))

    async def _greet(self) -> None:
        await (await aio_pika.connect(self._server)).close()

    async def _empty_into(self, path: Path) -> int:
        connection = await aio_pika.connect(self._server)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(self._name, durable=True)
            count = 0
            with path.open("ab") as file:
                while (message := await queue.get(no_ack=True, fail=False, timeout=PATIENCE)) is not None:
                    file.write(repr(message.headers).encode() + b"\n" + message.body + b"\n")
                    count += 1
            await queue.delete(if_unused=False, if_empty=False)
        return count
