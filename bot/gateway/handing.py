"""Messages that this process took in the very transaction that stored them, until their turns begin."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bot.gateway.turn_input import Work

# What a message that was taken is, once it is committed; None if it turns out that somebody else holds the lease.
Taken = Callable[[], Work | None]


class Handing:
    """At most one for each conversation: only a message that waits for no other is taken so. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, Taken]] = {}  # its id and what it is, by conversation
        self._stored: set[str] = set()

    def keep(self, conversation: str, message_id: str, taken: Taken) -> None:
        """Its transaction may still fail: nobody may begin with it yet, and nobody else may take it."""
        with self._lock:
            self._kept[conversation] = message_id, taken
            self._stored.discard(conversation)  # that was an earlier one, which somebody else has answered

    def stored(self, conversation: str, message_id: str) -> None:
        """A message was committed; if it is the one that is kept, it may be claimed."""
        with self._lock:
            if self._is_kept(conversation, message_id):
                self._stored.add(conversation)

    def drop(self, conversation: str, message_id: str) -> None:
        """This message was not committed, or is not known to be; a retry that failed undoes nothing of what was."""
        with self._lock:
            if self._is_kept(conversation, message_id) and conversation not in self._stored:
                del self._kept[conversation]

    def claim(self, conversation: str) -> Work | None:
        """The message of this conversation that is kept and committed, if it is ours; it is kept no longer."""
        with self._lock:
            if conversation not in self._stored:
                return None
            self._stored.remove(conversation)
            _, taken = self._kept.pop(conversation)
        return taken()

    def holds(self, conversation: str) -> bool:
        """Whether a message of this conversation is kept, committed or not."""
        with self._lock:
            return conversation in self._kept

    def _is_kept(self, conversation: str, message_id: str) -> bool:
        return conversation in self._kept and self._kept[conversation][0] == message_id
