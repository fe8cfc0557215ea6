"""Answers on their way to platforms: in order per conversation, one sender at a time, again until they are accepted."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from actions.guard.recipients import Recipient, Recipients
from actions.guard.storage import Storage, StorageError
from bot.blame import kind_and_place
from bot.gateway.conversations import Conversation, Conversations
from bot.gateway.errands import Errands
from bot.gateway.outbox import MOST_TRIES, NEVER, Answer, Outbox, Sending
from bot.gateway.tags import Tag

log = logging.getLogger(__name__)

# Longer than any call of a platform's API may take; after a crash an answer waits so long, and a report of the
# platform in the meantime tells that it was accepted.
CLAIM_SECONDS = 10.0
POLL_SECONDS = 0.5
LONGEST_PAUSE = 300.0
_SPREAD = random.Random()


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


Refusal = TryAgain | GiveUp | OutsideWindow
Outcome = Accepted | Refusal
Part = Mapping[str, Any]


@dataclass(frozen=True)
class Envelope:
    """One part on its way; a message that belongs to no answer has no tag."""

    recipient: Recipient
    part: Part
    tag: Tag | None


class Carrier(Protocol):
    """What a channel offers that is pushed to.

    `window`: how long after the cardholder's last message the platform takes answers. `hint`: what it takes even then, a
    message without any value that there is news, or None. `reports`: whether it says afterwards what became of a
    message; where it does not, a killed process leaves no trace of what was accepted, so answers go there one by one.
    """

    @property
    def name(self) -> str: ...

    @property
    def window(self) -> float | None: ...

    @property
    def hint(self) -> Part | None: ...

    @property
    def reports(self) -> bool: ...

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        """The answer as messages of the platform, the same for the same answer, each within the platform's limits."""
        ...

    def send(self, envelope: Envelope) -> Outcome:
        """Hand one of them to the platform; called on a thread, and may take a few seconds."""
        ...


@dataclass(frozen=True)
class _Job:
    """An answer that this process holds the claim for, whom it is for, and the talk as it was then."""

    carrier: Carrier
    sending: Sending
    recipient: Recipient
    talk: Conversation


class Delivery:
    """Takes answers from the outbox for every carrier; several processes may run one on the same database."""

    def __init__(
        self,
        storage: Storage,
        outbox: Outbox,
        conversations: Conversations,
        recipients: Recipients,
        clock: Callable[[], float],
        jitter: Callable[[], float] = _SPREAD.random,
    ) -> None:
        self._storage = storage
        self._outbox = outbox
        self._conversations = conversations
        self._recipients = recipients
        self._clock = clock
        self._jitter = jitter
        self._carriers: dict[str, Carrier] = {}
        self._lanes: dict[str, AbstractContextManager[object]] = {}
        self._stopped = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="delivery", daemon=True)
        self.errands = Errands()

    def add(self, carrier: Carrier) -> None:
        """Before `start`: this channel's answers are sent from here."""
        self._carriers[carrier.name] = carrier
        # A kill finds at most one answer between acceptance and record.
        self._lanes[carrier.name] = nullcontext() if carrier.reports else threading.Lock()

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
        carrier = self._carriers[conversation.split(":", 1)[0]]
        try:
            may_follow = True
            while may_follow and not self._stopped.is_set():
                with self._lanes[carrier.name]:
                    may_follow = self._send_next(carrier, conversation)
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

    def hint(self, conversation: str) -> None:
        """Tell the cardholder that there is news, where the platform has closed its window after an acceptance."""
        self.errands.run(conversation, lambda: self._hint(conversation))

    def _hint(self, conversation: str) -> None:
        with self._storage.read() as conn:
            recipient = self._recipients.of_in(conn, conversation)
        if recipient is not None:
            self._send_hint(self._carriers[conversation.split(":", 1)[0]], recipient)

    def _send_hint(self, carrier: Carrier, recipient: Recipient) -> Outcome | None:
        if carrier.hint is None:
            return None
        outcome = _outcome(carrier, Envelope(recipient, carrier.hint, None))
        if isinstance(outcome, TryAgain | GiveUp):
            log.warning("the hint at news was not taken: %s", outcome.why)
        return outcome

    def _send_next(self, carrier: Carrier, conversation: str) -> bool:
        """Take one answer as far as it goes now; says whether the next one may follow."""
        # A machine that forgets the claim sends again, as one that forgets the acceptance would.
        with self._storage.begin(durable=False) as conn:
            sending = self._outbox.claim_in(conn, conversation, CLAIM_SECONDS)
            if sending is None:
                return False
            found, recipient = self._conversations.find_in(conn, conversation), self._recipients.of_in(conn, conversation)
            if found is None or recipient is None:
                self._outbox.failed_in(conn, sending)
                return True
        job = _Job(carrier, sending, recipient, found)
        if carrier.window is not None and self._clock() - found.last_seen > carrier.window:
            return self._wait_for_cardholder(job)
        return self._send(job)

    def _send(self, job: _Job) -> bool:
        sending, parts = job.sending, job.carrier.parts(job.sending.answer, job.talk.language)
        accepted = list(sending.provider_ids)
        for number in range(len(accepted), len(parts)):
            tag = Tag(sending.conversation, sending.position, number, len(parts))
            outcome = _outcome(job.carrier, Envelope(job.recipient, parts[number], tag))
            if isinstance(outcome, OutsideWindow):
                return self._wait_for_cardholder(job)
            if not isinstance(outcome, Accepted):
                return self._settle(sending, outcome)
            accepted.append(outcome.provider_id)
            is_whole = len(accepted) == len(parts)
            # A killed process remembers it; a machine that loses its power sends again, as after a lost claim.
            with self._storage.begin(durable=False) as conn:
                self._outbox.accepted_in(conn, sending, accepted, is_whole=is_whole, is_final=not job.carrier.reports)
        return True

    def _settle(self, sending: Sending, outcome: TryAgain | GiveUp) -> bool:
        """Record what else became of it; says whether the next answer may follow."""
        is_over = isinstance(outcome, GiveUp) or sending.tries >= MOST_TRIES
        log.warning("answer %d: %s%s", sending.id, outcome.why, " (given up)" if is_over else "")
        with self._storage.begin() as conn:
            if isinstance(outcome, GiveUp) or is_over:
                self._outbox.failed_in(conn, sending)
            else:
                self._outbox.postponed_in(conn, sending, self._clock() + self._pause(sending.tries, outcome))
        return is_over

    def _wait_for_cardholder(self, job: _Job) -> bool:
        """Nothing more is sent until they write; the first answer that waits is the only one that hints at itself."""
        hinted = self._send_hint(job.carrier, job.recipient)
        with self._storage.begin() as conn:
            now = self._conversations.find_in(conn, job.talk.id)
            until = NEVER
            if now is not None and now.last_seen > job.talk.last_seen:  # they wrote in the meantime
                until = self._clock()
            elif isinstance(hinted, TryAgain) and job.sending.tries < MOST_TRIES:
                until = self._clock() + self._pause(job.sending.tries, hinted)
            self._outbox.postponed_in(conn, job.sending, until)
        return False

    def _pause(self, tries: int, outcome: TryAgain) -> float:
        """What the platform asks for, else doubling from half a second, spread, so that an outage does not end in a crowd."""
        if outcome.seconds is not None:
            return outcome.seconds
        return min(0.5 * 2.0 ** min(tries, 20), LONGEST_PAUSE) * (0.5 + self._jitter())


def _outcome(carrier: Carrier, envelope: Envelope) -> Outcome:
    try:
        return carrier.send(envelope)
    except Exception as error:
        return TryAgain(f"{carrier.name} could not send: {kind_and_place(error)}")
