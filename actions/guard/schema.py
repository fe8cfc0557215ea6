"""Every table of the one database, and the numbered migrations that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    inspect,
    select,
    text,
)

# The tables of the talk have a file of their own; they are named here too, so that every table is found in one place.
from actions.guard.schema_notices import notices as notices
from actions.guard.schema_possession import code_sends as code_sends
from actions.guard.schema_possession import create_possession
from actions.guard.schema_possession import possession_codes as possession_codes
from actions.guard.schema_possession import vouched_numbers as vouched_numbers
from actions.guard.schema_talk import WAITING as WAITING
from actions.guard.schema_talk import WORKING as WORKING
from actions.guard.schema_talk import Id as _Id
from actions.guard.schema_talk import add_language, index_what_waits
from actions.guard.schema_talk import buttons as buttons
from actions.guard.schema_talk import conversations as conversations
from actions.guard.schema_talk import inbox as inbox
from actions.guard.schema_talk import metadata as metadata
from actions.guard.schema_talk import outbox as outbox
from actions.guard.schema_talk import receipts as receipts
from actions.guard.schema_talk import tickets as tickets
from actions.guard.schema_talk import tracker_events as tracker_events
from actions.guard.schema_talk import transcript as transcript
from actions.guard.schema_talk import web_sessions as web_sessions

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

# ── the guard: keys, vault, sessions, audit ─────────────────────────────────────────────────────

# One row: the random secret behind every pseudonym, sealed under the newest master.
pseudonym_secret = Table(
    "pseudonym_secret",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="pseudonym_secret_is_one_row"),
)

vault = Table(
    "vault",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("conversation", Text, nullable=False, index=True),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires", Float, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("urn_mac", Text, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("verified_at", Float, nullable=False),
    Column("last_seen", Float, nullable=False),
)

# Tokens of the bank's page that were used: whom each vouched for, and in which conversation (none any more: NULL).
host_tokens = Table(
    "host_tokens",
    metadata,
    Column("token", Text, primary_key=True),
    Column("conversation", Text, index=True),
    Column("mobile_mac", Text, nullable=False),
    Column("until", Float, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("event", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("audit_by_conversation", "conversation", "seq"),
    Index("audit_by_subject", "subject", "seq"),
    Index("audit_by_reference", "reference", "seq"),
)

# One row: up to where the chain goes (last_*), where it begins since the last pruning (base_*), signed.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("base_seq", BigInteger, nullable=False),
    Column("base_hash", Text, nullable=False),
    Column("mac", Text, nullable=False),
    CheckConstraint("id = 1", name="audit_head_is_one_row"),
)

# ── the guard: lockout and journal ──────────────────────────────────────────────────────────────

# Each try to verify, by pseudonyms only. `card` is the last four (or the URN), `pair` expiry with date of birth
# (or the mobile), `person` the date of birth alone, `details` card with person.
attempts = Table(
    "attempts",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("conversation", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("message", Text, nullable=False, unique=True),
    *(Column(name, Text) for name in ("card", "pair", "person", "details", "address")),
    Column("at", Float, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("settled_at", Float),
    CheckConstraint(
        "state IN ('pending', 'failed', 'succeeded', 'refunded', 'swept', 'misread')", name="attempts_state"
    ),
    Index("attempts_by_conversation", "conversation", "id"),
    *(Index(f"attempts_by_{name}", name, "at") for name in ("identity", "card", "pair", "person", "address")),
    sqlite_autoincrement=True,
)

# One row for each thing that is counted: whoever counts it holds the row until the commit.
lockout_doors = Table(
    "lockout_doors",
    metadata,
    Column("key", Text, primary_key=True),
    Column("touched", Float, nullable=False, index=True),
    Column("held_until", Float, nullable=False, server_default="0"),
)

lockout_trust = Table(
    "lockout_trust",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("identity", "urn", "card", "person")),
    Column("at", Float, nullable=False, index=True),
    Index("lockout_trust_by_urn", "urn"),
)

lockout_accounts = Table(
    "lockout_accounts",
    metadata,
    Column("urn", Text, primary_key=True),
    Column("details", Text, nullable=False, index=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("at", Float, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("nonce", Text, nullable=False, unique=True),
    Column("field", Text, nullable=False),
    *(Column(name, LargeBinary, nullable=False) for name in ("urn", "old", "new")),
    Column("made_at", Float, nullable=False),
    Column("shown_at", Float),
    Column("expires", Float, nullable=False, index=True),
)

_OPEN_CHANGE = text("state IN ('PREPARED', 'SENT', 'UNKNOWN', 'CONFIRMED_PENDING')")

changes = Table(
    "changes",
    metadata,
    Column("op_id", Text, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("conversation", Text, nullable=False, index=True),
    *(Column(name, Text, nullable=False) for name in ("urn_hash", "field", "txn", "old_hash", "new_hash")),
    *(Column(name, LargeBinary) for name in ("urn", "old", "new", "request")),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("duplicate", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("made_at", Float, nullable=False, index=True),
    *(Column(name, Float) for name in ("sent_at", "first_old_at", "next_at", "closed_at")),
    Column("lease_until", Float, nullable=False),
    Column("waiting_until", Float, nullable=False),
    Column("told", Text, nullable=False),
    Column("ticketed", Boolean, nullable=False),
    Index("changes_due", "next_at"),
    Index("changes_by_state", "state"),
    Index("changes_by_field", "urn_hash", "field"),
    Index(
        "changes_single_flight",
        "urn_hash",
        "field",
        unique=True,
        sqlite_where=_OPEN_CHANGE,
        postgresql_where=_OPEN_CHANGE,
    ),
)

# ── migrations ──────────────────────────────────────────────────────────────────────────────────


class SchemaTooNew(Exception):
    """The database was made by a newer Cardbot; this one must not touch it."""


def _create_all(conn: Connection) -> None:
    metadata.create_all(conn)


Migration = Callable[[Connection], None]

# Number 1 makes a new database as it stands above and so includes what the later ones change;
# the later ones bring a database that has rows up to the same state. The highest number is today's version.
MIGRATIONS: Mapping[int, Migration] = {
    1: _create_all,
    2: receipts.create,
    3: host_tokens.create,
    4: create_possession,
    5: notices.create,
    6: add_language,
    7: index_what_waits,
}


def found_version(conn: Connection) -> int:
    """The version of the database behind `conn`; 0 is an empty one."""
    if not inspect(conn).has_table(schema_version.name):
        return 0
    return int(conn.execute(select(func.coalesce(func.max(schema_version.c.version), 0))).scalar_one())


def upgrade(conn: Connection, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Bring the database to today's version, in the caller's transaction; refuses a newer one."""
    found, wanted = found_version(conn), max(migrations)
    if found > wanted:
        raise SchemaTooNew(f"the database has schema {found}, this Cardbot knows only up to {wanted}")
    todo = [1] if found == 0 else [number for number in sorted(migrations) if number > found]
    for number in todo:
        migrations[number](conn)
    if found < wanted:
        conn.execute(schema_version.insert().values(version=wanted))
