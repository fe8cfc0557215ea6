"""Who waits for answers of a conversation: open connections of this process, woken from the engine's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Watcher:
    """One open connection; its methods run on that connection's event loop."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.is_typing = False
        self._is_behind = False
        self.position = 0  # of the last line that was told

    def notify(self, *, typing: bool) -> None:
        """From any thread: something changed."""
        self._loop.call_soon_threadsafe(self._note, typing)

    def wake(self) -> None:
        """From any thread: there may be lines that were not told."""
        self._loop.call_soon_threadsafe(self._note_lines)

    def has_lines(self) -> bool:
        """Whether there may be lines that were not told when this was asked last; what else changed needs no look at the database."""
        is_behind, self._is_behind = self._is_behind, False
        return is_behind

    async def wait(self, seconds: float) -> bool:
        """Until something changed, or the time is over; says which."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def _note(self, typing: bool) -> None:
        self.is_typing = typing
        if typing:
            self._changed.set()
        else:
            self._note_lines()

    def _note_lines(self) -> None:
        self._is_behind = True
        self._changed.set()


class Watchers:
    """All watchers of this process, by conversation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_conversation: dict[str, set[Watcher]] = {}
        self.is_closing = False

    @contextmanager
    def watching(self, conversation: str) -> Iterator[Watcher]:
        """A watcher for as long as the block runs."""
        watcher = Watcher()
        with self._lock:
            self._by_conversation.setdefault(conversation, set()).add(watcher)
        try:
            yield watcher
        finally:
            with self._lock:
                left = self._by_conversation[conversation]
                left.discard(watcher)
                if not left:
                    del self._by_conversation[conversation]

    def count(self, conversation: str) -> int:
        with self._lock:
            return len(self._by_conversation.get(conversation, ()))

    @property
    def is_anybody_there(self) -> bool:
        return bool(self._by_conversation)

    def wake_behind(self, latest: Mapping[str, int]) -> None:
        """Wake everybody who has not told the last line of their conversation, by its position; from any thread."""
        with self._lock:
            behind = [
                watcher
                for conversation, position in latest.items()
                for watcher in self._by_conversation.get(conversation, ())
                if watcher.position < position
            ]
        for watcher in behind:
            watcher.wake()

    def close(self) -> None:
        """The server stops: wake everybody, so that they see `is_closing`."""
        self.is_closing = True
        with self._lock:
            watched = list(self._by_conversation)
        for conversation in watched:
            self.notify(conversation)

    def notify(self, conversation: str, *, typing: bool = False) -> None:
        """Wake everybody who watches this conversation; from any thread."""
        with self._lock:
            watchers = list(self._by_conversation.get(conversation, ()))
        for watcher in watchers:
            watcher.notify(typing=typing)
