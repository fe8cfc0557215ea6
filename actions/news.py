"""What happens after its turn has ended: a bank call that came late, a change that was settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from actions.guard.storage import Storage

Facts = Mapping[str, str]
Listener = Callable[[Connection, str, str, Facts], None]


class News:
    """Hands news of a conversation to whoever can start a turn of it; the gateway listens."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    def tell(self, conversation: str, intent: str, facts: Facts) -> None:
        """As `tell_in`, at once."""
        with self._storage.begin() as conn:
            self.tell_in(conn, conversation, intent, facts)

    def tell_in(self, conn: Connection, conversation: str, intent: str, facts: Facts) -> None:
        """In the caller's transaction: `intent` is what the turn begins with; `facts` hold no values."""
        if self._listener is None:
            raise RuntimeError("news came before anybody listened")
        self._listener(conn, conversation, intent, facts)
