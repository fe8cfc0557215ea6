"""Codes by SMS: who was asked for one, how often one may be tried and sent; the codes themselves only the bank knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from actions.guard.keys import Keys, SealError, framed
from actions.guard.possession import Act, Registered
from actions.guard.schema import code_sends, lockout_doors, possession_codes
from actions.guard.storage import Storage, put_row

CODE_LIFE = 600.0
CODE_TRIES = 3
SENDS_AN_HOUR = 3
SENDS_A_DAY = 6
HOUR, DAY = 3600.0, 86400.0
SENDS_KEPT = 2 * DAY
_c, _s = possession_codes.c, code_sends.c


@dataclass(frozen=True)
class Challenge:
    """A code that is open: `registered` is None where nothing was sent, since the details fitted nobody.

    `attempt` is the try of the lockout that the code decides, `last_four` the card that was named.
    """

    conversation: str
    act: Act
    tries: int
    attempt: int | None = None
    last_four: str = field(default="", repr=False)
    registered: Registered | None = None


class Codes:
    """One open code per conversation. Tries and sends are counted, and committed, before the bank is called."""

    def __init__(self, storage: Storage, keys: Keys, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._keys = keys
        self._sealer = keys.sealer("possession codes")
        self._clock = clock

    def ask(
        self, conversation: str, act: Act, attempt: int | None, last_four: str, registered: Registered | None
    ) -> None:
        """From now on this conversation is asked for a code, ten minutes long; one asked for before is void.

        A `registered` whose mobile is not read yet is addressed later.
        """
        bound = _bound_to(conversation, act, attempt)
        sealed = None if registered is None else self._sealer.seal(_written(registered, last_four), bound)
        with self._storage.begin() as conn:
            put_row(
                conn, possession_codes, conversation=conversation, act=act.value, attempt=attempt, sealed=sealed,
                tries=0, expires=self._clock() + CODE_LIFE,
            )  # fmt: skip

    def address(self, conversation: str, challenge: Challenge, registered: Registered) -> None:
        """Where the code of this challenge goes, once the record is read."""
        bound = _bound_to(conversation, challenge.act, challenge.attempt)
        same = (_c.conversation == conversation, _c.attempt == challenge.attempt)
        with self._storage.begin() as conn:
            sealed = self._sealer.seal(_written(registered, challenge.last_four), bound)
            conn.execute(update(possession_codes).where(*same).values(sealed=sealed))

    def current(self, conversation: str) -> Challenge | None:
        """The open code of a conversation; None if it was asked for none, or took too long, or tried too often."""
        return self._open_one(conversation, CODE_TRIES)

    def count_try(self, conversation: str) -> Challenge | None:
        """Count one try at the open code; None if there is none or it was tried often enough."""
        counted = (
            update(possession_codes)
            .where(_c.conversation == conversation, _c.tries < CODE_TRIES, _c.expires > self._clock())
            .values(tries=_c.tries + 1)
        )
        with self._storage.begin() as conn:
            if conn.execute(counted).rowcount != 1:
                return None
        return self._open_one(conversation, CODE_TRIES + 1)

    def give_back(self, conversation: str) -> None:
        """The bank has not looked at the code: the try does not count."""
        counted = update(possession_codes).where(_c.conversation == conversation, _c.tries > 0)
        with self._storage.begin() as conn:
            conn.execute(counted.values(tries=_c.tries - 1))

    def drop_in(self, conn: Connection, conversation: str) -> bool:
        """No code of this conversation is open any more; says whether one was."""
        return conn.execute(delete(possession_codes).where(_c.conversation == conversation)).rowcount > 0

    def drop(self, conversation: str) -> bool:
        with self._storage.begin() as conn:
            return self.drop_in(conn, conversation)

    def extend(self, conversation: str) -> None:
        """A new code went out: ten minutes more, and no more tries."""
        with self._storage.begin() as conn:
            mine = update(possession_codes).where(_c.conversation == conversation)
            conn.execute(mine.values(expires=self._clock() + CODE_LIFE))

    def may_ask(self, conversation: str) -> bool:
        """Count one code that this conversation asks for; False over three an hour or six a day."""
        return self._count(_s.conversation, conversation, {"conversation": conversation})

    def may_send(self, conversation: str, urn: str) -> bool:
        """Count one code that this account is sent, from whatever conversation; the same limits."""
        account = self._keys.mac("code urn", urn)
        return self._count(_s.urn, account, {"conversation": "", "urn": account})

    def purge(self) -> int:
        """Delete what has expired, and sends that no limit needs; returns how many codes went."""
        now = self._clock()
        with self._storage.begin() as conn:
            conn.execute(delete(code_sends).where(_s.at <= now - SENDS_KEPT))
            return conn.execute(delete(possession_codes).where(_c.expires <= now)).rowcount

    def _count(self, column: ColumnElement[str], key: str, row: dict[str, str]) -> bool:
        now = self._clock()
        with self._storage.begin() as conn:
            put_row(conn, lockout_doors, key=f"code:{key}", touched=now)  # held until the commit
            for limit, window in ((SENDS_AN_HOUR, HOUR), (SENDS_A_DAY, DAY)):
                recent = select(func.count()).where(column == key, _s.at > now - window)
                if conn.execute(recent).scalar_one() >= limit:
                    return False
            conn.execute(code_sends.insert().values(**row, at=now))
            return True

    def _open_one(self, conversation: str, tries: int) -> Challenge | None:
        mine = select(possession_codes).where(
            _c.conversation == conversation, _c.tries < tries, _c.expires > self._clock()
        )
        with self._storage.read() as conn:
            row = conn.execute(mine).one_or_none()
        if row is None:
            return None
        act = Act(row.act)
        if row.sealed is None:
            return Challenge(conversation, act, row.tries, row.attempt)
        try:
            opened = self._sealer.open(row.sealed, _bound_to(conversation, act, row.attempt))
        except SealError:
            return None
        urn, customer_id, mobile, last_four = (str(each) for each in json.loads(opened))
        return Challenge(conversation, act, row.tries, row.attempt, last_four, Registered(urn, customer_id, mobile))


def _written(registered: Registered, last_four: str) -> str:
    return json.dumps([registered.urn, registered.customer_id, registered.mobile, last_four])


def _bound_to(conversation: str, act: Act, attempt: int | None) -> bytes:
    return framed("possession code 1", conversation, act.value, repr(attempt))
