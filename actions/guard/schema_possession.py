"""The tables of possession: numbers that platforms vouch for, codes that were texted, and how often."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from actions.guard.schema_talk import Id, metadata

# The phone behind a conversation, by pseudonym, as its platform names it: WhatsApp's number, Telegram's own contact.
vouched_numbers = Table(
    "vouched_numbers",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("number_mac", Text, nullable=False),
    Column("at", Float, nullable=False, index=True),
)

# A code that a conversation was asked for. `attempt` is the try that it decides; without `sealed` no code was sent.
possession_codes = Table(
    "possession_codes",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("act", Text, nullable=False),
    Column("attempt", BigInteger),
    Column("sealed", LargeBinary),
    Column("tries", Integer, nullable=False),
    Column("expires", Float, nullable=False, index=True),
    CheckConstraint("act IN ('see', 'change')", name="possession_codes_act"),
)

# Each code that was asked for, whether or not one was sent; `urn` and `conversation` are what it is limited by.
code_sends = Table(
    "code_sends",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("conversation", Text, nullable=False),
    Column("urn", Text),
    Column("at", Float, nullable=False, index=True),
    Index("code_sends_by_conversation", "conversation", "at"),
    Index("code_sends_by_urn", "urn", "at"),
    sqlite_autoincrement=True,
)


def create_possession(conn: Connection) -> None:
    for table in (vouched_numbers, possession_codes, code_sends):
        table.create(conn)
