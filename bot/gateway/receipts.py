"""What platforms report about messages that they accepted: sent, delivered, read, failed, in any order and repeatedly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select, update

from actions.guard.schema import receipts
from actions.guard.storage import insert_new

_COLUMNS = {"sent": "sent_at", "delivered": "delivered_at", "read": "read_at", "failed": "failed_at"}
STATUSES = frozenset(_COLUMNS)


@dataclass(frozen=True)
class Report:
    """When each thing happened, as the platform's clock has it (unix seconds); `error` is its code for a failure."""

    sent_at: float | None
    delivered_at: float | None
    read_at: float | None
    failed_at: float | None
    error: str | None


class Receipts:
    """One row for each message of a platform; a report that comes again changes nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def note_in(
        self, conn: Connection, channel: str, provider_id: str, status: str, at: float, error: str | None = None
    ) -> None:
        """Record one report; the earliest of its kind counts."""
        insert_new(conn, receipts, channel=channel, provider_id=provider_id, noted=self._clock())
        column = receipts.c[_COLUMNS[status]]
        conn.execute(
            update(receipts)
            .where(receipts.c.channel == channel, receipts.c.provider_id == provider_id)
            .values(
                {
                    column: case((column < at, column), else_=at),
                    receipts.c.error: func.coalesce(receipts.c.error, error),
                }
            )
        )

    def of_in(self, conn: Connection, channel: str, provider_id: str) -> Report | None:
        row = conn.execute(
            select(receipts).where(receipts.c.channel == channel, receipts.c.provider_id == provider_id)
        ).one_or_none()
        return Report(row.sent_at, row.delivered_at, row.read_at, row.failed_at, row.error) if row else None

    def purge_in(self, conn: Connection, noted_before: float) -> int:
        return conn.execute(receipts.delete().where(receipts.c.noted < noted_before)).rowcount
