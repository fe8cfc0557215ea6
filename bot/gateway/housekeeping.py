"""What is forgotten when: values at once, ids after eight days, talks after thirty, trails after a year."""

from __future__ import annotations

from actions.guard.numbers import VOUCHED_SECONDS, purge_numbers_in
from actions.guard.schema import conversations, transcript
from actions.services import Services
from bot.engine.tracker_store import SqlTrackerStore
from bot.gateway.buttons import Buttons
from bot.gateway.inbox import Inbox
from bot.gateway.outbox import Outbox
from bot.gateway.receipts import Receipts
from bot.gateway.web_sessions import WebSessions

DAY = 24 * 3600.0
SHOWN_SECONDS = 5.0
IDS_KEPT = 8 * DAY
TALKS_KEPT = 30 * DAY
TRAILS_KEPT = 365 * DAY


class Housekeeping:
    """Both methods may run in any process, at any time, as often as one likes."""

    def __init__(
        self, services: Services, inbox: Inbox, outbox: Outbox, buttons: Buttons, receipts: Receipts,
        tracker_store: SqlTrackerStore,
    ) -> None:  # fmt: skip
        self._services = services
        self._inbox = inbox
        self._outbox = outbox
        self._buttons = buttons
        self._receipts = receipts
        self._tracker_store = tracker_store
        self._web_sessions = WebSessions(services.storage, services.clock)

    def tidy(self) -> None:
        """Forget values whose time is over; every few seconds."""
        services, now = self._services, self._services.clock()
        with services.storage.begin() as conn:
            self._outbox.forget_in(
                conn, sent_before=now - SHOWN_SECONDS, made_before=now - services.settings.vault_life
            )
        services.vault.purge()
        services.sessions.purge()

    def sweep(self) -> None:
        """Delete rows that are older than they are kept; every hour."""
        services, now = self._services, self._services.clock()
        with services.storage.begin() as conn:
            self._buttons.purge_in(conn)
            self._inbox.purge_in(conn, now - IDS_KEPT)
            self._outbox.purge_in(conn, now - IDS_KEPT, even_open_before=now - TALKS_KEPT)
            self._receipts.purge_in(conn, now - IDS_KEPT)
            self._web_sessions.purge_in(conn)
            if services.host_identities is not None:
                services.host_identities.purge_in(conn)
            self._tracker_store.purge_in(conn, now - TALKS_KEPT)
            conn.execute(transcript.delete().where(transcript.c.at < now - TALKS_KEPT))
            conn.execute(conversations.delete().where(conversations.c.last_seen < now - TALKS_KEPT))
            purge_numbers_in(conn, now - VOUCHED_SECONDS)
        services.codes.purge()
        services.lockout.purge()
        services.journal.purge()
        services.notices.purge()
        services.desk.purge()
        services.audit.forget(now - TRAILS_KEPT)
