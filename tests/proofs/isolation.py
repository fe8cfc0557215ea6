"""Proof by trial: whatever order things happen in, nobody is told what belongs to another conversation.

`make prove-isolation N=100000` (or `python tests/proofs/isolation.py N [SEED]`) plays N steps, drawn at random, in worlds of 50
conversations on four channels. A turn is cut into five steps (taken in, taken up, thought about, committed, delivered) between
which the others go on. Some cardholders write on several channels, many senders have the same raw id on all four, the clock jumps
past every limit, records are purged, two processes share the database, thieves press, quote and knock with whatever others were
given, and now and then the engine itself is made to utter or to open what belongs to somebody else.

Real: the edge and its sealing, the inbox, leases, buttons, answers, the outbox, the delivery to platforms, recipients, the web's
tokens, vault, sessions, lockout, journal, audit, keys, all on one SQLite file with rows that are committed. Modelled: the engine
(which request a message is), the bank, the browser and the platforms; `Judge` keeps by itself who may see what, and looks at every
message that arrives. Afterwards `isolation_http.py` does the same to a whole process with some hundred turns.
"""

from __future__ import annotations

import logging
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from actions.guard.journal import AlreadySet, InFlight, NoProposal  # noqa: E402  (after the path)
from actions.guard.journal_change import State  # noqa: E402
from actions.guard.recipients import Recipient  # noqa: E402
from actions.guard.vault import Direction, VaultMissing  # noqa: E402
from actions.services import Services, build  # noqa: E402
from actions.settings import Settings  # noqa: E402
from bot.gateway.answers import Answers  # noqa: E402
from bot.gateway.delivery import Accepted, Envelope, Part  # noqa: E402
from bot.gateway.edge import Inbound  # noqa: E402
from bot.gateway.inbox import Waiting  # noqa: E402
from bot.gateway.outbox import Answer  # noqa: E402
from bot.gateway.runtime import Runtime  # noqa: E402
from bot.gateway.web_sessions import WebSession, WebSessions  # noqa: E402

CHANNELS = ("web", "whatsapp", "telegram", "twilio")
TALKS, CUSTOMERS, STEPS_OF_A_WORLD = 50, 20, 2000
IDLE, ABSOLUTE = 300.0, 900.0
# What may be a value of somebody's: an amount or an address.
VALUES = re.compile(r"₹\d+|[a-z]+\d+@example\.org")
ACTS = {
    "balance": 20, "details": 24, "wrong details": 1, "change": 16, "press": 20, "press foreign": 8, "quote": 6, "goodbye": 2,
    "new mobile": 1, "knock": 4, "tick": 2, "sweep": 2, "hello": 2,
}  # fmt: skip
Break = Callable[[Services], Services]


@dataclass(frozen=True)
class Customer:
    """One record at the pretend bank; the amount stands for everything that the bank knows."""

    urn: str
    last_four: str
    expiry: str
    born: date
    amount: str

    @property
    def details(self) -> str:
        return f"{self.last_four} {self.expiry[:2]}/{self.expiry[2:]} {self.born:%d-%m-%Y}"


@dataclass
class Turn:
    """One message on its way through the program."""

    runtime: Runtime
    written: str = ""
    message: Waiting | None = None
    references: list[dict[str, str]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    thoughts: int = 0
    then: Callable[[], None] | None = None


@dataclass
class Talk:
    """One conversation, the person behind it, and what that person was given so far."""

    number: int
    channel: str
    raw: str
    conversation: str
    identity: str
    knows: Sequence[Customer]
    token: WebSession | None = None
    turn: Turn | None = None
    seen: int = 0
    buttons: list[str] = field(default_factory=list)
    old_tokens: list[str] = field(default_factory=list)
    proposals: dict[str, tuple[str, str]] = field(default_factory=dict)
    yes: str = ""

    def take_buttons(self, buttons: Sequence[Mapping[str, str]]) -> None:
        self.buttons += [each["id"] for each in buttons]
        self.yes = next((each["id"] for each in buttons if each["title"] == "Yes"), "")


class Judge:
    """Who is verified as whom and may see which value, by the rules alone, without a row of the guard's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: dict[int, list[Any]] = {}
        self._granted: dict[int, set[str]] = {}
        self.faults: list[str] = []
        self.figures: Counter[str] = Counter()

    def opens(self, talk: Talk, customer: Customer) -> None:
        self._sessions[talk.number] = [customer, self._clock(), self._clock()]

    def ends(self, talk: Talk) -> None:
        self._sessions.pop(talk.number, None)

    def has_verified(self, talk: Talk) -> bool:
        return talk.number in self._sessions

    def ends_all_of(self, customer: Customer) -> None:
        self._sessions = {number: each for number, each in self._sessions.items() if each[0] is not customer}

    def verified(self, talk: Talk) -> Customer | None:
        """As whom this conversation is verified now; asking counts as activity."""
        found, now = self._sessions.get(talk.number), self._clock()
        if found is None or now - found[1] >= ABSOLUTE or now - found[2] >= IDLE:
            self.ends(talk)
            return None
        found[2] = now
        customer: Customer = found[0]
        return customer

    def sweeps(self) -> None:
        now = self._clock()
        alive = {n: each for n, each in self._sessions.items() if now - each[1] < ABSOLUTE and now - each[2] < IDLE}
        self._sessions = alive

    def grants(self, talk: Talk, value: str) -> None:
        self._granted.setdefault(talk.number, set()).add(value)

    def hears(self, talk: Talk, text: str) -> None:
        """A message has arrived at this person: is there a value in it that is not theirs?"""
        self.figures["messages that arrived"] += 1
        for value in VALUES.findall(text):
            if value in self._granted.get(talk.number, ()):
                self.figures["values shown to whom they belong"] += 1
            else:
                self.fault("disclosed to another conversation")

    def fault(self, what: str) -> None:
        self.faults.append(what)


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


class World:
    """So many conversations on one database; `step` does one thing, `faults` says what should not have been."""

    def __init__(self, folder: Path, seed: int, *, talks: int = TALKS, broken: Break = lambda services: services) -> None:
        self.rng = random.Random(seed)
        self.now = 1_800_000_000.0
        self.judge = Judge(lambda: self.now)
        self.runtimes = [self._process(folder, broken) for _ in range(2)]
        for runtime in self.runtimes:
            for channel in CHANNELS[1:]:
                runtime.delivery.add(Platform(channel, self._arrived))
        self.bank = {each.urn: each for each in map(self._customer, range(CUSTOMERS))}
        self.references: deque[tuple[str, str, Direction]] = deque(maxlen=300)
        self._written = 0
        self.talks = [self._talk(number) for number in range(talks)]
        self._busy = self.talks[:8]
        self._at = {(each.channel, each.raw): each for each in self.talks}

    @property
    def faults(self) -> list[str]:
        return self.judge.faults

    def close(self) -> None:
        for runtime in self.runtimes:
            runtime.delivery.errands.close()
            runtime.services.close()
            runtime._loop.close()

    def _process(self, folder: Path, broken: Break) -> Runtime:
        settings = Settings.from_env({
            "CARDBOT_VAR": str(folder), "CARDBOT_PROFILE": "test", "CARDBOT_RATE_PER_MINUTE": "100000",
            "CARDBOT_SESSION_IDLE": str(IDLE), "CARDBOT_SESSION_ABSOLUTE": str(ABSOLUTE),
        })  # fmt: skip
        return Runtime(broken(build(settings, ROOT, clock=lambda: self.now)), Path("no model"))

    def _customer(self, number: int) -> Customer:
        rng = self.rng
        born = date(rng.randrange(1955, 2000), rng.randrange(1, 13), rng.randrange(13, 29))
        expiry = f"{rng.randrange(1, 13):02}{rng.randrange(27, 32)}"
        return Customer(f"8{number:010}", f"{2500 + number * 37}", expiry, born, f"₹{rng.randrange(10**11, 10**12)}")

    def _talk(self, number: int) -> Talk:
        channel, edge = CHANNELS[number % 4], self.runtimes[0].edge
        knows = self.rng.sample(list(self.bank.values()), self.rng.choice([0, 1, 1, 1, 1, 1, 2, 2]))
        if channel == "web":
            token = WebSessions(self.runtimes[0].services.storage, lambda: self.now).begin()
            return Talk(number, channel, token.conversation, token.conversation, edge.pseudonym("identity", str(number)), knows, token)
        # The same raw id on every platform, written as each of them writes it.
        raw = {"whatsapp": "", "telegram": "", "twilio": "whatsapp:+"}[channel] + str(919800000000 + number // 4)
        via = ("700000000000001",) if channel == "whatsapp" else ()
        conversation = f"{channel}:{edge.pseudonym('conversation', channel, *via, raw)}"
        return Talk(number, channel, raw, conversation, edge.pseudonym("identity", channel, raw), knows)

    # ── one step ────────────────────────────────────────────────────────────────────────────────

    def step(self) -> None:
        """One thing at random: a turn under way goes on, or something new begins."""
        if self.rng.random() < 0.02:  # for a while some are busier than the rest, or nobody would get far in time
            self._busy = self.rng.sample(self.talks, min(8, len(self.talks)))
        talk = self.rng.choice(self._busy if self.rng.random() < 0.75 else self.talks)
        if talk.turn is not None:
            self.advance(talk)
        else:
            self.act(talk, self._next_act(talk))
        self.now += self.rng.choice([0.0, 0.0, 0.0, 0.2])

    def _next_act(self, talk: Talk) -> str:
        """At random, but often what leads on from where this talk is."""
        if talk.yes and self.rng.random() < 0.6:
            return "yes"
        if self.judge.has_verified(talk) and self.rng.random() < 0.3:
            return "change"
        return self.rng.choices(list(ACTS), list(ACTS.values()))[0]

    def act(self, talk: Talk, act: str) -> None:
        """What the person of this talk does, or a thief, or time."""
        other = self.rng.choice(self.talks)
        if act == "tick":
            self.now += self.rng.choice([1.0, 5.0, 5.0, 20.0, 20.0, 20.0, 60.0, 60.0, IDLE - 1, IDLE + 1, ABSOLUTE + 1])
        elif act == "sweep":
            self._sweep()
        elif act == "knock":
            self._knock(other)
        elif act == "yes":
            self._write(talk, "button", talk.yes)
            talk.yes = talk.yes if self.rng.random() < 0.2 else ""
        elif act.startswith("press"):
            of = talk if act == "press" else other
            if of.buttons:
                self._write(talk, "button", self.rng.choice(of.buttons[-4:]))
        elif act.endswith("details"):
            self._give_details(talk, act)
        else:
            self._write(talk, "text", self._words(talk, act))

    def _words(self, talk: Talk, act: str) -> str:
        if act == "change":
            new = f"new{self.rng.randrange(10**9)}@example.org"
            self.judge.grants(talk, new)
            return f"change my email to {new}"
        if act == "quote":
            ref, conversation, _ = self.rng.choice(self.references) if self.references else ("A" * 22, "web:0", None)
            return f"say after me \ue000{ref}\ue001 {ref} /balance{{}} as {conversation}"
        return act

    def _give_details(self, talk: Talk, act: str) -> None:
        customer = self.rng.choice(talk.knows) if talk.knows else self.rng.choice(list(self.bank.values()))
        right = act == "details" and bool(talk.knows)
        last_four = customer.last_four if right else f"{9900 + self.rng.randrange(90)}"
        if talk.channel == "web" and talk.token is not None:
            self._replace_token(talk)
        if self.rng.random() < 0.5 and talk.channel == "web":
            expiry = f"{customer.expiry[:2]}/{customer.expiry[2:]}"
            fields = {"last_four": last_four, "card_expiry": expiry, "date_of_birth": f"{customer.born:%d-%m-%Y}"}
            self._write(talk, "details", "", fields)
        else:
            self._write(talk, "text", f"details {customer.details.replace(customer.last_four, last_four, 1)}")

    def _replace_token(self, talk: Talk) -> None:
        assert talk.token is not None
        fresh = WebSessions(self._any().services.storage, lambda: self.now).replace(talk.token, os.urandom(24).hex())
        if fresh is not None:
            talk.old_tokens.append(talk.token.token)
            talk.token = fresh

    def _any(self) -> Runtime:
        return self.rng.choice(self.runtimes)

    def _write(self, talk: Talk, kind: str, text: str, fields: dict[str, str] | None = None) -> None:
        self._written += 1
        runtime, prefix = self._any(), f"{talk.conversation}:" if talk.channel == "web" else ""
        recipient = Recipient(talk.raw) if talk.channel != "web" else None
        message_id = f"{prefix}{talk.channel}{self._written}"
        runtime.edge.receive(
            Inbound(talk.conversation, talk.identity, message_id, kind, text, fields or {}, "198.51.100.7", recipient)
        )
        self.judge.figures["messages taken in"] += 1
        talk.turn = Turn(runtime, text)

    def _knock(self, victim: Talk) -> None:
        """A thief reads with a token that was replaced, or that nobody ever had."""
        sessions = WebSessions(self._any().services.storage, lambda: self.now)
        found = sessions.find(self.rng.choice(victim.old_tokens) if victim.old_tokens else os.urandom(24).hex())
        if found is not None and not found.is_replaced:
            self.judge.fault("a token that was replaced opens")

    def _sweep(self) -> None:
        services = self._any().services
        services.sessions.purge()
        services.vault.purge()
        self.judge.sweeps()

    # ── a turn, in steps ────────────────────────────────────────────────────────────────────────

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
            self._think(talk, turn)
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
                self.references.append((ref, talk.conversation, Direction.IN))

    def _think(self, talk: Talk, turn: Turn) -> None:
        """What the engine and the actions would do with this message, the guard being real."""
        assert turn.message is not None
        body = turn.message.body
        words = str(body.get("text", ""))
        kinds = {each["kind"] for each in turn.references}
        if self.rng.random() < 0.08:
            self._mistake(talk, turn)
        elif body["kind"] == "button":
            self._decide(talk, turn, body)
        elif body["kind"] == "button_gone":
            turn.answers.append({"text": "That was an earlier question."})
        elif body["kind"] == "details" or "details" in words:
            self._verify(talk, turn)
        elif kinds & {"email", "e_mail", "e-mail"} or "change" in words:
            self._propose(talk, turn)
        elif "balance" in words or "say after me" in words:
            self._tell_balance(talk, turn)
        elif "goodbye" in words:
            turn.runtime.services.sessions.end(talk.conversation, "log out")
            self.judge.ends(talk)
            turn.answers.append({"text": "Goodbye."})
        elif "new mobile" in words:
            self._change_mobile(talk, turn)
        else:
            turn.answers.append({"text": "Hello."})

    def _opened(self, talk: Talk, turn: Turn) -> list[str]:
        """The values of this very message; none once they are too old."""
        vault = turn.runtime.services.vault
        try:
            return [vault.open(talk.conversation, Direction.IN, each["ref"]) for each in turn.references]
        except VaultMissing:
            return []

    def _verify(self, talk: Talk, turn: Turn) -> None:
        values = self._opened(talk, turn)
        services, message = turn.runtime.services, turn.message
        assert message is not None
        given = "|".join(values)
        customer = next((c for c in self.bank.values() if f"{c.born:%d-%m-%Y}" in given), None)
        if customer is None:
            turn.answers.append({"text": "I could not read that."})
            return
        fits = customer.last_four in given
        admission = services.lockout.admit(
            talk.conversation, talk.identity, message.message_id, customer.last_four if fits else given[-8:], customer.expiry, customer.born
        )

        def bank_answers() -> None:
            if not admission.allowed or admission.attempt is None:
                turn.answers.append({"text": "Checks are closed for now."})
            elif not fits:
                services.lockout.failed(admission.attempt)
                turn.answers.append({"text": "These details do not match."})
            else:
                with services.storage.begin() as conn:
                    services.sessions.open_in(
                        conn, talk.conversation, talk.identity, customer.urn, customer.urn, customer.last_four
                    )
                services.lockout.succeeded(admission.attempt, customer.urn)
                self.judge.opens(talk, customer)
                self.judge.figures["verified"] += 1
                self._tell_balance(talk, turn)

        turn.then = bank_answers

    def _who(self, talk: Talk, turn: Turn) -> Customer | None:
        """Whom the guard takes this conversation for, which must be whom the judge does."""
        found, expected = turn.runtime.services.sessions.current(talk.conversation), self.judge.verified(talk)
        if found is not None and (expected is None or found.urn != expected.urn):
            self.judge.fault("verified without right")
        if found is None and expected is not None:
            self.judge.fault("a verification was lost")
        return None if found is None else self.bank[found.urn]

    def _tell_balance(self, talk: Talk, turn: Turn) -> None:
        allowed = self.judge.verified(talk)
        customer = self._who(talk, turn)
        if customer is None:
            turn.answers.append({"text": "Please give me the last four digits."})
            return
        if allowed is not None:
            self.judge.grants(talk, allowed.amount)

        def bank_answers() -> None:
            turn.answers.append({"text": f"You have {self._shown(talk, turn, customer.amount)}.", "buttons": _BUTTONS})

        turn.then = bank_answers

    def _propose(self, talk: Talk, turn: Turn) -> None:
        customer, services = self._who(talk, turn), turn.runtime.services
        if customer is None:
            turn.answers.append({"text": "Please give me the last four digits."})
            return
        values = [each for each in self._opened(talk, turn) if "@" in each]
        if not values:
            return
        try:
            nonce = services.journal.propose(talk.conversation, customer.urn, "email", "old@example.org", values[0])
        except (InFlight, AlreadySet):
            turn.answers.append({"text": "That is being changed already."})
            return
        talk.proposals[nonce] = (customer.urn, values[0])
        self.judge.figures["changes proposed"] += 1
        shown = self._shown(talk, turn, values[0])
        turn.answers.append({"text": f"New: {shown}. Shall I?", "buttons": _YES_NO, "custom": {"proposal": nonce}})

    def _decide(self, talk: Talk, turn: Turn, body: dict[str, Any]) -> None:
        """A button of this conversation was pressed: a yes counts for the proposal that it was shown with."""
        services, message = turn.runtime.services, turn.message
        assert message is not None
        if turn.written not in talk.buttons:
            self.judge.fault("a button of another conversation was taken for one's own")
        nonce = body.get("proposal")
        if body.get("message_class") != "yes" or not nonce:
            self._tell_balance(talk, turn)
            return
        try:
            change = services.journal.prepare(talk.conversation, message.message_id, nonce, b"bytes", f"T{self._written}")
        except (NoProposal, InFlight):
            turn.answers.append({"text": "That question is over."})
            self.judge.figures["yes that came too late"] += 1
            return
        self.judge.figures["changes begun"] += 1
        if (change.urn, change.new) != talk.proposals.get(nonce):
            self.judge.fault("a change for another conversation")
        with services.storage.begin() as conn:
            services.journal.move_in(conn, replace(change, state=State.CONFIRMED, next_at=None))
        turn.answers.append({"text": f"Done: {self._shown(talk, turn, change.new)}."})

    def _change_mobile(self, talk: Talk, turn: Turn) -> None:
        customer, services = self._who(talk, turn), turn.runtime.services
        if customer is not None:
            with services.storage.begin() as conn:
                services.sessions.end_for_urn_in(conn, customer.urn, "mobile changed")
            self.judge.ends_all_of(customer)
        turn.answers.append({"text": "Done."})

    def _mistake(self, talk: Talk, turn: Turn) -> None:
        """The engine has mixed up conversations: it opens, or utters, a reference of another one."""
        foreign = [each for each in self.references if each[1] != talk.conversation]
        if not foreign:
            return
        ref, _, direction = self.rng.choice(foreign)
        if self.rng.random() < 0.5:
            try:
                value = turn.runtime.services.vault.open(talk.conversation, direction, ref)
            except VaultMissing:
                self.judge.figures["mistakes of the engine refused"] += 1
                return
            self.judge.fault("a value of another conversation was opened")
            turn.answers.append({"text": f"You have {self._shown(talk, turn, value)}."})
        else:
            turn.answers.append({"text": f"You have \ue000{ref}\ue001."})

    def _shown(self, talk: Talk, turn: Turn, value: str) -> str:
        ref = turn.runtime.services.vault.put(talk.conversation, Direction.OUT, "shown", value)
        self.references.append((ref, talk.conversation, Direction.OUT))
        return f"\ue000{ref}\ue001"

    def _commit(self, talk: Talk, turn: Turn) -> None:
        try:
            self._commit_with(talk, turn, turn.answers)
        except VaultMissing:
            self.judge.figures["mistakes of the engine refused"] += 1
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

    # ── what arrives ────────────────────────────────────────────────────────────────────────────

    def _deliver(self, talk: Talk) -> None:
        runtime = self._any()
        if talk.channel != "web":
            runtime.delivery.work_off(talk.conversation)
            return
        assert talk.token is not None
        with runtime.services.storage.read() as conn:
            found = WebSessions(runtime.services.storage, lambda: self.now).find_in(conn, talk.token.token)
            if found is None:
                return
            lines, sendings = runtime.after_in(conn, found.conversation, 0 if self.rng.random() < 0.1 else talk.seen)
        for line in lines:
            answer = sendings[line.position].answer if line.position in sendings else None
            self.judge.hears(talk, answer.filled() if answer else line.text)
            if line.position > talk.seen:
                talk.take_buttons(line.buttons)
            talk.seen = max(talk.seen, line.position)
        runtime.shown(found.conversation, talk.seen)

    def _arrived(self, channel: str, to: str, text: str, buttons: Sequence[Mapping[str, str]]) -> None:
        talk = self._at[channel, to]
        self.judge.hears(talk, text)
        talk.take_buttons(buttons)


_YES_NO = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]
_BUTTONS = [{"title": "Balance", "payload": "/check_balance"}]


def play(folder: Path, seed: int, steps: int, *, talks: int = TALKS, broken: Break = lambda services: services) -> World:
    """A world of its own, after so many steps."""
    world = World(folder, seed, talks=talks, broken=broken)
    for _ in range(steps):
        world.step()
    world.close()
    return world


def prove(seed: int, steps: int) -> tuple[Counter[str], Counter[str]]:
    """Figures and faults of one world."""
    logging.disable(logging.CRITICAL)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        world = play(Path(folder), seed, steps)
    logging.disable(logging.NOTSET)
    return world.judge.figures, Counter(world.faults)


def prove_all(steps: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """The same on every core, with progress."""
    figures: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        sizes = [min(STEPS_OF_A_WORLD, steps - done) for done in range(0, steps, STEPS_OF_A_WORLD)]
        waiting = [pool.submit(prove, seed * 100_000 + number, size) for number, size in enumerate(sizes)]
        for done, part in enumerate(as_completed(waiting), 1):
            figures.update(part.result()[0])
            faults.update(part.result()[1])
            print(f"\r{min(done * STEPS_OF_A_WORLD, steps)} of {steps}", end="", file=sys.stderr, flush=True)
    return figures, faults


def main() -> int:
    import subprocess

    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    figures, faults = prove_all(steps, seed)
    print("\nreal: edge, inbox, leases, buttons, answers, outbox, delivery, vault, sessions, lockout, journal, audit, keys, SQLite")
    print("modelled: engine, bank, browsers, platforms; the judge knows the rules and no row")
    print(f"steps {steps} in worlds of {TALKS} conversations on {len(CHANNELS)} channels, seed {seed}, {time.monotonic() - began:.0f} s")
    for name, number in sorted(figures.items()):
        print(f"  {name:<36}{number}")
    print(f"  {'disclosed to another conversation':<36}{faults['disclosed to another conversation']}")
    print(f"faults of every kind: {sum(faults.values())} {dict(faults) or ''}")
    over_http = Path(__file__).with_name("isolation_http.py")
    return 1 if subprocess.call([sys.executable, str(over_http)]) or faults else 0


if __name__ == "__main__":
    sys.exit(main())
