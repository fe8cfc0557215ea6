"""A quick run of the proof of isolation, the same world driven by hypothesis, and that the proof sees a broken binding."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, select

from actions.guard.audit import Audit
from actions.guard.recipients import Recipient, Recipients
from actions.guard.schema import buttons, conversations, sessions, vault
from actions.guard.sessions import Sessions, Verified
from actions.guard.vault import Direction, Vault
from actions.services import Services
from bot.gateway.buttons import Buttons
from tests.proofs import isolation
from tests.proofs._disclosure import ABSOLUTE, IDLE
from tests.proofs._world import ACTS, World

ACTS_OF_PEOPLE = sorted(set(ACTS) - {"tick", "sweep", "knock"})


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def memory() -> Iterator[Path]:
    """A folder that needs no disk, where there is one."""
    fast = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None) as folder:
        yield Path(folder)


def test_fifty_conversations_on_four_channels_in_any_order_learn_nothing_of_each_other() -> None:
    with memory() as folder:
        world = isolation.play(folder, 11, 1500)

    assert world.faults == []
    assert world.judge.figures["values shown to whom they belong"] > 30
    assert world.judge.figures["mistakes of the engine refused"] > 5
    assert world.judge.figures["changes begun"] > 0


# ── bindings broken on purpose ──────────────────────────────────────────────────────────────────


class SessionsOfAnybody(Sessions):
    """Takes whoever was verified last for whoever asks."""

    def current(self, conversation: str, *, max_age: float | None = None) -> Verified | None:
        with self._storage.read() as conn:
            last = conn.execute(select(sessions.c.conversation).order_by(sessions.c.verified_at.desc())).scalar()
        return super().current(last or conversation, max_age=max_age)


class VaultOfAnybody(Vault):
    """Opens a value for whoever names it."""

    def open_in(
        self, conn: Connection, conversation: str, direction: Direction, ref: str, *, kinds: Any = None
    ) -> str:
        row = conn.execute(select(vault.c.conversation, vault.c.direction).where(vault.c.ref == ref)).first()
        owner, way = (row[0], Direction(row[1])) if row else (conversation, direction)
        return super().open_in(conn, owner, way, ref, kinds=kinds)


class RecipientsMixedUp(Recipients):
    """Sends to whoever wrote last on this channel."""

    def of_in(self, conn: Connection, conversation: str) -> Recipient | None:
        mine = conversations.c.channel == conversation.split(":")[0], conversations.c.address_sealed.is_not(None)
        last = conn.execute(select(conversations.c.conversation).where(*mine).order_by(conversations.c.last_seen.desc())).scalar()
        return super().of_in(conn, last or conversation)


def sessions_of_anybody(services: Services) -> Services:
    found = SessionsOfAnybody(services.storage, services.keys, Audit(services.storage, services.keys, services.clock), services.clock)
    return replace(services, sessions=found)


def vault_of_anybody(services: Services) -> Services:
    return replace(services, vault=VaultOfAnybody(services.storage, services.keys, services.clock))


def recipients_mixed_up(services: Services) -> Services:
    return replace(services, recipients=RecipientsMixedUp(services.keys))


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (sessions_of_anybody, "verified without right"),
        (vault_of_anybody, "a value of another conversation was opened"),
        (recipients_mixed_up, "disclosed to another conversation"),
    ],
)
def test_a_broken_binding_is_seen(broken: Callable[[Services], Services], fault: str) -> None:
    with memory() as folder:
        world = isolation.play(folder, 4, 250, broken=broken)

    assert fault in world.faults


def test_a_button_that_counts_for_anybody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    pressed = Buttons.pressed_in

    def of_anybody(self: Buttons, conn: Connection, conversation: str, button: str) -> dict[str, Any] | None:
        owner = conn.execute(select(buttons.c.conversation).where(buttons.c.id == button)).scalar()
        return pressed(self, conn, owner or conversation, button)

    monkeypatch.setattr(Buttons, "pressed_in", of_anybody)
    with memory() as folder:
        world = isolation.play(folder, 4, 600)

    assert "a button of another conversation was taken for one's own" in world.faults


# ── the same world, driven by hypothesis ────────────────────────────────────────────────────────


class Interleavings(RuleBasedStateMachine):
    """Eight conversations, whose steps hypothesis orders; what fails it makes short."""

    def __init__(self) -> None:
        super().__init__()
        self._memory = memory()
        self.world = World(self._memory.__enter__(), 5, talks=8)

    def teardown(self) -> None:
        self.world.close()
        self._memory.__exit__(None, None, None)

    @rule(number=st.integers(0, 7), act=st.sampled_from(ACTS_OF_PEOPLE))
    def somebody_does_something(self, number: int, act: str) -> None:
        if self.world.talks[number].turn is None:
            self.world.act(self.world.talks[number], act)

    @precondition(lambda self: any(each.turn for each in self.world.talks))
    @rule(data=st.data(), steps=st.integers(1, 5))
    def a_turn_goes_on(self, data: st.DataObject, steps: int) -> None:
        talk = data.draw(st.sampled_from([each for each in self.world.talks if each.turn]))
        for _ in range(steps):
            if talk.turn is not None:
                self.world.advance(talk)

    @rule(seconds=st.sampled_from([0.5, 60.0, IDLE, ABSOLUTE]))
    def time_passes(self, seconds: float) -> None:
        self.world.now += seconds

    @rule(number=st.integers(0, 7))
    def a_thief_knocks_and_old_records_go(self, number: int) -> None:
        self.world.act(self.world.talks[number], "knock")
        self.world.act(self.world.talks[number], "sweep")

    @invariant()
    def nobody_learns_of_another(self) -> None:
        assert self.world.faults == []


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
