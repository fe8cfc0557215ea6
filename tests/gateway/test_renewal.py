"""The lease of a turn that takes long is renewed, so that no other process begins the same turn; that of a short one is not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from actions.guard.keys import Keys
from actions.guard.schema import conversations
from actions.guard.storage import Storage
from actions.guard.vault import Vault
from actions.settings import Secret
from bot.gateway import turns
from bot.gateway.conversations import Conversations
from bot.gateway.inbox import Inbox
from bot.gateway.turns import LEASE_SECONDS, Turns

TALK = "web:1"


class Thinking:
    """An engine that never comes to an end."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()

    async def turn(self, _: Any) -> Any:
        self.has_begun.set()
        await asyncio.Event().wait()


async def _leased_until(storage: Storage) -> float:
    """When the lease ends that was taken at 100 and looked after at 110."""
    now = [100.0]
    talks, keys = Conversations(lambda: now[0]), Keys([Secret("m" * 32)])
    inbox, engine = Inbox(keys.sealer("inbox"), lambda: now[0]), Thinking()
    with storage.begin() as conn:
        talks.begin_in(conn, TALK, "web", "somebody")
        inbox.accept_in(conn, TALK, "one", {"kind": "text", "text": "hello", "whole": False, "values": []})
    services: Any = SimpleNamespace(storage=storage, vault=Vault(storage, keys, lambda: now[0]))
    nothing: Any = SimpleNamespace(rollback=lambda conversation: None)
    room = Turns(engine, inbox, talks, nothing, nothing, services, owner="me")  # type: ignore[arg-type]
    looking = asyncio.create_task(room.run())
    await engine.has_begun.wait()
    now[0] = 110.0
    await asyncio.sleep(0.05)
    looking.cancel()
    with storage.read() as conn:
        until = float(conn.execute(select(conversations.c.lease_until)).scalar_one())
    await room.finish(0.0)
    return until


@pytest.mark.parametrize(("renewed_after", "until"), [(0.0, 110.0 + LEASE_SECONDS), (5.0, 100.0 + LEASE_SECONDS)])
def test_only_a_lease_that_grows_old_is_renewed(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, renewed_after: float, until: float
) -> None:
    monkeypatch.setattr(turns, "POLL_SECONDS", 0.005)
    monkeypatch.setattr(turns, "RENEWED_SECONDS", renewed_after)

    assert asyncio.run(_leased_until(storage)) == until


def test_a_lease_is_looked_after_long_before_it_ends() -> None:
    assert turns.RENEWED_SECONDS + turns.POLL_SECONDS < LEASE_SECONDS / 2
