"""What widgets tell they have shown, written down together: one transaction a few times a second instead of one for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from actions.guard.storage import StorageError

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.1


class WebAcks:
    """Runs on the server's loop. A process that is killed loses the last: its answers keep their values until those are too old."""

    def __init__(self, write: Callable[[Mapping[str, int]], None]) -> None:
        self._write = write
        self._noted: dict[str, int] = {}
        self._writing: asyncio.Task[None] | None = None

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
