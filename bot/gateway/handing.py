"""Messages that this process took in the very transaction that stored them, until their turns begin."""

from __future__ import annotations

import threading

from bot.gateway.turn_input import Work


class Handing:
    """At most one for each conversation: only a message that waits for no other is taken so. From any thread.

    What is kept here may not be committed yet: it is claimed by the name of its message, by whoever knows that it is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Work] = {}

    def keep(self, work: Work) -> None:
        with self._lock:
            self._kept[work.conversation.id] = work

    def claim(self, conversation: str, message_id: str) -> Work | None:
        """This message of this conversation, which is kept no longer."""
        with self._lock:
            work = self._kept.get(conversation)
            if work is None or work.message.message_id != message_id:
                return None
            return self._kept.pop(conversation)

    def holds(self, conversation: str) -> bool:
        """Whether a message of this conversation is about to be committed and claimed."""
        with self._lock:
            return conversation in self._kept
