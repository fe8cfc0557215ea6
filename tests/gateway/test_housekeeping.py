"""Nothing is kept longer than it may be, and nothing of a living talk is swept away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from actions.guard.schema import conversations, inbox, metadata, outbox, tracker_events, transcript, vault
from actions.guard.vault import Direction
from actions.services import Services, build
from actions.settings import Profile, Settings
from bot.engine.tracker_store import SqlTrackerStore
from bot.gateway.buttons import Buttons
from bot.gateway.conversations import Conversations
from bot.gateway.housekeeping import DAY, Housekeeping
from bot.gateway.inbox import Inbox
from bot.gateway.outbox import Answer, Outbox
from bot.gateway.receipts import Receipts

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(tmp_path: Path, clock: Clock) -> Iterator[Services]:
    made = build(Settings(**{**vars(Settings.from_env({})), "profile": Profile.TEST, "var": tmp_path}), ROOT, clock=clock)
    yield made
    made.close()


class Rows:
    """What the gateway keeps in the one database."""

    def __init__(self, services: Services) -> None:
        clock, keys = services.clock, services.keys
        self.conversations = Conversations(clock)
        self.inbox = Inbox(keys.sealer("inbox"), clock)
        self.outbox = Outbox(keys.sealer("outbox"), clock)
        self.buttons = Buttons(clock)
        self.receipts = Receipts(clock)


@pytest.fixture
def rows(services: Services) -> Rows:
    return Rows(services)


@pytest.fixture
def keeping(services: Services, rows: Rows) -> Housekeeping:
    store = SqlTrackerStore(services.storage.read, tracker_events)
    return Housekeeping(services, rows.inbox, rows.outbox, rows.buttons, rows.receipts, store)


def count(services: Services, name: str) -> int:
    with services.storage.read() as conn:
        return conn.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one()


def hold_a_talk(services: Services, rows: Rows, conversation: str) -> None:
    with services.storage.begin() as conn:
        rows.conversations.begin_in(conn, conversation, "web", "somebody")
        rows.inbox.accept_in(conn, conversation, f"{conversation}:1", {"kind": "text"})
        rows.inbox.done_in(conn, rows.inbox.first_in(conn, conversation))  # type: ignore[arg-type]  # just put there
        position = rows.conversations.write_line_in(conn, conversation, "bot", "[shown 10:42]")()
        rows.outbox.add_in(conn, conversation, position, Answer("hello"))
        rows.buttons.issue_in(conn, conversation, "Balance", {"intent": "check_balance"})
        conn.execute(tracker_events.insert().values(conversation=conversation, seq=1, at=services.clock(), event="{}"))


def test_values_are_forgotten_when_their_time_is_over(
    services: Services, rows: Rows, keeping: Housekeeping, clock: Clock
) -> None:
    hold_a_talk(services, rows, "web:1")
    services.vault.put("web:1", Direction.IN, "last_four", "8305")

    keeping.tidy()
    before = count(services, vault.name)
    clock.now += services.settings.vault_life + 1
    keeping.tidy()

    assert (before, count(services, vault.name)) == (1, 0)
    with services.storage.read() as conn:
        assert conn.execute(select(outbox.c.sealed)).scalar_one() == b""


def test_old_talks_are_swept_away_and_living_ones_stay(
    services: Services, rows: Rows, keeping: Housekeeping, clock: Clock
) -> None:
    hold_a_talk(services, rows, "web:old")
    clock.now += 31 * DAY
    hold_a_talk(services, rows, "web:new")

    keeping.sweep()

    for table in (conversations, transcript, tracker_events, inbox, outbox):
        with services.storage.read() as conn:
            left = conn.execute(select(table.c.conversation)).scalars().all()
        assert left == ["web:new"], table.name


def test_the_trail_stays_whole_after_a_sweep(services: Services, keeping: Housekeeping, clock: Clock) -> None:
    services.audit.record("verification", "web:1", "refused")
    clock.now += 400 * DAY
    services.audit.record("verification", "web:1", "verified")

    keeping.sweep()

    assert [entry.outcome for entry in services.audit.latest()] == ["verified"]
    assert services.audit.verify() == []
