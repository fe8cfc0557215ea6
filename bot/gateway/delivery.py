"""Answers on their way to platforms: in order per conversation, one sender at a time, again until they are accepted."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from actions.guard.recipients import Recipient, Recipients
from actions.guard.storage import Storage, StorageError
from bot.blame import kind_and_place
from bot.gateway.conversations import Conversations
from bot.gateway.errands import Errands
from bot.gateway.outbox import NEVER, Answer, Outbox, Sending

log = logging.getLogger(__name__)

# Longer than any call of a platform's API may take; after a crash an answer waits so long, and a report of the
# platform in the meantime tells that it was accepted.
CLAIM_SECONDS = 10.0
POLL_SECONDS = 0.5
LONGEST_PAUSE = 300.0
MOST_TRIES = 300  # about a day


@dataclass(frozen=True)
class Accepted:
    """The platform has it, under this id."""

    provider_id: str


@dataclass(frozen=True)
class TryAgain:
    """Not now: the platform is away, or asks for so many seconds of silence."""

    why: str
    seconds: float | None = None


@dataclass(frozen=True)
class GiveUp:
    """The platform will never take it."""

    why: str


@dataclass(frozen=True)
class OutsideWindow:
    """The platform takes it only after the cardholder has written again."""


Outcome = Accepted | TryAgain | GiveUp | OutsideWindow
Part = Mapping[str, Any]


@dataclass(frozen=True)
class Envelope:
    """One part on its way: `tag` names it towards a platform that repeats such a name in its reports."""

    recipient: Recipient
    part: Part
    tag: str


class Carrier(Protocol):
    """What a channel offers that is pushed to."""

    name: str
    window: float | None

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        """The answer as messages of the platform, the same for the same answer, each within the platform's limits."""
        ...

    def send(self, envelope: Envelope) -> Outcome:
        """Hand one of them to the platform; called on a thread, and may take a few seconds."""
        ...


class Delivery:
    """Takes answers from the outbox for every carrier; several processes may run one on the same database."""

    def __init__(
        self,
        storage: Storage,
        outbox: Outbox,
        conversations: Conversations,
        recipients: Recipients,
        clock: Callable[[], float],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._storage = storage
        self._outbox = outbox
        self._conversations = conversations
        self._recipients = recipients
        self._clock = clock
        self._jitter = jitter
        self._carriers: dict[str, Carrier] = {}
        self._stopped = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="delivery", daemon=True)
        self.errands = Errands()

    def add(self, carrier: Carrier) -> None:
        """Before `start`: this channel's answers are sent from here."""
        self._carriers[carrier.name] = carrier

    def start(self) -> None:
        if self._carriers:
            self._poller.start()

    def stop(self) -> None:
        """Let what is being sent end; the rest stays in the outbox."""
        self._stopped.set()
        self.errands.close()
        if self._poller.is_alive():
            self._poller.join()

    def wake(self, conversation: str) -> None:
        """There may be an answer to send; from any thread, never waits."""
        if conversation.split(":", 1)[0] in self._carriers:
            self.errands.run(conversation, lambda: self.work_off(conversation))

    def work_off(self, conversation: str) -> None:
        """Send what may be sent now, in order."""
        try:
            while not self._stopped.is_set() and self._send_next(conversation):
                pass
        except StorageError as error:  # the answer stays in the outbox; the next poll tries again
            log.error("answers of %s wait for the database: %s", conversation, type(error).__name__)

    def _poll(self) -> None:
        """Pick up what is due, was left behind, or was written by another process."""
        while not self._stopped.wait(POLL_SECONDS):
            try:
                with self._storage.read() as conn:
                    due = self._outbox.due_in(conn, self._carriers)
            except StorageError as error:
                log.error("the outbox cannot be read: %s", type(error).__name__)
                continue
            for conversation in due:
                self.wake(conversation)

    def _send_next(self, conversation: str) -> bool:
        """Take one answer as far as it goes now; says whether the next one may follow."""
        carrier = self._carriers[conversation.split(":", 1)[0]]
        # A machine that forgets the claim sends again, as one that forgets the acceptance would.
        with self._storage.begin(durable=False) as conn:
            sending = self._outbox.claim_in(conn, conversation, CLAIM_SECONDS)
            if sending is None:
                return False
            found, recipient = self._conversations.find_in(conn, conversation), self._recipients.of_in(conn, conversation)
            if found is None or recipient is None:
                self._outbox.failed_in(conn, sending)
                return True
            if carrier.window is not None and self._clock() - found.last_seen > carrier.window:
                self._outbox.postponed_in(conn, sending, NEVER)
                return False
        return self._send(carrier, sending, recipient, found.language)

    def _send(self, carrier: Carrier, sending: Sending, recipient: Recipient, language: str) -> bool:
        parts = carrier.parts(sending.answer, language)
        accepted = list(sending.provider_ids)
        for number in range(len(accepted), len(parts)):
            tag = f"{sending.conversation}|{sending.position}|{number}|{len(parts)}"
            outcome = _outcome(carrier, Envelope(recipient, parts[number], tag))
            if not isinstance(outcome, Accepted):
                return self._settle(sending, outcome)
            accepted.append(outcome.provider_id)
            with self._storage.begin() as conn:
                self._outbox.accepted_in(conn, sending, accepted, is_whole=len(accepted) == len(parts))
        return True

    def _settle(self, sending: Sending, outcome: TryAgain | GiveUp | OutsideWindow) -> bool:
        """Record what else became of it; says whether the next answer may follow."""
        is_over = isinstance(outcome, GiveUp) or sending.tries >= MOST_TRIES
        if not isinstance(outcome, OutsideWindow):
            log.warning("answer %d: %s%s", sending.id, outcome.why, " (given up)" if is_over else "")
        with self._storage.begin() as conn:
            if is_over:
                self._outbox.failed_in(conn, sending)
            elif isinstance(outcome, TryAgain):
                pause = outcome.seconds if outcome.seconds is not None else self._pause(sending.tries)
                self._outbox.postponed_in(conn, sending, self._clock() + pause)
            else:
                self._outbox.postponed_in(conn, sending, NEVER)
        return is_over

    def _pause(self, tries: int) -> float:
        """Doubling from half a second, spread, so that an outage does not end in a crowd."""
        return min(0.5 * 2.0 ** min(tries, 20), LONGEST_PAUSE) * (0.5 + self._jitter())


def _outcome(carrier: Carrier, envelope: Envelope) -> Outcome:
    try:
        return carrier.send(envelope)
    except Exception as error:
        return TryAgain(f"{carrier.name} could not send: {kind_and_place(error)}")
