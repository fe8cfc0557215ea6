"""A small shop on Rasa: trained once, talked to through the engine, kept in the one database."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.guard.schema import tracker_events
from actions.guard.storage import Storage
from bot.engine.actions_in_process import ActionRunner
from bot.engine.engine import Engine, Turn, TurnInput
from bot.engine.tracker_store import SqlTrackerStore
from bot.engine.training import train
from tests.engine.shop import Notebook, actions

PROJECT = Path(__file__).parent / "project"


class Shop:
    """One engine, its store and what its actions did."""

    def __init__(self, model: Path, storage: Storage, clock: Callable[[], float], **limits: int) -> None:
        self.model, self.storage, self.clock, self.limits = model, storage, clock, limits
        self.notebook = Notebook()
        self.failed: list[tuple[str, str, BaseException]] = []
        self.runner = self.make_runner()

    def make_runner(self) -> ActionRunner:
        return ActionRunner(
            actions(self.notebook), lambda *failure: self.failed.append(failure), "utter_problem"
        )

    async def open(self, **more: Any) -> Shop:
        """Load the model afresh, as another process would."""
        self.store = SqlTrackerStore(self.storage.read, tracker_events, **self.limits)
        self.engine = await Engine.load(self.model, self.runner, self.store, clock=self.clock, **more)
        return self

    async def turn(self, text: str, conversation: str = "web:1", **more: Any) -> Turn:
        return await self.engine.turn(TurnInput(conversation, text, **more))

    def commit(self, turn: Turn) -> Turn:
        with self.storage.begin() as conn:
            self.store.commit_in(conn, turn.staged)
        return turn

    async def say(self, text: str, conversation: str = "web:1", **more: Any) -> Turn:
        return self.commit(await self.turn(text, conversation, **more))

    async def talk(self, *texts: str, conversation: str = "web:1") -> list[list[str]]:
        """What the bot answered to each text."""
        return [words(await self.say(text, conversation)) for text in texts]

    def rows(self, conversation: str = "web:1") -> list[Any]:
        query = tracker_events.select().where(tracker_events.c.conversation == conversation)
        with self.storage.read() as conn:
            return list(conn.execute(query.order_by(tracker_events.c.seq)))


def words(turn: Turn) -> list[str]:
    return [message["text"] for message in turn.messages]


TEXTS = (
    "hello", "hello", "both", "order", "order size small", "size small blue", "small", "huge", "blue", "red",
    "why", "stop", "show", "finish", "nothing known", "break", "order why",
)  # fmt: skip


def random_talk(seed: int, turns: int) -> list[str]:
    """Texts that go in and out of the form, ask in between, fall back and break things."""
    chance = random.Random(seed)
    return [chance.choice(TEXTS) for _ in range(turns)]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(PROJECT, tmp_path_factory.mktemp("model") / "shop.tar.gz", lambda _: None)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(f"sqlite:///{tmp_path / 'cardbot.db'}")
    storage.migrate()
    yield storage
    storage.close()


class Clock:
    """Seconds that pass when the test says so, on top of the real ones that Rasa writes into events."""

    def __init__(self, real: Callable[[], float]) -> None:
        self._real, self.ahead = real, 0.0

    def __call__(self) -> float:
        return self._real() + self.ahead


@pytest.fixture
def clock() -> Clock:
    import time

    return Clock(time.time)


@pytest.fixture
def shop(model: Path, storage: Storage, clock: Clock, run: Callable[..., Any]) -> Shop:
    return run(Shop(model, storage, clock).open())
