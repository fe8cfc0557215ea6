"""What widgets tell they have shown, written down together: one transaction a few times a second instead of one for each."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from actions.guard.storage import StorageError

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.1


class WebAcks:
    """Runs on the server's loop. A process that is killed loses the last: its answers keep their values until those are too old."""

    def __init__(self, write: Callable[[Mapping[str, int]], None]) -> None:
        self._write = write
        self._noted: dict[str, int] = {}
        self._told: Counter[str] = Counter()  # streams by token; a token leads to one conversation for ever
        self._conversations: dict[str, str] = {}
        self._writing: asyncio.Task[None] | None = None

    @contextmanager
    def told(self, token: str, conversation: str) -> Iterator[None]:
        """While the block runs a stream tells this token what is said: whoever has it may say what was shown, unasked again."""
        self._told[token] += 1
        self._conversations[token] = conversation
        try:
            yield
        finally:
            self._told[token] -= 1
            if not self._told[token]:
                del self._told[token], self._conversations[token]

    def conversation_of(self, token: str) -> str | None:
        """The conversation that a stream tells this token; None if there is no such stream here."""
        return self._conversations.get(token)

    def note(self, conversation: str, up_to: int) -> None:
        """The cardholder has seen everything up to this line."""
        self._noted[conversation] = max(up_to, self._noted.get(conversation, 0))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon())

    async def finish(self) -> None:
        """Write what is noted, before the server stops."""
        while self._writing is not None:
            await self._writing

    async def _write_soon(self) -> None:
        await asyncio.sleep(WAIT_SECONDS)
        noted, self._noted = self._noted, {}
        try:
            await asyncio.to_thread(self._write, noted)
        except StorageError as error:  # as if the process had been killed
            log.error("what was shown is not written down: %s", type(error).__name__)
        finally:
            self._writing = asyncio.create_task(self._write_soon()) if self._noted else None
