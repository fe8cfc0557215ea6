"""Where values wait, sealed, behind random references, for one conversation and direction, a short while."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from actions.guard.keys import Keys, SealError, framed
from actions.guard.schema import vault
from actions.guard.statements import Statement, inserting
from actions.guard.storage import Storage

_REFERENCE_LENGTH = 22

# Built once, since building a statement costs several times its execution.
_OF = vault.c.conversation == bindparam("this")
_PUT = Statement(inserting(vault, "ref", "conversation", "direction", "kind", "sealed", "expires"))
_FIND = Statement(select(vault).where(vault.c.ref == bindparam("ref")))
_KEEP_NONE = Statement(delete(vault).where(_OF, vault.c.direction == bindparam("way")))
_SPEND = Statement(delete(vault).where(_OF, vault.c.ref == bindparam("spent")))


class Direction(str, Enum):
    """Who will read the value: an action (IN: the cardholder typed it) or the cardholder (OUT)."""

    IN = "in"
    OUT = "out"


class VaultMissing(Exception):
    """No such value for this caller: unknown, another's, of the wrong kind or direction, or expired."""

    def __init__(self) -> None:
        super().__init__("the vault holds no such value")


@dataclass(frozen=True)
class _Lent:
    conversation: str
    kind: str
    value: str = field(repr=False)

    def is_for(self, conversation: str, direction: Direction, kinds: Collection[str] | None) -> bool:
        is_meant = (self.conversation, Direction.IN) == (conversation, direction)
        return is_meant and (kinds is None or self.kind in kinds)


class Vault:
    """Values by reference (22 url-safe characters, 128 random bits), until spent, `life` seconds at most."""

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        clock: Callable[[], float],
        life: float = 900.0,
        new_reference: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        self._storage = storage
        self._sealer = keys.sealer("vault")
        self._clock = clock
        self._life = life
        self._new_reference = new_reference
        self._decoy = self._sealer.seal("", b"decoy")
        self._lent: dict[str, _Lent] = {}

    def put_in(
        self, conn: Connection, conversation: str, direction: Direction, kind: str, value: str
    ) -> str:
        """Keep a value in the caller's transaction; returns its reference."""
        ref = self._new_reference()
        row = {
            "ref": ref,
            "conversation": conversation,
            "direction": direction.value,
            "kind": kind,
            "sealed": self._sealer.seal(value, _bound_to(conversation, direction, kind, ref)),
            "expires": self._clock() + self._life,
        }
        _PUT.run_later(conn, **row)
        return ref

    def put(self, conversation: str, direction: Direction, kind: str, value: str) -> str:
        """Keep a value at once; returns its reference. What is made of it must be stored durably."""
        with self._storage.begin(durable=False) as conn:
            return self.put_in(conn, conversation, direction, kind, value)

    def put_all(self, conversation: str, direction: Direction, kind: str, values: Iterable[str]) -> list[str]:
        """Keep values of one kind at once, all or none; returns their references in order."""
        with self._storage.begin(durable=False) as conn:
            return [self.put_in(conn, conversation, direction, kind, value) for value in values]

    @contextmanager
    def lent(self, conversation: str, kind: str, value: str) -> Iterator[str]:
        """A reference that actions may open while the block runs; its value is in this process's memory and nowhere else."""
        ref = self._new_reference()
        self._lent[ref] = _Lent(conversation, kind, value)
        try:
            yield ref
        finally:
            del self._lent[ref]

    def open_in(
        self,
        conn: Connection,
        conversation: str,
        direction: Direction,
        ref: str,
        *,
        kinds: Collection[str] | None = None,
    ) -> str:
        """The value behind `ref`, read in the caller's transaction; VaultMissing does not say why not."""
        row = _FIND.first(conn, ref=ref)
        # The same steps whatever is wrong: an unknown reference opens a decoy, which fails like any other.
        token, kind, expires = (row.sealed, row.kind, row.expires) if row else (self._decoy, "", 0.0)
        is_meant = row is not None and (row.conversation, row.direction) == (conversation, direction.value)
        try:
            value = self._sealer.open(token, _bound_to(conversation, direction, kind, ref))
        except SealError:
            value = None
        is_wanted = is_meant and expires > self._clock() and (kinds is None or kind in kinds)
        if value is None or not is_wanted:
            raise VaultMissing
        return value.decode()

    def open(
        self, conversation: str, direction: Direction, ref: str, *, kinds: Collection[str] | None = None
    ) -> str:
        """The value behind `ref`, lent or as it was last committed; VaultMissing does not say why not."""
        lent = self._lent.get(ref)
        if lent is not None and lent.is_for(conversation, direction, kinds):
            return lent.value
        with self._storage.glance() as conn:
            return self.open_in(conn, conversation, direction, ref, kinds=kinds)

    def spend_in(self, conn: Connection, conversation: str, refs: Iterable[str]) -> None:
        """Delete values whose act is over; those of another conversation stay."""
        for ref in refs:
            _SPEND.run_later(conn, this=conversation, spent=ref)

    def keep_only_in(
        self, conn: Connection, conversation: str, direction: Direction, refs: Iterable[str]
    ) -> None:
        """Delete every value of this conversation and direction but these: the acts of the others are over.

        What cannot be a reference may be among `refs`.
        """
        if kept := [ref for ref in refs if len(ref) == _REFERENCE_LENGTH]:
            named = {f"kept_{place}": ref for place, ref in enumerate(kept)}
            _keep_only(len(kept)).run_later(conn, this=conversation, way=direction.value, **named)
        else:
            _KEEP_NONE.run_later(conn, this=conversation, way=direction.value)

    def purge(self) -> int:
        """Delete whatever has expired; returns how many."""
        with self._storage.begin() as conn:
            return conn.execute(delete(vault).where(vault.c.expires <= self._clock())).rowcount


def _bound_to(conversation: str, direction: Direction, kind: str, ref: str) -> bytes:
    return framed("vault 1", conversation, direction.value, kind, ref)


@functools.lru_cache(maxsize=64)
def _keep_only(count: int) -> Statement:
    """Delete all but so many values of a conversation and direction."""
    kept: list[Any] = [bindparam(f"kept_{place}") for place in range(count)]
    return Statement(delete(vault).where(_OF, vault.c.direction == bindparam("way"), vault.c.ref.not_in(kept)))
