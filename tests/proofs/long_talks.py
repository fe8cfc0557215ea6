"""Proof by comparison: long talks are answered word for word as with Rasa's own store, which forgets nothing.

`make prove-long-talks N=50` (or `python tests/proofs/long_talks.py N [TURNS]`) plays N talks of 400 turns, drawn at random, five
times each: with Cardbot's tracker store; with Rasa's InMemoryTrackerStore; with two engines on one database that take the talk
from each other every 20 turns; with a process that is killed (kill -9) five times in the middle of a turn and begins again on
what is left; and, where a PostgreSQL answers, moved at every turn between two processes on it. Every answer must be the same,
but for the hour and for references, which are drawn anew.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bench.cardbot import postgres  # noqa: E402  (after the path)
from bot.engine.training import train  # noqa: E402
from tests.proofs._seat import answer_all  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402
from wibmo.sandbox.people import Person  # noqa: E402

Message = dict[str, Any]
KILLS = 5
KINDS = ("stock", "takeover", "kills", "moved")
# A message that starts nothing at the bank is answered the same if its turn is done again.
CHAT = (
    "hello", "what can you do?", "are you a bot?", "thank you", "why do you need my date of birth?", "zorp quux", "नमस्ते",
    "aap kya kar sakte ho?", "kya tum robot ho?", "शुक्रिया", "is this safe?", "ok", "who made you?",
)  # fmt: skip
ASKS = (
    "what is my balance?", "mera balance batao", "is my card active?", "मेरा बैलेंस बताओ", "show my profile", "is my kyc done?",
    "change my email", "mera email badalna hai", "change my mobile number", "मोबाइल नंबर बदलना है",
)  # fmt: skip
REPLIES = ("yes", "no", "haan", "nahi", "cancel", "rehne do", "not now", "hindi me bolo", "speak english please", "1234", "13/29")
SEEN_ANEW = re.compile(r"\b\d{1,2}:\d\d\b|\b[A-Z]{2}-[A-Z0-9]{4}-[A-Z0-9]{2}\b")


class Talk:
    """What one cardholder sends, message by message; the same for the same seed."""

    def __init__(self, seed: int, turns: int, person: Person) -> None:
        self._chance = random.Random(seed)
        self._person = person
        self.messages = [self._message(number) for number in range(turns)]

    def _message(self, number: int) -> Message:
        drawn = self._chance.random()
        if drawn < 0.40:
            return _text(number, self._chance.choice(CHAT))
        if drawn < 0.62:
            return _text(number, self._chance.choice(ASKS))
        if drawn < 0.78:
            return _text(number, self._chance.choice(REPLIES))
        if drawn < 0.88:
            return {"number": number, "kind": "details", "text": "", "fields": self._details()}
        if drawn < 0.95:
            return _text(number, self._chance.choice((self._person.last_four, f"new{number}@example.org", "me at home", "98765 43210")))
        return {"number": number, "kind": "button", "text": self._chance.choice(("Balance", "Yes, change it", "No, keep it"))}

    def _details(self) -> dict[str, str]:
        born = self._person.date_of_birth.strftime("%d-%m-%Y")
        expiry = f"{self._person.expiry[:2]}/{self._person.expiry[2:]}"
        return {"last_four": self._person.last_four, "card_expiry": expiry, "date_of_birth": born}


def _text(number: int, text: str) -> Message:
    return {"number": number, "kind": "text", "text": text}


# Each seat begins as a copy of a process that has loaded the modules and nothing else: no threads, no model, no files.
SEATS = multiprocessing.get_context("forkserver")
SEATS.set_forkserver_preload(["tests.proofs._seat"])


class Process:
    """A seat, started again after every kill on what the last one left."""

    def __init__(self, *told: Any) -> None:
        self._told = told
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = SEATS.Pipe()
        self._process = SEATS.Process(target=answer_all, args=(theirs, *self._told), daemon=True)
        self._process.start()
        theirs.close()
        if self._pipe.recv() != "ready":
            raise RuntimeError("the seat did not start")

    def send(self, message: Message) -> list[str]:
        self.begin(message)
        said: list[str] = self._pipe.recv()
        return said

    def begin(self, message: Message) -> None:
        """Give it the message, and do not wait."""
        self._pipe.send(message)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._start()

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join(60)
        self._pipe.close()


def played(talk_of: tuple[int, int], model: Path, base: float, kind: str) -> list[list[str]]:
    """All answers of one talk, played one way, by a bank of its own."""
    seed, turns = talk_of
    with tempfile.TemporaryDirectory(prefix="cardbot-talk-") as var, Sandbox() as bank:
        messages = Talk(seed, turns, bank.people()[seed % 3]).messages
        killed = _moments(seed, messages) if kind == "kills" else {}
        said = []
        with _processes(Path(var), bank.url, model, base, kind) as processes:
            for message in messages:
                process = processes[message["number"] % len(processes)]
                if (pause := killed.get(message["number"])) is not None:
                    process.begin(message)
                    time.sleep(pause)
                    process.kill()
                said.append([SEEN_ANEW.sub("…", text) for text in process.send(message)])
    return said


def _moments(seed: int, messages: Sequence[Message]) -> dict[int, float]:
    chance = random.Random(f"kills {seed}")
    harmless = [message["number"] for message in messages if message["text"] in CHAT]
    return {number: chance.uniform(0.0, 0.03) for number in chance.sample(harmless, min(KILLS, len(harmless)))}


@contextmanager
def _processes(var: Path, bank: str, model: Path, base: float, kind: str) -> Iterator[list[Process]]:
    """One, or two on one PostgreSQL."""
    with ExitStack() as opened:
        if kind == "moved":
            url = opened.enter_context(postgres()) or ""
            shared = {"CARDBOT_DATABASE_URL": url, "CARDBOT_MASTER_SECRETS": secrets.token_urlsafe(48)}
            found = [Process(var / name, bank, model, base, "ours", shared) for name in ("one", "two")]
        else:
            found = [Process(var, bank, model, base, "ours" if kind == "kills" else kind, {})]
        for process in found:
            opened.callback(process.close)
        yield found


def differences(seed: int, turns: int, model: Path, kinds: Sequence[str] = KINDS) -> list[str]:
    """Where the ways to play a talk differ from Cardbot's own; empty if nowhere."""
    base = time.time()
    ours = played((seed, turns), model, base, "ours")
    found = []
    for kind in kinds:
        theirs = played((seed, turns), model, base, kind)
        unlike = [at for at, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other]
        found += [f"talk {seed}, turn {at}: ours {ours[at]} but with {kind} {theirs[at]}" for at in unlike[:3]]
    return found


def main(talks: int = 50, turns: int = 400) -> int:
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", print)
    with postgres() as url:
        kinds = KINDS if url else KINDS[:-1]

    def compared(seed: int) -> bool:
        started = time.monotonic()
        found = differences(seed, turns, model, kinds)
        print("\n".join([*found, f"talk {seed}: {'differs' if found else 'the same'} ({time.monotonic() - started:.0f} s)"]), flush=True)
        return bool(found)

    with ThreadPoolExecutor(os.cpu_count()) as cores:
        wrong = sum(cores.map(compared, range(talks)))
    print(f"{talks} talks of {turns} turns, each played with {', '.join(kinds)}: {talks - wrong} the same, {wrong} not")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
