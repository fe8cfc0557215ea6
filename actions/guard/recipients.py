"""Where a conversation's answers go: its cardholder's phone or chat, sealed beside the pseudonym that names the talk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from actions.guard.keys import Keys
from actions.guard.schema import conversations
from actions.guard.statements import Statement

# Every message runs these: built once, since building a statement costs several times its execution.
_OF = conversations.c.conversation == bindparam("this")
_KEEP = Statement(
    conversations.update()
    .where(_OF, conversations.c.address_sealed.is_(None))
    .values(address_sealed=bindparam("sealed"))
)
_FIND = Statement(select(conversations.c.address_sealed).where(_OF))


@dataclass(frozen=True)
class Recipient:
    """Whom a platform delivers to, and `via` which of the operator's own numbers where there are several."""

    to: str = field(repr=False)
    via: str = field(default="", repr=False)


class Recipients:
    """Sealed under a purpose of its own; joins the transactions of its callers."""

    def __init__(self, keys: Keys) -> None:
        self._sealer = keys.sealer("recipients")

    def keep_in(self, conn: Connection, conversation: str, recipient: Recipient) -> None:
        """Remember it, unless the conversation has one: who it is decides the conversation's id."""
        body = json.dumps({"to": recipient.to, "via": recipient.via})
        _KEEP.run_later(conn, this=conversation, sealed=self._sealer.seal(body, conversation.encode()))

    def of_in(self, conn: Connection, conversation: str) -> Recipient | None:
        """Whom to send to; None for a conversation that is not pushed to. Raises SealError."""
        found = _FIND.first(conn, this=conversation)
        if found is None or found.address_sealed is None:
            return None
        body = json.loads(self._sealer.open(found.address_sealed, conversation.encode()))
        return Recipient(str(body["to"]), str(body["via"]))
