"""A Cardbot without a network, in a process of its own: what a cardholder sends comes in by a pipe, what is said goes out.

Its kind is `ours`, `stock` (Rasa's own store in memory) or `takeover` (two engines on one database, by turns for 20 messages).
Its clock stands still between messages, a second apart.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine import rasa_compat  # noqa: E402  (after the path)

rasa_compat.install()

from rasa.core.tracker_store import InMemoryTrackerStore  # noqa: E402  (after the shims)
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from actions.guard.schema import tracker_events as tracker_events  # noqa: E402
from actions.services import build  # noqa: E402
from actions.settings import Settings  # noqa: E402
from bot import logs  # noqa: E402
from bot.engine.tracker_store import SqlTrackerStore, Staged  # noqa: E402
from bot.gateway.edge import Inbound  # noqa: E402
from bot.gateway.runtime import Runtime  # noqa: E402

TURNS_OF_ONE_ENGINE = 20
PATIENCE = 120.0
ALONE: Mapping[str, str] = MappingProxyType({})


class StockStore(InMemoryTrackerStore):
    """Rasa's store as it is, behind the doors that a turn uses: every event for ever, replayed at each turn."""

    keep_turns = 10_000

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(Domain.empty())
        self._held: dict[str, tuple[str, Staged]] = {}
        self._counts: dict[str, int] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        before = self._counts.get(tracker.sender_id, 0)
        events = tuple(event.as_dict() for event in list(tracker.events)[before:])
        self._held[tracker.sender_id] = self.serialise_tracker(tracker), Staged(tracker.sender_id, before, events)

    async def get_or_create_tracker(self, sender_id: str, *args: Any, **options: Any) -> DialogueStateTracker:
        tracker = await self.retrieve(sender_id)
        return tracker or DialogueStateTracker(sender_id, self.domain.slots)

    def look_in(self, conn: object, conversation: str) -> Callable[[], None]:
        return lambda: None

    def expect(self, conversation: str, last: None) -> None:
        pass

    def take_staged(self, conversation: str) -> Staged:
        return self._held[conversation][1]

    def commit_in(self, conn: object, staged: Staged) -> None:
        self.store[staged.conversation] = self._held.pop(staged.conversation)[0]
        self._counts[staged.conversation] = staged.first_seq + len(staged.events)

    def rollback(self, conversation: str) -> None:
        self._held.pop(conversation, None)

    def purge_in(self, conn: object, before: float) -> int:
        return 0


@dataclass
class Clock:
    """Unix seconds that pass when they are told to."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass
class Seat:
    """One conversation, and the engines that may answer in it."""

    clock: Clock
    runtimes: list[Runtime]
    conversation: str
    _earlier: int = 0

    def send(self, message: dict[str, Any]) -> list[str]:
        """Everything that is said back to one message, whether it is new or known already."""
        number = int(message["number"])
        runtime = self.runtimes[number // TURNS_OF_ONE_ENGINE % len(self.runtimes)]
        name = f"{self.conversation}:{number}"
        text = self._button(runtime, message["text"]) if message["kind"] == "button" else message["text"]
        inbound = Inbound(
            self.conversation, "somebody", name, message["kind"], text=text, fields=message.get("fields", {})
        )
        receipt = runtime.edge.receive(inbound)
        return [receipt.refusal_text] if receipt.refusal else self._answers(runtime, name)

    def _button(self, runtime: Runtime, title: str) -> str:
        """The last button of this title, whichever process gave it out."""
        with runtime.services.storage.read() as conn:
            lines = runtime.conversations.lines_in(conn, self.conversation)
        return next((each["id"] for line in reversed(lines) for each in line.buttons if each["title"] == title), "none")

    def _answers(self, runtime: Runtime, name: str) -> list[str]:
        """What stands behind the message once it is answered; what was said before an earlier one is not read again."""
        self._wait_for(runtime, name)
        asked = name.rpartition(":")[2]
        with runtime.services.storage.read() as conn:
            lines, sendings = runtime.after_in(conn, self.conversation, self._earlier)
        mine = next(line.position for line in lines if line.marks.get("message_id") == asked)
        self._earlier = mine
        said = [line for line in lines if line.position > mine]
        return [sendings[line.position].answer.filled() if line.position in sendings else line.text for line in said]

    def _wait_for(self, runtime: Runtime, name: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with runtime.services.storage.read() as conn:
                if not runtime.inbox.queue_in(conn, self.conversation, name, 0.0).waiting:
                    return
            time.sleep(0.002)
        raise TimeoutError(f"{name} was not answered")


def take_seat(var: Path, bank: str, model: Path, clock: Clock, kind: str, shared: Mapping[str, str] = ALONE) -> Seat:
    """A whole Cardbot on what lies in `var`; `shared` are the settings that processes on one database have in common."""
    (var / "models").mkdir(parents=True, exist_ok=True)
    for name in (model.name, f"{model.name}.json"):
        if not (link := var / "models" / name).exists():
            link.symlink_to(model.parent / name)
    environ = {
        **shared,
        "CARDBOT_PROFILE": "test",
        "CARDBOT_VAR": str(var),
        "CARDBOT_WIBMO_BASE_URL": bank,
        "CARDBOT_RATE_PER_MINUTE": "100000",
        "CARDBOT_NEW_TALKS_PER_MINUTE": "100000",
    }
    settings = Settings.from_env(environ)
    store: Any = StockStore if kind == "stock" else SqlTrackerStore
    count = 2 if kind == "takeover" else 1
    runtimes = [Runtime(build(settings, ROOT, clock=clock), settings.model, store=store) for _ in range(count)]
    for runtime in runtimes:
        runtime.start()
        wait_until_ready(runtime)
    return Seat(clock, runtimes, "web:" + "5ea7" * 8)


def wait_until_ready(runtime: Runtime) -> None:
    until = time.monotonic() + PATIENCE
    while not runtime.is_ready:
        if runtime.has_failed or time.monotonic() > until:
            raise RuntimeError(runtime.problem)
        time.sleep(0.01)


def answer_all(pipe: Connection, var: Path, bank: str, model: Path, base: float, kind: str, shared: Mapping[str, str]) -> None:
    """Say "ready", then answer each message that comes in, until there are no more; a process begins here."""
    os.chdir(ROOT)
    logs.configure("ERROR")
    clock = Clock(base)
    time.time = clock  # Rasa stamps its events with the time of the process
    seat = take_seat(var, bank, model, clock, kind, shared)
    pipe.send("ready")
    while (message := pipe.recv()) is not None:
        clock.now = base + message["number"]
        pipe.send(seat.send(message))
    for runtime in seat.runtimes:
        runtime.stop()
