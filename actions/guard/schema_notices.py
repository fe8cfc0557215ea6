"""The table of notices: who is owed a word about a change of their contact details, and who gave it."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from actions.guard.schema_talk import Id, metadata

# One row for each address of a confirmed change: the former one and the new one. `sealed` is emptied once it was given.
notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("reference", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("whose", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try", Float, nullable=False, server_default="0"),
    Column("given_at", Float),
    Column("given_by", Text),
    UniqueConstraint("reference", "whose", name="notices_once"),
    CheckConstraint("field IN ('email', 'mobile')", name="notices_field"),
    CheckConstraint("whose IN ('old', 'new')", name="notices_whose"),
    Index("notices_open", "given_at", "next_try"),
    sqlite_autoincrement=True,
)
