"""From inbox to outbox: one turn of one conversation at a time, in order, each committed whole."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from actions.guard.storage import StorageError
from actions.guard.vault import Direction
from actions.services import Services
from bot.blame import kind_and_place
from bot.engine.engine import Engine, Turn
from bot.engine.tracker_store import SqlTrackerStore
from bot.gateway.answers import Answers
from bot.gateway.conversations import Conversation, Conversations
from bot.gateway.handing import Handing
from bot.gateway.inbox import MAX_TRIES, Inbox, Stored
from bot.gateway.turn_input import Work, expecting_after, turn_input, words_to_interpret

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
RENEWED_SECONDS = 5.0
POLL_SECONDS = 0.5
# An answer that comes sooner needs no announcement, which would only hold it up.
TYPING_AFTER = 0.2

# Words that promise news, what those news are called, and what is told if they never come.
PROMISES = {"utter_still_checking": ("bank_answered", {"verdict": "undecided", "until": ""})}

class Turns:
    """Runs on the engine's event loop; `answered` is called after commits."""

    def __init__(
        self,
        engine: Engine,
        inbox: Inbox,
        conversations: Conversations,
        answers: Answers,
        tracker_store: SqlTrackerStore,
        services: Services,
        *,
        owner: str = "",
    ) -> None:
        self._engine = engine
        self._inbox = inbox
        self._conversations = conversations
        self._answers = answers
        self._storage = services.storage
        self._tracker_store = tracker_store
        self._services = services
        self._owner = owner or secrets.token_hex(8)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._leased: dict[str, float] = {}  # when, of those that are busy, by the loop's clock
        self._loop = asyncio.get_running_loop()
        self._woken: set[str] = set()
        self._handing = Handing()
        self._is_ending = False
        self.answered: Callable[[str], None] = lambda conversation: None
        self.started: Callable[[str], None] = lambda conversation: None

    # ── for the edge, from any thread ───────────────────────────────────────────────────────────

    def take_in(self, conn: Connection, stored: Stored, conversation: Conversation) -> None:
        """Take the only message of a conversation as it is stored: one transaction instead of two."""
        if self._is_ending:
            return
        leased = self._conversations.lease_later_in(conn, conversation.id, self._owner, LEASE_SECONDS)
        last = self._tracker_store.look_in(conn, conversation.id)
        values = stored.body.get("values", ())
        # Only with values it matters by now who holds the lease: nobody else may have them in the vault.
        references = [self._keep_in(conn, conversation.id, each) for each in values if leased()]

        def taken() -> Work | None:
            message = stored.waiting() if leased() else None
            return Work(message, conversation, references, last()) if message is not None else None

        self._handing.keep(conversation.id, stored.message_id, taken)

    def wake(self, conversation: str, message_id: str) -> None:
        """There is a message to work on."""
        self._handing.stored(conversation, message_id)
        self._loop.call_soon_threadsafe(self._begin, conversation)

    def drop(self, conversation: str, message_id: str) -> None:
        """Whatever the database did with it: if it is there, it is taken as one that was left behind."""
        self._handing.drop(conversation, message_id)
        self._loop.call_soon_threadsafe(self._begin, conversation)

    def foresee(self, body: Mapping[str, Any]) -> None:
        """A sealed message is about to be stored. It is stored even if its words are poison."""
        try:
            if words := words_to_interpret(body):
                self._engine.foresee(words)
        except Exception as error:  # its turn will meet the same, and count it
            log.warning("a message was not foreseen: %s", kind_and_place(error))

    # ── the engine's loop ───────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Pick up what was left behind or arrived through another process, until cancelled."""
        while True:
            try:
                for conversation in self._left_waiting():
                    self._begin(conversation)
                    # The oldest turn goes on as soon as its bank call is back, not when all the others have begun.
                    await asyncio.sleep(0)
            except StorageError as error:
                log.error("the inbox cannot be read: %s", type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)

    async def finish(self, seconds: float) -> None:
        """Let the turns that run now end; what takes longer is given up, and done again at the next start."""
        self._is_ending = True
        running = list(self._busy.values())
        if running:
            _, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _left_waiting(self) -> list[str]:
        now = self._loop.time()
        if old := [each for each, leased in self._leased.items() if now - leased > RENEWED_SECONDS]:
            with self._storage.begin(durable=False) as conn:
                for conversation in old:
                    self._conversations.renew_in(conn, conversation, self._owner, LEASE_SECONDS)
            self._leased |= dict.fromkeys(old, now)
        with self._storage.read() as conn:
            return self._inbox.conversations_waiting_in(conn, self._owner)

    def _begin(self, conversation: str) -> None:
        if conversation in self._busy:
            self._woken.add(conversation)
        elif not self._is_ending:
            task = self._loop.create_task(self._work_off(conversation))
            self._busy[conversation] = task
            self._leased[conversation] = self._loop.time()
            task.add_done_callback(lambda _: self._ended(conversation))
        elif self._handing.claim(conversation):
            self._let_go(conversation)

    def _ended(self, conversation: str) -> None:
        del self._busy[conversation], self._leased[conversation]
        if conversation in self._woken:  # its message may have come just after the last look
            self._woken.discard(conversation)
            self._begin(conversation)

    async def _work_off(self, conversation: str) -> None:
        try:
            work = self._handing.claim(conversation) or self._take(conversation)
            while work is not None:
                work = await self._answer(work)
        except StorageError as error:  # the message stays in the inbox; the next poll tries again
            self._tracker_store.rollback(conversation)
            log.error("a turn of %s waits for the database: %s", conversation, type(error).__name__)
        except asyncio.CancelledError:
            self._let_go(conversation)
            raise

    def _let_go(self, conversation: str) -> None:
        """Another process may go on with it at once."""
        try:
            with self._storage.begin(durable=False) as conn:
                self._conversations.release_in(conn, conversation, self._owner)
        except StorageError as error:
            log.error("%s stays ours until its lease ends: %s", conversation, type(error).__name__)

    def _take(self, conversation: str) -> Work | None:
        # What is taken stays in the inbox: a machine that forgets the taking takes it again.
        with self._storage.begin(durable=False) as conn:
            return self._take_in(conn, conversation)

    def _take_in(self, conn: Connection, conversation: str) -> Work | None:
        """The next message under a new lease; without one the conversation is given free."""
        if not self._conversations.lease_in(conn, conversation, self._owner, LEASE_SECONDS):
            return None
        if self._handing.holds(conversation):
            return None  # with the lease that reception took: it is begun with as soon as it is committed
        message = None if self._is_ending else self._inbox.first_in(conn, conversation)
        if message is None:
            self._conversations.release_in(conn, conversation, self._owner)
            return None
        found = self._conversations.find_in(conn, conversation)
        assert found is not None  # noqa: S101  # the inbox joins conversations: no row without one
        values = message.body.get("values", ())
        return Work(message, found, [self._keep_in(conn, conversation, each) for each in values])

    def _keep_in(self, conn: Connection, conversation: str, value: dict[str, str]) -> dict[str, str]:
        ref = self._services.vault.put_in(conn, conversation, Direction.IN, value["kind"], value["value"])
        return {"ref": ref, "kind": value["kind"]}

    async def _answer(self, work: Work) -> Work | None:
        """One turn; returns the next of this conversation."""
        conversation, turn, goes_on = work.conversation.id, None, True
        typing = self._loop.call_later(TYPING_AFTER, self.started, conversation)
        try:
            messages, turn = await self._think(work)
            goes_on = self._commit(work, messages, turn)
        except StorageError:
            raise
        except Exception as error:
            self._tracker_store.rollback(conversation)
            log.error("turn %d of %s failed: %s", work.message.id, conversation, kind_and_place(error))
            self._count_failure(work)
            turn = None
        finally:
            typing.cancel()
        self.answered(conversation)
        if turn is not None:
            await self._publish(turn)
        return self._take(conversation) if goes_on else None

    async def _think(self, work: Work) -> tuple[list[dict[str, Any]], Turn | None]:
        body, language = work.message.body, work.message.body.get("language", work.conversation.language)
        notice = [self._answers.response("utter_number_destroyed", language)] if body.get("number_destroyed") else []
        if body["kind"] == "media":
            return [self._answers.response("utter_text_only", language)], None
        if body["kind"] == "button_gone":
            return [self._answers.response("utter_button_gone", language)], None
        if notice and not body["values"] and work.conversation.expecting == "none":
            return notice, None
        with self._services.vault.lent(work.conversation.id, "address", body.get("address", "")) as address:
            turn = await self._engine.turn(turn_input(work, language, address))
        messages = [*notice, *turn.messages]
        return messages or [self._answers.response("utter_not_understood", language)], turn

    async def _publish(self, turn: Turn) -> None:
        """Whoever follows the events does not decide whether a turn that is committed took place."""
        try:
            await self._engine.publish(turn)
        except Exception as error:
            log.error("events of %s were not published: %s", turn.conversation, kind_and_place(error))

    def _commit(self, work: Work, messages: list[dict[str, Any]], turn: Turn | None) -> bool:
        """Says whether the conversation is still ours, since another message waits."""
        conversation, message = work.conversation, work.message
        language = message.body.get("language", conversation.language)
        with self._storage.begin() as conn:
            if turn is not None:
                self._tracker_store.commit_in(conn, turn.staged)
                language = turn.slots.get("language") or language
                for intent, facts in _promised(turn):
                    self._inbox.promise_in(conn, message, intent, facts)
            expecting = conversation.expecting if turn is None else expecting_after(turn)
            self._answers.put_in(conn, conversation.id, messages, message.id, message.received)
            self._spend_in(conn, work, turn)
            self._inbox.done_in(conn, message)
            goes_on = self._conversations.turn_ended_in(
                conn, conversation.id, expecting=expecting, language=language, owner=self._owner
            )
        return goes_on()

    def _spend_in(self, conn: Connection, work: Work, turn: Turn | None) -> None:
        """A value that no slot refers to any more has served its purpose."""
        vault = self._services.vault
        if turn is None:
            vault.spend_in(conn, work.conversation.id, [each["ref"] for each in work.references])
        else:
            held = [value for value in turn.slots.values() if isinstance(value, str)]
            vault.keep_only_in(conn, work.conversation.id, Direction.IN, held)

    def _count_failure(self, work: Work) -> None:
        with self._storage.begin() as conn:
            if self._inbox.tried_in(conn, work.message) < MAX_TRIES:
                return
            language = work.conversation.language
            reference = self._services.hand_off_in(conn, work.conversation.id, "message set aside", language)
            apology = self._answers.response("utter_set_aside", language, reference=reference)
            self._answers.put_in(conn, work.conversation.id, [apology], work.message.id, work.message.received)
            self._inbox.done_in(conn, work.message, state="aside")


def _promised(turn: Turn) -> Iterator[tuple[str, dict[str, str]]]:
    for event in turn.events:
        said = (event.get("metadata") or {}).get("utter_action") if event["event"] == "bot" else None
        if said in PROMISES:
            yield PROMISES[said]
