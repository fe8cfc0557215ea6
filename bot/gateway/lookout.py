"""What other processes write, found by one question a second: however many streams are open here, each wakes only for news of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from actions.guard.storage import Storage, StorageError
from bot.gateway.conversations import Conversations
from bot.gateway.watchers import Watchers

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# A line is dated when it is written and seen when that is committed, and the clocks of two hosts differ a little.
OVERLAP_SECONDS = 10.0


class Lookout:
    """For a database that several processes share: a talk that is watched here may be answered by any of them."""

    def __init__(
        self, storage: Storage, conversations: Conversations, watchers: Watchers, clock: Callable[[], float]
    ) -> None:
        self._storage = storage
        self._conversations = conversations
        self._watchers = watchers
        self._clock = clock

    async def keep(self) -> None:
        """Look every second until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await asyncio.to_thread(self.look)
            except StorageError as error:
                log.error("answers of other processes are not seen: %s", type(error).__name__)

    def look(self) -> None:
        """Wake everybody here who has not shown the last answer of a talk that was answered in lately."""
        if not self._watchers.is_anybody_there:
            return
        with self._storage.glance() as conn:
            latest = self._conversations.latest_in(conn, self._clock() - OVERLAP_SECONDS)
        self._watchers.wake_behind(latest)
