"""The running program behind the channels: edge and outbox for them, the engine on a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import Connection

from actions.catalogue import all_actions
from actions.guard.possession import channel_of
from actions.guard.schema import tracker_events
from actions.guard.storage import StorageError, StorageUnavailable
from actions.services import Services
from bot.blame import kind_and_place
from bot.cores import OneCore
from bot.engine.actions_in_process import ActionRunner
from bot.engine.engine import Engine
from bot.engine.event_broker import event_broker
from bot.engine.tracker_store import SqlTrackerStore
from bot.gateway.answers import Answers
from bot.gateway.buttons import Buttons
from bot.gateway.conversations import Conversations, Line
from bot.gateway.delivery import Delivery
from bot.gateway.edge import Edge, Inbound
from bot.gateway.housekeeping import Housekeeping
from bot.gateway.inbox import Inbox
from bot.gateway.lookout import Lookout
from bot.gateway.outbox import Outbox, Sending
from bot.gateway.receipts import Receipts
from bot.gateway.turns import Turns
from bot.gateway.vouching import vouched_number
from bot.gateway.watchers import Watchers

log = logging.getLogger(__name__)

TIDY_SECONDS = 5.0
SWEEP_SECONDS = 3600.0
RECONCILE_SECONDS = 1.0
FINISH_SECONDS = 7.0
# Longer than a bank call takes, its retries included.
PROMISE_SECONDS = 60.0


class Runtime:
    """Messages are taken in from the first moment; they are answered once the engine is loaded.

    Given `cores`, the process is all ours: its threads are placed when the engine is loaded.
    """

    def __init__(
        self,
        services: Services,
        model: Path,
        *,
        runner: type[ActionRunner] = ActionRunner,
        store: type[SqlTrackerStore] = SqlTrackerStore,
        cores: OneCore | None = None,
    ) -> None:
        self.services = services
        self._runner = runner
        self._store = store
        self._cores = cores
        clock, storage, keys = services.clock, services.storage, services.keys
        self.conversations = Conversations(clock)
        self.inbox = Inbox(keys.sealer("inbox"), clock)
        self.outbox = Outbox(keys.sealer("outbox"), clock)
        self.buttons = Buttons(clock)
        self.watchers = Watchers()
        self.edge = Edge(
            storage, keys, self.inbox, self.conversations, self.buttons, services.words, clock,
            services.settings.rate_per_minute,
        )  # fmt: skip
        self.receipts = Receipts(clock)
        self.delivery = Delivery(storage, self.outbox, self.conversations, services.recipients, clock)
        self.edge.heard_in = self._heard_in
        services.news.listen(self.edge.note_in)
        self._model = model
        self._answers = Answers(services, self.outbox, self.conversations, self.buttons)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._stop = asyncio.Event()
        self.problem: str | None = "the engine is loading"
        self.has_failed = False
        self.on_loaded: Callable[[], None] = lambda: None
        self.on_failed: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._thread.start()
        self.delivery.start()

    def stop(self) -> None:
        """End the turns that run, then the engine; bank calls under way are waited for a little."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        if not self._loop.is_running():
            self._loop.close()
        self.delivery.stop()
        self.services.close()

    @property
    def is_ready(self) -> bool:
        return self.problem is None and self._thread.is_alive()

    # ── for channels ────────────────────────────────────────────────────────────────────────────

    def after_in(
        self, conn: Connection, conversation: str, position: int
    ) -> tuple[list[Line], dict[int, Sending]]:
        """The lines behind `position`, and those answers among them that still hold their values."""
        return self.outbox.after_in(conn, conversation, position)()

    def shown(self, up_to: Mapping[str, int]) -> None:
        """The cardholders of these conversations have seen everything up to these lines."""
        with self.services.storage.begin(durable=False) as conn:
            for conversation, position in up_to.items():
                self.outbox.sent_in(conn, conversation, position)

    def knows(self, inbound: Inbound) -> bool:
        """Whether this message was taken in before."""
        with self.services.storage.read() as conn:
            return self.inbox.knows_in(conn, inbound.conversation, inbound.message_id)

    def is_working_on(self, conversation: str) -> bool:
        """Whether an answer is still to come."""
        with self.services.storage.glance() as conn:
            return self.inbox.is_waiting_in(conn, conversation)

    # ── the engine's thread ─────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:
            self.problem = f"the engine stopped: {kind_and_place(error)}"
            log.critical(self.problem)
            self.has_failed = True
            self.on_failed()

    async def _serve(self) -> None:
        services = self.services
        store = self._store(services.storage.read, tracker_events, glance=services.storage.glance)
        runner = self._runner(all_actions(services), self._action_failed, "utter_technical_problem")
        broker = await event_broker(services.settings.event_broker_url)
        engine = await Engine.load(
            self._model, runner, store, event_broker=broker, clock=services.clock,
            standing=services.words.standing, responses=services.words.responses,
        )  # fmt: skip
        turns = Turns(engine, self.inbox, self.conversations, self._answers, store, services)
        turns.started = lambda conversation: self.watchers.notify(conversation, typing=True)
        turns.answered = self._answered
        if services.storage.is_sqlite:  # nobody else works on this database
            await asyncio.to_thread(self._recover)
        self.on_loaded()
        self.edge.answering = turns
        self.problem = None
        keeping = Housekeeping(services, self.inbox, self.outbox, self.buttons, self.receipts, store)
        work = [turns.run(), self._reconcile(), self._keep_house(keeping)]
        if self._cores:
            work.append(self._cores.stay())
        if not services.storage.is_sqlite:
            work.append(Lookout(services.storage, self.conversations, self.watchers, services.clock).keep())
        background = [asyncio.create_task(each) for each in work]
        await self._stop.wait()
        for task in background:
            task.cancel()
        await turns.finish(FINISH_SECONDS)

    def _heard_in(self, conn: Connection, inbound: Inbound) -> None:
        if inbound.recipient is not None:
            self.services.recipients.keep_in(conn, inbound.conversation, inbound.recipient)
        if number := vouched_number(inbound):
            self.services.numbers[channel_of(inbound.conversation)].vouch_in(conn, inbound.conversation, number)
        self.outbox.wanted_in(conn, inbound.conversation)

    def _answered(self, conversation: str) -> None:
        self.watchers.notify(conversation)
        self.delivery.wake(conversation)

    def _recover(self) -> None:
        """Before any turn: what the last process was doing is nobody's now."""
        self.services.changes.reconciler.recover()
        with self.services.storage.begin() as conn:
            self.conversations.release_all_in(conn)
        self._tell_anyway(self.services.clock() + PROMISE_SECONDS)

    def _tell_anyway(self, made_before: float) -> None:
        """Answers that were promised and lost with their process."""
        with self.services.storage.read() as conn:
            if not self.inbox.broken_promises_in(conn, made_before):
                return
        with self.services.storage.begin() as conn:
            for each in self.inbox.broken_promises_in(conn, made_before):
                is_verified = self.services.sessions.peek_in(conn, each.conversation) is not None
                self.inbox.tell_anyway_in(conn, each, **({"verdict": "verified"} if is_verified else {}))

    def _action_failed(self, action: str, conversation: str, error: BaseException) -> None:
        if isinstance(error, StorageUnavailable):
            raise error  # what it did before is not known here: the turn is done again when the database is back
        log.error("%s failed: %s", action, kind_and_place(error))
        self.services.audit.record("action", conversation, "failed", action=action, error=type(error).__name__)

    async def _reconcile(self) -> None:
        """Look after changes whose end is not known yet, and after the notices of those that were made."""
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            try:
                await asyncio.to_thread(self.services.changes.reconciler.run_due)
                await asyncio.to_thread(self.services.notice_giver.run_due)
                await asyncio.to_thread(self._tell_anyway, self.services.clock() - PROMISE_SECONDS)
            except StorageError as error:
                log.error("open changes wait for the database: %s", type(error).__name__)

    async def _keep_house(self, keeping: Housekeeping) -> None:
        swept = -SWEEP_SECONDS
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            try:
                await asyncio.to_thread(keeping.tidy)
                if self._loop.time() - swept >= SWEEP_SECONDS:
                    await asyncio.to_thread(keeping.sweep)
                    swept = self._loop.time()
            except StorageError as error:
                log.error("housekeeping waits for the database: %s", type(error).__name__)
