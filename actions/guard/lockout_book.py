"""The rows behind the lockout: tries by pseudonym, doors that are held while counting, trust, accounts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, select

from actions.guard.lockout_policy import DAY, HOUR, MINUTE, Limits, Try
from actions.guard.schema import attempts, lockout_accounts, lockout_doors, lockout_trust
from actions.guard.storage import insert_new, put_row

GUARDED = "guarded"
_t = attempts.c
_COLUMNS = ("conversation", "identity", "message", "card", "pair", "person", "details", "address")
_counts = _t.state.in_(("pending", "failed"))


@dataclass(frozen=True)
class Scopes:
    """What one try is counted under; everything but the conversation is a pseudonym."""

    conversation: str
    identity: str
    message: str
    card: str | None = None
    pair: str | None = None
    person: str | None = None
    details: str | None = None
    urn: str | None = None
    address: str | None = None


def hold(conn: Connection, scopes: Scopes, now: float) -> None:
    """Take every door that this try counts at, in one order for all, until the transaction ends.

    Two tries that share a door are counted one after the other on PostgreSQL as on SQLite.
    """
    named = {
        "conversation": scopes.conversation,
        "identity": scopes.identity,
        "card": scopes.card,
        "pair": scopes.pair,
        "person": scopes.person,
        "address": scopes.address,
    }
    for key in sorted(f"{name}:{value}" for name, value in named.items() if value is not None):
        put_row(conn, lockout_doors, key=key, touched=now)


def earlier(conn: Connection, message: str) -> Row[tuple[int, str]] | None:
    """The id and state of the try that this very message made."""
    return conn.execute(select(_t.id, _t.state).where(_t.message == message)).first()


def enter(conn: Connection, scopes: Scopes, at: float) -> int:
    """Count one try and return its id."""
    made = conn.execute(attempts.insert().values(**_columns(scopes), at=at, state="pending").returning(_t.id))
    return int(made.scalar_one())


def note(conn: Connection, scopes: Scopes, at: float, state: str) -> bool:
    """Remember something that is not a try, once for each message and state."""
    values = _columns(scopes) | {"message": f"{scopes.message}:{state}"}
    return insert_new(conn, attempts, **values, at=at, state=state)


def found(conn: Connection, attempt: int) -> Scopes | None:
    """What a try was counted under."""
    row = conn.execute(select(*(_t[name] for name in _COLUMNS)).where(_t.id == attempt)).first()
    if row is None:
        return None
    return Scopes(**row._mapping, urn=row.card if row.details is None else None)


def settle(conn: Connection, attempt: int, state: str, now: float) -> bool:
    """Close a pending try; False if it is not pending any more."""
    change = attempts.update().where(_t.id == attempt, _t.state == "pending")
    return conn.execute(change.values(state=state, settled_at=now)).rowcount == 1


def conversation_tries(conn: Connection, conversation: str, now: float, limits: Limits) -> list[Try]:
    """The tries of a conversation since it last succeeded."""
    success = select(func.max(_t.id)).where(_t.conversation == conversation, _t.state == "succeeded")
    since = func.coalesce(success.scalar_subquery(), 0)
    return _tries(conn, and_(_t.conversation == conversation, _t.id > since, _t.at > now - limits.month))


def identity_tries(conn: Connection, identity: str, now: float, limits: Limits) -> list[Try]:
    return _tries(conn, and_(_t.identity == identity, _t.at > now - limits.month))


def shared_tries(conn: Connection, name: str, value: str | None, now: float) -> list[Try]:
    """Everybody's tries of two days under one pair, person, card or address."""
    return [] if value is None else _tries(conn, and_(_t[name] == value, _t.at > now - 2 * DAY))


def last_swept_at(conn: Connection, identity: str, now: float) -> float | None:
    swept = select(func.max(_t.at)).where(_t.identity == identity, _t.state == "swept", _t.at > now - DAY)
    found = conn.execute(swept).scalar()
    return None if found is None else float(found)


def refunds_since(conn: Connection, identity: str, since: float) -> int:
    found = select(func.count()).where(_t.identity == identity, _t.state == "refunded", _t.settled_at > since)
    return int(conn.execute(found).scalar_one())


def misreads_since(conn: Connection, conversation: str, since: float) -> int:
    found = select(func.count()).where(
        _t.conversation == conversation, _t.state == "misread", _t.at > since
    )
    return int(conn.execute(found).scalar_one())


def failures_between(conn: Connection, after: float, until: float) -> int:
    return int(conn.execute(select(func.count()).where(_counts, _t.at > after, _t.at <= until)).scalar_one())


def same_hours(conn: Connection, now: float) -> list[int]:
    """Failures in this hour of the day on each of the last seven days."""
    return [failures_between(conn, now - day * DAY - HOUR, now - day * DAY) for day in range(1, 8)]


def last_ten_minutes(conn: Connection, now: float) -> int:
    return failures_between(conn, now - 10 * MINUTE, now)


def guarded_until(conn: Connection) -> float:
    found = conn.execute(select(lockout_doors.c.held_until).where(lockout_doors.c.key == GUARDED)).scalar()
    return float(found or 0.0)


def guard(conn: Connection, now: float, until: float) -> None:
    put_row(conn, lockout_doors, key=GUARDED, touched=now, held_until=until)


def trusts(conn: Connection, scopes: Scopes, since: float) -> tuple[bool, bool]:
    """Whether this identity succeeded before with this card, and whether with this very person."""
    t = lockout_trust.c
    card = t.urn == scopes.urn if scopes.urn else t.card == scopes.card
    person = t.urn == scopes.urn if scopes.urn else t.person == scopes.person
    found = conn.execute(
        select(func.count(), func.coalesce(func.sum(case((person, 1), else_=0)), 0)).where(
            t.identity == scopes.identity, card, t.at > since
        )
    ).one()
    return found[0] > 0, found[1] > 0


def account_failures(conn: Connection, scopes: Scopes) -> int:
    """The longest run of failures of an account that these details, or this URN, belong to."""
    found = conn.execute(select(func.max(lockout_accounts.c.failures)).where(_account(scopes))).scalar_one()
    return int(found or 0)


def add_to_account(conn: Connection, scopes: Scopes, step: int) -> None:
    """Count one failure of the account, or give it back."""
    a = lockout_accounts.c
    known = lockout_accounts.update().where(_account(scopes), a.failures + step >= 0)
    conn.execute(known.values(failures=a.failures + step))


def add_to_named_account(conn: Connection, scopes: Scopes, urn: str) -> None:
    """Count a failure of the account that the bank named, unless the details counted there already."""
    a = lockout_accounts.c
    if scopes.urn != urn:
        named = lockout_accounts.update().where(a.urn == urn, a.details != (scopes.details or "none"))
        conn.execute(named.values(failures=a.failures + 1))


def forget(conn: Connection, now: float, limits: Limits) -> int:
    """Delete what no limit needs any more; returns how many tries went."""
    t, d = lockout_trust.c, lockout_doors.c
    conn.execute(delete(lockout_trust).where(t.at <= now - limits.trust))
    conn.execute(delete(lockout_doors).where(d.touched <= now - limits.month, d.held_until <= now))
    conn.execute(delete(lockout_accounts).where(lockout_accounts.c.at <= now - limits.trust))
    return conn.execute(delete(attempts).where(_t.at <= now - limits.month)).rowcount


def remember(conn: Connection, scopes: Scopes, urn: str, now: float) -> bool:
    """Trust this identity with this card, and count the account anew; whether nothing knew the identity."""
    known = select(func.count()).where(lockout_trust.c.identity == scopes.identity)
    is_new = conn.execute(known).scalar_one() == 0
    card, person = scopes.card or "", scopes.person or ""
    put_row(conn, lockout_trust, identity=scopes.identity, urn=urn, card=card, person=person, at=now)
    details = {"details": scopes.details} if scopes.details else {}
    fresh = {"details": "", **details, "failures": 0, "at": now}
    if not insert_new(conn, lockout_accounts, urn=urn, **fresh):
        account = lockout_accounts.update().where(lockout_accounts.c.urn == urn)
        conn.execute(account.values(**details, failures=0, at=now))
    return is_new


def distrust(conn: Connection, urn: str) -> int:
    return conn.execute(delete(lockout_trust).where(lockout_trust.c.urn == urn)).rowcount


def _columns(scopes: Scopes) -> dict[str, str | None]:
    return {name: getattr(scopes, name) for name in _COLUMNS}


def _account(scopes: Scopes) -> ColumnElement[bool]:
    a = lockout_accounts.c
    return a.urn == scopes.urn if scopes.urn else a.details == (scopes.details or "")


def _tries(conn: Connection, condition: ColumnElement[bool]) -> list[Try]:
    rows = conn.execute(select(_t.at, _t.card).where(_counts, condition))
    return [Try(at, card or "") for at, card in rows]
