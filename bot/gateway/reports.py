"""What platforms report about answers that they accepted, and what follows from it: forgotten, recorded, or sent again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.gateway.delivery import GiveUp, Refusal, TryAgain
from bot.gateway.outbox import NEVER
from bot.gateway.runtime import Runtime
from bot.gateway.tags import Tag

log = logging.getLogger(__name__)

# What failed after its acceptance, and may go better later, is not tried at once.
PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Report:
    """`at` is the platform's clock (unix seconds), `status` one of receipts.STATUSES, `code` the platform's for a failure."""

    provider_id: str
    status: str
    at: float
    tag: Tag | None
    code: int | None = None


class Reports:
    """`meaning` says what a code of this channel's platform means for the answer."""

    def __init__(self, runtime: Runtime, channel: str, meaning: Callable[[int | None], Refusal]) -> None:
        self._runtime = runtime
        self._channel = channel
        self._meaning = meaning

    def note(self, reports: Sequence[Report]) -> None:
        """Record them, in any order and however often they come; an answer that was not delivered waits again."""
        failed = any(report.status == "failed" for report in reports)
        with self._runtime.services.storage.begin(durable=failed) as conn:
            hints = {report.tag.conversation for report in reports if self._note_in(conn, report) and report.tag}
        for conversation in hints:
            self._runtime.delivery.hint(conversation)

    def _note_in(self, conn: Connection, report: Report) -> bool:
        """Says whether the cardholder has to be told now that there is news."""
        outbox, receipts, tag = self._runtime.outbox, self._runtime.receipts, report.tag
        before = receipts.of_in(conn, self._channel, report.provider_id)
        has_failed = before is not None and before.failed_at is not None
        code = None if report.code is None else str(report.code)
        receipts.note_in(conn, self._channel, report.provider_id, report.status, report.at, code)
        if tag is None or not tag.conversation.startswith(f"{self._channel}:"):
            return False
        if report.status == "failed":
            return not has_failed and self._failed_in(conn, report, tag)
        if report.status != "sent" or not has_failed:  # it left, and failed afterwards
            # A report about an answer of which no acceptance is known brings that too.
            outbox.known_accepted_in(conn, tag, report.provider_id)
            outbox.delivered_in(conn, tag)
        return False

    def _failed_in(self, conn: Connection, report: Report, tag: Tag) -> bool:
        meaning, now = self._meaning(report.code), self._runtime.services.clock()
        log.warning("an answer on %s was not delivered, code %s", self._channel, report.code)
        if isinstance(meaning, GiveUp):
            return False
        outbox, talk = self._runtime.outbox, self._runtime.conversations.find_in(conn, tag.conversation)
        if isinstance(meaning, TryAgain):
            outbox.undelivered_in(conn, tag, report.provider_id, now + max(meaning.seconds or 0.0, PAUSE_SECONDS))
            return False
        if talk is not None and talk.last_seen > report.at + 1:  # they have written since
            outbox.undelivered_in(conn, tag, report.provider_id, now)
            return False
        is_first = not outbox.waiting_for_cardholder_in(conn, tag.conversation)
        return outbox.undelivered_in(conn, tag, report.provider_id, NEVER) and is_first
