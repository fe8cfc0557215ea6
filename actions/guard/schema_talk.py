"""The tables of the talk: the engine's events, conversations, messages in and out, tickets."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

metadata = MetaData()

# SQLite numbers rows by itself only in a column that is declared INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

# For statements: an index of those that wait serves only where the words stand in the statement itself.
WAITING: ColumnElement[str] = literal_column("'waiting'", Text)
WORKING: ColumnElement[str] = literal_column("'working'", Text)


def _of_those(state: str, name: str, *columns: str) -> Index:
    """An index of the rows in one state: it stays small however long rows are kept."""
    where = text(f"state = '{state}'")
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


# ── the engine ──────────────────────────────────────────────────────────────────────────────────

tracker_events = Table(
    "tracker_events",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("event", Text, nullable=False),
)

# ── the desk ────────────────────────────────────────────────────────────────────────────────────

tickets = Table(
    "tickets",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("bank_references", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened", Float, nullable=False),
    Column("claimed_at", Float),
    Column("claimed_by", Text),
    Column("closed_at", Float),
    Column("closed_by", Text),
    Index("tickets_by_state", "state", "opened"),
    Index(
        "tickets_one_open",
        "conversation",
        "reason",
        unique=True,
        sqlite_where=text("state <> 'closed'"),
        postgresql_where=text("state <> 'closed'"),
    ),
)

# ── the edge ────────────────────────────────────────────────────────────────────────────────────

conversations = Table(
    "conversations",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("identity", Text, nullable=False, index=True),
    Column("address_sealed", LargeBinary),
    Column("language", Text, nullable=False, server_default="en"),
    Column("expecting", Text, nullable=False, server_default="none"),
    Column("expecting_since", Float),
    Column("lease_owner", Text),
    Column("lease_until", Float),
    Column("created", Float, nullable=False),
    Column("last_seen", Float, nullable=False),  # without an index, so that what every message changes is in none
    Column("closed_at", Float),
    Column("state", Text, nullable=False, server_default="{}"),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("conversation", Text, nullable=False, index=True),
    Column("created", Float, nullable=False),
    Column("last_seen", Float, nullable=False, index=True),
    Column("replaced_at", Float),
    Column("replaced_by", Text),
    Column("language", Text),
)


def add_language(conn: Connection) -> None:
    """To the web's sessions of a database that is older than it."""
    conn.execute(text("ALTER TABLE web_sessions ADD COLUMN language TEXT"))


inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("received", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("done_at", Float),
    UniqueConstraint("channel", "message_id", name="inbox_once"),
    CheckConstraint("state IN ('waiting', 'working', 'done', 'aside')", name="inbox_state"),
    Index("inbox_received", "conversation", "received"),
    _of_those("waiting", "inbox_waiting", "conversation", "id"),
    _of_those("working", "inbox_working", "received"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("conversation", Text, nullable=False),
    Column("inbox_id", BigInteger),
    Column("position", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try", Float, nullable=False, server_default="0"),
    Column("sent_at", Float),
    Column("provider_id", Text),
    UniqueConstraint("conversation", "position", name="outbox_in_order"),
    CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="outbox_state"),
    _of_those("waiting", "outbox_waiting", "conversation", "position"),
    _of_those("waiting", "outbox_due", "next_try"),
    sqlite_autoincrement=True,
)



_FORMER_INDEXES = (
    "inbox_by_conversation", "inbox_by_state", "outbox_by_state", "ix_conversations_last_seen", "ix_buttons_conversation",
    "ix_buttons_expires",
)  # fmt: skip


def index_what_waits(conn: Connection) -> None:
    """In a database that is older than these indexes."""
    if conn.dialect.name == "postgresql":  # in the order in which messages are taken in: others wait, instead of one for another
        conn.execute(text("LOCK TABLE conversations, inbox, outbox, buttons IN ACCESS EXCLUSIVE MODE"))
    for old in _FORMER_INDEXES:
        conn.execute(text(f"DROP INDEX IF EXISTS {old}"))
    for index in (*inbox.indexes, *outbox.indexes):
        index.create(conn, checkfirst=True)


# What a platform says became of the messages that it accepted; its reports come in any order.
receipts = Table(
    "receipts",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("provider_id", Text, primary_key=True),
    Column("noted", Float, nullable=False, index=True),
    *(Column(name, Float) for name in ("sent_at", "delivered_at", "read_at", "failed_at")),
    Column("error", Text),
)

buttons = Table(
    "buttons",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("issued", Float, nullable=False),
    Column("expires", Float, nullable=False),  # looked through once an hour: an index would cost more at every answer
)

transcript = Table(
    "transcript",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("buttons", Text, nullable=False, server_default="[]"),
    Column("marks", Text, nullable=False, server_default="{}"),
    CheckConstraint("who IN ('you', 'bot', 'agent')", name="transcript_who"),
)
