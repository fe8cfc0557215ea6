"""How proposals and changes lie in the database: values sealed, accounts and what is compared as hashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row

from actions.guard.journal_change import Change, Proposal, State, Told
from actions.guard.keys import Keys, framed
from actions.guard.schema import changes

SEALED = ("urn", "old", "new", "request")
MOVING = (
    "state", "sends", "misses", "duplicate", "code", "sent_at", "first_old_at", "next_at", "closed_at",
    "told", "ticketed", "waiting_until",
)  # fmt: skip


class Rows:
    """Seals what is written and opens what is read."""

    def __init__(self, keys: Keys) -> None:
        self._sealer = keys.sealer("journal")
        self._keys = keys

    def hash(self, kind: str, value: str) -> str:
        """A pseudonym to look rows up by."""
        return self._keys.mac(f"journal {kind}", value)

    def sealed_proposal(self, conversation: str, nonce: str, **values: str) -> dict[str, bytes]:
        return {
            name: self._sealer.seal(value, framed(conversation, nonce, name))
            for name, value in values.items()
        }

    def opened_proposal(self, row: Row[Any]) -> Proposal:
        urn, old, new = (
            self._sealer.open(getattr(row, name), framed(row.conversation, row.nonce, name)).decode()
            for name in ("urn", "old", "new")
        )
        return Proposal(row.conversation, row.nonce, row.field, urn, old, new, row.expires, row.shown_at)

    def insert(self, conn: Connection, change: Change, lease_until: float) -> None:
        names = (*MOVING, "op_id", "reference", "conversation", "field")
        values = {name: getattr(change, name) for name in names}
        sealed = {
            name: self._sealer.seal(getattr(change, name), framed(change.op_id, name)) for name in SEALED
        }
        conn.execute(
            changes.insert().values(
                **values, **sealed, txn=change.txn, version=change.version, made_at=change.made_at,
                urn_hash=self.hash("urn", change.urn), old_hash=self.hash("value", change.old),
                new_hash=self.hash("value", change.new), lease_until=lease_until,
            )
        )  # fmt: skip

    def opened(self, row: Row[Any]) -> Change:
        values = dict(row._mapping)
        for gone in ("urn_hash", "old_hash", "new_hash", "lease_until"):
            del values[gone]
        for name in SEALED:
            token = values[name]
            clear = b"" if token is None else self._sealer.open(token, framed(row.op_id, name))
            values[name] = clear if name == "request" else clear.decode()
        return Change(**values | {"state": State(row.state), "told": Told(row.told)})
