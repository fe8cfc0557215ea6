"""A turn behind the edge, cut into steps between which the others go on: taken up, thought about, committed, delivered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from actions.guard.vault import Direction, VaultMissing
from bot.gateway.answers import Answers
from bot.gateway.delivery import Accepted, Envelope, Part
from bot.gateway.outbox import Answer
from bot.gateway.runtime import Runtime
from bot.gateway.web_sessions import WebSessions
from tests.proofs._disclosure import Judge
from tests.proofs._modelled_engine import Engine, References
from tests.proofs._strangers import Talk, Turn


class Platform:
    """Where pushed answers arrive: at the person who has this address on this channel."""

    window = None
    hint = None
    reports = False

    def __init__(self, name: str, arrived: Callable[..., None]) -> None:
        self.name = name
        self._arrived = arrived

    def parts(self, answer: Answer, language: str) -> Sequence[Part]:
        return [{"text": answer.filled(), "buttons": [dict(each) for each in answer.buttons]}]

    def send(self, envelope: Envelope) -> Accepted:
        self._arrived(self.name, envelope.recipient.to, envelope.part["text"], envelope.part["buttons"])
        return Accepted("m")


class TurnSteps:
    """Moves the turns of a world on, one step at a time; a turn is delivered by whichever process comes."""

    def __init__(
        self,
        rng: random.Random,
        clock: Callable[[], float],
        judge: Judge,
        runtimes: Sequence[Runtime],
        engine: Engine,
        references: References,
    ) -> None:
        self._rng = rng
        self._clock = clock
        self._judge = judge
        self._runtimes = runtimes
        self._engine = engine
        self._references = references

    def advance(self, talk: Talk) -> None:
        """The next step of the turn that is under way."""
        turn = talk.turn
        assert turn is not None
        if turn.message is None:
            self._take_up(talk, turn)
        elif turn.then is not None:
            then, turn.then = turn.then, None
            then()
        elif turn.thoughts == 0:
            turn.thoughts = 1
            self._engine.think(talk, turn)
        elif turn.thoughts == 1:
            turn.thoughts = 2
            self._commit(talk, turn)
        else:
            talk.turn = None
            self._deliver(talk)

    def _take_up(self, talk: Talk, turn: Turn) -> None:
        runtime, vault = turn.runtime, turn.runtime.services.vault
        with runtime.services.storage.begin(durable=False) as conn:
            runtime.conversations.lease_in(conn, talk.conversation, "proof", 15.0)
            turn.message = runtime.inbox.first_in(conn, talk.conversation)
            if turn.message is None:
                talk.turn = None
                return
            for value in turn.message.body.get("values", ()):
                ref = vault.put_in(conn, talk.conversation, Direction.IN, value["kind"], value["value"])
                turn.references.append({"ref": ref, "kind": value["kind"]})
                self._references.append((ref, talk.conversation, Direction.IN))

    def _commit(self, talk: Talk, turn: Turn) -> None:
        try:
            self._commit_with(talk, turn, turn.answers)
        except VaultMissing:
            self._judge.figures["mistakes of the engine refused"] += 1
            self._commit_with(talk, turn, [{"text": "Something went wrong."}])

    def _commit_with(self, talk: Talk, turn: Turn, messages: list[dict[str, Any]]) -> None:
        runtime, message = turn.runtime, turn.message
        assert message is not None
        services = runtime.services
        answers = Answers(services, runtime.outbox, runtime.conversations, runtime.buttons)
        with services.storage.begin() as conn:
            answers.put_in(conn, talk.conversation, messages or [{"text": "Pardon?"}], message.id, message.received)
            services.vault.keep_only_in(conn, talk.conversation, Direction.IN, [])
            runtime.conversations.turn_ended_in(conn, talk.conversation, expecting="none", language="en")
            runtime.inbox.done_in(conn, message)
            runtime.conversations.release_in(conn, talk.conversation, "proof")

    def _deliver(self, talk: Talk) -> None:
        runtime = self._rng.choice(self._runtimes)
        if talk.channel != "web":
            runtime.delivery.work_off(talk.conversation)
            return
        assert talk.token is not None
        with runtime.services.storage.read() as conn:
            found = WebSessions(runtime.services.storage, self._clock).find_in(conn, talk.token.token)
            if found is None:
                return
            lines, sendings = runtime.after_in(conn, found.conversation, 0 if self._rng.random() < 0.1 else talk.seen)
        for line in lines:
            answer = sendings[line.position].answer if line.position in sendings else None
            self._judge.hears(talk, answer.filled() if answer else line.text)
            if line.position > talk.seen:
                talk.take_buttons(line.buttons)
            talk.seen = max(talk.seen, line.position)
        runtime.shown({found.conversation: talk.seen})
